"""What the rules may see of a mail and its ticket (`rules.facts`), from our own values."""

from datetime import datetime

from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.message.address import domain_of, normalize
from mailroom.message.model import Mailbox
from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind, PersonId
from mailroom.ticket.recipient import Place
from rules.facts import Facts, SenderFacts, TicketFacts


def of_mail(
    office: Office,
    reading: Reading,
    *,
    author: Mailbox,
    known: bool,
    reply: bool,
    ticket: TicketFacts,
) -> Facts:
    """Return the facts of a mail; `author` is the original sender of a forward."""
    message = reading.message
    address = normalize(author.address)
    company = office.rules.edition.ruleset.organization_of(address)
    own = normalize(author.address) == normalize(reading.author.address)
    return Facts(
        sender=SenderFacts(
            address=address,
            domain=domain_of(address),
            name=author.name,
            organization=company.key if company else None,
            known=known,
            authenticated=own and reading.verdict.authenticated,
        ),
        received=reading.inbound.received_at,
        recipient=reading.mailbox,
        mailboxes=_mailboxes(office, reading),
        to=tuple(normalize(m.address) for m in message.to),
        cc=tuple(normalize(m.address) for m in message.cc),
        subject=message.subject,
        text=message.reply_text,
        headers=dict(reversed(message.headers.fields)),
        attachments=tuple(a.filename for a in message.attachments),
        size=message.size,
        language=message.language,
        reply=reply,
        ticket=ticket,
    )


def of_ticket(office: Office, case: Case, now: datetime) -> TicketFacts:
    """Return the facts of a ticket as it is now."""
    ticket = case.ticket
    return TicketFacts(
        status=ticket.status.value,
        priority=ticket.priority,
        team=ticket.team,
        assignee=_address(office, ticket.assignee),
        tags=ticket.tags,
        age=now - ticket.created_at,
        messages=sum(event.kind in _MESSAGES for event in case.log),
        reopened=len(case.events(Kind.REOPEN)),
    )


_MESSAGES = (Kind.OPENED, Kind.CUSTOMER_REPLY, Kind.AGENT_REPLY, Kind.NOTE)


def _address(office: Office, person: PersonId | None) -> str | None:
    if person is None:
        return None
    found = office.store.people([person]).get(person)
    return normalize(found.address) if found else None


def _mailboxes(office: Office, reading: Reading) -> tuple[str, ...]:
    named = (
        *reading.inbound.envelope.rcpt_to,
        *(mailbox.address for mailbox in reading.message.to),
    )
    found: dict[str, None] = {}
    for address in named:
        seen = office.book.judge(address)
        if seen.mailbox is not None:
            found[normalize(seen.mailbox)] = None
            if seen.place is Place.MAILBOX:
                found[normalize(address)] = None
    return tuple(found)
