"""The worker: Huey's consumer, and the round that rings again for what waits or is due.

The round looks once a second, by index: a mail whose bell was lost, a letter whose retry
has come, a clock that falls due. It also puts changed rule files in force.

The out-tray may be served by a process of its own, the courier: it waits for the relay
most of the time, and Python works on one thing at a time.
"""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from huey import Huey
from huey.consumer import Consumer

from mailroom.app import App
from mailroom.config import Config
from mailroom.desk.reload import renew_calendars
from mailroom.errors import ConfigError, StoreBusy

log = logging.getLogger(__name__)
ROUND = 1.0  # seconds
BEHIND = timedelta(seconds=5)  # clocks that are due so long have not been swept yet
SETTLE = 0.05  # seconds in which a file that is being written will have changed
PATIENCE = 100  # tenths of a second until another courier counts as alive
Stamp = tuple[tuple[str, int, int], ...]  # (file, mtime in ns, octets)
THREADS = 2  # a queue: one works, one hears that there is more


class QuietConsumer(Consumer):  # type: ignore[misc]
    """Huey's consumer without signal handlers of its own: the process has them."""

    def _set_signal_handlers(self) -> None:
        """Leave SIGTERM, SIGINT and SIGHUP to whoever runs the process."""


def run(app: App, stop: threading.Event, reload: threading.Event | None = None) -> None:
    """Work until `stop` is set, then finish what runs. `reload`: read the rules anew.

    Both trays are served.
    """
    with _sending(app, stop):
        work(app, stop, reload)


def work(
    app: App, stop: threading.Event, reload: threading.Event | None = None
) -> None:
    """Serve the in-tray and the clocks, and ring for whatever waits."""
    rules = RulesOnDisk(app, reload)

    def look() -> None:
        _guarded(lambda: ring_for_waiting(app))
        rules.look()

    with _consuming(app, app.huey):
        while not stop.is_set():
            look()
            stop.wait(ROUND)


def carry(app: App, stop: threading.Event) -> None:
    """Serve the out-tray alone: the courier."""
    with _sending(app, stop):
        stop.wait()


@contextmanager
def _sending(app: App, stop: threading.Event) -> Iterator[None]:
    with _only_courier(app, stop) as only:
        if only and not stop.is_set():
            app.dispatch.recover()
        with _consuming(app, app.courier):
            yield


@contextmanager
def _consuming(app: App, queue: Huey) -> Iterator[None]:
    options = {"workers": THREADS, "periodic": False, "scheduler_interval": 60}
    consumer = QuietConsumer(queue, check_worker_health=False, **options)
    consumer.start()
    try:
        yield
    finally:
        app.office.stopping.set()  # what waits in the trays is kept there
        consumer.stop(graceful=True)


@contextmanager
def _only_courier(app: App, stop: threading.Event) -> Iterator[bool]:
    """Say whether nobody else of this desk sends; hold the place if so.

    One that was killed may take a moment to be gone, so a held place is waited for.
    """
    if app.config.database != "sqlite":
        yield False  # others may be on other machines
        return
    place = _place(app.config)
    try:
        yield any(_take(place) or stop.wait(0.1) for _ in range(PATIENCE))
    finally:
        os.close(place)


@contextmanager
def stopped(config: Config) -> Iterator[None]:
    """Keep the desk from working meanwhile. ConfigError: it does already."""
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = _place(config)
    try:
        if not _take(place):
            raise ConfigError(f"{config.data}: the desk is running; stop it first")
        yield
    finally:
        os.close(place)


def _place(config: Config) -> int:
    path = config.data / "courier.lock"
    return os.open(path, os.O_CREAT | os.O_RDWR, 0o600)


def _take(place: int) -> bool:
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def ring_for_waiting(app: App) -> None:
    """Ring for whatever waits in a tray or is due."""
    store, now = app.store, app.office.now()
    if waiting := store.waiting_inbound(1):
        app.bells.process(int(waiting[0]))
    at = app.watch.next_at()
    if at is not None and at <= now:
        app.bells.sweep()
    behind = at is not None and at < now - BEHIND
    if not behind and app.mailing.next_at() <= now:
        app.bells.report()  # what broke is recorded before it is told
    at = store.next_outbound_at()
    if at is not None and at <= now:
        app.bells.deliver(0)


def _guarded(job: Callable[[], object]) -> None:
    try:
        job()
    except StoreBusy as error:
        log.warning("round skipped: %s", error)


class RulesOnDisk:
    """Notices a change of the rule files; a bad one keeps the old set in force.

    Every process that works with rules has one and looks once a round.
    """

    def __init__(self, app: App, reload: threading.Event | None) -> None:
        self._app = app
        self._reload = reload
        stamp, rules = _stamp(app.config.rules), app.office.rules.edition.ruleset
        # A change between the start and now must not go unnoticed.
        self._seen = stamp if _texts(app.config.rules) == rules.sources else ()

    def look(self) -> None:
        """Reload where a file has changed or somebody asked for it."""
        asked = self._reload is not None and self._reload.is_set()
        stamp = _stamp(self._app.config.rules)
        if not asked and stamp == self._seen:
            _guarded(lambda: renew_calendars(self._app.office))
            return
        if asked or self._is_settled(stamp):
            _guarded(lambda: self._reload_rules(stamp))

    def _is_settled(self, stamp: Stamp) -> bool:
        """Whether nobody is writing the files just now; else the next round looks."""
        time.sleep(SETTLE)
        return _stamp(self._app.config.rules) == stamp

    def _reload_rules(self, stamp: Stamp) -> None:
        self._app.reload_rules()
        self._seen = stamp
        if self._reload is not None:
            self._reload.clear()


def _files(root: Path) -> list[Path]:
    return sorted(root.glob("*.toml")) if root.is_dir() else [root]


def _texts(root: Path) -> dict[str, str]:
    """Return the rule files by name as a loaded set knows them; {}: unreadable."""
    try:
        return {str(f): f.read_bytes().decode("utf-8") for f in _files(root)}
    except (OSError, UnicodeDecodeError):
        return {}


def _stamp(root: Path) -> Stamp:
    found = []
    for file in _files(root):
        try:
            status = file.stat()
        except OSError:
            continue
        found.append((file.name, status.st_mtime_ns, status.st_size))
    return tuple(found)
