"""Reads Authentication-Results header fields (RFC 8601 2.2), leniently but bounded.

    authserv-id [version] ; method[/version]=result [reason=...] [ptype.property=value]...

Comments are dropped, quoted strings taken apart. A field that cannot be read in part is
read as far as it goes: what is not understood proves nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LONGEST = 20_000
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<quoted>\"(?:[^\"\\]|\\.)*\")|(?P<mark>[;=()])"
    r"|(?P<word>[^\s\";=()]+)|(?P<stray>.)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result; `properties` as {"header.d": "example.com"}, lower keys."""

    method: str
    result: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """One field: who wrote it (lower case, "" when it names nobody) and its results."""

    authserv_id: str
    results: tuple[Result, ...]

    def of(self, method: str) -> tuple[Result, ...]:
        """The results of one method, in their order."""
        return tuple(result for result in self.results if result.method == method)


def parse(value: str) -> AuthenticationResults:
    """Read one field body. A body that begins with a result has no authserv-id."""
    statements = _statements(value[:_LONGEST])
    head, rest = (statements[0], statements[1:]) if statements else ([], [])
    if len(head) >= 2 and head[1][1] == "=":  # Microsoft's form: no authserv-id
        head, rest = [], statements
    authserv_id = head[0][1].lower().rstrip(".") if head else ""
    results = [_result(statement) for statement in rest]
    return AuthenticationResults(
        authserv_id, tuple(result for result in results if result is not None)
    )


def _statements(value: str) -> list[list[tuple[str, str]]]:
    """Tokens (kind, text) between semicolons, without comments and white space."""
    statements: list[list[tuple[str, str]]] = [[]]
    depth, word_ends = 0, -1
    for found in _TOKEN.finditer(value):
        kind, text = str(found.lastgroup), found.group()
        if kind == "mark" and text in "()":
            depth = max(depth + (1 if text == "(" else -1), 0)
        elif depth or kind in ("space", "stray"):
            continue
        elif text == ";":
            statements.append([])
        elif kind == "mark":
            statements[-1].append((kind, text))
        else:
            if kind == "quoted":
                text = _ESCAPED.sub(r"\1", text[1:-1])
            if word_ends == found.start():  # "local part"@domain is one word
                text = statements[-1].pop()[1] + text
            statements[-1].append(("word", text))
            word_ends = found.end()
    return [statement for statement in statements if statement]


def _result(statement: list[tuple[str, str]]) -> Result | None:
    pairs = _pairs(statement)
    if not pairs:
        return None  # "none", or nothing that can be read
    method, result = pairs[0]
    properties: dict[str, str] = {}
    for key, value in pairs[1:]:
        properties.setdefault(key.lower(), value)
    return Result(method.lower().partition("/")[0].strip(), result.lower(), properties)


def _pairs(statement: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Every `key = value` of a statement; a value ends at white space."""
    pairs = []
    for index, token in enumerate(statement):
        if token != ("mark", "=") or not 0 < index < len(statement) - 1:
            continue
        (before, key), (after, value) = statement[index - 1], statement[index + 1]
        if before == after == "word":
            pairs.append((key, value))
    return pairs
