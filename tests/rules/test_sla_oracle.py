"""A second fold, naive, that walks second by second, must agree with the real one.

Each second it looks at the whole past again and counts open seconds one by one; nothing
is carried along but what has happened. Time is scaled down: a "day" has a few minutes of
hours with seconds in them, and targets are seconds. `FOLD_CASES` raises the number.
"""

import itertools
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.calendar import ALWAYS, CalendarSpec
from rules.duration import Duration
from rules.ledger import State
from rules.policy import Metric, OnChange, Policy, Reopen, Target
from rules.sla import clocks
from rules.timeline import Actor, Entry, Kind, Terms

CASES = int(os.environ.get("FOLD_CASES", "300"))
T0 = datetime(2026, 6, 10, tzinfo=UTC)
END = 90  # seconds of a story
STOPPED = ("solved", "closed")


def gaps(name: str, *spans: tuple[int, int]):
    """Open in these seconds of the first two minutes of a day."""
    hours = [f"daily 00:00:{a:02}-00:{b // 60:02}:{b % 60:02}" for a, b in spans]
    return CalendarSpec.parse(name, "UTC", hours).resolve_years(2025, 2027)


CALENDARS = (
    ALWAYS,
    gaps("gaps", (0, 7), (10, 22), (25, 31), (40, 90)),
    gaps("late", (5, 20), (33, 52)),
)
OPEN = {
    "always": range(100_000),
    "gaps": {*range(7), *range(10, 22), *range(25, 31), *range(40, 90)},
    "late": {*range(5, 20), *range(33, 52)},
}


@dataclass
class Life:
    """One cycle as the naive fold keeps it: instants and terms, no sums."""

    start: int
    terms: tuple | None  # target seconds, pause_in, calendar name
    fulfilled: int | None = None
    breached: int | None = None
    cancelled: int | None = None
    ended: bool = False
    days_over: bool = field(default=False)


class Naive:
    """All the semantics again, with loops for arithmetic."""

    def __init__(self, entries: list[Entry]) -> None:
        self.at = {}
        for entry in sorted(entries, key=lambda e: e.id):
            second = int((entry.at - T0).total_seconds())
            self.at.setdefault(second, []).append(entry)
        self.status: dict[int, str] = {}  # from that second on
        self.lives: dict[Metric, list[Life]] = {metric: [] for metric in Metric}
        self.terms: Terms | None = None
        self.replied = False

    def run(self, until: int) -> None:
        for second in range(until + 1):
            if second in self.at:
                self.instant(second, self.at[second])
            for lives in self.lives.values():
                if lives:
                    self.breach(lives[-1], second)

    def status_at(self, second: int) -> str:
        return self.status[max(s for s in self.status if s <= second)]

    def runs(self, life: Life, second: int) -> bool:
        status = self.status_at(second)
        return status not in life.terms[1] and status not in STOPPED

    def elapsed(self, life: Life, until: int, terms=None) -> int:
        kept, life.terms = life.terms, terms or life.terms
        stop = life.fulfilled if life.fulfilled is not None else until
        if life.ended and life.cancelled is not None:
            stop = min(stop, life.cancelled)
        count = sum(
            self.runs(life, s) and s in OPEN[life.terms[2]]
            for s in range(life.start, min(until, stop))
        )
        life.terms = kept
        return count

    def breach(self, life: Life, second: int) -> None:
        idle = life.fulfilled is not None or life.ended or life.breached is not None
        if life.terms is None or idle or life.cancelled is not None:
            return
        if self.runs(life, second) and self.elapsed(life, second) >= life.terms[0]:
            life.breached = second

    def in_force(self, metric: Metric, terms: Terms | None = None):
        terms = terms or self.terms
        if terms is None or terms.policy is None:
            return None
        target = terms.policy.targets.get(metric)
        if target is None or terms.priority not in target.within:
            return None
        seconds = int(target.within[terms.priority].work.total_seconds())
        return seconds, target.pause_in, terms.calendar.name

    def begin(self, metric: Metric, second: int) -> None:
        self.lives[metric].append(Life(second, self.in_force(metric)))

    def last(self, metric: Metric) -> Life | None:
        return self.lives[metric][-1] if self.lives[metric] else None

    def is_open(self, life: Life | None) -> bool:
        return life is not None and life.fulfilled is None and not life.ended

    def instant(self, second: int, group: list[Entry]) -> None:
        kinds = [entry.kind for entry in group]
        before = self.status_at(second) if self.status else ""
        visited = [before] + [
            e.status for e in group if e.kind in (Kind.OPENED, Kind.STATUS)
        ]
        after = visited[-1]
        solved = any(
            b in STOPPED and a not in STOPPED
            for a, b in itertools.pairwise(visited)
            if a
        )
        changes = [e.terms for e in group if e.kind is Kind.TERMS]
        if Kind.OPENED in kinds:
            self.terms = changes[-1] if changes else None
            self.status[second] = after
            for metric in (
                Metric.FIRST_REPLY,
                Metric.RESOLUTION,
                Metric.TOTAL_RESOLUTION,
            ):
                self.begin(metric, second)
        if Kind.AGENT_REPLY in kinds:
            self.replied = True
            for metric in Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.UPDATE:
                self.fulfil(metric, second)
        if solved:
            self.solve(second)
        self.status[second] = after
        if after not in STOPPED and (before in STOPPED or solved):
            self.reopen(second)
        if changes and Kind.OPENED not in kinds:
            self.change(changes[-1], second)
        if after not in STOPPED:
            self.starts(group, second)

    def starts(self, group: list[Entry], second: int) -> None:
        replies = [e for e in group if e.kind is Kind.AGENT_REPLY]
        if replies and not any(e.solves for e in replies):
            self.begin(Metric.UPDATE, second)
        asked = any(e.kind is Kind.CUSTOMER_MESSAGE and not e.courtesy for e in group)
        if asked and self.replied and not self.is_open(self.last(Metric.NEXT_REPLY)):
            self.begin(Metric.NEXT_REPLY, second)

    def fulfil(self, metric: Metric, second: int) -> None:
        life = self.last(metric)
        if self.is_open(life):
            life.fulfilled, life.cancelled = second, None

    def solve(self, second: int) -> None:
        for metric in Metric.NEXT_REPLY, Metric.RESOLUTION, Metric.TOTAL_RESOLUTION:
            self.fulfil(metric, second)
        for metric in Metric.FIRST_REPLY, Metric.UPDATE:
            life = self.last(metric)
            if self.is_open(life):
                if life.breached is None:
                    life.cancelled = second
                life.ended = life.ended or metric is Metric.UPDATE

    def reopen(self, second: int) -> None:
        policy = self.terms.policy if self.terms else None
        fresh = policy is not None and policy.reopen is Reopen.NEW_CYCLE
        for metric in Metric.RESOLUTION, Metric.TOTAL_RESOLUTION:
            if fresh:
                self.begin(metric, second)
            else:
                self.resume(self.last(metric), metric, second)
        if self.is_open(self.last(Metric.FIRST_REPLY)):
            self.resume(self.last(Metric.FIRST_REPLY), Metric.FIRST_REPLY, second)

    def resume(self, life: Life, metric: Metric, second: int) -> None:
        life.fulfilled = life.cancelled = None
        if life.breached is None:
            self.retarget(life, self.in_force(metric), second)

    def mode(self) -> OnChange:
        policy = self.terms.policy if self.terms else None
        return OnChange.KEEP_ELAPSED if policy is None else policy.on_change

    def change(self, terms: Terms, second: int) -> None:
        former, self.terms = self.terms, terms
        for metric in Metric:
            life = self.last(metric)
            if not self.is_open(life) or life.cancelled is not None:
                continue
            new = self.in_force(metric)
            moved = new is not None and life.terms is not None and new != life.terms
            if moved and self.mode() is OnChange.RESTART:
                if self.status_at(second) not in STOPPED:
                    life.ended = True
                    if life.breached is None:
                        life.cancelled = second
                    self.begin(metric, second)
            elif life.breached is None:
                old = self.in_force(metric, former) if former else None
                strict = self.mode() is OnChange.STRICTER_ONLY
                if not (strict and life.terms is not None and new == old):
                    self.retarget(life, new, second)

    def retarget(self, life: Life, new, second: int) -> None:
        strict = self.mode() is OnChange.STRICTER_ONLY and life.terms is not None
        if new == life.terms or (new is None and strict):
            return
        if strict and not self.stricter(life, new, second):
            return
        life.terms = new
        if new is not None and self.elapsed(life, second) > new[0]:
            life.breached = second

    def stricter(self, life: Life, new, second: int) -> bool:
        old = life.terms
        old_runs = self.runs(life, second)
        new_left = new[0] - self.elapsed(life, second, new)
        life.terms = new
        new_runs = self.runs(life, second)
        life.terms = old
        if not (old_runs and new_runs):
            return new_left < old[0] - self.elapsed(life, second)
        return self.ahead(new, new_left, second) < self.ahead(
            old, old[0] - self.elapsed(life, second), second
        )

    def ahead(self, terms, left: int, second: int) -> int:
        """When it would be used up, if nothing more happened."""
        while left > 0:
            left -= second % 86_400 in OPEN[terms[2]] or terms[2] == "always"
            second += 1
        return second


def state_of(naive: Naive, life: Life, second: int) -> State:
    if life.breached is not None:
        return State.BREACHED
    if life.fulfilled is not None:
        return State.ACHIEVED
    if life.cancelled is not None:
        return State.CANCELLED
    return State.RUNNING if naive.runs(life, second) else State.PAUSED


spans = st.integers(1, 40).map(lambda s: Duration(work=timedelta(seconds=s)))
targets = st.builds(
    Target,
    st.dictionaries(st.sampled_from(["normal", "high"]), spans, max_size=2),
    st.frozensets(st.sampled_from(["pending", "on_hold"]), max_size=2),
)
policies = st.none() | st.builds(
    Policy,
    name=st.just("p"),
    targets=st.dictionaries(st.sampled_from(list(Metric)), targets, min_size=2),
    on_change=st.sampled_from(list(OnChange)),
    reopen=st.sampled_from(list(Reopen)),
)
terms = st.builds(
    Terms,
    policy=policies,
    calendar=st.sampled_from(CALENDARS),
    priority=st.sampled_from(["normal", "high"]),
)
deeds = st.one_of(
    st.tuples(st.just(Kind.AGENT_REPLY), st.booleans()),
    st.tuples(st.just(Kind.CUSTOMER_MESSAGE), st.booleans()),
    st.tuples(
        st.just(Kind.STATUS),
        st.sampled_from(["open", "pending", "on_hold", "solved", "closed"]),
    ),
    st.tuples(st.just(Kind.TERMS), terms),
)


@st.composite
def stories(draw) -> list[Entry]:
    entries = [
        Entry(T0, 1, Kind.OPENED, status=draw(st.sampled_from(["new", "pending"]))),
        Entry(T0, 2, Kind.TERMS, terms=draw(terms)),
    ]
    for when, (kind, value) in draw(
        st.lists(st.tuples(st.integers(1, 60), deeds), min_size=3, max_size=12)
    ):
        more = {
            Kind.AGENT_REPLY: {"solves": value},
            Kind.CUSTOMER_MESSAGE: {"courtesy": value},
            Kind.STATUS: {"status": value},
            Kind.TERMS: {"terms": value},
        }[kind]
        at = T0 + timedelta(seconds=when)
        entries.append(Entry(at, len(entries) + 1, kind, Actor.AGENT, **more))
        if kind is Kind.AGENT_REPLY and value:
            entries.append(
                Entry(at, len(entries) + 1, Kind.STATUS, Actor.AGENT, status="solved")
            )
    return entries


@settings(max_examples=CASES, deadline=None)
@given(stories(), st.integers(0, END - 5))
def test_naive_fold_agrees(entries, second):
    naive = Naive(entries)
    naive.run(second)
    wanted = {
        (metric, number): life
        for metric, lives in naive.lives.items()
        for number, life in enumerate(lives, 1)
        if life.terms is not None
    }
    seen = {
        (clock.metric, clock.cycle): clock
        for clock in clocks(entries, T0 + timedelta(seconds=second))
    }
    assert seen.keys() == wanted.keys()
    for key, life in wanted.items():
        clock = seen[key]
        found = (
            clock.state,
            None if clock.breached_at is None else (clock.breached_at - T0).seconds,
            None if clock.fulfilled_at is None else (clock.fulfilled_at - T0).seconds,
        )
        assert found == (
            state_of(naive, life, second),
            life.breached,
            life.fulfilled,
        ), key
        if not life.ended:
            assert clock.elapsed == timedelta(seconds=naive.elapsed(life, second)), key
