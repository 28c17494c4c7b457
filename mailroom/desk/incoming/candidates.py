"""Gathering the candidates for a mail's ticket; `ticket.followup` weighs them.

Arrival order must not matter, so both directions are asked: which mails does this one
answer, and which mails that came before it answer it. Only the mail that opened a ticket
says that the ticket waits for another: whoever writes on a ticket later can name any
Message-ID, and must not hand the ticket to the author of that one.
"""

from collections.abc import Collection

from mailroom.desk.office import Office
from mailroom.desk.orders.merge import resolved
from mailroom.desk.reading import Reading, read_again, speaks_for
from mailroom.ticket.followup import Found, decide
from mailroom.ticket.model import (
    InboundId,
    Kind,
    PersonId,
    Status,
    Ticket,
    TicketId,
)

_MOST_ANSWERED = 20


def find(office: Office, reading: Reading) -> Found:
    """Gather the candidates that the evidence names, and weigh them."""
    clues, store = reading.clues, office.store
    named = {t.ticket for t in (clues.address_token, clues.message_id_token) if t}
    if clues.tagged is not None:
        named.add(clues.tagged)
    if clues.spent is not None:
        named.add(clues.spent)
    exists = {id: store.ticket(id) is not None for id in named}
    takes_part = False
    if clues.tagged is not None and exists[clues.tagged]:
        takes_part = reading.is_agent or _takes_part(office, reading, clues.tagged)
    found = store.tickets_with(clues.answered) if clues.answered else {}
    known = {id: resolved(office, ticket) for id, ticket in found.items()}
    nearest = next((id for id in clues.answered if id in known), None)
    if nearest is not None:
        known[nearest] = _meant(office, reading, nearest, known[nearest])
    replies, waiting = _awaiting(office, reading)
    siblings = _siblings(office, reading)
    return decide(
        clues,
        exists=exists,
        known=known,
        replies=replies,
        own_siblings=[] if known else _own(office, reading, siblings),
        takes_part=takes_part,
        related=[*waiting, *(ticket.id for ticket in siblings)],
    )


def is_answered_by(office: Office, ticket: TicketId, message_id: str | None) -> bool:
    """Whether the mail that opened a ticket answers this one."""
    return message_id in opening_answers(office, ticket)


def opening_answers(office: Office, ticket: TicketId) -> Collection[str]:
    """Return the Message-IDs that a ticket's opening mail answers.

    An original that came after its replies is the opening mail from then on.
    """
    opening: InboundId | None = None
    for event in office.store.events(ticket):
        if event.kind is Kind.OPENED and opening is None:
            opening = event.data.get("message")
        elif event.data.get("original"):
            opening = event.data["message"]
    reading = read_again(office, opening) if opening is not None else None
    return frozenset(reading.clues.answered) if reading is not None else frozenset()


def _takes_part(office: Office, reading: Reading, ticket: TicketId) -> bool:
    person = office.store.find_person(reading.author.address)
    taking_part = {p.person for p in office.store.participants(ticket)}
    return person is not None and person.id in taking_part


def _meant(
    office: Office, reading: Reading, message_id: str, first: TicketId
) -> TicketId:
    """Return which ticket is meant by a Message-ID that several mails may have.

    The latest in which the author takes part; the first for whom takes part in none,
    for a mail that uses the Message-ID of another draws no answers away from it.
    """
    more = office.store.namesakes(message_id)
    if not more:
        return first
    meant = [first, *(resolved(office, ticket) for ticket in more)]
    own = [ticket for ticket in meant if _takes_part(office, reading, ticket)]
    return max(own, default=first)


def _awaiting(
    office: Office, reading: Reading
) -> tuple[list[TicketId], list[TicketId]]:
    """Return the tickets that open with an answer to this mail, and others with one.

    A second mail under a Message-ID is a message of its own: nobody waits for it.
    """
    id, store = reading.clues.message_id, office.store
    awaiting = store.tickets_awaiting(id) if id else []
    first_time = reading.inbound.disposition is None
    if not awaiting or id is None or (first_time and store.tickets_with([id])):
        return [], []
    replies: dict[TicketId, None] = {}
    others: list[TicketId] = []
    for ticket in awaiting:
        goes_on_as = resolved(office, ticket)
        if is_answered_by(office, ticket, id):
            replies[goes_on_as] = None
        else:
            others.append(goes_on_as)
    return list(replies), others


def _siblings(office: Office, reading: Reading) -> list[Ticket]:
    """Return open tickets that answer a mail that this one answers too."""
    ids = dict.fromkeys(
        resolved(office, ticket)
        for answered in reading.clues.answered[:_MOST_ANSWERED]
        for ticket in office.store.tickets_awaiting(answered)
    )
    found = [office.store.ticket(id) for id in ids]
    return [t for t in found if t is not None and t.status is not Status.CLOSED]


def _own(
    office: Office, reading: Reading, siblings: Collection[Ticket]
) -> list[TicketId]:
    """Return the siblings of the same requester that answer exactly the same mails.

    Exactly: then no mail that is still to come belongs to one and not to the other.
    """
    if not siblings:
        return []
    person = office.store.find_person(speaks_for(office, reading).address)
    asker: PersonId | None = person.id if person is not None else None
    answered = frozenset(reading.clues.answered)
    return [
        ticket.id
        for ticket in siblings
        if ticket.requester == asker and opening_answers(office, ticket.id) == answered
    ]
