"""What agents are told: the right-hand column of the table of letters.

Every letter says at its top where a reply to it goes, and its token fixes just that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailroom.desk.letters.agents_files import carried, named, ways_to
from mailroom.desk.letters.letters_answered import letters_answered, message_told
from mailroom.desk.letters.post import (
    Letter,
    queue,
    tagged,
    thread_root,
    trail,
    words,
)
from mailroom.desk.letters.promise import deadlines
from mailroom.desk.letters.tell_customers import recipients
from mailroom.desk.letters.ticket_budget import FOR_CUSTOMERS, WRITTEN_BY_AGENTS
from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.message.address import normalize
from mailroom.message.model import Attachment, Mailbox
from mailroom.notice.audience import Told
from mailroom.settings import Agent
from mailroom.ticket.case import Case
from mailroom.ticket.model import InboundId, Kind, PersonId
from mailroom.ticket.token import Permission, Token
from rules.ledger import Clock

NEWS = frozenset({"notification", "assigned", "escalation"})  # letters about a ticket
TO_CUSTOMERS = FOR_CUSTOMERS | {WRITTEN_BY_AGENTS}
NOTE = "note"  # begins the key of news of a note
HISTORY = 4_000  # characters of the conversation so far in a notification


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What agents are told about: one message on a ticket."""

    key: str  # distinguishes this news from others of the ticket
    event: str  # "new ticket", "customer's reply", ...
    author: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    flagged: str = ""
    reply: Permission = Permission.PUBLIC
    inbound: InboundId | None = None  # the mail, for files too large to be sent on

    @property
    def author_name(self) -> str:
        """The author as an inbox shows him: his name, else his address.

        Not as an address: some filters take one in a display name for a forgery.
        """
        return self.author.partition(" <")[0].replace("@", " at ")


def news_of(
    reading: Reading, event: str, text: str, key: str, flagged: str = ""
) -> News:
    """Return what agents are told of a mail."""
    author = reading.author
    name = f"{author.name} <{author.address}>" if author.name else author.address
    return News(
        key=key,
        event=event,
        author=name or "Somebody without an address",
        text=text,
        attachments=reading.message.attachments,
        flagged=flagged,
        inbound=reading.inbound.id,
    )


def notify(
    office: Office,
    case: Case,
    news: News,
    clocks: Sequence[Clock],
    now: datetime,
    *,
    besides: Iterable[str] = (),
) -> None:
    """Tell the assignee, else the team, else the admins; not those in `besides`."""
    skipped = {normalize(address) for address in besides}
    for told in office.circle(case.ticket):
        if normalize(told.address) not in skipped:
            _notify_one(office, case, news, clocks, now, told)


def notify_named(
    office: Office,
    case: Case,
    news: News,
    clocks: Sequence[Clock],
    now: datetime,
    besides: Iterable[str],
    asked: Agent | None,
) -> None:
    """Tell the agents whom a note names: by full address, or as @ann.

    `asked`: the author of the note that it answers, who is named by that.
    """
    skipped = {normalize(address) for address in besides}
    words = {word.strip(".,;:!?()<>\"'") for word in news.text.split() if "@" in word}
    named = [office.audience.named(word.removeprefix("@")) for word in words]
    named.append(asked)
    for agent in {
        agent.address: agent for agent in named if agent is not None
    }.values():
        if agent.active and normalize(agent.address) not in skipped:
            told = Told(agent.address, "named in a note", agent)
            _notify_one(office, case, news, clocks, now, told)


def note_author(office: Office, case: Case, answered: Sequence[str]) -> Agent | None:
    """Return who wrote the note that a mail answers; None: it answers no note."""
    for letter in letters_answered(office, case, answered):
        told = message_told(letter, NOTE)
        if told is not None:
            comments = office.store.comments(case.ticket.id)
            notes = (c for c in comments if c.inbound == told)
            author = next((office.address(c.author) for c in notes), None)
            return office.audience.agent(author) if author else None
    return None


def _notify_one(
    office: Office,
    case: Case,
    news: News,
    clocks: Sequence[Clock],
    now: datetime,
    told: Told,
) -> None:
    ticket = case.ticket
    agent = office.store.person_for(told.address, told.agent.name if told.agent else "")
    key = f"notify:{ticket.id}:{agent}"
    first = office.store.recall(key) is None
    office.store.remember(key, "1")
    files = carried(office, news.attachments)
    left = [file for file in news.attachments if file not in files]
    values = {
        **standing(office, case),
        "subject": tagged(office, ticket, ticket.subject),
        "goes_to": goes_to(office, case, news.reply),
        "flagged": news.flagged,
        "author": news.author,
        "event": news.event,
        "text": news.text.strip() or "(no text)",
        "attachments": named(news.attachments),
        "left_out": ways_to(office, ticket.id, news.inbound, left),
        "history": history(office, case, but_last=True)
        if first and not news.event.startswith("new ticket")
        else "",
        "deadlines": deadlines(office, ticket, clocks),
    }
    letter = internal_letter(
        office, case, told, f"{news.key}:{agent}", "notification", news.reply, agent
    )
    box = office.book.mailbox(ticket.mailbox)
    name = f"{news.author_name} via {box.name}"
    letter = replace(letter, from_name=name, attachments=files)
    written = words(office, "notification", "en", values, case.ticket.mailbox)
    queue(office, case, letter, written, now)


def internal_letter(
    office: Office,
    case: Case,
    told: Told,
    key: str,
    name: str,
    permission: Permission,
    person: PersonId,
) -> Letter:
    """Return a letter to an agent, threaded with all others about this ticket.

    All answer the first that he got, for some clients know only mails that they have;
    the others thread by the root that the letters to all agents have in common.
    """
    root, first = thread_root(office, case.ticket), _first_letter(office, case, told)
    return Letter(
        name=name,
        dedupe_key=key,
        to=(Mailbox(told.address, told.agent.name if told.agent else ""),),
        reasons={told.address: told.why},
        mailbox=case.ticket.mailbox,
        token=Token(case.ticket.id, permission, person),
        in_reply_to=first or root,
        references=trail([root, first]),
    )


def _first_letter(office: Office, case: Case, told: Told) -> str | None:
    """Return the Message-ID of the first letter on this ticket that an agent got."""
    if all(event.data["letter"] in TO_CUSTOMERS for event in case.events(Kind.MAIL)):
        return None  # nothing is asked of the database for a new ticket
    address = normalize(told.address)
    return next(
        (
            receipt.message_id
            for receipt in office.store.recipients(case.ticket.id)
            if normalize(receipt.address) == address
            and receipt.letter not in TO_CUSTOMERS
        ),
        None,
    )


def loose_letter(
    reading: Reading, told: Told, key: str, name: str, token: Token
) -> Letter:
    """Return a letter to an agent that belongs to no ticket."""
    message = reading.message
    return Letter(
        name=name,
        dedupe_key=key,
        to=(Mailbox(told.address, told.agent.name if told.agent else ""),),
        reasons={told.address: told.why},
        mailbox=reading.mailbox,
        token=token,
        in_reply_to=message.message_id,
        references=trail([*message.references, message.message_id]),
    )


def goes_to(office: Office, case: Case, permission: Permission) -> str:
    """Return the top line: where a reply to this letter goes. The token fixes it."""
    if permission is not Permission.PUBLIC:
        return "Your reply stays internal."
    customers = recipients(office, case)
    if not customers:
        return "Your reply goes to nobody outside: this ticket has no customer."
    name = customers[0].name or customers[0].address
    others = len(customers) - 1
    ccs = f" and {others} CC{'s' if others > 1 else ''}" if others else ""
    box = office.book.mailbox(case.ticket.mailbox)
    after = (
        ""
        if box.after_reply == "open"
        else f" and the ticket becomes {box.after_reply}"
    )
    return f"Your reply goes to {name}{ccs}{after}."


def standing(office: Office, case: Case) -> dict[str, Any]:
    """Return what every internal letter says about where a ticket stands."""
    ticket = case.ticket
    return {
        "number": office.number(ticket.id),
        "status": ticket.status.value.replace("_", " "),
        "priority": ticket.priority,
        "assignee": office.address(ticket.assignee) or "",
        "team": ticket.team or "",
        "policy": ticket.policy or "",
    }


def history(office: Office, case: Case, *, but_last: bool = False) -> str:
    """Return the conversation so far, quoted, the latest first, cut to a size."""
    comments = office.store.comments(case.ticket.id)
    if but_last:  # the letter itself tells it
        comments = comments[:-1]
    people = office.store.people({comment.author for comment in comments})
    blocks = []
    for comment in reversed(comments):
        author = people[comment.author]
        kind = "" if comment.public else " (internal)"
        head = (
            f"> {author.name or author.address}{kind}, {comment.at:%Y-%m-%d %H:%M} UTC:"
        )
        quoted = [f"> {line}".rstrip() for line in comment.text.strip().splitlines()]
        blocks.append("\n".join([head, *quoted]))
    return "\n\n".join(blocks)[:HISTORY]


def answered(office: Office, case: Case, by: str, key: str, now: datetime) -> None:
    """Tell the others who were notified who answered, in one line."""
    ticket = case.ticket
    customer = office.person(ticket.requester)
    for told in _notified(office, case):
        agent = office.store.find_person(told.address)
        if agent is None or normalize(told.address) == normalize(by):
            continue
        values = {
            "subject": tagged(office, ticket, ticket.subject),
            "goes_to": goes_to(office, case, Permission.INTERNAL),
            "by": by,
            "customer": customer.name or customer.address,
            "number": office.number(ticket.id),
        }
        letter = internal_letter(
            office,
            case,
            told,
            f"{key}:{agent.id}",
            "answered",
            Permission.INTERNAL,
            agent.id,
        )
        written = words(office, "answered", "en", values, case.ticket.mailbox)
        queue(office, case, letter, written, now)


def _notified(office: Office, case: Case) -> list[Told]:
    """Return the agents who were told of this ticket, whoever has it now.

    Not those who take part as customers: they get the answer itself.
    """
    customers = {normalize(mailbox.address) for mailbox in recipients(office, case)}
    found: dict[str, Told] = {}
    for receipt in office.store.recipients(case.ticket.id):
        agent = office.audience.agent(receipt.address)
        if agent is not None and agent.active and receipt.letter in NEWS:
            told = Told(agent.address, "was notified", agent)
            found.setdefault(normalize(agent.address), told)
    return [told for key, told in found.items() if key not in customers]


def assigned(office: Office, case: Case, by: str, now: datetime) -> None:
    """Tell a new assignee, unless it was his own doing."""
    address = office.address(case.ticket.assignee)
    if address is None or normalize(address) == normalize(by):
        return
    agent = office.audience.agent(address)
    told = Told(address, "assignee", agent)
    person = office.store.person_for(address)
    office.store.remember(f"notify:{case.ticket.id}:{person}", "1")
    key = f"assigned:{case.ticket.id}:{person}:{len(case.log)}"
    values = {
        **standing(office, case),
        "subject": tagged(office, case.ticket, case.ticket.subject),
        "goes_to": goes_to(office, case, Permission.PUBLIC),
        "by": by,
        "history": history(office, case) or "(no messages yet)",
    }
    letter = internal_letter(
        office, case, told, key, "assigned", Permission.PUBLIC, person
    )
    written = words(office, "assigned", "en", values, case.ticket.mailbox)
    queue(office, case, letter, written, now)
