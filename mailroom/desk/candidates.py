"""Gathering the candidates for a mail's ticket; `ticket.followup` weighs them."""

from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.ticket.followup import Found, decide
from mailroom.ticket.model import Status, Ticket

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
        person = store.find_person(reading.author.address)
        taking_part = {p.person for p in store.participants(clues.tagged)}
        agent = reading.is_agent
        takes_part = agent or (person is not None and person.id in taking_part)
    awaiting = store.tickets_awaiting(clues.message_id) if clues.message_id else []
    siblings = _siblings(office, reading)
    person = store.find_person(reading.author.address) if siblings else None
    return decide(
        clues,
        exists=exists,
        known=store.tickets_with(clues.answered) if clues.answered else {},
        awaiting=awaiting,
        siblings=[ticket.id for ticket in siblings],
        own_siblings=[t.id for t in siblings if person and t.requester == person.id],
        takes_part=takes_part,
    )


def _siblings(office: Office, reading: Reading) -> list[Ticket]:
    """Return open tickets that answer a mail that this one answers too."""
    ids = dict.fromkeys(
        ticket
        for answered in reading.clues.answered[:_MOST_ANSWERED]
        for ticket in office.store.tickets_awaiting(answered)
    )
    found = [office.store.ticket(id) for id in ids]
    return [t for t in found if t is not None and t.status is not Status.CLOSED]
