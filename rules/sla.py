"""The clocks of a ticket: a pure fold over its timeline.

`clocks(timeline, now)` is all there is to know: the same entries and the same `now` give
the same answer, whoever asks and whenever a sweep ran. Entries later than `now` are left
out, so the past can be looked at. The order at one instant, and where the rule language
leaves a choice, what was chosen:

- What happens at one instant is taken together. A status that is left again at the same
  instant it was entered is no pause, but solving and reopening at once is both.
- The opening comes before all else at its instant, so a reply at that very instant
  answers it. Any other message at the instant of a reply counts as written after it.
- A ticket that an agent opened by writing to a customer is already answered: the
  customer's answer starts `next_reply`, the opening starts `update`.
- A public reply to a solved ticket fulfils a `first_reply` that solving had cancelled.
- A cycle that `restart` replaces is `cancelled` (a breached one stays `breached`).
- What changes while a ticket is solved is applied at its reopening, where `restart`
  counts as `keep_elapsed`: a resumed cycle keeps its number.
- While a ticket is spam or merged its clocks are those of that instant.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from rules.cycle import NEVER, Cycle, MetricTerms
from rules.ledger import STOPPED, ZERO, Change, Clock, State
from rules.policy import Metric, OnChange, Reopen
from rules.timeline import Entry, Kind, Terms, ordered

METRICS = tuple(Metric)
_RESOLUTIONS = (Metric.RESOLUTION, Metric.TOTAL_RESOLUTION)
_REPLIES = (Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.UPDATE)


def clocks(timeline: Sequence[Entry], now: datetime) -> tuple[Clock, ...]:
    """Return every cycle that has a target, by metric (in table order), then cycle."""
    entries = [entry for entry in ordered(timeline) if entry.at <= now]
    if not entries or entries[0].kind is not Kind.OPENED:
        return ()
    silent = silences(entries)
    frozen = bool(silent) and silent[-1][1] is None
    until = silent[-1][0] if frozen else now
    fold = Fold()
    fold.play(entry for entry in entries if entry.at <= until)
    return fold.view(until, frozen=frozen)


def latest(seen: Iterable[Clock]) -> dict[Metric, Clock]:
    """Return the clock that each metric is shown by; none where it has no target."""
    return {clock.metric: clock for clock in seen if clock.current}


def silences(entries: Iterable[Entry]) -> list[tuple[datetime, datetime | None]]:
    """Return when the ticket was spam or merged, [from, to); None is until now."""
    found: list[tuple[datetime, datetime | None]] = []
    merged = False
    for entry in entries:
        going_on = bool(found) and found[-1][1] is None
        if entry.kind is Kind.SPAM or entry.kind is Kind.MERGED:
            merged = merged or entry.kind is Kind.MERGED
            if not going_on:
                found.append((entry.at, None))
        elif entry.kind is Kind.NOTSPAM and going_on and not merged:
            found[-1] = (found[-1][0], entry.at)
    return found


class Fold:
    """The state of the fold; `play` takes entries in order, whole instants at a time."""

    def __init__(self) -> None:
        self.status = ""
        self.history: list[Change] = []
        self.replied = False  # there was a public agent reply
        self.in_force: dict[Metric, MetricTerms | None] = dict.fromkeys(METRICS)
        self.on_change = OnChange.KEEP_ELAPSED
        self.on_reopen = Reopen.RESUME
        self.cycles: dict[Metric, list[Cycle]] = {metric: [] for metric in METRICS}

    def play(self, entries: Iterable[Entry]) -> None:
        """Apply entries that come in the order of `ordered`."""
        for (at, by_step), group in groupby(entries, lambda e: (e.at, e.by_step)):
            self._expire(at, inclusive=by_step)
            if by_step:
                for entry in group:
                    self._after_step(entry)
            else:
                _Instant(self, at, group).apply()

    def view(self, now: datetime, *, frozen: bool = False) -> tuple[Clock, ...]:
        """Return the clocks at `now`; `frozen`: cancelled at that very instant."""
        turns = [change.at for change in self.history]
        return tuple(
            _read(
                cycle,
                now,
                self._lived(cycle, turns),
                current=cycle is cycles[-1],
                frozen=frozen,
            )
            for cycles in self.cycles.values()
            for cycle in cycles
            if cycle.terms is not None
        )

    def _lived(self, cycle: Cycle, turns: list[datetime]) -> tuple[Change, ...]:
        """Return the part of the history that a cycle has seen."""
        first = bisect_right(turns, cycle.start) - 1
        end = cycle.stopped_at
        last = len(turns) if end is None else bisect_right(turns, end)
        return tuple(self.history[first:last])

    def start(self, metric: Metric, at: datetime, cause: int) -> None:
        """Start the metric's next cycle."""
        cycles = self.cycles[metric]
        cycle = Cycle(metric, len(cycles) + 1, at, cause)
        cycle.begin(self.in_force[metric], self.status)
        cycles.append(cycle)

    def last(self, *metrics: Metric) -> list[Cycle]:
        """Return the latest cycle of each of these metrics that has one."""
        return [self.cycles[metric][-1] for metric in metrics if self.cycles[metric]]

    def put_in_force(self, terms: Terms) -> None:
        """Take note of what holds for each metric, without applying it."""
        self.in_force = {metric: _terms_for(metric, terms) for metric in METRICS}
        policy = terms.policy
        self.on_reopen = Reopen.RESUME if policy is None else policy.reopen
        keep = OnChange.KEEP_ELAPSED
        self.on_change = keep if policy is None else policy.on_change

    def change(self, terms: Terms, at: datetime, cause: int) -> None:
        """Apply new terms to every open clock (fine print 8 to 13)."""
        before = self.in_force
        self.put_in_force(terms)
        for cycle in self.last(*METRICS):
            if cycle.is_open and cycle.cancelled_at is None:
                self._change_one(cycle, before[cycle.metric], at, cause)

    def _change_one(
        self, cycle: Cycle, before: MetricTerms | None, at: datetime, cause: int
    ) -> None:
        new, old = self.in_force[cycle.metric], cycle.terms
        restart = self.on_change is OnChange.RESTART and old is not None
        strict = self.on_change is OnChange.STRICTER_ONLY
        if new is None:
            if not strict and cycle.breached_at is None:
                cycle.hide(at)
        elif new.same(old):
            if cycle.breached_at is None:
                cycle.terms = new
        elif restart and self.status not in STOPPED:
            cycle.cancel(at, final=True)
            self.start(cycle.metric, at, cause)
        elif cycle.breached_at is None and not (
            strict and old is not None and new.same(before)
        ):
            self._retarget(cycle, new, at)

    def _retarget(self, cycle: Cycle, new: MetricTerms, at: datetime) -> bool:
        strict = self.on_change is OnChange.STRICTER_ONLY
        found = cycle.reckon(new, at, self.history)
        if strict and cycle.terms is not None and not cycle.stricter(found, at):
            return False
        cycle.adopt(new, found, at)
        return True

    def reopen(self, at: datetime, cause: int) -> None:
        """Resume what solving stopped, or begin anew (fine print 15 and 16)."""
        for cycle in self.last(Metric.FIRST_REPLY):
            if cycle.is_open:
                self._resume(cycle, at)
        for metric in _RESOLUTIONS:
            if self.on_reopen is Reopen.NEW_CYCLE:
                self.start(metric, at, cause)
            else:
                for cycle in self.last(metric):
                    self._resume(cycle, at)

    def _resume(self, cycle: Cycle, at: datetime) -> None:
        cycle.reopen()
        new, old = self.in_force[cycle.metric], cycle.terms
        runs = old is None or self.status not in old.pause_in
        if cycle.breached_at is None and new is not None and not new.same(old):
            if self._retarget(cycle, new, at):
                return
        elif (
            cycle.breached_at is None
            and new is None
            and self.on_change is not OnChange.STRICTER_ONLY
        ):
            cycle.hide(at)
            return
        if runs:
            cycle.resume(at)

    def solve(self, at: datetime) -> None:
        """Fulfil what solving fulfils; cancel an unbreached first_reply or update."""
        for cycle in self.last(Metric.NEXT_REPLY, *_RESOLUTIONS):
            cycle.fulfil(at)
        for cycle in self.last(Metric.FIRST_REPLY):
            cycle.cancel(at, final=False)
        for cycle in self.last(Metric.UPDATE):
            cycle.cancel(at, final=True)

    def turn(self, at: datetime) -> None:
        """Pause or resume each open clock as the present status says."""
        for cycle in self.last(*METRICS):
            if cycle.terms is None or not cycle.is_open or cycle.cancelled_at:
                continue
            runs = self.status not in STOPPED
            runs = runs and self.status not in cycle.terms.pause_in
            if runs and cycle.mark is None:
                cycle.resume(at)
            elif not runs and cycle.mark is not None:
                cycle.pause(at)

    def _after_step(self, entry: Entry) -> None:
        if entry.kind is Kind.TERMS and entry.terms is not None:
            self.change(entry.terms, entry.at, entry.id)
            self._expire(entry.at, inclusive=True)

    def _expire(self, at: datetime, *, inclusive: bool) -> None:
        for cycle in self.last(*METRICS):
            cycle.expire(at, inclusive=inclusive)


class _Instant:
    """What happened at one instant, sorted out; `apply` does it in the stated order."""

    def __init__(self, fold: Fold, at: datetime, group: Iterable[Entry]) -> None:
        self.fold = fold
        self.at = at
        self.opened: Entry | None = None
        self.reply: Entry | None = None
        self.message: Entry | None = None
        self.terms: Entry | None = None
        self.turned: Entry | None = None  # the last change of status
        self.solved = False
        self.reply_solves = False
        self.status = fold.status
        for entry in group:
            self._sort(entry)

    def _sort(self, entry: Entry) -> None:
        kind = entry.kind
        if kind is Kind.STATUS:
            solves = entry.status in STOPPED and self.status not in STOPPED
            self.solved = self.solved or solves
            self.status, self.turned = entry.status, entry
        elif kind is Kind.CUSTOMER_MESSAGE:
            if not entry.courtesy:
                self.message = self.message or entry
        elif kind is Kind.AGENT_REPLY:
            self.reply = self.reply or entry
            self.reply_solves = self.reply_solves or entry.solves
        elif kind is Kind.TERMS:
            self.terms = entry
        elif kind is Kind.OPENED:
            self.opened = self.turned = entry
            self.status = entry.status

    def apply(self) -> None:
        fold, at = self.fold, self.at
        if self.opened is not None:
            self._open(self.opened)
        self._fulfil()
        if self.turned is not None and self.opened is None:
            self._turn(self.turned)
        if self.terms is not None and self.opened is None:
            assert self.terms.terms is not None
            fold.change(self.terms.terms, at, self.terms.id)
        if fold.status not in STOPPED:
            self._start()

    def _open(self, opened: Entry) -> None:
        fold, at = self.fold, self.at
        if self.terms is not None and self.terms.terms is not None:
            fold.put_in_force(self.terms.terms)
        fold.status = self.status
        fold.history.append(Change(at, self.status, opened.id))
        if not opened.answered:
            fold.start(Metric.FIRST_REPLY, at, opened.id)
        for metric in _RESOLUTIONS:
            fold.start(metric, at, opened.id)

    def _fulfil(self) -> None:
        fold, at = self.fold, self.at
        if self.reply is not None:
            fold.replied = True
            for cycle in fold.last(*_REPLIES):
                cycle.fulfil(at)
        if self.solved:
            fold.solve(at)

    def _turn(self, turned: Entry) -> None:
        fold, at = self.fold, self.at
        reopens = self.solved or fold.status in STOPPED
        fold.status = self.status
        if self.solved and self.status not in STOPPED:
            fold.history.append(Change(at, "solved", turned.id))
        if self.status != fold.history[-1].status:
            fold.history.append(Change(at, self.status, turned.id))
        if reopens and self.status not in STOPPED:
            fold.reopen(at, turned.id)
        fold.turn(at)

    def _start(self) -> None:
        fold, at = self.fold, self.at
        said = self.reply
        if self.opened is not None and self.opened.answered:
            fold.replied = True
            said = said or self.opened
        if said is not None and not self.reply_solves:
            fold.start(Metric.UPDATE, at, said.id)
        if self.message is not None and fold.replied:
            waiting = any(cycle.is_open for cycle in fold.last(Metric.NEXT_REPLY))
            if not waiting:
                fold.start(Metric.NEXT_REPLY, at, self.message.id)


def _terms_for(metric: Metric, terms: Terms) -> MetricTerms | None:
    if terms.policy is None:
        return None
    target = terms.policy.targets.get(metric)
    span = None if target is None else target.within.get(terms.priority)
    if target is None or span is None:
        return None
    return MetricTerms(span, target.pause_in, terms.calendar, terms)


def _read(
    cycle: Cycle,
    now: datetime,
    history: tuple[Change, ...],
    *,
    current: bool,
    frozen: bool,
) -> Clock:
    assert cycle.terms is not None
    target, pause_in, calendar, terms = cycle.terms
    elapsed = cycle.elapsed(now)
    breached_at = _breach(cycle, now, frozen=frozen)
    state = _state(cycle, breached_at, frozen=frozen)
    due = cycle.would_be_due(now) if state is State.CANCELLED else cycle.due
    return Clock(
        metric=cycle.metric,
        cycle=cycle.number,
        state=state,
        target=target,
        target_time=cycle.target_time,
        started_at=cycle.start,
        elapsed=elapsed,
        remaining=max(ZERO, cycle.target_time - elapsed),
        due=None if due == NEVER else due,
        fulfilled_at=cycle.fulfilled_at,
        breached_at=breached_at,
        stopped_at=cycle.stopped_at or (now if frozen else None),
        current=current,
        ticking=cycle.mark is not None and not frozen,
        seen_at=now,
        priority=terms.priority,
        policy=terms.policy.name if terms.policy is not None else "",
        policy_key=terms.policy_key,
        calendar_key=terms.calendar_key,
        cause=cycle.cause,
        calendar=calendar,
        pause_in=pause_in,
        history=history,
        legs=tuple(cycle.legs),
    )


def _breach(cycle: Cycle, now: datetime, *, frozen: bool) -> datetime | None:
    if cycle.breached_at is not None or cycle.mark is None or cycle.due is None:
        return cycle.breached_at
    passed = cycle.due < now if frozen else cycle.due <= now
    return cycle.due if passed else None


def _state(cycle: Cycle, breached_at: datetime | None, *, frozen: bool) -> State:
    if breached_at is not None:
        return State.BREACHED
    if cycle.fulfilled_at is not None:
        return State.ACHIEVED
    if frozen or cycle.cancelled_at is not None:
        return State.CANCELLED
    return State.RUNNING if cycle.mark is not None else State.PAUSED
