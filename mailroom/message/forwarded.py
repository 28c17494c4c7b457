"""The original inside a forward: who wrote it, to whom, when, about what, and its words.

Reads what `quoting.split` found to be a forward (a marker line or header block, in any
client's form), or a mail attached as message/rfc822 (RFC 2046 5.2.1).
"""

from collections.abc import Sequence
from re import IGNORECASE, MULTILINE
from re import compile as pattern

from mailroom.message import attribution, headerblock, phrase
from mailroom.message.foreign_date import read as read_date
from mailroom.message.line import Line, lines_of
from mailroom.message.model import Forwarded, Mailbox, Message, Span, SpanKind

_DEEPEST = 8  # forwards inside forwards
_NEAR = 10  # lines of a forward in which its header begins
_PREFIX = pattern(r"^[ \t]{0,3}>[ \xa0]?", MULTILINE)
_MAILTO = pattern(r"[<\[(]mailto:([^<>\[\]()\s]*+)[>\])]", IGNORECASE)
_ANGLE = pattern(r"[<(\[‹]\s*+([^<>()\[\]\s@]++@[^<>()\[\]\s@]++)\s*+[>)\]›]?")
_BARE = pattern(
    r"(?<![^\s<>()\[\],;:\"'@])[^\s<>()\[\],;:\"'@]++@[^\s<>()\[\],;:\"']++"
)
_QUOTES = " \t\"'“”„«»‘’‚<>(),;:*_"
_ZONES = frozenset("am pm uhr gmt utc cet cest eet eest est edt pst pdt bst".split())


def find(
    text: str,
    spans: tuple[Span, ...],
    attached: tuple[Message, ...],
    subject: str = "",
) -> Forwarded | None:
    """Return the original that `text` (or an attached mail) passes on, if any.

    `spans` are those of `quoting.split` for the same text and subject. `attached` are
    the mails attached as message/rfc822, already read; leave out what a delivery
    report returns. `subject` (decoded) names the original where only "On ... wrote:"
    stands above it. Never raises.
    """
    first = next((s for s in spans if s.kind is SpanKind.FORWARD), None)
    if first is not None:
        found = _written(text, first, spans, subject)
        if found is not None:
            return found
    return _enclosed(attached, phrase.subject_kind(subject))


def _enclosed(attached: tuple[Message, ...], subject: str) -> Forwarded | None:
    """One attached mail is passed on; several, or one with a reply, are evidence."""
    if not attached or subject == "reply" or attached[0].sender is None:
        return None
    if len(attached) > 1 and subject != "forward":
        return None
    return _attached(attached[0])


def _attached(message: Message) -> Forwarded:
    return Forwarded(
        sender=message.sender,
        to=message.to,
        cc=message.cc,
        subject=message.subject or None,
        date=message.date,
        date_text=message.headers.get("date") or None,
        text=message.text,
        attached=True,
        nested=message.forwarded,
    )


def _written(
    text: str, first: Span, spans: Sequence[Span], subject: str
) -> Forwarded | None:
    end = first.end
    for span in spans:
        if span.start == end and span.kind is SpanKind.FORWARD:
            end = span.end
    read = _read(lines_of(text[first.start : end]), text[first.start : end], 0, subject)
    if read is None or read.text.strip() or end == len(text):
        return read
    whole = text[first.start :]  # only the header is a forward: its words count as new
    return _read(lines_of(whole), whole, 0, subject)


def _read(
    lines: Sequence[Line], text: str, level: int, subject: str
) -> Forwarded | None:
    for index in range(min(len(lines), _NEAR)):
        line = lines[index]
        if line.blank:
            continue
        marked = bool(phrase.marker(line.body))
        below = index + 1
        while marked and below < len(lines) and lines[below].blank:
            below += 1
        if marked and below == len(lines):
            return None
        block = headerblock.match(lines, below if marked else index, marked)
        if block is not None:
            return _from_fields(block.fields, lines, block.end, text, level)
        _, rest = phrase.glued_marker(line.body)
        fields = headerblock.glued(rest) if rest else {}
        if fields:
            return _from_fields(fields, lines, index + 1, text, level)
        said = attribution.match(lines, index)
        if said is not None:
            return _from_attribution(said, lines, text, level, subject)
        guessed = headerblock.guess(lines, index)
        if guessed is not None:
            return _from_fields(guessed.fields, lines, guessed.end, text, level)
    return None


def _from_fields(
    fields: dict[str, str], lines: Sequence[Line], end: int, text: str, level: int
) -> Forwarded:
    senders = mailboxes(fields.get("from", ""))
    body = _body(lines, end, text)
    written = fields.get("date") or None
    return Forwarded(
        sender=senders[0] if senders else None,
        to=mailboxes(fields.get("to", "")),
        cc=mailboxes(fields.get("cc", "")),
        subject=fields.get("subject"),
        date=read_date(written) if written else None,
        date_text=written,
        text=body,
        nested=_nested(body, level, phrase.subject_kind(fields.get("subject", ""))),
    )


def _from_attribution(
    said: attribution.Attribution,
    lines: Sequence[Line],
    text: str,
    level: int,
    subject: str,
) -> Forwarded:
    body = _body(lines, said.end, text)
    return Forwarded(
        sender=_author(said.text),
        subject=phrase.without_prefix(subject) or None,
        date=read_date(said.text),
        date_text=said.text,
        text=body,
        nested=_nested(body, level),
    )


def _nested(body: str, level: int, kind: str = "") -> Forwarded | None:
    """Return the forward inside a forward.

    It is the next one that a marker line announces; in a mail that was a forward
    itself (`kind`, by its subject) a bare header block does.
    """
    if level >= _DEEPEST:
        return None
    lines = lines_of(body)
    for index, line in enumerate(lines):
        glued, _ = phrase.glued_marker(line.body)
        if phrase.marker(line.body) == "forward" or glued == "forward":
            rest = body[line.start :]
            return _read(lines_of(rest), rest, level + 1, "")
        block = headerblock.match(lines, index) if kind == "forward" else None
        if block is not None and block.complete:
            return _from_fields(block.fields, lines, block.end, body, level + 1)
        if line.body and attribution.match(lines, index):
            return None  # what follows was quoted by the original's author
    return None


def _body(lines: Sequence[Line], first: int, text: str) -> str:
    """Return the words of a forward, without the one level of ">" it was given."""
    first, end = _said(lines, first)
    words = [line for line in lines[first:end] if not line.blank]
    if not words:
        return ""
    written = text[lines[first].start : lines[end - 1].end]
    quoted = words[0].depth and words[-1].depth
    if quoted and sum(bool(line.depth) for line in words) * 2 > len(words):
        written = _PREFIX.sub("", written)
    return written.strip("\r\n\ufeff\u200b ")


def _said(lines: Sequence[Line], first: int) -> tuple[int, int]:
    """Return where words begin and end: a marker may stand below them, or be repeated."""
    end = len(lines)
    while end > first and (lines[end - 1].blank or _closes(lines[end - 1].body)):
        end -= 1
    begin = first
    while begin < end and lines[begin].blank:
        begin += 1
    if begin + 1 < end and phrase.marker(lines[begin].body) == "forward":
        below = begin + 1
        while below < end and lines[below].blank:
            below += 1
        if below < end and not _announces(lines, below):
            first = begin + 1  # Zoho closes its header with the marker
    return first, end


def _closes(body: str) -> bool:
    ruled = len(body) >= 20 and not body.strip("-")  # KMail
    return ruled or phrase.is_end_marker(body)


def _announces(lines: Sequence[Line], index: int) -> bool:
    """Tell whether what a marker would announce begins at a line."""
    return bool(
        headerblock.match(lines, index, True) or attribution.match(lines, index)
    )


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Return the mailboxes in a header block's field, as clients write them.

    Knows `Name <a@b>`, `Name [mailto:a@b]`, `a@b <a@b>`, `Name (a@b)` and Outlook's
    doubled `Name<mailto:a@b> <a@b<mailto:a@b>>`; separators are commas or semicolons.
    """
    value = value[:20_000]
    without = _MAILTO.sub("", value)
    value = without if "@" in without else _MAILTO.sub(r" <\1>", value)
    found: dict[str, Mailbox] = {}
    position = 0
    for match in _ANGLE.finditer(value):
        name = value[position : match.start()]
        names = name.replace(";", ",").split(",")
        for index in range(len(names) - 2, -1, -1):
            if "@" in names[index]:
                _add_bare(found, ",".join(names[: index + 1]))
                names = names[index + 1 :]
                break
        _add(found, match[1], ",".join(names))
        position = match.end()
    _add_bare(found, value[position:])
    return tuple(found.values())


def _add_bare(found: dict[str, Mailbox], value: str) -> None:
    for address in _BARE.findall(value):
        _add(found, address, "")


def _add(found: dict[str, Mailbox], address: str, name: str) -> None:
    address = headerblock.visible(address).strip(".>;,")
    name = headerblock.visible(name).replace("\\", "").strip(_QUOTES)
    name = " ".join(name.split())
    if name.casefold() == address.casefold():
        name = ""
    key = address.casefold()
    if key and (key not in found or (name and not found[key].name)):
        found[key] = Mailbox(address, name)


def _author(said: str) -> Mailbox | None:
    """Return the author that an attribution names, if it gives an address."""
    match = _ANGLE.search(said) or _BARE.search(said)
    if match is None:
        return None
    address = match[1] if match.re is _ANGLE else match[0]
    before = said[: match.start()]
    for opening, closing in (('"', '"'), ("„", "”"), ("“", "”"), ("«", "»")):
        start = before.find(opening)
        stop = before.rfind(closing)
        if 0 <= start < stop:
            return Mailbox(address, before[start + 1 : stop].strip())
    digits = max((i for i, c in enumerate(before) if c.isdigit()), default=-1)
    words = before[digits + 1 :].strip(_QUOTES + ".)").split()
    while words and (words[0][0].islower() or words[0].casefold() in _ZONES):
        words.pop(0)
    name = " ".join(words).strip(_QUOTES)
    return Mailbox(address, "" if "@" in name else name)
