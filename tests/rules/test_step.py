"""Points on a clock: the four forms."""

from decimal import Decimal

import pytest

from rules.duration import Duration
from rules.errors import RulesError
from rules.step import Point


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("75%", {"percent": Decimal(75)}),
        ("33.3%", {"percent": Decimal("33.3")}),
        ("0%", {"percent": Decimal(0)}),
        ("breach", {"percent": Decimal(100)}),
        ("30m before breach", {"before": Duration.parse("30m")}),
        ("1 day before breach", {"before": Duration.parse("1 day")}),
        ("breach + 2h", {"after": Duration.parse("2h")}),
        ("breach+2 days", {"after": Duration.parse("2 days")}),
    ],
)
def test_point_is_read_and_given_back_as_written(text, point):
    read = Point.parse(text)
    assert read == Point(text, **point)
    assert str(read) == text


def test_breach_is_100_percent():
    assert Point.parse("breach").is_breach
    assert Point.parse("100%").is_breach
    assert not Point.parse("breach + 1h").is_breach


@pytest.mark.parametrize(
    "text", ["", "75", "%", "-5%", "after breach", "breach - 1h", "2h after breach"]
)
def test_other_words_are_refused_with_the_forms(text):
    with pytest.raises(RulesError, match="write it like 75%, breach, 30m before"):
        Point.parse(text)


@pytest.mark.parametrize("text", ["0m before breach", "breach + soon"])
def test_bad_duration_inside_is_named(text):
    with pytest.raises(RulesError, match="duration"):
        Point.parse(text)
