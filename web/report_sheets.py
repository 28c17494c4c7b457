"""The tables of a report for spreadsheets, one for each chart."""

from collections.abc import Callable, Mapping

from mailroom.report.figures import Figures
from mailroom.report.sheet import attainment_sheet, sheet
from mailroom.report.trend import STEPS
from web.formats import iso


def _weeks(figures: Figures) -> str:
    rows = (
        (week, metric, achieved + breached, achieved, breached)
        for (week, metric), (achieved, breached) in figures.weeks.items()
    )
    return sheet(("week", "metric", "count", "achieved", "breached"), rows)


def _lengths(figures: Figures) -> str:
    limits = [limit for _, limit in STEPS]
    rows = zip([None, *limits], [*limits, None], figures.lengths, strict=True)
    return sheet(("longer_than", "up_to", "count"), rows)


def _backlog(figures: Figures) -> str:
    rows = ((iso(at), count) for at, count in figures.backlog)
    return sheet(("before", "unsolved"), rows)


def _breaches(figures: Figures) -> str:
    return sheet(("week", "breaches"), sorted(figures.late_weeks.items()))


def _hours(figures: Figures) -> str:
    return sheet(("hour", "breaches"), enumerate(figures.hours))


def _left_out(figures: Figures) -> str:
    return sheet(("reason", "count"), sorted(figures.report.excluded.items()))


SHEETS: Mapping[str, Callable[[Figures], str]] = {
    "attainment": lambda figures: attainment_sheet(figures.report),
    "weeks": _weeks,
    "lengths": _lengths,
    "backlog": _backlog,
    "breaches": _breaches,
    "hours": _hours,
    "left-out": _left_out,
}
