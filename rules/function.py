"""The functions of conditions: `$mentions $under $open $matches $lower`.

Each exists twice, for the engine (on plain values) and for `rules.fast` (on a view, with
its words made ready); both go through the same comparison. What they look for must be
written in quotes, so that it is checked when the file is loaded. A fact that is null is
in no place and matches nothing.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import re2

from rules.calendar import Calendar
from rules.domain import is_under, to_ascii
from rules.facts import Facts
from rules.fast import Check, Function, closure, type_name
from rules.near import hint
from rules.part import Keys
from rules.view import View
from rules.words import Phrase, normal_form

FUNCTIONS: Mapping[str, int] = {  # name -> least number of arguments
    "mentions": 2,
    "under": 2,
    "open": 1,
    "matches": 2,
    "lower": 1,
}
_MOST = {"open": 1, "matches": 2, "lower": 1}


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Any:
    """Compile for RE2, quietly; ValueError says what is wrong.

    In an engine string `"\\b"` is a backspace, which no mail rule means: it is read as
    the word boundary that `\\b` is in a regex.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern.replace("\b", r"\b"), options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        words = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"bad regex {pattern!r}: {words}") from error


@lru_cache(maxsize=4096)
def _phrase(text: str) -> Phrase:
    return Phrase.of(text)


class Functions:
    """The functions of one rule set; `$open` knows its calendars."""

    def __init__(self, calendars: Mapping[str, Calendar]) -> None:
        self._calendars = calendars
        self._current = threading.local()

    @contextmanager
    def seeing(self, facts: Facts) -> Iterator[None]:
        """While inside, the engine's `$open` looks at these facts' `received`."""
        self._current.received = facts.received
        try:
            yield
        finally:
            self._current.received = None

    def plain(self) -> dict[str, Callable[..., Any]]:
        """The functions as the engine calls them."""
        return {
            "mentions": _mentions,
            "under": _under,
            "matches": _matches,
            "lower": lambda text: (text or "").lower(),
            "open": lambda name: self._calendars[name].is_open(self._current.received),
        }

    def fast(self) -> dict[str, Function]:
        """The functions as `rules.fast` builds them."""
        return {
            "mentions": self._fast_mentions,
            "under": self._fast_under,
            "matches": self._fast_matches,
            "lower": self._fast_lower,
            "open": self._fast_open,
        }

    def check(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Check a call's arguments when it is loaded; ValueError says what is wrong."""
        if name not in FUNCTIONS:
            return
        if len(arguments) > _MOST.get(name, len(arguments)):
            raise ValueError(f"takes {_MOST[name]} argument(s), not {len(arguments)}")
        first, rest = arguments[0], arguments[1:]
        if type_name(first) not in ("STRING", "UNDEFINED"):
            raise ValueError("its first argument must be text")
        for literal in (first, *rest) if name == "open" else rest:
            if type(literal).__name__ != "StringExpression":
                raise ValueError("what it looks for must be written in quotes")
            self._check_literal(name, literal.value)

    def _check_literal(self, name: str, text: str) -> None:
        if name == "mentions":
            Phrase.of(text)
        elif name == "matches":
            compile_pattern(text)
        elif name == "under":
            check_domain(text)
        elif text not in self._calendars:
            raise ValueError(f'no calendar "{text}"{hint(text, self._calendars)}')

    @staticmethod
    def keys(function: Any, arguments: tuple[Any, ...]) -> Keys:
        """What a call cannot do without."""
        name, literals = getattr(function, "name", ""), arguments[1:]
        fact = getattr(arguments[0], "name", "") if arguments else ""
        if name == "mentions" and fact in ("subject", "text"):
            return Keys(phrases=frozenset(normal_form(a.value) for a in literals))
        owner = getattr(getattr(arguments[0], "object", None), "name", "")
        if name == "under" and (owner, fact) == ("sender", "domain"):
            return Keys(domains=frozenset(to_ascii(a.value) for a in literals))
        return Keys()

    def _fast_mentions(self, arguments: tuple[Any, ...]) -> Check:
        phrases = tuple(Phrase.of(a.value) for a in arguments[1:])
        first = arguments[0]
        name = first.name if type(first).__name__ == "SymbolExpression" else ""
        if name == "text":
            return lambda view: any(p.is_in(view.text) for p in phrases)
        if name == "subject":
            return lambda view: any(p.is_in(view.subject) for p in phrases)
        get = closure(first, self.fast())

        def mentions(view: View) -> bool:
            text = get(view)
            return text is not None and any(p.is_in(view.form(text)) for p in phrases)

        return mentions

    def _fast_under(self, arguments: tuple[Any, ...]) -> Check:
        get = closure(arguments[0], self.fast())
        domains = tuple(to_ascii(a.value) for a in arguments[1:])

        def under(view: View) -> bool:
            domain = to_ascii(get(view) or "")
            return any(is_under(domain, parent) for parent in domains)

        return under

    def _fast_matches(self, arguments: tuple[Any, ...]) -> Check:
        get = closure(arguments[0], self.fast())
        search = compile_pattern(arguments[1].value).search

        def matches(view: View) -> bool:
            text = get(view)
            return text is not None and search(text) is not None

        return matches

    def _fast_lower(self, arguments: tuple[Any, ...]) -> Check:
        get = closure(arguments[0], self.fast())
        return lambda view: (get(view) or "").lower()

    def _fast_open(self, arguments: tuple[Any, ...]) -> Check:
        calendar = self._calendars[arguments[0].value]
        return lambda view: calendar.is_open(view.facts.received)


def check_domain(text: str) -> None:
    """Refuse what is no domain; ValueError says what was meant."""
    if "@" in text:
        raise ValueError(f'"{text}" is no domain; write "{text.rpartition("@")[2]}"')
    if text.startswith(("*.", ".")):
        meant = text.lstrip("*.")
        raise ValueError(f'"{text}": subdomains are meant anyway; write "{meant}"')
    if not text or any(c.isspace() or c in '*?,;:/"' for c in text):
        raise ValueError(f'"{text}" is no domain')


def _mentions(text: str | None, *phrases: str) -> bool:
    if text is None:
        return False
    form = normal_form(text)
    return any(_phrase(phrase).is_in(form) for phrase in phrases)


def _under(domain: str | None, *parents: str) -> bool:
    plain = to_ascii(domain or "")
    return any(is_under(plain, to_ascii(parent)) for parent in parents)


def _matches(text: str | None, pattern: str) -> bool:
    return text is not None and compile_pattern(pattern).search(text) is not None
