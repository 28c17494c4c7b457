"""A leaf's syntax tree turned into a Python closure: the same answer, ten times sooner.

Works on the engine's typed tree by the names of its classes, so that `rules.condition`
stays the only importer of the engine. What is not handled here raises `Unsupported`, and
the leaf is left to the engine. A property test holds the two to one answer.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from rules.view import View

Check = Callable[[View], Any]
Function = Callable[[tuple[Any, ...]], Check]  # argument nodes -> closure

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_SCALARS = ("STRING", "FLOAT", "BOOLEAN", "DATETIME", "TIMEDELTA")
_STRING_ATTRIBUTES: Mapping[str, Callable[[Any], Any]] = {
    "as_lower": str.lower,
    "as_upper": str.upper,
    "length": len,
    "is_empty": operator.not_,
}
_METHODS: Mapping[str, Callable[[Any, Any], Any]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}


class Unsupported(Exception):
    """This part of the language is left to the engine."""


def type_name(node: Any) -> str:
    """The name of a node's static type without its nullability, "UNDEFINED" if unknown."""
    kind = node.result_type
    return str(getattr(kind, "inner_type", kind).name)


def closure(node: Any, functions: Mapping[str, Function]) -> Check:
    """Turn a node of the engine's tree into a closure. Raises Unsupported."""
    build = _BUILDERS.get(type(node).__name__)
    if build is None:
        raise Unsupported(type(node).__name__)
    return build(node, functions)


def _literal(node: Any, _: Mapping[str, Function]) -> Check:
    if not node.is_reduced:
        raise Unsupported("a list of what is not literal")
    value = node.evaluate(None)
    return lambda view: value


def _symbol(node: Any, _: Mapping[str, Function]) -> Check:
    name = node.name
    if node.scope is not None or type_name(node) == "UNDEFINED":
        raise Unsupported(name)
    if name == "received":
        return lambda view: view.facts.received.astimezone(UTC)
    get = operator.attrgetter(name)
    return lambda view: get(view.facts)


def _attribute(node: Any, functions: Mapping[str, Function]) -> Check:
    name, owner = node.name, type_name(node.object)
    if type(node.object).__name__ == "SymbolExpression" and owner in _OBJECTS:
        get = operator.attrgetter(f"{node.object.name}.{name}")
        return lambda view: get(view.facts)
    if owner == "STRING" and name in _STRING_ATTRIBUTES:
        read = _STRING_ATTRIBUTES[name]
    elif owner == "ARRAY" and name in ("length", "is_empty"):
        read = len if name == "length" else operator.not_
    else:
        raise Unsupported(name)
    inner = closure(node.object, functions)
    if not node.safe:
        return lambda view: read(inner(view))

    def safe(view: View) -> Any:
        value = inner(view)
        return None if value is None else read(value)

    return safe


def _item(node: Any, functions: Mapping[str, Function]) -> Check:
    if type_name(node.container) != "MAPPING" or type_name(node.item) != "STRING":
        raise Unsupported("item")
    mapping, key = closure(node.container, functions), closure(node.item, functions)
    if node.safe:
        return lambda view: mapping(view).get(key(view))
    return lambda view: mapping(view)[key(view)]


def _compare(node: Any, functions: Mapping[str, Function]) -> Check:
    left, right = type_name(node.left), type_name(node.right)
    null = "NULL" in (left, right) and node.type in ("eq", "ne")
    if not null and (left != right or left not in _SCALARS):
        raise Unsupported("comparison")
    get, other = closure(node.left, functions), closure(node.right, functions)
    compare = _COMPARE[node.type]
    return lambda view: compare(get(view), other(view))


def _logic(node: Any, functions: Mapping[str, Function]) -> Check:
    left, right = closure(node.left, functions), closure(node.right, functions)
    if node.type == "and":
        return lambda view: bool(left(view) and right(view))
    return lambda view: bool(left(view) or right(view))


def _contains(node: Any, functions: Mapping[str, Function]) -> Check:
    if type_name(node.container) not in ("STRING", "ARRAY", "SET", "MAPPING"):
        raise Unsupported("container")
    container = closure(node.container, functions)
    member = closure(node.member, functions)
    return lambda view: member(view) in container(view)


def _unary(node: Any, functions: Mapping[str, Function]) -> Check:
    if node.type != "not":
        raise Unsupported(node.type)
    inner = closure(node.right, functions)
    return lambda view: not inner(view)


def _coalesce(node: Any, functions: Mapping[str, Function]) -> Check:
    left, right = closure(node.left, functions), closure(node.right, functions)

    def either(view: View) -> Any:
        value = left(view)
        return right(view) if value is None else value

    return either


def _ternary(node: Any, functions: Mapping[str, Function]) -> Check:
    condition = closure(node.condition, functions)
    yes, no = closure(node.case_true, functions), closure(node.case_false, functions)
    return lambda view: yes(view) if condition(view) else no(view)


def _call(node: Any, functions: Mapping[str, Function]) -> Check:
    function = node.function
    kind = type(function).__name__
    if kind == "SymbolExpression" and function.scope is not None:
        if function.name not in functions:
            raise Unsupported(function.name)
        return functions[function.name](node.arguments)
    is_method = kind == "GetAttributeExpression" and function.name in _METHODS
    if not is_method or function.safe or len(node.arguments) != 1:
        raise Unsupported("call")
    if {type_name(function.object), type_name(node.arguments[0])} != {"STRING"}:
        raise Unsupported("call")
    method = _METHODS[function.name]
    owner = closure(function.object, functions)
    argument = closure(node.arguments[0], functions)
    return lambda view: method(owner(view), argument(view))


_OBJECTS = ("SenderFacts", "TicketFacts")
_BUILDERS: Mapping[str, Callable[[Any, Mapping[str, Function]], Check]] = {
    "ArrayExpression": _literal,
    "ArithmeticComparisonExpression": _compare,
    "BooleanExpression": _literal,
    "CoalesceExpression": _coalesce,
    "ComparisonExpression": _compare,
    "ContainsExpression": _contains,
    "DatetimeExpression": _literal,
    "FloatExpression": _literal,
    "FunctionCallExpression": _call,
    "GetAttributeExpression": _attribute,
    "GetItemExpression": _item,
    "LogicExpression": _logic,
    "NullExpression": _literal,
    "SetExpression": _literal,
    "StringExpression": _literal,
    "SymbolExpression": _symbol,
    "TernaryExpression": _ternary,
    "TimedeltaExpression": _literal,
    "UnaryExpression": _unary,
}
