"""What the desk hands to a store and gets from it: frozen values of both trays.

The rest of the house imports these from `mailroom.store.contract`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mailroom.message.model import Envelope
from mailroom.ticket.model import (
    AttachmentRow,
    CommentId,
    Disposition,
    InboundId,
    OutboundId,
    PersonId,
    Ticket,
    TicketId,
)


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
    message_id: str
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
    order: str = "id"  # or "next_due", "updated", "newest"
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLine:
    """A ticket in a listing, with the clock that falls due next."""

    ticket: Ticket
    next_metric: str | None = None
    next_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A message that a search found; \x02 and \x03 enclose the found words."""

    ticket: TicketId
    comment: CommentId
    at: datetime
    public: bool
    excerpt: str
