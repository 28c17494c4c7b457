"""A folder with a configuration, and the command line run in this process or its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from mailroom.cli.group import run

CONFIG = """
name = "Acme Support"
[[mailbox]]
address = "support@acme.example"
[[team]]
name = "support"
[[agent]]
address = "ann@acme.example"
team = "support"
admin = true
[smtp]
listen = "127.0.0.1:0"
[submission]
listen = "127.0.0.1:0"
[web]
listen = "127.0.0.1:0"
url = "https://help.acme.example"
"""
RULES = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]
holidays = ["12-25"]

[policy.standard]
default = true
calendar = "office"
first_reply = "8h"
resolution = "3 days"

[[rule]]
name = "Outage"
keywords = ["outage"]
priority = "urgent"
tags = ["outage"]
"""
MAIL = b"""\
From: Jane Doe <jane@customer.example>
To: support@acme.example
Subject: Outage in Berlin
Message-ID: <%d@customer.example>
Date: Tue, 24 Nov 2026 09:00:00 +0100

Nothing works.
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A configuration whose doors take any free port; the path of its file."""
    path = tmp_path / "mailroom.toml"
    path.write_text(CONFIG)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "all.toml").write_text(RULES)
    return path


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process; return (exit code, output, errors)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return call


@pytest.fixture
def deliver(desk: Path) -> Callable[..., int]:
    """Pipe a mail into a process of its own, as an MTA does; return its exit code."""

    def deliver(raw: bytes, *arguments: str) -> int:
        command = [sys.executable, "-m", "mailroom", "deliver", "-c", str(desk)]
        done = subprocess.run([*command, *arguments], input=raw, check=False)
        return done.returncode

    return deliver


class Running:
    """A `mailroom` process and what it says on standard output."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "mailroom", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self._lines: Queue[str | None] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def wait_for(self, text: str, patience: float = 30) -> str:
        """Return the first line that holds the text; the test fails without one."""
        while line := self._next(patience):
            self.said.append(line)
            if text in line:
                return line
        self.process.kill()
        errors = self.process.stderr.read() if self.process.stderr else ""
        return pytest.fail(f"nobody said {text!r}; said were {self.said}\n{errors}")

    def _next(self, patience: float) -> str | None:
        try:
            return self._lines.get(timeout=patience)
        except Empty:
            return None

    def port(self, door: str) -> int:
        """Return where a door listens; after `wait_for("ready")`."""
        place = next(line for line in self.said if f"mailroom: {door} on " in line)
        return int(place.rpartition(":")[2])

    def children(self) -> list[int]:
        """Return the process ids of the parts."""
        listing = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in listing.read_text().split()]


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start `mailroom` commands; whatever still runs at the end is killed."""
    running: list[Running] = []

    def start(*arguments: object) -> Running:
        running.append(Running(*arguments))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        for pipe in (one.process.stdout, one.process.stderr):
            if pipe is not None:
                pipe.close()
