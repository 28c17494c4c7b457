"""Tokens of HTML as mail clients write it: tags and text, one pass, linear time.

Follows the tokenization states of the WHATWG HTML standard (13.2.5) as far as they
matter for reading, and departs where that loses words: a `<` that opens no tag is
text, a quote left open ends with its tag, an unclosed comment ends at the next `>`.
The libraries at hand build a tree, which costs quadratic time on mis-nested markup.
"""

from collections.abc import Iterator
from html import unescape
from re import ASCII, IGNORECASE
from re import compile as pattern

_OPENER = pattern(r"<(?=/?[A-Za-z]|[!?])")
# No alternative can cross a "<", so a failed match costs only the way to the next one.
_TAG = pattern(
    r"<(/?[A-Za-z][^\s/<>]*+)((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>", ASCII
)
_LOOSE_TAG = pattern(r"<(/?[A-Za-z][^\s/<>]*+)([^<>]*+)(?:>|(?=<))", ASCII)
_ATTRIBUTE = pattern(
    r"([^\s=/\"'<>]++)(?:\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s\"'>]++))?+", ASCII
)
_RAW = {
    name: pattern(rf"</{name}(?=[\s/>])[^>]*+>?", IGNORECASE)
    for name in ("script", "style", "title", "template", "svg", "noframes", "xml")
}
_LONG_NUMBER = pattern(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?+")


def tokens(markup: str) -> Iterator[tuple[str, str]]:
    """Yield `("", text)` and `(name, attributes)`; an end tag's name begins with "/".

    Names are in lower case; text and attributes are as written, entities included.
    Comments, declarations, scripts, styles and titles are left out.
    """
    position, size = 0, len(markup)
    last_end = markup.rfind("-->")  # looked for once: time stays linear
    while position < size:
        opener = _OPENER.search(markup, position)
        if opener is None:
            yield "", markup[position:]
            return
        start = opener.start()
        if start > position:
            yield "", markup[position:start]
        match = _TAG.match(markup, start) or _LOOSE_TAG.match(markup, start)
        if match is None:
            position = _past_declaration(markup, start, last_end)
            if position == start:
                yield "", "&lt;"
                position = start + 1
            continue
        name = match[1].lower()
        position = match.end()
        if name in _RAW and not match[2].endswith("/"):
            closing = _RAW[name].search(markup, position)
            position = closing.end() if closing else size
            continue
        yield name, match[2]


def _past_declaration(markup: str, start: int, last_end: int) -> int:
    if markup.startswith("<!--", start):
        if last_end >= start + 2:
            return markup.find("-->", start + 2) + 3
    elif markup[start + 1] not in "!?":
        return start
    end = markup.find(">", start)
    return end + 1 if end >= 0 else len(markup)


def attributes(written: str) -> dict[str, str]:
    """Return a tag's attributes, names in lower case, the first of a name winning."""
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(written):
        bare = value[1:-1] if value[:1] in ("'", '"') else value
        found.setdefault(name.lower(), decoded(bare))
    return found


def decoded(written: str) -> str:
    """Return text with its character references replaced (HTML 13.5)."""
    if "&" not in written:
        return written
    return unescape(_LONG_NUMBER.sub("\ufffd", written))
