"""Which of many rules can match at all: by sender's domain, words and mailbox.

A rule is filed under one thing that a match cannot do without (`rules.part.Keys`); one
that has no such thing, or that could fail at run time, is always looked at. The answer
is the same as looking at every rule, which a property test holds; only the cost is not.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from rules.domain import parents
from rules.part import Condition
from rules.view import View
from rules.words import Phrase

R = TypeVar("R")

_RUN = re.compile(r"\w+")
SMALL = 40  # with fewer rules, looking at each is cheaper than looking them up


class Index(Generic[R]):
    """Rules in order, filed by what their conditions need."""

    def __init__(self, rules: Sequence[R], conditions: Iterable[Condition]) -> None:
        self._rules = rules
        self._always: list[int] = []
        self._domains: dict[str, list[int]] = defaultdict(list)
        self._words: dict[str, list[int]] = defaultdict(list)
        self._mailboxes: dict[str, list[int]] = defaultdict(list)
        for number, condition in enumerate(conditions):
            self._file(number, condition)

    def candidates(self, view: View) -> Sequence[R]:
        """Return the rules that may match, in order; every one that does is among them."""
        if len(self._rules) < SMALL:
            return self._rules
        found = set(self._always)
        if self._domains:
            for domain in parents(view.facts.sender.domain):
                found.update(self._domains.get(domain, ()))
        if self._words:
            for word in self._words.keys() & view.words:
                found.update(self._words[word])
        for mailbox in view.facts.mailboxes if self._mailboxes else ():
            found.update(self._mailboxes.get(mailbox, ()))
        return [self._rules[number] for number in sorted(found)]

    def _file(self, number: int, condition: Condition) -> None:
        keys = condition.keys
        words = _words(keys.phrases) if keys.phrases is not None else None
        if not condition.safe:
            self._always.append(number)
        elif keys.domains is not None:
            _add(self._domains, keys.domains, number)
        elif words is not None:
            _add(self._words, words, number)
        elif keys.mailboxes is not None:
            _add(self._mailboxes, keys.mailboxes, number)
        else:
            self._always.append(number)


def _add(table: dict[str, list[int]], keys: Iterable[str], number: int) -> None:
    for key in keys:
        table[key].append(number)


def _words(phrases: frozenset[str]) -> set[str] | None:
    """Return one word for each phrase; None where some phrase has no whole word."""
    words = {word for form in phrases if (word := _word(Phrase.of(form))) is not None}
    whole = all(_word(Phrase.of(form)) is not None for form in phrases)
    return words if whole else None


def _word(phrase: Phrase) -> str | None:
    """The longest run of word characters that stands alone wherever the phrase does."""
    runs = []
    for match in _RUN.finditer(phrase.form):
        left = match.start() > 0 or phrase.bound_left
        right = match.end() < len(phrase.form) or phrase.bound_right
        if left and right:
            runs.append(match.group())
    return max(runs, key=len) if runs else None
