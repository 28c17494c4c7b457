"""What takes long is counted once, beside the pages, and kept for a while."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from web.counts import KEPT, MOST, Counts

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_what_is_quick_is_always_fresh() -> None:
    counts, answers = Counts(patience=10), iter("ab")
    assert counts.ask("key", NOW, lambda: next(answers)) == "a"
    assert counts.ask("key", NOW, lambda: next(answers)) == "b"


def test_what_is_slow_is_counted_once_and_kept() -> None:
    counts, gate, done = Counts(patience=0), Event(), []

    def slow() -> str:
        gate.wait(10)
        done.append(1)
        return "late"

    assert counts.ask("key", NOW, slow) is None
    assert counts.ask("key", NOW, slow) is None
    gate.set()
    counts.finish()
    assert counts.ask("key", NOW + KEPT, slow) == "late"
    assert counts.ask("key", NOW, slow) == "late"
    assert done == [1]
    gate.clear()
    assert counts.ask("key", NOW + KEPT + timedelta(seconds=1), slow) is None
    gate.set()
    counts.finish()
    assert done == [1, 1]


def test_a_failure_is_told_and_not_kept() -> None:
    counts = Counts(patience=10)
    with pytest.raises(ZeroDivisionError):
        counts.ask("key", NOW, lambda: 1 // 0)
    assert counts.ask("key", NOW, lambda: 1) == 1


def test_no_more_than_so_many_wait() -> None:
    counts, gate = Counts(patience=0), Event()
    for number in range(MOST + 20):
        assert counts.ask(number, NOW, lambda: gate.wait(10)) is None
    assert len(counts._asked) == MOST
    gate.set()
    counts.finish()
