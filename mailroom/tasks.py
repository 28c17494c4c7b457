"""Huey's part: the bell. A task carries an id and does at most five lines.

The queue is the bell, the table is the letter: losing the whole queue loses nothing, for
the worker rings again for what waits or is due. A bell rung for one mail empties its
whole tray, so a burst costs few tasks.

There is a queue for each tray, so that a process of its own may serve each. In the
embedded form they share a SQLite file, beside a named pipe each: whoever enqueues writes
a byte, so that a worker wakes at once and an idle one polls once a second. Tasks are
bound by name, messages carry ids only.
"""

import contextlib
import logging
import os
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from huey import Huey, SqliteHuey
from huey.storage import SqliteStorage

from mailroom.config import Config
from mailroom.desk.dispatch import Dispatch
from mailroom.desk.intake import Intake
from mailroom.desk.reports.mailing import Mailing
from mailroom.desk.watch import Watch
from mailroom.errors import ConfigError

log = logging.getLogger(__name__)
POLL = 1.0  # seconds that an idle worker waits for the bell before it looks by itself


class BellStorage(SqliteStorage):  # type: ignore[misc]
    """Huey's SQLite queue, with a named pipe that wakes whoever waits for a task."""

    blocking = True

    def __init__(self, name: str, filename: str, pipe: str, **options: Any) -> None:
        super().__init__(name, filename=filename, **options)
        with contextlib.suppress(FileExistsError):
            os.mkfifo(pipe, 0o600)
        self._pipe = pipe
        self._fd: int | None = None
        self._pid = 0

    def enqueue(self, data: bytes, priority: float | None = None) -> Any:
        """Put a task on the queue and wake one worker."""
        try:
            result = super().enqueue(data, priority)
        except self.operational_error as error:  # a full disk, a lock held too long
            log.warning("a bell was not rung, the round will: %s", error)
            return None
        with contextlib.suppress(BlockingIOError):  # full: everybody is awake anyway
            os.write(self._descriptor(), b".")
        return result

    def dequeue(self) -> bytes | None:
        """Take a task, or wait for the bell and take one then."""
        found: bytes | None = super().dequeue()
        if found is not None:
            return found
        fd = self._descriptor()
        select.select([fd], [], [], POLL)
        with contextlib.suppress(BlockingIOError):
            os.read(fd, 1)
        return cast("bytes | None", super().dequeue())

    def _descriptor(self) -> int:
        if self._fd is None or self._pid != os.getpid():
            self._fd = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK)
            self._pid = os.getpid()
        return self._fd


IN_TRAY, OUT_TRAY = "mailroom", "mailroom-out"  # the queues' names


def open_huey(config: Config, name: str = IN_TRAY) -> Huey:
    """Return a queue as the configuration says. ConfigError: it cannot be had."""
    if config.queue.startswith(("redis://", "rediss://")):
        try:
            from huey import PriorityRedisHuey
        except ImportError as error:  # pragma: no cover - huey has it always
            raise ConfigError(str(error)) from error
        try:
            return PriorityRedisHuey(name, url=config.queue, results=False)
        except Exception as error:
            raise ConfigError(
                f"queue: {config.queue.split('@')[-1]} cannot be used ({error});"
                ' install mailroom-helpdesk[redis] or write queue = "sqlite"'
            ) from error
    return _open_embedded(config.data, name)


def _open_embedded(data: Path, name: str) -> Huey:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SqliteHuey(
        name,
        filename=str(data / "queue.db"),
        pipe=str(data / f"{name}.bell"),
        storage_class=BellStorage,
        results=False,
        fsync=False,
    )


@dataclass(frozen=True, slots=True)
class Bells:
    """Ring for one id; what else waits is done at the same time."""

    process: Callable[[int], object]
    deliver: Callable[[int], object]
    sweep: Callable[[], object]
    report: Callable[[], object]


def bind(
    huey: Huey,
    courier: Huey,
    intake: Intake,
    dispatch: Dispatch,
    watch: Watch,
    mailing: Mailing,
) -> Bells:
    """Register the tasks by name and return the bells that ring for them.

    `courier`: the queue of the out-tray.
    """
    in_tray, out_tray, clocks, reports = (_Once() for _ in range(4))

    @courier.task(name="deliver_outbound")  # type: ignore[untyped-decorator]
    def deliver_outbound(id: int) -> None:
        out_tray.run(dispatch.deliver)

    @huey.task(name="process_inbound")  # type: ignore[untyped-decorator]
    def process_inbound(id: int) -> None:
        if in_tray.run(lambda: intake.process_waiting(lambda: deliver_outbound(0))):
            deliver_outbound(0)

    @huey.task(name="sweep_clocks")  # type: ignore[untyped-decorator]
    def sweep_clocks() -> None:
        if clocks.run(watch.sweep):
            deliver_outbound(0)

    @huey.task(name="send_reports")  # type: ignore[untyped-decorator]
    def send_reports() -> None:
        if reports.run(mailing.sweep):
            deliver_outbound(0)

    return Bells(
        process=process_inbound,
        deliver=deliver_outbound,
        sweep=sweep_clocks,
        report=send_reports,
    )


class _Once:
    """Runs a job in one thread at a time; a call meanwhile makes it run once more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._again = False

    def run(self, job: Callable[[], int]) -> int:
        """Return how much the job did; 0 where another thread does it."""
        self._again = True
        done = 0
        while self._again and self._lock.acquire(blocking=False):
            try:
                self._again = False
                done += job()
            finally:
                self._lock.release()
        return done
