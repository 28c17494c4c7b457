"""From a ticket's events to what the clocks read.

The clocks know no mail and no ids: `timeline` reduces the log to entries, one for each
fact that can start, pause, fulfil or retarget a clock. Same events, same entries; the
versions named by the events are looked up by content hash.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mailroom.ticket.edition import Versions
from mailroom.ticket.model import Event, Kind, Status
from rules.policy import Metric
from rules.timeline import Actor, Entry, Terms
from rules.timeline import Kind as Fact


def timeline(events: Iterable[Event], versions: Versions) -> tuple[Entry, ...]:
    """Return the entries of a log, in the order of the log."""
    reader = _Reader(versions)
    entries: list[Entry] = []
    for event in events:
        entries.extend(reader.read(event))
    return tuple(entries)


class _Reader:
    """Keeps what a later event changes only in part: the terms in force."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._keys: Mapping[str, Any] = {}
        self._priority = "normal"

    def read(self, event: Event) -> list[Entry]:
        if event.kind is Kind.TERMS:
            self._keys = event.data
            return [self._terms(event)]
        if event.kind is Kind.SET:
            return self._set(event)
        make = _FACTS.get(event.kind)
        return [] if make is None else [make(event)]

    def _set(self, event: Event) -> list[Entry]:
        priority = event.data.get("priority", self._priority)
        if priority == self._priority:
            return []
        self._priority = priority
        if not self._keys:
            return []
        return [self._terms(event)]

    def _terms(self, event: Event) -> Entry:
        step = event.data.get("by") == "escalation"
        actor = Actor.STEP if step else Actor.MAILROOM
        keys, versions = self._keys, self._versions
        terms = Terms(
            policy=versions.policy(keys.get("policy")),
            calendar=versions.calendar(keys["calendar"]),
            path=versions.path(keys.get("escalation")),
            priority=self._priority,
            policy_key=keys.get("policy") or "",
            calendar_key=keys["calendar"],
            path_key=keys.get("escalation") or "",
        )
        return Entry(event.at, event.id, Fact.TERMS, actor=actor, terms=terms)


def _opened(event: Event) -> Entry:
    by_agent = event.data.get("by") == "agent"
    return Entry(
        event.at,
        event.id,
        Fact.OPENED,
        status=Status.OPEN if by_agent else Status.NEW,
        answered=by_agent,
    )


def _customer(event: Event) -> Entry:
    courtesy = bool(event.data.get("courtesy"))
    return Entry(event.at, event.id, Fact.CUSTOMER_MESSAGE, courtesy=courtesy)


def _reply(event: Event) -> Entry:
    solves = bool(event.data.get("solves"))
    return Entry(event.at, event.id, Fact.AGENT_REPLY, actor=Actor.AGENT, solves=solves)


def _status(event: Event) -> Entry:
    by = event.data.get("by", Actor.MAILROOM)
    status = event.data.get("status") or _STATUS_OF[event.kind]
    return Entry(event.at, event.id, Fact.STATUS, actor=Actor(by), status=status)


def _escalated(event: Event) -> Entry:
    return Entry(
        event.at,
        event.id,
        Fact.FIRED,
        actor=Actor.STEP,
        metric=Metric(event.data["metric"]),
        cycle=event.data["cycle"],
        step=event.data["step"],
        path=event.data["path"],
        point=event.data["point"],
    )


def _plain(kind: Fact, actor: Actor) -> Callable[[Event], Entry]:
    return lambda event: Entry(event.at, event.id, kind, actor=actor)


_STATUS_OF = {Kind.SOLVE: "solved", Kind.CLOSE: "closed", Kind.REOPEN: "open"}

_FACTS: Mapping[Kind, Callable[[Event], Entry]] = {
    Kind.OPENED: _opened,
    Kind.CUSTOMER_REPLY: _customer,
    Kind.AGENT_REPLY: _reply,
    Kind.STATUS: _status,
    Kind.SOLVE: _status,
    Kind.CLOSE: _status,
    Kind.REOPEN: _status,
    Kind.SPAM: _plain(Fact.SPAM, Actor.AGENT),
    Kind.NOTSPAM: _plain(Fact.NOTSPAM, Actor.AGENT),
    Kind.MERGE: _plain(Fact.MERGED, Actor.AGENT),
    Kind.ACKNOWLEDGE: _plain(Fact.ACKNOWLEDGED, Actor.AGENT),
    Kind.TAKE: _plain(Fact.TAKEN, Actor.AGENT),
    Kind.ESCALATION: _escalated,
}

MOVERS = frozenset({*_FACTS, Kind.TERMS, Kind.SET})  # kinds that can move a clock
