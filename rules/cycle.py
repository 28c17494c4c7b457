"""One cycle of one metric while the fold is under way: how it runs, pauses and ends.

`mark` is the instant since which it runs (None while it does not), `ran` what had run
before; `due` is kept whenever the cycle runs. A cycle without `terms` has no target: it
is kept all the same, hidden, so that a policy given later counts from its start.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rules.calendar import Calendar
from rules.duration import Duration
from rules.errors import RulesError
from rules.ledger import STOPPED, ZERO, Change, Leg, segments
from rules.policy import Metric
from rules.timeline import Terms

NEVER = datetime.max.replace(tzinfo=UTC)  # the calendar does not open that long


class MetricTerms(NamedTuple):
    """What is in force for one metric."""

    target: Duration
    pause_in: frozenset[str]
    calendar: Calendar
    terms: Terms

    def same(self, other: "MetricTerms | None") -> bool:
        """Whether target, calendar and `pause_in` are alike (fine print 11)."""
        return (
            other is not None
            and self.target == other.target
            and self.pause_in == other.pause_in
            and self.calendar.agrees(other.calendar)
        )


class Reckoning(NamedTuple):
    """Where a cycle stands under some terms, recounted from its start."""

    target_time: timedelta
    ran: timedelta
    mark: datetime | None
    left: timedelta  # below zero: more has run than the target allows
    due: datetime | None
    over: bool


class Cycle:
    """A cycle; see the module. `number` counts from 1 per metric."""

    __slots__ = (
        "breached_at",
        "cancelled_at",
        "cause",
        "due",
        "ended_at",
        "fulfilled_at",
        "legs",
        "mark",
        "metric",
        "number",
        "ran",
        "start",
        "target_time",
        "terms",
    )

    def __init__(
        self, metric: Metric, number: int, start: datetime, cause: int
    ) -> None:
        self.metric = metric
        self.number = number
        self.start = start
        self.cause = cause
        self.terms: MetricTerms | None = None
        self.target_time = ZERO
        self.ran = ZERO
        self.mark: datetime | None = None
        self.due: datetime | None = None
        self.fulfilled_at: datetime | None = None
        self.breached_at: datetime | None = None
        self.cancelled_at: datetime | None = None
        self.ended_at: datetime | None = None  # never to be resumed
        self.legs: list[Leg] = []

    @property
    def is_open(self) -> bool:
        """Neither fulfilled nor ended; cancelled by solving is still open."""
        return self.fulfilled_at is None and self.ended_at is None

    @property
    def stopped_at(self) -> datetime | None:
        """When it was fulfilled, ended or cancelled."""
        return self.fulfilled_at or self.ended_at or self.cancelled_at

    def begin(self, terms: MetricTerms | None, status: str) -> None:
        """Start to run, or start paused (fine print 7), or hidden without a target."""
        if terms is None:
            return
        calendar = terms.calendar
        self.terms = terms
        self.target_time, exact = goal(terms, self.start)
        self._note(self.start)
        if status not in terms.pause_in and status not in STOPPED:
            self.mark = self.start
            self.due = exact or reach(calendar, self.start, self.target_time)

    def expire(self, at: datetime, *, inclusive: bool) -> None:
        """Note the breach if the due time has passed by `at`."""
        if self.mark is None or self.breached_at is not None or self.due is None:
            return
        if self.due < at or (inclusive and self.due == at):
            self.breached_at = self.due

    def pause(self, at: datetime) -> None:
        """Stop counting; what is due is what remains."""
        self._halt(at)
        if self.breached_at is None:
            self.due = None

    def resume(self, at: datetime) -> None:
        """Count again; with nothing left it is due at once (fine print 7)."""
        if self.terms is None:
            return
        self.mark = at
        if self.breached_at is None:
            left = self.target_time - self.ran
            self.due = at if left <= ZERO else reach(self.terms.calendar, at, left)

    def fulfil(self, at: datetime) -> None:
        """Come to an end as promised; in time unless it was breached before."""
        if self.is_open:
            self._freeze(at)
            self.cancelled_at = None
            self.fulfilled_at = at

    def cancel(self, at: datetime, *, final: bool) -> None:
        """Stop unfulfilled; a breach stays one. `final`: no reopening resumes it."""
        if not self.is_open:
            return
        self._freeze(at)
        if self.breached_at is None:
            self.cancelled_at = at
        if final:
            self.ended_at = at

    def hide(self, at: datetime) -> None:
        """Lose the target (fine print 12)."""
        self.terms = self.mark = self.due = None
        self.ran = ZERO
        if self.legs:
            self.legs.append(self.legs[-1]._replace(since=at, target_time=None))

    def reopen(self) -> None:
        """Be open again, with what had run, the number and the breach."""
        self.fulfilled_at = self.cancelled_at = None
        if self.breached_at is None:
            self.due = None

    def reckon(
        self, terms: MetricTerms, at: datetime, history: Sequence[Change]
    ) -> Reckoning:
        """Recount from the start under other terms (fine print 8 and 9)."""
        calendar = terms.calendar
        target_time, exact = goal(terms, self.start)
        ran, mark, paused = ZERO, None, False
        for part in segments(history, self.start, terms.pause_in, self.cause):
            paused = paused or not part.runs
            if part.runs and part.end is None:
                mark = part.start
            elif part.runs and part.end is not None:
                ran += calendar.between(part.start, part.end)
        run = ran if mark is None else ran + calendar.between(mark, at)
        left = target_time - run
        due: datetime | None = None
        over = left < ZERO
        if exact is not None and not paused:
            due, over = exact, exact < at
        elif mark is not None:
            due = reach(calendar, mark, target_time - ran) if left > ZERO else at
        return Reckoning(target_time, ran, mark, left, at if over else due, over)

    def adopt(self, terms: MetricTerms, found: Reckoning, at: datetime) -> None:
        """Go on under other terms from `at`, breached there if more has run."""
        self.terms = terms
        self.target_time = found.target_time
        self.ran = found.ran
        self.mark = found.mark
        self.due = found.due
        if found.over:
            self.breached_at = at
        self._note(at)

    def stricter(self, found: Reckoning, at: datetime) -> bool:
        """Whether other terms are due earlier, or leave less while paused (13)."""
        if self.mark is None or found.mark is None or self.due is None:
            return found.left < self.target_time - self.elapsed(at)
        return found.due is not None and found.due < self.due

    def elapsed(self, at: datetime) -> timedelta:
        """Return what has run by `at`."""
        if self.mark is None or self.terms is None:
            return self.ran
        return self.ran + self.terms.calendar.between(self.mark, at)

    def would_be_due(self, at: datetime) -> datetime | None:
        """Return the due time, were it resumed at `at`."""
        if self.terms is None or self.due is not None:
            return self.due
        left = self.target_time - self.ran
        return at if left <= ZERO else reach(self.terms.calendar, at, left)

    def _halt(self, at: datetime) -> None:
        self.ran = self.elapsed(at)
        self.mark = None

    def _freeze(self, at: datetime) -> None:
        self._halt(at)
        self.due = self.would_be_due(at)

    def _note(self, at: datetime) -> None:
        if self.terms is not None:
            _, pause_in, calendar, _ = self.terms
            self.legs.append(Leg(at, calendar, pause_in, self.target_time))


def goal(terms: MetricTerms, start: datetime) -> tuple[timedelta, datetime | None]:
    """Turn a target into working time from `start`; a days target has its instant."""
    target, calendar = terms.target, terms.calendar
    if not target.days:
        return target.work, None
    try:
        exact = calendar.add_days(start, target.days)
    except RulesError:
        return timedelta(days=target.days), NEVER
    return calendar.between(start, exact), exact


def reach(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    """Return when `span` is used up; NEVER where the calendar does not open so long."""
    try:
        return calendar.add(start, span)
    except RulesError:
        return NEVER
