"""What a ticket is: frozen values in the words of Zendesk and ITIL.

The event log is the truth: `Ticket` is what `lifecycle.replay` makes of the events,
kept as a row so that listings are quick. Events hold ids, never addresses or text, so
that a person can be forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

TicketId = NewType("TicketId", int)
PersonId = NewType("PersonId", int)
InboundId = NewType("InboundId", int)
OutboundId = NewType("OutboundId", int)
EventId = NewType("EventId", int)
CommentId = NewType("CommentId", int)

MAILROOM = "mailroom"  # the actor of what no person did


class Status(StrEnum):
    """Zendesk's statuses; `closed` is final."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


class Role(StrEnum):
    """Why a person receives a ticket's public mail."""

    REQUESTER = "requester"
    CC = "cc"


class Disposition(StrEnum):
    """The one visible outcome of an inbound message."""

    NEW_TICKET = "NEW_TICKET"
    FOLLOW_UP = "FOLLOW_UP"
    DUPLICATE = "DUPLICATE"
    AUTO_REPLY = "AUTO_REPLY"
    BOUNCE = "BOUNCE"
    COMMAND = "COMMAND"
    QUARANTINED = "QUARANTINED"
    REFUSED = "REFUSED"


class Kind(StrEnum):
    """What can happen to a ticket. In brackets: the keys of `Event.data`."""

    OPENED = "opened"  # by (customer|on_behalf|agent), message, requester, mailbox
    CUSTOMER_REPLY = "customer_reply"  # message, author, courtesy
    AGENT_REPLY = "agent_reply"  # message, author, solves
    NOTE = "note"  # message, author, flagged
    AUTOMATIC = "automatic"  # message: an auto-reply or receipt filed here
    BOUNCE = "bounce"  # message, person, type
    STATUS = "status"  # status, until (ISO instant, for a pending with a term)
    SOLVE = "solve"
    CLOSE = "close"
    REOPEN = "reopen"
    TERMS = "terms"  # policy, calendar, escalation (hashes or null), name, sticks, why
    SET = (
        "set"  # priority, team, assignee, tags, untags, subject, requester, mailbox; by
    )
    DECISION = "decision"  # decision (id of the stored facts), on, rules
    ACKNOWLEDGE = "acknowledge"  # an agent has seen the escalation
    TAKE = "take"  # an agent took the ticket
    SPAM = "spam"
    NOTSPAM = "notspam"
    MERGE = "merge"  # into
    MERGED_FROM = "merged_from"  # ticket
    SPLIT = "split"  # ticket, message
    LINK = "link"  # ticket, why
    BREACH = "breach"  # metric, cycle
    BREACH_WITHDRAWN = "breach_withdrawn"  # metric, cycle
    ESCALATION = "escalation"  # metric, cycle, step (its place in the path), at, late
    PARTICIPANT = "participant"  # person, role, why
    PARTICIPANT_LEFT = "participant_left"  # person
    MAIL = "mail"  # outbound, letter: a letter was queued
    SUPPRESSED = "suppressed"  # letter, person, reason: a letter was not queued
    HELD = "held"  # message, reason: an agent's mail that waits for a confirmation
    RELEASED = "released"  # message
    RATED = "rated"  # person, score
    UNDO = "undo"  # event: the id of the event taken back
    REVOKED = "revoked"  # person: earlier links of this person end here


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A line of the log: `at` is when it happened, `recorded_at` when we learnt of it.

    `actor` is `MAILROOM` or a person's id in decimal. The fold orders by (`at`, `id`).
    """

    id: EventId
    ticket: TicketId
    at: datetime
    recorded_at: datetime
    kind: Kind
    actor: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event before it has an id."""

    ticket: TicketId
    at: datetime
    recorded_at: datetime
    kind: Kind
    actor: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an address: a customer, an agent, anyone who was copied."""

    id: PersonId
    address: str  # as written where we first read it
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The present state: a fold of the events (see `lifecycle.replay`)."""

    id: TicketId
    subject: str
    mailbox: str  # our address that it came to
    requester: PersonId
    created_at: datetime
    updated_at: datetime
    status: Status = Status.NEW
    priority: str = "normal"
    team: str | None = None
    assignee: PersonId | None = None
    tags: tuple[str, ...] = ()
    spam: bool = False
    merged_into: TicketId | None = None
    policy: str | None = None  # name of the policy in force
    policy_key: str | None = None  # content hashes of what is in force
    calendar_key: str | None = None
    escalation_key: str | None = None
    sticky: frozenset[str] = frozenset()  # fields an agent or an escalation has set
    answered: bool = False  # there was a public agent reply
    solved_at: datetime | None = None
    pending_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A message on a ticket as people read it; `public` is what customers may see."""

    id: CommentId
    ticket: TicketId
    at: datetime
    author: PersonId
    public: bool
    text: str  # the new text
    message_id: str | None = None
    inbound: InboundId | None = None  # whose raw mail has the whole text and the parts
    flagged: str | None = None  # why agents should doubt who wrote it
    attachments: tuple["AttachmentRow", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRow:
    """An attachment's description; its content is read from the raw mail by `part`."""

    filename: str
    content_type: str
    size: int  # octets, decoded
    part: str  # its path in the raw mail, "2.1"
    content_id: str | None = None
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A person who receives a ticket's public mail, and why."""

    person: PersonId
    role: Role
