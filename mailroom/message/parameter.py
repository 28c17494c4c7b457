"""Parameters of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2231).

Broken forms are read as their writers meant them: values without quotes that hold
spaces, encoded words in values, a missing semicolon, apostrophes for quotes, sections
in any order, a charset that lies. The first of two equal names counts.
"""

import re
from urllib.parse import unquote_to_bytes

from mailroom.message import charset, encoded_word

_PARAMETER = re.compile(
    r"([^\s=;\"<>]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*+)\"?|([^;]*+))|(?:[^\s=;]++|.)",
    re.DOTALL,
)
_VALUE = re.compile(r"\s*([^\s;,\"=]*)")
_QUOTED_PAIR = re.compile(r"\\([\"\\])")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")
_UNMARKED = re.compile(r"([A-Za-z0-9_-]{3,20})'([A-Za-z-]{0,8})'(.+)", re.DOTALL)
_ESCAPED = re.compile(r"%[89A-Fa-f][0-9A-Fa-f]")
_NEXT_NAME = re.compile(r"\s(?:charset|boundary|name|filename|format)\s*=", re.I)

MAX_PARAMETERS = 200


def read(value: str) -> tuple[str, dict[str, str]]:
    """Return the value itself in lower case and its parameters, decoded, by name."""
    start = _VALUE.match(value)
    main = start.group(1).lower() if start else ""
    rest = value[start.end() :] if start else value
    if "=" not in rest:
        return main, {}
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAMETER.finditer(rest[:65536]):
        if found.group(1) is None or len(plain) + len(sections) >= MAX_PARAMETERS:
            continue
        name, text = found.group(1).lower(), _text(found)
        if "*" in name and (section := _SECTION.match(name)):
            key, number = section.group(1), int(section.group(2) or 0)
            extended = section.group(3) is not None
            sections.setdefault(key, {}).setdefault(number, (text, extended))
        else:
            plain.setdefault(name, encoded_word.decode(text))
    for key, pieces in sections.items():
        plain[key] = _join(pieces)
    for key in ("filename", "name"):
        if "%" in plain.get(key, ""):
            plain[key] = _unescaped(plain[key])
    return main, plain


def _unescaped(name: str) -> str:
    """A file name with the escapes of RFC 2231 or a URL where nothing announces them.

    Taken for such only if they stand for characters beyond ASCII: "100%25" may be meant.
    """
    found = _UNMARKED.fullmatch(name)
    label, text = (found[1], found[3]) if found else ("utf-8", name)
    if not _ESCAPED.search(text):
        return name
    octets = unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
    try:
        return octets.decode("utf-8") if not found else charset.decode(octets, label)
    except UnicodeDecodeError:
        return name


def _text(found: re.Match[str]) -> str:
    quoted, bare = found.group(2), found.group(3)
    if quoted is not None:
        return _QUOTED_PAIR.sub(r"\1", quoted) if "\\" in quoted else str(quoted)
    text = str(bare).strip()
    if following := _NEXT_NAME.search(text):
        text = text[: following.start()]
    if len(text) > 1 and text[0] == text[-1] == "'":
        text = text[1:-1]
    return text.strip('"')


def _join(pieces: dict[int, tuple[str, bool]]) -> str:
    """Sections of RFC 2231 3 and 4 in order of their numbers."""
    octets, label = b"", ""
    for number in sorted(pieces):
        text, extended = pieces[number]
        if extended and number == min(pieces) and text.count("'") >= 2:
            label, _, text = text.split("'", 2)
        if not extended and "=?" in text:
            text = encoded_word.decode(text)
        raw = text.encode("utf-8", "surrogateescape")
        octets += unquote_to_bytes(raw) if extended else raw
    return encoded_word.decode(charset.decode(octets, label))
