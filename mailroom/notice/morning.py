"""When report mails go: as the reader's working day begins, and once.

Pure: a calendar says on which dates somebody works and when. A day that begins at
midnight (round the clock) counts from 08:00, for nobody wants a digest at midnight.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from mailroom.notice.audience import Reader
from rules.calendar import Calendar
from rules.hours import Hours
from rules.zone import EPOCH, ZoneTable

_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_EIGHT = 8 * 3600
_FARTHEST = 366  # days in which a calendar opens
_RECENT = 14  # days after which what was told last is no news any more
# For who has no calendar, where the rules have none to go by either.
WEEKDAYS = Calendar(
    name="weekdays",
    timezone="UTC",
    zone_data="",
    years=(1, 9999),
    hours=(Hours(tuple(range(5)), _EIGHT, 18 * 3600),),
    yearly=frozenset(),
    dates=frozenset(),
    extra=(),
    zone=ZoneTable(0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One report mail to one reader: what it is about."""

    reader: Reader
    day: date  # his own; of a weekly report the Monday of the week in which it goes
    since: datetime  # what it tells happened from then on
    until: datetime  # and, of a weekly report, before then; of a digest: his midnight
    now: datetime
    zone: str  # in which we speak to him
    opens_week: bool = False  # his first working day of the week


def today(calendar: Calendar, now: datetime) -> date:
    """Return the date that it is where a calendar is at home."""
    wall = calendar.zone.to_wall(int(now.timestamp()))
    return (EPOCH + timedelta(seconds=wall)).date()


def midnight(calendar: Calendar, day: date) -> datetime:
    """Return the instant at which a date begins there."""
    return _at(calendar, day, 0)


def morning(calendar: Calendar, day: date) -> datetime | None:
    """Return when work begins on a date; None on a day off."""
    spans = calendar.spans(day)
    if not spans:
        return None
    begins = spans[0][0]
    return _at(calendar, day, _EIGHT) if begins == midnight(calendar, day) else begins


def mornings(
    calendar: Calendar, first: date, days: int, away: datetime | None = None
) -> Iterator[tuple[date, datetime]]:
    """Yield working days and when to write on them, not before who is away is back."""
    for number in range(days):
        day = first + number * _DAY
        at = morning(calendar, day)
        if at is None:
            continue
        if away is not None and away > at:
            at = away
            if today(calendar, at) != day:
                continue
        yield day, at


def monday(day: date) -> date:
    """Return the Monday of a date's week."""
    return day - day.weekday() * _DAY


def daily(
    calendar: Calendar, told: date | None, now: datetime, away: datetime | None
) -> tuple[date, datetime] | None:
    """Return the next daily mail: for which of his days, and when.

    `told`: the last day that was seen to. Days that passed are never made good, so what
    comes out lies today, perhaps hours ago, or ahead. None: he never works again.
    """
    first = today(calendar, now)
    if told is not None and told >= first:
        first = told + _DAY
    return next(mornings(calendar, first, _FARTHEST, away), None)


def weekly(
    calendar: Calendar, told: date | None, now: datetime, away: datetime | None
) -> tuple[date, datetime] | None:
    """Return the next weekly mail: the Monday of its week, and when; see `daily`.

    It goes on the first working day of the week, or the next one on which we can.
    """
    first = today(calendar, now)
    if told is not None:
        first = max(first, told + 7 * _DAY)
    found = next(mornings(calendar, first, _FARTHEST, away), None)
    return None if found is None else (monday(found[0]), found[1])


def opens_week(calendar: Calendar, day: date) -> bool:
    """Whether a date is the first working day of its week."""
    return next(mornings(calendar, monday(day), 7), (None,))[0] == day


def last_told(calendar: Calendar, seen_to: datetime | None, day: date) -> datetime:
    """Return since when to tell on a day: the last time, or the morning before.

    `seen_to`: when a letter was last due and seen to; long ago it counts no more.
    """
    if seen_to is not None and seen_to > midnight(calendar, day) - _RECENT * _DAY:
        return seen_to
    before = list(mornings(calendar, day - _RECENT * _DAY, _RECENT))
    return before[-1][1] if before else midnight(calendar, day) - _DAY


def _at(calendar: Calendar, day: date, second: int) -> datetime:
    wall = int((datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) / _SECOND)
    return EPOCH + timedelta(seconds=calendar.zone.to_utc(wall + second))
