"""Opening a ticket: of a customer's mail, an agent's forward, or a part of another ticket."""

from dataclasses import dataclass
from datetime import datetime

from mailroom.desk.facts import of_mail
from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.desk.record import add_comment, begin, look
from mailroom.message.model import Mailbox
from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind, PersonId
from mailroom.ticket.token import Permission, Token
from rules.decision import Decision
from rules.facts import TicketFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a ticket opens: for whom, and by whom."""

    requester: Mailbox
    by: str = "customer"  # customer, on_behalf (an agent's forward), agent (he wrote)
    actor: PersonId | None = None  # None: the requester
    subject: str = ""
    text: str = ""
    public: bool = True


def open_ticket(
    office: Office, reading: Reading, opening: Opening, now: datetime
) -> tuple[Case, Decision]:
    """Make a ticket of a mail, with its first comment and what the rules say."""
    at = reading.inbound.received_at
    person = office.store.person_for(opening.requester.address, opening.requester.name)
    known = office.store.count_messages_of(person) > 0
    actor = opening.actor or person
    case = begin(
        office,
        reading.inbound,
        mailbox=reading.mailbox,
        requester=person,
        subject=opening.subject,
        by=opening.by,
        actor=actor,
        now=now,
    )
    add_comment(
        office,
        case,
        reading,
        person if opening.by == "on_behalf" else actor,
        opening.text,
        opening.public,
        message_id=_shown_id(office, case, opening, person),
    )
    facts = of_mail(
        office,
        reading,
        author=opening.requester,
        known=known,
        reply=False,
        ticket=TicketFacts(status=case.ticket.status.value),
    )
    decision = look(office, case, facts, "opened", None, at)
    if reading.verdict.spam and not case.ticket.spam:
        case.add(Kind.SPAM, at, evidence=reading.verdict.spam_evidence)
    return case, decision


def _shown_id(
    office: Office, case: Case, opening: Opening, person: PersonId
) -> str | None:
    """Return the Message-ID that a customer knows of a forward: our acknowledgement's.

    None: the mail's own.
    """
    if opening.by != "on_behalf":
        return None
    ticket = case.ticket
    token = Token(ticket.id, Permission.CUSTOMER, person)
    return office.message_id(token, f"ack:{ticket.id}", ticket.mailbox)
