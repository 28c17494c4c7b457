"""Is a stored ticket what its events make it? Every difference, by name.

A clock's row was read at some instant between the last event that moved it and now, so
what only time changes may lie anywhere between the two; all else must be equal.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from mailroom.ticket.model import Event, Kind, Ticket
from mailroom.ticket.timeline import MOVERS
from rules.ledger import Clock, State


@dataclass(frozen=True, slots=True)
class Drift:
    """One value that is not what the events say; `ticket` 0: of no one ticket."""

    ticket: int
    field: str  # "status", "first_reply 1 due", "version a1b2"
    stored: Any
    recomputed: Any

    def __str__(self) -> str:
        place = f"ticket {self.ticket}: " if self.ticket else ""
        stored, again = shown(self.stored), shown(self.recomputed)
        return f"{place}{self.field}: stored {stored}, recomputed {again}"


def of_ticket(
    stored: Ticket, recomputed: Ticket, log: Sequence[Event]
) -> Iterator[Drift]:
    """Compare a ticket's row with the fold of its events, field by field."""
    for each in fields(Ticket):
        before, after = getattr(stored, each.name), getattr(recomputed, each.name)
        if each.name == "updated_at" and _is_update(before, log):
            continue
        if before != after:
            yield Drift(stored.id, each.name, before, after)


def _is_update(at: datetime, log: Sequence[Event]) -> bool:
    """Whether a row may say `at`: events that only tell of letters do not renew it."""
    moved = max((e.at for e in log if e.kind in MOVERS), default=at)
    return at >= moved and any(event.at == at for event in log)


CUT = timedelta(milliseconds=2)
_FIXED = ("target_time", "started_at", "due", "fulfilled_at", "breached_at", "state")
_NAMES = {"target_time": "target"}


def of_clocks(
    ticket: int,
    stored: Sequence[Any],
    then: Sequence[Clock],
    now: Sequence[Clock],
) -> Iterator[Drift]:
    """Compare clock rows with the fold as of the last event (`then`) and as of `now`.

    A row has the attributes of a clock, with `target` for its `target_time`.
    """
    rows = {(row.metric, row.cycle): row for row in stored}
    early = {(clock.metric.value, clock.cycle): clock for clock in then}
    late = {(clock.metric.value, clock.cycle): clock for clock in now}
    for key in sorted(rows.keys() | late.keys()):
        name = f"{key[0]} {key[1]}"
        if key not in late:
            yield Drift(ticket, name, rows[key].state, None)
        elif key not in rows:
            yield Drift(ticket, name, None, late[key].state.value)
        else:
            first = early.get(key, late[key])
            yield from _of_clock(ticket, name, rows[key], first, late[key])


def _of_clock(
    ticket: int, name: str, row: Any, then: Clock, now: Clock
) -> Iterator[Drift]:
    early, late = (_unlike(row, clock) for clock in (then, now))
    if early and late:
        # A row is of one instant; the nearer of the two says what is not so.
        nearer = now if len(late) <= len(early) else then
        for each in late if nearer is now else early:
            key = _NAMES.get(each, each)
            again = _plain(getattr(nearer, each))
            yield Drift(ticket, f"{name} {key}", getattr(row, key), again)
    for each in ("elapsed", "remaining"):
        stored = getattr(row, each)
        ends = sorted(getattr(clock, each) for clock in (then, now))
        if stored is None or not ends[0] - CUT <= stored <= ends[1] + CUT:
            yield Drift(ticket, f"{name} {each}", stored, getattr(now, each))


def _unlike(row: Any, clock: Clock) -> list[str]:
    """The fields in which a row is not the clock as of one instant."""
    return [
        each
        for each in _FIXED
        if not _alike(
            _plain(getattr(row, _NAMES.get(each, each))), _plain(getattr(clock, each))
        )
    ]


def of_breaches(
    ticket: int, log: Iterable[Event], stored: Sequence[Any], now: Sequence[Clock]
) -> Iterator[Drift]:
    """Compare the breaches that stand in the log with those that the clocks have.

    A row that says breached was written together with the breach's event.
    """
    standing: dict[tuple[str, int], datetime] = {}
    for event in log:
        key = (event.data.get("metric", ""), event.data.get("cycle", 0))
        if event.kind is Kind.BREACH:
            standing[key] = event.at
        elif event.kind is Kind.BREACH_WITHDRAWN:
            standing.pop(key, None)
    clocks = {(clock.metric.value, clock.cycle): clock for clock in now}
    for (metric, cycle), at in sorted(standing.items()):
        clock = clocks.get((metric, cycle))
        breached = clock.breached_at if clock is not None else None
        if breached != at:
            yield Drift(ticket, f"{metric} {cycle} breach event", at, breached)
    for row in stored:
        known = (row.metric, row.cycle) in standing
        if row.state == State.BREACHED.value and not known:
            name = f"{row.metric} {row.cycle} breach event"
            yield Drift(ticket, name, None, row.breached_at)


def of_sweep(
    ticket: int,
    stored: datetime | None,
    recomputed: tuple[datetime | None, datetime | None],
) -> Iterator[Drift]:
    """Compare when the sweep looks next with when it must at the latest.

    `recomputed`: by the events, and by them and the configuration of today. To look too
    early does no harm; never to look again does.
    """
    latest, any_time = recomputed
    if stored is None and any_time is not None:
        yield Drift(ticket, "next_at", None, any_time)
    elif stored is not None and latest is not None and stored > latest + CUT:
        yield Drift(ticket, "next_at", stored, latest)


def _alike(stored: Any, recomputed: Any) -> bool:
    """Whether two are equal; the store cuts instants and durations to milliseconds."""
    if isinstance(stored, datetime) and isinstance(recomputed, datetime):
        return abs(stored - recomputed) <= CUT
    if isinstance(stored, timedelta) and isinstance(recomputed, timedelta):
        return abs(stored - recomputed) <= CUT
    return bool(stored == recomputed)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, State) else value


def shown(value: Any) -> str:
    """Write a value for a person."""
    if value is None or value == ():
        return "nothing"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, frozenset | tuple):
        return ", ".join(sorted(map(str, value)))
    return str(value)
