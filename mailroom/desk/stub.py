"""Stub tickets: what a mail becomes that could not be processed.

From and Subject are read as well as they can be, the raw mail is attached, the clocks
run and agents are told. A later release processes the same mail again.
"""

import re

from mailroom.desk.casefile import flush, keep
from mailroom.desk.office import Office
from mailroom.desk.tell_agents import News, notify
from mailroom.message.address import mailboxes, normalize
from mailroom.store.contract import Inbound, NewComment
from mailroom.ticket.case import Case
from mailroom.ticket.lifecycle import opened
from mailroom.ticket.model import AttachmentRow, Disposition, Kind, Role, TicketId
from mailroom.ticket.routing import apply, decide
from mailroom.ticket.token import Permission
from rules.facts import Facts, SenderFacts

RAW_PART = "raw"  # the part of an attachment that is the whole mail as received
_FIELD = re.compile(rb"^(from|subject):[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)


def open_stub(office: Office, inbound: Inbound, reason: str) -> TicketId:
    """Open a stub ticket for a mail, or return the one it has. Inside a transaction."""
    if inbound.ticket is not None:
        return inbound.ticket
    now, at = office.now(), inbound.received_at
    raw = office.store.inbound_raw(inbound.id)
    fields = _fields(raw)
    found = mailboxes(fields.get("from", ""))
    address = (
        found[0].address if found and "@" in found[0].address else "unknown@invalid"
    )
    person = office.store.person_for(address, found[0].name if found else "")
    subject = (
        fields.get("subject", "").strip()[:200] or "(a mail that could not be read)"
    )
    mailbox = _mailbox(office, inbound)
    blank = opened(
        id=TicketId(0), subject=subject, mailbox=mailbox, requester=person, at=at
    )
    id = office.store.add_ticket(blank)
    ticket = opened(id=id, subject=subject, mailbox=mailbox, requester=person, at=at)
    case = Case(ticket, recorded_at=now)
    case.add(
        Kind.OPENED,
        at,
        actor=person,
        by="customer",
        message=inbound.id,
        requester=person,
        mailbox=mailbox,
    )
    office.store.add_participant(id, person, Role.REQUESTER)
    text = f"This mail could not be processed ({reason}). Its raw form is attached."
    office.store.add_comment(
        NewComment(
            ticket=id,
            at=at,
            author=person,
            public=False,
            text=text,
            inbound=inbound.id,
            flagged="could not be processed",
            attachments=(
                AttachmentRow(
                    filename="message.eml",
                    content_type="message/rfc822",
                    size=inbound.size,
                    part=RAW_PART,
                ),
            ),
        )
    )
    _route(office, case, inbound, address, subject)
    clocks = keep(office, case, now)
    news = News(
        key=f"stub:{inbound.id}",
        event="mail that could not be processed",
        author=address,
        text=text,
        reply=Permission.INTERNAL,
    )
    notify(office, case, news, clocks, now)
    flush(office, case)
    office.store.finish_inbound(
        inbound.id,
        disposition=Disposition.QUARANTINED,
        ticket=id,
        reason=reason,
        sender=address,
        recipients=inbound.envelope.rcpt_to,
        subject=subject,
    )
    return id


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


def _route(
    office: Office, case: Case, inbound: Inbound, address: str, subject: str
) -> None:
    key = normalize(address)
    facts = Facts(
        sender=SenderFacts(address=key, domain=key.rpartition("@")[2]),
        received=inbound.received_at,
        recipient=case.ticket.mailbox,
        mailboxes=(case.ticket.mailbox,),
        subject=subject,
        size=inbound.size,
    )
    edition = office.rules.edition
    decision = decide(case, edition, facts, "opened")
    apply(case, edition, decision, inbound.received_at, office.store.person_for)
    kept = office.store.add_decision(
        case.ticket.id,
        at=inbound.received_at,
        on="opened",
        ruleset=edition.key,
        facts={"json": facts.to_json()},
        outcome=decision.to_plain(),
    )
    case.add(
        Kind.DECISION,
        inbound.received_at,
        decision=kept,
        on="opened",
        rules=list(decision.matched),
    )
