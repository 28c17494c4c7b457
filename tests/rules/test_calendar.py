"""Working time: named cases, then a brute-force oracle and a library's opinion.

`CALENDAR_CASES` raises the number of random cases (default about 2,000 in all).
"""

import os
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import businesstimedelta
import pytest
import pytz
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rules.calendar import ALWAYS, Calendar, CalendarSpec
from rules.errors import RulesError

CASES = int(os.environ.get("CALENDAR_CASES", "400"))
HOUR = timedelta(hours=1)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Pacific/Apia",
    "UTC",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def calendar(
    *hours: str,
    zone: str = "UTC",
    holidays: tuple[str, ...] = (),
    extra: tuple[str, ...] = (),
) -> Calendar:
    spec = CalendarSpec.parse("test", zone, hours, holidays, extra)
    return spec.resolve_years(2023, 2029)


SHOP = calendar(
    "Tue-Fri 10:00-13:00",
    "Tue-Fri 14:00-18:00",
    "Sat 10:00-13:00",
    zone="Europe/Vienna",
    holidays=("12-08", "2026-12-31"),
    extra=("2026-12-06 10:00-12:00",),
)
HARBOUR = calendar("Sat 21:00-05:00", zone="Europe/Lisbon")


# Named cases


def test_lunch_is_no_working_time():
    start = at("2026-12-02T12:00:00+01:00")
    assert SHOP.add(start, 2 * HOUR) == at("2026-12-02T15:00:00+01:00")


def test_extra_hours_count_and_a_holiday_does_not():
    start = at("2026-12-05T12:30:00+01:00")
    assert SHOP.add(start, 2 * HOUR) == at("2026-12-06T11:30:00+01:00")
    assert SHOP.add_days(start, 2) == at("2026-12-09T12:30:00+01:00")


def test_day_counts_from_the_next_opening_when_written_while_closed():
    start = at("2026-12-13T20:00:00+01:00")
    assert SHOP.add_days(start, 2) == at("2026-12-17T10:00:00+01:00")


def test_add_ends_at_a_closing_not_at_the_next_opening():
    assert SHOP.add(at("2026-12-02T12:00:00+01:00"), HOUR) == at(
        "2026-12-02T13:00:00+01:00"
    )


def test_nothing_added_is_the_start_itself():
    closed = at("2026-12-13T20:00:00+00:00")
    assert SHOP.add(closed, timedelta(0)) == closed


def test_fractions_of_a_second_are_kept():
    start = at("2026-12-02T12:00:00.250+01:00")
    assert SHOP.add(start, HOUR) == at("2026-12-02T14:00:00.250+01:00")


def test_shift_across_a_clock_change_is_an_hour_shorter_or_longer():
    spring = at("2026-03-28T21:00:00+00:00")
    autumn = at("2026-10-24T21:00:00+01:00")
    length = timedelta(hours=7, minutes=30)
    assert HARBOUR.add(spring, length) == at("2026-04-04T21:30:00+01:00")
    assert HARBOUR.add(autumn, length) == at("2026-10-25T03:30:00+00:00")


def test_01_wall_time_that_occurs_twice_is_the_first():
    twice = calendar("Sun 02:30-04:00", zone="Europe/Berlin")
    (span,) = twice.spans(date(2026, 10, 25))
    assert span == (at("2026-10-25T00:30:00+00:00"), at("2026-10-25T03:00:00+00:00"))


def test_01_skipped_wall_time_has_the_offset_before_the_gap():
    skipped = calendar("Sun 02:30-04:00", zone="Europe/Berlin")
    (span,) = skipped.spans(date(2026, 3, 29))
    assert span == (at("2026-03-29T01:30:00+00:00"), at("2026-03-29T02:00:00+00:00"))


def test_01_span_that_becomes_empty_is_no_span():
    assert (
        calendar("Sun 02:00-03:00", zone="Europe/Berlin").spans(date(2026, 3, 29)) == ()
    )


def test_02_span_past_midnight_belongs_to_the_day_it_begins_on():
    assert HARBOUR.is_open(at("2026-11-29T04:59:59+00:00"))  # Sunday morning
    assert not HARBOUR.is_open(at("2026-11-28T04:00:00+00:00"))


def test_02_holiday_closes_its_own_date_and_the_evening_befores_tail():
    shifts = calendar("daily 22:00-06:00", holidays=("2026-06-10",))
    assert shifts.open_between(
        at("2026-06-09T12:00:00+00:00"), at("2026-06-11T12:00:00+00:00")
    ) == (
        (at("2026-06-09T22:00:00+00:00"), at("2026-06-10T00:00:00+00:00")),
        (at("2026-06-11T00:00:00+00:00"), at("2026-06-11T06:00:00+00:00")),
    )


def test_02_extra_wins_over_a_holiday_and_opens_only_its_own_hours():
    both = calendar(
        "daily 08:00-16:00", holidays=("06-10",), extra=("2026-06-10 20:00-02:00",)
    )
    spans = both.spans(date(2026, 6, 10))
    assert spans == (
        (at("2026-06-10T20:00:00+00:00"), at("2026-06-11T02:00:00+00:00")),
    )


def test_02_extra_adds_to_the_hours_of_a_common_day():
    more = calendar("daily 08:00-16:00", extra=("2026-06-10 16:00-18:00",))
    assert more.spans(date(2026, 6, 10)) == (
        (at("2026-06-10T08:00:00+00:00"), at("2026-06-10T18:00:00+00:00")),
    )


def test_spans_that_touch_or_overlap_are_one():
    merged = calendar("daily 08:00-12:00", "daily 12:00-13:00", "daily 11:00-12:30")
    assert merged.open_between(
        at("2026-06-10T00:00:00+00:00"), at("2026-06-11T00:00:00+00:00")
    ) == ((at("2026-06-10T08:00:00+00:00"), at("2026-06-10T13:00:00+00:00")),)


def test_03_closing_instant_is_closed():
    office = calendar("Mon-Fri 09:00-17:00")
    assert not office.is_open(at("2026-06-10T17:00:00+00:00"))
    assert office.is_open(at("2026-06-10T09:00:00+00:00"))
    assert office.add_days(at("2026-06-10T17:00:00+00:00"), 1) == at(
        "2026-06-12T09:00:00+00:00"
    )


def test_04_day_that_is_closed_at_that_time_ends_at_the_closing_before():
    office = calendar("Mon-Thu 09:00-12:30", "Mon-Thu 13:15-17:30", "Fri 09:00-15:00")
    thursday = at("2026-06-11T16:00:00+00:00")
    assert office.add_days(thursday, 1) == at("2026-06-12T15:00:00+00:00")
    friday = at("2026-06-12T13:00:00+00:00")  # Monday has lunch by then
    assert office.add_days(friday, 1) == at("2026-06-15T12:30:00+00:00")


def test_04_day_that_has_not_opened_yet_counts_to_its_opening():
    late = calendar("Wed 06:00-10:00", "Thu 09:00-17:00")
    assert late.add_days(at("2026-06-10T07:00:00+00:00"), 1) == at(
        "2026-06-11T09:00:00+00:00"
    )


def test_days_keep_the_local_time_across_a_clock_change():
    berlin = calendar("daily 00:00-24:00", zone="Europe/Berlin")
    assert berlin.add_days(at("2026-03-28T12:00:00+01:00"), 1) == at(
        "2026-03-29T12:00:00+02:00"
    )


def test_always_has_days_of_24_hours():
    start = at("2026-03-28T12:00:00+01:00")
    assert ALWAYS.add_days(start, 2) == start + timedelta(days=2)
    assert ALWAYS.between(start, start + 5 * HOUR) == 5 * HOUR
    assert ALWAYS.add(start, HOUR) == start + HOUR
    assert ALWAYS.is_open(start)
    assert ALWAYS.next_opening(start) == start


def test_06_leap_day_is_a_holiday_in_leap_years_only():
    leap = calendar("daily 09:00-17:00", holidays=("02-29",))
    assert leap.holidays(2028) == (date(2028, 2, 29),)
    assert leap.holidays(2027) == ()
    assert leap.spans(date(2028, 2, 29)) == ()


def test_regional_holidays_are_resolved_per_year():
    berlin = calendar("Mon-Fri 09:00-17:00", holidays=("DE-BE",), zone="Europe/Berlin")
    assert date(2026, 3, 8) in berlin.holidays(2026)  # Women's Day
    assert date(2026, 4, 3) in berlin.holidays(2026)  # Good Friday
    assert date(2027, 3, 26) in berlin.holidays(2027)
    assert not berlin.is_open(at("2026-04-03T10:00:00+02:00"))


def test_calendar_that_does_not_open_in_366_days_is_a_fault():
    past = CalendarSpec.parse("x", "UTC", extra=["2026-06-10 10:00-12:00"])
    past.resolve(at("2026-06-01T00:00:00+00:00"))
    with pytest.raises(RulesError, match="'x' does not open in the next 366 days"):
        past.resolve(at("2026-06-11T00:00:00+00:00"))
    with pytest.raises(RulesError, match="does not open"):
        CalendarSpec.parse("y", "UTC").resolve(at("2026-06-11T00:00:00+00:00"))


def test_adding_more_than_ever_opens_is_an_error_not_a_hang():
    once = CalendarSpec.parse("x", "UTC", extra=["2026-06-10 10:00-12:00"])
    resolved = once.resolve_years(2026, 2026)
    start = at("2026-06-10T00:00:00+00:00")
    assert resolved.add(start, 2 * HOUR) == at("2026-06-10T12:00:00+00:00")
    for fails in (
        lambda: resolved.add(start, 3 * HOUR),
        lambda: resolved.add_days(start, 1),
    ):
        with pytest.raises(RulesError, match="does not open long enough"):
            fails()
    assert resolved.next_opening(at("2026-06-11T00:00:00+00:00")) is None


def test_far_apart_instants_are_measured():
    office = calendar("Mon-Fri 09:00-17:00")
    start, end = at("1999-06-11T16:00:00+00:00"), at("2040-01-02T10:00:00+00:00")
    assert office.add(start, office.between(start, end)) == end


def test_days_before_an_instant_are_counted_back_as_working_time():
    office = calendar("Mon-Fri 09:00-17:00")
    monday = at("2026-06-15T12:00:00+00:00")
    assert office.days_before(monday, 1) == 8 * HOUR
    midnight = calendar("Mon-Fri 00:00-24:00")
    assert midnight.days_before(at("2026-06-13T00:00:00+00:00"), 1) == 24 * HOUR


# Versions


def test_version_computes_the_same_for_ever():
    for made in (SHOP, HARBOUR, ALWAYS):
        again = Calendar.from_version(made.version())
        assert again.key == made.key
        start = at("2026-10-20T20:17:03+00:00")
        for hours in (1, 9, 60, 400):
            assert again.add(start, hours * HOUR) == made.add(start, hours * HOUR)
        assert again.add_days(start, 9) == made.add_days(start, 9)
        assert again.version() == made.version()


def test_stored_version_outlives_another_release_of_its_sources(monkeypatch):
    spec = CalendarSpec.parse("x", "Europe/Berlin", ["Mon-Fri 09:00-17:00"], ["DE-BE"])
    old = spec.resolve_years(2025, 2027)
    stored = Calendar.from_version(old.version())
    monkeypatch.setattr("rules.calendar.region_holidays", lambda region, year: {})
    new = spec.resolve_years(2025, 2027)
    start = at("2026-04-02T16:00:00+02:00")  # Good Friday follows
    assert stored.add(start, 2 * HOUR) == at("2026-04-07T10:00:00+02:00")
    assert new.add(start, 2 * HOUR) == at("2026-04-03T10:00:00+02:00")
    assert not new.agrees(old)
    assert new.key != old.key


def test_calendars_that_count_alike_agree_whatever_their_years():
    spec = CalendarSpec.parse(
        "x", "Europe/Berlin", ["Mon-Fri 09:00-17:00"], ["DE-BE", "12-24"]
    )
    now, later = spec.resolve_years(2024, 2030), spec.resolve_years(2025, 2031)
    assert now.agrees(later)
    assert now.key != later.key
    assert not now.agrees(ALWAYS)
    assert not ALWAYS.agrees(now)
    assert now.covers(at("2024-01-01T00:00:00+00:00"))
    assert not now.covers(at("2031-01-01T00:00:00+00:00"))


def test_misspelt_zone_is_named_with_its_near_match():
    with pytest.raises(RulesError, match="did you mean Europe/Berlin"):
        CalendarSpec.parse("x", "Europe/Berln")


# Random cases against a brute-force oracle that steps through wall-clock minutes

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
clock_times = st.integers(0, 47).map(lambda half: half * 30)


def wall(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def specs(draw) -> tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    hours = []
    for _ in range(draw(st.integers(1, 4))):
        start = draw(clock_times)
        end = draw(clock_times.filter(lambda minute, start=start: minute != start))
        first, last = draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))
        days = draw(st.sampled_from([first, f"{first}-{last}", "daily"]))
        hours.append(f"{days} {wall(start)}-{wall(end)}")
    near = st.dates(date(2026, 2, 20), date(2026, 11, 20)).map(date.isoformat)
    holidays = draw(st.lists(near | near.map(lambda day: day[5:]), max_size=4))
    extra = [
        f"{day} 07:30-{draw(st.sampled_from(['09:00', '23:30', '02:00']))}"
        for day in draw(st.lists(near, max_size=2))
    ]
    zone = draw(st.sampled_from(ZONES))
    return zone, tuple(hours), tuple(holidays), tuple(extra)


@lru_cache(maxsize=512)
def resolved(zone, hours, holidays, extra) -> Calendar:
    return calendar(*hours, zone=zone, holidays=holidays, extra=extra)


class Oracle:
    """Says minute by minute whether it is open, straight from the rule language."""

    def __init__(self, zone, hours, holidays, extra) -> None:
        self.zone = ZoneInfo(zone)
        self.hours = [self._hours(text) for text in hours]
        self.extra = [(text[:10], *self._span(text[11:])) for text in extra]
        self.holidays = set(holidays)

    def _hours(self, text):
        days, span = text.split(" ")
        if days == "daily":
            named = set(range(7))
        elif "-" in days:
            first, last = (DAYS.index(day) for day in days.split("-"))
            named = {first}
            while first != last:
                first = (first + 1) % 7
                named.add(first)
        else:
            named = {DAYS.index(days)}
        return named, *self._span(span)

    def _span(self, text):
        start, end = (int(t[:2]) * 60 + int(t[3:]) for t in text.split("-"))
        return start, end if end > start else end + 1440

    def is_holiday(self, day: date) -> bool:
        return bool({day.isoformat(), day.isoformat()[5:]} & self.holidays)

    def instant(self, day: date, minute: int) -> datetime:
        naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
        return naive.replace(tzinfo=self.zone).astimezone(UTC)

    def day_spans(self, day: date):
        for named, start, end in self.hours:
            if day.weekday() not in named:
                continue
            begin = max(start, 1440) if self.is_holiday(day) else start
            tomorrow = day + timedelta(days=1)
            until = min(end, 1440) if self.is_holiday(tomorrow) else end
            if begin < until:
                yield self.instant(day, begin), self.instant(day, until)
        for text, start, end in self.extra:
            if day.isoformat() == text:
                yield self.instant(day, start), self.instant(day, end)

    def open_minutes(self, start: datetime, end: datetime):
        """Every open minute between two whole minutes."""
        spans, day = [], start.date() - timedelta(days=3)
        while day <= end.date() + timedelta(days=2):
            spans += list(self.day_spans(day))
            day += timedelta(days=1)
        minute = start
        while minute < end:
            if any(a <= minute < b for a, b in spans):
                yield minute
            minute += timedelta(minutes=1)


instants = st.datetimes(
    datetime(2026, 3, 1), datetime(2026, 11, 10), timezones=st.just(UTC)
).map(lambda moment: moment.replace(second=0, microsecond=0))
changes = st.sampled_from(
    [
        "2026-03-08T06:30",
        "2026-03-29T00:30",
        "2026-04-04T14:30",
        "2026-10-03T15:00",
        "2026-10-25T00:30",
        "2026-11-01T05:30",
    ]
).map(lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC))
moments = instants | changes


@settings(max_examples=CASES // 4, deadline=None)
@given(specs(), moments, st.integers(1, 3000))
def test_between_and_add_agree_with_stepping_minute_by_minute(spec, start, length):
    made, oracle = resolved(*spec), Oracle(*spec)
    end = start + timedelta(minutes=length)
    worked = list(oracle.open_minutes(start, end))
    assert made.between(start, end) == timedelta(minutes=len(worked))
    if worked:
        last = worked[-1] + timedelta(minutes=1)
        assert made.add(start, timedelta(minutes=len(worked))) == last
        half = worked[len(worked) // 2]
        assert made.is_open(half)
        assert made.next_opening(start) == worked[0]


@settings(max_examples=CASES, deadline=None)
@given(specs(), moments, st.integers(1, 900_000))
def test_add_then_between_is_the_identity(spec, start, seconds):
    made = resolved(*spec)
    span = timedelta(seconds=seconds)
    try:
        end = made.add(start, span)
    except RulesError:
        assume(False)
    assert made.between(start, end) == span
    # and it is the earliest: a moment before it, some was left
    assert made.between(start, end - timedelta(microseconds=1)) < span


@settings(max_examples=CASES, deadline=None)
@given(specs(), moments, st.integers(1, 500_000), st.integers(1, 500_000))
def test_add_is_additive_and_monotone(spec, start, first, second):
    made = resolved(*spec)
    a, b = timedelta(seconds=first), timedelta(seconds=second)
    assert made.add(made.add(start, a), b) == made.add(start, a + b)
    assert made.add(start, a) < made.add(start, a + b)
    assert made.add(start, a) <= made.add(start + b, a)


@settings(max_examples=CASES, deadline=None)
@given(specs(), moments, moments, moments)
def test_between_is_additive(spec, a, b, c):
    made = resolved(*spec)
    assert made.between(a, b) + made.between(b, c) == made.between(a, c)
    assert made.between(a, a) == timedelta(0)


@settings(max_examples=CASES, deadline=None)
@given(specs(), moments, st.integers(1, 9))
@example(
    ("Europe/Berlin", ("Mon-Thu 22:00-06:00", "Fri 08:00-16:00"), (), ()),
    datetime(2026, 6, 12, 10, tzinfo=UTC),
    2,
)
def test_days_agree_with_walking_the_dates(spec, start, count):
    made, oracle = resolved(*spec), Oracle(*spec)
    begin = made.next_opening(start)
    assert begin is not None
    local = begin.astimezone(oracle.zone)
    day, left = local.date(), count
    while left:
        day += timedelta(days=1)
        named = any(day.weekday() in days for days, _, _ in oracle.hours)
        extra = any(text == day.isoformat() for text, _, _ in oracle.extra)
        left -= extra or (named and not oracle.is_holiday(day))
    found = made.add_days(start, count)
    wanted = oracle.instant(day, local.hour * 60 + local.minute)
    spans = sorted(span for span in oracle.day_spans(day) if span[0] < span[1])
    if made.is_open(wanted):
        assert found == wanted
    elif any(end <= wanted for _, end in spans):
        assert found == max(end for _, end in spans if end <= wanted)
    elif spans:
        assert found == spans[0][0]
    assert found > start


@settings(max_examples=CASES, deadline=None)
@given(specs(), moments, st.integers(1, 500_000))
def test_stored_calendar_agrees_with_the_live_one(spec, start, seconds):
    made = resolved(*spec)
    again = Calendar.from_version(made.version())
    span = timedelta(seconds=seconds)
    assert again.add(start, span) == made.add(start, span)
    assert again.add_days(start, 3) == made.add_days(start, 3)


PEER_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")


@lru_cache(maxsize=64)
def peer(zone: str, start: int, end: int):
    rule = businesstimedelta.WorkDayRule(
        start_time=datetime(2026, 1, 1, start).time(),
        end_time=datetime(2026, 1, 1, end).time(),
        working_days=[0, 1, 2, 3, 4],
        tz=pytz.timezone(zone),
    )
    lunch = businesstimedelta.LunchTimeRule(
        start_time=datetime(2026, 1, 1, start + 3).time(),
        end_time=datetime(2026, 1, 1, start + 4).time(),
        working_days=[0, 1, 2, 3, 4],
        tz=pytz.timezone(zone),
    )
    return businesstimedelta.Rules([rule, lunch])


@settings(max_examples=CASES, deadline=None)
@given(
    st.sampled_from(PEER_ZONES),
    st.integers(4, 10),
    st.integers(15, 22),
    instants,
    st.integers(1, 200),
)
def test_businesstimedelta_counts_the_same(zone, opens, closes, start, hours):
    made = resolved(
        zone,
        (
            f"Mon-Fri {opens:02}:00-{opens + 3:02}:00",
            f"Mon-Fri {opens + 4:02}:00-{closes:02}:00",
        ),
        (),
        (),
    )
    end = start + timedelta(hours=hours)
    theirs = peer(zone, opens, closes).difference(start, end)
    found = timedelta(hours=theirs.hours, seconds=theirs.seconds)
    assert made.between(start, end) == found
