"""The HTML of a letter, made of its text, so that the two never disagree.

Blocks are told apart as people write them: paragraphs, lists (`- ` or `1. `), quotes
(`> `, nested), and bare links. A line with nothing but a link of ours below a line that
ends in a colon is a button. What the clients need: tables, for Outlook's Word knows no
width of other blocks; all styles inline, for Gmail drops others; a `style` element only
for what may be lost, dark colours; nothing remote.
"""

import re
from collections.abc import Collection, Iterator
from html import escape
from itertools import groupby

CUT_MARK = "-- write your reply above this line --"
END = "</div><!-- end of the words -->"  # what goes below them stands before it

_LINK = re.compile(r"(https?://[^\s<>\"]+[^\s<>\".,;:!?)])")
_BULLET = re.compile(r"[-*•] +(?=\S)")
_NUMBER = re.compile(r"(\d{1,3})\. +(?=\S)")
_SPACES = re.compile(r"^ +| +(?= )")  # those that HTML would not show
_DEEPEST = 8  # quotes within quotes; what lies deeper stands there as it is

_FONT = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
_TEXT = (
    f"{_FONT};font-size:15px;line-height:1.5;color:#1d2321;"
    "word-wrap:break-word;overflow-wrap:anywhere"
)
_GAP = "margin:0 0 14px"
_DARK = (
    "@media (prefers-color-scheme:dark){"
    "body,.letter,.letter td{background:#131716!important;color:#e6eae8!important}"
    ".letter a{color:#6fd0bc!important}"
    ".letter .button{background:#6fd0bc!important;color:#06251f!important}"
    ".letter .quote,.letter .cut{color:#a3aeaa!important;border-color:#4a5452!important}}"
)


def html_of(
    text: str,
    *,
    title: str = "",
    language: str = "en",
    own: Collection[str] = (),
    quotable: bool = False,
) -> str:
    """Return a letter's text as an HTML document.

    `own`: the links of ours that may be shown as buttons. `quotable`: people answer in
    between its lines, so there is no table, which editors split badly, and no title,
    which some quote with the words. Linear in the text.
    """
    lines = text.strip("\n").split("\n")
    words = "".join(_blocks(lines, own, 0))
    named = "" if quotable else f"<title>{escape(title)}</title>"
    return (
        f'<!DOCTYPE html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f'{named}<style>{_DARK}</style></head><body style="margin:0;padding:0">'
        + (_flow(words) if quotable else _framed(words))
        + "</body></html>\n"
    )


def _flow(words: str) -> str:
    return (
        f'<div class="letter" style="padding:16px;max-width:600px;{_TEXT}">{words}{END}'
    )


def _framed(words: str) -> str:
    """Return words in a table, whose width Outlook keeps."""
    return (
        '<table role="presentation" class="letter" width="100%" cellpadding="0"'
        f' cellspacing="0" border="0"><tr><td style="padding:16px;{_TEXT}">'
        "<!--[if mso]><table width=600><tr><td><![endif]-->"
        f'<div style="max-width:600px">{words}{END}'
        "<!--[if mso]></td></tr></table><![endif]--></td></tr></table>"
    )


def _blocks(lines: list[str], own: Collection[str], depth: int) -> Iterator[str]:
    """Yield the blocks of some lines: quotes, and between them what is said."""
    for quoted, group in groupby(lines, key=_is_quote):
        inner = list(group)
        if quoted and depth < _DEEPEST:
            yield _quote([_unquoted(line) for line in inner], own, depth)
        else:
            yield from _said(inner, own)


def _is_quote(line: str) -> bool:
    return line.startswith(">")


def _unquoted(line: str) -> str:
    return line[1:].removeprefix(" ")


def _quote(lines: list[str], own: Collection[str], depth: int) -> str:
    inner = "".join(_blocks(lines, own, depth + 1))
    return (
        f'<blockquote type="cite" class="quote" style="{_GAP};padding:0 0 0 12px;'
        f'border-left:3px solid #d5d3cb;color:#5a6461">{inner}</blockquote>'
    )


def _said(lines: list[str], own: Collection[str]) -> Iterator[str]:
    """Yield paragraphs and lists; an empty line ends either."""
    for kind, group in groupby(_kinds(lines), key=lambda pair: pair[0]):
        block = [line for _, line in group]
        if kind[0] == "list":
            yield _list(block)
        elif kind[0] == "text":
            yield _paragraph(block, own)


def _kinds(lines: list[str]) -> Iterator[tuple[tuple[str, int], str]]:
    """Name the kind of block that each line belongs to, with the block's number."""
    kind, at, ordered = "gap", 0, False
    for line in lines:
        starts = bool(_BULLET.match(line) or _NUMBER.match(line))
        goes_on = kind == "list" and line.startswith("  ")
        new = "list" if starts or goes_on else "text" if line.strip() else "gap"
        before, ordered = ordered, bool(_NUMBER.match(line)) if starts else ordered
        if new != kind or ordered != before:
            at += 1
        kind = new
        yield (kind, at), line


def _list(lines: list[str]) -> str:
    items: list[tuple[str, list[str]]] = []
    for line in lines:
        if found := _NUMBER.match(line):
            items.append((f' value="{int(found[1])}"', [line[found.end() :]]))
        elif found := _BULLET.match(line):
            items.append(("", [line[found.end() :]]))
        else:
            items[-1][1].append(line.strip())
    tag = "ol" if items[0][0] else "ul"
    shown = "".join(
        f'<li{value} style="margin:0 0 4px">{"<br>".join(map(_inline, said))}</li>'
        for value, said in items
    )
    return f'<{tag} style="{_GAP};padding:0 0 0 24px">{shown}</{tag}>'


def _paragraph(lines: list[str], own: Collection[str]) -> str:
    if lines == [CUT_MARK]:
        return (
            f'<p class="cut" style="{_GAP};padding:0 0 6px;border-bottom:1px solid '
            f'#d5d3cb;color:#5a6461;font-size:13px">{CUT_MARK}</p>'
        )
    if len(lines) == 2 and lines[0].endswith(":") and lines[1].partition("#")[0] in own:
        return _button(lines[0][:-1], lines[1])
    return f'<p style="{_GAP}">{"<br>".join(map(_inline, lines))}</p>'


def _button(label: str, url: str) -> str:
    """Return a button as a cell, whose colour Outlook shows, too."""
    return (
        f'<table role="presentation" cellpadding="0" cellspacing="0" border="0" '
        f'style="{_GAP}"><tr><td class="button" bgcolor="#0c6b5b" '
        'style="border-radius:6px;padding:9px 16px">'
        f'<a class="button" href="{escape(url)}" style="color:#ffffff;'
        f'text-decoration:none;font-weight:600">{escape(label)}</a></td></tr></table>'
    )


def _inline(line: str) -> str:
    """Return a line with its links, and its spaces where they set it."""
    line = _SPACES.sub(lambda found: "\xa0" * len(found[0]), line)
    pieces = _LINK.split(line)
    return "".join(
        f'<a href="{escape(piece)}" style="color:#0c6b5b;word-break:break-word">'
        f"{escape(piece)}</a>"
        if at % 2
        else escape(piece)
        for at, piece in enumerate(pieces)
    )
