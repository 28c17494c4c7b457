"""Charts of reports: columns as high as their numbers, and words that have room."""

import re

import pytest

from web import report_charts
from web.report_charts import HEIGHT


def heights(path: str) -> list[int]:
    return [int(height) for height in re.findall(r"v-(\d+)", path)]


def test_columns_are_as_high_as_their_numbers() -> None:
    chart = report_charts.columns("overdue", ["a", "b", "c"], [50, 0, 100])
    assert [(kind, heights(path)) for kind, path in chart.paths] == [
        ("overdue", [HEIGHT // 2, HEIGHT])
    ]
    assert [(mark.text, mark.x, mark.y) for mark in chart.values] == [
        ("50", 16.67, 50.0),
        ("100", 83.33, 0.0),
    ]


def test_shares_show_what_was_missed_above_what_was_in_time() -> None:
    parts = [(3, 1), None, (0, 5), (0, 0)]
    chart = report_charts.shares(["a", "b", "c", "d"], parts)
    drawn = {kind: heights(path) for kind, path in chart.paths}
    assert drawn == {
        "running": [HEIGHT * 3 // 4],
        "overdue part": [HEIGHT, HEIGHT],
        "rail": [2, 2],
    }


def test_very_many_columns_are_one_outline() -> None:
    values = [5, 5, 0, 10, *[0] * 48]
    (path,) = report_charts.columns("running", ["x"] * 52, values).paths
    top, half = 0, HEIGHT // 2
    assert path[1] == (
        f"M0 {HEIGHT}H0V{half}H40V{HEIGHT}H60V{top}H80V{HEIGHT}H1040V{HEIGHT}z"
    )
    assert report_charts.columns("running", ["x"] * 52, [0] * 52).paths[0][1] == ""


def test_a_level_is_a_line_through_its_values() -> None:
    chart = report_charts.level(["a", "b"], [0, 10])
    assert dict(chart.paths)["line"] == f"M10 {HEIGHT}L30 0"
    assert len(report_charts.level(["a"], [3]).paths) == 1
    assert report_charts.level([], []).labels == ()


@pytest.mark.parametrize("count", [1, 5, 12, 13, 24, 26, 52])
def test_words_below_have_room(count: int) -> None:
    chart = report_charts.columns(
        "running", [str(n) for n in range(count)], [7] * count
    )
    assert 1 <= len(chart.labels) <= 8
    assert len(chart.values) in (0, count)


@pytest.mark.parametrize(
    ("most", "top"),
    [
        (0, "1"),
        (1, "1"),
        (5, "5"),
        (7, "8"),
        (9, "10"),
        (11, "12"),
        (99, "100"),
        (801, "1000"),
    ],
)
def test_the_top_line_is_a_round_number(most: int, top: str) -> None:
    assert report_charts.columns("running", ["a"], [most]).grid[0].text == top
