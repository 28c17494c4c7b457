"""What the desk asks of a store: the verbs of the trade, each with its promise.

Only `store/` speaks SQL and only `desk/` opens transactions: every verb that writes
raises `StoreError` outside `transaction()`. All raise `StoreBusy` when the database is
locked or full for now. Times are aware UTC, kept to the millisecond; mappings hold
JSON values and come back with lists where tuples were. Text comes back as it went in,
but for lone surrogates, which become U+FFFD. An id that no row has is a StoreError for
a verb that changes the row, and None or an empty list for one that reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from mailroom.store.contract_copies import Copies
from mailroom.store.contract_figures import Figures
from mailroom.store.contract_levels import Gauges
from mailroom.store.contract_proofs import Proofs
from mailroom.store.contract_reports import Histories
from mailroom.store.contract_threads import Threads
from mailroom.store.records import (
    Arrival,
    ClockRow,
    Cursor,
    Decision,
    Hit,
    Inbound,
    MessageLine,
    NewComment,
    NewOutbound,
    Outbound,
    OutboundState,
    Receipt,
    TicketFilter,
    TicketLine,
)
from mailroom.ticket.model import (
    Comment,
    CommentId,
    Disposition,
    Event,
    EventId,
    InboundId,
    NewEvent,
    OutboundId,
    Participant,
    Person,
    PersonId,
    Role,
    Ticket,
    TicketId,
)

__all__ = [
    "EVERY_TICKET",
    "Arrival",
    "ClockRow",
    "Cursor",
    "Decision",
    "Hit",
    "Inbound",
    "MessageLine",
    "NewComment",
    "NewEvent",
    "NewOutbound",
    "Outbound",
    "OutboundState",
    "Receipt",
    "Store",
    "TicketFilter",
    "TicketLine",
]

EVERY_TICKET = TicketFilter()


class Store(Histories, Figures, Copies, Gauges, Proofs, Threads, Protocol):
    """A store. One instance serves any number of threads; see each promise."""

    # -- transactions --
    def transaction(self, *, durable: bool = True) -> AbstractContextManager[None]:
        """One write unit (BEGIN IMMEDIATE): all or nothing, not nestable.

        `durable`: on return the commit, and all earlier ones, are fsynced. Otherwise a
        power cut, but no crash of the process, may take the commit back; for work that
        a sweep would do again to the same result. Waits up to 10 s for other writers.
        One that wrote nothing syncs nothing.
        """

    def close(self) -> None:
        """Close this thread's connection."""

    # -- the in-tray --
    def add_inbound(self, arrivals: Sequence[Arrival]) -> list[InboundId | None]:
        """Keep raw mails and envelopes; None where `source_key` is already known."""

    def inbound(self, id: InboundId) -> Inbound | None:
        """Return one row of the in-tray."""

    def inbound_raw(self, id: InboundId) -> bytes:
        """Return the bytes as received; StoreError when there is no such row."""

    def waiting_inbound(self, limit: int) -> list[InboundId]:
        """Return the oldest rows without a disposition, in order of id."""

    def begin_attempt(self, id: InboundId) -> int:
        """Count one more attempt at processing; return how many there were before."""

    def set_trust(self, id: InboundId, verdict: Mapping[str, Any]) -> None:
        """Store the trust verdict; the first one stays, whatever comes later."""

    def finish_inbound(
        self,
        id: InboundId,
        *,
        disposition: Disposition,
        ticket: TicketId | None = None,
        clue: str | None = None,
        reason: str | None = None,
        message_id: str | None = None,
        sender: str | None = None,
        recipients: Sequence[str] = (),
        subject: str | None = None,
    ) -> None:
        """Record the outcome (again, when a quarantined row is released)."""

    def claim_content(self, key: str, id: InboundId) -> InboundId:
        """Insert-or-ignore the content key; return whose it is (`id`: the first)."""

    # -- people --
    def person_for(self, address: str, name: str = "") -> PersonId:
        """Insert-or-ignore by normalised address; a first non-empty name is kept."""

    def find_person(self, address: str) -> Person | None:
        """Return who has this address, compared normalised."""

    def people(self, ids: Iterable[PersonId]) -> dict[PersonId, Person]:
        """Return the named people."""

    # -- tickets --
    def add_ticket(self, ticket: Ticket) -> TicketId:
        """Insert with the next number, whatever `ticket.id` says; numbers only grow."""

    def save_ticket(self, ticket: Ticket, next_at: datetime | None) -> None:
        """Replace the row (and tags); `next_at`: when the sweep must look again."""

    def ticket(self, id: TicketId) -> Ticket | None:
        """Return one ticket."""

    def tickets(self, filter: TicketFilter = EVERY_TICKET) -> list[TicketLine]:
        """List tickets with their next due clock (running ones only)."""

    def count_messages_of(self, person: PersonId) -> int:
        """How many tickets this person requested (is the sender known?)."""

    # -- events, comments, clocks, decisions --
    def append(self, events: Sequence[NewEvent]) -> list[EventId]:
        """Append to the log; nothing is ever changed or removed there."""

    def events(self, ticket: TicketId) -> list[Event]:
        """Return a ticket's events in order of (`at`, `id`)."""

    def add_comment(self, comment: NewComment) -> CommentId:
        """Insert a comment with its attachments' descriptions."""

    def comments(self, ticket: TicketId) -> list[Comment]:
        """Return a ticket's comments in order of (`at`, `id`)."""

    def save_clocks(self, ticket: TicketId, clocks: Sequence[ClockRow]) -> None:
        """Replace the ticket's clock rows."""

    def clocks(self, ticket: TicketId) -> list[ClockRow]:
        """Return the ticket's clock rows in order of (metric, cycle)."""

    def due_tickets(self, now: datetime, limit: int) -> list[TicketId]:
        """Return tickets whose `next_at` <= now, earliest first (by index)."""

    def next_due_at(self) -> datetime | None:
        """Return the earliest `next_at` of all tickets (by index)."""

    def add_decision(
        self,
        ticket: TicketId,
        *,
        at: datetime,
        on: str,
        ruleset: str,
        facts: Mapping[str, Any],
        outcome: Mapping[str, Any],
    ) -> int:
        """Keep what rules saw and said; return its id."""

    def decisions(self, ticket: TicketId) -> list[Decision]:
        """Return a ticket's decisions, oldest first."""

    # -- versions --
    def add_version(self, key: str, kind: str, document: Mapping[str, Any]) -> None:
        """Insert-or-ignore a policy, calendar, path or rule set by content hash."""

    def version(self, key: str) -> Mapping[str, Any] | None:
        """Return the document stored under a content hash."""

    # -- participants and links --
    def add_participant(self, ticket: TicketId, person: PersonId, role: Role) -> bool:
        """Insert-or-ignore; True when new. Adding the requester's role replaces CC."""

    def remove_participant(self, ticket: TicketId, person: PersonId) -> None:
        """Remove, if there."""

    def participants(self, ticket: TicketId) -> list[Participant]:
        """Return the ticket's participants, requester first."""

    def tickets_of(self, person: PersonId, limit: int | None = None) -> list[TicketId]:
        """Return tickets in which this person participates, newest first."""

    def link(self, a: TicketId, b: TicketId) -> None:
        """Link two tickets, both ways, once."""

    def links(self, ticket: TicketId) -> list[TicketId]:
        """Return the linked tickets in order of number."""

    # -- the out-tray --
    def add_outbound(self, letter: NewOutbound) -> OutboundId | None:
        """Queue a letter; None when its `dedupe_key` is known."""

    def claim_outbound(
        self, now: datetime, lease: timedelta, limit: int
    ) -> list[Outbound]:
        """Take letters that are due (or whose lease ran out), oldest first, with raw.

        Oldest: longest due. They become SENDING with a lease until `now + lease`, one
        attempt more. No two workers hold one letter while its lease runs.

        What is recorded afterwards may come from a worker whose lease ran out: SENT is
        final and the first `sent_at` stays, FAILED gives way only to SENT, and a
        recipient who was served once is never served again.
        """

    def record_sent(self, id: OutboundId, at: datetime, answer: str) -> None:
        """The relay took it for every recipient."""

    def record_deferred(
        self,
        id: OutboundId,
        next_try: datetime,
        answer: str,
        rcpt_to: Sequence[str] | None = None,
    ) -> None:
        """Try again later, for `rcpt_to` only where given (the others were served).

        With an empty `rcpt_to` nobody remains and the letter is SENT.
        """

    def record_refused(
        self, id: OutboundId, at: datetime, refusals: Mapping[str, str]
    ) -> None:
        """The relay refused these recipients (-> its answer) for good.

        The letter goes on for the others. When nobody remains it is done: SENT if any
        recipient was served, else FAILED.
        """

    def record_failed(self, id: OutboundId, at: datetime, answer: str) -> None:
        """The relay refused for good."""

    def withdraw_outbound(self, dedupe_key: str, reason: str) -> bool:
        """Take back a letter that nobody has tried to send; False: there is none.

        It stays in the ledger as FAILED with the reason, and keeps its `dedupe_key`.
        """

    def outbound(self, id: OutboundId) -> Outbound | None:
        """Return one letter, with raw."""

    def next_outbound_at(self) -> datetime | None:
        """Return when the next letter falls due or the next lease ends."""

    def count_outbound(
        self, letter: str, since: datetime, *, address: str = "", domain: str = ""
    ) -> int:
        """How many such letters were queued for an address or a domain since then."""

    def recipients(self, ticket: TicketId) -> list[Receipt]:
        """Return the recipients ledger of a ticket, in the order of queueing.

        `state` is each recipient's own: one of two may be SENT, the other DEFERRED.
        """

    # -- doors --
    def cursor(self, account: str, folder: str) -> Cursor | None:
        """Return how far this folder has been read."""

    def save_cursor(self, cursor: Cursor) -> None:
        """Insert or replace."""

    # -- ledgers for people --
    def messages(
        self,
        *,
        direction: str | None = None,
        disposition: str | None = None,
        ticket: TicketId | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[MessageLine]:
        """List the message ledger, in and out, oldest first.

        For outgoing mail `disposition` is QUEUED, SENT, DEFERRED or FAILED (one being
        sent shows what it was before), and `to` names all its recipients.
        """

    # -- small facts --
    def remember(self, key: str, value: str) -> None:
        """Keep a small fact under a key (a mailbox proved plus addresses, ...)."""

    def recall(self, key: str) -> str | None:
        """Return the fact kept under this key."""

    def spend(
        self,
        budget: str,
        now: datetime,
        span: timedelta,
        most: int,
        ahead: timedelta = timedelta(0),
    ) -> bool:
        """Count one use of a budget; False (and not counted) when `most` is reached.

        `ahead`: the use is one of that long from now.

        A sliding window over the last `span`, kept in the database so that it survives
        a restart: a use counts until `span` has passed. One budget has one span.
        """

    # -- the desk's pages --
    def search(
        self, text: str, limit: int, before: CommentId | None = None
    ) -> list[Hit]:
        """Find messages with all these words in text or subject, newest first.

        Case and accents do not matter; the last word may be the beginning of one.
        `before`: go on behind a hit.
        """

    def missed_tickets(self, filter: TicketFilter, limit: int) -> list[TicketLine]:
        """List tickets by their clocks that are breached and not yet fulfilled.

        A line for each such clock, the longest missed first, with its metric and the
        instant of the breach; `order`, `limit` and `offset` of the filter do not count.
        """

    def latest_messages(
        self,
        direction: str,
        limit: int,
        *,
        disposition: str | None = None,
        before: int | None = None,
    ) -> list[MessageLine]:
        """List one direction of the message ledger, newest first, below an id."""

    def add_login(self, digest: str, person: PersonId, expires_at: datetime) -> None:
        """Keep the digest of a one-time secret that was mailed to somebody."""

    def login(self, digest: str, now: datetime) -> PersonId | None:
        """Return whose secret this is, unused and not expired; it stays good."""

    def take_login(self, digest: str, now: datetime) -> PersonId | None:
        """Use a one-time secret up; None where it is not good (any more)."""

    def add_session(
        self, digest: str, person: PersonId, now: datetime, expires_at: datetime
    ) -> None:
        """Keep the digest of a session's secret; expired ones are removed."""

    def session(self, digest: str, now: datetime) -> PersonId | None:
        """Return whose session this is, unless it has expired or was ended."""

    def end_session(self, digest: str) -> None:
        """End one session."""

    def end_sessions_of(self, person: PersonId) -> int:
        """End all sessions and open logins of somebody; return how many sessions."""
