"""An agent's mail on no ticket: a forward, a mail to a customer, or his own request.

A forward opens the ticket for the original sender. With outsiders in To it is a ticket
for the first of them, already answered. To our address alone it is the agent's own.
"""

from collections.abc import Sequence
from dataclasses import replace

from mailroom.desk.act import Act, Outcome
from mailroom.desk.casefile import flush, keep
from mailroom.desk.letters.tell_agents import News, news_of, notify
from mailroom.desk.letters.tell_customers import (
    acknowledge,
)
from mailroom.desk.opening import Opening, open_ticket
from mailroom.desk.orders.order import Order
from mailroom.desk.orders.orders import carry_out, check, orders_of, released_by
from mailroom.desk.orders.transcript import answer_questions, refuse, rehearse
from mailroom.desk.reading import outsiders, speaks_for
from mailroom.desk.record import add_comment, join, look_at_change
from mailroom.message.model import Mailbox
from mailroom.ticket.case import Case
from mailroom.ticket.command import Fault, strays
from mailroom.ticket.lifecycle import opened
from mailroom.ticket.model import Disposition, Kind, Role, TicketId


def first_mail(act: Act, linked: TicketId | None = None) -> Outcome:
    """A mail on no ticket: a forward, a mail to a customer, or his own request.

    `linked`: a ticket that it would be on, were that not closed.
    """
    opening, others = opening_of(act)
    if opening.actor is None and act.commands.commands and not act.text:
        return _commands_alone(act, opening)
    faults = act.commands.faults or (*_misplaced(act, opening), *_check(act, opening))
    if faults:
        refuse(act, None, faults)
        return Outcome(Disposition.COMMAND, None, "a command failed")
    if act.commands.has("try"):
        rehearse(act, None, False)
        return Outcome(Disposition.COMMAND, None, "only tried")
    return _open(act, opening, others, linked)


def _misplaced(act: Act, opening: Opening) -> tuple[Fault, ...]:
    """Return what has no place in a mail that opens a ticket."""
    canned = tuple(
        Fault(command.line, "a ready-made text goes out with a reply on a ticket")
        for command in act.commands.commands
        if command.name == "canned"
    )
    if act.commands.note or opening.by == "agent":  # customers have got that mail
        return canned
    return (*canned, *strays(act.commands.text))


TICKETLESS = frozenset({"away", "release", "help"})  # need no ticket


def _commands_alone(act: Act, opening: Opening) -> Outcome:
    """Carry out commands that need no ticket; refuse the others."""
    faults = act.commands.faults + tuple(
        Fault(command.line, "this mail is on no ticket; answer one of its mails")
        for command in act.commands.commands
        if command.name not in TICKETLESS
    )
    faults = faults or _check(act, opening)
    if faults:
        refuse(act, None, faults)
        return Outcome(Disposition.COMMAND, None, "a command failed")
    orders = _orders(act, opening)
    carry_out(orders)
    answer_questions(act, None)
    return Outcome(Disposition.COMMAND, None, released=released_by(orders))


def opening_of(act: Act) -> tuple[Opening, Sequence[Mailbox]]:
    """Return for whom the ticket is, and who else takes part."""
    message = act.reading.message
    original = message.forwarded
    requester = speaks_for(act.office, act.reading)
    if original is not None and requester == original.sender:
        return Opening(
            requester=requester,
            by="on_behalf",
            actor=act.agent,
            subject=original.subject or message.subject,
            text=original.text,
        ), ()
    others = outsiders(act.office, act.reading)
    if others:
        return Opening(
            requester=requester,
            by="agent",
            actor=act.agent,
            subject=message.subject,
            text=act.text,
        ), others[1:]
    author = Mailbox(act.address, act.name)
    return Opening(requester=author, subject=message.subject, text=act.text), ()


def _check(act: Act, opening: Opening) -> tuple[Fault, ...]:
    return check(_orders(act, opening))


def _orders(act: Act, opening: Opening) -> list[Order]:
    """Return the commands as orders on a ticket that is not there yet."""
    at = act.reading.inbound.received_at
    blank = opened(
        id=TicketId(0),
        subject=opening.subject,
        mailbox=act.reading.mailbox,
        requester=act.agent,
        at=at,
    )
    case = Case(blank, recorded_at=act.office.now())
    return orders_of(act.commands, act.office, case, act.agent, act.address, at)


def _open(
    act: Act, opening: Opening, others: Sequence[Mailbox], linked: TicketId | None
) -> Outcome:
    """Open the ticket, carry out the commands, tell customer and agents."""
    office, now, at = act.office, act.office.now(), act.reading.inbound.received_at
    case, decision = open_ticket(office, act.reading, opening, now)
    for mailbox in others:
        person = office.store.person_for(mailbox.address, mailbox.name)
        join(office, case, person, Role.CC, "copied by an agent", at)
    if linked is not None:
        office.store.link(case.ticket.id, linked)
        case.add(Kind.LINK, at, ticket=linked)
    if carry_out(orders_of(act.commands, office, case, act.agent, act.address, at)):
        look_at_change(office, case, at)
    if opening.by == "on_behalf" and act.text:
        case.add(Kind.NOTE, at, actor=act.agent, message=act.reading.inbound.id)
        add_comment(office, case, act.reading, act.agent, act.text, False)
    clocks = keep(office, case, now)
    silent = act.commands.note or decision.acknowledge is False or case.ticket.spam
    if opening.by != "agent" and not silent:
        acknowledge(office, case, act.reading, clocks, now, decision.letter)
    news = _news(act, opening, f"new:{case.ticket.id}")
    notify(office, case, news, clocks, now, besides=[act.address])
    answer_questions(act, case)
    flush(office, case)
    return Outcome(Disposition.NEW_TICKET, case.ticket.id)


def _news(act: Act, opening: Opening, key: str) -> News:
    """Return what agents are told; of a forward both what it says and who sent it on."""
    news = news_of(act.reading, "new ticket", opening.text, key)
    if opening.by != "on_behalf":
        return news
    noted = f"{act.name} notes, internally:\n\n{act.text}" if act.text else ""
    return replace(
        news,
        author=f"{opening.requester.name} <{opening.requester.address}>".strip(),
        event=f"new ticket, forwarded by {act.name}",
        text="\n\n".join(filter(None, [opening.text.strip(), noted])),
    )
