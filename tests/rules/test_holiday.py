"""Holidays as written: regions, every year, one date."""

import sys
from datetime import date

import pytest

from rules.errors import RulesError
from rules.holiday import Holiday, region_holidays


def test_three_forms_are_read():
    assert Holiday.parse("DE-BE").region == "DE-BE"
    assert Holiday.parse("DE").region == "DE"
    assert Holiday.parse("CH-Stadt Zurich").region == "CH-Stadt Zurich"
    assert Holiday.parse("12-24").yearly == (12, 24)
    assert Holiday.parse("02-29").yearly == (2, 29)
    assert Holiday.parse("2026-12-31").day == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("02-30", "is no date of any year"),
        ("13-01", "is no date of any year"),
        ("2026-02-29", "is no date"),
        ("DE-XX", "DE has no part 'XX'"),
        ("XX", "no holidays are known for 'XX'"),
        ("de-be", "is no holiday"),
        ("Christmas", "is no holiday"),
        ("", "is no holiday"),
    ],
)
def test_bad_holiday_gets_a_clear_line(text, complaint):
    with pytest.raises(RulesError) as caught:
        Holiday.parse(text)
    assert complaint in str(caught.value)


def test_region_is_resolved_per_year_with_names():
    found = region_holidays("DE-BE", 2026)
    assert "Karfreitag" in found[date(2026, 4, 3)]
    assert {day.year for day in found} == {2026}


def test_missing_package_is_told_where_a_region_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(RulesError, match="install mailroom-helpdesk"):
        Holiday.parse("DE-HH")
    assert Holiday.parse("12-24").yearly == (12, 24)
