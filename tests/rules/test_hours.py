"""Opening hours as written."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import RulesError
from rules.hours import Hours, Opening


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("Mon-Thu 09:00-12:30", (0, 1, 2, 3), 9 * 60, 750),
        ("daily 00:00-24:00", tuple(range(7)), 0, 1440),
        ("Mon,Wed 22:00-06:00", (0, 2), 22 * 60, 30 * 60),
        ("Fri-Mon 08:00-09:00", (0, 4, 5, 6), 480, 540),
        ("Mon-Tue,Fri 22:00-00:00", (0, 1, 4), 22 * 60, 1440),
        ("sat 9:00-10:00", (5,), 540, 600),
    ],
)
def test_hours_are_read(text, days, start, end):
    assert Hours.parse(text) == Hours(days, start * 60, end * 60)


def test_seconds_may_be_written():
    assert Hours.parse("Mon 09:00:30-09:01:00") == Hours((0,), 32_430, 32_460)


def test_extra_opening_is_read():
    opening = Opening.parse("2026-12-19 22:00-02:00")
    assert opening == Opening(date(2026, 12, 19), 79_200, 93_600)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("09:00-17:00", "are no hours"),
        ("Mon", "are no hours"),
        ("Mon 09:00", "is no span of hours"),
        ("Mon 09:00-09:00", "starts and ends at the same time"),
        ("Mon 00:00-00:00", "starts and ends at the same time"),
        ("Mon 24:00-01:00", "24:00, which is only an end"),
        ("Mon 09:00-24:01", "is no time of day"),
        ("Mon 09:60-10:00", "is no time of day"),
        ("Mondy 09:00-10:00", "did you mean Mon?"),
        ("Xyz 09:00-10:00", "is no day of the week"),
        ("Mon- 09:00-10:00", "is no day of the week"),
    ],
)
def test_bad_hours_get_a_clear_line(text, complaint):
    with pytest.raises(RulesError) as caught:
        Hours.parse(text)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    "text", ["2026-12-19", "2026-13-01 10:00-11:00", "12-19 10:00-11:00", ""]
)
def test_bad_extra_opening_is_refused(text):
    with pytest.raises(RulesError):
        Opening.parse(text)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    for parse in (Hours.parse, Opening.parse):
        try:
            read = parse(text)
        except RulesError:
            continue
        assert read.start < read.end
