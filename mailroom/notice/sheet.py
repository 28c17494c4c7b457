"""Letters with tables: headings, rows and large figures, as text and as HTML.

A template of such a letter calls the functions of `MARKS`; each writes one line that
begins with a sign no text has and goes on as JSON, so that nothing that stands in a cell
can be taken for one. `text_of` sets the lines in columns, `html_of` in tables with
inline styles: what every mail client shows, with nothing from elsewhere. Where a client
knows `prefers-color-scheme` the colours follow it. A colour never says what the words
beside it do not.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

GOOD, FAIR = 0.95, 0.80  # of promises kept in time, from which on a cell is so coloured
MARK = "\x1e"  # begins a line that is not plain words (ASCII record separator)
# tone -> (background, words), by day and by night; each pair has a contrast over 7:1
_DAY = {
    "good": ("#d9ebe6", "#07453a"),
    "warn": ("#f9e6c4", "#5c3600"),
    "bad": ("#f7d9d5", "#7d1712"),
    "plain": ("#f1f0eb", "#1d2321"),
}
_NIGHT = {
    "good": ("#1c322d", "#a7e3d5"),
    "warn": ("#3d2f14", "#f5cf93"),
    "bad": ("#4a2320", "#ffc4be"),
    "plain": ("#262d2b", "#e6eae8"),
}
_FONT = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
_SERIF = "font-family:'Iowan Old Style','Palatino Linotype',Palatino,Georgia,serif"
_INK, _FAINT, _LINK, _LINE = "#1d2321", "#5a6461", "#0c6b5b", "#e2e0d9"
_PAPER = "#fbfaf7"
_MANY = 5  # columns that are set in smaller letters
_URL = re.compile(r"(https?://[^\s<>\"]+[^\s<>\".,;:!?)])")
_FIGURE = re.compile(r"[-–+]?[\d.,:]+( ?%|[hms]\b.*)?|-|–")
_NIGHT_RULES = "".join(
    f".{name}{{background-color:{back}!important;color:{words}!important}}"
    for name, (back, words) in _NIGHT.items()
)
_STYLE = (
    "@media (prefers-color-scheme:dark){"
    ".page{background-color:#131716!important}"
    ".card{background-color:#1b201f!important;color:#e6eae8!important}"
    ".faint{color:#a3aeaa!important}.link{color:#6fd0bc!important}"
    f".line{{border-color:#2f3735!important}}{_NIGHT_RULES}}}"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table. `tone` is one of good, warn, bad, plain; "" has no colour."""

    text: str
    tone: str = ""
    small: str = ""  # below it, in smaller letters
    url: str = ""

    @property
    def line(self) -> str:
        """The cell as text."""
        return f"{self.text} ({self.small})" if self.small else self.text


class Block(NamedTuple):
    """A part of a letter: heading, figures, table (`rows`), or words."""

    kind: str
    rows: tuple[tuple[Cell, ...], ...] = ()
    text: str = ""


def _cell(text: object, tone: str = "", small: str = "", url: str = "") -> Cell:
    return Cell(_flat(text), tone, _flat(small), url)


def _flat(text: object) -> str:
    return " ".join(str(text).split())


def _marked(kind: str, *cells: object) -> str:
    plain = [cell if isinstance(cell, Cell) else _cell(cell) for cell in cells]
    listed = [(cell.text, cell.tone, cell.small, cell.url) for cell in plain]
    return MARK + json.dumps([kind, listed])


def _title(text: object) -> str:
    return _marked("title", text)


def _heading(text: object) -> str:
    return _marked("heading", text)


def _head(*cells: object) -> str:
    return _marked("head", *cells)


def _row(*cells: object) -> str:
    return _marked("row", *cells)


def _figures(*cells: object) -> str:
    return _marked("figures", *cells)


def tone(share: float | None) -> str:
    """Return the colour of a part that was kept in time, from 0 to 1; "" for None."""
    if share is None:
        return ""
    return "good" if share >= GOOD else "warn" if share >= FAIR else "bad"


# What templates call: each but `cell` and `tone` writes a line of its own.
MARKS: Mapping[str, Callable[..., object]] = {
    "cell": _cell,
    "tone": tone,
    "title": _title,
    "heading": _heading,
    "head": _head,  # the names of a table's columns
    "row": _row,  # of the table that `head`, or the row before, began
    "figures": _figures,  # large figures side by side; `small` says what each is
}


def text_of(marked: str) -> str:
    """Return the letter as plain text, tables in columns."""
    parts = (_TEXT[block.kind](block) for block in _blocks(marked))
    return "\n\n".join(parts) + "\n"


def html_of(marked: str, *, title: str = "", language: str = "en") -> str:
    """Return the letter as an HTML document."""
    body = "".join(_HTML[block.kind](block) for block in _blocks(marked))
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f'<body class="page" style="margin:0;padding:0;background-color:{_PAPER}">'
        '<table role="presentation" class="page" width="100%" cellpadding="0"'
        f' cellspacing="0" border="0" style="background-color:{_PAPER}"><tr>'
        '<td align="center" style="padding:10px 6px"><table role="presentation"'
        ' class="card line" width="100%" cellpadding="0" cellspacing="0" border="0"'
        ' style="max-width:680px;background-color:#ffffff;'
        f'color:{_INK};border:1px solid {_LINE};border-radius:10px"><tr>'
        f'<td style="padding:16px 14px;text-align:left;{_FONT};font-size:15px;'
        f'line-height:1.5">{body}</td></tr></table></td></tr></table></body></html>\n'
    )


def _blocks(marked: str) -> Iterator[Block]:
    lines = [_read(line) for line in marked.strip("\n").split("\n")]
    for kind, group in groupby(lines, key=_family):
        found = list(group)
        rows = tuple(row.rows[0] for row in found if row.rows)
        if kind == "table":
            yield Block(found[0].kind + " table", rows)
        elif kind == "words":
            words = "\n".join(block.text for block in found)
            for part in re.split(r"\n{2,}", words.strip("\n")):
                if part.strip():
                    yield Block(kind, text=part)
        else:
            yield from found


def _family(block: Block) -> str:
    return "table" if block.kind in ("head", "row") else block.kind


def _read(line: str) -> Block:
    if not line.startswith(MARK):
        return Block("words", text=line)
    kind, cells = json.loads(line[1:])
    return Block(kind, (tuple(Cell(*cell) for cell in cells),))


# -- text ---------------------------------------------------------------------------


def _text_heading(block: Block) -> str:
    text = block.rows[0][0].line
    return f"{text}\n{'-' * _width(text)}"


def _text_figures(block: Block) -> str:
    cells = block.rows[0]
    wide = max(_width(cell.text) for cell in cells)
    return "\n".join(f"{_pad(c.text, wide, True)}  {c.small}" for c in cells)


def _text_table(block: Block) -> str:
    lines = [[cell.line for cell in row] for row in block.rows]
    right = _right_columns(block)
    wide = [
        max(_width(line[at]) for line in lines if at < len(line))
        for at in range(max(map(len, lines)))
    ]
    return "\n".join(
        "  ".join(_pad(t, wide[at], right[at]) for at, t in enumerate(line)).rstrip()
        for line in lines
    )


def _right_columns(block: Block) -> list[bool]:
    """Return which columns hold figures alone; the first never does."""
    body = block.rows[1:] if block.kind == "head table" else block.rows
    return [
        at > 0
        and all(bool(_FIGURE.fullmatch(row[at].text)) for row in body if at < len(row))
        for at in range(max(map(len, block.rows)))
    ]


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes (UAX #11)."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _pad(text: str, width: int, right: bool) -> str:
    room = " " * (width - _width(text))
    return room + text if right else text + room


# -- HTML ---------------------------------------------------------------------------


def _html_heading(block: Block) -> str:
    text = escape(block.rows[0][0].line)
    style = "margin:26px 0 8px;font-size:17px;line-height:1.3;font-weight:600"
    return f'<h2 style="{style}">{text}</h2>'


def _html_figures(block: Block) -> str:
    cells = block.rows[0]
    width = 100 // len(cells)
    boxes = "".join(
        f'<td class="{tone}" width="{width}%" valign="top" style="padding:10px 8px;'
        f"border-radius:6px;background-color:{back};color:{ink};text-align:center"
        f'"><div style="font-size:24px;line-height:1.2;font-weight:600">'
        f'{escape(cell.text)}</div><div style="font-size:12px;line-height:1.3">'
        f"{escape(cell.small)}</div></td>"
        for cell in cells
        for tone in [cell.tone or "plain"]
        for back, ink in [_DAY[tone]]
    )
    return (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="6"'
        f' style="margin:0 -6px 4px;width:calc(100% + 12px)"><tr>{boxes}</tr></table>'
    )


def _html_table(block: Block) -> str:
    right = _right_columns(block)
    rows = list(block.rows)
    head = ""
    if block.kind == "head table":
        names = "".join(
            f'<th scope="col" class="faint line" align="{_side(right[at])}"'
            f' style="padding:6px {_gap(right[at])}px;border-bottom:1px solid {_LINE};'
            f'color:{_FAINT};font-size:12px;font-weight:600">{escape(cell.text)}</th>'
            for at, cell in enumerate(rows.pop(0))
        )
        head = f"<tr>{names}</tr>\n"
    body = "".join(f"<tr>{_html_cells(row, right)}</tr>\n" for row in rows)
    size = 14 if len(right) < _MANY else 13
    return (
        '<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:'
        f'collapse;font-size:{size}px;line-height:1.35">\n{head}{body}</table>'
    )


def _html_cells(row: Sequence[Cell], right: Sequence[bool]) -> str:
    found = []
    for at, cell in enumerate(row):
        style = f"padding:6px {_gap(right[at])}px;border-bottom:1px solid {_LINE}"
        if cell.tone:
            back, ink = _DAY[cell.tone]
            style += f";background-color:{back};color:{ink};font-weight:600"
        # Figures and colours stay in one piece; other words break before a phone's
        # page would widen, names beside figures between words.
        if right[at] or cell.tone:
            style += ";white-space:nowrap"
            style += ";font-size:12px" if len(right) >= _MANY else ""
        elif not any(right):
            style += ";overflow-wrap:anywhere"
        found.append(
            f'<td class="line {cell.tone}" align="{_side(right[at])}" valign="top"'
            f' style="{style}">{_html_words(cell)}</td>'
        )
    return "".join(found)


def _html_words(cell: Cell) -> str:
    words = escape(cell.text)
    if cell.url:
        words = _anchor(cell.url, words, "inherit" if cell.tone else _LINK)
    if cell.small:
        faint = "" if cell.tone else f"color:{_FAINT};"
        name = "" if cell.tone else ' class="faint"'
        style = f"{faint}font-size:12px;font-weight:400;overflow-wrap:anywhere"
        words += f'<div{name} style="{style}">{escape(cell.small)}</div>'
    return words


def _side(right: bool) -> str:
    return "right" if right else "left"


def _gap(right: bool) -> int:
    return 4 if right else 6


def _html_title(text: str) -> str:
    style = (
        f"margin:4px 0 10px;{_SERIF};font-size:23px;line-height:1.25;font-weight:600"
    )
    return f'<h1 style="{style}">{escape(text)}</h1>'


def _html_words_block(block: Block) -> str:
    lines = "<br>".join(map(_linked, block.text.split("\n")))
    return f'<p class="faint" style="margin:10px 0;color:{_FAINT}">{lines}</p>'


def _linked(line: str) -> str:
    return "".join(
        _anchor(piece, escape(piece)) if at % 2 else escape(piece)
        for at, piece in enumerate(_URL.split(line))
    )


def _anchor(url: str, words: str, colour: str = _LINK) -> str:
    name = ' class="link"' if colour == _LINK else ""
    return f'<a{name} href="{escape(url)}" style="color:{colour}">{words}</a>'


def _text_title(block: Block) -> str:
    text = block.rows[0][0].line
    return f"{text}\n{'=' * _width(text)}"


_TEXT: Mapping[str, Callable[[Block], Any]] = {
    "words": lambda block: block.text,
    "title": _text_title,
    "heading": _text_heading,
    "figures": _text_figures,
    "row table": _text_table,
    "head table": _text_table,
}
_HTML: Mapping[str, Callable[[Block], str]] = {
    "words": _html_words_block,
    "title": lambda block: _html_title(block.rows[0][0].line),
    "heading": _html_heading,
    "figures": _html_figures,
    "row table": _html_table,
    "head table": _html_table,
}
