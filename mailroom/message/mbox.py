"""Archives of mail: the messages of an mbox file, and when each of them arrived.

The format is that of RFC 4155 as programs write it: a From_ line before each message,
and a body line that looks like one quoted by ">" (mboxrd). What `written` wrote, `messages`
and `unquoted` read back to the same octets, where the message ends with a line end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from mmap import mmap

from mailroom.message import header
from mailroom.message.model import Headers

# Behind a separator stands a field's name, else it is a sentence that begins "From ".
_SEPARATOR = re.compile(
    rb"(?:\A|(?<=\n)\r?\n)(From [^\r\n]+\r?\n)(?=>?[!-9;-~]+[ \t]*:)"
)
_QUOTED = re.compile(rb"^>(>*From )", re.M)
_TO_QUOTE = re.compile(rb"^(>*From )", re.M)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEADER = 256_000  # octets of a message in which its header is looked for
_DATE = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d)"
    rb"(?::(\d\d))? (?:([+-]\d{4}) )?(?:[A-Z]{3,4} )?(\d{4})(?: ([+-]\d{4}))?"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A message's place in an mbox: octets [start, end), below its From_ line."""

    from_line: bytes
    start: int
    end: int


def messages(data: bytes | mmap) -> Iterator[Found]:
    """Yield the places of all messages; none where no From_ line begins one."""
    before: tuple[bytes, int] | None = None
    for found in _SEPARATOR.finditer(data):
        if before is not None:
            yield Found(*before, found.start())
        before = found[1], found.end()
    if before is not None:
        yield Found(*before, max(before[1], _last_end(data)))


def _last_end(data: bytes | mmap) -> int:
    """Return where the last message ends: before the empty line that ends the file."""
    end = len(data)
    for empty in (b"\r\n", b"\n"):
        if data[max(0, end - len(empty) - 1) : end] == b"\n" + empty:
            return end - len(empty)
    return end


def unquoted(stored: bytes) -> bytes:
    """Return a message as it was before a mbox quoted its lines that begin "From "."""
    return _QUOTED.sub(rb"\1", stored)


def written(raw: bytes, sender: str, at: datetime) -> bytes:
    """Return a message as it stands in an mbox, From_ line and empty line included.

    `sender` is the reverse-path, "" for the null one; `at` is written in UTC.
    """
    who = "".join(sender.split()) or "MAILER-DAEMON"
    line = f"From {who} {at.astimezone(UTC):%a %b %d %H:%M:%S %Y}\n"
    end = b"\n" if raw.endswith(b"\n") else b"\n\n"
    return line.encode("utf-8", "replace") + _TO_QUOTE.sub(rb">\1", raw) + end


def arrived(raw: bytes, from_line: bytes = b"") -> datetime | None:
    """Return when a message arrived, aware and in UTC; None: it does not say.

    The topmost Received field's date, else the From_ line's, else the Date field.
    """
    headers = _headers(raw)
    for value in headers.all("received")[:1]:
        at = header.date(value.rpartition(";")[2])
        if at is not None:
            return at.astimezone(UTC)
    at = from_line_date(from_line) or header.date(headers.get("date"))
    return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None


def from_line_date(line: bytes) -> datetime | None:
    """Return the date of a From_ line (C's asctime, UTC unless it names an offset)."""
    found = _DATE.search(line)
    if found is None:
        return None
    month, day, hour, minute, second, before, year, after = (
        (group or b"").decode() for group in found.groups()
    )
    zone = before or after or "+0000"
    return header.date(f"{day} {month} {year} {hour}:{minute}:{second or '00'} {zone}")


def from_line_sender(line: bytes) -> str | None:
    """Return the reverse-path of a From_ line, None where it names no address.

    MAILER-DAEMON is what programs write that know no sender, and proves no null path.
    """
    words = line.split()
    sender = words[1].decode("utf-8", "replace").strip("<>") if len(words) > 1 else ""
    return sender if "@" in sender else None


def reverse_path(raw: bytes, from_line: bytes = b"") -> str | None:
    """Return the reverse-path; None: the null one. The From where nothing tells.

    The topmost Return-Path (RFC 5321 4.4), else the From_ line where it is an address.
    """
    headers = _headers(raw)
    if "return-path" in headers:
        return headers.get("return-path").strip().strip("<>").strip() or None
    written_by = headers.get("from").rpartition("<")[2].strip("> ")
    return from_line_sender(from_line) or written_by or "unknown"


def _headers(raw: bytes) -> Headers:
    end = _HEADER_END.search(raw, 0, _LONGEST_HEADER)
    head = raw[: end.start() if end else _LONGEST_HEADER].replace(b"\r\n", b"\n")
    return header.decoded(header.scan(head)[0])
