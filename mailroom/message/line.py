"""Lines of a text as ranges, with their quoting depth (RFC 3676 4.5, and its habits)."""

from re import compile as pattern
from typing import Final, NamedTuple

# ">" with blanks between; "|" quoting is accepted only where something announces it.
_QUOTED = pattern(r"[ \t\ufeff\u200b]{0,3}>[> \t\xa0]*+")
_INITIALS = pattern(r"[A-Z][A-Za-z]{0,2}>(?:[> ]|$)")


_MORE: Final = frozenset("> \t\xa0:")
_UNSEEN: Final = frozenset("\ufeff\u200b\u200e\u200f")
_SPACE: Final = " \t\r\n\x0b\f\xa0\ufeff\u200b"
MOST_LINES: Final = 8000


class Line(NamedTuple):
    """A line [start, end), its break included; `body` lacks quoting and blanks around."""

    start: int
    end: int
    body: str
    depth: int  # how many ">" it begins with

    @property
    def blank(self) -> bool:
        """Whether nothing but quoting and white space stands in it."""
        return not self.body


def lines_of(text: str) -> list[Line]:
    """Return the lines of `text`, in order; together they cover it.

    What follows the first 8,000 lines comes as one: nobody reads that far, and every
    reader of lines is bounded by it.
    """
    lines: list[Line] = []
    start, depth, make = 0, 0, tuple.__new__
    for written in text.split("\n", MOST_LINES):
        end = start + len(written) + 1
        if written[:2] == "> " and written[2:3] not in _MORE:
            depth, body = 1, written[2:].rstrip()
        elif ">" in written[:4]:
            depth, body = _quoted(written)
        else:
            depth, body = 0, written.strip()
        if body[:1] in _UNSEEN:
            body = body.strip(_SPACE)
        lines.append(make(Line, (start, end, body, depth)))
        start = end
    last = lines[-1]
    if last.start == len(text):
        lines.pop()
    else:
        body = last.body
        if len(lines) > MOST_LINES:
            body = body[:80].partition("\n")[0]
        lines[-1] = Line(last.start, len(text), body, last.depth)
    return lines


def _quoted(written: str) -> tuple[int, str]:
    """Return the quoting depth of a line, and what it quotes."""
    if written == ">":
        return 1, ""
    skip = 0
    match = _QUOTED.match(written)
    # "<a@b\n>:" is an address that was wrapped, not a quote.
    if match is not None and written[match.end() : match.end() + 1] != ":":
        skip = match.end()
    elif match is None and _INITIALS.match(written):
        skip = written.index(">") + 1
    return written.count(">", 0, skip), written[skip:].strip(_SPACE)
