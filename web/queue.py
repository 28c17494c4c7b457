"""The queue: what is missed, then what falls due next, as a filter asks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from mailroom.desk.letters.promise import zone_of
from mailroom.desk.office import Office
from mailroom.store.contract import TicketFilter, TicketLine
from mailroom.ticket.model import Person, PersonId, Ticket
from rules.calendar import ALWAYS, Calendar

UNSOLVED = ("new", "open", "pending", "on_hold")
STATUSES = (*UNSOLVED, "solved", "closed")
COUNTED = timedelta(days=1)  # that a page is left open


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address bar asks for; "" does not narrow."""

    me: PersonId
    status: str = ""  # one of STATUSES; "": the unsolved ones
    team: str = ""
    mine: bool = False
    tag: str = ""
    page: int = 1

    def link(self, **changes: object) -> str:
        """Return the address of the queue with another filter, from its first page."""
        other = replace(self, **({"page": 1} | changes))  # type: ignore[arg-type]
        fields = {
            "status": other.status,
            "team": other.team,
            "mine": "1" if other.mine else "",
            "tag": other.tag,
            "page": str(other.page) if other.page > 1 else "",
        }
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"/desk/?{query}" if query else "/desk/"

    def filter(self, limit: int) -> TicketFilter:
        """Return what to ask of the store."""
        return TicketFilter(
            statuses=(self.status,) if self.status else UNSOLVED,
            team=self.team or None,
            assignee=self.me if self.mine else None,
            tag=self.tag or None,
            spam=False,
            merged=False,
            order="newest" if self.status in ("solved", "closed") else "next_due",
            limit=limit,
            offset=(self.page - 1) * (limit - 1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ticket of the queue."""

    ticket: Ticket
    metric: str | None
    due: datetime | None
    left: timedelta | None  # working time; negative: overdue by
    days: bool  # whether a day of it is 24 hours
    open: str  # when it runs down: "FROM-TO ..." in seconds from now
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of the queue."""

    missed: tuple[Entry, ...]
    next: tuple[Entry, ...]
    people: Mapping[PersonId, Person]
    agents: Mapping[PersonId, str]
    teams: tuple[str, ...]
    more: bool

    def name_of(self, id: PersonId) -> str:
        """Return somebody's name, else their address."""
        person = self.people[id]
        return person.name or person.address


def asked(arguments: Mapping[str, str], me: PersonId) -> Asked:
    """Read the address bar; what makes no sense there does not narrow."""
    status, page = arguments.get("status", ""), arguments.get("page", "1")
    return Asked(
        me=me,
        status=status if status in STATUSES else "",
        team=arguments.get("team", "")[:200],
        mine=arguments.get("mine") == "1",
        tag=arguments.get("tag", "")[:200],
        page=int(page)
        if page.isascii() and page.isdigit() and 0 < len(page) < 6
        else 1,
    )


def read(office: Office, asked: Asked, per_page: int) -> Queue:
    """Return a page of the queue."""
    filter, now = asked.filter(per_page + 1), office.now()
    missed: list[TicketLine] = []
    if asked.page <= 1 and asked.status not in ("solved", "closed"):
        missed = office.store.missed_tickets(filter, per_page)
    lines = office.store.tickets(filter)
    seen = {line.ticket.id for line in missed}
    later = [line for line in lines[:per_page] if line.ticket.id not in seen]
    ids = {line.ticket.requester for line in (*missed, *later)}
    ids |= {t for line in (*missed, *later) if (t := line.ticket.assignee) is not None}
    people = office.store.people(ids)
    agents = {id: office.audience.agent(who.address) for id, who in people.items()}
    return Queue(
        missed=tuple(_entry(office, line, now) for line in missed),
        next=tuple(_entry(office, line, now) for line in later),
        people=people,
        agents={id: agent.name for id, agent in agents.items() if agent is not None},
        teams=tuple(team.name for team in office.config.teams),
        more=len(lines) > per_page,
    )


def of_address(office: Office, address: str, most: int) -> list[Ticket]:
    """Return the tickets that somebody with this address takes part in."""
    person = office.store.find_person(address) if "@" in address else None
    ids = office.store.tickets_of(person.id, most) if person is not None else []
    found = [office.store.ticket(id) for id in ids]
    return [ticket for ticket in found if ticket is not None]


def _entry(office: Office, line: TicketLine, now: datetime) -> Entry:
    due, key = line.next_due, line.ticket.calendar_key
    left: timedelta | None = None
    days = False
    spans: tuple[tuple[datetime, datetime], ...] = ()
    if due is not None and key is not None:
        calendar = office.rules.versions.calendar(key)
        left, days = _between(calendar, now, due), calendar == ALWAYS
        spans = calendar.open_between(now, now + COUNTED)
    return Entry(
        ticket=line.ticket,
        metric=line.next_metric,
        due=due,
        left=left,
        days=days,
        open=" ".join(f"{_seconds(a - now)}-{_seconds(b - now)}" for a, b in spans),
        zone=zone_of(office, line.ticket),
    )


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _between(calendar: Calendar, now: datetime, due: datetime) -> timedelta:
    if due >= now:
        return calendar.between(now, due)
    return -calendar.between(due, now)
