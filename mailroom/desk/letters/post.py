"""Queueing letters: from words to rows of the out-tray, with the guards on the way.

Everything that Mailroom sends passes here. The Message-ID is fixed by the dedupe key, so
that a repeat is a no-op; the reply address carries the capability that the letter gives;
automatic letters carry Auto-Submitted (RFC 3834 5), a forwarded agent's reply does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mailroom.desk.letters.ticket_budget import exceeded
from mailroom.desk.office import Office
from mailroom.errors import MessageError
from mailroom.message.compose import compose, write_address
from mailroom.message.model import Attachment, Mailbox
from mailroom.message.outgoing import OutboundMessage
from mailroom.notice.letters import Written
from mailroom.store.contract import NewOutbound
from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind, OutboundId, Ticket
from mailroom.ticket.token import Token

AUTO_REPLIED = "auto-replied"
AUTO_GENERATED = "auto-generated"
PROBE = "probe"  # the one letter that we write to ourselves
NOBODY = "no address that can be written to: it is none, it is ours, or it bounced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter to be queued, but for its words."""

    name: str  # of the letter, for the ledger: acknowledgement, notification, ...
    dedupe_key: str
    to: tuple[Mailbox, ...]
    reasons: Mapping[str, str]  # address -> why, for the recipients ledger
    mailbox: str  # our main address that it is from
    token: Token  # what an answer may do
    cc: tuple[Mailbox, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    auto: str | None = AUTO_GENERATED
    from_name: str | None = None  # instead of the mailbox's own
    attachments: tuple[Attachment, ...] = ()
    not_before: datetime | None = None
    headers: tuple[tuple[str, str], ...] = field(default=())


def queue(
    office: Office, case: Case | None, letter: Letter, words: Written, now: datetime
) -> OutboundId | None:
    """Queue a letter and record it on its ticket; None where it is queued already.

    In a quiet office no letter is queued; the ticket says which were not, and why.
    """
    letter = _writable(office, letter)
    nobody = "" if letter.to else NOBODY
    if office.quiet or nobody:
        if case is not None:
            why = office.quiet or nobody
            case.add(Kind.SUPPRESSED, now, letter=letter.name, reason=why)
        return None
    too_many = exceeded(case, letter.name, now) if case is not None else ""
    if case is not None and too_many:
        case.add(Kind.SUPPRESSED, now, letter=letter.name, reason=too_many)
        return None
    message_id = office.message_id(letter.token, letter.dedupe_key, letter.mailbox)
    ticket = case.ticket.id if case is not None else None
    row = NewOutbound(
        dedupe_key=letter.dedupe_key,
        letter=letter.name,
        message_id=message_id,
        mail_from=_return_path(office, letter, message_id),
        rcpt_to=tuple(m.address for m in (*letter.to, *letter.cc)),
        raw=compose(_outgoing(office, letter, words, message_id, now)),
        subject=words.subject,
        sender=letter.mailbox,
        created_at=now,
        not_before=letter.not_before or now,
        ticket=ticket,
        reasons=letter.reasons,
    )
    id = office.store.add_outbound(row)
    if id is not None and case is not None and ticket is not None:
        office.store.add_message_ids([message_id], ticket)
        case.add(Kind.MAIL, now, outbound=id, letter=letter.name)
    return id


def _return_path(office: Office, letter: Letter, message_id: str) -> str:
    """Return where bounces go: our mailbox, or an address that proves them (VERP)."""
    if office.config.relay.return_path != "verp":
        return letter.mailbox
    box = office.book.mailbox(letter.mailbox)
    return office.book.return_path(box, message_id)


def _outgoing(
    office: Office, letter: Letter, words: Written, message_id: str, now: datetime
) -> OutboundMessage:
    box = office.book.mailbox(letter.mailbox)
    reply_to = office.book.reply_address(box, letter.token)
    return OutboundMessage(
        from_=Mailbox(box.address, letter.from_name or box.name),
        to=letter.to,
        cc=letter.cc,
        reply_to=Mailbox(reply_to, box.name) if reply_to != box.address else None,
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=message_id,
        in_reply_to=letter.in_reply_to,
        references=letter.references,
        date=now,
        auto_submitted=letter.auto,
        attachments=letter.attachments,
        headers=letter.headers,
    )


def _writable(office: Office, letter: Letter) -> Letter:
    """Return the letter without addresses that no mail can be sent to."""
    to, cc = (
        tuple(
            mailbox
            for mailbox in mailboxes
            if can_write_to(mailbox.address)
            and not office.is_muted(mailbox.address)
            and (letter.name == PROBE or not office.book.is_ours(mailbox.address))
        )
        for mailboxes in (letter.to, letter.cc)
    )
    if not to:
        to, cc = cc[:1], cc[1:]
    return replace(letter, to=to, cc=cc)


def can_write_to(address: str) -> bool:
    """Whether an address is one that mail can be sent to (RFC 5321 2.3.11)."""
    try:
        write_address(address)
    except MessageError:
        return False
    return True


def subject_with_number(office: Office, ticket: Ticket, subject: str) -> str:
    """Return a subject that carries the ticket's tag once, as an answer."""
    subject = tagged(office, ticket, subject)
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"


def tagged(office: Office, ticket: Ticket, subject: str) -> str:
    """Return a subject that carries the ticket's tag once, and no other ticket's."""
    tag = office.config.subject_tag.format(ticket.id)
    if office.tag is None:
        return subject
    found = [match[0] for match in office.tag.finditer(subject)]
    if found == [tag]:
        return subject
    bare = " ".join(office.tag.sub(" ", subject).split()) if found else subject
    return f"{bare} {tag}"


def thread_root(office: Office, ticket: Ticket) -> str:
    """Return the Message-ID that an agent's letters about a ticket have in common."""
    domain = ticket.mailbox.rpartition("@")[2]
    return f"thread.{ticket.id}@{domain}"


def words(
    office: Office,
    name: str,
    language: str,
    values: Mapping[str, Any],
    mailbox: str | None = None,
) -> Written:
    """Write a letter's words; `mailbox`: the main address whose own texts win."""
    values = {"desk": office.config.name, **values}
    return office.letters.write(name, language, values, mailbox)


def trail(message_ids: Sequence[str | None], last: int = 30) -> tuple[str, ...]:
    """Return a References chain: the first identifier, then the latest ones."""
    ids = list(dict.fromkeys(id for id in message_ids if id))
    return tuple(ids if len(ids) <= last else [ids[0], *ids[-last + 1 :]])
