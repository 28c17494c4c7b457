"""Pictures of clocks, drawn at the server as SVG that needs no script and no style.

A lane is as wide as its page: places are percentages of the time from a clock's start to
its end, so that lines stay sharp and nothing is scaled. What a lane shows is in `Lane`
too, for the table beside it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.ledger import Clock, Interval, State

KINDS = ("running", "planned", "paused", "overdue", "stopped")
MOST_BARS = 48
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

    @property
    def is_late(self) -> bool:
        """Whether the picture goes on after the deadline."""
        return self.due_at is not None and self.due_at < self.end


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
    if len(bars) > MOST_BARS:
        bars = [_bar(kind_of(item), item.start, item.end, scale) for item in ledger]
    return Lane(
        clock=clock,
        start=start,
        end=end,
        bars=tuple(_joined(bars)),
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
    if kind in ("running", "planned", "overdue"):
        opened = clock.calendar.open_between(interval.start, interval.end)
        return [_bar(kind, start, end, scale) for start, end in opened[: MOST_BARS + 1]]
    return [_bar(kind, interval.start, interval.end, scale)]


def _bar(kind: str, start: datetime, end: datetime, scale: _Scale) -> Bar:
    x = scale.x(start)
    return Bar(kind=kind, x=x, width=round(max(0.3, scale.x(end) - x), 2))


def _joined(bars: list[Bar]) -> list[Bar]:
    """Return at most twice `MOST_BARS`: what is too thin to be seen goes first."""
    if len(bars) <= 2 * MOST_BARS:
        return bars
    kept = sorted(bars, key=lambda bar: -bar.width)[: 2 * MOST_BARS]
    return sorted(kept, key=lambda bar: bar.x)
