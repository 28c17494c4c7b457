"""Reads tables of a parsed TOML document strictly: each wrong key or value is a fault.

Faults are collected with the path of what is at fault; `rules.loader` places them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar

from rules.errors import RulesError
from rules.near import hint
from rules.positions import Path

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault before it has a line: at the key or the value of `path` in `file`.

    `inside` is the offset within a string value.
    """

    file: str
    path: Path
    message: str
    at: str = "value"  # or "key"
    inside: int | None = None


@dataclass(slots=True)
class Problems:
    """All faults so far."""

    found: list[Problem] = field(default_factory=list)

    def add(
        self,
        file: str,
        path: Path,
        message: str,
        at: str = "value",
        inside: int | None = None,
    ) -> None:
        self.found.append(Problem(file, path, message, at, inside))


def kind_of(value: object) -> str:
    """The word of a TOML value's type, for messages."""
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (str, "a string"),
        (int, "a number"),
        (float, "a number"),
        (list, "a list"),
        (dict, "a table"),
        (datetime, "a time"),
        (date, "a date"),
        (time, "a time of day"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "a value")


@dataclass(slots=True)
class Table:
    """One table of a file; every reader returns None where there is nothing usable."""

    values: Mapping[str, Any]
    path: Path
    file: str
    problems: Problems

    def fault(self, key: str, message: str, at: str = "value") -> None:
        """Report what is wrong with one key of this table."""
        self.problems.add(self.file, (*self.path, key), message, at)

    def missing(self, key: str, where: str) -> None:
        """Report a missing key, at the table's header."""
        message = f'{where} has no "{key}"'
        self.problems.add(self.file, self.path, message, "key")

    def allow(self, known: Iterable[str], where: str) -> None:
        """Report every key that is not known."""
        names = list(known)
        for key in self.values:
            if key not in names:
                message = f'unknown key "{key}" in {where}{hint(key, names, 0)}'
                self.fault(key, message, "key")

    def typed(self, key: str, kind: type[T], word: str) -> T | None:
        """Read a value of just that type."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(key, f'"{key}" must be {word}, not {kind_of(value)}')
            return None
        return value

    def text(self, key: str) -> str | None:
        """Read a string that is not empty."""
        value = self.typed(key, str, "a string")
        if value is not None and not value.strip():
            self.fault(key, f'"{key}" is empty')
            return None
        return value

    def string(self, key: str) -> str | None:
        """Read a string, empty or not."""
        return self.typed(key, str, "a string")

    def flag(self, key: str) -> bool | None:
        """Read true or false."""
        return self.typed(key, bool, "true or false")

    def choice(self, key: str, options: Iterable[str]) -> str | None:
        """Read one of some words."""
        value = self.text(key)
        known = list(options)
        if value is not None and value not in known:
            self.fault(key, f'"{value}" is no {key}{hint(value, known)}')
            return None
        return value

    def texts(self, key: str, *, empty: bool = False) -> tuple[str, ...] | None:
        """Read a list of strings; an empty list is a fault unless `empty`."""
        values = self.typed(key, list, "a list of strings")
        if values is None:
            return None
        if not values and not empty:
            self.fault(key, f'"{key}" is an empty list; leave it out')
            return None
        kept = []
        for index, value in enumerate(values):
            if isinstance(value, str) and value.strip():
                kept.append(value)
                continue
            what = "an empty string" if isinstance(value, str) else kind_of(value)
            path = (*self.path, key, index)
            self.problems.add(self.file, path, f'"{key}" takes strings, not {what}')
        return tuple(kept)

    def choices(self, key: str, options: Iterable[str]) -> tuple[str, ...] | None:
        """Read a list of words out of some; it may be empty."""
        known = list(options)

        def parse(word: str) -> str:
            if word not in known:
                raise RulesError(
                    f'"{word}" does not belong in {key}{hint(word, known)}'
                )
            return word

        return self.parsed_list(key, parse, empty=True)

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        """Read a string through a parser that raises RulesError."""
        value = self.text(key)
        if value is None:
            return None
        try:
            return parse(value)
        except RulesError as error:
            self.fault(key, str(error))
            return None

    def parsed_list(
        self, key: str, parse: Callable[[str], T], *, empty: bool = False
    ) -> tuple[T, ...] | None:
        """Read a list of strings, each through a parser that raises RulesError."""
        if self.texts(key, empty=empty) is None:
            return None
        made: list[T] = []
        for index, value in enumerate(self.values[key]):
            if not isinstance(value, str) or not value.strip():
                continue  # reported by `texts`
            try:
                made.append(parse(value))
            except RulesError as error:
                self.problems.add(self.file, (*self.path, key, index), str(error))
        return tuple(made)

    def table(self, key: str) -> "Table | None":
        """Read a table below this one."""
        value = self.typed(key, dict, "a table")
        if value is None:
            return None
        return Table(value, (*self.path, key), self.file, self.problems)

    def tables(self, key: str) -> list["Table"]:
        """Read a list of tables, `[[key]]`."""
        values = self.values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
            self.fault(key, f'"{key}" must be written as [[...{key}]]', "key")
            return []
        path = (*self.path, key)
        return [
            Table(value, (*path, index), self.file, self.problems)
            for index, value in enumerate(values)
        ]

    def named(self, key: str, header: str) -> list["Table"]:
        """Read tables by name, `[key.NAME]`."""
        below = self.values.get(key, {})
        if not isinstance(below, dict):
            self.fault(key, f"write it as {header}", "key")
            return []
        made = []
        for name, value in below.items():
            path = (*self.path, key, name)
            if isinstance(value, dict):
                made.append(Table(value, path, self.file, self.problems))
            else:
                message = f'"{name}" must be a table; write it as {header}'
                self.problems.add(self.file, path, message, "key")
        return made
