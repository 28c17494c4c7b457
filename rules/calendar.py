"""Working time: how much of it lies between two instants, and where it leads.

A `CalendarSpec` is what a rule file says. `resolve()` makes a `Calendar` of it, holidays
as dates and the zone as offsets, for some years around a date. A calendar asks no
package and no zone database any more; its `version()` is all it knows, and a calendar
made `from_version()` computes the same for ever, whatever is installed by then. Outside
its years it goes on with its hours, yearly and single dates and its outermost offset,
but knows no regional holidays: `covers()` tells when to resolve (and store) it anew.

Working time is real elapsed seconds inside the hours. Spans are half-open: the closing
instant is closed. `always` is open day and night, and a day of it is 24 hours.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rules.errors import RulesError
from rules.holiday import Holiday, region_holidays
from rules.hours import DAY, Hours, Opening
from rules.opening import UNIX_DAY, Openings, Plan, lay_out
from rules.version import Document, content_hash
from rules.zone import EPOCH, ZoneTable, load_zone, zone_data_version, zone_table

Interval = tuple[datetime, datetime]  # half-open, UTC
ALWAYS_NAME = "always"
_HORIZON = 366  # days without an opening after which a calendar counts as dead
_FARTHEST = 50  # years to look ahead at most
_DAY = timedelta(days=1)
_BEFORE, _AFTER = 2, 6  # years resolved around a date


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSpec:
    """A calendar as written, each value parsed; see `parse`."""

    name: str
    timezone: str
    hours: tuple[Hours, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    extra: tuple[Opening, ...] = ()

    @classmethod
    def parse(
        cls,
        name: str,
        timezone: str,
        hours: tuple[str, ...] | list[str] = (),
        holidays: tuple[str, ...] | list[str] = (),
        extra: tuple[str, ...] | list[str] = (),
    ) -> "CalendarSpec":
        """Read all of a calendar; raises RulesError at the first bad value.

        A loader that wants every fault calls `load_zone`, `Hours.parse`,
        `Holiday.parse` and `Opening.parse` value by value.
        """
        load_zone(timezone)
        return cls(
            name=name,
            timezone=timezone,
            hours=tuple(map(Hours.parse, hours)),
            holidays=tuple(map(Holiday.parse, holidays)),
            extra=tuple(map(Opening.parse, extra)),
        )

    def resolve(self, now: datetime) -> "Calendar":
        """Resolve for the years around `now`; RulesError if it does not open by then.

        A calendar without any opening in the 366 days after `now` is a fault.
        """
        calendar = self.resolve_years(now.year - _BEFORE, now.year + _AFTER)
        opening = calendar.next_opening(now)
        if opening is None or opening > now + _HORIZON * _DAY:
            raise RulesError(
                f"calendar {self.name!r} does not open in the next {_HORIZON} days; "
                "check its hours, holidays and extra"
            )
        return calendar

    def resolve_years(self, first: int, last: int) -> "Calendar":
        """Resolve for whole years, both included; no check."""
        dates = {holiday.day for holiday in self.holidays if holiday.day is not None}
        for holiday in self.holidays:
            if holiday.region is not None:
                for year in range(first, last + 1):
                    dates.update(region_holidays(holiday.region, year))
        return Calendar(
            name=self.name,
            timezone=self.timezone,
            zone_data=zone_data_version(),
            years=(first, last),
            hours=tuple(sorted(self.hours)),
            yearly=frozenset(h.yearly for h in self.holidays if h.yearly is not None),
            dates=frozenset(dates),
            extra=tuple(sorted(self.extra)),
            zone=zone_table(self.timezone, first, last),
        )


class Calendar:
    """A resolved calendar. Immutable to its users; it memoises its openings by year.

    All instants are aware; what is returned is UTC.
    """

    __slots__ = (
        "_key",
        "_table",
        "dates",
        "extra",
        "hours",
        "name",
        "timezone",
        "yearly",
        "years",
        "zone",
        "zone_data",
    )

    def __init__(
        self,
        *,
        name: str,
        timezone: str,
        zone_data: str,
        years: tuple[int, int],
        hours: tuple[Hours, ...],
        yearly: frozenset[tuple[int, int]],
        dates: frozenset[date],
        extra: tuple[Opening, ...],
        zone: ZoneTable,
    ) -> None:
        self.name = name
        self.timezone = timezone
        self.zone_data = zone_data
        self.years = years
        self.hours = hours
        self.yearly = yearly
        self.dates = dates
        self.extra = extra
        self.zone = zone
        self._key: str | None = None
        self._table: Openings | None = None

    # The arithmetic

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
        table = self._covering(start)
        if not table.low <= end < table.high:
            self._covering(end)
            table = self._covering(start)
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
        self._covering(end)
        self._covering(end - timedelta(days=days * 7 + 60))
        table = self._covering(end)
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
        self._covering(end)
        self._covering(start)
        table = self._covering(end)
        first = max(0, bisect_right(table.starts, start) - 1)
        last = bisect_left(table.starts, end)
        pairs = zip(table.starts[first:last], table.ends[first:last], strict=True)
        return tuple((max(a, start), min(b, end)) for a, b in pairs if b > start)

    # What it is made of

    def holidays(self, year: int) -> tuple[date, ...]:
        """Return the dates that are closed as holidays in that year."""
        return tuple(sorted(d for d in self._closed(year, year) if d.year == year))

    def covers(self, at: datetime) -> bool:
        """Whether `at` lies in the years this calendar was resolved for."""
        return self.years[0] <= at.year <= self.years[1]

    @property
    def key(self) -> str:
        """The content hash of `version()`."""
        if self._key is None:
            self._key = content_hash(self.version())
        return self._key

    def version(self) -> Document:
        """Return all that this calendar knows, as plain JSON values."""
        return {
            "name": self.name,
            "timezone": self.timezone,
            "zone_data": self.zone_data,
            "years": list(self.years),
            "hours": [[list(h.days), h.start, h.end] for h in self.hours],
            "yearly": [list(pair) for pair in sorted(self.yearly)],
            "dates": [day.isoformat() for day in sorted(self.dates)],
            "extra": [[o.day.isoformat(), o.start, o.end] for o in self.extra],
            "offset": self.zone.first,
            "offsets": [list(change) for change in self.zone.changes],
        }

    @classmethod
    def from_version(cls, document: Mapping[str, Any]) -> "Calendar":
        """Return the calendar that `version` made this document of."""
        if document["name"] == ALWAYS_NAME:
            return ALWAYS
        changes = tuple((at, offset) for at, offset in document["offsets"])
        extra = document["extra"]
        return cls(
            name=document["name"],
            timezone=document["timezone"],
            zone_data=document["zone_data"],
            years=(document["years"][0], document["years"][1]),
            hours=tuple(Hours(tuple(d), a, b) for d, a, b in document["hours"]),
            yearly=frozenset((month, day) for month, day in document["yearly"]),
            dates=frozenset(map(date.fromisoformat, document["dates"])),
            extra=tuple(Opening(date.fromisoformat(d), a, b) for d, a, b in extra),
            zone=ZoneTable(document["offset"], changes),
        )

    def agrees(self, other: "Calendar") -> bool:
        """Whether both count alike in the years that both were resolved for.

        A calendar resolved anew for later years, or under another release of zone data
        that changes nothing here, agrees with the former one.
        """
        if self is other or self.key == other.key:
            return True
        first = max(self.years[0], other.years[0])
        last = min(self.years[1], other.years[1])
        return self._essence(first, last) == other._essence(first, last)

    def _essence(self, first: int, last: int) -> tuple[object, ...]:
        low = int((datetime(first, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
        high = int((datetime(last + 1, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
        return (
            self.name == ALWAYS_NAME,
            self.hours,
            self.extra,
            self.yearly,
            frozenset(day for day in self.dates if first <= day.year <= last),
            self.zone.to_wall(low) - low,
            [change for change in self.zone.changes if low <= change[0] < high],
        )

    def __repr__(self) -> str:
        return f"<Calendar {self.name} {self.years[0]}-{self.years[1]}>"

    # The table of openings

    def _covering(self, at: datetime) -> Openings:
        table = self._table
        if table is not None and table.low <= at < table.high:
            return table
        first, last = (at - 3 * _DAY).year, (at + 3 * _DAY).year
        if table is not None:
            first, last = min(first, table.first_year), max(last, table.last_year)
        return self._lay_out(first, last)

    def _grow(self, table: Openings, start: datetime) -> Openings:
        """Add years at the end; RulesError when that leads nowhere."""
        if table.last_year >= start.year + _FARTHEST:
            raise self._never(start)
        longer = table.last_year - start.year + 2
        return self._lay_out(table.first_year, start.year + longer)

    def _lay_out(self, first: int, last: int) -> Openings:
        self._table = lay_out(self._plan(first, last), first, last)
        return self._table

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


class _Always(Calendar):
    """Open day and night; a day is 24 h."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(
            name=ALWAYS_NAME,
            timezone="UTC",
            zone_data="",
            years=(1, 9999),
            hours=(Hours(tuple(range(7)), 0, DAY),),
            yearly=frozenset(),
            dates=frozenset(),
            extra=(),
            zone=ZoneTable(0),
        )

    def add(self, start: datetime, span: timedelta) -> datetime:
        return _utc(start) + span

    def between(self, start: datetime, end: datetime) -> timedelta:
        return _utc(end) - _utc(start)

    def add_days(self, start: datetime, days: int) -> datetime:
        return _utc(start) + timedelta(days=days)

    def days_before(self, end: datetime, days: int) -> timedelta:
        return timedelta(days=days)

    def is_open(self, at: datetime) -> bool:
        return True

    def next_opening(self, at: datetime) -> datetime | None:
        return _utc(at)

    def open_between(self, start: datetime, end: datetime) -> tuple[Interval, ...]:
        return ((_utc(start), _utc(end)),) if start < end else ()

    def agrees(self, other: Calendar) -> bool:
        return self is other


ALWAYS: Calendar = _Always()


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _at(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def _ordinal(table: Openings) -> int:
    return date(table.last_year, 12, 31).toordinal()


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
