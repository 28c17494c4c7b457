"""A clock as it is read: its state, its figures, and the ledger that proves them.

Values only; `rules.sla` makes them. The ledger is worked out when it is asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from rules.calendar import Calendar
from rules.duration import Duration
from rules.policy import Metric

STOPPED = frozenset(("solved", "closed"))
ZERO = timedelta(0)


class State(StrEnum):
    """What a clock is at; `breached` whether or not it was fulfilled late."""

    RUNNING = "running"
    PAUSED = "paused"
    ACHIEVED = "achieved"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class Change(NamedTuple):
    """From `at` on the ticket has that status, by that entry."""

    at: datetime
    status: str
    entry: int


class Leg(NamedTuple):
    """What a cycle ran under from `since` on; no target: it was hidden."""

    since: datetime
    calendar: Calendar
    pause_in: frozenset[str]
    target_time: timedelta | None


class Segment(NamedTuple):
    """A stretch of one status in a cycle's life; `end` None is still going on."""

    start: datetime
    end: datetime | None
    status: str
    entry: int
    runs: bool


class Interval(NamedTuple):
    """One line of a ledger: from, to, why, which entry caused it, working time gained.

    `reason` is `running`, `overdue` (running after the breach), `paused: STATUS` or
    `stopped: STATUS`. `planned` lies in the future: what still leads to the deadline.
    """

    start: datetime
    end: datetime
    reason: str
    entry: int
    gained: timedelta
    planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One cycle of one metric as seen at `seen_at`. Instants are UTC.

    `target` is as written, `target_time` the working time it came to, `elapsed` what
    has run (until it was fulfilled or cancelled), `remaining` what is left, never below
    zero. `due` is None only while paused (and where the calendar never opens again). A
    cancelled clock, or one fulfilled while paused, has the due time it would have had.
    `stopped_at`: fulfilled, cancelled or ended; after it no step fires. `current`: the
    metric's latest cycle. `ticking`: time is being counted at `seen_at`.
    """

    metric: Metric
    cycle: int
    state: State
    target: Duration
    target_time: timedelta
    started_at: datetime
    elapsed: timedelta
    remaining: timedelta
    due: datetime | None
    fulfilled_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None
    current: bool
    ticking: bool
    seen_at: datetime
    priority: str
    policy: str
    policy_key: str
    calendar_key: str
    cause: int  # the entry that started the cycle
    calendar: Calendar = field(compare=False, repr=False)
    pause_in: frozenset[str] = field(repr=False)
    history: tuple[Change, ...] = field(compare=False, repr=False)
    legs: tuple[Leg, ...] = field(compare=False, repr=False)

    @property
    def ledger(self) -> tuple[Interval, ...]:
        """Return the intervals from the start to the deadline, the stop or `seen_at`.

        What is gained up to the deadline adds up to `target_time`, unless a change of
        terms found that more had run by then.
        """
        return tuple(self._intervals())

    def _intervals(self) -> Iterator[Interval]:
        horizon = self._horizon()
        cuts = [self.seen_at]
        if self.breached_at is not None:
            cuts.append(self.breached_at)
        for segment in segments(
            self.history, self.started_at, self.pause_in, self.cause
        ):
            start, end = segment.start, min(segment.end or horizon, horizon)
            inner = sorted(cut for cut in set(cuts) if start < cut < end)
            for stop in (*inner, end) if start < end else ():
                yield self._interval(start, stop, segment)
                start = stop

    def _interval(self, start: datetime, end: datetime, segment: Segment) -> Interval:
        gained = self.calendar.between(start, end) if segment.runs else ZERO
        if segment.runs:
            late = self.breached_at is not None and start >= self.breached_at
            reason = "overdue" if late else "running"
        else:
            word = "stopped" if segment.status in STOPPED else "paused"
            reason = f"{word}: {segment.status}"
        planned = start >= self.seen_at
        return Interval(start, end, reason, segment.entry, gained, planned)

    def _horizon(self) -> datetime:
        if self.stopped_at is not None:
            return self.stopped_at
        if self.state is State.RUNNING and self.due is not None:
            return max(self.due, self.seen_at)
        return self.seen_at


def segments(
    history: Sequence[Change], start: datetime, pause_in: frozenset[str], cause: int
) -> Iterator[Segment]:
    """Yield the stretches of status from `start` on, and whether a clock runs in them.

    `history` is in order and begins at or before `start`; `cause` is the entry that the
    first stretch is put down to.
    """
    i = len(history) - 1
    while history[i].at > start:
        i -= 1
    status, entry = history[i].status, cause
    for change in history[i + 1 :]:
        runs = status not in pause_in and status not in STOPPED
        yield Segment(start, change.at, status, entry, runs)
        start, status, entry = change
    runs = status not in pause_in and status not in STOPPED
    yield Segment(start, None, status, entry, runs)
