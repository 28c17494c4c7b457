"""Compiles conditions: the only file that imports `rule_engine`.

The engine checks syntax and types against the facts' schema and is the reference for
every answer; `rules.fast` makes of its tree what is run for each mail. Two conditions
differ from the engine's own language: the regex operators are refused (`$matches` does
their work by RE2 in linear time), and of its functions only `$any` and `$all` are left
beside ours, so that an answer depends on nothing but the facts.
"""

import warnings
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from rule_engine import Context, DataType, Rule, errors, type_resolver_from_dataclass
from rule_engine.builtins import Builtins

from rules.calendar import ALWAYS, Calendar
from rules.comparison import claim_of
from rules.expression import ConditionError, Flaw, Node, Token, split, tokens
from rules.facts import Facts, SenderFacts, TicketFacts
from rules.fast import Unsupported, closure, type_name
from rules.function import FUNCTIONS, Functions
from rules.near import hint
from rules.part import Keys, Part, describe
from rules.suspicion import suspicions
from rules.tree import fact_names, keys_of, looker, walk
from rules.view import View

_WORDS = {
    "STRING": "text",
    "FLOAT": "a number",
    "BOOLEAN": "true or false",
    "DATETIME": "a time",
    "TIMEDELTA": "a span of time",
    "ARRAY": "a list",
    "SET": "a set",
    "MAPPING": "a mapping",
    "NULL": "null",
    "OBJECT": "a group of facts",
    "FUNCTION": "a function",
    "BYTES": "bytes",
}
_RESOLVER = type_resolver_from_dataclass(Facts, strict=False)
_HEADERS = DataType.MAPPING(DataType.STRING, DataType.NULLABLE(DataType.STRING))
_FIELDS = tuple(Facts.__dataclass_fields__)
_PATHS = (
    *(f"sender.{name}" for name in SenderFacts.__dataclass_fields__),
    *(f"ticket.{name}" for name in TicketFacts.__dataclass_fields__),
    *(name for name in _FIELDS if name not in ("sender", "ticket")),
)
# What comes out of folding literals when a condition is parsed: `nan > nan`.
_NOT_OF_THE_ENGINE = (
    ArithmeticError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_ALLOWED = (*FUNCTIONS, "any", "all")
_SHORT = {path.rpartition(".")[2]: path for path in reversed(_PATHS)}


def _type_of(name: str) -> Any:
    return _HEADERS if name == "headers" else _RESOLVER(name)


def _value_of(facts: Facts, name: str) -> Any:
    if name not in _FIELDS:
        raise errors.SymbolResolutionError(name, thing=facts)
    return (
        facts.received.astimezone(UTC) if name == "received" else getattr(facts, name)
    )


class Compiler:
    """Compiles the conditions of one rule set; equal leaves are compiled once.

    `calendars` are those `$open` may name; "always" need not be among them.
    """

    def __init__(self, calendars: Mapping[str, Calendar] | None = None) -> None:
        self._functions = Functions({"always": ALWAYS, **(calendars or {})})
        self._context = Context(
            type_resolver=_type_of,
            resolver=_value_of,
            default_timezone="utc",
            mapping_attribute_lookup=False,
        )
        self._context.builtins = Builtins(
            {**self._functions.plain(), "any": any, "all": all},
            value_types=self._types(),
            timezone=UTC,
        )
        self._leaves: dict[str, Part] = {}

    @staticmethod
    def _types() -> dict[str, Any]:
        function, boolean = DataType.FUNCTION, DataType.BOOLEAN
        types = {
            name: function(name, return_type=boolean, minimum_arguments=least)
            for name, least in FUNCTIONS.items()
        }
        types["lower"] = function(
            "lower", return_type=DataType.STRING, minimum_arguments=1
        )
        for name in ("any", "all"):
            types[name] = function(
                name, return_type=boolean, argument_types=(DataType.ARRAY,)
            )
        return types

    def compile(self, text: str) -> Part:
        """Compile `when`. Raises ConditionError with every flaw of it."""
        flaws: list[Flaw] = []
        self._refuse_words(text, flaws)
        part = self._part(text, split(text), flaws) if not flaws else None
        if part is None or flaws:
            raise ConditionError(*flaws)
        return part

    def by_engine(self, text: str, facts: Facts) -> bool:
        """Answer by the engine alone: the reference that tests compare with."""
        with self._functions.seeing(facts):
            return bool(self._rule(text).evaluate(facts))

    def _rule(self, text: str) -> Any:
        """Parse; an escape that Python deprecates, as in "\\d", is as it should be."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return Rule(text, context=self._context)

    @staticmethod
    def _refuse_words(text: str, flaws: list[Flaw]) -> None:
        for token in tokens(text):
            if token.kind == "regex":
                words = f'`{token.text}` is refused; write $matches(subject, "...")'
                flaws.append(Flaw(token.start, words))
            elif token.text.startswith("$") and token.text[1:] not in _ALLOWED:
                flaws.append(_unknown_function(text, token))

    def _part(self, text: str, node: Node, flaws: list[Flaw]) -> Part | None:
        if node.kind == "leaf":
            return self._leaf(text, node, flaws)
        parts = [self._part(text, child, flaws) for child in node.children]
        made = tuple(part for part in parts if part is not None)
        if len(made) < len(parts):
            return None
        source = text[node.start : node.end]
        keys = _keys_of(node.kind, made)
        return Part(node.kind, source, offset=node.start, parts=made, keys=keys)

    def _leaf(self, text: str, node: Node, flaws: list[Flaw]) -> Part | None:
        source = text[node.start : node.end]
        try:
            made = self._leaves.get(source)
            if made is None:
                made = self._leaves[source] = self._compile_leaf(source)
        except ConditionError as error:
            flaws += [Flaw(node.start + f.offset, f.message) for f in error.flaws]
            return None
        return Part(**{**_fields(made), "offset": node.start})

    def _compile_leaf(self, source: str) -> Part:
        try:
            rule = self._rule(source)
        except errors.EngineError as error:
            raise ConditionError(self._flaw(source, error)) from error
        except _NOT_OF_THE_ENGINE as error:
            what = f"`{source}` cannot be computed: {describe(error)}"
            raise ConditionError(Flaw(0, what)) from error
        tree = rule.statement.expression
        self._check(source, tree)
        nodes = list(walk(tree))
        check = self._closure(tree)
        constant = bool(tree.value) if hasattr(tree, "is_reduced") else None
        return Part(
            "leaf",
            source,
            check=check or self._by_engine(rule),
            look=looker(nodes),
            names=frozenset(fact_names(nodes)),
            keys=keys_of(tree),
            safe=check is not None and not any(map(_may_fail, nodes)),
            constant=constant,
            claim=claim_of(tree) if constant is None else None,
            warnings=suspicions(source, nodes),
        )

    def _closure(self, tree: Any) -> Callable[[View], Any] | None:
        try:
            return closure(tree, self._functions.fast())
        except Unsupported:
            return None

    def _by_engine(self, rule: Any) -> Callable[[View], Any]:
        def ask_engine(view: View) -> Any:
            with self._functions.seeing(view.facts):
                return rule.evaluate(view.facts)

        return ask_engine

    def _check(self, source: str, tree: Any) -> None:
        """What the engine lets pass: unlike types, odd arguments, no truth value."""
        for node in walk(tree):
            kind = type(node).__name__
            if kind == "ComparisonExpression":
                _refuse_unlike(source, node.left, node.right)
            elif kind == "ContainsExpression":
                _refuse_stranger(source, node)
            elif kind == "FunctionCallExpression":
                self._check_call(source, node)
        if type_name(tree) in ("OBJECT", "FUNCTION", "SenderFacts", "TicketFacts"):
            raise ConditionError(Flaw(0, f"`{source}` is neither true nor false"))

    def _check_call(self, source: str, node: Any) -> None:
        function = node.function
        if type(function).__name__ != "SymbolExpression" or not function.scope:
            return
        try:
            self._functions.check(function.name, node.arguments)
        except ValueError as error:
            at = _find(source, "$" + function.name)
            raise ConditionError(Flaw(at, f"${function.name}: {error}")) from error

    def _flaw(self, source: str, error: Any) -> Flaw:
        """Say where and what: the engine gives a position for syntax alone."""
        if isinstance(error, errors.RuleSyntaxError):
            return _syntax_flaw(source, error)
        if isinstance(error, errors.SymbolResolutionError):
            return _unknown_symbol(source, error)
        if isinstance(error, errors.AttributeResolutionError):
            return _unknown_attribute(source, error)
        if isinstance(error, errors.FunctionCallError):
            name = f"${error.function_name}"
            return Flaw(_find(source, name), f"{name}: {error.message}")
        return self._type_flaw(source, error)

    def _type_flaw(self, source: str, error: Any) -> Flaw:
        """Find the two sides of the one operator and say what they are."""
        words = [t for t in tokens(source) if t.kind == "compare"]
        if "nullable" in error.message:
            advice = (
                'it may be null; write (... ?? "") around it, or &. before the name'
            )
            return Flaw(0, f"`{source}`: {advice}")
        if len(words) == 1:
            sides = (source[: words[0].start], source[words[0].end :])
            left, right = (self._type_word(side) for side in sides)
            if left and right:
                what = f"`{source}` compares unlike types: {left} and {right}"
                return Flaw(words[0].start, what)
        value = getattr(error, "value", None)
        at = max(source.find(value), 0) if isinstance(value, str) else 0
        return Flaw(at, f"`{source}`: {error.message}")

    def _type_word(self, side: str) -> str | None:
        try:
            tree = self._rule(side).statement.expression
        except (errors.EngineError, *_NOT_OF_THE_ENGINE):
            return None
        return _WORDS.get(type_name(tree))


def _may_fail(node: Any) -> bool:
    """`headers["x"]` fails for a mail without that field."""
    return type(node).__name__ == "GetItemExpression" and not node.safe


def _fields(part: Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__dataclass_fields__}


def _find(source: str, word: str) -> int:
    """Return where the word stands outside of strings; 0 if nowhere."""
    for token in tokens(source):
        if token.text == word and token.kind != "string":
            return token.start
    return 0


def _syntax_flaw(source: str, error: Any) -> Flaw:
    token = error.token
    if token is None:
        return Flaw(len(source), f"`{source}` ends too early")
    return Flaw(token.lexpos, f"syntax error at `{str(token.value)[:30]}`")


def _unknown_symbol(source: str, error: Any) -> Flaw:
    name = error.symbol_name
    near = hint(name, [*_PATHS, *_SHORT], listing=0)
    if name in _SHORT:
        near = f'; did you mean "{_SHORT[name]}"?'
    return Flaw(_find(source, name), f'unknown fact "{name}"{near}')


def _unknown_function(text: str, token: Token) -> Flaw:
    word = token.text
    if word[1:] in Builtins.from_defaults():
        why = "an answer may depend on the facts alone; use `received` or $open(...)"
        return Flaw(token.start, f"{word} is refused: {why}")
    near = hint(word, [f"${name}" for name in _ALLOWED])
    return Flaw(token.start, f'unknown function "{word}"{near}')


def _unknown_attribute(source: str, error: Any) -> Flaw:
    name = error.attribute_name
    words = tokens(source)
    at, owner = 0, ""
    for index, token in enumerate(words):
        if index > 1 and token.text == name and words[index - 1].text in (".", "&."):
            at, owner = token.start, words[index - 2].text
            break
    if isinstance(error, errors.ObjectAttributeError):
        known = [path for path in _PATHS if path.startswith(owner + ".")]
        near = hint(f"{owner}.{name}", known)
        return Flaw(at, f'unknown fact "{owner}.{name}"{near}')
    near = f'; did you mean "{error.suggestion}"?' if error.suggestion else ""
    return Flaw(at, f'"{owner}" has no "{name}"{near}')


def _operator(source: str, *which: str) -> Token | None:
    found = [t for t in tokens(source) if t.text in which]
    return found[0] if len(found) == 1 else None


def _refuse_unlike(source: str, left: Any, right: Any) -> None:
    kinds = [type_name(left), type_name(right)]
    if kinds[0] == kinds[1] or "UNDEFINED" in kinds or "NULL" in kinds:
        return
    names = [_WORDS.get(kind, "a group of facts") for kind in kinds]
    token = _operator(source, "==", "!=")
    what = f"`{source}` compares unlike types: {names[0]} and {names[1]}"
    if kinds[0] == "ARRAY" and kinds[1] == "STRING":
        what += "; did you mean `in`?"
    raise ConditionError(Flaw(token.start if token else 0, what))


def _refuse_stranger(source: str, node: Any) -> None:
    """`3 in ticket.tags` can never hold: the list is of another type."""
    members = getattr(node.container.result_type, "value_type", None)
    if type_name(node.container) not in ("ARRAY", "SET") or members is None:
        return
    member = type_name(node.member)
    inside = str(getattr(members, "inner_type", members).name)
    if inside == "UNDEFINED" and type(node.container).__name__ != "ArrayExpression":
        inside = "STRING"  # every list among the facts is one of texts
    if (
        "UNDEFINED" in (member, inside)
        or "NULL" in (member, inside)
        or member == inside
    ):
        return
    token = _operator(source, "in")
    names = f"{_WORDS.get(member, member)} in a list of {_WORDS.get(inside, inside)}"
    raise ConditionError(
        Flaw(token.start if token else 0, f"`{source}` looks for unlike types: {names}")
    )


def _keys_of(kind: str, parts: tuple[Part, ...]) -> Keys:
    if kind == "not":
        return Keys()
    keys = parts[0].keys
    for part in parts[1:]:
        keys = keys.both(part.keys) if kind == "all" else keys.either(part.keys)
    return keys
