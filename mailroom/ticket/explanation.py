"""Why a ticket has its policy and its deadlines, from what was recorded and nothing else.

Looks are told with the rule set, the calendars and the facts of their time; deadlines by
the ledger of each clock. Whatever was edited since, the answer about the past stays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailroom.ticket.case import Case
from mailroom.ticket.edition import Versions
from mailroom.ticket.model import MAILROOM, Event, Kind, PersonId, Ticket
from mailroom.ticket.timeline import timeline
from rules.arithmetic import clock_lines, clock_plain
from rules.decision import Decision
from rules.escalation import Outcome, Planned, plan
from rules.explain import rule_lines, rule_plain
from rules.facts import Facts
from rules.ledger import Clock
from rules.moment import iso
from rules.ruleset import RuleSet
from rules.sla import clocks

AddressOf = Callable[[PersonId], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look of the rules as it was recorded; `rule_set` as it was stored then."""

    at: datetime
    key: str  # content hash of the rule set
    facts: Facts
    decision: Decision
    rule_set: RuleSet | None  # None: it is not stored, or cannot be read any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All of one ticket. `causes`: event id -> what happened, in words."""

    ticket: Ticket
    seen_at: datetime
    looks: tuple[Look, ...]
    terms: tuple[Event, ...]
    clocks: tuple[Clock, ...]
    fired: tuple[Event, ...]
    steps: tuple[Planned, ...]  # of the path in force, those that have not fired
    causes: Mapping[int, str]

    def lines(self) -> list[str]:
        """Return it for a terminal or a mail: why this policy, clocks, steps, rules."""
        ticket = self.ticket
        lines = [f"ticket {ticket.id}: policy {ticket.policy or 'none'}"]
        lines += [f"   {line}" for line in self._terms_lines()]
        for clock in self.clocks:
            lines += ["", *clock_lines(clock, self.cause)]
        if not self.clocks:
            lines += ["", "no clock runs: there is no policy, or it has no target here"]
        lines += ["", *self._step_lines()]
        for look in self.looks:
            lines += ["", *_look_lines(look)]
        return lines

    def plain(self) -> dict[str, Any]:
        """Return it as what JSON can hold; durations in seconds."""
        return {
            "ticket": self.ticket.id,
            "seen_at": iso(self.seen_at),
            "policy": self.ticket.policy,
            "terms": [
                {"at": iso(event.at), "event": event.id, **event.data}
                for event in self.terms
            ],
            "clocks": [self._clock_plain(clock) for clock in self.clocks],
            "escalations": {
                "fired": [_fired_plain(event) for event in self.fired],
                "planned": [_planned_plain(step) for step in self.steps],
            },
            "looks": [_look_plain(look) for look in self.looks],
        }

    def cause(self, event: int) -> str:
        """Say what an event was."""
        return self.causes.get(event, f"event {event}")

    def _clock_plain(self, clock: Clock) -> dict[str, Any]:
        plain = clock_plain(clock)
        for interval in plain["ledger"]:
            interval["cause"] = self.cause(interval["event"])
        return {**plain, "cause": self.cause(clock.cause)}

    def _terms_lines(self) -> Iterator[str]:
        for event in self.terms:
            name = event.data.get("name") or "none"
            yield f"{_moment(event.at)} {name}: {_why(event)}"

    def _step_lines(self) -> Iterator[str]:
        if not self.fired and not self.steps:
            yield "escalation: no steps"
            return
        yield "escalation:"
        for event in self.fired:
            late = " (late)" if event.data.get("late") else ""
            yield f"   {_moment(event.at)} {_point(event)} fired{late}"
        for step in self.steps:
            cycle = f" (cycle {step.cycle})" if step.cycle > 1 else ""
            told = f", tells {', '.join(step.step.notify)}" if step.step.notify else ""
            fate = _FATE[step.outcome] + (
                told if step.outcome is Outcome.PENDING else ""
            )
            yield f"   {_when(step)} {step.name}{cycle} {fate}"


def explain(
    case: Case,
    looks: Iterable[Look],
    versions: Versions,
    now: datetime,
    address_of: AddressOf,
) -> Explanation:
    """Explain a case as of `now`. KeyError: the log names a version nobody kept."""
    entries = timeline(case.log, versions)
    seen = clocks(entries, now)
    path = versions.path(case.ticket.escalation_key)
    planned = plan(path, seen, entries)
    return Explanation(
        ticket=case.ticket,
        seen_at=now,
        looks=tuple(looks),
        terms=tuple(case.events(Kind.TERMS)),
        clocks=seen,
        fired=tuple(case.events(Kind.ESCALATION)),
        steps=tuple(step for step in planned if step.outcome is not Outcome.FIRED),
        causes={event.id: _cause(event, address_of) for event in case.log},
    )


def _cause(event: Event, address_of: AddressOf) -> str:
    by_person = event.actor.isdecimal()
    actor = address_of(PersonId(int(event.actor))) if by_person else MAILROOM
    message = event.data.get("message")
    place = f"message {message}" if message is not None else f"event {event.id}"
    what = _WORDS.get(event.kind, event.kind.value.replace("_", " "))
    if event.kind is Kind.STATUS:
        what = f"status {event.data.get('status', '')}"
    elif event.kind is Kind.SET:
        what = "set " + ", ".join(sorted(set(event.data) - {"by", "rules"}))
    return f"{what} by {actor}, {place}"


_WORDS = {
    Kind.OPENED: "opened",
    Kind.CUSTOMER_REPLY: "customer's message",
    Kind.AGENT_REPLY: "agent's reply",
    Kind.SOLVE: "solved",
    Kind.CLOSE: "closed",
    Kind.REOPEN: "reopened",
    Kind.TERMS: "policy decided",
}

_FATE = {
    Outcome.PENDING: "planned",
    Outcome.SKIPPED: "skipped: acknowledged",
    Outcome.NEVER: "never: the clock had stopped by then",
    Outcome.FIRED: "fired",
}


def _why(event: Event) -> str:
    why = event.data.get("why")
    if isinstance(why, Mapping):
        why = why.get("policy", "kept")
    return {
        "agent": "an agent set it",
        "organization": "the organization's",
        "default": "the default",
        "none": "no rule, organization or default names one",
        "kept": "kept as an agent or a later rule had set it",
    }.get(str(why), str(why))


def _point(event: Event) -> str:
    data = event.data
    cycle = f" (cycle {data['cycle']})" if data["cycle"] > 1 else ""
    return f"{data['metric']} {data['point']}{cycle}, path {data['path']}"


def _when(step: Planned) -> str:
    if step.at is not None:
        return _moment(step.at)
    return "(paused)" if step.outcome is Outcome.PENDING else "(not reached)"


def _look_lines(look: Look) -> list[str]:
    lines = [f"rules on {look.decision.on}, {_moment(look.at)} (set {look.key}):"]
    if look.rule_set is None:
        names = ", ".join(look.decision.matched) or "none"
        return [*lines, f"   the set cannot be read any more; matched were: {names}"]
    shown = rule_lines(look.rule_set, look.facts, look.decision)
    return lines + [f"   {line}".rstrip() for line in shown]


def _look_plain(look: Look) -> dict[str, Any]:
    head = {"at": iso(look.at), "on": look.decision.on, "ruleset": look.key}
    if look.rule_set is None:
        return {**head, "rules": None, "decision": look.decision.to_plain()}
    return {**head, **rule_plain(look.rule_set, look.facts, look.decision)}


def _fired_plain(event: Event) -> dict[str, Any]:
    keys = ("metric", "cycle", "point", "path", "late")
    return {"at": iso(event.at), **{key: event.data.get(key) for key in keys}}


def _planned_plain(step: Planned) -> dict[str, Any]:
    return {
        "at": iso(step.at),
        "metric": step.metric.value,
        "cycle": step.cycle,
        "point": step.point,
        "path": step.path,
        "notify": list(step.step.notify),
        "outcome": step.outcome.value,
    }


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
