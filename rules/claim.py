"""What one comparison says of one fact, and whether several can hold together.

Only what is sure: a clash is where no value that the fact can have fits all claims. For
warnings that are sound; `rules.comparison` makes claims of conditions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import floor
from typing import Any

from rules.domain import normalize, to_ascii
from rules.policy import PRIORITIES, STATUSES

_COUNTS = ("size", "ticket.messages", "ticket.reopened")
_LISTS = ("to", "cc", "mailboxes", "attachments", "ticket.tags")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "ticket.status": STATUSES,
    "ticket.priority": PRIORITIES,
}
_FORMS: Mapping[str, Callable[[str], str]] = {
    "sender.domain": to_ascii,
    "sender.address": normalize,
    "recipient": normalize,
}
_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}


@dataclass(frozen=True, slots=True)
class Claim:
    """`fact kind values`: `size gt {10}`; `eq` is one of the values, `ne` none of them."""

    fact: str
    kind: str  # eq, ne, lt, le, gt, ge
    values: frozenset[Any]

    @property
    def denied(self) -> "Claim":
        """What `not` makes of it."""
        return replace(self, kind=_OPPOSITE[self.kind])


def clash(claims: Iterable[Claim]) -> bool:
    """Whether no value fits all of these claims, which are about one fact."""
    known = list(claims)
    fact = known[0].fact
    if fact in _COUNTS or fact.removesuffix(".length") in _LISTS:
        return _numbers_clash(known)
    if fact == "ticket.age":
        return _ends_clash(known)
    return _values_clash(fact, known)


def _values_clash(fact: str, claims: list[Claim]) -> bool:
    among = [claim.values for claim in claims if claim.kind == "eq"]
    if fact in _WORDS:
        among.append(frozenset(_WORDS[fact]))
    elif isinstance(next(iter(claims[0].values)), bool):
        among.append(frozenset({True, False}))
    if not among:
        return False
    left = frozenset.intersection(*among)
    refused = (claim.values for claim in claims if claim.kind == "ne")
    left = left.difference(*refused)
    return not any(_can_be(fact, value) for value in left)


def _can_be(fact: str, value: Any) -> bool:
    """Whether a fact can have the value: addresses are in lower case, with A-labels."""
    if not isinstance(value, str):
        return True
    if fact.endswith(".as_lower"):
        return value == value.lower()
    form = _FORMS.get(fact)
    return form is None or value == form(value)


def advice(claim: Claim) -> str:
    """Say how a value is written that the fact can have; "" where that is not it."""
    values = sorted(str(value) for value in claim.values)
    lower = claim.fact.endswith(".as_lower")
    form = str.lower if lower else _FORMS.get(claim.fact)
    meant = [form(value) for value in values] if form is not None else values
    if claim.kind != "eq" or meant == values:
        return ""
    seen = "lower case" if lower else "lower case with A-labels"
    return f"; it is seen in {seen}; write " + ", ".join(f'"{each}"' for each in meant)


def _numbers_clash(claims: list[Claim]) -> bool:
    """Whole numbers from 0: `> 5` is `>= 6`."""
    fact = claims[0].fact
    whole = [Claim(fact, "ge", frozenset({0}))]
    for claim in claims:
        value = next(iter(claim.values))
        if claim.kind == "gt":
            whole.append(Claim(fact, "ge", frozenset({floor(value) + 1})))
        elif claim.kind == "lt":
            whole.append(Claim(fact, "le", frozenset({-floor(-value) - 1})))
        else:
            whole.append(claim)
    return _ends_clash(whole)


def _ends_clash(claims: list[Claim]) -> bool:
    def fits(value: Any) -> bool:
        return all(_TESTS[claim.kind](value, claim.values) for claim in claims)

    equal = [claim.values for claim in claims if claim.kind == "eq"]
    if equal:
        return not any(map(fits, frozenset.intersection(*equal)))
    lows = [v for c in claims if c.kind in ("ge", "gt") for v in c.values]
    tops = [v for c in claims if c.kind in ("le", "lt") for v in c.values]
    if not lows or not tops or max(lows) < min(tops):
        return False
    return max(lows) > min(tops) or not fits(max(lows))


_TESTS: Mapping[str, Callable[[Any, frozenset[Any]], bool]] = {
    "eq": lambda value, values: value in values,
    "ne": lambda value, values: value not in values,
    "lt": lambda value, values: value < min(values),
    "le": lambda value, values: value <= min(values),
    "gt": lambda value, values: value > max(values),
    "ge": lambda value, values: value >= max(values),
}
