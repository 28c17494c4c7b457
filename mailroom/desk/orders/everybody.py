"""Whom `#cc all` means: who wrote on a ticket, and whom its participants' mails name.

That is how people join who were on mass mail or blind copies. Who only wrote what stays
internal is no part of it, and neither are lists, robots, agents and addresses of ours.
"""

from mailroom.desk.office import Office
from mailroom.desk.reading import outsiders, read_again
from mailroom.message.address import normalize
from mailroom.message.model import Mailbox
from mailroom.ticket.case import Case


def everybody(office: Office, case: Case) -> list[Mailbox]:
    """Return everybody who could take part in a ticket, each once."""
    store, id = office.store, case.ticket.id
    public = [comment for comment in store.comments(id) if comment.public]
    people = store.people({comment.author for comment in public})
    taking_part = {participant.person for participant in store.participants(id)}
    found: dict[str, Mailbox] = {}
    for comment in public:
        author = people[comment.author]
        if office.audience.agent(author.address) is None:
            written = Mailbox(author.address, author.name)
            found.setdefault(normalize(author.address), written)
        if comment.author in taking_part and comment.inbound is not None:
            reading = read_again(office, comment.inbound)
            for named in outsiders(office, reading) if reading is not None else ():
                found.setdefault(normalize(named.address), named)
    return list(found.values())
