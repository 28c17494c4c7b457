"""Raw bytes to `Message`: the one door by which mail is read (RFC 5322, RFC 2045).

Whatever comes in is a message: what is broken is read as its writer meant it, and noted
in `Message.defects`. The input is never changed. Time is linear in its length.
"""

import re
from collections.abc import Collection
from functools import lru_cache

from mailroom.message import (
    address,
    attachment,
    automatic,
    body,
    bounce,
    bounce_passed_on,
    charset,
    forwarded,
    header,
    mime,
    quoting,
)
from mailroom.message.language import language
from mailroom.message.model import Envelope, Mailbox, Message
from mailroom.message.part import Part

DEEPEST_ATTACHED = 3
MOST_ATTACHED = 10

_FIELD = re.compile(rb"(?:From |[A-Za-z][A-Za-z-]{1,40}:)[^\n]*\n[A-Za-z \t]")
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n){0,50}")


def parse(
    raw: bytes, envelope: Envelope | None = None, own_lists: Collection[str] = ()
) -> Message:
    """Return what the mail says; `own_lists` as for `automatic.judge`.

    Raises nothing for any bytes; a caller may all the same expect `MessageError`.
    """
    with charset.thrift():
        return _parse(raw, envelope, 0, own_lists)


def tree(raw: bytes) -> Part:
    """Return the MIME tree alone."""
    octets = _line_feeds(raw)
    with charset.thrift():
        fields, start = header.scan(octets, _start(octets))
        return mime.tree(octets, mime.entity(fields), start, mime.Walk())


def _parse(
    raw: bytes,
    envelope: Envelope | None,
    depth: int,
    own_lists: Collection[str] = (),
) -> Message:
    octets = _line_feeds(raw)
    fields, start = header.scan(octets, _start(octets))
    walk = mime.Walk()
    root = mime.tree(octets, mime.entity(fields), start, walk)
    headers, content = root.headers, body.read(root)
    subject = " ".join(headers.get("subject").split())
    spans = quoting.split(
        content.text, content.rendered, content.text_is_rendered, subject
    )
    message = Message(
        headers=headers,
        senders=_senders(fields, walk),
        reply_to=_mailboxes(fields, "reply-to"),
        to=_mailboxes(fields, "to"),
        cc=_mailboxes(fields, "cc"),
        subject=subject,
        date=header.date(headers.get("date")),
        message_id=next(iter(header.message_ids(headers.get("message-id"))), None),
        in_reply_to=_ids(fields, "in-reply-to"),
        references=_ids(fields, "references"),
        text=content.text,
        html=content.html,
        attachments=content.attachments,
        spans=spans,
        forwarded=forwarded.find(content.text, spans, _attached(root, depth), subject),
        automatic=automatic.judge(headers, envelope, root, own_lists),
        bounce=bounce.read(headers, envelope, root, content.text),
        language=language(headers, content.text),
        calendar_method=content.calendar_method,
        protection=content.protection,
        size=len(raw),
        defects=tuple(walk.defects),
    )
    return message if message.forwarded is None else bounce_passed_on.marked(message)


def _line_feeds(raw: bytes) -> bytes:
    """Mail with lone CRs for line ends (old Macs) with LFs; any other as it is."""
    if b"\n" not in raw and b"\r" in raw:
        return raw.replace(b"\r", b"\n")
    return raw


def _start(raw: bytes) -> int:
    """Offset behind a byte order mark and blank lines above the header block."""
    found = _LEADING.match(raw)
    return found.end() if found else 0


def _senders(fields: header.Fields, walk: mime.Walk) -> tuple[Mailbox, ...]:
    """The mailboxes of From; where none has an address, who else says to write."""
    found = _mailboxes(fields, "from")
    if any(mailbox.address for mailbox in found):
        return found
    for name in ("reply-to", "sender", "resent-from"):
        for other in _mailboxes(fields, name):
            if "@" in other.address:
                walk.note(f"no address in From: {name} taken")
                shown = found[0].name if found else other.name
                return (Mailbox(other.address, shown or other.name),)
    return found


def _mailboxes(fields: header.Fields, name: str) -> tuple[Mailbox, ...]:
    found: list[Mailbox] = []
    for key, value in fields:
        if key == name and len(found) < address.MAX_MAILBOXES:
            short = len(value) < 200 and not charset.is_spent()
            found += (_read_mailboxes if short else address.mailboxes)(value)
    return tuple(found)


@lru_cache(maxsize=512)
def _read_mailboxes(value: str) -> tuple[Mailbox, ...]:
    return address.mailboxes(value)


def _ids(fields: header.Fields, name: str) -> tuple[str, ...]:
    found: list[str] = []
    for key, value in fields:
        if key == name:
            found += header.message_ids(value)
    return tuple(found)


def _is_mail(part: Part) -> bool:
    """Whether a file is a mail by its name and by how it begins."""
    if part.content_type not in ("application/octet-stream", "application/eml"):
        return False
    named = attachment.stated_name(part).lower().endswith(".eml")
    return named and _FIELD.match(part.payload) is not None


def _attached(root: Part, depth: int) -> tuple[Message, ...]:
    """The mails attached to this one, read likewise, outermost first."""
    if depth >= DEEPEST_ATTACHED or not root.children:
        return ()
    found: list[Message] = []
    stack = [root]
    while stack and len(found) < MOST_ATTACHED:
        part = stack.pop()
        if (part.maintype == "message" and part.children) or _is_mail(part):
            found.append(_parse(part.payload, None, depth + 1))
        else:
            stack.extend(reversed(part.children))
    return tuple(found)
