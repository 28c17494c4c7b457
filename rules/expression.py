"""The text of a condition taken apart at its `and`, `or` and `not`.

The engine's syntax tree knows no positions; this one does. Each leaf is a piece of the
text that is compiled by itself, so that a fault can be shown where it is and `explain`
can show each part as it was written. Precedence is the engine's: `? :` binds loosest,
then `or`, `and`, `not`, then all else; what stands in brackets is one piece.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.errors import RulesError

_TOKEN = re.compile(
    r"""(?P<string>[rsbdt]?(?P<quote>["'])(?:[^\\\n]|\\.)*?(?P=quote))
      | (?P<name>\$?[A-Za-z_][A-Za-z0-9_]*)
      | (?P<comment>\#.*)
      | (?P<regex>=~~?|!~~?)
      | (?P<compare>==|!=|<=|>=|<<|>>|<|>)
      | (?P<number>[0-9][0-9A-Za-z_.]*)
      | (?P<open>&\[|[(\[{])
      | (?P<close>[)\]}])
      | (?P<other>\?\?|&\.|\S)
    """,
    re.VERBOSE,
)
_CLOSES = {"(": ")", "[": "]", "&[": "]", "{": "}"}
MAX_DEPTH = 60


class ConditionError(RulesError):
    """A condition cannot be compiled: each flaw with its offset in the text."""

    def __init__(self, *flaws: "Flaw") -> None:
        super().__init__("; ".join(flaw.message for flaw in flaws))
        self.flaws = flaws


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong at `offset` (characters from the start of the condition)."""

    offset: int
    message: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the engine's language; `kind` is a group of the pattern above."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of the text, [start, end): `any`, `all`, `not` of children, or a `leaf`."""

    kind: str
    start: int
    end: int
    children: tuple["Node", ...] = ()


def tokens(text: str) -> list[Token]:
    """Return the tokens, without a comment at the end."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "quote":
            kind = "string"
        if kind != "comment":
            found.append(Token(kind, match.group(), match.start()))
    return found


def split(text: str) -> Node:
    """Take a condition apart. Raises ConditionError for brackets and missing operands."""
    words = tokens(text)
    if not words:
        raise ConditionError(Flaw(0, "the condition is empty"))
    _check_brackets(words)
    return _split(words, 0)


def _check_brackets(words: list[Token]) -> None:
    stack: list[Token] = []
    for token in words:
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close":
            if not stack or _CLOSES[stack[-1].text] != token.text:
                raise ConditionError(
                    Flaw(token.start, f"`{token.text}` was not opened")
                )
            stack.pop()
    if stack:
        token = stack[-1]
        raise ConditionError(Flaw(token.start, f"`{token.text}` is never closed"))


def _split(words: list[Token], depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise ConditionError(Flaw(words[0].start, "nested too deeply; split the rule"))
    start, end = words[0].start, words[-1].end
    loose = [word.text for word in _outside(words)]
    if "?" in loose:
        return Node("leaf", start, end)
    for operator, kind in (("or", "any"), ("and", "all")):
        if operator in loose:
            pieces = tuple(_split(p, depth + 1) for p in _pieces(words, operator))
            return Node(kind, start, end, pieces)
    if words[0].text == "not":
        if len(words) == 1:
            raise ConditionError(Flaw(start, "`not` of what? a condition must follow"))
        return Node("not", start, end, (_split(words[1:], depth + 1),))
    if len(words) > 2 and words[0].text == "(" and len(loose) == 2:
        return _split(words[1:-1], depth + 1)
    return Node("leaf", start, end)


def _outside(words: list[Token]) -> Iterator[Token]:
    """Yield the tokens that stand in no bracket (the outer brackets among them)."""
    depth = 0
    for token in words:
        if token.kind == "close":
            depth -= 1
        if depth == 0:
            yield token
        if token.kind == "open":
            depth += 1


def _pieces(words: list[Token], operator: str) -> Iterator[list[Token]]:
    """Cut at the operator where it stands in no bracket."""
    cuts = [t for t in _outside(words) if t.kind == "name" and t.text == operator]
    piece: list[Token] = []
    pending = list(cuts)
    for token in words:
        if pending and token is pending[0]:
            yield _filled(piece, pending.pop(0))
            piece = []
        else:
            piece.append(token)
    yield _filled(piece, cuts[-1])


def _filled(piece: list[Token], cut: Token) -> list[Token]:
    if not piece:
        raise ConditionError(
            Flaw(cut.start, f"`{cut.text}` needs a condition on both sides")
        )
    return piece
