"""Reads a leaf's syntax tree as a claim about one fact, where it is that plain.

A plain fact beside a literal; by the names of the engine's classes.
"""

from typing import Any

from rules.claim import Claim
from rules.fast import type_name
from rules.tree import fact_path

_MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


def claim_of(tree: Any) -> Claim | None:
    """Read a leaf's syntax tree; None where it says more than can be compared."""
    kind = type(tree).__name__
    if kind == "UnaryExpression" and tree.type == "not":
        inner = claim_of(tree.right)
        return inner.denied if inner is not None else None
    if kind == "ContainsExpression":
        return _among(tree)
    if kind in ("ComparisonExpression", "ArithmeticComparisonExpression"):
        return _compared(tree)
    fact = _fact(tree)
    if fact is not None and type_name(tree) == "BOOLEAN":
        return Claim(fact, "eq", frozenset({True}))
    return None


def _among(tree: Any) -> Claim | None:
    fact = _fact(tree.member)
    container = tree.container
    if fact is None or type(container).__name__ not in (
        "ArrayExpression",
        "SetExpression",
    ):
        return None
    if not all(map(_is_literal, container.value)):
        return None
    return Claim(fact, "eq", frozenset(each.value for each in container.value))


def _compared(tree: Any) -> Claim | None:
    for fact, literal, kinds in (
        (tree.left, tree.right, _MIRRORED.keys()),
        (tree.right, tree.left, _MIRRORED.values()),
    ):
        name = _fact(fact)
        if name is None or not _is_literal(literal):
            continue
        kind = dict(zip(_MIRRORED, kinds, strict=True)).get(tree.type)
        ordered = kind not in ("eq", "ne")
        if kind is None or (ordered and type_name(fact) not in ("FLOAT", "TIMEDELTA")):
            return None
        return Claim(name, kind, frozenset({literal.value}))
    return None


def _is_literal(node: Any) -> bool:
    scalars = ("String", "Float", "Boolean", "Null", "Timedelta")
    return type(node).__name__ in [f"{name}Expression" for name in scalars]


def _fact(node: Any) -> str | None:
    """The name of a fact: `size`, `sender.domain`, `to.length`, `subject.as_lower`."""
    kind = type(node).__name__
    if kind == "SymbolExpression":
        return node.name if node.scope is None else None
    if kind == "FunctionCallExpression":
        is_lower = getattr(node.function, "name", "") == "lower"
        inner = _fact(node.arguments[0]) if is_lower and node.arguments else None
        return f"{inner}.as_lower" if inner else None
    if kind != "GetAttributeExpression":
        return None
    if node.name in ("length", "as_lower"):
        inner = _fact(node.object)
        return f"{inner}.{node.name}" if inner else None
    return fact_path(node)
