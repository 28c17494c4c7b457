"""What customers are told: the middle column of the table of letters.

Each function gathers the words and the people of one letter and queues it; what is not
sent is recorded as a SUPPRESSED event with its reason, so that silence can be explained.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mailroom.desk.casefile import fold
from mailroom.desk.letters.ack_budget import may_acknowledge
from mailroom.desk.letters.answer_address import answers_to, asked_for, mailbox_of
from mailroom.desk.letters.customer_letter import is_proven, to_customer
from mailroom.desk.letters.enclosure import Link, enclose, links
from mailroom.desk.letters.post import (
    AUTO_REPLIED,
    Letter,
    queue,
    subject_with_number,
    trail,
    words,
)
from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.message.address import normalize
from mailroom.message.model import Mailbox, Message
from mailroom.notice.letters import Written
from mailroom.notice.pictures import show
from mailroom.store.contract import Outbound, OutboundState
from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind, Person, PersonId
from mailroom.ticket.token import EVERYBODY, Permission, Token
from rules.ledger import Clock

ACKNOWLEDGEMENT = "acknowledgement"
PATIENCE = timedelta(minutes=5)  # for the original of a reply that came first


def acknowledge(
    office: Office,
    case: Case,
    reading: Reading,
    clocks: Sequence[Clock],
    now: datetime,
    own: str | None = None,
) -> None:
    """Acknowledge a ticket's opening mail to its requester alone, within the limits.

    `own`: a letter of the [letters] folder that a rule names in place of ours.
    """
    person = office.person(case.ticket.requester)
    # An agent's forward is not what the customer wrote: nothing of it is shown.
    wrote = normalize(person.address) == normalize(reading.author.address)
    address = (asked_for(office, reading) if wrote else None) or person.address
    reason, not_before = may_acknowledge(office, reading, person, address, now)
    if reason is not None:
        suppress(case, "acknowledgement", person.id, reason, now)
        return
    if answers_the_unknown(office, reading):
        not_before = max(not_before or now, now + PATIENCE)
    letter = _acknowledgement(case, reading, person, address, wrote)
    written = to_customer(
        office,
        case,
        own
        if own and office.letters.has_own(own, case.ticket.mailbox)
        else letter.name,
        person,
        clocks=clocks,
        language=reading.message.language,
        proven=reading.verdict.authenticated,
    )
    queue(office, case, replace(letter, not_before=not_before), written, now)


def _acknowledgement(
    case: Case, reading: Reading, person: Person, address: str, wrote: bool
) -> Letter:
    message = reading.message
    # Nothing that an unproven sender chose is sent on to the address he claimed.
    name = person.name if reading.verdict.authenticated else ""
    return Letter(
        name=ACKNOWLEDGEMENT,
        dedupe_key=_acknowledgement_key(case),
        to=(Mailbox(address, name),),
        reasons={address: "requester"},
        mailbox=case.ticket.mailbox,
        token=Token(case.ticket.id, Permission.CUSTOMER, person.id),
        in_reply_to=message.message_id if wrote else None,
        references=trail([*message.references, message.message_id]) if wrote else (),
        auto=AUTO_REPLIED,
    )


def _acknowledgement_key(case: Case) -> str:
    """One a ticket; one more for each original that came after its replies."""
    late = [e for e in case.log if e.data.get("original")]
    return f"ack:{case.ticket.id}" + (f":{late[-1].data['message']}" if late else "")


def answers_the_unknown(office: Office, reading: Reading) -> bool:
    """Whether a mail answers only mails that have not come here, or not yet."""
    answered = reading.clues.answered
    return bool(answered) and not office.store.tickets_with(answered)


def withdraw_acknowledgements(
    office: Office,
    case: Case,
    now: datetime,
    reason: str = "the mail that it answers has arrived",
) -> None:
    """Take back an acknowledgement that waits: the original has come, or it is spam."""
    for letter in _acknowledgements(office, case):
        if office.store.withdraw_outbound(letter.dedupe_key, reason):
            suppress(case, "acknowledgement", case.ticket.requester, reason, now)


def is_acknowledged(office: Office, case: Case) -> bool:
    """Whether the requester has been sent an acknowledgement of this ticket."""
    person = office.person(case.ticket.requester)
    own = {person.address, answers_to(office, case.ticket.id, person)}
    return any(
        letter.state is not OutboundState.FAILED
        and not {*map(normalize, letter.rcpt_to)}.isdisjoint(map(normalize, own))
        for letter in _acknowledgements(office, case)
    )


def _acknowledgements(office: Office, case: Case) -> list[Outbound]:
    queued = [e for e in case.events(Kind.MAIL) if e.data["letter"] == ACKNOWLEDGEMENT]
    found = (office.store.outbound(event.data["outbound"]) for event in queued)
    return [letter for letter in found if letter is not None]


def suppress(
    case: Case, letter: str, person: PersonId, reason: str, now: datetime
) -> None:
    """Record that a letter was not written, and why."""
    case.add(Kind.SUPPRESSED, now, letter=letter, person=person, reason=reason)


def customers(office: Office, case: Case) -> list[Person]:
    """Return who takes part in a ticket, the requester first."""
    taking_part = office.store.participants(case.ticket.id)
    people = office.store.people(p.person for p in taking_part)
    ordered = sorted(taking_part, key=lambda p: p.person != case.ticket.requester)
    return [people[p.person] for p in ordered if p.person in people]


def recipients(office: Office, case: Case) -> list[Mailbox]:
    """Return a ticket's customers as answers reach them, the requester first."""
    found = customers(office, case)
    return [mailbox_of(office, case.ticket.id, person) for person in found]


def missed(office: Office, case: Case, reached: Iterable[str]) -> list[Person]:
    """Return the customers whom a mail to these addresses did not reach."""
    skip = {normalize(address) for address in reached}
    return [
        person
        for person in customers(office, case)
        if normalize(person.address) not in skip
        and normalize(answers_to(office, case.ticket.id, person)) not in skip
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicReply:
    """An agent's words on their way to the customers that his own mail did not reach."""

    key: str
    people: tuple[Mailbox, ...]
    token: Token
    message_id: str  # as the customers will see it


def public_reply(
    office: Office, case: Case, key: str, reached: Iterable[str]
) -> PublicReply | None:
    """Address a reply; None: the agent's own mail went to everybody already."""
    left = missed(office, case, reached)
    if not left:
        return None
    people = [mailbox_of(office, case.ticket.id, person) for person in left]
    person = left[0].id if len(left) == 1 else EVERYBODY
    token = Token(case.ticket.id, Permission.CUSTOMER, person)
    return PublicReply(
        key=key,
        people=tuple(people),
        token=token,
        message_id=office.message_id(token, key, case.ticket.mailbox),
    )


def send_reply(
    office: Office,
    case: Case,
    addressed: PublicReply,
    *,
    text: str,
    agent_name: str,
    message: Message,
    now: datetime,
) -> None:
    """Send an agent's words to the customers as one mail, from the desk's address.

    `message`: the agent's mail, whose files go along.
    """
    ticket, people = case.ticket, addressed.people
    box = office.book.mailbox(ticket.mailbox)
    earlier = [id for id in _public(office, case) if id != addressed.message_id]
    written = _reply(office, case, text, ())
    enclosed = enclose(office, message, written, len(people))
    if enclosed.too_large:
        given = (case, addressed.token.person, message, enclosed.too_large)
        found = links(office, *given, addressed.message_id)
        written = _reply(office, case, text, found)
    letter = Letter(
        name="reply",
        dedupe_key=addressed.key,
        to=people[:1],
        cc=people[1:],
        reasons={m.address: "requester" if m is people[0] else "cc" for m in people},
        mailbox=ticket.mailbox,
        token=addressed.token,
        in_reply_to=earlier[-1] if earlier else None,
        references=_chain(office, case, earlier, people),
        auto=None,
        from_name=f"{agent_name}, {box.name}",
        attachments=enclosed.files,
    )
    queue(office, case, letter, show(written, enclosed.pictures), now)


def _reply(office: Office, case: Case, text: str, files: Sequence[Link]) -> Written:
    """Write a reply; a template of one's own that forgets the links loses none."""
    ticket = case.ticket
    box = office.book.mailbox(ticket.mailbox)
    values = {
        "subject": subject_with_number(office, ticket, ticket.subject),
        "text": text,
        "files": files,
    }
    written = words(office, "reply", box.language, values, ticket.mailbox)
    lost = [file for file in files if file.url not in written.text]
    if not lost:
        return written
    lines = [f"{file.name}: {file.url}" for file in lost]
    values["text"] = "\n\n".join([text.rstrip(), *lines])
    return words(office, "reply", box.language, values, ticket.mailbox)


def to_requester(
    office: Office, case: Case, name: str, key: str, now: datetime, **more: Any
) -> None:
    """Send the requester a letter about the ticket's state (solved, status_update).

    `more`: what else the letter's template asks for.
    """
    ticket = case.ticket
    person = office.person(ticket.requester)
    address = answers_to(office, ticket.id, person)
    public = _public(office, case)
    clocks, _ = fold(office, case, now)
    written = to_customer(office, case, name, person, clocks=clocks, **more)
    letter = Letter(
        name=name,
        dedupe_key=key,
        to=(Mailbox(address, person.name if is_proven(office, case) else ""),),
        reasons={address: "requester"},
        mailbox=ticket.mailbox,
        token=Token(ticket.id, Permission.CUSTOMER, person.id),
        in_reply_to=public[-1] if public else None,
        references=_chain(office, case, public, (Mailbox(address),)),
    )
    queue(office, case, letter, written, now)


def _public(office: Office, case: Case) -> list[str]:
    """Return the Message-IDs that customers know of a ticket's messages."""
    comments = office.store.comments(case.ticket.id)
    return [c.message_id for c in comments if c.public and c.message_id]


def _chain(
    office: Office, case: Case, public: Sequence[str], people: Sequence[Mailbox]
) -> tuple[str, ...]:
    """Return the References of a letter: the messages, and the acknowledgement.

    An inbox may have nothing else of the conversation. It is a capability of who got
    it, so that it is shown to nobody else.
    """
    alone = normalize(people[0].address) if len(people) == 1 else None
    acknowledged = [
        receipt.message_id
        for receipt in office.store.recipients(case.ticket.id)
        if receipt.letter == "acknowledgement" and normalize(receipt.address) == alone
    ]
    return trail([*public[:1], *acknowledged, *public[1:]])
