"""Can a condition hold at all? Only a sure no is an answer.

The condition is taken apart into its alternatives, each a list of leaves that must hold
or must not; it can never hold where every alternative contradicts itself.
"""

from collections import defaultdict
from collections.abc import Sequence

from rules.claim import Claim, advice, clash
from rules.domain import is_under
from rules.implication import conjuncts, value_of
from rules.part import Condition, Part

_MOST = 64  # alternatives that are looked at
_LATER = frozenset(("customer_reply", "agent_reply"))
Literal = tuple[Part, bool]  # a leaf, and whether it must hold
Given = tuple[tuple[Claim, str], ...]  # what is known beforehand, and why


def contradiction(condition: Condition, on: frozenset[str] = frozenset()) -> str | None:
    """Say why the condition can never hold at these events, if that is sure."""
    for part in conjuncts(condition.root):
        if value_of(part) is False:
            return f"`{part.text}` is never true"
    alternatives = _alternatives(condition.root, holds=True)
    given = _given(on)
    found = [_clash(each, given) for each in alternatives or ()]
    if not found or None in found:
        return None
    if len(found) == 1:
        return found[0]
    return f"none of its alternatives can hold; {found[0]}"


def _given(on: frozenset[str]) -> Given:
    """What the events say of a mail: the one that opens a ticket is no reply."""
    if on == {"opened"}:
        why = "the mail that opens a ticket is no reply"
        return ((Claim("reply", "eq", frozenset({False})), why),)
    if on and on <= _LATER:
        why = "what comes later is a reply"
        return ((Claim("reply", "eq", frozenset({True})), why),)
    return ()


def _alternatives(part: Part, *, holds: bool) -> list[list[Literal]] | None:
    """The ways in which a part holds (or does not); None where they are too many."""
    if part.kind == "leaf":
        return [[(part, holds)]]
    if part.kind == "not":
        return _alternatives(part.parts[0], holds=not holds)
    found = [_alternatives(child, holds=holds) for child in part.parts]
    known = [each for each in found if each is not None]
    if (part.kind == "any") is holds:
        return _few([way for each in known for way in each], len(known) == len(found))
    ways: list[list[Literal]] = [[]]
    for each in known:  # what is left out only makes an alternative wider
        if len(ways) * len(each) <= _MOST:
            ways = [[*way, *more] for way in ways for more in each]
    return ways


def _few(ways: list[list[Literal]], whole: bool) -> list[list[Literal]] | None:
    return ways if whole and len(ways) <= _MOST else None


def _clash(literals: Sequence[Literal], given: Given) -> str | None:
    """Say why these leaves never hold together, if that is sure."""
    for part, holds in literals:
        if part.constant is not None and part.constant is not holds:
            return f"`{part.text}` is {'never' if holds else 'always'} true"
    refused = {part.text for part, holds in literals if not holds}
    for part, holds in literals:
        if holds and part.text in refused:
            return f"`{part.text}` is both wanted and refused"
    wanted = [part for part, holds in literals if holds]
    return _domains_apart(wanted) or _claims_apart(literals, given)


def _domains_apart(parts: list[Part]) -> str | None:
    """Two lists of domains, one of which the sender must be under, that never meet."""
    bound = [part for part in parts if part.keys.domains is not None]
    for index, one in enumerate(bound):
        for other in bound[index + 1 :]:
            if not _meet(one.keys.domains or frozenset(), other.keys.domains or ()):
                return (
                    f"no sender's domain is under both `{one.text}` and `{other.text}`"
                )
    return None


def _meet(one: frozenset[str], other: frozenset[str] | tuple[()]) -> bool:
    return any(is_under(a, b) or is_under(b, a) for a in one for b in other)


def _claims_apart(literals: Sequence[Literal], given: Given) -> str | None:
    claims: dict[str, list[tuple[Claim, str]]] = defaultdict(list)
    for part, holds in literals:
        if part.claim is not None:
            claim = part.claim if holds else part.claim.denied
            text = part.text if holds else f"not {part.text}"
            claims[claim.fact].append((claim, text))
    for found in claims.values():
        if found and clash(claim for claim, _ in found):
            return _together(found)
    for claim, why in given:
        found = claims.get(claim.fact, [])
        if found and clash([claim, *(each for each, _ in found)]):
            return f"`{found[0][1]}` cannot hold: {why}"
    return _domain_apart(claims["sender.domain"], literals)


def _domain_apart(
    claims: list[tuple[Claim, str]], literals: Sequence[Literal]
) -> str | None:
    """A list of domains that the sender's is one of, none of them below another list."""
    for claim, text in claims:
        for part, holds in literals:
            above = part.keys.domains
            if claim.kind != "eq" or not holds or above is None or part.text == text:
                continue
            if not any(is_under(str(d), a) for d in claim.values for a in above):
                return _together([(claim, text), (claim, part.text)])
    return None


def _together(found: Sequence[tuple[Claim, str]]) -> str:
    texts = list(dict.fromkeys(text for _, text in found))
    shown = " and ".join(f"`{text}`" for text in texts)
    if len(texts) == 1:
        return f"{shown} is never true{advice(found[0][0])}"
    return f"{shown} never hold together"
