"""A rule set that runs beside the live one: what it would have made of a day's tickets.

Every ticket that the live rules looked at since the last letter is replayed under the
shadow set, as a backtest does. Nothing is changed, and a shadow set that cannot be loaded
or fails half way is itself what the letter says.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mailroom.config import Config
from mailroom.errors import MailroomError
from mailroom.notice.morning import Issue
from mailroom.rehearsal.backtest import Tally
from mailroom.rehearsal.replay import Cycle, Replay, Replayed
from mailroom.store.contract import Store
from mailroom.ticket.edition import Edition
from rules.errors import RuleFileError
from rules.loader import load

log = logging.getLogger(__name__)
MOST = 20  # tickets that are named
MOST_FAULTS = 10


@dataclass(slots=True)
class Difference:
    """What came of one comparison; `fault` where the set could not be compared."""

    fault: tuple[str, ...] = ()
    tally: Tally = field(default_factory=Tally)
    changed: list[Replayed] = field(default_factory=list)  # the first MOST
    changed_count: int = 0
    failed: list[tuple[str, str, int]] = field(
        default_factory=list
    )  # rule, why, tickets


@dataclass(slots=True)
class Shadow:
    """Writes the daily difference; several readers of one time share a replay."""

    store: Store
    config: Config
    _known: dict[tuple[datetime, datetime], Difference] = field(default_factory=dict)

    def __call__(self, issue: Issue) -> Mapping[str, Any]:
        """Return the values of the letter `shadow`; `empty`: nothing differs."""
        found, zone = self._difference(issue.since, issue.now), ZoneInfo(issue.zone)
        tally = found.tally
        return {
            "desk": self.config.name,
            "empty": not (found.fault or found.changed_count or found.failed),
            "rules": str(self.config.shadow.name if self.config.shadow else "shadow"),
            "day": issue.day,
            "since": issue.since.astimezone(zone),
            "zone": issue.zone,
            "fault": list(found.fault[:MOST_FAULTS]),
            "compared": tally.tickets - tally.without_facts,
            "without_facts": tally.without_facts,
            "changed": [self._line(each, zone) for each in found.changed],
            "changed_count": found.changed_count,
            "routed": len(tally.routed_tickets),
            "moved": tally.moved.total(),
            "gained": len(tally.gained),
            "lost": len(tally.lost),
            "escalations": _pair(tally, "escalations"),
            "acknowledgements": _pair(tally, "acknowledgements"),
            "failed": [
                {"rule": rule, "why": why, "tickets": count}
                for rule, why, count in found.failed
            ],
            "url": f"{self.config.web.url.rstrip('/')}/desk/",
        }

    def _difference(self, since: datetime, now: datetime) -> Difference:
        if (since, now) not in self._known:
            self._known = {key: d for key, d in self._known.items() if key[1] == now}
            self._known[since, now] = self._compare(since, now)
        return self._known[since, now]

    def _compare(self, since: datetime, now: datetime) -> Difference:
        path = self.config.shadow
        if path is None:
            return Difference()
        try:
            return compare(self.store, path, since, now)
        except RuleFileError as error:
            return Difference(fault=tuple(map(str, error.faults)))
        except MailroomError:
            raise  # the store's: tried again
        except Exception as error:
            # The edge to a set that nobody has tried yet: whatever is wrong with it, the
            # live desk goes on, and the admins read what it was.
            log.exception("shadow rules failed")
            return Difference(fault=(f"{path}: {type(error).__name__}: {error}",))

    def _line(self, found: Replayed, zone: ZoneInfo) -> dict[str, Any]:
        ticket = found.before.ticket
        return {
            "number": self.config.subject_tag.format(ticket.id) or f"#{ticket.id}",
            "subject": ticket.subject,
            "url": f"{self.config.web.url.rstrip('/')}/desk/t/{ticket.id}",
            "requester": found.requester,
            "routed": _routed(found),
            "moved": [
                {
                    "metric": metric,
                    "before": _local(before, zone),
                    "after": _local(after, zone),
                    "breach": _breach(before, after),
                }
                for metric, before, after in _moved(found)
            ],
        }


def compare(store: Store, path: Path, since: datetime, now: datetime) -> Difference:
    """Replay what the live rules looked at in [since, now) under the set at `path`.

    Raises RuleFileError where the set cannot be loaded.
    """
    ruleset = load(path, now)
    replay = Replay(store, Edition(ruleset), now)
    found = Difference()
    for id in store.tickets_decided(since, now):
        replayed = replay.look(id)
        found.tally.add(replayed, lambda _: None)
        if replayed is not None and (_routed(replayed) or _moved(replayed)):
            found.changed_count += 1
            if len(found.changed) < MOST:
                found.changed.append(replayed)
    found.failed = [
        (failure.rule, failure.error, len(tickets))
        for failure, tickets in replay.failed.items()
    ]
    return found


def _routed(found: Replayed) -> list[dict[str, Any]]:
    """Return {name, before, after} of what the two sets made different of a ticket."""
    tally = Tally()
    tally.add(found, lambda _: None)
    return [
        {"name": name, "before": _word(was["before"]), "after": _word(was["after"])}
        for ticket in tally.routed_tickets
        for name, was in ticket.items()
        if name != "ticket"
    ]


def _word(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def _moved(found: Replayed) -> list[tuple[str, Cycle | None, Cycle | None]]:
    """Return the clocks whose deadline or breach differs."""
    before, after = found.before.cycles, found.after.cycles
    pairs = (
        (key[0], before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
    )
    return [
        (metric, was, now)
        for metric, was, now in pairs
        if _due(was) != _due(now) or _breach(was, now)
    ]


def _due(cycle: Cycle | None) -> datetime | None:
    return cycle.due if cycle is not None else None


def _local(cycle: Cycle | None, zone: ZoneInfo) -> datetime | None:
    due = _due(cycle)
    return due.astimezone(zone) if due is not None else None


def _breach(before: Cycle | None, after: Cycle | None) -> str:
    """Return gained, lost or nothing."""
    was, now = (c is not None and c.state == "breached" for c in (before, after))
    return "" if was == now else "gained" if now else "lost"


def _pair(tally: Tally, name: str) -> dict[str, int]:
    counts = getattr(tally, name)
    return {side: counts[side] for side in ("before", "after")}
