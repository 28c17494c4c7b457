"""What a number of a report counts, one by one: its clocks, its tickets or its mails."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailroom.app import App
from mailroom.report.attainment import OrganizationOf
from mailroom.report.backlog import unsolved_at
from mailroom.report.figures import DECIDED, monday_of
from mailroom.store.contract import MessageLine
from mailroom.store.contract_figures import CycleFilter, CycleLine, Key
from mailroom.ticket.model import Person, PersonId, Ticket, TicketId
from web.report_query import LEFT_OUT, OUTCOMES, WEEK, Asked, instant

PER_PAGE = 50
_NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ticket in a list; `cycle` is its clock, where clocks are counted."""

    ticket: Ticket
    cycle: CycleLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a list; `count` is of the whole list. Mails stand in place of tickets."""

    as_of: datetime
    count: int
    entries: tuple[Entry, ...] = ()
    mails: tuple[MessageLine, ...] = ()
    people: Mapping[PersonId, Person]

    def name_of(self, id: PersonId) -> str:
        """Return somebody's name, else their address."""
        person = self.people[id]
        return person.name or person.address


def listing(
    app: App, asked: Asked, now: datetime, organization_of: OrganizationOf
) -> Listing:
    """Read a page of what a number counts."""
    if asked.state in OUTCOMES:
        return _mails(app, asked, now)
    if asked.at or asked.state in LEFT_OUT:
        return _tickets(app, asked, now)
    filter = cycle_filter(app, asked, now, organization_of)
    ((_, count),) = app.store.count_cycles(filter, ()) or (((), 0),)
    lines = app.store.list_cycles(filter, PER_PAGE, (asked.page - 1) * PER_PAGE)
    tickets = _read(app, [line.ticket for line in lines])
    entries = [Entry(ticket=tickets[line.ticket], cycle=line) for line in lines]
    return _listed(app, now, count, entries)


def cycle_filter(
    app: App, asked: Asked, now: datetime, organization_of: OrganizationOf
) -> CycleFilter:
    """Return what to ask of the store for the clocks that an address names."""
    period = asked.period
    since, until = period.since, period.until
    if asked.week:
        since = monday_of(asked.week)
        until = since + WEEK
    late = monday_of(asked.late) if asked.late else None
    states = {"": (), "decided": DECIDED}.get(asked.state, (asked.state,))
    filter = CycleFilter(
        now=now,
        since=since,
        until=until,
        metric=asked.metric,
        verdicts=states,
        hour=asked.hour,
        late_since=late,
        late_until=late + WEEK if late is not None else None,
        fulfilled=asked.over is not None or asked.upto is not None,
        longer_than=_span(asked.over),
        up_to=_span(asked.upto),
    )
    return _in_group(app, filter, asked, organization_of)


def _in_group(
    app: App, filter: CycleFilter, asked: Asked, organization_of: OrganizationOf
) -> CycleFilter:
    if asked.group is None or asked.by == "week":
        return filter
    value: Key = asked.group or None
    if asked.by == "organization":
        found = app.store.tally_cycles(filter, "requester")
        theirs = {str(each.key) for each in found}
        kept = tuple(one for one in theirs if organization_of(one) == value)
        return replace(filter, requesters=kept)
    if asked.by == "agent" and value is not None:
        person = app.store.find_person(str(value))
        value = person.id if person is not None else _NOBODY
    return replace(filter, group=(asked.by, value))


def _span(seconds: int | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds is not None else None


def _tickets(app: App, asked: Asked, now: datetime) -> Listing:
    """Return a page of tickets: a backlog, or those that are left out."""
    first, period = (asked.page - 1) * PER_PAGE, asked.period
    if asked.at:
        found = unsolved_at(app.store, instant(asked.at))
        count, ids = len(found), found[first : first + PER_PAGE]
    else:
        span = period.since, period.until
        count = app.store.count_left_out(*span).get(asked.state, 0)
        ids = app.store.list_left_out(asked.state, *span, PER_PAGE, first)
    tickets = _read(app, ids)
    return _listed(app, now, count, [Entry(ticket=tickets[id]) for id in ids])


def _mails(app: App, asked: Asked, now: datetime) -> Listing:
    """Return a page of mails that no ticket waited for."""
    outcomes, period = OUTCOMES[asked.state], asked.period
    span = period.since, period.until
    counts = app.store.count_dispositions(*span)
    lines = app.store.list_outcomes(
        outcomes, *span, PER_PAGE, (asked.page - 1) * PER_PAGE
    )
    count = sum(counts.get(name, 0) for name in outcomes)
    return Listing(as_of=now, count=count, mails=tuple(lines), people={})


def _read(app: App, ids: list[TicketId]) -> dict[TicketId, Ticket]:
    found = {id: app.store.ticket(id) for id in set(ids)}
    return {id: ticket for id, ticket in found.items() if ticket is not None}


def _listed(app: App, now: datetime, count: int, entries: list[Entry]) -> Listing:
    ids = {entry.ticket.requester for entry in entries}
    return Listing(
        as_of=now,
        count=count,
        entries=tuple(entries),
        people=app.store.people(ids),
    )
