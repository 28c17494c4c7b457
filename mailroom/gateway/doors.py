"""All listeners of a process on one event loop in one thread, with their group commit.

The loop has a thread of its own so that whoever starts it, the command line or a test,
stays in charge of signals.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, Protocol

from mailroom.gateway.group_commit import GroupCommit

log = logging.getLogger(__name__)


class Listener(Protocol):
    """An SMTP, submission or LMTP door."""

    def bind(self) -> None: ...

    async def start(self) -> None: ...

    async def stop(self, grace: timedelta = ...) -> None: ...

    def reload_tls(self) -> None: ...


class DoorLoop:
    """Runs doors in a thread until `stop`."""

    def __init__(self, doors: Sequence[Listener], commit: GroupCommit) -> None:
        self._doors = doors
        self._commit = commit
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="doors", daemon=True)

    def start(self) -> None:
        """Bind every address first (ConfigError: nothing was started), then serve."""
        for door in self._doors:
            door.bind()
        self._commit.start()
        self._thread.start()
        self._call(self._start_all()).result()

    def stop(self, grace: timedelta = timedelta(seconds=30)) -> None:
        """Drain all doors at once, commit the rest, and end the threads."""
        if not self._thread.is_alive():
            return
        self._call(self._stop_all(grace)).result()
        self._commit.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def reload_tls(self) -> None:
        """Read certificates again (SIGHUP); ConfigError keeps the old ones."""
        for door in self._doors:
            door.reload_tls()

    def _call(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _start_all(self) -> None:
        for door in self._doors:
            await door.start()

    async def _stop_all(self, grace: timedelta) -> None:
        await asyncio.gather(*(door.stop(grace) for door in self._doors))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
