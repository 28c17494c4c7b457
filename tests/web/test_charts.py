"""The picture of a clock: what ran, rested, was late, and where the deadline stands."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from mailroom.desk.pages.status_page import open_page
from web import charts


def lanes(desk: Any, ticket: int) -> dict[str, charts.Lane]:
    page = open_page(desk.app.office, desk.token(ticket))
    assert page is not None
    found = [charts.lane(clock, page.now) for clock in page.promised]
    return {lane.clock.metric.value: lane for lane in found}


def kinds(lane: charts.Lane) -> list[str]:
    return list(dict.fromkeys(bar.kind for bar in lane.bars))


def test_a_running_clock_shows_what_ran_and_what_is_left(desk: Any) -> None:
    ticket = desk.write()
    desk.pass_time(timedelta(hours=1))
    lane = lanes(desk, ticket)["first_reply"]
    assert kinds(lane) == ["running", "planned"]
    assert lane.now == pytest.approx(lane.due / 4, abs=0.5)  # type: ignore[operator]
    assert lane.done is None


def test_closed_hours_are_gaps(desk: Any) -> None:
    lane = lanes(desk, desk.write())["resolution"]
    days = [bar for bar in lane.bars if bar.kind == "planned"]
    assert len(days) == 4  # Tuesday to Friday
    for one, other in pairwise(days):
        assert one.x + one.width < other.x


def test_a_pause_and_a_late_end_are_drawn(desk: Any) -> None:
    ticket = desk.write()
    desk.pass_time(timedelta(hours=5))
    desk.answer("ann@acme.example", ticket, "#pending\r\nWhich one?")
    desk.pass_time(timedelta(hours=1))
    found = lanes(desk, ticket)
    assert kinds(found["first_reply"]) == ["running", "overdue"]
    assert found["first_reply"].done is not None
    assert kinds(found["resolution"]) == ["running", "paused"]
    assert found["resolution"].due is None


def test_places_stay_inside_the_picture(desk: Any) -> None:
    ticket = desk.write()
    for hours in (0, 3, 30, 300, 3000):
        desk.pass_time(timedelta(hours=hours))
        for lane in lanes(desk, ticket).values():
            for bar in lane.bars:
                assert 0 <= bar.x <= 100
                assert bar.x + bar.width <= 101
            assert len(lane.bars) <= charts.MOST_BARS * 2


def test_a_ticket_solved_at_once_has_a_picture(desk: Any) -> None:
    ticket = desk.write()
    desk.answer("ann@acme.example", ticket, "#solved\r\nDone.")
    assert "<svg" in desk.page(ticket)
