"""A ticket's story told to the clocks, driven as the desk drives them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from rules.calendar import ALWAYS, Calendar
from rules.duration import Duration
from rules.escalation import Planned, due, next_instant, plan
from rules.ledger import Clock
from rules.policy import (
    PRIORITIES,
    Changes,
    EscalationPath,
    Metric,
    OnChange,
    Policy,
    Reopen,
    Step,
    Target,
)
from rules.sla import clocks, latest
from rules.step import Point
from rules.timeline import Actor, Entry, Kind, Terms

T0 = datetime(2026, 6, 10, 6, tzinfo=UTC)  # a Wednesday


def make_policy(
    name: str = "care",
    *,
    pause_in: dict[str, list[str]] | None = None,
    on_change: str = "keep_elapsed",
    reopen: str = "resume",
    **targets: str | dict[str, str],
) -> Policy:
    """A policy from `metric="4h"` or `metric={"urgent": "1h", ...}`."""
    pauses = {"resolution": ["pending"], **(pause_in or {})}
    return Policy(
        name=name,
        on_change=OnChange(on_change),
        reopen=Reopen(reopen),
        targets={
            Metric(metric): Target(
                {
                    priority: Duration.parse(span)
                    for priority, span in (
                        within.items()
                        if isinstance(within, dict)
                        else dict.fromkeys(PRIORITIES, within).items()
                    )
                },
                frozenset(pauses.get(metric, [])),
            )
            for metric, within in targets.items()
        },
    )


def make_path(*steps: str | Step) -> EscalationPath:
    """A path of plain steps by their `at`, or of whole steps."""
    made = tuple(
        step if isinstance(step, Step) else Step(at=Point.parse(step)) for step in steps
    )
    return EscalationPath(name="ladder", steps=made)


class Story:
    """What happens to a ticket; instants are hours after it opened."""

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        calendar: Calendar = ALWAYS,
        path: EscalationPath | None = None,
        start: datetime = T0,
        priority: str = "normal",
        status: str = "new",
        answered: bool = False,
    ) -> None:
        self.start = start
        self.status_now = status
        self.entries: list[Entry] = []
        self.fired: list[Planned] = []
        self.terms_now = Terms(
            policy=policy, calendar=calendar, path=path, priority=priority
        )
        self._add(0, Kind.OPENED, status=status, answered=answered)
        self._add(0, Kind.TERMS, terms=self.terms_now)

    def at(self, hours: float) -> datetime:
        return self.start + timedelta(hours=hours)

    def _add(
        self, hours: float, kind: Kind, actor: Actor = Actor.AGENT, **more
    ) -> None:
        entry = Entry(self.at(hours), len(self.entries) + 1, kind, actor, **more)
        self.entries.append(entry)

    def _before(self, hours: float) -> None:
        self.sweep(self.at(hours) - timedelta(microseconds=1))

    def reply(self, hours: float, *, solves: bool = False) -> None:
        self._before(hours)
        self._add(hours, Kind.AGENT_REPLY, solves=solves)
        if solves:
            self.status(hours, "solved")
        elif self.status_now not in ("solved", "closed"):
            self.status(hours, "open")

    def customer(self, hours: float, *, courtesy: bool = False) -> None:
        self._before(hours)
        self._add(hours, Kind.CUSTOMER_MESSAGE, Actor.CUSTOMER, courtesy=courtesy)
        if not courtesy and self.status_now in ("pending", "on_hold", "solved"):
            self.status(hours, "open")

    def status(self, hours: float, status: str) -> None:
        self._before(hours)
        if status != self.status_now:
            self.status_now = status
            self._add(hours, Kind.STATUS, status=status)

    def change(self, hours: float, **terms) -> None:
        self._before(hours)
        self._set_terms(**terms)
        self._add(hours, Kind.TERMS, Actor.MAILROOM, terms=self.terms_now)

    def happen(self, hours: float, kind: Kind) -> None:
        self._before(hours)
        self._add(hours, kind)

    def _set_terms(self, **terms) -> None:
        now = self.terms_now
        old = {
            key: getattr(now, key) for key in ("policy", "calendar", "priority", "path")
        }
        self.terms_now = Terms(**{**old, **terms})

    def sweep(self, now: datetime) -> None:
        """Fire what is due, one step at a time."""
        while True:
            seen = clocks(self.entries, now)
            waiting = due(plan(self.terms_now.path, seen, self.entries), now)
            if not waiting:
                return
            self._fire(waiting[0])

    def _fire(self, step: Planned) -> None:
        assert step.at is not None
        self.fired.append(step)
        fired = Entry(
            step.at,
            len(self.entries) + 1,
            Kind.FIRED,
            Actor.STEP,
            metric=step.metric,
            cycle=step.cycle,
            step=step.index,
            path=step.path,
            point=step.point,
        )
        self.entries.append(fired)
        if step.step.set.priority is not None:
            self._set_terms(priority=step.step.set.priority)
            moved = Entry(
                step.at,
                len(self.entries) + 1,
                Kind.TERMS,
                Actor.STEP,
                terms=self.terms_now,
            )
            self.entries.append(moved)

    def all(self, hours: float) -> tuple[Clock, ...]:
        self.sweep(self.at(hours))
        return clocks(self.entries, self.at(hours))

    def clock(self, hours: float, metric: str) -> Clock | None:
        return latest(self.all(hours)).get(Metric(metric))

    def state(self, hours: float, metric: str) -> str:
        clock = self.clock(hours, metric)
        return "none" if clock is None else str(clock.state)

    def due(self, hours: float, metric: str) -> float | None:
        clock = self.clock(hours, metric)
        assert clock is not None
        return None if clock.due is None else self.hours(clock.due)

    def hours(self, at: datetime) -> float:
        return (at - self.start) / timedelta(hours=1)

    def escalations(self, hours: float) -> list[str]:
        self.sweep(self.at(hours))
        return [step.name for step in self.fired]

    def fired_at(self, hours: float) -> list[tuple[str, float]]:
        self.sweep(self.at(hours))
        return [(s.name, self.hours(s.at)) for s in self.fired if s.at is not None]

    def plan(self, hours: float) -> tuple[Planned, ...]:
        seen = self.all(hours)
        return plan(self.terms_now.path, seen, self.entries)

    def next(self, hours: float) -> float | None:
        found = next_instant(self.all(hours), self.plan(hours), self.at(hours))
        return None if found is None else self.hours(found)


@pytest.fixture
def story() -> type[Story]:
    """The teller of stories: `story(policy(first_reply="4h"))`."""
    return Story


@pytest.fixture
def policy() -> Callable[..., Policy]:
    return make_policy


@pytest.fixture
def path() -> Callable[..., EscalationPath]:
    return make_path


@pytest.fixture
def step() -> Callable[..., Step]:
    def make(at: str, priority: str | None = None, **more) -> Step:
        metrics = tuple(map(Metric, more.pop("metrics", tuple(Metric))))
        changes = Changes(priority=priority)
        return Step(at=Point.parse(at), set=changes, metrics=metrics, **more)

    return make
