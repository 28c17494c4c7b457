"""`mailroom verify`: every ticket and every clock recomputed from the events.

The event log is the truth; rows and clocks are an index of it. The documents that
events name by content hash (policies, calendars, escalation paths, rule sets) must still
have that hash. Reads only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from mailroom.desk.casefile import earliest, looks, refold
from mailroom.desk.office import Office
from mailroom.errors import StoreError
from mailroom.store.contract import ClockRow, TicketFilter, TicketLine
from mailroom.ticket.case import Case
from mailroom.ticket.drift import Drift, of_breaches, of_clocks, of_sweep, of_ticket
from mailroom.ticket.edition import Versions
from mailroom.ticket.model import Event, Kind, TicketId
from mailroom.ticket.timeline import MOVERS, timeline
from rules.errors import RulesError
from rules.ledger import State
from rules.sla import clocks
from rules.version import content_hash

_READINGS = 5  # of a ticket that the desk works on at the same time
PAGE = 500  # tickets that are read at a time
_KEYS = ("policy", "calendar", "escalation")
_BROKEN = (KeyError, ValueError, TypeError, StopIteration, RulesError, StoreError)


class Verifier:
    """Recomputes tickets one by one; each version is looked at once."""

    def __init__(self, office: Office) -> None:
        self._office, self._store = office, office.store
        self._versions = Versions(office.store.version)  # nothing but what is stored
        self._seen: dict[str, TicketId] = {}  # key -> the first to name it
        self._now = office.now

    def tickets(self) -> Iterator[TicketLine | Drift]:
        """Yield every ticket as stored, in order of number; a drift for a broken row."""
        ids = self._store.ticket_ids()
        for start in range(0, len(ids), PAGE):
            page = ids[start : start + PAGE]
            try:
                yield from self._store.tickets(TicketFilter(limit=PAGE, offset=start))
            except _BROKEN:
                yield from map(self._alone, page, range(start, start + len(page)))

    def _alone(self, id: TicketId, place: int) -> TicketLine | Drift:
        try:
            (line,) = self._store.tickets(TicketFilter(limit=1, offset=place))
        except _BROKEN as error:
            return Drift(id, "ticket", _words(error), "a row that can be read")
        return line

    def count(self) -> int:
        """How many tickets there are."""
        return len(self._store.ticket_ids())

    def verify(self, line: TicketLine | Drift) -> list[Drift]:
        """Return every difference between a ticket and what its events make of it.

        Where the desk has worked on the ticket since `line` was read, it is read anew.
        """
        if isinstance(line, Drift):
            return [line]
        for _ in range(_READINGS):
            drifts = self._verify(line)
            again = self._store.ticket(line.ticket.id) if drifts else None
            if again is None or again == line.ticket:
                break
            line = replace(line, ticket=again, next_due=self._next_due(again.id))
        return drifts

    def _verify(self, line: TicketLine) -> list[Drift]:
        ticket = line.ticket
        looks_at = self._store.looks_at(ticket.id)  # before the log, which only grows
        try:
            log = self._store.events(ticket.id)
        except _BROKEN as error:
            return [
                Drift(ticket.id, "events", _words(error), "events that can be read")
            ]
        drifts = [*self._versions_of(ticket.id, log)]
        drifts += self._decisions_of(ticket.id, log)
        if not any(event.kind is Kind.OPENED for event in log):
            return [*drifts, Drift(ticket.id, "events", "no opening", "an opening")]
        try:
            drifts += self._compare(line, log, looks_at)
        except _BROKEN as error:
            why = _words(error)
            drifts.append(Drift(ticket.id, "events", why, "events that can be folded"))
        return drifts

    def _compare(
        self, line: TicketLine, log: list[Event], looks_at: datetime | None
    ) -> Iterator[Drift]:
        ticket = line.ticket
        again = refold(ticket, log)
        yield from of_ticket(ticket, again, log)
        if again.mailbox != ticket.mailbox:
            yield Drift(ticket.id, "mailbox", ticket.mailbox, again.mailbox)
        entries, now = timeline(log, self._versions), self._now()
        moved = max(e.recorded_at for e in log if e.kind in MOVERS)
        seen = clocks(entries, now)
        rows = self._store.clocks(ticket.id)
        yield from of_clocks(ticket.id, rows, clocks(entries, min(moved, now)), seen)
        yield from of_next(line, rows)
        yield from of_breaches(ticket.id, log, rows, seen)
        case = Case(ticket, log, recorded_at=now)
        _, by_events, by_configuration = looks(self._office, case, now)
        recomputed = by_events, earliest(by_events, by_configuration)
        yield from of_sweep(ticket.id, looks_at, recomputed)

    def _next_due(self, ticket: TicketId) -> datetime | None:
        return _next_due(self._store.clocks(ticket))

    def _decisions_of(self, ticket: TicketId, log: list[Event]) -> Iterator[Drift]:
        """Check that each look of the rules in the log has what it saw and said."""
        try:
            kept = {each.id: each for each in self._store.decisions(ticket)}
        except _BROKEN as error:
            yield Drift(
                ticket, "decisions", _words(error), "decisions that can be read"
            )
            return
        for event in log:
            id = event.data.get("decision") if event.kind is Kind.DECISION else None
            if id is None:
                continue
            found = kept.get(id)
            stored = None if found is None else f"{found.on} at {found.at}"
            if stored != (told := f"{event.data.get('on')} at {event.at}"):
                yield Drift(ticket, f"decision {id}", stored, told)
        for key in sorted({each.ruleset for each in kept.values()}):
            yield from self._version_of(ticket, "rule set", key)

    def _versions_of(self, ticket: TicketId, log: list[Event]) -> Iterator[Drift]:
        """Check each document that this ticket is the first to name."""
        terms = (event.data for event in log if event.kind is Kind.TERMS)
        named: set[tuple[str, str]] = {
            (what, data[what]) for data in terms for what in _KEYS if data.get(what)
        }
        for what, key in sorted(named):
            yield from self._version_of(ticket, what, key)

    def versions(self) -> Iterator[Drift]:
        """Check each document that no ticket has named so far; after the tickets."""
        for key in self._store.version_keys():
            yield from self._version_of(TicketId(0), "version", key)

    def _version_of(self, ticket: TicketId, what: str, key: str) -> Iterator[Drift]:
        if self._seen.setdefault(key, ticket) != ticket:
            return
        try:
            document = self._store.version(key)
        except _BROKEN as error:
            yield Drift(ticket, f"{what} {key}", _words(error), "its document")
            return
        if document is None:
            yield Drift(ticket, f"{what} {key}", "nothing", "its document")
        elif content_hash(document) != key:
            yield Drift(ticket, f"{what} {key}", content_hash(document), key)


def of_next(line: TicketLine, rows: Sequence[ClockRow]) -> Iterator[Drift]:
    """Compare what listings are sorted by with the clocks that it stands for."""
    due = _next_due(rows)
    if line.next_due != due:
        yield Drift(line.ticket.id, "next_due", line.next_due, due)


def _next_due(rows: Sequence[ClockRow]) -> datetime | None:
    running = (row.due for row in rows if row.state == State.RUNNING.value)
    return min((at for at in running if at is not None), default=None)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
