"""Durations of rule files: working time (`1h 30m`) or working days (`2 days`).

The two are different things: `30m` is counted in seconds inside a calendar's hours,
`2 days` means the same local time two working days on. So one duration is either, never
both: `1 day 4h` is refused with a line that says so, as nobody could tell whether the
four hours come before or after the day's closing.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from rules.errors import RulesError

_WORK = re.compile(r"(?:(\d+)\s*h)?\s*(?:(\d+)\s*m)?\s*(?:(\d+)\s*s)?", re.ASCII)
_DAYS = re.compile(r"(\d+)\s*(?:d|days?)", re.ASCII)
_MIXED = re.compile(r"\d\s*d.*\d\s*[hms]|\d\s*[hms].*\d\s*d", re.ASCII)
_FORMS = "write it like 30m, 4h, 1h 30m, 90s or 2 days"
LONGEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Duration:
    """Either `work`, seconds inside the hours, or `days`, working days."""

    work: timedelta = timedelta(0)
    days: int = 0

    @classmethod
    def parse(cls, text: str, *, zero: bool = False) -> "Duration":
        """Read `30m`, `4h`, `1h 30m`, `90s`, `1 day`, `2 days` or `2d`.

        Units stand in the order h, m, s, each at most once. `zero=True` also takes `0m`
        (for what a test expects to have run). Raises RulesError.
        """
        written = text.strip()
        parsed = cls._read(written)
        if parsed is None:
            raise RulesError(_complaint(written))
        if parsed == cls() and not zero:
            raise RulesError(f"the duration {written!r} must be more than zero")
        return parsed

    @classmethod
    def _read(cls, written: str) -> "Duration | None":
        if days := _DAYS.fullmatch(written):
            number = _number(days[1], LONGEST.days, written)
            return cls(days=number)
        work = _WORK.fullmatch(written)
        if not written or work is None:
            return None
        most = int(LONGEST.total_seconds())
        hours, minutes, seconds = (
            _number(group or "0", most, written) for group in work.groups()
        )
        total = hours * 3600 + minutes * 60 + seconds
        return cls(timedelta(seconds=_number(str(total), most, written)))

    def __str__(self) -> str:
        """The canonical form: `1h 30m`, `45s`, `1 day`, `2 days`; `0m` for nothing."""
        if self.days:
            return "1 day" if self.days == 1 else f"{self.days} days"
        hours, rest = divmod(int(self.work.total_seconds()), 3600)
        minutes, seconds = divmod(rest, 60)
        parts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
        return " ".join(f"{count}{unit}" for count, unit in parts if count) or "0m"


def _number(digits: str, most: int, written: str) -> int:
    if len(digits) > 12 or int(digits) > most:
        raise RulesError(f"the duration {written[:40]!r} is longer than ten years")
    return int(digits)


def _complaint(written: str) -> str:
    if _MIXED.search(written):
        return (
            f"the duration {written!r} mixes working days with working time; "
            "write one of them, as in 2 days or 12h"
        )
    if written.startswith("-"):
        return f"the duration {written!r} must be more than zero"
    return f"{written!r} is no duration; {_FORMS}"
