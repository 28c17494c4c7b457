"""What is allowed in a condition and yet hardly ever what was meant."""

from collections.abc import Iterator
from typing import Any

from rules.expression import tokens
from rules.fast import type_name
from rules.near import hint
from rules.policy import PRIORITIES, STATUSES
from rules.words import is_word_character

_VALUES = {"status": STATUSES, "priority": PRIORITIES}


def suspicions(source: str, nodes: list[Any]) -> tuple[tuple[int, str], ...]:
    """Return (offset in `source`, words) of every suspicion about one leaf."""
    return tuple(
        found
        for node in nodes
        for found in _LOOKS.get(type(node).__name__, _none)(source, node)
    )


def _none(source: str, node: Any) -> Iterator[tuple[int, str]]:
    return iter(())


def _at(source: str, word: str) -> int:
    return next((t.start for t in tokens(source) if t.text == word), 0)


def _contains(source: str, node: Any) -> Iterator[tuple[int, str]]:
    """`in` on a string finds parts of words, and of domains."""
    if type_name(node.container) != "STRING":
        return
    at = _at(source, "in")
    member = getattr(node.member, "value", None)
    if not isinstance(member, str):
        if getattr(node.member, "name", "") in ("domain", "address"):
            yield (
                at,
                f"`{source}`: `in` on a string finds parts of it; write == or [...]",
            )
        return
    if not member or not (
        is_word_character(member[0]) and is_word_character(member[-1])
    ):
        return
    name = _root(node.container)
    if name == "domain":
        yield (
            at,
            f'`{source}` also finds parts of it; $under(sender.domain, "{member}")',
        )
    elif name in ("subject", "text"):
        meant = f'$mentions({name}, "{member}")'
        yield at, f"`{source}`: `in` also finds parts of words; did you mean {meant}?"


def _root(node: Any) -> str:
    """The fact below `.as_lower` and `$lower(...)`."""
    if type(node).__name__ == "FunctionCallExpression":
        return _root(node.arguments[0]) if node.arguments else ""
    if getattr(node, "name", "") in ("as_lower", "as_upper"):
        return _root(node.object)
    return str(getattr(node, "name", ""))


def _call(source: str, node: Any) -> Iterator[tuple[int, str]]:
    """`ends_with` on a domain also takes evilacme.com for acme.com."""
    function = node.function
    if getattr(function, "name", "") != "ends_with" or not node.arguments:
        return
    owner = _root(function.object)
    suffix = getattr(node.arguments[0], "value", None)
    is_part = isinstance(suffix, str) and not suffix.startswith((".", "@"))
    if owner not in ("domain", "address") or (owner == "address" and not is_part):
        return
    meant = str(suffix or "").lstrip(".@")
    what = f'`ends_with` on a domain; did you mean $under(sender.domain, "{meant}")?'
    if isinstance(suffix, str) and is_part:
        what = (
            f'`ends_with` takes "evil{meant}" too'
            + what[len("`ends_with` on a domain") :]
        )
    yield _at(source, "ends_with"), what


def _compare(source: str, node: Any) -> Iterator[tuple[int, str]]:
    """A value that the fact never has, and a null that it never is."""
    for fact, other in ((node.left, node.right), (node.right, node.left)):
        owner = getattr(getattr(fact, "object", None), "name", "")
        known = _VALUES.get(getattr(fact, "name", "")) if owner == "ticket" else None
        value = getattr(other, "value", None)
        if known and isinstance(value, str) and value not in known:
            words = f'ticket.{fact.name} is never "{value}"{hint(value, known)}'
            yield _at(source, node_text(source, value)), words
        nullable = hasattr(fact.result_type, "inner_type")
        is_null = type(other).__name__ == "NullExpression"
        if is_null and not nullable and type_name(fact) in ("STRING", "ARRAY", "FLOAT"):
            yield _at(source, "null"), f"`{source}`: it is never null"


def node_text(source: str, value: str) -> str:
    """The token of a string literal with that value."""
    return next(
        (t.text for t in tokens(source) if t.kind == "string" and value in t.text),
        value,
    )


def _item(source: str, node: Any) -> Iterator[tuple[int, str]]:
    """Header names are lower-case, and a missing one fails without `&`."""
    key = getattr(node.item, "value", None)
    if getattr(node.container, "name", "") != "headers" or not isinstance(key, str):
        return
    if key != key.lower():
        meant = key.lower()
        yield (
            _at(source, node_text(source, key)),
            f'header names are in lower case; write "{meant}"',
        )
    if not node.safe:
        meant = f'headers&["{key.lower()}"]'
        yield _at(source, "["), f"fails for a mail without that field; write {meant}"


_LOOKS = {
    "ContainsExpression": _contains,
    "FunctionCallExpression": _call,
    "ComparisonExpression": _compare,
    "GetItemExpression": _item,
}
