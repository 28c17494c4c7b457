"""Mail that waits: an agent's From that nobody could prove.

It is never public and moves no clock. A one-time confirmation goes to the agent's
configured address; an answer to it from there releases the mail, once.
"""

from datetime import datetime, timedelta

from mailroom.desk.act import Act, Outcome
from mailroom.desk.casefile import flush, keep
from mailroom.desk.letters.post import Letter, queue, tagged, words
from mailroom.desk.letters.tell_agents import internal_letter, loose_letter
from mailroom.desk.office import Office
from mailroom.desk.orders.crossed import REASON as CROSSED
from mailroom.desk.orders.transcript import send_transcript
from mailroom.desk.reading import Reading
from mailroom.message.address import normalize
from mailroom.notice.audience import Told
from mailroom.settings import Agent
from mailroom.store.contract import Inbound
from mailroom.ticket.case import Case
from mailroom.ticket.model import Disposition, InboundId, Kind, PersonId, TicketId
from mailroom.ticket.token import NO_TICKET, Permission, Token

REASON = "from an agent's address, but not authenticated"
HOUR, MOST_QUESTIONS = timedelta(hours=1), 5  # to one agent


def hold(office: Office, reading: Reading, case: Case | None) -> Outcome:
    """Hold a mail and ask its agent, by a mail of our own, whether it is his."""
    agent, now = reading.agent, office.now()
    assert agent is not None
    silent = _why_not_asked(office, reading, agent, now)
    reason = f"{REASON}; not asked about: {silent}" if silent else REASON
    if case is not None:
        case.add(Kind.HELD, now, message=reading.inbound.id, reason=reason)
        keep(office, case, now)
    if not silent:
        _ask(office, reading, agent, now)
        _tell_others(office, reading, case, agent, now)
    if case is not None:
        flush(office, case)
    ticket = case.ticket.id if case is not None else None
    return Outcome(Disposition.QUARANTINED, ticket, reason)


def _why_not_asked(
    office: Office, reading: Reading, agent: Agent, now: datetime
) -> str:
    """Return why nobody is asked about a held mail; "": he is."""
    if reading.message.automatic is not None:
        return "automatic mail"
    if _answers_a_question(reading):
        return "it answers such a question"
    if reading.verdict.spam:
        return "spam"
    budget = f"confirm:{normalize(agent.address)}"
    if not office.store.spend(budget, now, HOUR, MOST_QUESTIONS):
        return f"more than {MOST_QUESTIONS} within an hour"
    return ""


def _ask(office: Office, reading: Reading, agent: Agent, now: datetime) -> None:
    """Ask the agent at his configured address; his answer has a one-time token."""
    inbound = reading.inbound
    person = office.store.person_for(agent.address, agent.name)
    told = Told(agent.address, "a mail in his name is held", agent)
    token = Token(TicketId(inbound.id), Permission.RELEASE, person)
    values = {
        "subject": "Did you write this mail?",
        "held_subject": reading.message.subject,
        "received": f"{inbound.received_at:%Y-%m-%d %H:%M} UTC",
    }
    letter = loose_letter(reading, told, f"held:{inbound.id}", "confirmation", token)
    queue(office, None, letter, words(office, "confirmation", "en", values), now)


def _tell_others(
    office: Office, reading: Reading, case: Case | None, agent: Agent, now: datetime
) -> None:
    """Tell those who work on the ticket, the admins where there is none.

    They hear nothing of the mail but whose it claims to be.
    """
    message = reading.inbound.id
    subject = f"A mail in the name of {agent.name} is held"
    values = {
        "subject": tagged(office, case.ticket, case.ticket.subject)
        if case
        else subject,
        "number": office.number(case.ticket.id) if case else "",
        "message": message,
        "reason": f"it is held, for it claims to be from {agent.address} and nobody"
        " could prove that; the agent was asked",
    }
    written = words(office, "quarantined", "en", values)
    for told in office.circle(case.ticket) if case else office.audience.admins():
        if normalize(told.address) == normalize(agent.address):
            continue
        person = office.store.person_for(told.address)
        key = f"quarantined:{message}:{person}"
        letter = _letter(office, reading, case, told, key, person)
        queue(office, case, letter, written, now)


def _letter(
    office: Office,
    reading: Reading,
    case: Case | None,
    told: Told,
    key: str,
    person: PersonId,
) -> Letter:
    inside, name = Permission.INTERNAL, "quarantined"
    if case is not None:
        return internal_letter(office, case, told, key, name, inside, person)
    return loose_letter(reading, told, key, name, Token(NO_TICKET, inside, person))


def waits_for_confirmation(inbound: Inbound) -> bool:
    """Whether a mail in quarantine is held until somebody vouches for it.

    What could not be processed is no more to be trusted when it is tried again.
    """
    return (inbound.reason or "").startswith((REASON, CROSSED))


def is_held(inbound: Inbound) -> bool:
    """Whether a mail waits because nobody could prove that its agent wrote it."""
    held = inbound.disposition is Disposition.QUARANTINED
    return held and (inbound.reason or "").startswith(REASON)


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


def nothing_released(act: Act) -> Outcome:
    """Say that an agent's answer to a question about held mail lets nothing go on."""
    verdict = "No mail in your name waits for this answer; nothing was done."
    if act.reading.message.automatic is None:
        send_transcript(act, None, verdict, [], act.text)
    return Outcome(Disposition.COMMAND, None, "it releases nothing")
