"""Zone tables: the same wall times as zoneinfo, from the tzdata package alone."""

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.errors import RulesError
from rules.zone import EPOCH, load_zone, zone_data_version, zone_table

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
)


def test_zone_data_is_that_of_the_package():
    assert zoneinfo.TZPATH == ()
    assert zone_data_version().startswith("20")


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2010, 1, 1), datetime(2029, 12, 31)),
)
def test_table_reads_wall_times_as_zoneinfo_does(name, naive):
    naive = naive.replace(microsecond=0)
    table, zone = zone_table(name, 2010, 2029), load_zone(name)
    wall = int((naive.replace(tzinfo=UTC) - EPOCH).total_seconds())
    instant = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    assert EPOCH + timedelta(seconds=table.to_utc(wall)) == instant
    back = EPOCH + timedelta(seconds=table.to_wall(table.to_utc(wall)))
    assert back.replace(tzinfo=None) == instant.astimezone(zone).replace(tzinfo=None)


@pytest.mark.parametrize("name", ["Europe/Berln", "", "../etc/passwd", "/etc/passwd"])
def test_unknown_zone_is_refused(name):
    with pytest.raises(RulesError, match="is no time zone"):
        load_zone(name)
