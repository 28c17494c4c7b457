"""Reads the engine's syntax tree, by the names of its classes: nodes, facts, keys."""

from collections.abc import Callable, Iterator
from typing import Any

from rules.facts import Facts
from rules.function import Functions
from rules.part import Keys, Seen

_FIELDS = tuple(Facts.__dataclass_fields__)
_CHILDREN = (
    *("left", "right", "object", "container", "member", "item", "condition"),
    *("case_true", "case_false", "function", "result", "iterable", "start", "stop"),
)


def walk(node: Any) -> Iterator[Any]:
    """Yield a node of the engine's tree and all below it."""
    yield node
    for name in _CHILDREN:
        child = getattr(node, name, None)
        if hasattr(child, "evaluate"):
            yield from walk(child)
    for name in ("arguments", "value"):
        children = getattr(node, name, None)
        if isinstance(children, (tuple, list, set, frozenset)):
            for child in children:
                if hasattr(child, "evaluate"):
                    yield from walk(child)


def fact_names(nodes: list[Any]) -> Iterator[str]:
    """The facts that are read, as they are written: `sender.domain`, `size`."""
    owned = {id(n.object) for n in nodes if fact_path(n)}
    for node in nodes:
        path = fact_path(node)
        if path:
            yield path
        elif _is_fact(node) and id(node) not in owned:
            yield node.name
        elif type(node).__name__ == "SymbolExpression" and node.name == "open":
            yield "received"


def _is_fact(node: Any) -> bool:
    is_symbol = type(node).__name__ == "SymbolExpression"
    return is_symbol and node.scope is None and node.name in _FIELDS


def fact_path(node: Any) -> str | None:
    if type(node).__name__ != "GetAttributeExpression" or not _is_fact(node.object):
        return None
    owner = node.object.name
    return f"{owner}.{node.name}" if owner in ("sender", "ticket") else None


def looker(nodes: list[Any]) -> Callable[[Facts], Seen]:
    """Return a function that reads a leaf's facts, one header alone where named."""
    names = list(dict.fromkeys(fact_names(nodes)))
    fields = [
        n.item.value
        for n in nodes
        if type(n).__name__ == "GetItemExpression" and hasattr(n.item, "value")
        if _is_fact(n.container) and n.container.name == "headers"
    ]
    if fields:
        names.remove("headers")

    def look(facts: Facts) -> Seen:
        seen: list[tuple[str, Any]] = []
        for name in names:
            owner, _, attribute = name.rpartition(".")
            holder = getattr(facts, owner) if owner else facts
            seen.append((name, getattr(holder, attribute)))
        seen += [(f'headers&["{key}"]', facts.headers.get(key)) for key in fields]
        return tuple(seen)

    return look


def keys_of(tree: Any) -> Keys:
    """What a leaf cannot do without."""
    if type(tree).__name__ == "FunctionCallExpression":
        return Functions.keys(tree.function, tree.arguments)
    sides = [tree.left, tree.right] if getattr(tree, "type", "") == "eq" else []
    paths = [fact_path(side) for side in sides]
    texts = [side.value for side in sides if type(side).__name__ == "StringExpression"]
    if texts and "sender.domain" in paths:
        return Keys(domains=frozenset(texts))
    if texts and "sender.address" in paths:
        return Keys(domains=frozenset({texts[0].rpartition("@")[2]}))
    return Keys()
