"""The MIME tree of a mail (RFC 2046), from octets; bounded in depth and number.

An own scanner rather than a library's: it looks for each boundary only inside its
own part, so that unterminated and crossed boundaries end with the part around them,
and it never recurses deeper than `MAX_DEPTH`. Nothing here raises.
"""

import re
from dataclasses import dataclass, field, replace

from mailroom.message import charset, header, transfer
from mailroom.message.model import Headers
from mailroom.message.part import Part

MAX_DEPTH = 40
MAX_PARTS = 2_000
MAX_MAILS_DEEP = 8  # each mail inside a mail is kept whole, so these cost memory

_SNIFFED = re.compile(rb"[\s]{0,20}--([^\s][^\r\n]{1,70}?)[ \t]{0,99}\r?\n")
# The same below a preamble, where a field shows that a part begins.
_SNIFFED_BELOW = re.compile(
    rb"^--([^\s-][^\r\n]{1,70}?)[ \t]{0,99}\r?\n(?=Content-)", re.M
)
_PREAMBLE = 2_000
_META = re.compile(
    rb"<meta[^<>]{1,200}?charset\s*=\s*[\"']?([\w.:-]{2,40})", re.I | re.A
)


@dataclass(slots=True)
class Walk:
    """What one reading of a mail has met so far."""

    parts: int = 0
    mails_deep: int = 0
    defects: list[str] = field(default_factory=list)

    def note(self, defect: str) -> None:
        """Record a defect once."""
        if defect not in self.defects:
            self.defects.append(defect)


@dataclass(frozen=True, slots=True)
class Entity:
    """A header block with what it says about the body behind it."""

    fields: header.Fields
    headers: Headers
    content_type: str
    params: dict[str, str]
    encoding: str


def entity(fields: header.Fields, default_type: str = "text/plain") -> Entity:
    """Return what the fields say of the content (RFC 2045 5 and 6)."""
    stated = header.first(fields, "content-type")
    kind, params = header.content_type(stated) if stated else ("", {})
    encoding = header.first(fields, "content-transfer-encoding")
    return Entity(
        fields,
        header.decoded(fields),
        kind or default_type,
        params,
        _encoding(fields, encoding) if encoding else "",
    )


def _encoding(fields: header.Fields, stated: str) -> str:
    """The transfer encoding; of several fields the first that encodes anything."""
    if name := transfer.name(stated):
        return name
    others = (body for key, body in fields if key == "content-transfer-encoding")
    return next(filter(None, map(transfer.name, others)), "")


def tree(raw: bytes, head: Entity, start: int, walk: Walk) -> Part:
    """Return the part whose header block was read and whose body is at `start`."""
    return _part(raw, head, (start, len(raw)), "", walk)


def _part(
    raw: bytes, head: Entity, span: tuple[int, int], path: str, walk: Walk
) -> Part:
    walk.parts += 1
    depth = path.count(".") + bool(path)
    if depth >= MAX_DEPTH:
        walk.note("nested too deeply: the innermost parts were not read")
    elif head.content_type.startswith("multipart/"):
        if found := _multipart(raw, head, span, path, walk):
            return found
        walk.note("multipart without parts: read as text")
        kind = "text/html" if _looks_html(raw, span) else "text/plain"
        head = Entity(head.fields, head.headers, kind, head.params, head.encoding)
    elif _is_unlabelled(raw, head, span):
        mixed = replace(head, content_type="multipart/mixed")
        if found := _multipart(raw, mixed, span, path, walk):
            walk.note("multipart without its media type")
            return found
    return _leaf(raw, head, span, path, walk)


def _is_unlabelled(raw: bytes, head: Entity, span: tuple[int, int]) -> bool:
    """Whether a body is in parts although its media type does not say so."""
    if boundary := head.params.get("boundary"):
        mark = b"--" + boundary.encode("utf-8", "surrogateescape")
        is_mail = head.content_type.startswith("message/")
        return not is_mail and raw.find(mark, *span) >= 0
    if raw.find(b"--", span[0], span[0] + 30) < 0 or "content-type" in head.headers:
        return False
    begun = _SNIFFED.match(raw, *span)
    if begun is None:
        return False
    return raw[begun.end() : begun.end() + 8].lower() == b"content-"


def _multipart(
    raw: bytes, head: Entity, span: tuple[int, int], path: str, walk: Walk
) -> Part | None:
    raw, span = _unwrapped(raw, head, span)
    stated = head.params.get("boundary", "").encode("utf-8", "surrogateescape")
    found = pieces(raw, stated.rstrip(), span) if stated else None
    near = (span[0], min(span[1], span[0] + _PREAMBLE))
    if found is None and (
        sniffed := _SNIFFED.match(raw, *span) or _SNIFFED_BELOW.search(raw, *near)
    ):
        found = pieces(raw, sniffed.group(1), span)
        walk.note("boundary not as stated")
    if found is None:
        return None
    default = "text/plain"
    if head.content_type == "multipart/digest":
        default = "message/rfc822"
    children = []
    for number, (start, end) in enumerate(found, 1):
        if walk.parts >= MAX_PARTS:
            walk.note("too many parts: the last ones were not read")
            break
        fields, body = header.scan(raw, start, end)
        inner = entity(fields, default)
        below = f"{path}.{number}" if path else str(number)
        children.append(_part(raw, inner, (min(body, end), end), below, walk))
    return Part(
        content_type=head.content_type,
        params=head.params,
        headers=head.headers,
        path=path,
        children=tuple(children),
    )


def _unwrapped(
    raw: bytes, head: Entity, span: tuple[int, int]
) -> tuple[bytes, tuple[int, int]]:
    """A multipart that somebody encoded as a whole (forbidden by RFC 2045 6.4)."""
    boundary = head.params.get("boundary", "").encode("utf-8", "surrogateescape")
    if not head.encoding or raw.find(b"--" + boundary, *span) >= 0:
        return raw, span
    content = transfer.decode(raw[slice(*span)], head.encoding)
    return content, (0, len(content))


def pieces(
    raw: bytes, boundary: bytes, span: tuple[int, int]
) -> list[tuple[int, int]] | None:
    """Offsets of the parts between delimiter lines; None where there is no such line."""
    start, end = span
    mark = b"--" + boundary
    out: list[tuple[int, int]] = []
    opened: int | None = None
    position = raw.find(mark, start, end)
    while position >= 0:
        after = _delimiter_end(raw, position, len(mark), span)
        if after is not None:
            if opened is not None:
                out.append((opened, _before_newline(raw, opened, position)))
            opened, closing = after
            if closing:
                opened = None
                break
            if len(out) > MAX_PARTS:
                break
        position = raw.find(mark, position + len(mark), end)
    if opened is not None:
        out.append((opened, end))
    return out or None


def _delimiter_end(
    raw: bytes, position: int, size: int, span: tuple[int, int]
) -> tuple[int, bool] | None:
    """(offset behind the delimiter line, whether it closes); None for other text."""
    start, end = span
    if position > start and raw[position - 1] not in b"\r\n":
        return None
    after = position + size
    closing = raw[after : after + 2] == b"--"
    line_end = raw.find(b"\n", after, end)
    line_end = end if line_end < 0 else line_end + 1
    rest = raw[after + 2 * closing : min(line_end, after + 200)]
    if rest.strip():
        return None
    return line_end, closing


def _before_newline(raw: bytes, start: int, end: int) -> int:
    """The line break before a delimiter belongs to it (RFC 2046 5.1.1)."""
    if end > start and raw[end - 1] == 0x0A:
        end -= 1
    if end > start and raw[end - 1] == 0x0D:
        end -= 1
    return end


def _leaf(
    raw: bytes, head: Entity, span: tuple[int, int], path: str, walk: Walk
) -> Part:
    payload = raw[slice(*span)]
    if head.encoding:
        payload = transfer.decode(payload, head.encoding)
    kind = head.content_type
    children: tuple[Part, ...] = ()
    if kind in ("message/rfc822", "message/global", "message/news"):
        children = _inner_mail(payload, path, walk)
    text = None
    if kind.startswith(("text/", "message/")):
        label = head.params.get("charset", "")
        if (
            not label
            and kind == "text/html"
            and (found := _META.search(payload, 0, 4096))
        ):
            label = found.group(1).decode("ascii")
        text = characters(payload, label)
    return Part(
        content_type=kind,
        params=head.params,
        headers=head.headers,
        payload=payload,
        text=text,
        path=path,
        children=children,
    )


def _inner_mail(payload: bytes, path: str, walk: Walk) -> tuple[Part, ...]:
    if walk.parts >= MAX_PARTS or walk.mails_deep >= MAX_MAILS_DEEP:
        walk.note("nested too deeply: the innermost parts were not read")
        return ()
    fields, body = header.scan(payload)
    below = f"{path}.1" if path else "1"
    walk.mails_deep += 1
    inner = _part(payload, entity(fields), (body, len(payload)), below, walk)
    walk.mails_deep -= 1
    return (inner,)


def characters(payload: bytes, label: str) -> str:
    """Return content as text with LF line ends and without NULs."""
    text = charset.decode(payload, label)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\0", "") if "\0" in text else text


def _looks_html(raw: bytes, span: tuple[int, int]) -> bool:
    start = span[0]
    head = raw[start : min(span[1], start + 500)].lstrip().lower()
    return head.startswith((b"<html", b"<!doctype html", b"<body", b"<div"))
