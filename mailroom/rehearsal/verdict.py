"""What was expected of a test beside what happened; only what is stated is compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailroom.rehearsal.play import Outcome, Played
from rules.duration import Duration
from rules.ledger import Clock
from rules.step import Point
from rules.testcase import ExpectedClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that is not as expected, at a step of a test (0 = the opening mail)."""

    step: int
    at: datetime
    key: str  # `policy`, `first_reply.due`
    expected: Any
    actual: Any

    def __str__(self) -> str:
        return f"{self.key}: expected {shown(self.expected)}, got {shown(self.actual)}"


def differences(played: Played) -> tuple[Difference, ...]:
    """Compare a played test with all that it expects; nothing means it passed."""
    return tuple(d for outcome in played.outcomes for d in _compare(outcome))


def _compare(outcome: Outcome) -> Iterator[Difference]:
    def differ(key: str, expected: Any, actual: Any) -> Difference:
        return Difference(
            step=outcome.step,
            at=outcome.at,
            key=key,
            expected=expected,
            actual=actual,
        )

    for key, expected in outcome.expect.values.items():
        actual = outcome.values[key]
        if key == "tags" and set(expected) == set(actual):
            continue
        if key == "escalations" and _points(expected) == _points(actual):
            continue
        if expected != actual:
            yield differ(key, expected, actual)
    for metric, wanted in outcome.expect.clocks.items():
        clock = outcome.clocks.get(metric)
        zone = outcome.at.tzinfo
        for key in wanted.__dataclass_fields__:
            expected = getattr(wanted, key)
            if expected is None:
                continue
            actual = _actual(clock, key)
            if isinstance(actual, datetime):
                actual = actual.astimezone(zone)
            if not _same(wanted, key, actual, clock):
                name = metric.value if key == "state" else f"{metric.value}.{key}"
                yield differ(name, expected, actual)


def _points(fired: tuple[str, ...]) -> list[tuple[object, ...]]:
    """Fired steps by where they stand: `breach+2h` is `breach + 2h`."""
    found: list[tuple[object, ...]] = []
    for text in fired:
        metric, _, at = text.partition(" ")
        point = Point.parse(at)
        found.append((metric, point.percent, point.before, point.after))
    return found


def _actual(clock: Clock | None, key: str) -> Any:
    if clock is None:
        return "none" if key == "state" else None
    value = getattr(clock, key)
    return str(value) if key == "state" else value


def _same(wanted: ExpectedClock, key: str, actual: Any, clock: Clock | None) -> bool:
    """Durations are compared as seconds; a target in days by its days."""
    expected = getattr(wanted, key)
    if isinstance(expected, Duration) and isinstance(actual, timedelta):
        if expected.days:
            return expected.days * timedelta(days=1) == actual
        return expected.work == timedelta(seconds=int(actual.total_seconds()))
    if key == "target" and clock is not None and isinstance(expected, Duration):
        days = expected.days * timedelta(days=1)  # of 24 hours, as for what has run
        return expected == clock.target or clock.target_time == (expected.work or days)
    return bool(expected == actual)


def shown(value: Any) -> str:
    """Write a value of a test for a person."""
    if value is None:
        return "nothing"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, timedelta):
        return str(Duration(work=timedelta(seconds=int(value.total_seconds()))))
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value)
