"""Stub tickets: what a mail becomes that could not be processed.

From and Subject are read as well as they can be, the raw mail is attached, the clocks
run and agents are told. A later release processes the same mail again.
"""

import re

from mailroom.desk.casefile import flush, keep
from mailroom.desk.letters.tell_agents import News, notify
from mailroom.desk.office import Office
from mailroom.desk.record import begin, look
from mailroom.message.address import mailboxes, normalize
from mailroom.message.model import Attachment, Mailbox
from mailroom.store.contract import Inbound, NewComment
from mailroom.ticket.case import Case
from mailroom.ticket.model import AttachmentRow, Disposition, PersonId, TicketId
from mailroom.ticket.token import Permission
from rules.facts import Facts, SenderFacts

UNREADABLE = "(a mail that could not be read)"
RAW_PART = "raw"  # the part of an attachment that is the whole mail as received
_FIELD = re.compile(rb"^(from|subject):[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)


def open_stub(office: Office, inbound: Inbound, reason: str) -> TicketId:
    """Open a stub ticket for a mail, or return the one it has. Inside a transaction."""
    if inbound.ticket is not None:
        return inbound.ticket
    now = office.now()
    fields = _fields(office.store.inbound_raw(inbound.id))
    author = _author(fields.get("from", ""))
    person = office.store.person_for(author.address, author.name)
    subject = fields.get("subject", "").strip()[:200] or UNREADABLE
    case = begin(
        office,
        inbound,
        mailbox=_mailbox(office, inbound),
        requester=person,
        subject=subject,
        by="customer",
        actor=person,
        now=now,
    )
    text = f"This mail could not be processed ({reason}). Its raw form is attached."
    office.store.add_comment(_comment(inbound, case.ticket.id, person, text))
    facts = _facts(case, inbound, author.address)
    look(office, case, facts, "opened", None, inbound.received_at)
    clocks = keep(office, case, now)
    news = _news(inbound, author.address, text, office.store.inbound_raw(inbound.id))
    notify(office, case, news, clocks, now)
    flush(office, case)
    office.store.finish_inbound(
        inbound.id,
        disposition=Disposition.QUARANTINED,
        ticket=case.ticket.id,
        reason=reason,
        sender=author.address,
        recipients=inbound.envelope.rcpt_to,
        subject=subject,
    )
    return case.ticket.id


def _news(inbound: Inbound, author: str, text: str, raw: bytes) -> News:
    raw_file = Attachment(
        filename="message.eml",
        content_type="message/rfc822",
        content=raw,
        part=RAW_PART,
    )
    return News(
        key=f"stub:{inbound.id}",
        event="mail that could not be processed",
        author=author,
        text=text,
        attachments=(raw_file,),
        reply=Permission.INTERNAL,
        inbound=inbound.id,
    )


def _comment(
    inbound: Inbound, ticket: TicketId, author: PersonId, text: str
) -> NewComment:
    raw = AttachmentRow(
        filename="message.eml",
        content_type="message/rfc822",
        size=inbound.size,
        part=RAW_PART,
    )
    return NewComment(
        ticket=ticket,
        at=inbound.received_at,
        author=author,
        public=False,
        text=text,
        inbound=inbound.id,
        flagged="could not be processed",
        attachments=(raw,),
    )


def _author(field: str) -> Mailbox:
    found = [mailbox for mailbox in mailboxes(field) if "@" in mailbox.address]
    return found[0] if found else Mailbox("unknown@invalid")


def _fields(raw: bytes) -> dict[str, str]:
    head = re.split(rb"\r?\n\r?\n", raw[:100_000], maxsplit=1)[0]
    return {
        name.decode("ascii").lower(): value.decode("utf-8", "replace").strip()
        for name, value in reversed(_FIELD.findall(head))
    }


def _mailbox(office: Office, inbound: Inbound) -> str:
    for address in inbound.envelope.rcpt_to:
        seen = office.book.judge(address)
        if seen.mailbox is not None:
            return seen.mailbox
    return office.book.mailboxes[0].address


def _facts(case: Case, inbound: Inbound, address: str) -> Facts:
    key = normalize(address)
    return Facts(
        sender=SenderFacts(address=key, domain=key.rpartition("@")[2]),
        received=inbound.received_at,
        recipient=case.ticket.mailbox,
        mailboxes=(case.ticket.mailbox,),
        subject=case.ticket.subject,
        size=inbound.size,
    )
