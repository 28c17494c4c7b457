"""Mail read from a Sent folder: an agent wrote straight to a customer of a ticket.

Whoever keeps mail there has logged in to the account, so its author counts as proved.
Most of a Sent folder is none of our business: only what belongs to a ticket and names
its customers is a public reply, already delivered. Copies of our own letters, which some
providers put there, are known by their Message-IDs.
"""

from dataclasses import replace

from mailroom.desk.act import Outcome
from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.message.address import normalize
from mailroom.settings import Agent
from mailroom.ticket.case import Case
from mailroom.ticket.model import Disposition
from mailroom.ticket.token import Permission, from_message_id

DOOR = "imap-sent:"


def as_sent(office: Office, reading: Reading) -> Reading:
    """See a mail of a Sent folder as what it was; any other as it is.

    Who writes from a shared mailbox's own address counts as an agent of its name, and
    what has gone to customers is no note, whichever of our letters it answers.
    """
    if not is_sent(reading):
        return reading
    clues, agent = reading.clues, reading.agent
    answered = clues.message_id_token
    if answered is not None and not _is_to_us(office, reading):
        public = replace(answered, permission=Permission.CUSTOMER)
        clues = replace(clues, message_id_token=public)
    if agent is None and office.book.is_ours(reading.author.address):
        box = office.book.mailbox(reading.mailbox)
        agent = Agent(address=box.address, name=box.name)
    return replace(reading, clues=clues, agent=agent)


def is_sent(reading: Reading) -> bool:
    """Whether a mail was read from a Sent folder."""
    return reading.inbound.door.startswith(DOOR)


def sent_mail(office: Office, reading: Reading, case: Case | None) -> Outcome | None:
    """Leave alone what is no reply on a ticket; None: it is one, or no sent mail."""
    if not is_sent(reading):
        return None
    ticket = case.ticket.id if case is not None else None
    id, keys = reading.message.message_id, office.keys.accepted(office.now())
    if id is not None and from_message_id(id, keys) is not None:
        return Outcome(Disposition.DUPLICATE, ticket, "our own letter, as it was sent")
    if reading.agent is None or case is None:
        return Outcome(Disposition.REFUSED, None, "a sent mail that is on no ticket")
    if not (names_customers(office, reading, case) or _is_to_us(office, reading)):
        reason = "a sent mail that names no customer of its ticket"
        return Outcome(Disposition.REFUSED, None, reason)
    return None


def names_customers(office: Office, reading: Reading, case: Case) -> bool:
    """Whether a participant of the ticket is in To or Cc."""
    named = {normalize(m.address) for m in (*reading.message.to, *reading.message.cc)}
    taking_part = office.store.participants(case.ticket.id)
    people = office.store.people(p.person for p in taking_part)
    return any(normalize(person.address) in named for person in people.values())


def _is_to_us(office: Office, reading: Reading) -> bool:
    named = (*reading.message.to, *reading.message.cc)
    return any(office.book.is_ours(mailbox.address) for mailbox in named)
