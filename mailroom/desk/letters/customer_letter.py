"""The words of letters to customers: in their language, and nothing that is not theirs.

All sentences are in the catalogues of `notice/templates`; here are only the values that
they are made of. What somebody wrote whom nobody proved is not sent on to the address
that he claimed: mail campaigns use the automatic letters of helpdesks as relays.
"""

from collections.abc import Sequence
from typing import Any

from mailroom.desk.letters.link import link
from mailroom.desk.letters.post import subject_with_number, words
from mailroom.desk.letters.promise import promises
from mailroom.desk.office import Office
from mailroom.desk.record import opening_facts
from mailroom.message.address import normalize
from mailroom.notice.letters import Written
from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind, Person
from rules.ledger import Clock


def to_customer(
    office: Office,
    case: Case,
    name: str,
    person: Person,
    *,
    clocks: Sequence[Clock] = (),
    language: str | None = None,
    proven: bool | None = None,
    **more: Any,
) -> Written:
    """Write a letter on a ticket to one of its customers.

    `language`: of the mail that is answered, where one is; `proven`: whether its author
    is who he says. Both are else those of the mail that opened the ticket.
    """
    ticket = case.ticket
    proven = is_proven(office, case) if proven is None else proven
    values = {
        "subject": ticket.subject if proven else "",
        "customer_name": person.name if proven else "",
        "mailbox": office.book.mailbox(ticket.mailbox).name,
        "number": office.number(ticket.id),
        "promises": promises(office, ticket, clocks),
        "status_url": link(office, case, person.id),
        **more,
    }
    spoken = language_of(office, case, language)
    written = words(office, name, spoken, values, ticket.mailbox)
    subject = subject_with_number(office, ticket, written.subject)
    return Written(subject, written.text, written.html)


def language_of(office: Office, case: Case, shown: str | None = None) -> str:
    """Return the language of letters to a ticket's customers, one that we can write.

    What their mail shows, else the organization's, else the mailbox's.
    """
    if shown is None:
        facts = opening_facts(office, case)
        shown = facts.language if facts is not None else None
    address = normalize(office.person(case.ticket.requester).address)
    company = office.rules.edition.ruleset.organization_of(address)
    stated = company.language if company is not None else None
    own = office.book.mailbox(case.ticket.mailbox).language
    return office.letters.language(shown, stated, own)


def is_proven(office: Office, case: Case) -> bool:
    """Whether somebody vouches for who opened the ticket: a relay of ours or an agent."""
    first = case.events(Kind.OPENED)
    if case.ticket.answered or any(e.data.get("by") != "customer" for e in first):
        return True
    facts = opening_facts(office, case)
    return facts is not None and facts.sender.authenticated
