"""What reports and trials of rules ask of a store: whole histories in few columns.

A part of `mailroom.store.contract.Store`; its promises hold here, too. All of it reads.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from mailroom.ticket.model import PersonId, Ticket, TicketId


class ReportTicket(NamedTuple):
    """What a report groups a ticket by. `requester` is an address."""

    id: TicketId
    created_at: datetime
    status: str
    policy: str | None
    requester: str
    team: str | None
    assignee: PersonId | None
    tags: tuple[str, ...]
    spam: bool
    merged: bool


class ReportCycle(NamedTuple):
    """One cycle of one clock, as last folded."""

    ticket: TicketId
    metric: str
    cycle: int
    state: str
    elapsed: timedelta
    due: datetime | None
    fulfilled_at: datetime | None
    breached_at: datetime | None
    started_at: datetime


class ReportEvent(NamedTuple):
    """One event, of the kinds that were asked for."""

    ticket: TicketId
    at: datetime
    kind: str
    actor: str
    data: Mapping[str, Any]


class Breach(NamedTuple):
    """A promise that was broken, and the ticket as it is now."""

    ticket: Ticket
    metric: str
    breached_at: datetime
    fulfilled_at: datetime | None


class LostLetter(NamedTuple):
    """A letter that nobody it was for has got or will get."""

    at: datetime  # when it was given up
    letter: str
    to: tuple[str, ...]
    subject: str
    reason: str  # the last answer


class Histories(Protocol):
    """The verbs that read whole histories."""

    def report_tickets(self) -> list[ReportTicket]:
        """Return what every ticket is grouped by, in order of number."""

    def report_cycles(
        self, since: datetime | None, until: datetime | None
    ) -> list[ReportCycle]:
        """Return every clock's cycles begun in [since, until), by ticket and metric."""

    def report_events(self, kinds: Sequence[str]) -> list[ReportEvent]:
        """Return all events of some kinds, by ticket, then in order of (`at`, `id`)."""

    def opening_rulesets(self) -> dict[TicketId, str]:
        """Return the hash of the rule set that each ticket was opened under."""

    def count_dispositions(
        self, since: datetime | None, until: datetime | None
    ) -> dict[str, int]:
        """Return how many messages came in [since, until) to each outcome."""

    def breaches(self, since: datetime, until: datetime) -> list[Breach]:
        """Return promises broken in [since, until), oldest first; no spam, no merged."""

    def lost_letters(self, since: datetime, until: datetime) -> list[LostLetter]:
        """Return letters that failed in [since, until), oldest first.

        One that was taken back before anybody tried to send it is none.
        """

    def tickets_decided(self, since: datetime, until: datetime) -> list[TicketId]:
        """Return tickets that rules looked at in [since, until), in order of number."""
