"""A report as its page shows it: charts beside their tables, rows cut to a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from babel.dates import format_date
from babel.numbers import format_decimal

from mailroom.report.attainment import Row
from mailroom.report.figures import DECIDED, FIRST, Figures, monday_of
from mailroom.report.page import shown
from mailroom.report.trend import STEPS
from web import report_charts
from web.formats import iso
from web.report_charts import MOST_APART, Chart
from web.report_query import LEFT_OUT, OUTCOMES, Asked, midnight
from web.texts import gettext as _
from web.texts import language
from web.words import metric_name

GROUPS_A_PAGE = 20
ROOM = 12_000  # octets for these groups, half as many where there are many weeks
OPEN_ROWS = 13  # longer tables are folded
MOST_LINKS = 100  # in one table: a page stays below 60 kB
_CLOCKS = ("running", "paused", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a table: what it is about, and numbers with where each leads."""

    name: str
    cells: tuple[tuple[str, str], ...]  # (what is shown, link or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart, or a chart for each metric, and the table of the same numbers."""

    key: str  # of its CSV
    title: str
    hint: str
    charts: tuple[tuple[str, Chart], ...]
    header: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def is_long(self) -> bool:
        """Whether the table is folded at first."""
        return len(self.lines) > OPEN_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the page shows."""

    figures: Figures
    panels: tuple[Panel, ...]
    groups: tuple[Row, ...]  # of this page
    pages: int
    left_out: tuple[tuple[str, int], ...]
    decided: int
    clocks: int


def view(asked: Asked, figures: Figures) -> View:
    """Return what the page of a report shows."""
    excluded, pages = figures.report.excluded, _pages(asked, figures.report.rows)
    decided = sum(
        row.count for row in figures.totals if asked.metric in ("", row.metric)
    )
    panels = (
        _weeks(asked, figures),
        _lengths(asked, figures),
        _backlog(asked, figures),
        _late_weeks(asked, figures),
        _hours(asked, figures),
    )
    order = (*_CLOCKS, *LEFT_OUT, *OUTCOMES)
    return View(
        figures=figures,
        panels=tuple(panel for panel in panels if panel is not None),
        groups=pages[asked.page - 1] if asked.page <= len(pages) else (),
        pages=len(pages),
        left_out=tuple((why, excluded[why]) for why in order if excluded.get(why)),
        decided=decided,
        clocks=decided + sum(excluded.get(why, 0) for why in _CLOCKS),
    )


def _pages(asked: Asked, rows: Sequence[Row]) -> list[tuple[Row, ...]]:
    """Return the groups a page: names may be long, and each stands in three links."""
    pages: list[list[Row]] = [[]]
    room = most = ROOM if asked.weeks <= MOST_APART else ROOM // 2
    for row in rows:
        size = 400 + 3 * len(quote_plus(row.group[asked.by] or ""))
        if pages[-1] and (size > room or len(pages[-1]) == GROUPS_A_PAGE):
            pages.append([])
            room = most
        pages[-1].append(row)
        room -= size
    return [tuple(page) for page in pages]


def group_link(asked: Asked, row: Row, state: str) -> str:
    """Return where a number of a group leads."""
    value = row.group[asked.by] or ""
    if asked.by == "week":
        return asked.entries(metric=row.metric, state=state, week=value)
    return asked.entries(metric=row.metric, state=state, group=value)


def percent(row: Row) -> str:
    """Return an attainment, cut and never rounded up: 99.9 %."""
    return share(row.achieved, row.count)


def share(part: int, whole: int) -> str:
    """Return a part of a whole in per cent, cut to one place."""
    text = format_decimal(int(1000 * part / whole) / 10, "0.0", locale=language())
    return f"{text}\u202f%"


def number(count: int) -> str:
    """Return a count with its thousands apart."""
    return format_decimal(count, locale=language())


def length(span: timedelta | None) -> str:
    """Return working time in its two largest units, short."""
    return shown(span) if span is not None else "–"


def day(label: str, pattern: str = "d MMM") -> str:
    """Return the Monday of an ISO week."""
    return format_date(monday_of(label), pattern, locale=language())


def seconds(span: timedelta | None) -> int:
    """Return working time in whole seconds."""
    return int(span.total_seconds()) if span is not None else 0


def _weeks(asked: Asked, figures: Figures) -> Panel | None:
    weeks, parts = asked.week_labels, figures.weeks
    metrics = sorted({metric for _, metric in parts})
    if not metrics:
        return None
    short = [day(week) for week in weeks]
    linked = len(weeks) * len(metrics) <= MOST_LINKS
    lines = (
        Line(
            name=_week_name(week),
            cells=tuple(
                _week_cell(asked, parts.get((week, metric)), week, metric, linked)
                for metric in metrics
            ),
        )
        for week in weeks
    )
    return Panel(
        key="weeks",
        title=_("Attainment by week"),
        hint=_weeks_hint(linked=linked),
        charts=tuple(
            (
                metric_name(metric),
                report_charts.shares(short, [parts.get((w, metric)) for w in weeks]),
            )
            for metric in metrics
        ),
        header=(_("Week"), *(metric_name(metric) for metric in metrics)),
        lines=tuple(lines),
    )


def _week_cell(
    asked: Asked, part: tuple[int, int] | None, week: str, metric: str, linked: bool
) -> tuple[str, str]:
    if part is None:
        return "–", ""
    link = asked.entries(state="decided", metric=metric, week=week)
    text = f"{share(part[0], sum(part))} · {number(sum(part))}"
    return text, link if linked else ""


def _weeks_hint(*, linked: bool) -> str:
    hint = _("What was in time of all that was decided, by the week it began in.")
    return (
        hint if linked else " ".join((hint, _("Choose a metric to follow a number.")))
    )


def _week_name(week: str) -> str:
    return f"{week[-3:]} · {day(week)}"


def _lengths(asked: Asked, figures: Figures) -> Panel | None:
    if not sum(figures.lengths):
        return None
    metric = asked.metric or FIRST
    bounds = [None, *(limit for _, limit in STEPS), None]
    names = [name for name, _ in STEPS]
    labels = [f"≤ {name}" for name in names] + [f"> {names[-1]}"]
    lines = []
    for place, count in enumerate(figures.lengths):
        low, high = bounds[place], bounds[place + 1]
        link = asked.entries(
            metric=metric,
            over=seconds(low) if low is not None else None,
            upto=seconds(high) if high is not None else None,
        )
        lines.append(_counted(labels[place], count, link))
    return Panel(
        key="lengths",
        title=_("%s: how long it took") % metric_name(metric),
        hint=_("Working time of all that was fulfilled, late ones too."),
        charts=(
            ("", report_charts.columns("running", [*names, "+"], figures.lengths)),
        ),
        header=(_("Working time"), _("Clocks")),
        lines=tuple(lines),
    )


def _backlog(asked: Asked, figures: Figures) -> Panel | None:
    if not figures.backlog:
        return None
    labels = [format_date(at, "d MMM", locale=language()) for at, _ in figures.backlog]
    counts = [count for _, count in figures.backlog]
    lines = tuple(
        _counted(label, count, asked.entries(metric="", at=_short(at)))
        for label, (at, count) in zip(labels, figures.backlog, strict=True)
    )
    return Panel(
        key="backlog",
        title=_("Backlog"),
        hint=_("Tickets that were unsolved at the end of each week, of any metric."),
        charts=(("", report_charts.level(labels, counts)),),
        header=(_("Before"), _("Unsolved")),
        lines=lines,
    )


def _short(at: datetime) -> str:
    return f"{at:%Y-%m-%d}" if at == midnight(at.date()) else iso(at)


def _late_weeks(asked: Asked, figures: Figures) -> Panel | None:
    found = figures.late_weeks
    if not found:
        return None
    weeks = sorted({*asked.week_labels, *found})
    counts = [found.get(week, 0) for week in weeks]
    return Panel(
        key="breaches",
        title=_("Breaches by week"),
        hint=_("Promises of this period that were broken, by the week of the breach."),
        charts=(
            ("", report_charts.columns("overdue", [day(w) for w in weeks], counts)),
        ),
        header=(_("Week"), _("Breaches")),
        lines=tuple(
            _counted(_week_name(week), found.get(week, 0), _late(asked, late=week))
            for week in weeks
        ),
    )


def _hours(asked: Asked, figures: Figures) -> Panel | None:
    if not sum(figures.hours):
        return None
    labels = [f"{hour:02}" for hour in range(24)]
    return Panel(
        key="hours",
        title=_("Breaches by hour of arrival"),
        hint=_("When the clocks began that ran out later; hours are UTC."),
        charts=(("", report_charts.columns("overdue", labels, figures.hours)),),
        header=(_("Hour"), _("Breaches")),
        lines=tuple(
            _counted(f"{hour:02}:00", count, _late(asked, hour=hour))
            for hour, count in enumerate(figures.hours)
            if count
        ),
    )


def _late(asked: Asked, **changes: object) -> str:
    return asked.entries(state=DECIDED[1], **changes)


def _counted(name: str, count: int, link: str) -> Line:
    return Line(name=name, cells=((number(count), link if count else ""),))
