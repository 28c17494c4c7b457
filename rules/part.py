"""A compiled condition: its parts, their answers, and what `explain` shows of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rules.claim import Claim
from rules.facts import Facts
from rules.view import View

Seen = tuple[tuple[str, Any], ...]  # (fact as written, its value)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a match cannot do without, for an index over many rules; None = unknown.

    Under `domains`: the sender's domain is one of these or below it. `phrases`: at least
    one of these (in normal form) stands in subject or text, as `rules.words` finds them.
    `mailboxes`: the mail was for one of these.
    """

    domains: frozenset[str] | None = None
    phrases: frozenset[str] | None = None
    mailboxes: frozenset[str] | None = None

    def both(self, other: "Keys") -> "Keys":
        """Keys of `self and other`: either side's will do; the shorter list is kept."""
        return Keys(
            _fewer(self.domains, other.domains),
            _fewer(self.phrases, other.phrases),
            _fewer(self.mailboxes, other.mailboxes),
        )

    def either(self, other: "Keys") -> "Keys":
        """Keys of `self or other`: only where both sides have them."""
        return Keys(
            _union(self.domains, other.domains),
            _union(self.phrases, other.phrases),
            _union(self.mailboxes, other.mailboxes),
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """One part as it was seen: `value` is None where it failed (`error`)."""

    kind: str  # all, any, not, leaf
    key: (
        str  # the key of the rule file it comes from: when, domains, keywords, to, from
    )
    text: str  # as a rule-engine expression
    value: bool | None
    error: str | None = None
    seen: Seen = ()
    parts: tuple["Trace", ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a condition; a leaf has a `check`, any other kind has `parts`."""

    kind: str
    text: str
    key: str = "when"
    offset: int = 0  # of a leaf of `when`, within its text
    check: Callable[[View], Any] | None = None
    parts: tuple["Part", ...] = ()
    look: Callable[[Facts], Seen] | None = None  # the facts a leaf reads
    names: frozenset[str] = frozenset()  # of those facts
    keys: Keys = Keys()
    safe: bool = True  # cannot fail at run time
    constant: bool | None = None  # a leaf that is always this
    claim: Claim | None = None  # what a leaf says of one fact, where it is that plain
    warnings: tuple[tuple[int, str], ...] = ()  # (offset within the text, words)

    def function(self) -> Callable[[View], Any]:
        """One closure for the whole part."""
        if self.kind == "leaf":
            assert self.check is not None
            return self.check
        functions = [part.function() for part in self.parts]
        if self.kind == "not":
            return lambda view: not functions[0](view)
        if self.kind == "any":
            return lambda view: any(f(view) for f in functions)
        if len(functions) == 2:
            first, second = functions
            return lambda view: bool(first(view) and second(view))
        return lambda view: all(f(view) for f in functions)

    def trace(self, view: View) -> Trace:
        """Evaluate every part, also those that the answer does not need."""
        if self.kind != "leaf":
            parts = tuple(part.trace(view) for part in self.parts)
            value = _combine(self.kind, [part.value for part in parts])
            return Trace(self.kind, self.key, self.text, value, parts=parts)
        assert self.check is not None
        seen = self.look(view.facts) if self.look is not None else ()
        try:
            value = bool(self.check(view))
        except Exception as error:  # a failing part is shown, not raised
            return Trace("leaf", self.key, self.text, None, describe(error), seen)
        return Trace("leaf", self.key, self.text, value, None, seen)

    def leaves(self) -> list["Part"]:
        """Every leaf, in the order of the text."""
        if self.kind == "leaf":
            return [self]
        return [leaf for part in self.parts for leaf in part.leaves()]


@dataclass(frozen=True, slots=True)
class Condition:
    """The whole condition of a rule; `root` has its parts, one a key of the file."""

    root: Part
    _function: Callable[[View], Any] = field(repr=False, compare=False)

    @classmethod
    def of(cls, parts: tuple[Part, ...]) -> "Condition":
        """All of the parts must hold; no part at all always holds."""
        if len(parts) == 1:
            root = parts[0]
        else:
            text = " and ".join(f"({part.text})" for part in parts) or "true"
            keys = Keys()
            for part in parts:
                keys = keys.both(part.keys)
            root = Part("all", text, "", parts=parts, keys=keys)
        return cls(root, root.function())

    @property
    def text(self) -> str:
        """The condition as one rule-engine expression."""
        return self.root.text

    @property
    def keys(self) -> Keys:
        """What a match cannot do without."""
        return self.root.keys

    @property
    def names(self) -> frozenset[str]:
        """The facts it reads, such as `sender.domain`."""
        return frozenset().union(*(leaf.names for leaf in self.root.leaves()))

    @property
    def safe(self) -> bool:
        """Can it not fail at run time, whatever the mail?"""
        return all(leaf.safe for leaf in self.root.leaves())

    def evaluate(self, view: View) -> bool:
        """Does it hold? Raises whatever a part raises at run time."""
        return bool(self._function(view))

    def matches(self, facts: Facts) -> bool:
        """Does it hold for these facts?"""
        return self.evaluate(View(facts))

    def trace(self, facts: Facts) -> Trace:
        """Return the tree of parts with the values seen. Raises nothing."""
        return self.root.trace(View(facts))


def describe(error: Exception) -> str:
    """Say in a line what went wrong at run time."""
    if isinstance(error, KeyError):
        return f"no such entry: {error}"
    return str(error) or type(error).__name__


def _combine(kind: str, values: list[bool | None]) -> bool | None:
    """What evaluation from left to right would have come to; None where it fails."""
    if kind == "not":
        return None if values[0] is None else not values[0]
    decisive = kind == "any"
    for value in values:
        if value is None or value is decisive:
            return value
    return not decisive


def _fewer(
    one: frozenset[str] | None, other: frozenset[str] | None
) -> frozenset[str] | None:
    known = [keys for keys in (one, other) if keys is not None]
    return min(known, key=len) if known else None


def _union(
    one: frozenset[str] | None, other: frozenset[str] | None
) -> frozenset[str] | None:
    return None if one is None or other is None else one | other
