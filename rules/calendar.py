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

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rules.errors import RulesError
from rules.holiday import Holiday, region_holidays
from rules.hours import DAY, Hours, Opening
from rules.version import Document, content_hash
from rules.worktime import Interval, WorkingTime
from rules.zone import EPOCH, ZoneTable, load_zone, zone_data_version, zone_table

ALWAYS_NAME = "always"
_HORIZON = 366  # days without an opening after which a calendar counts as dead
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
        if not calendar.open_between(now, now + _HORIZON * _DAY):
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


class Calendar(WorkingTime):
    """A resolved calendar: its working time, and what it was resolved from."""

    __slots__ = ("_key", "timezone", "years", "zone_data")

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
        super().__init__(
            name=name, hours=hours, yearly=yearly, dates=dates, extra=extra, zone=zone
        )
        self.timezone = timezone
        self.zone_data = zone_data
        self.years = years
        self._key: str | None = None

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
