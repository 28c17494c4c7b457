"""Where each key and value of a TOML document stands (TOML 1.0), which tomllib hides.

A scanner for text that tomllib has accepted: it finds places and judges nothing. A path
is the keys and list indexes that lead to a value: ("rule", 3, "when"). It runs only when
there is a fault or a warning to place.
"""

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|'
    + r"'''.*?'{3,5}|"
    + r'"(?:[^"\\]|\\.)*"|'
    + r"'[^']*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\r\n]+")


@dataclass(slots=True)
class Positions:
    """Offsets by path: of each key (or table header) and of each value."""

    text: str
    keys: dict[Path, int] = field(default_factory=dict)
    values: dict[Path, int] = field(default_factory=dict)
    _lines: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = [0, *(m.end() for m in re.finditer("\n", self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def key(self, path: Path) -> tuple[int, int]:
        """The place of a key or of a table's header; else of what it stands in."""
        return self._nearest(path, self.keys, self.values)

    def value(self, path: Path) -> tuple[int, int]:
        """The place of a value; else of its key, else of what it stands in."""
        return self._nearest(path, self.values, self.keys)

    def inside(self, path: Path, offset: int) -> tuple[int, int]:
        """The place of a character of a string value, `offset` from its start."""
        start = self.values.get(path)
        match = _STRING.match(self.text, start) if start is not None else None
        if match is None:
            return self.value(path)
        literal = match.group()
        quotes = 3 if literal[:3] in ('"""', "'''") else 1
        first = match.start() + quotes
        if quotes == 3 and self.text[first : first + 1] in ("\r", "\n"):
            first = self.text.index("\n", first) + 1
        if literal[0] == '"':
            offset = _escaped(self.text[first : match.end() - quotes], offset)
        return self.place(first + offset)

    def _nearest(
        self, path: Path, first: dict[Path, int], second: dict[Path, int]
    ) -> tuple[int, int]:
        while path:
            for places in (first, second):
                if path in places:
                    return self.place(places[path])
            path = path[:-1]
        return 1, 1


def _escaped(source: str, offset: int) -> int:
    """Return how far into a basic string its decoded character `offset` stands."""
    at = 0
    for _ in range(offset):
        if at >= len(source):
            break
        width = 1
        if source[at] == "\\":
            width = {"u": 6, "U": 10}.get(source[at + 1 : at + 2], 2)
        at += width
    return at


def scan(text: str) -> Positions:
    """Find every key and value of a document that tomllib accepts."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found = Positions(text)
        self._counts: dict[Path, int] = {}  # arrays of tables

    def scan(self) -> Positions:
        table: Path = ()
        self._skip(_GAP)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_GAP)
        return self._found

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()

    def _header(self) -> Path:
        start = self._at
        is_list = self._text.startswith("[[", start)
        self._at += 2 if is_list else 1
        names, places = self._dotted()
        self._at += 2 if is_list else 1
        path: Path = ()
        for index, name in enumerate(names):
            path = (*path, name)
            last = index == len(names) - 1
            self._found.keys.setdefault(path, start if last else places[index])
            if last and is_list:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
            if last and is_list:
                self._found.keys[path] = start
        return path

    def _dotted(self) -> tuple[list[str], list[int]]:
        names, places = [], []
        while True:
            self._skip(_BLANK)
            places.append(self._at)
            names.append(self._name())
            self._skip(_BLANK)
            if self._text[self._at : self._at + 1] != ".":
                return names, places
            self._at += 1

    def _name(self) -> str:
        bare = _BARE.match(self._text, self._at)
        if bare is not None:
            self._at = bare.end()
            return bare.group()
        match = _STRING.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return str(tomllib.loads(f"k = {match.group()}")["k"])

    def _pair(self, table: Path) -> None:
        names, places = self._dotted()
        path = table
        for name, place in zip(names, places, strict=True):
            path = (*path, name)
            self._found.keys.setdefault(path, place)
        self._at += 1  # "="
        self._skip(_BLANK)
        self._value(path)

    def _value(self, path: Path) -> None:
        self._found.values[path] = self._at
        opening = self._text[self._at]
        if opening == "[":
            self._list(path)
        elif opening == "{":
            self._inline(path)
        else:
            self._skip(_STRING if opening in "\"'" else _PLAIN)

    def _list(self, path: Path) -> None:
        self._at += 1
        index = 0
        self._skip(_GAP)
        while self._text[self._at] != "]":
            self._value((*path, index))
            index += 1
            self._skip(_GAP)
            if self._text[self._at] == ",":
                self._at += 1
                self._skip(_GAP)
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        self._skip(_GAP)
        while self._text[self._at] != "}":
            self._pair(path)
            self._skip(_GAP)
            if self._text[self._at] == ",":
                self._at += 1
                self._skip(_GAP)
        self._at += 1
