"""HTML to text, with the ranges that the markup itself gives away.

Keeps paragraphs, lists, tables and links; drops what no reader sees. White space
follows CSS Text 3 (4.1) in outline. Time is linear in the markup, nesting is bounded.
"""

from dataclasses import dataclass, replace
from re import IGNORECASE
from re import compile as pattern

from mailroom.message.layout import MOST_BREAKS, NBSP, Layout, Open
from mailroom.message.markup import attributes, tokens
from mailroom.message.markup_clue import BARE, BY_ELEMENT, HINTS, Clue, trait
from mailroom.message.model import Span, SpanKind

_DEEPEST = 4000  # open elements kept; deeper ones are read as if closed
_REACH = 64  # how far up an end tag looks for its start tag
_VOID = frozenset(
    [
        "area",
        "base",
        "basefont",
        "bgsound",
        "col",
        "embed",
        "frame",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_PARAGRAPHS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "blockquote",
        "pre",
        "figure",
        "signature",
    ]
)
_BLOCKS = _PARAGRAPHS | frozenset(
    [
        "html",
        "body",
        "div",
        "table",
        "tbody",
        "thead",
        "tfoot",
        "tr",
        "caption",
        "center",
        "li",
        "dt",
        "dd",
        "form",
        "fieldset",
        "address",
        "article",
        "aside",
        "section",
        "header",
        "footer",
        "main",
        "nav",
        "hr",
        "option",
        "legend",
        "details",
        "summary",
        "figcaption",
    ]
)
_CELLS = frozenset(("td", "th"))
_UNSEEN = frozenset(
    [
        "select",
        "datalist",
        "object",
        "applet",
        "audio",
        "video",
        "canvas",
        "math",
        "iframe",
    ]
)
# A picture that is there to be fetched, not to be seen.
_PIXEL = pattern(r"(?:width|height)\s*=\s*[\"']?[01](?:px)?(?:[\"'\s/]|$)", IGNORECASE)
_TIGHT = ("msonormal", "msolist", "msoplain", "margin:0", "margin: 0")
_PARTS = ("gmail_attr", BARE.evidence)  # of a quote, or maybe of none
_OWN_LINE = frozenset(("ul", "ol", "li", "pre", "a", *_CELLS)) | _UNSEEN


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text of some HTML, and the ranges of it that the markup gives away.

    `blocks`: block quotes without any mark; whether they quote a mail the text tells.
    """

    text: str
    marks: tuple[Span, ...] = ()
    blocks: tuple[Span, ...] = ()


def render(markup: str) -> Rendered:
    """Return the visible text of `markup`, its parts marked where the markup shows it.

    Never raises; takes time linear in the length of `markup`. Marks are half-open
    ranges of the text, in order of their end; they may nest.
    """
    first = _Renderer(markup, obey_hiding=True)
    seen = first.run()
    if not seen.text and first.hid:  # hidden text is better than none
        seen = _Renderer(markup, obey_hiding=False).run()
    return seen


class _Renderer(Layout):
    __slots__ = (
        "counts",
        "hid",
        "hiding",
        "hints",
        "lists",
        "marks",
        "markup",
        "obey",
        "stack",
        "told",
    )

    def __init__(self, markup: str, obey_hiding: bool) -> None:
        super().__init__()
        self.markup = markup
        self.obey = obey_hiding
        self.stack: list[Open] = []
        self.counts: dict[str, int] = {}  # of open elements, by name
        self.hiding = 0
        self.hid = False  # something has been hidden
        self.marks: list[Span] = []
        self.told = 0  # marks of quotes, attributions apart
        self.lists: list[int] = []  # next number of each open list; -1: bullets
        lowered = markup.lower()
        self.hints = tuple(hint for hint in HINTS if hint in lowered)

    def run(self) -> Rendered:
        for name, written in tokens(self.markup):
            if not name:
                if not self.hiding:
                    self.write(written)
            elif name[0] == "/":
                self._end(name[1:])
            else:
                self._start(name, written)
        while self.stack:
            self._close(self.stack.pop())
        text = "".join(self.parts).replace(NBSP, " ")
        found = [m if m.end >= 0 else replace(m, end=len(text)) for m in self.marks]
        marks = tuple(mark for mark in found if mark.evidence != BARE.evidence)
        blocks = tuple(mark for mark in found if mark.evidence == BARE.evidence)
        return Rendered(text, marks, blocks)

    def _start(self, name: str, written: str) -> None:
        if name == "br":
            self._line_break()
            return
        if name == "img":
            if not self.hiding:
                self._image(written)
            return
        if name in _VOID:
            return
        element = Open(name, hides=name in _UNSEEN)
        if name in _BLOCKS:
            self._open_block(element, written)
        elif name in _CELLS:
            self._open_cell()
        elif name == "a":
            self._open_link(element, written)
        if self.hints and written:
            self._read_trait(element, written)
        if name == "hr":
            if element.clue is not None:
                self._keep(element)
                self._end(name)
            return
        if self._matters(element):
            self._keep(element)

    def _matters(self, element: Open) -> bool:
        name = element.name
        return bool(
            name in _BLOCKS
            or name in _OWN_LINE
            or self.hiding
            or element.hides
            or element.clue
            or element.preformatted
        )

    def _keep(self, element: Open) -> None:
        if len(self.stack) >= _DEEPEST:
            return
        element.told = self.told
        self.stack.append(element)
        self.counts[element.name] = self.counts.get(element.name, 0) + 1
        self.hiding += element.hides
        self.hid = self.hid or bool(element.hides)
        self.preformatted += element.preformatted
        if element.clue is not None or element.href:
            self.waiting.append(element)

    def _line_break(self) -> None:
        self.cell = self.space = self.blank = False
        if self.breaks < MOST_BREAKS:
            self.breaks += 1

    def _image(self, written: str) -> None:
        if "alt" in written or "ALT" in written:
            words = attributes(written).get("alt", "").split()
            if words and not _PIXEL.search(written):
                shown = " ".join(words)[:200]
                emoji = len(shown) < 12 and not any(map(str.isalnum, shown))
                self.emit(shown if emoji else f"[{shown}]")

    def _open_block(self, element: Open, written: str) -> None:
        name = element.name
        if name == "tr":
            self.row_break = -1
        if name in _PARAGRAPHS:
            element.loose = not (name == "p" and _is_tight(written))
            if name in ("ul", "ol"):
                element.loose = not self.lists
                self.lists.append(_number(written, "start", 1) if name == "ol" else -1)
            element.preformatted = name == "pre"
            element.clue = BY_ELEMENT.get(name)
        self.break_line(2 if element.loose else 1)
        if name == "li":
            self._open_item(written)

    def _open_item(self, written: str) -> None:
        indent = "  " * min(len(self.lists) - 1, 8)
        if self.lists and self.lists[-1] >= 0:
            if written:
                self.lists[-1] = _number(written, "value", self.lists[-1])
            self.bullet = f"{indent}{self.lists[-1]}. "
            self.lists[-1] += 1
        else:
            self.bullet = f"{indent}- "

    def _open_cell(self) -> None:
        """Keep a row on one line as long as its cells are of one line."""
        if self.row_break >= 0 and self.length > self.row_break:
            self.breaks = 0
            self.cell = True
        self.row_break = self.length
        self.cell_breaks = self.breaks

    def _open_link(self, element: Open, written: str) -> None:
        if "href" in written or "HREF" in written:
            element.href = attributes(written).get("href", "").strip()

    def _read_trait(self, element: Open, written: str) -> None:
        lowered = written.lower()
        if any(hint in lowered for hint in self.hints):
            told = trait(element.name, written)
            element.clue = told.clue or element.clue
            element.hides = element.hides or (told.hidden and self.obey)
            element.preformatted = element.preformatted or told.preformatted

    def _end(self, name: str) -> None:
        if name == "p" and not self.counts.get("p"):
            self.break_line(2)
        if not self.counts.get(name):
            if name == "br":
                self._line_break()
            return
        reach = len(self.stack) - (len(self.stack) if name in _BLOCKS else _REACH)
        for index in range(len(self.stack) - 1, max(reach, 0) - 1, -1):
            if self.stack[index].name == name:
                while len(self.stack) > index:
                    self._close(self.stack.pop())
                return
            if name not in _BLOCKS and self.stack[index].name in _CELLS:
                return

    def _close(self, element: Open) -> None:
        name = element.name
        self.counts[name] -= 1
        self.hiding -= element.hides
        self.preformatted -= element.preformatted
        if self.waiting and self.waiting[-1] is element:
            self.waiting.pop()
        if element.clue is not None:
            self._mark(element, element.clue)
        if element.href:
            self._close_link(element)
        if name in ("ul", "ol") and self.lists:
            self.lists.pop()
        if name in _CELLS:
            self._close_cell()
        elif name in _BLOCKS:
            self.cell = False
            self.break_line(2 if element.loose else 1)
            if name in ("tr", "table"):
                self.row_break = -1
            elif name == "li":
                self.bullet = ""

    def _close_cell(self) -> None:
        """Let a cell of several lines end its line."""
        self.cell = False
        if self.newline > self.row_break or self.length - self.row_break > 200:
            self.row_break = self.length
            self.break_line(1)

    def _close_link(self, element: Open) -> None:
        if element.start < 0:
            return
        href = element.href
        if self.hiding or href[:8].lower().startswith(
            ("#", "javascri", "cid:", "data:")
        ):
            return
        shown = ""
        if len(self.parts) - element.part <= 12 and self.length - element.start <= 500:
            shown = "".join(self.parts[element.part :])
        if not _says(shown, href) and len(href) <= 2000:
            self.put(f" <{href}>")

    def _mark(self, element: Open, clue: Clue) -> None:
        start = element.start
        if clue.to_end:
            start = self.length if start < 0 else start
            self.marks.append(Span(start, -1, clue.kind, clue.evidence))
        elif start >= 0:
            if clue.outer and self.told > element.told:
                return
            self.marks.append(Span(start, self.length, clue.kind, clue.evidence))
            if clue.kind is SpanKind.QUOTE and clue.evidence not in _PARTS:
                self.told += 1


def _number(written: str, name: str, default: int) -> int:
    """Return the number that a list or item states for itself (HTML 4.4.5, 4.4.8)."""
    if name not in written.lower():
        return default
    stated = attributes(written).get(name, "")
    return int(stated) if stated.isdecimal() and len(stated) < 7 else default


def _is_tight(written: str) -> bool:
    lowered = written.lower()
    return any(word in lowered for word in _TIGHT)


def _says(shown: str, href: str) -> bool:
    """Tell whether a link's text already shows where it leads."""
    target = href.lower().removeprefix("mailto:").removeprefix("tel:")
    target = target.partition("://")[2] or target
    target = target.removeprefix("www.").rstrip("/")
    return target.partition("?")[0] in shown.lower() or shown.lower().strip() in target
