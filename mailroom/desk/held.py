"""Mail that waits: an agent's From that nobody could prove.

It is never public and moves no clock. A one-time confirmation goes to the agent's
configured address; an answer to it from there releases the mail, once.
"""

from mailroom.desk.act import Outcome
from mailroom.desk.casefile import flush, keep
from mailroom.desk.office import Office
from mailroom.desk.post import queue, words
from mailroom.desk.reading import Reading
from mailroom.desk.tell_agents import loose_letter
from mailroom.message.address import normalize
from mailroom.notice.audience import Told
from mailroom.ticket.case import Case
from mailroom.ticket.model import Disposition, InboundId, Kind, TicketId
from mailroom.ticket.token import Permission, Token

REASON = "from an agent's address, but not authenticated"


def hold(office: Office, reading: Reading, case: Case | None) -> Outcome:
    """Hold a mail and ask its agent, by a mail of our own, whether it is his."""
    agent, now = reading.agent, office.now()
    assert agent is not None
    person = office.store.person_for(agent.address, agent.name)
    ticket = case.ticket.id if case is not None else None
    if case is not None:
        case.add(Kind.HELD, now, message=reading.inbound.id, reason=REASON)
    told = Told(agent.address, "a mail in his name is held", agent)
    token = Token(TicketId(reading.inbound.id), Permission.RELEASE, person)
    if reading.message.automatic is None and not _answers_a_question(reading):
        values = {
            "subject": "Did you write this mail?",
            "held_subject": reading.message.subject,
            "received": f"{reading.inbound.received_at:%Y-%m-%d %H:%M} UTC",
        }
        letter = loose_letter(
            reading, told, f"held:{reading.inbound.id}", "confirmation", token
        )
        queue(office, None, letter, words(office, "confirmation", "en", values), now)
    if case is not None:
        keep(office, case, now)
        flush(office, case)
    return Outcome(Disposition.QUARANTINED, ticket, REASON)


def _answers_a_question(reading: Reading) -> bool:
    """Whether it answers a confirmation: what a machine says to one is not asked about."""
    token = reading.clues.token
    return token is not None and token.permission is Permission.RELEASE


def release_asked(office: Office, reading: Reading) -> InboundId | None:
    """Return the held mail that this one releases, if it does."""
    token, agent = reading.clues.token, reading.agent
    if token is None or token.permission is not Permission.RELEASE or agent is None:
        return None
    if reading.message.automatic is not None:
        return None
    person = office.store.find_person(agent.address)
    if person is None or person.id != token.person:
        return None
    held = office.store.inbound(InboundId(token.ticket))
    if held is None or held.disposition is not Disposition.QUARANTINED:
        return None
    author = office.audience.agent(held.sender or "")
    if author is None or normalize(author.address) != normalize(agent.address):
        return None
    return held.id
