"""Lays text out in lines while HTML is read: white space, breaks, bullets, cells.

White space follows CSS Text 3 (4.1) in outline: it collapses, except where preformatted;
a block begins a line of its own, and a paragraph is set apart by a blank line.
"""

from dataclasses import dataclass
from re import compile as pattern

from mailroom.message.markup import decoded
from mailroom.message.markup_clue import Clue

NBSP = "\xa0"
MOST_BREAKS = 3
_SPACE = " \t\r\n\f"
_SPACES = pattern(r"[ \t\r\n\f]+")


@dataclass(slots=True)
class Open:
    """An open element that does something when it closes."""

    name: str
    hides: bool = False
    preformatted: bool = False
    clue: Clue | None = None
    start: int = -1  # of its first character; -1 while it has none
    told: int = 0  # how many quotes were marked before it
    part: int = 0  # the first of its parts of the text
    href: str = ""
    loose: bool = False  # closes with a blank line


class Layout:
    """The text so far, and what is due before the next of it."""

    __slots__ = (
        *("parts", "length", "breaks", "space", "blank", "preformatted", "waiting"),
        *("bullet", "cell", "cell_breaks", "row_break", "newline"),
    )

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.breaks = 0  # line breaks due before the next text
        self.space = False  # white space due before the next text
        self.blank = False  # the current line holds nothing but no-break spaces
        self.preformatted = 0  # how many open elements keep white space
        self.waiting: list[Open] = []  # open, with a clue or link, still without text
        self.bullet = ""
        self.cell = False  # at the start of a table cell that continues its line
        self.cell_breaks = 0  # the breaks due when it began
        self.row_break = -1  # length of text when the present cell began
        self.newline = -1  # where the last line break was put

    def write(self, written: str) -> None:
        """Add text as it stands in the markup."""
        text = decoded(written)
        if self.preformatted:
            self._verbatim(text)
            return
        stripped = text.strip(_SPACE)
        if not stripped:
            self.space = self.space or bool(text)
            return
        if not stripped.strip(NBSP):
            self.space = True
            self.blank = self.blank or self.breaks > 0 or not self.length
            return
        if text[0] in _SPACE:
            self.space = True
        if "\n" in stripped or "  " in stripped or "\t" in stripped or "\r" in stripped:
            stripped = _SPACES.sub(" ", stripped)
        self.emit(stripped)
        self.space = text[-1] in _SPACE

    def _verbatim(self, text: str) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        body = text.lstrip("\n")
        self.breaks = min(self.breaks + len(text) - len(body), MOST_BREAKS)
        body = body.rstrip("\n")
        if body:
            self.emit(body)
            if "\n" in body:
                self.newline = self.length
            self.breaks = min(len(text) - len(text.rstrip("\n")), MOST_BREAKS)

    def emit(self, text: str) -> None:
        """Add words, after the breaks and space that are due."""
        if self.breaks:
            if self.length:
                self.newline = self.length
                self.put("\n" * self.breaks)
            self.breaks = 0
        elif self.space and self.length:
            self.put("\t" if self.cell else " ")
        elif self.cell and self.length:
            self.put("\t")
        self.cell = self.space = self.blank = False
        if self.bullet:
            self.put(self.bullet)
            self.bullet = ""
        for element in self.waiting:
            element.start = self.length
            element.part = len(self.parts)
        self.waiting.clear()
        self.put(text)

    def put(self, text: str) -> None:
        """Add text as it is."""
        self.parts.append(text)
        self.length += len(text)

    def break_line(self, breaks: int) -> None:
        """Let a block begin or end here: at least so many line breaks are due."""
        if self.blank:
            self.breaks += 1
            self.blank = False
        if self.length == self.row_break:
            self.breaks = self.cell_breaks  # a block that opens a cell opens no line
        elif not self.cell:
            self.breaks = min(max(self.breaks, breaks), MOST_BREAKS)
        self.space = False
