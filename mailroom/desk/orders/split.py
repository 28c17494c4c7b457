"""Splitting: one message of a ticket becomes a ticket of its own.

The message stays where it was, too: nothing is removed. Later mail that answers it goes
on the new ticket, whose clocks count from when the message came.
"""

from datetime import datetime

from mailroom.desk.casefile import flush, keep
from mailroom.desk.letters.letters_answered import letters_answered, message_told
from mailroom.desk.letters.tell_agents import news_of, notify
from mailroom.desk.office import Office
from mailroom.desk.opening import Opening, open_ticket
from mailroom.desk.reading import read_again
from mailroom.ticket.case import Case
from mailroom.ticket.model import InboundId, Kind, PersonId, TicketId


def message_meant(
    office: Office, case: Case, answered: tuple[str, ...]
) -> InboundId | None:
    """Return the message that the answered notification was about.

    Without one it is the last message of a customer.
    """
    for letter in letters_answered(office, case, answered):
        told = message_told(letter, "message")
        if told is not None:
            return told
    replies = case.events(Kind.CUSTOMER_REPLY)
    return InboundId(replies[-1].data["message"]) if replies else None


def split_off(
    office: Office, case: Case, message: InboundId, agent: PersonId, at: datetime
) -> TicketId | None:
    """Open a ticket for one message of `case`, which the caller keeps."""
    reading = read_again(office, message)
    if reading is None:
        return None
    now = office.now()
    opening = Opening(
        requester=reading.author,
        subject=reading.message.subject,
        text=reading.message.reply_text,
    )
    new, _ = open_ticket(office, reading, opening, now)
    if reading.message.message_id:
        office.store.move_message_id(reading.message.message_id, new.ticket.id)
    new.add(Kind.LINK, at, actor=agent, ticket=case.ticket.id, why="split")
    case.add(Kind.SPLIT, at, actor=agent, ticket=new.ticket.id, message=message)
    office.store.link(case.ticket.id, new.ticket.id)
    clocks = keep(office, new, now)
    news = news_of(reading, "split off", opening.text, f"new:{new.ticket.id}")
    notify(office, new, news, clocks, now)
    flush(office, new)
    return new.ticket.id
