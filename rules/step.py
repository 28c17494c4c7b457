"""Where on a clock an escalation step stands: `75%`, `breach`, `30m before breach`, ...

A point is counted in working time of the clock. `breach` is `100%`. A percentage above
100 is taken as that share of the target, counted on from the breach; `0%` is the
clock's start (outside hours: the next opening).
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from rules.duration import Duration
from rules.errors import RulesError

_PERCENT = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*%", re.ASCII)
_BEFORE = re.compile(r"(.+?)\s+before\s+breach", re.ASCII)
_AFTER = re.compile(r"breach\s*\+\s*(.+)", re.ASCII)
_FORMS = "write it like 75%, breach, 30m before breach or breach + 2h"
BREACH = Decimal(100)


@dataclass(frozen=True, slots=True)
class Point:
    """One of `percent`, `before` and `after` is set; `text` is what was written."""

    text: str
    percent: Decimal | None = None
    before: Duration | None = None
    after: Duration | None = None

    @classmethod
    def parse(cls, text: str) -> "Point":
        """Read a step's `at`. Raises RulesError."""
        written = text.strip()
        if written == "breach":
            return cls(written, percent=BREACH)
        if match := _PERCENT.fullmatch(written):
            return cls(written, percent=Decimal(match[1]))
        if match := _BEFORE.fullmatch(written):
            return cls(written, before=Duration.parse(match[1]))
        if match := _AFTER.fullmatch(written):
            return cls(written, after=Duration.parse(match[1]))
        raise RulesError(f"{written!r} is no point on a clock; {_FORMS}")

    @property
    def is_breach(self) -> bool:
        """Whether this is the breach itself (`breach` or `100%`)."""
        return self.percent == BREACH

    def __str__(self) -> str:
        return self.text
