"""When a reader's working day begins, and which of his days comes next."""

from datetime import UTC, date, datetime

import pytest

from mailroom.notice.morning import (
    WEEKDAYS,
    daily,
    last_told,
    midnight,
    morning,
    opens_week,
    today,
    weekly,
)
from rules.calendar import ALWAYS, Calendar, CalendarSpec

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday
TUESDAY, MONDAY = date(2026, 11, 24), date(2026, 11, 23)


def calendar(zone: str, *hours: str, holidays: tuple[str, ...] = ()) -> Calendar:
    return CalendarSpec.parse("c", zone, hours, holidays).resolve(NOW)


BERLIN = calendar("Europe/Berlin", "Mon-Fri 09:00-17:00", holidays=("2026-11-25",))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def test_morning_is_the_days_first_opening() -> None:
    assert morning(BERLIN, TUESDAY) == utc(2026, 11, 24, 8)
    assert morning(BERLIN, date(2026, 11, 25)) is None  # a holiday
    assert morning(BERLIN, date(2026, 11, 28)) is None  # a Saturday
    assert morning(BERLIN, date(2026, 7, 1)) == utc(2026, 7, 1, 7)
    assert morning(WEEKDAYS, TUESDAY) == utc(2026, 11, 24, 8)


@pytest.mark.parametrize(
    "round_the_clock",
    [ALWAYS, calendar("UTC", "Mon-Sun 00:00-24:00")],
    ids=["always", "hours"],
)
def test_day_that_begins_at_midnight_counts_from_eight(
    round_the_clock: Calendar,
) -> None:
    saturday = date(2026, 11, 28)
    assert morning(round_the_clock, saturday) == utc(2026, 11, 28, 8)


def test_night_shift_is_told_as_its_shift_begins() -> None:
    night = calendar("Europe/Berlin", "Mon-Fri 22:00-06:00")
    assert morning(night, TUESDAY) == utc(2026, 11, 24, 21)
    assert morning(night, date(2026, 11, 28)) is None  # Friday's shift ends there


def test_date_and_midnight_are_those_of_the_place() -> None:
    auckland = calendar("Pacific/Auckland", "Mon-Fri 08:00-17:00")
    assert today(auckland, utc(2026, 11, 23, 11)) == TUESDAY
    assert midnight(auckland, TUESDAY) == utc(2026, 11, 23, 11)
    assert today(BERLIN, utc(2026, 11, 23, 11)) == MONDAY


def test_daily_comes_today_late_or_ahead_and_never_for_a_day_that_passed() -> None:
    assert daily(BERLIN, None, NOW, None) == (TUESDAY, utc(2026, 11, 24, 8))
    assert daily(BERLIN, date(2026, 11, 2), NOW, None) == daily(BERLIN, None, NOW, None)
    thursday = (date(2026, 11, 26), utc(2026, 11, 26, 8))
    assert daily(BERLIN, TUESDAY, NOW, None) == thursday


def test_daily_waits_for_who_is_away() -> None:
    back = utc(2026, 11, 26, 12)
    assert daily(BERLIN, None, NOW, back) == (date(2026, 11, 26), back)
    evening = utc(2026, 11, 27, 23, 30)  # Saturday in Berlin
    assert daily(BERLIN, None, NOW, evening) == (
        date(2026, 11, 30),
        utc(2026, 11, 30, 8),
    )


def test_weekly_comes_on_the_first_working_day_or_the_next_one_that_is_left() -> None:
    sunday = utc(2026, 11, 22, 12)
    assert weekly(BERLIN, date(2026, 11, 16), sunday, None) == (
        MONDAY,
        utc(2026, 11, 23, 8),
    )
    assert weekly(BERLIN, None, NOW, None) == (MONDAY, utc(2026, 11, 24, 8))
    following = (date(2026, 11, 30), utc(2026, 11, 30, 8))
    assert weekly(BERLIN, MONDAY, NOW, None) == following
    assert weekly(BERLIN, None, utc(2026, 11, 28, 12), None) == following


def test_who_never_works_again_is_never_told() -> None:
    only_once = CalendarSpec.parse(
        "c", "UTC", (), (), ("2026-11-23 09:00-17:00",)
    ).resolve_years(2025, 2028)
    assert daily(only_once, None, NOW, None) is None
    assert weekly(only_once, None, NOW, None) is None


def test_first_working_day_of_the_week() -> None:
    whit = calendar("Europe/Berlin", "Mon-Fri 09:00-17:00", holidays=("2026-11-23",))
    assert opens_week(BERLIN, MONDAY)
    assert (opens_week(whit, MONDAY), opens_week(whit, TUESDAY)) == (False, True)
    assert not opens_week(BERLIN, TUESDAY)


def test_what_is_told_begins_where_the_last_letter_ended() -> None:
    monday, friday = date(2026, 11, 30), utc(2026, 11, 27, 8)
    assert last_told(BERLIN, None, monday) == friday
    late = utc(2026, 11, 24, 14, 30)
    assert last_told(BERLIN, late, monday) == late
    assert last_told(BERLIN, utc(2026, 10, 1), monday) == friday
    assert last_told(BERLIN, None, date(2029, 1, 1)) == utc(2028, 12, 29, 8)
    never = CalendarSpec.parse("c", "UTC", (), (), ()).resolve_years(2025, 2028)
    assert last_told(never, None, monday) == utc(2026, 11, 29)
