"""Rows of the database as dataclasses and back: times, durations, JSON.

A column tuple (`TICKET`, `EVENT`, ...) names what a row reader expects, in its order.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from mailroom.errors import StoreError
from mailroom.message.model import Envelope
from mailroom.store.contract import (
    ClockRow,
    Decision,
    Inbound,
    Outbound,
    OutboundState,
)
from mailroom.ticket.model import (
    AttachmentRow,
    Comment,
    Disposition,
    Event,
    Kind,
    Status,
    Ticket,
)

Row = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
NO_TIME = timedelta(0)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

TICKET = (
    "id, subject, mailbox, requester, created_at, updated_at, status, priority, team,"
    " assignee, tags, spam, merged_into, policy, policy_key, calendar_key,"
    " escalation_key, sticky, answered, solved_at, pending_until"
)
EVENT = "id, ticket, at, recorded_at, kind, actor, data"
COMMENT = (
    "id, ticket, at, author, public, text, message_id, inbound, flagged, attachments"
)
CLOCK = (
    "metric, cycle, state, target, elapsed, remaining, due, fulfilled_at, breached_at,"
    " started_at"
)
DECISION = "id, ticket, at, event, ruleset, facts, outcome"
INBOUND = (
    "id, door, mail_from, rcpt_to, received_at, size, peer, helo, submitted_by, trust,"
    " disposition, ticket, clue, reason, message_id, sender, subject, attempts"
)
OUTBOUND = (
    "id, dedupe_key, letter, message_id, mail_from, coalesce(remaining, rcpt_to), raw,"
    " subject, sender, created_at, state, attempts, next_try, ticket, reason,"
    " finished_at"
)


def ms(instant: datetime) -> int:
    """Return an aware time as milliseconds since 1970 UTC, cut; naive: TypeError."""
    return (instant - _EPOCH) // _MILLISECOND


def ms_or_none(instant: datetime | None) -> int | None:
    """Return `ms`, or None for None."""
    return None if instant is None else (instant - _EPOCH) // _MILLISECOND


def when(milliseconds: int) -> datetime:
    """Return the aware UTC time of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def when_or_none(milliseconds: int | None) -> datetime | None:
    """Return `when`, or None for None."""
    return None if milliseconds is None else when(milliseconds)


def span_ms(span: timedelta | None) -> int | None:
    """Return a duration in milliseconds, or None for None."""
    return None if span is None else span // _MILLISECOND


def span(milliseconds: int | None) -> timedelta | None:
    """Return the duration of milliseconds, or None for None."""
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)


def to_json(value: Any) -> str:
    """Return a JSON text; what JSON cannot say (a time, a set) is a StoreError."""
    try:
        return _encode(value)
    except (TypeError, ValueError) as error:
        raise StoreError(f"cannot store a value as JSON: {error}") from error


def to_json_list(values: Iterable[Any]) -> str:
    """Return a JSON array of the values, without what UTF-8 cannot say."""
    return printable(to_json(list(values)))


def from_json(text: str) -> Any:
    """Return the value of a JSON text."""
    return {} if text == "{}" else json.loads(text)


def printable(text: str) -> str:
    """Return the text with U+FFFD for lone surrogates, which UTF-8 cannot say."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def ticket_values(ticket: Ticket) -> Row:
    """Return the columns of TICKET without the id."""
    return (
        ticket.subject,
        ticket.mailbox,
        ticket.requester,
        ms(ticket.created_at),
        ms(ticket.updated_at),
        ticket.status.value,
        ticket.priority,
        ticket.team,
        ticket.assignee,
        to_json(ticket.tags) if ticket.tags else "[]",
        ticket.spam,
        ticket.merged_into,
        ticket.policy,
        ticket.policy_key,
        ticket.calendar_key,
        ticket.escalation_key,
        to_json(sorted(ticket.sticky)) if ticket.sticky else "[]",
        ticket.answered,
        ms_or_none(ticket.solved_at),
        ms_or_none(ticket.pending_until),
    )


def to_ticket(row: Row) -> Ticket:
    """Read a row of TICKET."""
    return Ticket(
        id=row[0],
        subject=row[1],
        mailbox=row[2],
        requester=row[3],
        created_at=when(row[4]),
        updated_at=when(row[5]),
        status=Status(row[6]),
        priority=row[7],
        team=row[8],
        assignee=row[9],
        tags=() if row[10] == "[]" else tuple(json.loads(row[10])),
        spam=bool(row[11]),
        merged_into=row[12],
        policy=row[13],
        policy_key=row[14],
        calendar_key=row[15],
        escalation_key=row[16],
        sticky=frozenset(json.loads(row[17])),
        answered=bool(row[18]),
        solved_at=when_or_none(row[19]),
        pending_until=when_or_none(row[20]),
    )


def to_event(row: Row) -> Event:
    """Read a row of EVENT."""
    return Event(
        id=row[0],
        ticket=row[1],
        at=when(row[2]),
        recorded_at=when(row[3]),
        kind=Kind(row[4]),
        actor=row[5],
        data=from_json(row[6]),
    )


def attachments_json(attachments: tuple[AttachmentRow, ...]) -> str:
    """Return the descriptions of attachments as a JSON array of arrays."""
    return to_json(
        [
            (a.filename, a.content_type, a.size, a.part, a.content_id, a.inline)
            for a in attachments
        ]
    )


def _attachment(fields: list[Any]) -> AttachmentRow:
    filename, content_type, size, part, content_id, inline = fields
    return AttachmentRow(
        filename=filename,
        content_type=content_type,
        size=size,
        part=part,
        content_id=content_id,
        inline=inline,
    )


def to_comment(row: Row) -> Comment:
    """Read a row of COMMENT."""
    return Comment(
        id=row[0],
        ticket=row[1],
        at=when(row[2]),
        author=row[3],
        public=bool(row[4]),
        text=row[5],
        message_id=row[6],
        inbound=row[7],
        flagged=row[8],
        attachments=tuple(map(_attachment, json.loads(row[9]))),
    )


def clock_values(clock: ClockRow) -> Row:
    """Return the columns of CLOCK."""
    return (
        clock.metric,
        clock.cycle,
        clock.state,
        span_ms(clock.target),
        span_ms(clock.elapsed),
        span_ms(clock.remaining),
        ms_or_none(clock.due),
        ms_or_none(clock.fulfilled_at),
        ms_or_none(clock.breached_at),
        ms_or_none(clock.started_at),
    )


def to_clock(row: Row) -> ClockRow:
    """Read a row of CLOCK."""
    return ClockRow(
        metric=row[0],
        cycle=row[1],
        state=row[2],
        target=span(row[3]),
        elapsed=timedelta(milliseconds=row[4]),
        remaining=span(row[5]),
        due=when_or_none(row[6]),
        fulfilled_at=when_or_none(row[7]),
        breached_at=when_or_none(row[8]),
        started_at=when_or_none(row[9]),
    )


def to_decision(row: Row) -> Decision:
    """Read a row of DECISION."""
    return Decision(
        id=row[0],
        ticket=row[1],
        at=when(row[2]),
        on=row[3],
        ruleset=row[4],
        facts=from_json(row[5]),
        outcome=from_json(row[6]),
    )


def to_inbound(row: Row) -> Inbound:
    """Read a row of INBOUND."""
    return Inbound(
        id=row[0],
        door=row[1],
        envelope=Envelope(mail_from=row[2], rcpt_to=tuple(json.loads(row[3]))),
        received_at=when(row[4]),
        size=row[5],
        peer=row[6],
        helo=row[7],
        submitted_by=row[8],
        trust=None if row[9] is None else from_json(row[9]),
        disposition=None if row[10] is None else Disposition(row[10]),
        ticket=row[11],
        clue=row[12],
        reason=row[13],
        message_id=row[14],
        sender=row[15],
        subject=row[16],
        attempts=row[17],
    )


def to_outbound(row: Row) -> Outbound:
    """Read a row of OUTBOUND."""
    state = OutboundState(row[10])
    return Outbound(
        id=row[0],
        dedupe_key=row[1],
        letter=row[2],
        message_id=row[3],
        mail_from=row[4],
        rcpt_to=tuple(json.loads(row[5])),
        raw=row[6],
        subject=row[7],
        sender=row[8],
        created_at=when(row[9]),
        state=state,
        attempts=row[11],
        next_try=when_or_none(row[12]),
        ticket=row[13],
        reason=row[14],
        sent_at=when_or_none(row[15]) if state is OutboundState.SENT else None,
    )
