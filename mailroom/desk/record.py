"""Recording: the writes that every use case on a ticket shares.

A ticket is begun, people join it, a mail becomes a comment, rules look and what they saw
and said is kept. All inside the caller's transaction.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from mailroom.desk.facts import of_ticket
from mailroom.desk.letters.alarm import rules_failed
from mailroom.desk.office import Office
from mailroom.desk.reading import SIGNATURES, Reading
from mailroom.message.model import Attachment
from mailroom.store.contract import Inbound, NewComment
from mailroom.ticket.case import Case
from mailroom.ticket.lifecycle import opened
from mailroom.ticket.model import AttachmentRow, Kind, PersonId, Role, TicketId
from mailroom.ticket.routing import apply, decide
from rules.decision import Decision
from rules.facts import Facts, TicketFacts

NEW = TicketId(0)  # until the store gives a number
NO_SUBJECT = "(no subject)"


def begin(
    office: Office,
    inbound: Inbound,
    *,
    mailbox: str,
    requester: PersonId,
    subject: str,
    by: str,
    actor: PersonId,
    now: datetime,
) -> Case:
    """Make a ticket of an inbound mail: its number, its first event, its requester."""
    at, subject = inbound.received_at, subject or NO_SUBJECT
    blank = opened(id=NEW, subject=subject, mailbox=mailbox, requester=requester, at=at)
    ticket = replace(blank, id=office.store.add_ticket(blank))
    case = Case(ticket, recorded_at=now)
    case.add(
        Kind.OPENED,
        at,
        actor=actor,
        by=by,
        message=inbound.id,
        requester=requester,
        mailbox=mailbox,
    )
    join(office, case, requester, Role.REQUESTER, "opened it", at)
    return case


def look(
    office: Office,
    case: Case,
    facts: Facts,
    on: str,
    opening: Facts | None,
    at: datetime,
    *,
    present: TicketFacts | None = None,
    by_step: bool = False,
) -> Decision:
    """Let the rules look at one event; store what they saw and said."""
    edition, at = office.rules.edition, max(at, case.ticket.created_at)
    decision = decide(case, edition, facts, on, opening, present)
    seen = {"json": facts.to_json()}
    if present is not None and present != facts.ticket:
        seen["present"] = present.to_json()
    apply(case, edition, decision, at, office.store.person_for, by_step=by_step)
    kept = office.store.add_decision(
        case.ticket.id,
        at=at,
        on=on,
        ruleset=edition.key,
        facts=seen,
        outcome=decision.to_plain(),
    )
    case.add(Kind.DECISION, at, decision=kept, on=on, rules=list(decision.matched))
    rules_failed(office, decision.failed)
    return decision


def look_at_change(
    office: Office, case: Case, at: datetime, *, by_step: bool = False
) -> None:
    """Let the rules look again after an agent or a step has set something."""
    opening = opening_facts(office, case)
    if opening is None:
        return
    facts = replace(opening, ticket=of_ticket(office, case, at))
    look(office, case, facts, "changed", opening, at, by_step=by_step)


def opening_facts(office: Office, case: Case) -> Facts | None:
    """Return the facts of the opening mail, as the rules saw them then.

    An original that came after its replies is the opening mail from then on.
    """
    opened = [d for d in office.store.decisions(case.ticket.id) if d.on == "opened"]
    first = opened[-1] if opened else None
    return Facts.from_json(first.facts["json"]) if first is not None else None


def join(
    office: Office, case: Case, person: PersonId, role: Role, why: str, at: datetime
) -> None:
    """Make somebody a participant, once."""
    if office.store.add_participant(case.ticket.id, person, role):
        case.add(Kind.PARTICIPANT, at, person=person, role=role.value, why=why)


def add_comment(
    office: Office,
    case: Case,
    reading: Reading,
    author: PersonId,
    text: str,
    public: bool,
    flagged: str = "",
    message_id: str | None = None,
) -> None:
    """Keep a mail as a comment, and its place in the thread.

    `message_id` is the one that customers see, where that is not the mail's own.
    """
    message, ticket = reading.message, case.ticket.id
    office.store.add_comment(
        NewComment(
            ticket=ticket,
            at=reading.inbound.received_at,
            author=author,
            public=public,
            text=text,
            message_id=message_id or message.message_id,
            inbound=reading.inbound.id,
            flagged=flagged or None,
            attachments=tuple(map(_described, _files(reading, public))),
        )
    )
    thread(office, reading, ticket)


def _files(reading: Reading, public: bool) -> Iterator[Attachment]:
    """Yield what came along; of an agent's public mail not what names his address."""
    theirs = reading.is_agent and public
    for file in reading.message.attachments:
        if not (theirs and file.content_type in SIGNATURES):
            yield file


def _described(attachment: Attachment) -> AttachmentRow:
    return AttachmentRow(
        filename=attachment.filename,
        content_type=attachment.content_type,
        size=attachment.size,
        part=attachment.part,
        content_id=attachment.content_id,
        inline=attachment.inline,
    )


def thread(office: Office, reading: Reading, ticket: TicketId) -> None:
    """Remember which Message-IDs lead to this ticket."""
    if reading.message.message_id:
        office.store.add_message_ids([reading.message.message_id], ticket)
    if reading.clues.answered:
        office.store.add_awaited(reading.clues.answered, ticket)
