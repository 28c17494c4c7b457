"""Where answers to somebody go: their address, or the Reply-To that they asked for.

A Reply-To counts only within the From's organisational domain, and on a ticket that is
open already only where the author is proven: nobody else turns its answers elsewhere.
Kept is a person's number, no address, so that people can be forgotten.
"""

from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.message.address import domain_of, normalize
from mailroom.message.alignment import are_aligned
from mailroom.message.automatic import is_no_reply
from mailroom.message.model import Mailbox
from mailroom.ticket.model import Person, PersonId, TicketId


def asked_for(office: Office, reading: Reading) -> str | None:
    """Return the Reply-To of a mail that counts; None: answers go to its author."""
    author, wanted = reading.author, reading.message.reply_to
    sender = reading.message.sender
    if sender is None or sender.key != author.key or len(wanted) != 1:
        return None
    address = wanted[0].address
    if normalize(address) == normalize(author.address) or is_no_reply(address):
        return None
    if office.book.is_ours(address) or office.audience.agent(address) is not None:
        return None
    return address if _is_of(address, author.address) else None


def keep_asked(
    office: Office, reading: Reading, ticket: TicketId, person: PersonId, *, opens: bool
) -> None:
    """Keep where answers to this mail's author go from now on; inside a transaction."""
    address, key = asked_for(office, reading), _key(ticket, person)
    if not (opens or reading.verdict.authenticated):
        return
    if address is not None:
        office.store.remember(key, str(office.store.person_for(address)))
    elif not opens and office.store.recall(key):
        office.store.remember(key, "")


def bring_asked(office: Office, ticket: TicketId, into: TicketId) -> None:
    """Keep on another ticket, too, where answers go to who wrote on this one."""
    for participant in office.store.participants(into):
        kept = office.store.recall(_key(ticket, participant.person))
        if kept and not office.store.recall(_key(into, participant.person)):
            office.store.remember(_key(into, participant.person), kept)


def answers_to(office: Office, ticket: TicketId, person: Person) -> str:
    """Return the address that answers to somebody on a ticket go to."""
    kept = office.store.recall(_key(ticket, person.id))
    if not kept:
        return person.address
    found = office.store.people([PersonId(int(kept))]).get(PersonId(int(kept)))
    return found.address if found is not None else person.address


def mailbox_of(office: Office, ticket: TicketId, person: Person) -> Mailbox:
    """Return somebody as the recipient of an answer."""
    return Mailbox(answers_to(office, ticket, person), person.name)


def _key(ticket: TicketId, person: PersonId) -> str:
    return f"answers:{ticket}:{person}"


def _is_of(address: str, author: str) -> bool:
    return are_aligned(domain_of(address), domain_of(author))
