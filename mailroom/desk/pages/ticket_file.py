"""All that agents see of one ticket: conversation, notes, events, clocks, letters.

Read only. What an agent does from here goes by mail, as a command.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mailroom.desk.casefile import fold, load
from mailroom.desk.letters.post import subject_with_number
from mailroom.desk.letters.promise import zone_of
from mailroom.desk.office import Office
from mailroom.store.contract import Decision, MessageLine, Receipt
from mailroom.ticket.model import (
    Comment,
    Event,
    Participant,
    Person,
    PersonId,
    Ticket,
    TicketId,
)
from mailroom.ticket.token import Permission, Token
from rules.ledger import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFile:
    """One ticket as an agent reads it."""

    ticket: Ticket
    clocks: tuple[Clock, ...]
    comments: tuple[Comment, ...]
    events: tuple[Event, ...]
    decisions: tuple[Decision, ...]
    receipts: tuple[Receipt, ...]
    messages: tuple[MessageLine, ...]
    participants: tuple[Participant, ...]
    linked: tuple[TicketId, ...]
    people: Mapping[PersonId, Person]
    agents: Mapping[PersonId, str]
    zone: str
    now: datetime
    reply_to: str  # goes to the customer
    command_to: str  # stays internal, takes #commands
    command_prefix: str  # what each command line starts with: "" or "#1042 "
    subject: str


def open_file(office: Office, id: TicketId, reader: PersonId) -> TicketFile | None:
    """Return a ticket's file for an agent; None: there is no such ticket."""
    now, store = office.now(), office.store
    case = load(office, id, now)
    if case is None:
        return None
    ticket, comments = case.ticket, store.comments(id)
    participants = store.participants(id)
    ids = {c.author for c in comments} | {p.person for p in participants}
    ids |= {PersonId(int(e.actor)) for e in case.log if e.actor.isdecimal()}
    ids |= {p for p in (ticket.requester, ticket.assignee) if p is not None}
    people = store.people(ids)
    agents = {p: office.audience.agent(who.address) for p, who in people.items()}
    box = next(
        (b for b in office.book.mailboxes if b.address == ticket.mailbox),
        office.book.mailboxes[0],
    )
    internal = office.book.reply_address(box, Token(id, Permission.INTERNAL, reader))
    return TicketFile(
        ticket=ticket,
        clocks=fold(office, case, now)[0],
        comments=tuple(comments),
        events=tuple(case.log),
        decisions=tuple(store.decisions(id)),
        receipts=tuple(store.recipients(id)),
        messages=tuple(store.messages(ticket=id)),
        participants=tuple(participants),
        linked=tuple(store.links(id)),
        people=people,
        agents={p: a.name for p, a in agents.items() if a is not None},
        zone=zone_of(office, ticket),
        now=now,
        reply_to=office.book.reply_address(box, Token(id, Permission.PUBLIC, reader)),
        command_to=internal,
        command_prefix=f"#{id} " if internal == box.address else "",
        subject=subject_with_number(office, ticket, ticket.subject[:200]),
    )
