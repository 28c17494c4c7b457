"""What a page has done after it has answered, so that its answer takes always as long.

One thread, begun with the first errand. An errand that fails is logged and forgotten:
whoever asked can ask again.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from typing import Any

log = logging.getLogger(__name__)
MOST_WAITING = 1000


class Errands:
    """A short queue of things to do."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._thread = ThreadPoolExecutor(1, "errands")
        self._under_way: set[Future[None]] = set()

    def do(self, errand: Callable[..., Any], *arguments: Any) -> None:
        """Do something soon; what does not fit into the queue is left undone."""
        with self._lock:
            self._under_way = {f for f in self._under_way if not f.done()}
            if len(self._under_way) < MOST_WAITING:
                future = self._thread.submit(_do, errand, *arguments)
                self._under_way.add(future)

    def finish(self, timeout: float = 10.0) -> None:
        """Wait until all is done that was asked for so far."""
        with self._lock:
            under_way = set(self._under_way)
        wait(under_way, timeout)


def _do(errand: Callable[..., Any], *arguments: Any) -> None:
    try:
        errand(*arguments)
    except Exception:  # the edge of a thread: nobody else would hear of it
        log.exception("an errand of the pages failed")
