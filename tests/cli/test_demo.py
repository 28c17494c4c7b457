"""`mailroom demo`: the whole story by real SMTP, in time, and nothing left behind."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "mailroom", "demo"]
IN_ORDER = [
    "mail in   from Jane Doe: Outage in the Berlin branch",
    "NEW_TICKET on [#1001]",
    "new, priority urgent, policy gold, tags outage",
    "first reply runs: within 12 s",
    "to jane@northwind.example: Re: Outage in the Berlin branch [#1001]",
    "mail in   from Olaf Olsen: How do I export my orders?",
    "NEW_TICKET on [#1002]",
    "mail in   from Olaf Olsen: Out of office",
    "AUTO_REPLY on [#1002]",
    "mail in   from Ann Archer",
    "open, priority urgent, policy gold, with Ann Archer",
    "first reply kept:",
    "to jane@northwind.example",
    "a switch had failed",
    "Reminder about first reply",
    "first reply missed:",
    "Breach of first reply",
    "mail in   from Bob Baker",
    "where 10 s were promised",
    "to olaf@petshop.example",
    "COMMAND on [#1001]",
    "Where it all stands",
    "the customer's page: http://127.0.0.1:",
]


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(folder), "PYTHONUTF8": "1", "TERM": "xterm"}


def test_story_is_told_in_order_and_leaves_nothing(tmp_path: Path) -> None:
    began = time.monotonic()
    done = subprocess.run(
        COMMAND,
        capture_output=True,
        text=True,
        env=_environment(tmp_path),
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 40
    at = 0
    for words in IN_ORDER:
        assert words in done.stdout[at:], f"{words!r} is missing after {at}"
        at = done.stdout.index(words, at)
    assert "\x1b" not in done.stdout
    assert list(tmp_path.iterdir()) == []


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._seen = b""
        self._pid, self._ours = pty.fork()
        if self._pid == 0:
            os.execve(command[0], command, environment)

    @property
    def output(self) -> str:
        return self._seen.decode("utf-8", "replace")

    def wait_for(self, words: str, patience: float = 90) -> None:
        end = time.monotonic() + patience
        while words not in self.output:
            left = max(0.0, end - time.monotonic())
            ready, _, _ = select.select([self._ours], [], [], left)
            assert ready, f"{words!r} did not come; seen was {self.output[-800:]}"
            assert self._read(), f"it ended before {words!r}: {self.output[-800:]}"

    def _read(self) -> bytes:
        try:
            read = os.read(self._ours, 65536)
        except OSError:  # Linux says EIO when the other end is closed
            read = b""
        self._seen += read
        return read

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def close(self) -> int:
        """Read to the end; return the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


def test_on_a_terminal_it_stays_in_colours_until_ctrl_c(tmp_path: Path) -> None:
    terminal = Terminal(COMMAND, _environment(tmp_path))
    terminal.wait_for("until Ctrl-C")
    assert "\x1b[" in terminal.output
    link = re.findall(r"http://(127\.0\.0\.1:\d+)(/t/[\w.]+)", terminal.output)[-1]
    connection = HTTPConnection(link[0], timeout=20)
    connection.request("GET", link[1])
    answer = connection.getresponse()
    assert answer.status == 200
    assert "export my orders" in answer.read().decode()
    connection.close()
    terminal.type("\x03")
    assert terminal.close() == 0
    assert "Traceback" not in terminal.output
    assert list(tmp_path.iterdir()) == []
