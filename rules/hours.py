"""Opening hours as written: `Mon-Thu 09:00-12:30`, `daily 00:00-24:00`, one date's.

Times are wall times, `HH:MM` or `HH:MM:SS`, as seconds from the date's midnight. A span
whose end is before its start passes midnight; `24:00` is only an end; equal start and
end is a fault. Day ranges may wrap (`Fri-Mon`), lists are joined by commas.
"""

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from rules.errors import RulesError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY = 86_400
_SPAN = re.compile(r"(\d{1,2}:\d\d(?::\d\d)?)\s*-\s*(\d{1,2}:\d\d(?::\d\d)?)", re.ASCII)
_FORM = 'write it like "Mon-Fri 09:00-17:00" or "daily 00:00-24:00"'


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """Weekly hours: weekdays (0 is Monday), seconds of the day; `end` may pass 24 h."""

    days: tuple[int, ...]
    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """Read one entry of `hours`. Raises RulesError."""
        days, _, span = text.strip().partition(" ")
        if not span.strip():
            raise RulesError(f"{text!r} are no hours; {_FORM}")
        return cls(_parse_days(days), *parse_span(span.strip()))


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """Hours of one date (`extra`), open whatever else holds for it."""

    day: date
    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "Opening":
        """Read one entry of `extra`, `2026-12-19 10:00-14:00`. Raises RulesError."""
        day, _, span = text.strip().partition(" ")
        if not span.strip():
            form = 'write it like "2026-12-19 10:00-14:00"'
            raise RulesError(f"{text!r} is no extra opening; {form}")
        return cls(parse_date(day), *parse_span(span.strip()))


def parse_date(text: str) -> date:
    """Read `2026-12-31`. Raises RulesError."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise RulesError(f"{text!r} is no date; write it like 2026-12-31")


def parse_span(text: str) -> tuple[int, int]:
    """Read `09:00-12:30` as seconds of the day. Raises RulesError."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise RulesError(f"{text!r} is no span of hours; write it like 09:00-17:00")
    start, end = _parse_time(match[1], text), _parse_time(match[2], text)
    if start == DAY:
        raise RulesError(f"{text!r} starts at 24:00, which is only an end")
    if start == end:
        raise RulesError(f"{text!r} starts and ends at the same time")
    return start, end if end > start else end + DAY


def _parse_time(text: str, span: str) -> int:
    hours, minutes, *rest = map(int, text.split(":"))
    seconds = rest[0] if rest else 0
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY:
        raise RulesError(f"{text!r} in {span!r} is no time of day")
    return total


def _parse_days(text: str) -> tuple[int, ...]:
    if text.lower() == "daily":
        return tuple(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = _parse_day(first)
        length = (_parse_day(last) - begin) % 7 if dash else 0
        days.update((begin + i) % 7 for i in range(length + 1))
    return tuple(sorted(days))


def _parse_day(text: str) -> int:
    name = text.strip().capitalize()
    if name in DAYS:
        return DAYS.index(name)
    near = get_close_matches(name[:3], DAYS, 1, 0.5)
    meant = f"did you mean {near[0]}?" if near else f"use {' '.join(DAYS)} or daily"
    raise RulesError(f"{text!r} is no day of the week; {meant}")
