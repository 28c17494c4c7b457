"""The figures of one period as a page shows them, counted in the database.

They are those of `attainment` and `trend` for one dimension, without a whole history in
memory: what is read grows with the groups and weeks of the period, and by the length of
its clocks as bare numbers. A test holds both ways against each other.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailroom.report.attainment import (
    OrganizationOf,
    Period,
    Report,
    Row,
    machines,
    percentile,
    week_of,
)
from mailroom.report.backlog import backlog, monday_after
from mailroom.report.trend import MOST_WEEKS, STEPS, WEEK
from mailroom.store.contract import Store
from mailroom.store.contract_figures import CycleFilter, CycleTally, Key
from mailroom.ticket.model import PersonId

DECIDED = ("achieved", "breached")
FIRST = "first_reply"  # whose length is shown where no metric is asked for
_FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
Label = str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All figures of a period, of one metric or ("") of every one.

    `totals` always has every metric. `weeks`: (achieved, breached) by week of the start
    and metric; `late_weeks` by week of the breach; `hours` breaches by hour of the
    start, UTC; `lengths` fulfilled cycles for each of STEPS and beyond; `backlog`
    unsolved tickets before an instant.
    """

    as_of: datetime
    metric: str
    totals: tuple[Row, ...]
    report: Report
    weeks: Mapping[tuple[str, str], tuple[int, int]]
    late_weeks: Mapping[str, int]
    hours: tuple[int, ...]
    lengths: tuple[int, ...]
    backlog: tuple[tuple[datetime, int], ...]


def figures(
    store: Store,
    organization_of: OrganizationOf,
    period: Period,
    now: datetime,
    *,
    by: str,
    metric: str = "",
) -> Figures:
    """Count a period; `by` is one of `attainment.DIMENSIONS`."""
    every = CycleFilter(now=now, since=period.since, until=period.until)
    cells = store.count_cycles(every, ("metric", "week", "hour", "verdict"))
    tallies = store.tally_cycles(every, "requester" if by == "organization" else by)
    labels = _labels(store, organization_of, by, {each.key for each in tallies})
    apart = store.tally_cycles(every) if by == "tag" else tallies
    wanted = [cell for cell in cells if metric in ("", cell[0][0])]
    return Figures(
        as_of=now,
        metric=metric,
        totals=tuple(_rows(apart, ())),
        report=Report(
            period=period,
            by=(by,),
            rows=tuple(_rows(_of(tallies, metric), (by,), labels)),
            excluded=_excluded(store, period, wanted),
        ),
        weeks=_weeks(wanted),
        late_weeks=_late_weeks(store, every, metric),
        hours=_hours(wanted),
        lengths=_lengths(_of(apart, metric or FIRST)),
        backlog=_backlog(store, period, now),
    )


def week_label(number: int) -> str:
    """Return the ISO week of a number of weeks since Monday 1970-01-05."""
    return week_of(_FIRST_MONDAY + number * WEEK)


def monday_of(label: str) -> datetime:
    """Return when an ISO week begins; ValueError where the label is none."""
    year, _, week = label.partition("-W")
    day = datetime.fromisocalendar(int(year), int(week), 1)
    return day.replace(tzinfo=UTC)


_Cell = tuple[tuple[Key, ...], int]


def _of(tallies: Iterable[CycleTally], metric: str) -> list[CycleTally]:
    return [each for each in tallies if metric in ("", each.metric)]


def _labels(
    store: Store, organization_of: OrganizationOf, by: str, keys: Iterable[Key]
) -> dict[Key, Label]:
    """Return what the groups of a dimension are called; None for those without."""
    found = [key for key in keys if key is not None]
    if by == "organization":
        return {key: organization_of(str(key)) for key in found}
    if by == "week":
        return {key: week_label(int(key)) for key in found}
    if by == "agent":
        people = store.people([PersonId(int(key)) for key in found])
        return {key: people[PersonId(int(key))].address for key in found}
    return {key: str(key) for key in found}


def _rows(
    tallies: Iterable[CycleTally],
    by: tuple[str, ...],
    labels: Mapping[Key, Label] | None = None,
) -> list[Row]:
    """Return the rows of all groups with a decided cycle, as `attainment` orders them."""
    counts: Counter[tuple[str, Label, str]] = Counter()
    spans: defaultdict[tuple[str, Label], list[int]] = defaultdict(list)
    for each in tallies:
        if each.verdict in DECIDED:
            label = labels.get(each.key) if labels is not None else None
            counts[each.metric, label, each.verdict] += each.cycles
            spans[each.metric, label].extend(each.elapsed)
    rows = [
        _row(
            metric,
            {by[0]: label} if by else {},
            tuple(counts[metric, label, verdict] for verdict in DECIDED),
            sorted(elapsed),
        )
        for (metric, label), elapsed in spans.items()
    ]
    return sorted(rows, key=lambda row: (row.metric, *map(str, row.group.values())))


def _row(
    metric: str, group: Mapping[str, Label], counts: Sequence[int], spans: list[int]
) -> Row:
    achieved, breached = counts
    p50, p90, p99 = (_percentile(spans, part) for part in (0.50, 0.90, 0.99))
    return Row(
        metric=metric,
        group=group,
        achieved=achieved,
        breached=breached,
        p50=p50,
        p90=p90,
        p99=p99,
    )


def _percentile(ordered: list[int], part: float) -> timedelta | None:
    found = percentile(ordered, part)
    return found * _MILLISECOND if found is not None else None


def _excluded(store: Store, period: Period, cells: Iterable[_Cell]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (_, _, _, verdict), count in cells:
        if verdict not in DECIDED:
            found[str(verdict)] += count
    found.update(store.count_left_out(period.since, period.until))
    found.update(machines(store, period))
    return dict(found)


def _weeks(cells: Iterable[_Cell]) -> dict[tuple[str, str], tuple[int, int]]:
    found: Counter[tuple[Key, Key, Key]] = Counter()
    for (metric, week, _, verdict), count in cells:
        if verdict in DECIDED:
            found[week, metric, verdict] += count
    return {
        (week_label(int(week or 0)), str(metric)): (
            found[week, metric, "achieved"],
            found[week, metric, "breached"],
        )
        for week, metric, _ in sorted(found, key=str)
    }


def _hours(cells: Iterable[_Cell]) -> tuple[int, ...]:
    found: Counter[Key] = Counter()
    for (_, _, hour, verdict), count in cells:
        found[hour] += count * (verdict == "breached")
    return tuple(found[hour] for hour in range(24))


def _late_weeks(store: Store, every: CycleFilter, metric: str) -> dict[str, int]:
    late = CycleFilter(
        now=every.now,
        since=every.since,
        until=every.until,
        metric=metric,
        verdicts=("breached",),
    )
    found = store.count_cycles(late, ("late_week",))
    return {week_label(int(week or 0)): count for (week,), count in found}


def _lengths(tallies: Iterable[CycleTally]) -> tuple[int, ...]:
    limits = [limit // _MILLISECOND for _, limit in STEPS]
    found = Counter(
        bisect_left(limits, span) for each in tallies for span in each.elapsed
    )
    return tuple(found[place] for place in range(len(STEPS) + 1))


def _backlog(
    store: Store, period: Period, now: datetime
) -> tuple[tuple[datetime, int], ...]:
    first, until = store.first_move(), min(period.until or now, now)
    if first is None:
        return ()
    since = max(period.since or first, first, until - MOST_WEEKS * WEEK)
    instants = [monday_after(since)]
    if instants[0] - WEEK >= until:
        return ()
    while instants[-1] < until:
        instants.append(instants[-1] + WEEK)
    instants[-1] = until
    return tuple(zip(instants, backlog(store, instants), strict=True))
