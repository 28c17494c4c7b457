"""What the address bar asks of a report, and the addresses of all that it links to.

Periods are whole ISO weeks in UTC, the running one included, so that a week of a chart
is never cut and an address means the same tomorrow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from mailroom.report.attainment import DIMENSIONS, Period
from mailroom.report.figures import monday_of
from rules.policy import Metric

WEEK = timedelta(days=7)
WEEKS = (4, 12, 26, 52)
METRICS = tuple(metric.value for metric in Metric)
STATES = ("decided", "achieved", "breached", "running", "paused", "cancelled")
LEFT_OUT = ("spam", "merged", "no_policy")  # tickets
OUTCOMES = {"automatic": ("AUTO_REPLY", "BOUNCE"), "duplicate": ("DUPLICATE",)}
_SHORT = {"metric": "m", "state": "s", "group": "in"}
_HOURS = range(24)
_MOST_SECONDS = 10**9
_EARLIEST, _LATEST = 2000, 9000  # years


@dataclass(frozen=True, slots=True)
class Asked:
    """A report, and with the later fields a list of what one of its numbers counts."""

    monday: date  # of the running week
    weeks: int = WEEKS[0]
    until: date | None = None  # a Monday; None: now
    metric: str = ""  # "": all
    by: str = DIMENSIONS[0]
    page: int = 1
    state: str = ""  # of STATES, LEFT_OUT or OUTCOMES
    group: str | None = None  # a value of `by`; "" for those without
    week: str = ""  # of the start
    late: str = ""  # week of the breach
    hour: int | None = None
    over: int | None = None  # seconds, working time
    upto: int | None = None
    at: str = ""  # instant of a backlog

    def link(self, **changes: object) -> str:
        """Return the address of the report with other choices, from its first page."""
        return f"/desk/reports{self._query(changes)}"

    def entries(self, **changes: object) -> str:
        """Return the address of the list of what a number counts.

        What the number does not depend on is left out: a page has hundreds of them.
        """
        if changes.get("week") or changes.get("at"):
            changes = {"weeks": WEEKS[0], "until": None, **changes}
        if self.group is None and changes.get("group") is None:
            changes = {"by": DIMENSIONS[0], **changes}
        return f"/desk/reports/list{self._query(changes)}"

    def turn(self, pages: int) -> str:
        """Return the address of another page of this list."""
        return self.entries(page=self.page + pages)

    @property
    def report(self) -> str:
        """The address of the report that this list belongs to."""
        kept = ("monday", "weeks", "until", "by")
        return Asked(**{name: getattr(self, name) for name in kept}).link()

    def sheet(self, name: str) -> str:
        """Return the address of a table as CSV."""
        return f"/desk/reports/{name}.csv{self._query({})}"

    def _query(self, changes: Mapping[str, object]) -> str:
        fresh: dict[str, Any] = {"page": 1, **changes}
        other, first = replace(self, **fresh), Asked(self.monday)
        fields = {
            _SHORT.get(name, name): getattr(other, name)
            for name in Asked.__slots__[1:]
            if getattr(other, name) != getattr(first, name)
        }
        return f"?{urlencode(fields)}" if fields else ""

    @property
    def end(self) -> date:
        """The Monday before which the last week ends."""
        return self.until or self.monday + WEEK

    @property
    def start(self) -> date:
        """The Monday with which the first week begins."""
        return self.end - self.weeks * WEEK

    @property
    def period(self) -> Period:
        """What is counted."""
        return Period(
            since=midnight(self.start),
            until=midnight(self.until) if self.until else None,
        )

    @property
    def week_labels(self) -> list[str]:
        """All weeks of the period, 2026-W48."""
        mondays = (self.start + n * WEEK for n in range(self.weeks))
        return [f"{day:%G-W%V}" for day in mondays]

    @property
    def earlier(self) -> str:
        """The address of the period before."""
        return self.link(until=self.start)

    @property
    def later(self) -> str:
        """The address of the period behind; "" where it is the present one."""
        if self.until is None:
            return ""
        following = self.until + self.weeks * WEEK
        return self.link(until=following if following <= self.monday else None)

    @property
    def command(self) -> str:
        """The command line that gives the same figures."""
        until = f" --until {self.until}" if self.until else ""
        return f"mailroom report --since {self.start}{until} --by {self.by}"


def midnight(day: date) -> datetime:
    """Return when a day begins in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def asked(arguments: Mapping[str, str], now: datetime) -> Asked:
    """Read the address bar; what makes no sense there does not narrow."""
    today = now.astimezone(UTC).date()
    monday = _monday(today)

    def one_of(name: str, known: object) -> str:
        value = arguments.get(name, "")
        return value if value in known else ""  # type: ignore[operator]

    weeks = _whole(arguments.get("weeks"), 99)
    return Asked(
        monday=monday,
        weeks=weeks if weeks in WEEKS else WEEKS[0],
        until=_until(arguments.get("until", ""), monday),
        metric=one_of("m", METRICS),
        by=one_of("by", DIMENSIONS) or DIMENSIONS[0],
        page=max(1, _whole(arguments.get("page"), 9999) or 1),
        state=one_of("s", (*STATES, *LEFT_OUT, *OUTCOMES)),
        group=arguments["in"][:400] if "in" in arguments else None,
        week=_week(arguments.get("week", "")),
        late=_week(arguments.get("late", "")),
        hour=_whole(arguments.get("hour"), _HOURS[-1]),
        over=_whole(arguments.get("over"), _MOST_SECONDS),
        upto=_whole(arguments.get("upto"), _MOST_SECONDS),
        at=_instant(arguments.get("at", "")),
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _until(text: str, monday: date) -> date | None:
    try:
        day = _monday(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return None
    return day if day.year > _EARLIEST and day <= monday else None


def _week(text: str) -> str:
    try:
        at = monday_of(text)
    except ValueError:
        return ""
    return text if _EARLIEST < at.year < _LATEST else ""


def instant(text: str) -> datetime:
    """Return an aware instant; a date is its midnight in UTC. ValueError: neither."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _instant(text: str) -> str:
    try:
        at = instant(text)
    except ValueError:
        return ""
    return text if _EARLIEST < at.year < _LATEST else ""


def _whole(text: str | None, most: int) -> int | None:
    """Return a whole number from 0 to `most`, else None."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 12:
        return None
    return int(text) if int(text) <= most else None
