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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from mailroom.message.model import Envelope
from mailroom.ticket.model import (
    AttachmentRow,
    Comment,
    CommentId,
    Disposition,
    Event,
    EventId,
    InboundId,
    OutboundId,
    Participant,
    Person,
    PersonId,
    Role,
    Ticket,
    TicketId,
)
from mailroom.ticket.model import NewEvent as NewEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A mail at a door, before it has an id."""

    door: str  # smtp, submission, lmtp, imap:NAME, pipe, import
    envelope: Envelope
    raw: bytes = field(repr=False)
    received_at: datetime
    peer: str | None = None  # IP address, or "unix"
    helo: str | None = None
    submitted_by: str | None = None  # who logged in at the submission door
    source_key: str | None = (
        None  # unique where a door can offer a mail twice (IMAP UID)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A row of the in-tray. `disposition` is None while it waits to be processed."""

    id: InboundId
    door: str
    envelope: Envelope
    received_at: datetime
    size: int
    peer: str | None = None
    helo: str | None = None
    submitted_by: str | None = None
    trust: Mapping[str, Any] | None = None  # the stored verdict, see gateway.trust
    disposition: Disposition | None = None
    ticket: TicketId | None = None
    clue: str | None = None  # what threaded it
    reason: str | None = None
    message_id: str | None = None
    sender: str | None = None  # From as read
    subject: str | None = None
    attempts: int = 0  # how often processing began (a crash loop ends in quarantine)


class OutboundState(StrEnum):
    """Where an outgoing mail stands."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    DEFERRED = "DEFERRED"
    FAILED = "FAILED"
    SENDING = "SENDING"  # claimed; its lease runs


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutbound:
    """A letter to be queued. `dedupe_key` makes every repeat a no-op."""

    dedupe_key: str
    letter: str  # acknowledgement, notification, reply, solved, escalation, ...
    message_id: str
    mail_from: str | None  # None: the null reverse-path
    rcpt_to: tuple[str, ...]
    raw: bytes = field(repr=False)
    subject: str
    sender: str  # From address
    created_at: datetime
    not_before: datetime  # when it may first be sent
    ticket: TicketId | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)  # recipient -> why


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """A row of the out-tray; `raw` only where the verb says so."""

    id: OutboundId
    dedupe_key: str
    letter: str
    message_id: str
    mail_from: str | None
    rcpt_to: tuple[str, ...]  # those still to be served
    raw: bytes = field(repr=False)
    subject: str
    sender: str
    created_at: datetime
    state: OutboundState
    attempts: int
    next_try: datetime | None
    ticket: TicketId | None = None
    reason: str | None = None  # the relay's last answer
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """A comment before it has an id."""

    ticket: TicketId
    at: datetime
    author: PersonId
    public: bool
    text: str
    message_id: str | None = None
    inbound: InboundId | None = None
    flagged: str | None = None
    attachments: tuple[AttachmentRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """A clock as last folded: an index for listings and the sweep, never the truth."""

    metric: str
    cycle: int
    state: str
    target: timedelta | None
    elapsed: timedelta
    remaining: timedelta | None
    due: datetime | None
    fulfilled_at: datetime | None
    breached_at: datetime | None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the rules saw and said at one event, kept for `explain` and `backtest`."""

    id: int
    ticket: TicketId
    at: datetime
    on: str
    ruleset: str  # content hash of the rule set in force
    facts: Mapping[str, Any]
    outcome: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far an IMAP folder has been read (RFC 9051 2.3.1.1)."""

    account: str
    folder: str
    uidvalidity: int
    uid: int  # the last one taken
    since: datetime | None = None  # first contact: older mail is skipped after a change


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """One line of the message ledger, either direction."""

    id: int
    direction: str  # "in" or "out"
    at: datetime
    message_id: str | None
    sender: str | None
    to: tuple[str, ...]
    subject: str | None
    ticket: TicketId | None
    disposition: str | None
    clue: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One line of the recipients ledger: who was sent which mail, and why."""

    outbound: OutboundId
    at: datetime
    address: str
    letter: str
    why: str
    state: OutboundState


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """Which tickets a listing wants; None does not narrow."""

    statuses: tuple[str, ...] | None = None
    team: str | None = None
    assignee: PersonId | None = None
    requester: PersonId | None = None
    mailbox: str | None = None
    tag: str | None = None
    spam: bool | None = None
    merged: bool | None = None
    order: str = "id"  # or "next_due", "updated"
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLine:
    """A ticket in a listing, with the clock that falls due next."""

    ticket: Ticket
    next_metric: str | None = None
    next_due: datetime | None = None


class Store(Protocol):
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

    def tickets(self, filter: TicketFilter = TicketFilter()) -> list[TicketLine]:
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

    # -- participants and threading --
    def add_participant(self, ticket: TicketId, person: PersonId, role: Role) -> bool:
        """Insert-or-ignore; True when new. Adding the requester's role replaces CC."""

    def remove_participant(self, ticket: TicketId, person: PersonId) -> None:
        """Remove, if there."""

    def participants(self, ticket: TicketId) -> list[Participant]:
        """Return the ticket's participants, requester first."""

    def tickets_of(self, person: PersonId, limit: int | None = None) -> list[TicketId]:
        """Return tickets in which this person participates, newest first."""

    def add_message_ids(self, ids: Sequence[str], ticket: TicketId) -> None:
        """These Message-IDs, sent or received, belong to this ticket."""

    def tickets_with(self, ids: Sequence[str]) -> dict[str, TicketId]:
        """Return the ticket of each Message-ID that we know (the latest one added)."""

    def add_awaited(self, ids: Sequence[str], ticket: TicketId) -> None:
        """A message of this ticket refers to these Message-IDs."""

    def tickets_awaiting(self, message_id: str) -> list[TicketId]:
        """Return tickets with a message that refers to this Message-ID."""

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

    def spend(self, budget: str, now: datetime, span: timedelta, most: int) -> bool:
        """Count one use of a budget; False (and not counted) when `most` is reached.

        A sliding window over the last `span`, kept in the database so that it survives
        a restart: a use counts until `span` has passed. One budget has one span.
        """
