"""Pictures of clocks, drawn at the server as SVG that needs no script and no style.

A lane is as wide as its page: places are percentages of the time from a clock's start to
its end, so that lines stay sharp and nothing is scaled. What a lane shows is in `Lane`
too, for the table beside it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.ledger import Clock, Interval, State

KINDS = ("running", "planned", "paused", "overdue", "stopped")
MOST_STRIPES = 80
_ROOM = 0.04  # of the width, behind the last instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of a lane; places are percent of its width."""

    kind: str  # one of KINDS
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One clock as a picture."""

    clock: Clock
    start: datetime
    end: datetime
    bars: tuple[Bar, ...]
    due: float | None  # percent
    due_at: datetime | None
    now: float | None
    done: float | None
    ledger: tuple[Interval, ...]


def lane(clock: Clock, now: datetime) -> Lane:
    """Return the picture of a clock."""
    ledger = clock.ledger
    due = clock.due
    if clock.state is State.BREACHED:
        due = clock.breached_at
    ends = [i.end for i in ledger] + [at for at in (due, clock.stopped_at) if at]
    start, end = clock.started_at, max([clock.started_at, *ends])
    if end - start < timedelta(seconds=1):
        end = start + timedelta(seconds=1)
    scale = _Scale(start, end)
    bars = [bar for item in ledger for bar in _bars(clock, item, scale)]
    return Lane(
        clock=clock,
        start=start,
        end=end,
        bars=tuple(bars),
        due=scale.x(due) if due is not None else None,
        due_at=due,
        now=scale.x(now) if clock.stopped_at is None and now <= end else None,
        done=scale.x(clock.fulfilled_at) if clock.fulfilled_at else None,
        ledger=ledger,
    )


class _Scale:
    def __init__(self, start: datetime, end: datetime) -> None:
        self._start = start
        self._width = (end - start).total_seconds() * (1 + _ROOM)

    def x(self, at: datetime) -> float:
        part = (at - self._start).total_seconds() / self._width
        return round(min(1.0, max(0.0, part)) * 100, 2)


def kind_of(interval: Interval) -> str:
    """Return what an interval of a ledger is drawn as."""
    if interval.reason == "overdue":
        return "overdue"
    if interval.reason == "running":
        return "planned" if interval.planned else "running"
    return interval.reason.partition(":")[0]


def _bars(clock: Clock, interval: Interval, scale: _Scale) -> list[Bar]:
    """Return the bars of an interval: running time is drawn where we are open."""
    kind = kind_of(interval)
    spans = [(interval.start, interval.end)]
    if kind in ("running", "planned", "overdue"):
        opened = clock.calendar.open_between(interval.start, interval.end)
        if len(opened) <= MOST_STRIPES:
            spans = [(span[0], span[1]) for span in opened]
    made = [(scale.x(start), scale.x(end)) for start, end in spans]
    return [Bar(kind=kind, x=x, width=round(max(0.3, to - x), 2)) for x, to in made]
