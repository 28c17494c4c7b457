"""Lines of a text as ranges, with their quoting depth (RFC 3676 4.5, and its habits)."""

from re import compile as pattern
from typing import Final, NamedTuple

# ">" with blanks between; "|" quoting is accepted only where something announces it.
_QUOTED = pattern(r"[ \t]{0,3}>[> \t\xa0]*+")
_INITIALS = pattern(r"[A-Z][A-Za-z]{0,2}>(?:[> ]|$)")


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
    start = 0
    for written in text.splitlines(keepends=True):
        if len(lines) == MOST_LINES:
            rest = text[start:]
            depth = lines[-1].depth if rest.lstrip()[:1] == ">" else 0
            lines.append(Line(start, len(text), rest[:80].strip() or "", depth))
            break
        end = start + len(written)
        depth, skip = 0, 0
        # "<a@b\n>:" is an address that was wrapped, not a quote.
        head = written[:4].lstrip(" \t")
        if head[:1] == ">":
            quoted = _QUOTED.match(written)
            if quoted and written[quoted.end() : quoted.end() + 1] != ":":
                depth, skip = written.count(">", 0, quoted.end()), quoted.end()
        elif ">" in head[1:] and _INITIALS.match(written):
            depth, skip = 1, written.index(">") + 1
        body = written[skip:].strip(" \t\r\n\xa0\ufeff\u200b")
        lines.append(Line(start, end, body, depth))
        start = end
    return lines
