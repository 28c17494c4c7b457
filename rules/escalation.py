"""Which escalation steps fire when: the plan of a ticket, read off its clocks.

The driver (the desk's sweep, the rehearsal) holds a timeline and goes from instant to
instant; each step that fires is appended to the timeline and all is read anew:

    while True:
        seen = clocks(timeline, now)
        planned = plan(path, seen, timeline)
        fired = due(planned, now)
        if not fired:
            break
        step = fired[0]                     # one at a time: it may move the others
        timeline.append(Entry(step.at, next_id(), Kind.FIRED, Actor.STEP,
                              metric=step.metric, cycle=step.cycle, step=step.index,
                              path=step.path, point=step.point))
        # step.step.notify: send; step.step.set: change the ticket and append
        # Entry(step.at, next_id(), Kind.TERMS, Actor.STEP, terms=...) with what is
        # then in force. Both entries carry the step's instant, however late it is
        # fired; whether it is late is the driver's to mark.
    wake_at = next_instant(seen, planned, now)

Before an event at `t` is appended, the steps due before `t` must have fired: run the
loop with `now` just before `t` (steps at `t` itself come after the events of `t`).

Points above 100 % count from the breach on. Days before or after a breach are turned
into the working time of those days. A point reached at the very instant of a pause is
reached at the resumption. A path that comes into force later finds its points already
passed and fires them at that instant. Fired steps are known by path and `at`, so that an
edited path does not repeat them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rules.cycle import NEVER, reach
from rules.errors import RulesError
from rules.ledger import ZERO, Change, Clock, Leg, State, segments
from rules.policy import EscalationPath, Metric, Step
from rules.sla import METRICS, silences
from rules.timeline import Entry, Kind, ordered

_SEEN = frozenset((Kind.ACKNOWLEDGED, Kind.TAKEN, Kind.AGENT_REPLY))
_DAY = timedelta(days=1)


class Outcome(StrEnum):
    """What became of a step in a cycle."""

    PENDING = "pending"
    FIRED = "fired"
    SKIPPED = "skipped"  # acknowledged
    NEVER = "never"  # fulfilled, cancelled or silenced at or before its instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One step for one cycle. `at` is None while a pause keeps the clock from it."""

    metric: Metric
    cycle: int
    path: str
    index: int  # of the step in the path
    point: str  # the step's `at` as written
    at: datetime | None
    outcome: Outcome
    position: timedelta  # on the clock, from its start
    step: Step

    @property
    def name(self) -> str:
        """As rule tests write it: `first_reply 75%`."""
        return f"{self.metric} {self.point}"

    @property
    def order(self) -> tuple[datetime | None, int, int, timedelta, int]:
        """The order of firing (fine print 20)."""
        place = METRICS.index(self.metric)
        return self.at, place, self.cycle, self.position, self.index


def plan(
    path: EscalationPath | None, seen: Sequence[Clock], timeline: Sequence[Entry]
) -> tuple[Planned, ...]:
    """Return every step of the path now in force for every clock of `seen`.

    `path` is that of the latest TERMS; since when it is in force the timeline tells.
    """
    if not seen or path is None:
        return ()
    now, entries = seen[0].seen_at, ordered(timeline)
    # The clocks of a silenced ticket stand still, its path may change all the same.
    since = _in_force_since(entries, path)
    record = _Record([entry for entry in entries if entry.at <= now], path, since)
    return tuple(
        record.look(clock, index, step)
        for clock in seen
        for index, step in enumerate(path.steps)
        if clock.metric in step.metrics
    )


def due(planned: Iterable[Planned], now: datetime) -> tuple[Planned, ...]:
    """Return the steps that have to fire by `now`, in order; fire the first only."""
    waiting = [
        step
        for step in planned
        if step.outcome is Outcome.PENDING and step.at is not None and step.at <= now
    ]
    return tuple(sorted(waiting, key=lambda step: step.order))


def next_instant(
    seen: Iterable[Clock], planned: Iterable[Planned], now: datetime
) -> datetime | None:
    """Return the earliest instant after `now` of a breach or a step, if there is one."""
    breaches = [c.due for c in seen if c.state is State.RUNNING and c.due is not None]
    steps = [
        step.at
        for step in planned
        if step.outcome is Outcome.PENDING and step.at is not None
    ]
    return min((at for at in (*breaches, *steps) if at > now), default=None)


def _in_force_since(entries: Iterable[Entry], path: EscalationPath) -> datetime | None:
    since: datetime | None = None
    for entry in entries:
        if entry.kind is Kind.TERMS and entry.terms is not None:
            if entry.terms.path != path:
                since = None
            elif since is None:
                since = entry.at
    return since


class _Record:
    """What the timeline says about steps: fired ones, acknowledgements, silences."""

    def __init__(
        self, entries: Sequence[Entry], path: EscalationPath, since: datetime | None
    ) -> None:
        self.path = path
        self.since = since
        self.silent = silences(entries)
        self.fired: dict[tuple[Metric | None, int], list[Entry]] = {}
        for entry in entries:
            if entry.kind is Kind.FIRED:
                self.fired.setdefault((entry.metric, entry.cycle), []).append(entry)
        self.acknowledged = [entry.at for entry in entries if entry.kind in _SEEN]

    def look(self, clock: Clock, index: int, step: Step) -> Planned:
        """Say where one step stands for one clock."""
        position = _position(clock, step)
        at, outcome = self._ahead(clock, step, position)
        fired = self._fired(clock, index, step)
        if fired is not None:
            at, outcome = fired.at, Outcome.FIRED
        return Planned(
            metric=clock.metric,
            cycle=clock.cycle,
            path=self.path.name,
            index=index,
            point=step.at.text,
            at=at,
            outcome=outcome,
            position=position,
            step=step,
        )

    def _ahead(
        self, clock: Clock, step: Step, position: timedelta
    ) -> tuple[datetime | None, Outcome]:
        at = _instant(clock, step, position)
        if at is None or at == NEVER:
            over = clock.stopped_at is not None
            return None, Outcome.NEVER if over else Outcome.PENDING
        if self.since is not None:
            at = max(at, self.since)
        stopped = clock.stopped_at is not None and clock.stopped_at <= at
        if stopped or self._silenced(at):
            return at, Outcome.NEVER
        if step.unless_acknowledged and self._acknowledged(clock, at):
            return at, Outcome.SKIPPED
        return at, Outcome.PENDING

    def _fired(self, clock: Clock, index: int, step: Step) -> Entry | None:
        """Find the step's firing, also where an edit has moved it in its path."""
        moved: Entry | None = None
        for entry in self.fired.get((clock.metric, clock.cycle), ()):
            if entry.path == self.path.name and entry.point == step.at.text:
                if entry.step == index:
                    return entry
                steps = self.path.steps
                stale = entry.step >= len(steps)
                if stale or steps[entry.step].at.text != entry.point:
                    moved = entry
        return moved

    def _acknowledged(self, clock: Clock, at: datetime) -> bool:
        fired = self.fired.get((clock.metric, clock.cycle))
        if not fired:
            return False
        since = bisect_right(self.acknowledged, fired[0].at)
        return since < len(self.acknowledged) and self.acknowledged[since] <= at

    def _silenced(self, at: datetime) -> bool:
        return any(a <= at and (b is None or at < b) for a, b in self.silent)


def _position(clock: Clock, step: Step) -> timedelta:
    """Return the step's place on the clock under the terms now in force."""
    leg = clock.legs[-1]
    point = step.at
    if point.after is not None:
        return clock.target_time + (point.after.work or point.after.days * _DAY)
    return _threshold(clock, leg, step) or ZERO


def _threshold(clock: Clock, leg: Leg, step: Step) -> timedelta | None:
    """Return the elapsed time at which a point up to the breach is reached."""
    if leg.target_time is None:
        return None
    point = step.at
    if point.percent is not None:
        numerator, denominator = point.percent.as_integer_ratio()
        whole = leg.target_time // timedelta(microseconds=1)
        per_second = denominator * 100 * 1_000_000
        seconds = -(-whole * numerator // per_second)  # up to the second
        return timedelta(seconds=seconds)
    if point.before is None:
        return None
    lead = point.before.work
    if point.before.days:
        end = reach(leg.calendar, clock.started_at, leg.target_time)
        days = point.before.days
        lead = days * _DAY if end == NEVER else leg.calendar.days_before(end, days)
    return max(ZERO, leg.target_time - lead)


def _instant(clock: Clock, step: Step, position: timedelta) -> datetime | None:
    point = step.at
    if point.percent is not None and point.percent >= 100:
        over = ZERO if point.is_breach else position - clock.target_time
        return _after_breach(clock, over)
    if point.after is not None:
        return _after_breach(clock, point.after.work, point.after.days)
    return _before_breach(clock, step)


def _before_breach(clock: Clock, step: Step) -> datetime | None:
    """Return when the point is first reached, under the terms of that time (21)."""
    legs = clock.legs
    for i, leg in enumerate(legs):
        goal = _threshold(clock, leg, step)
        if goal is None:
            continue
        at = _reached(leg, clock.history, clock.started_at, goal)
        if at is None:
            continue
        at = max(at, leg.since)
        if i + 1 == len(legs) or at < legs[i + 1].since:
            return at
    return None


def _reached(
    leg: Leg, history: Sequence[Change], start: datetime, work: timedelta
) -> datetime | None:
    """Return when `work` has run from `start`; None where a pause holds it up."""
    done = ZERO
    for part in segments(history, start, leg.pause_in, 0):
        if not part.runs:
            continue
        at: datetime | None = part.start
        if not work:
            at = leg.calendar.next_opening(part.start)
        elif done < work:
            at = reach(leg.calendar, part.start, work - done)
        if part.end is None or (at is not None and at < part.end):
            return at
        done += leg.calendar.between(part.start, part.end)
    return None


def _after_breach(clock: Clock, work: timedelta, days: int = 0) -> datetime | None:
    breach = clock.breached_at
    if breach is None and clock.state is State.RUNNING:
        breach = clock.due
    if breach is None or not (work or days):
        return breach
    if days:
        work = _days_after(clock, breach, days)
    return _reached(clock.legs[-1], clock.history, breach, work)


def _days_after(clock: Clock, breach: datetime, days: int) -> timedelta:
    try:
        end = clock.calendar.add_days(breach, days)
    except RulesError:
        return days * _DAY
    return clock.calendar.between(breach, end)
