"""Turn an `OutboundMessage` into the bytes that SMTP carries.

Follows RFC 5322 (fields, folding), RFC 2045 to 2047, 2231, 2387 (MIME),
RFC 3834 (Auto-Submitted) and RFC 5890 (A-labels in domains). The result is 7-bit, has
CRLF line ends and depends on its argument alone: the same letter gives the same bytes.
"""

import re
from collections.abc import Iterable
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256

import idna

from mailroom.errors import MessageError
from mailroom.message.encoding import (
    LINE,
    encoded_words,
    flatten,
    parameter,
    transfer_octets,
    transfer_text,
)
from mailroom.message.model import Attachment, Mailbox
from mailroom.message.outgoing import OutboundMessage

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[^\[\]\\\s]+\]")
_IDENTIFIER = re.compile(r"[!-;=?-~]{1,900}")  # printable ASCII without <>
_FIELD_NAME = re.compile(r"[!-9;-~]{1,60}")  # RFC 5322 2.2
_TOKEN = re.compile(r"[A-Za-z0-9-]{1,40}")
_CONTENT_TYPE = re.compile(
    r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+"
    r'(?:; ?[A-Za-z0-9-]+=(?:[A-Za-z0-9_.+-]+|"[A-Za-z0-9_.+ -]*"))*'
)
_OWN_FIELDS = {
    *("from", "to", "cc", "bcc", "reply-to", "sender", "subject", "date"),
    *("message-id", "in-reply-to", "references", "mime-version"),
    *("auto-submitted", "x-auto-response-suppress"),
}
_MOST_REFERENCES = (
    200  # the first and the latest; Postfix drops beyond 100 KB of header
)


def compose(letter: OutboundMessage) -> bytes:
    """Return the mail as bytes, ready for SMTP DATA (without dot-stuffing).

    Text bodies always end in a line break. References that cannot be written as
    `msg-id` (RFC 5322 3.6.4) are left out, for they come from foreign mail.

    Raises MessageError for what must not or cannot be sent: a naive date, an address
    that is none or needs SMTPUTF8 (RFC 6531), a malformed Message-ID or field name.
    """
    head = "".join(_fields(letter))
    return head.encode("ascii") + _body(letter)


def _fields(letter: OutboundMessage) -> Iterable[str]:
    if letter.date.tzinfo is None:
        raise MessageError("date: has no time zone; give an aware datetime")
    yield _addresses("From", (letter.from_,))
    if letter.to:
        yield _addresses("To", letter.to)
    if letter.cc:
        yield _addresses("Cc", letter.cc)
    if letter.reply_to:
        yield _addresses("Reply-To", (letter.reply_to,))
    yield _unstructured("Subject", letter.subject)
    yield f"Date: {format_datetime(letter.date)}\r\n"
    yield f"Message-ID: <{_own_identifier(letter.message_id)}>\r\n"
    if letter.in_reply_to and _IDENTIFIER.fullmatch(letter.in_reply_to):
        yield _fold("In-Reply-To", (f"<{letter.in_reply_to}>",))
    if references := [f"<{i}>" for i in letter.references if _IDENTIFIER.fullmatch(i)]:
        if len(references) > _MOST_REFERENCES:
            references[1 : 1 - _MOST_REFERENCES] = []
        yield _fold("References", references)
    if letter.auto_submitted is not None:
        if not _TOKEN.fullmatch(letter.auto_submitted):
            raise MessageError("auto_submitted: must be a keyword of RFC 3834")
        yield f"Auto-Submitted: {letter.auto_submitted}\r\n"
        yield "X-Auto-Response-Suppress: All\r\n"
    for name, value in letter.headers:
        yield _extra(name, value)
    yield "MIME-Version: 1.0\r\n"


def _own_identifier(message_id: str) -> str:
    if _IDENTIFIER.fullmatch(message_id):
        return message_id
    raise MessageError("message_id: must be printable ASCII without angle brackets")


def _extra(name: str, value: str) -> str:
    lower = name.lower()
    if (
        not _FIELD_NAME.fullmatch(name)
        or lower in _OWN_FIELDS
        or lower.startswith("content-")
    ):
        raise MessageError(f"headers: {flatten(name)!r} cannot be added as a field")
    value = flatten(value).strip()
    if value.isascii() and "=?" not in value:
        words = value.split()
        if max(map(len, words), default=0) <= 900:
            return _fold(name, words)
    return _unstructured(name, value)


def _unstructured(name: str, value: str) -> str:
    """Write free text (RFC 5322 3.2.5): as it is where that is safe, else encoded."""
    value = flatten(value).strip()
    room = LINE - len(name) - 2
    if value.isascii() and "=?" not in value:
        if len(value) <= room:
            return f"{name}: {value}\r\n"
        words = value.split(" ")
        if "" not in words and max(map(len, words)) <= room:
            return _fold(name, words)
    return _fold(name, encoded_words(value, min(75, max(room - 2, 24))))


def _addresses(name: str, mailboxes: tuple[Mailbox, ...]) -> str:
    tokens: list[str] = []
    for mailbox in mailboxes:
        tokens += _mailbox(mailbox)
        tokens[-1] += ","
    tokens[-1] = tokens[-1][:-1]
    return _fold(name, tokens)


def _mailbox(mailbox: Mailbox) -> list[str]:
    address = write_address(mailbox.address)
    name = flatten(mailbox.name).strip()
    if not name:
        return [address]
    if not name.isascii() or "=?" in name or len(name) > 60:
        return [*encoded_words(name, 64), f"<{address}>"]
    if _ATOMS.fullmatch(name) and "  " not in name:
        return [f"{name} <{address}>"]
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}" <{address}>']


def write_address(address: str) -> str:
    """Return an addr-spec as it may stand in fields and SMTP commands (RFC 5321).

    The domain becomes A-labels (RFC 5890); a local part that needs quotes gets them.
    Raises MessageError for what is no address, or one that needs SMTPUTF8.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or len(address) > 320 or not address.isprintable():
        raise MessageError(f"{flatten(address)[:80]!r} is not an e-mail address")
    if not local.isascii():
        raise MessageError(
            f"{address!r} cannot be written to: it needs SMTPUTF8 (RFC 6531)"
        )
    if not _DOT_ATOM.fullmatch(local) and not _QUOTED.fullmatch(local):
        local = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if domain.isascii() and _DOMAIN.fullmatch(domain) and ".." not in domain:
        return f"{local}@{domain}"
    return f"{local}@{_a_labels(domain)}"


@lru_cache(maxsize=256)
def _a_labels(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise MessageError(f"{domain!r} is not a domain: {error}") from error


def _fold(name: str, tokens: Iterable[str]) -> str:
    """Join tokens by spaces, breaking lines before 78 characters (RFC 5322 2.2.3)."""
    line = f"{name}: {' '.join(tokens)}"
    if len(line) <= LINE:
        return line + "\r\n"
    lines: list[str] = []
    line = f"{name}:"  # never left alone: some readers take it for an empty field
    for token in tokens:
        if len(line) + 1 + len(token) > LINE and len(line) > len(name) + 1:
            lines.append(line)
            line = ""
        line += f" {token}"
    lines.append(line)
    return "\r\n".join(lines) + "\r\n"


def _body(letter: OutboundMessage) -> bytes:
    """Return the MIME fields of the mail, an empty line and the body."""
    body = _text("plain", letter.text)
    inline: list[Attachment] = []
    files: list[Attachment] = []
    for attachment in letter.attachments:
        belongs = letter.html is not None and attachment.inline
        named = _IDENTIFIER.fullmatch(attachment.content_id or "")
        (inline if belongs and named else files).append(attachment)
    boundary = "=_" + sha256(letter.message_id.encode()).hexdigest()[:24]
    if letter.html is not None:
        html = _text("html", letter.html)
        if inline:
            parts = [html, *(_file(a, boundary) for a in inline)]
            html = _multipart("related", boundary + "r", parts, '; type="text/html"')
        body = _multipart("alternative", boundary + "a", [body, html])
    if files:
        parts = [body, *(_file(a, boundary) for a in files)]
        body = _multipart("mixed", boundary + "m", parts)
    return body


def _multipart(
    subtype: str, boundary: str, parts: list[bytes], parameters: str = ""
) -> bytes:
    head = f'Content-Type: multipart/{subtype}{parameters};\r\n boundary="{boundary}"'
    between = f"\r\n--{boundary}\r\n".encode("ascii")
    end = f"\r\n--{boundary}--\r\n".encode("ascii")
    return b"".join([head.encode("ascii"), b"\r\n", between, between.join(parts), end])


def _text(subtype: str, text: str) -> bytes:
    encoding, written = transfer_text(text)
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode("ascii") + written


def _file(attachment: Attachment, boundary: str) -> bytes:
    content_type = attachment.content_type.lower()
    encoding, written = "base64", b""
    if not _CONTENT_TYPE.fullmatch(attachment.content_type):
        content_type = "application/octet-stream"
    elif content_type.startswith(("message/", "multipart/")):
        if content_type.startswith("message/") and _is_7bit(
            attachment.content, boundary
        ):
            encoding, written = "7bit", attachment.content
        else:  # RFC 2046 5.2.1: no base64 on these
            content_type = "application/octet-stream"
    else:
        content_type = attachment.content_type
    disposition = "inline" if attachment.inline else "attachment"
    name = parameter("filename", attachment.filename) if attachment.filename else ""
    head = (
        f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n"
        f"Content-Disposition: {disposition}{name}\r\n"
    )
    if _IDENTIFIER.fullmatch(attachment.content_id or ""):
        head += f"Content-ID: <{attachment.content_id}>\r\n"
    if encoding == "base64":
        written = transfer_octets(attachment.content)
    return head.encode("ascii") + b"\r\n" + written


_NOT_7BIT = re.compile(rb"[^\t\r\n\x20-\x7e]|\r(?!\n)|(?<!\r)\n")


def _is_7bit(content: bytes, boundary: str) -> bool:
    return (
        not _NOT_7BIT.search(content)
        and max(map(len, content.split(b"\r\n"))) <= 998
        and boundary.encode("ascii") not in content
    )
