"""What a morning's digest says: what is due today, what broke since the last one.

An agent reads of his own tickets and of those of his teams that nobody has taken, a team
lead of his teams', an admin of all. How mail fares is the desk's to add.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailroom.config import Config
from mailroom.notice.audience import Reader
from mailroom.notice.morning import Issue, monday
from mailroom.report.weekly import spam_of, week_before
from mailroom.store.contract import Store, TicketFilter, TicketLine
from mailroom.ticket.model import PersonId, Status, Ticket

MOST = 20  # lines of each kind; the rest is counted
_PAGE = 200
_MOST_MISSED = 2000
_UNSOLVED = ("new", "open", "pending", "on_hold")


@dataclass(frozen=True, slots=True)
class Digest:
    """Writes digests."""

    store: Store
    config: Config

    def __call__(self, issue: Issue) -> Mapping[str, Any]:
        """Return the values of the letter `digest`; `empty`: there is nothing to say."""
        concerns = self._concern_of(issue.reader)
        due = [line for line in self._due(issue) if concerns(line.ticket)]
        broken = [
            each
            for each in self.store.breaches(issue.since, issue.now)
            if concerns(each.ticket)
        ]
        earlier = _by_ticket(
            line
            for line in self._missed()
            if concerns(line.ticket) and (line.next_due or issue.now) < issue.since
        )
        spam = self._spam(issue)
        lines = _Lines(self, issue)
        return {
            "desk": self.config.name,
            "empty": not (due or broken or earlier or spam),
            "admin": issue.reader.admin,
            "day": issue.day,
            "since": issue.since.astimezone(ZoneInfo(issue.zone)),
            "zone": issue.zone,
            "due": lines.of(_by_ticket(due[:MOST])),
            "due_count": len(due),
            "broken": lines.of(
                (x.ticket, [x.metric], x.breached_at, x.fulfilled_at)
                for x in broken[-MOST:][::-1]
            ),
            "broken_count": len(broken),
            "earlier": lines.of(earlier[:MOST]),
            "earlier_count": len(earlier),
            "spam": spam,
            "health": [],
            "url": f"{self.site}/desk/" if issue.reader.agent else "",
        }

    @property
    def site(self) -> str:
        """What links start with."""
        return self.config.web.url.rstrip("/")

    def _concern_of(self, reader: Reader) -> Callable[[Ticket], bool]:
        """Return what tells whether a ticket is a reader's business."""
        person = self.store.find_person(reader.address)
        me = person.id if person is not None else None

        def concerns(ticket: Ticket) -> bool:
            if reader.admin or ticket.team in reader.leads:
                return True
            if ticket.assignee is None:
                return ticket.team in reader.teams
            return ticket.assignee == me

        return concerns

    def _due(self, issue: Issue) -> Iterable[TicketLine]:
        """Yield tickets whose next deadline lies before the reader's day is over."""
        found: list[TicketLine] = []
        while True:
            page = self.store.tickets(_page(len(found)))
            found += page
            over = [x for x in page if x.next_due is None or x.next_due >= issue.until]
            if over or len(page) < _PAGE:
                return [x for x in found if x.next_due and x.next_due < issue.until]

    def _missed(self) -> Sequence[TicketLine]:
        """Return broken promises that somebody still waits for, the oldest first."""
        filter = TicketFilter(statuses=_UNSOLVED, spam=False, merged=False)
        return self.store.missed_tickets(filter, _MOST_MISSED)

    def _spam(self, issue: Issue) -> int:
        """Return last week's spam for an admin who has no weekly report to say it."""
        told = self.config.reports.weekly or not issue.opens_week
        if told or not issue.reader.admin:
            return 0
        return spam_of(self.store, week_before(monday(issue.day)))

    def number(self, ticket: Ticket) -> str:
        """Return how people write a ticket's number."""
        return self.config.subject_tag.format(ticket.id) or f"#{ticket.id}"


def _page(offset: int) -> TicketFilter:
    return TicketFilter(
        spam=False, merged=False, order="next_due", limit=_PAGE, offset=offset
    )


def _by_ticket(
    lines: Iterable[TicketLine],
) -> list[tuple[Ticket, list[str], datetime]]:
    """Return one line a ticket: its promises, and the first of their instants."""
    found: dict[int, tuple[Ticket, list[str], datetime]] = {}
    for line in lines:
        if line.next_due is None or line.next_metric is None:
            continue
        known = found.setdefault(line.ticket.id, (line.ticket, [], line.next_due))
        known[1].append(line.next_metric)
    return list(found.values())


class _Lines:
    """Puts tickets into words that a template can use."""

    def __init__(self, digest: Digest, issue: Issue) -> None:
        self._digest, self._zone = digest, ZoneInfo(issue.zone)
        self._links = issue.reader.agent
        self._names: dict[PersonId, str] = {}

    def of(self, found: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
        """Return {number, subject, url, metrics, at, kept_at, customer, ...}."""
        return [self._line(*each) for each in found]

    def _line(
        self,
        ticket: Ticket,
        metrics: Sequence[str],
        at: datetime,
        kept_at: datetime | None = None,
    ) -> dict[str, Any]:
        zone = self._zone
        return {
            "number": self._digest.number(ticket),
            "subject": ticket.subject,
            "url": f"{self._digest.site}/desk/t/{ticket.id}" if self._links else "",
            "metrics": list(metrics),
            "at": at.astimezone(zone),
            "kept_at": kept_at.astimezone(zone) if kept_at else None,
            "over": ticket.status in (Status.SOLVED, Status.CLOSED),
            "customer": self._name(ticket.requester),
            "assignee": self._name(ticket.assignee),
            "team": ticket.team or "",
            "policy": ticket.policy or "",
            "priority": ticket.priority,
        }

    def _name(self, person: PersonId | None) -> str:
        if person is None:
            return ""
        if person not in self._names:
            found = self._digest.store.people([person])[person]
            self._names[person] = found.name or found.address
        return self._names[person]
