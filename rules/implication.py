"""Does one rule's condition hold whenever another's does? Only sure answers.

A condition is taken as the list of parts that must all hold. What cannot be proven from
those parts is answered with no, so that a warning built on a yes is sound.
"""

from collections.abc import Iterator

from rules.domain import is_under, parents
from rules.part import Condition, Part


def conjuncts(part: Part) -> list[Part]:
    """The parts that must all hold."""
    if part.kind != "all":
        return [part]
    return [found for child in part.parts for found in conjuncts(child)]


def value_of(part: Part) -> bool | None:
    """The value of a part that is the same for every mail, else None."""
    if part.kind == "leaf":
        return part.constant
    values = [value_of(child) for child in part.parts]
    if part.kind == "not":
        return None if values[0] is None else not values[0]
    decisive = part.kind == "any"
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def implies(stronger: Condition, weaker: Condition) -> bool:
    """Does `weaker` surely hold (or fail as well) whenever `stronger` holds?"""
    given = conjuncts(stronger.root)
    return all(
        any(_part_implies(one, wanted) for one in given)
        for wanted in conjuncts(weaker.root)
        if value_of(wanted) is not True
    )


def _part_implies(one: Part, wanted: Part) -> bool:
    if one.text == wanted.text and one.key == wanted.key:
        return True
    if one.key != wanted.key or one.key == "when":
        return False
    if one.key == "domains":
        mine, theirs = (
            one.keys.domains or frozenset(),
            wanted.keys.domains or frozenset(),
        )
        return all(any(is_under(m, t) for t in theirs) for m in mine)
    if one.key == "keywords":
        return (one.keys.phrases or frozenset()) <= (wanted.keys.phrases or frozenset())
    if one.key == "to":
        mailboxes = wanted.keys.mailboxes or frozenset()
        return (one.keys.mailboxes or frozenset()) <= mailboxes
    return False


def marks(part: Part, *, above: bool) -> Iterator[tuple[str, str]]:
    """Words to find candidates by: any part that implies another shares one with it.

    With `above` the domains' parents are among them: for the side that is looked up.
    """
    keys = part.keys
    named: frozenset[str] = frozenset()
    if part.key == "domains":
        named = keys.domains or frozenset()
    elif part.key == "keywords":
        named = keys.phrases or frozenset()
    elif part.key == "to":
        named = keys.mailboxes or frozenset()
    if not named:
        yield part.key, part.text
    for word in named:
        for mark in parents(word) if above and part.key == "domains" else (word,):
            yield part.key, mark
