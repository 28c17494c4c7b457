"""Runs the parts of a desk as children of one process, and keeps them running.

The parent imports everything once, forks, and then only waits. A child reports through a
pipe where it listens, that it is ready, or why it cannot start. One that dies is started
again, later each time. When the parent dies, however suddenly, its children see the end
of a second pipe and drain by themselves.
"""

import gc
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

import click
import structlog

from mailroom.errors import MailroomError
from rules.errors import RulesError

log = structlog.get_logger(__name__)

GRACE = 20.0  # seconds a child has to drain
_HEALTHY = 60.0  # seconds after which a child that dies is started again at once
_LONGEST_WAIT = 30.0
_WAITED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True, slots=True)
class Life:
    """What a part is given: how to say where it stands, and when to stop."""

    stop: Event
    listening: Callable[[str, object], None]
    ready: Callable[[], None]
    on_reload: list[Callable[[], None]] = field(default_factory=list)  # on SIGHUP


@dataclass(frozen=True, slots=True)
class Part:
    """A process of its own: `run` returns once `Life.stop` is set and it has drained."""

    name: str
    run: Callable[[Life], None]


@dataclass(slots=True)
class _Child:
    part: Part
    pid: int = 0
    report: int = -1  # the reading end of its pipe
    heard: bytes = b""
    is_ready: bool = False
    started: float = 0.0
    deaths: int = 0
    start_at: float | None = None  # waits for another start


def run_part(part: Part, life: Life) -> int:
    """Run one part in this process until SIGTERM or SIGINT; return the exit code."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED)
    Thread(target=_obey, args=(life,), name="signals", daemon=True).start()
    part.run(life)
    return 0


def alone(part: Part) -> int:
    """Run one part as the whole of this process, on the terminal."""
    life = Life(
        stop=Event(),
        listening=_say_listening,
        ready=lambda: click.echo("mailroom: ready"),
    )
    return run_part(part, life)


def _obey(life: Life) -> None:
    while True:
        if signal.sigwait(_WAITED) == signal.SIGHUP:
            for reload in life.on_reload:
                reload()
            continue
        life.stop.set()
        Thread(target=_give_up, daemon=True).start()


def _give_up() -> None:
    time.sleep(GRACE)
    os._exit(1)


def _say_listening(door: str, place: object) -> None:
    click.echo(f"mailroom: {door} on {place}")
    sys.stdout.flush()


class Supervisor:
    """Starts parts, restarts what dies, passes signals on, and drains."""

    def __init__(self, parts: list[Part]) -> None:
        self._children = [_Child(part) for part in parts]
        self._lifeline = os.pipe()
        self._wakeup = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._stopping: float | None = None  # when the last grace ends
        self._fatal: str | None = None
        self._said_ready = False

    def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until a part cannot start; return the code."""
        for end in self._wakeup:
            os.set_blocking(end, False)
        self._selector.register(self._wakeup[0], selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wakeup[1], warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, lambda *_: None)
        gc.collect()
        gc.freeze()  # what is there stays shared with the children
        for child in self._children:
            self._start(child)
        while any(child.pid for child in self._children) or self._stopping is None:
            self._turn()
        if self._fatal:
            click.echo(f"mailroom: {self._fatal}", err=True)
            return 2
        return 0

    # -- one turn of the loop --

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._patience()):
            if key.fd == self._wakeup[0]:
                self._read_signals()
            else:
                self._listen_to(key.data)
        self._bury()
        now = time.monotonic()
        for child in self._children:
            due = child.start_at is not None and child.start_at <= now
            if due and self._stopping is None:
                self._start(child)
        if self._stopping is not None and now >= self._stopping:
            log.error("killed", parts=[c.part.name for c in self._children if c.pid])
            self._tell(signal.SIGKILL)
            self._stopping = now + GRACE

    def _patience(self) -> float | None:
        moments = [c.start_at for c in self._children if c.start_at is not None]
        if self._stopping is not None:
            moments = [self._stopping]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _read_signals(self) -> None:
        for number in os.read(self._wakeup[0], 512):
            if number in (signal.SIGTERM, signal.SIGINT):
                self._stop()
            elif number == signal.SIGHUP:
                self._tell(signal.SIGHUP)

    def _stop(self) -> None:
        if self._stopping is None:
            self._stopping = time.monotonic() + GRACE + 5
            self._tell(signal.SIGTERM)

    def _tell(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.pid:
                os.kill(child.pid, number)

    # -- what children say --

    def _listen_to(self, child: _Child) -> None:
        heard = os.read(child.report, 65536)
        if not heard:
            self._selector.unregister(child.report)
            os.close(child.report)
            child.report = -1
            return
        *lines, child.heard = (child.heard + heard).split(b"\n")
        for line in lines:
            kind, _, text = line.decode("utf-8", "replace").partition(" ")
            self._understand(child, kind, text.replace("\0", "\n"))

    def _understand(self, child: _Child, kind: str, text: str) -> None:
        if kind == "listening":
            door, _, place = text.partition(" ")
            if child.deaths == 0:
                _say_listening(door, place)
        elif kind == "ready":
            child.is_ready = True
            if not self._said_ready and all(c.is_ready for c in self._children):
                self._said_ready = True
                click.echo("mailroom: ready")
                sys.stdout.flush()
        elif self._said_ready:
            log.error("cannot start", part=child.part.name, reason=text)
        else:
            self._fatal = self._fatal or text
            self._stop()

    # -- births and deaths --

    def _start(self, child: _Child) -> None:
        reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            os._exit(self._live(child.part, writing))
        os.close(writing)
        child.pid, child.report, child.heard = pid, reading, b""
        child.started, child.start_at, child.is_ready = time.monotonic(), None, False
        self._selector.register(reading, selectors.EVENT_READ, child)

    def _live(self, part: Part, report: int) -> int:
        """Be the child; return its exit code."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED)  # before any thread is there
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # a terminal's goes to all; we wait
        self._selector.close()
        os.close(self._lifeline[1])
        for end in self._wakeup:
            os.close(end)
        Thread(target=_drown, args=(self._lifeline[0],), daemon=True).start()
        tell = _reporter(report)
        life = Life(
            stop=Event(),
            listening=lambda door, place: tell(f"listening {door} {place}"),
            ready=lambda: tell("ready"),
        )
        try:
            return run_part(part, life)
        except (MailroomError, RulesError) as error:
            tell("fatal " + str(error).replace("\n", "\0"))
            return 2
        except Exception:  # the edge of the process: nobody above could tell
            log.exception("died", part=part.name)
            return 1

    def _bury(self) -> None:
        for child in self._children:
            if not child.pid or os.waitpid(child.pid, os.WNOHANG) == (0, 0):
                continue
            child.pid = 0
            while child.report >= 0:
                self._listen_to(child)  # its last words
            if self._stopping is not None:
                continue
            lived = time.monotonic() - child.started
            child.deaths = 1 if lived > _HEALTHY else child.deaths + 1
            wait = min(_LONGEST_WAIT, 0.1 * 2**child.deaths)
            child.start_at = time.monotonic() + wait
            log.error("restarting", part=child.part.name, after_seconds=wait)


def _reporter(pipe: int) -> Callable[[str], None]:
    def tell(line: str) -> None:
        os.write(pipe, line.encode() + b"\n")

    return tell


def _drown(lifeline: int) -> None:
    os.read(lifeline, 1)  # returns when the parent is gone
    os.kill(os.getpid(), signal.SIGTERM)
