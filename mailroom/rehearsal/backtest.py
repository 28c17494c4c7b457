"""`rules backtest`: what another rule set would have made of history, beside what was.

Tallies are made ticket by ticket and added up, so that parts of a history can be looked
at side by side. Nothing is changed, and what cannot be known is part of the answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailroom.rehearsal.replay import Cycle, Replayed, Side

LIMITS = (
    "people's deeds are taken as recorded: with other deadlines, priorities or teams"
    " they would have acted differently",
    "who answers, and when, decides most of attainment; only targets, clocks and routing"
    " are recomputed",
    "letters are counted as steps that fire and acknowledgements that are due, before"
    " budgets, mutes and folding of bursts",
    "facts are those that were stored with each decision: sender.known and the trust in"
    " a sender are of that time",
)
ROUTED = ("policy", "priority", "team", "assignee", "tags", "spam")
MOST_NAMED = 1000  # tickets that an answer names of each kind
_DECIDED = ("achieved", "breached")
OrganizationOf = Callable[[str], str | None]  # address -> key


@dataclass(slots=True)
class Tally:
    """What was found in some tickets; `merge` adds another part."""

    tickets: int = 0
    without_facts: int = 0
    routed: Counter[str] = field(default_factory=Counter)  # by what differs
    routed_tickets: list[dict[str, Any]] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)  # by metric
    gained: list[dict[str, Any]] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    acknowledgements: Counter[str] = field(default_factory=Counter)  # before, after
    escalations: Counter[str] = field(default_factory=Counter)
    # (dimension, group, metric, before|after, achieved|breached) -> cycles
    cycles: Counter[tuple[str, str | None, str, str, str]] = field(
        default_factory=Counter
    )

    def merge(self, other: "Tally") -> None:
        """Add what was found in other tickets."""
        self.tickets += other.tickets
        self.without_facts += other.without_facts
        for name in ("routed", "moved", "acknowledgements", "escalations", "cycles"):
            getattr(self, name).update(getattr(other, name))
        for name in ("routed_tickets", "gained", "lost"):
            getattr(self, name).extend(getattr(other, name))

    def add(self, found: Replayed | None, organization: OrganizationOf) -> None:
        """Count one ticket; None is one without stored facts."""
        self.tickets += 1
        if found is None:
            self.without_facts += 1
            return
        before, after = found.before, found.after
        self._route(before, after)
        self._compare(before, after)
        for name, side in (("before", before), ("after", after)):
            self.acknowledgements[name] += side.acknowledged
            self.escalations[name] += side.steps
            if not side.ticket.spam and side.ticket.merged_into is None:
                self._attain(name, side, organization(found.requester))

    def _route(self, before: Side, after: Side) -> None:
        if before is after:
            return
        changes = {
            name: {"before": was, "after": now}
            for name in ROUTED
            if (was := _plain(before, name)) != (now := _plain(after, name))
        }
        if changes:
            self.routed.update(changes.keys())
            self.routed_tickets.append({"ticket": before.ticket.id, **changes})

    def _compare(self, before: Side, after: Side) -> None:
        if before is after:
            return
        for key in sorted(before.cycles.keys() | after.cycles.keys()):
            was, now = before.cycles.get(key), after.cycles.get(key)
            line = {"ticket": before.ticket.id, "metric": key[0], "cycle": key[1]}
            if _due(was) != _due(now):
                self.moved[key[0]] += 1
            if _is_breached(now) and not _is_breached(was):
                self.gained.append({**line, "due": _due(now)})
            if _is_breached(was) and not _is_breached(now):
                self.lost.append({**line, "due": _due(was)})

    def _attain(self, name: str, side: Side, organization: str | None) -> None:
        groups = (("policy", side.ticket.policy), ("organization", organization))
        for (metric, _), cycle in side.cycles.items():
            if cycle.state in _DECIDED:
                for dimension, group in groups:
                    self.cycles[dimension, group, metric, name, cycle.state] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The whole answer."""

    since: datetime | None
    tally: Tally

    @property
    def worse(self) -> bool:
        """Whether the new rules have breaches that were none."""
        return bool(self.tally.gained)

    def plain(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        tally = self.tally
        return {
            "since": self.since,
            "tickets": tally.tickets,
            "without_facts": tally.without_facts,
            "routed": {
                "count": len(tally.routed_tickets),
                "by": dict(tally.routed),
                "tickets": tally.routed_tickets[:MOST_NAMED],
            },
            "deadlines_moved": dict(tally.moved),
            "breaches_gained": _listed(tally.gained),
            "breaches_lost": _listed(tally.lost),
            "mails": {
                "acknowledgements": _pair(tally.acknowledgements),
                "escalations": _pair(tally.escalations),
            },
            "attainment": attainment_rows(tally),
            "cannot_know": list(LIMITS),
        }

    def lines(self) -> list[str]:
        """Return it for a terminal."""
        tally = self.tally
        routed = ", ".join(f"{n} {name}" for name, n in sorted(tally.routed.items()))
        moved = ", ".join(f"{n} {name}" for name, n in sorted(tally.moved.items()))
        lines = [
            f"{tally.tickets} tickets replayed, {tally.without_facts} without facts",
            f"routed differently: {len(tally.routed_tickets)}"
            + (f" ({routed})" if routed else ""),
            f"deadlines moved: {tally.moved.total()}"
            + (f" ({moved})" if moved else ""),
            f"breaches gained: {len(tally.gained)}{_named(tally.gained)}",
            f"breaches lost: {len(tally.lost)}{_named(tally.lost)}",
            f"acknowledgements: {_arrow(tally.acknowledgements)}",
            f"escalation steps: {_arrow(tally.escalations)}",
            "",
            "attainment before -> after",
        ]
        lines += [
            f"  {row['metric']}, {row['by']} {row['group'] or '-'}:"
            f" {_share(row['before'])} -> {_share(row['after'])}"
            for row in attainment_rows(tally)
        ]
        return [*lines, "", "what this cannot know:", *(f"- {text}" for text in LIMITS)]


def attainment_rows(tally: Tally) -> list[dict[str, Any]]:
    """Return {metric, by, group, before, after}, each side with its counts."""
    groups = {key[:3] for key in tally.cycles}
    rows = []
    for dimension, group, metric in sorted(
        groups, key=lambda key: tuple(map(str, key))
    ):
        sides = {
            name: _counts(
                *(tally.cycles[dimension, group, metric, name, s] for s in _DECIDED)
            )
            for name in ("before", "after")
        }
        rows.append({"metric": metric, "by": dimension, "group": group, **sides})
    return rows


def _counts(achieved: int, breached: int) -> dict[str, Any]:
    count = achieved + breached
    share = int(10_000 * achieved / count) / 10_000 if count else None
    return {
        "count": count,
        "achieved": achieved,
        "breached": breached,
        "attainment": share,
    }


def _plain(side: Side, name: str) -> Any:
    value = getattr(side.ticket, name)
    return sorted(value) if name == "tags" else value


def _due(cycle: Cycle | None) -> datetime | None:
    return cycle.due if cycle is not None else None


def _is_breached(cycle: Cycle | None) -> bool:
    return cycle is not None and cycle.state == "breached"


def _listed(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": len(found), "clocks": found[:MOST_NAMED]}


def _pair(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in ("before", "after")}


def _arrow(counts: Mapping[str, int]) -> str:
    return f"{counts.get('before', 0)} -> {counts.get('after', 0)}"


def _share(counts: Mapping[str, Any]) -> str:
    if counts["attainment"] is None:
        return "none decided"
    return f"{counts['attainment']:.1%} of {counts['count']}"


def _named(found: Iterable[Mapping[str, Any]], most: int = 10) -> str:
    ids = list(dict.fromkeys(f"#{line['ticket']}" for line in found))
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return f" ({', '.join(ids[:most])}{more})" if ids else ""
