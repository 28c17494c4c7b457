"""The mails of rule tests: as a test writes them, through the real reader, to facts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from mailroom.message.address import domain_of, normalize
from mailroom.message.model import Mailbox, Message
from mailroom.message.parse import parse
from rules.facts import Facts, SenderFacts, TicketFacts
from rules.ruleset import RuleSet
from rules.testcase import TestMail

Find = Callable[[str, str], bytes]  # (rule file, path named there) -> raw mail

CUSTOMER = "customer@customer.example"
DESK = "support@desk.example"
_OWN = frozenset(
    "from to cc subject mime-version content-type content-transfer-encoding".split()
)
# Written by hand, in UTF-8 (RFC 6532): the library's serialiser is a third of a test.
_PLAIN = (
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
)


def raw_of(mail: TestMail, file: str, find: Find) -> bytes:
    """Return the mail as octets: the file that is named, or one composed of its keys.

    Raises OSError where the file cannot be read.
    """
    if mail.path is not None:
        return find(file, mail.path)
    fields = {
        "From": mail.sender or CUSTOMER,
        "To": ", ".join(mail.to if mail.to is not None else (DESK,)),
        "Cc": ", ".join(mail.cc or ()),
        "Subject": mail.subject or "",
    }
    fields |= {k: v for k, v in (mail.headers or {}).items() if k.lower() not in _OWN}
    lines = [f"{k}: {' '.join(v.split())}" for k, v in fields.items() if v.strip()]
    body = "\n".join([*_PLAIN, "", mail.text or "", ""])
    if mail.attachments:
        body = _with_files(body, mail.attachments)
    return ("\n".join([*lines, "MIME-Version: 1.0", body])).encode()


def _with_files(text: str, names: tuple[str, ...]) -> str:
    """Put files of one octet behind the text (RFC 2046 5.1.3)."""
    boundary = "=_rule_test_parts"
    parts = [text]
    for name in names:
        shown = quote(" ".join(name.split()))
        parts.append(
            "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
            f"Content-Disposition: attachment; filename*=utf-8''{shown}\n\nLQ==\n"
        )
    inner = "".join(f"--{boundary}\n{part}\n" for part in parts)
    head = f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n'
    return f"{head}{inner}--{boundary}--\n"


def reply_mail(opening: TestMail, opened: Message, reply: TestMail | None) -> TestMail:
    """Fill what a customer's reply leaves out from the opening mail.

    But for `known`: whoever replies has written before.
    """
    mail = reply or TestMail()
    if mail.path is not None:
        return mail
    inherited = {
        key: getattr(opening, key)
        for key in ("headers", "attachments", "size", "language", "authenticated")
        if getattr(mail, key) is None
    }
    sender = opened.sender
    author = f"{sender.name} <{sender.address}>".strip() if sender else CUSTOMER
    subject = opened.subject
    if not subject.lower().startswith("re:"):
        subject = f"Re: {subject}"
    return replace(
        mail,
        sender=mail.sender or opening.sender or author,
        to=mail.to if mail.to is not None else tuple(m.address for m in opened.to),
        cc=mail.cc if mail.cc is not None else tuple(m.address for m in opened.cc),
        subject=mail.subject if mail.subject is not None else subject,
        text=mail.text if mail.text is not None else "(reply)",
        **inherited,
    )


def facts_of(
    rule_set: RuleSet,
    mail: TestMail,
    message: Message,
    received: datetime,
    ticket: TicketFacts,
    *,
    reply: bool,
) -> Facts:
    """Return what the rules see; every address of To is taken as a mailbox of ours."""
    sender = message.sender or Mailbox("")
    address = normalize(sender.address)
    company = rule_set.organization_of(address)
    to = tuple(normalize(m.address) for m in message.to)
    return Facts(
        sender=SenderFacts(
            address=address,
            domain=domain_of(address),
            name=sender.name,
            organization=company.key if company else None,
            known=reply if mail.known is None else mail.known,
            authenticated=bool(mail.authenticated),
        ),
        received=received,
        recipient=to[0] if to else "",
        mailboxes=to,
        to=to,
        cc=tuple(normalize(m.address) for m in message.cc),
        subject=message.subject,
        text=message.reply_text,
        headers=dict(reversed(message.headers.fields)),
        attachments=tuple(a.filename for a in message.attachments),
        size=mail.size if mail.size is not None else message.size,
        language=mail.language or message.language,
        reply=reply,
        ticket=ticket,
    )


def read(mail: TestMail, file: str, find: Find) -> Message:
    """Read the mail as the desk would."""
    return parse(raw_of(mail, file, find))
