"""Durations: what may be written, how it reads back, what is refused and how."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.duration import Duration
from rules.errors import RulesError


@pytest.mark.parametrize(
    ("text", "seconds", "canonical"),
    [
        ("30m", 1800, "30m"),
        ("4h", 14_400, "4h"),
        ("1h 30m", 5400, "1h 30m"),
        ("1h30m", 5400, "1h 30m"),
        ("90s", 90, "1m 30s"),
        ("90m", 5400, "1h 30m"),
        ("26h", 93_600, "26h"),
        (" 7h  10m ", 25_800, "7h 10m"),
    ],
)
def test_working_time_is_read_and_written(text, seconds, canonical):
    duration = Duration.parse(text)
    assert duration == Duration(work=timedelta(seconds=seconds))
    assert str(duration) == canonical


@pytest.mark.parametrize(("text", "days"), [("2 days", 2), ("1 day", 1), ("2d", 2)])
def test_working_days_are_something_else(text, days):
    assert Duration.parse(text) == Duration(days=days)
    assert Duration.parse(text) != Duration.parse(f"{days * 24}h")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "'' is no duration; write it like 30m"),
        ("soon", "is no duration"),
        ("1.5h", "is no duration"),
        ("30m 1h", "is no duration"),
        ("4 hours", "is no duration"),
        ("0m", "must be more than zero"),
        ("0 days", "must be more than zero"),
        ("-3h", "must be more than zero"),
        ("1 day 4h", "mixes working days with working time"),
        ("4h 1d", "mixes working days with working time"),
        ("4000 days", "longer than ten years"),
        ("9" * 5000 + "h", "longer than ten years"),
    ],
)
def test_bad_duration_gets_a_clear_line(text, complaint):
    with pytest.raises(RulesError) as caught:
        Duration.parse(text)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_zero_is_taken_where_a_test_expects_what_has_run():
    assert Duration.parse("0m", zero=True) == Duration()
    assert str(Duration()) == "0m"


@given(st.integers(1, 10_000_000), st.integers(1, 3000), st.booleans())
def test_canonical_form_reads_back(seconds, days, in_days):
    made = Duration(days=days) if in_days else Duration(timedelta(seconds=seconds))
    assert Duration.parse(str(made)) == made


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        duration = Duration.parse(text)
    except RulesError:
        return
    assert duration.work > timedelta(0) or duration.days > 0
