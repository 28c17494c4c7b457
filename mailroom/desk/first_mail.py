"""An agent's mail on no ticket: a forward, a mail to a customer, or his own request.

A forward opens the ticket for the original sender. With outsiders in To it is a ticket
for the first of them, already answered. To our address alone it is the agent's own.
"""

from collections.abc import Sequence

from mailroom.desk.act import Act, Outcome
from mailroom.desk.casefile import flush, keep
from mailroom.desk.customer import Opening, new_ticket, news_of, open_ticket
from mailroom.desk.order import carry_out, check, orders_of
from mailroom.desk.reading import outsiders
from mailroom.desk.record import add_comment, join
from mailroom.desk.tell_agents import (
    notify,
)
from mailroom.desk.tell_customers import (
    acknowledge,
)
from mailroom.desk.transcript import refuse
from mailroom.message.model import Mailbox
from mailroom.ticket.model import (
    Disposition,
    Kind,
    Role,
)


def first_mail(act: Act) -> Outcome:
    """A mail on no ticket: a forward, a mail to a customer, or his own request."""
    if act.commands.faults:
        refuse(act, None, act.commands.faults)
        return Outcome(Disposition.COMMAND, None, "a command was not understood")
    original = act.reading.message.forwarded
    sender = original.sender if original is not None else None
    if original is not None and sender is not None and _is_outsider(act, sender):
        subject = original.subject or act.reading.message.subject
        opening = Opening(
            requester=sender,
            by="on_behalf",
            actor=act.agent,
            subject=subject,
            text=original.text,
        )
        return _open_for(act, opening)
    others = outsiders(act.office, act.reading)
    if others:
        subject = act.reading.message.subject
        opening = Opening(
            requester=others[0],
            by="agent",
            actor=act.agent,
            subject=subject,
            text=act.text,
        )
        return _open_for(act, opening, others[1:])
    id = new_ticket(act.office, act.reading, act.office.now())
    return Outcome(Disposition.NEW_TICKET, id)


def _is_outsider(act: Act, mailbox: Mailbox) -> bool:
    office = act.office
    ours = office.book.is_ours(mailbox.address)
    return not ours and office.audience.agent(mailbox.address) is None


def _open_for(act: Act, opening: Opening, others: Sequence[Mailbox] = ()) -> Outcome:
    """Open a ticket for a customer who did not write to us himself."""
    office, now, at = act.office, act.office.now(), act.reading.inbound.received_at
    case, decision = open_ticket(office, act.reading, opening, now)
    orders = orders_of(act.commands, office, case, act.agent, act.address, at)
    faults = check(orders)
    for mailbox in others:
        person = office.store.person_for(mailbox.address, mailbox.name)
        join(office, case, person, Role.CC, "copied by an agent", at)
    if not faults:
        carry_out(orders)
    if opening.by == "on_behalf" and act.text:
        case.add(Kind.NOTE, at, actor=act.agent, message=act.reading.inbound.id)
        add_comment(office, case, act.reading, act.agent, act.text, False)
    clocks = keep(office, case, now)
    silent = act.commands.note or decision.acknowledge is False or bool(faults)
    if opening.by == "on_behalf" and not silent:
        acknowledge(office, case, act.reading, clocks, now)
    news = news_of(act.reading, "new ticket", opening.text, f"new:{case.ticket.id}")
    notify(office, case, news, clocks, now, besides=[act.address])
    if faults:
        refuse(act, case, faults)
    flush(office, case)
    return Outcome(Disposition.NEW_TICKET, case.ticket.id)
