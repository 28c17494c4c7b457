"""What changes over time: attainment and breaches by week, the backlog, response times.

Each is a table: pages draw it and print it, so that no picture says what no table says.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailroom.report.attainment import Period, verdict, week_of
from mailroom.report.backlog import MOVES, NEVER_OPENED, UNSOLVED, monday_after, moved
from mailroom.store.contract import Store
from mailroom.store.contract_reports import ReportCycle

WEEK = timedelta(days=7)
MOST_WEEKS = 104
STEPS = (
    ("15m", timedelta(minutes=15)),
    ("1h", timedelta(hours=1)),
    ("2h", timedelta(hours=2)),
    ("4h", timedelta(hours=4)),
    ("8h", timedelta(hours=8)),
    ("24h", timedelta(hours=24)),
    ("72h", timedelta(hours=72)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A table of one label and some numbers a row, and how to draw it."""

    title: str
    label: str  # what the first column is
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    unit: str = ""  # "%" where the numbers are percentages


def trends(store: Store, period: Period, now: datetime) -> tuple[Trend, ...]:
    """Return every trend of a period; those that nothing happened in are left out."""
    silent = {t.id for t in store.report_tickets() if t.spam or t.merged}
    cycles = [
        cycle
        for cycle in store.report_cycles(period.since, period.until)
        if cycle.ticket not in silent
    ]
    found = (
        _by_week(cycles, now),
        _response_times(cycles),
        _backlog(store, period, now),
        _breaches_by_week(cycles, now),
        _by_hour(cycles, now),
    )
    return tuple(trend for trend in found if trend.rows)


def _by_week(cycles: Sequence[ReportCycle], now: datetime) -> Trend:
    achieved: Counter[tuple[str, str]] = Counter()
    decided: Counter[tuple[str, str]] = Counter()
    for cycle in cycles:
        state = verdict(cycle, now)
        if state in ("achieved", "breached"):
            key = week_of(cycle.started_at), cycle.metric
            decided[key] += 1
            achieved[key] += state == "achieved"
    metrics = tuple(sorted({metric for _, metric in decided}))
    weeks = sorted({week for week, _ in decided})[-MOST_WEEKS:]
    rows = tuple(
        (
            week,
            tuple(_percent(achieved[week, m], decided[week, m]) for m in metrics),
        )
        for week in weeks
    )
    return Trend(
        title="Attainment by week of arrival",
        label="week",
        columns=metrics,
        rows=rows,
        unit="%",
    )


def _percent(part: int, whole: int) -> float:
    """Return a percentage; a week without any is drawn as kept."""
    return int(1000 * part / whole) / 10 if whole else 100.0


def _response_times(cycles: Sequence[ReportCycle]) -> Trend:
    spans = [
        cycle.elapsed
        for cycle in cycles
        if cycle.metric == "first_reply" and cycle.fulfilled_at is not None
    ]
    limits = [limit for _, limit in STEPS]
    counts = Counter(bisect_left(limits, span) for span in spans)
    names = [f"up to {name}" for name, _ in STEPS] + [f"over {STEPS[-1][0]}"]
    rows = tuple((name, (float(counts[i]),)) for i, name in enumerate(names))
    return Trend(
        title="First replies by working time",
        label="working time",
        columns=("tickets",),
        rows=rows if spans else (),
    )


def _backlog(store: Store, period: Period, now: datetime) -> Trend:
    """How many tickets were unsolved at the end of each week."""
    moves = _moves(store)
    until = min(period.until or now, now)
    since = max(period.since or moves[0][0], moves[0][0]) if moves else until
    since = max(since, until - MOST_WEEKS * WEEK)
    rows, open_now, at = [], 0, 0
    instant = monday_after(since)
    while moves and instant - WEEK < until:
        instant = min(instant, until)
        while at < len(moves) and moves[at][0] < instant:
            open_now += moves[at][1]
            at += 1
        rows.append((f"{instant:%Y-%m-%d}", (float(open_now),)))
        if instant == until:
            break
        instant += WEEK
    return Trend(
        title="Backlog: unsolved tickets at the end of each week",
        label="before",
        columns=("unsolved",),
        rows=tuple(rows),
    )


def _moves(store: Store) -> list[tuple[datetime, int]]:
    """Return when tickets entered (+1) and left (-1) the unsolved, in order of time."""
    found: list[tuple[datetime, int]] = []
    states: dict[int, int] = {}
    for event in store.report_events(MOVES):
        before = states.get(event.ticket, NEVER_OPENED)
        after = states[event.ticket] = moved(before, event.kind)
        if step := (after == UNSOLVED) - (before == UNSOLVED):
            found.append((event.at, step))
    return sorted(found)


def _breaches_by_week(cycles: Sequence[ReportCycle], now: datetime) -> Trend:
    found: Counter[str] = Counter()
    for cycle in cycles:
        if verdict(cycle, now) == "breached":
            found[week_of(cycle.breached_at or cycle.due or now)] += 1
    weeks = sorted(found)[-MOST_WEEKS:]
    return Trend(
        title="Breaches by week",
        label="week",
        columns=("breaches",),
        rows=tuple((week, (float(found[week]),)) for week in weeks),
    )


def _by_hour(cycles: Sequence[ReportCycle], now: datetime) -> Trend:
    found = Counter(
        cycle.started_at.hour for cycle in cycles if verdict(cycle, now) == "breached"
    )
    rows = tuple((f"{hour:02}:00", (float(found[hour]),)) for hour in range(24))
    return Trend(
        title="Breaches by hour of arrival (UTC)",
        label="hour",
        columns=("breaches",),
        rows=rows if found else (),
    )
