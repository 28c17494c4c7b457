"""Figures that may take long to count: counted beside the pages, one after the other.

A page waits for a moment only. What is counted by then is shown and forgotten, so that
it is always fresh; what takes longer is kept for a while, with the instant it is of, and
until it is there the page says that it is being counted.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar, cast

PATIENCE = 0.09  # seconds
KEPT = timedelta(minutes=5)
MOST = 64  # kept or waited for
_Count = TypeVar("_Count")


@dataclass(frozen=True, slots=True)
class _Asked:
    at: datetime
    answer: Future[Any]


class Counts:
    """What is being counted, and what was counted lately."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = Lock()
        self._thread = ThreadPoolExecutor(1, "counts")
        self._asked: OrderedDict[Hashable, _Asked] = OrderedDict()

    def ask(
        self, key: Hashable, now: datetime, count: Callable[[], _Count]
    ) -> _Count | None:
        """Return what `count` returns; None while it is not done: ask again later.

        It runs in another thread. What it raises is raised here, once.
        """
        asked, is_new = self._find(key, now, count)
        try:
            found = asked.answer.result(self._patience)
        except (TimeoutError, CancelledError):
            return None
        except Exception:
            self._forget(key, asked)
            raise
        if is_new:
            self._forget(key, asked)
        return cast(_Count, found)

    def finish(self) -> None:
        """Wait until all is counted that was asked for so far."""
        with self._lock:
            answers = [asked.answer for asked in self._asked.values()]
        for answer in answers:
            answer.exception()

    def _find(
        self, key: Hashable, now: datetime, count: Callable[[], Any]
    ) -> tuple[_Asked, bool]:
        with self._lock:
            known = self._asked.get(key)
            if known is not None and timedelta(0) <= now - known.at <= KEPT:
                return known, False
            asked = self._asked[key] = _Asked(now, self._thread.submit(count))
            self._asked.move_to_end(key)
            while len(self._asked) > MOST:
                _, oldest = self._asked.popitem(last=False)
                oldest.answer.cancel()
            return asked, True

    def _forget(self, key: Hashable, asked: _Asked) -> None:
        with self._lock:
            if self._asked.get(key) is asked:
                del self._asked[key]
