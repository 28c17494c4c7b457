"""The header block of a mail (RFC 5322 2.2) and the values in it.

`scan` finds the fields in the octets; `decoded` makes the `Headers` shown to others.
Address fields are parsed from what `scan` gives, for an encoded word may hide a comma.
Folding is undone where the next line begins with white space; an mbox "From " line, a
">From " line and lines that are no field are passed over as long as fields follow.
Time is linear in the length of the block; nothing here raises.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from mailroom.message import charset, encoded_word, foreign_date, parameter
from mailroom.message.model import Headers

Fields = list[tuple[str, str]]
"""(name in lower case, body unfolded, raw octets decoded, encoded words kept)."""

_FIELD = re.compile(
    rb"([!-9;-~]{1,200})[ \t]*:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)"
)
_END_OF_LINE = re.compile(rb"[^\n]*(?:\n|\Z)")
_BLANK = re.compile(rb"[ \t]*\r*(?:\n|\Z)")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.I)
_STRAY_LINES = 20
MAX_FIELDS = 100_000

_ANGLES = re.compile(r"<([^<>]*)>")
_LOOSE_EDGE = re.compile(r"[\s<>,;\"()\[\]]+")
_ISO_DATE = re.compile(
    r"\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?"
)
_ZONE = re.compile(r"[+-]0{2,4}\b|\b(?:GMT|UTC?|Z)\s*(?:\(|\Z)", re.I)
_EARLIEST, _LATEST = 1970, 2100


def scan(raw: bytes, start: int = 0, end: int | None = None) -> tuple[Fields, int]:
    """Return the fields of the block at `start` and the offset of the body behind it."""
    end = len(raw) if end is None else end
    fields: list[tuple[bytes, bytes]] = []
    position, stray = start, 0
    match = _FIELD.match
    while position < end:
        if found := match(raw, position, end):
            if len(fields) < MAX_FIELDS:
                fields.append((found.group(1), found.group(2)))
            position = found.end()
            continue
        if blank := _BLANK.match(raw, position, end):
            position = blank.end()
            break
        line = _END_OF_LINE.match(raw, position, end)
        after = line.end() if line else end
        if fields and _is_parameter(fields[-1], raw[position:after]):
            fields[-1] = (fields[-1][0], fields[-1][1] + b" " + raw[position:after])
            position = after
            continue
        if stray >= _STRAY_LINES or not _is_passed_over(raw, position, after, fields):
            break
        stray += 1
        position = after
    return _as_text(fields), position


def _is_parameter(last: tuple[bytes, bytes], line: bytes) -> bool:
    """Whether a line without its white space goes on with the field before it."""
    name, body = last
    if len(body) > 4_000 or not name.lower().startswith(b"content-"):
        return False
    if not body.rstrip().endswith(b";"):
        return False
    return _PARAMETER.match(line) is not None


_PARAMETER = re.compile(rb"[A-Za-z][A-Za-z0-9*-]{0,40}\s?=\s?\S")


def _is_passed_over(
    raw: bytes, position: int, after: int, fields: list[tuple[bytes, bytes]]
) -> bool:
    """Whether a line that is no field stands among fields rather than ends them."""
    line = raw[position : position + 6]
    if line.startswith((b"From ", b">From ")):
        return True
    following = _FIELD.match(raw, after)
    return following is not None and following.group(1).lower() in _KNOWN


_KNOWN = frozenset(
    b"from to cc subject date message-id mime-version content-type reply-to received "
    b"content-transfer-encoding content-disposition in-reply-to references sender "
    b"return-path delivered-to x-mailer dkim-signature content-id".split()
)


def _as_text(fields: list[tuple[bytes, bytes]]) -> Fields:
    label: str | None = None
    out: Fields = []
    for name, folded in fields:
        body = folded
        if b"+" in folded and name.lower() == b"subject":
            body = _from_utf7(folded, fields)
        if b"\n" in body or b"\0" in body:
            body = body.translate(None, b"\r\n\0")
        if body.isascii():
            text = body.decode("ascii")
        else:
            if label is None:
                label = _label(fields)
                # Raw octets above ASCII are in no seven-bit charset.
                label = "" if charset.is_seven_bit(label) else label
            text = charset.decode(body, label)
        out.append((name.decode("ascii").lower(), text.strip()))
    return out


def _from_utf7(body: bytes, fields: list[tuple[bytes, bytes]]) -> bytes:
    """A subject put raw into the UTF-7 (RFC 2152) that the body is said to have."""
    if _label(fields).lower() not in ("utf-7", "unicode-1-1-utf-7"):
        return body
    return charset.decode(body, "utf-7").encode("utf-8", "surrogatepass")


def _label(fields: list[tuple[bytes, bytes]]) -> str:
    """The charset of the body, the best guess for raw octets in a field."""
    for name, body in fields:
        if name.lower() == b"content-type" and (found := _CHARSET.search(body)):
            return found.group(1).decode("ascii")
    return ""


def decoded(fields: Fields) -> Headers:
    """Return the fields with their encoded words replaced."""
    return Headers(
        tuple(
            (name, encoded_word.decode(body)) if "=?" in body else (name, body)
            for name, body in fields
        )
    )


def first(fields: Fields, name: str) -> str:
    """Return the body of the topmost field of that name, "" without one."""
    return next((body for key, body in fields if key == name), "")


def message_ids(value: str) -> tuple[str, ...]:
    """Return the message identifiers in a field body, without brackets, in order.

    Phrases and comments around them (RFC 822 4.6.2) are passed over; identifiers
    without brackets are taken as long as there are none with.
    """
    if not value:
        return ()
    if "=?" in value:
        value = encoded_word.decode(value)
    found = ["".join(text.split()) for text in _ANGLES.findall(value)]
    # A date or an address in angle brackets is no identifier, yet ids lack the @.
    found = [text for text in found if text]
    if not found:
        words = [word for word in _LOOSE_EDGE.split(value) if word]
        found = [word for word in words if "@" in word.strip("@")]
        found = found or (words if len(words) == 1 else [])
    return tuple(dict.fromkeys(found))


def date(value: str) -> datetime | None:
    """Return a Date field as an aware time; None where missing, unreadable or absurd.

    A time without zone counts as UTC (RFC 5322 3.3 says so for "-0000").
    """
    value = value.strip()[:200]
    if not value:
        return None
    try:
        found = _rfc5322_date(value) or _iso_date(value) or foreign_date.read(value)
    except (ValueError, OverflowError, IndexError, TypeError, AttributeError):
        return None
    return found if found and _EARLIEST <= found.year < _LATEST else None


def _rfc5322_date(value: str) -> datetime | None:
    parts = parsedate_tz(value)
    if parts is None:
        return None
    if (
        not parts[9]
        and not _ZONE.search(value)
        and (stated := foreign_date.read(value))
    ):
        return stated  # CEST, GMT+1, +01:00, PM: what the library does not know
    year = parts[0] + 1900 if 99 < parts[0] < 1000 else parts[0]  # RFC 5322 4.3
    local = datetime(year, *parts[1:5], min(parts[5], 59), tzinfo=UTC)
    offset = parts[9] or 0
    # Offsets beyond a day are typing errors; the wall time is the better guess.
    return local - timedelta(seconds=offset) if abs(offset) < 86400 else local


def _iso_date(value: str) -> datetime | None:
    found = _ISO_DATE.match(value)
    if not found:
        return None
    zone = (found.group(3) or "Z").replace("Z", "+00:00")
    parsed = datetime.fromisoformat(f"{found.group(1)}T{found.group(2)}{zone}")
    return parsed.astimezone(UTC)


def content_type(value: str) -> tuple[str, dict[str, str]]:
    """Return type and parameters of a Content-Type, "" for a type that is none."""
    main, parameters = parameter.read(value)
    main = {"plain/text": "text/plain", "html/text": "text/html"}.get(main, main)
    if main.count("/") != 1 or main[0] == "/" or main[-1] == "/":
        main = main if main in ("text", "multipart") else ""
        main = {"text": "text/plain", "multipart": "multipart/mixed"}.get(main, "")
    return main, parameters
