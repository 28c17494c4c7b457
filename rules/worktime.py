"""The arithmetic of working time, over openings that are laid out year by year.

Instants are turned into positions in a table of merged openings (`rules.opening`), so
that adding and measuring are binary searches. Tables grow to the years asked for and are
kept. What the hours, holidays and offsets are is `rules.calendar`'s to say.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta

from rules.errors import RulesError
from rules.hours import DAY, Hours, Opening
from rules.opening import UNIX_DAY, Openings, Plan, lay_out
from rules.zone import EPOCH, ZoneTable

Interval = tuple[datetime, datetime]  # half-open, UTC
_FARTHEST = 50  # years to look ahead at most
_DAY = timedelta(days=1)


class WorkingTime:
    """Resolved hours. Immutable to its users; it memoises its openings by year.

    All instants are aware; what is returned is UTC.
    """

    __slots__ = ("_table", "dates", "extra", "hours", "name", "yearly", "zone")

    def __init__(
        self,
        *,
        name: str,
        hours: tuple[Hours, ...],
        yearly: frozenset[tuple[int, int]],
        dates: frozenset[date],
        extra: tuple[Opening, ...],
        zone: ZoneTable,
    ) -> None:
        self.name = name
        self.hours = hours
        self.yearly = yearly  # month and day
        self.dates = dates
        self.extra = extra
        self.zone = zone
        self._table: Openings | None = None

    def add(self, start: datetime, span: timedelta) -> datetime:
        """Return the earliest instant at which `span` of working time is used up.

        That is a closing, not the next opening. A span of zero is `start` itself.
        Raises RulesError when the calendar opens too little to get there in 50 years.
        """
        start = _utc(start)
        if span <= timedelta(0):
            return start
        table = self._covering(start)
        reached = table.reach(table.done(start) + span)
        while reached is None:
            table = self._grow(table, start)
            reached = table.reach(table.done(start) + span)
        return reached

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from `start` to `end`; negative when end < start."""
        start, end = _utc(start), _utc(end)
        table = self._covering(start, end)
        return table.done(end) - table.done(start)

    def add_days(self, start: datetime, days: int) -> datetime:
        """Return the same local time `days` working days on.

        A start outside the hours counts from the next opening. Where that day is closed
        at that time, the result is the closing before it on that day, and where the day
        has not opened yet, its opening. Days are local dates; a span past midnight is
        its first date's. Raises RulesError as `add` does.
        """
        begin = self.next_opening(start)
        if begin is None:
            raise self._never(start)
        wall, micro = self._wall(begin)
        table = self._covering(begin)
        index = bisect_right(table.workdays, wall // DAY + UNIX_DAY) + days - 1
        while index >= len(table.workdays) or table.workdays[index] > _ordinal(table):
            table = self._grow(table, begin)
            index = bisect_right(table.workdays, wall // DAY + UNIX_DAY) + days - 1
        at = self._instant(table.workdays[index], wall % DAY, micro)
        return self._within(table.workdays[index], at)

    def days_before(self, end: datetime, days: int) -> timedelta:
        """Return the working time of the `days` working days that lead up to `end`."""
        end = _utc(end)
        wall, micro = self._wall(end)
        ordinal = (wall - (micro == 0)) // DAY + UNIX_DAY
        table = self._covering(end - timedelta(days=days * 7 + 60), end)
        index = max(0, bisect_left(table.workdays, ordinal) - days)
        second = wall - (ordinal - UNIX_DAY) * DAY
        return self.between(self._instant(table.workdays[index], second, micro), end)

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at that instant."""
        at = _utc(at)
        return self._covering(at).opening(at) == at

    def next_opening(self, at: datetime) -> datetime | None:
        """Return `at` if it is open then, else the next opening; None if never."""
        at = _utc(at)
        table = self._covering(at)
        opening = table.opening(at)
        while opening is None:
            try:
                table = self._grow(table, at)
            except RulesError:
                return None
            opening = table.opening(at)
        return opening

    def spans(self, day: date) -> tuple[Interval, ...]:
        """Return the openings that begin on that local date, in order."""
        ordinal = day.toordinal()
        plan = self._plan(day.year, day.year)
        return tuple((_at(a), _at(b)) for a, b in plan.day_spans(ordinal))

    def open_between(self, start: datetime, end: datetime) -> tuple[Interval, ...]:
        """Return the stretches of working time from `start` to `end`, in order."""
        start, end = _utc(start), _utc(end)
        table = self._covering(start, end)
        first = max(0, bisect_right(table.starts, start) - 1)
        last = bisect_left(table.starts, end)
        pairs = zip(table.starts[first:last], table.ends[first:last], strict=True)
        return tuple((max(a, start), min(b, end)) for a, b in pairs if b > start)

    def holidays(self, year: int) -> tuple[date, ...]:
        """Return the dates that are closed as holidays in that year."""
        return tuple(sorted(d for d in self._closed(year, year) if d.year == year))

    # The table of openings

    def _covering(self, at: datetime, until: datetime | None = None) -> Openings:
        """Return a table that answers for both instants, whichever comes first."""
        table = self._table
        if (
            table is not None
            and table.low <= at < table.high
            and (until is None or table.low <= until < table.high)
        ):
            return table
        low, high = (at, at) if until is None else (min(at, until), max(at, until))
        first, last = (low - 3 * _DAY).year, (high + 3 * _DAY).year
        if table is not None:
            first, last = min(first, table.first_year), max(last, table.last_year)
        return self._lay_out(first, last)

    def _grow(self, table: Openings, start: datetime) -> Openings:
        """Add years at the end; RulesError when that leads nowhere."""
        if table.last_year >= start.year + _FARTHEST:
            raise self._never(start)
        ahead = min(2 * max(1, table.last_year - start.year), _FARTHEST)
        return self._lay_out(table.first_year, start.year + ahead)

    def _lay_out(self, first: int, last: int) -> Openings:
        table = lay_out(self._plan(first, last), first, last)
        self._table = table  # another thread may do the same: both are right
        return table

    def _plan(self, first: int, last: int) -> Plan:
        closed = frozenset(day.toordinal() for day in self._closed(first, last))
        return Plan(self.hours, closed, self.extra, self.zone)

    def _closed(self, first: int, last: int) -> set[date]:
        closed = set(self.dates)
        for year in range(first - 1, last + 2):
            for month, day in self.yearly:
                if (month, day) != (2, 29) or _is_leap(year):
                    closed.add(date(year, month, day))
        return closed

    def _within(self, ordinal: int, at: datetime) -> datetime:
        """Move `at` to the nearest moment its date is promised for (fine print 4)."""
        if self.is_open(at):
            return at
        spans = self.spans(date.fromordinal(ordinal))
        closings = [end for _, end in spans if end <= at]
        if closings:
            return closings[-1]
        opening = spans[0][0] if spans else self.next_opening(at)
        if opening is None:
            raise self._never(at)
        return opening

    def _wall(self, at: datetime) -> tuple[int, int]:
        since = at - EPOCH
        seconds = since.days * DAY + since.seconds
        return self.zone.to_wall(seconds), since.microseconds

    def _instant(self, ordinal: int, second: int, micro: int) -> datetime:
        wall = (ordinal - UNIX_DAY) * DAY + second
        return _at(self.zone.to_utc(wall)) + timedelta(microseconds=micro)

    def _never(self, at: datetime) -> RulesError:
        return RulesError(
            f"calendar {self.name!r} does not open long enough after {at:%Y-%m-%d}; "
            "check its hours, holidays and extra"
        )


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _at(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def _ordinal(table: Openings) -> int:
    return date(table.last_year, 12, 31).toordinal()


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
