"""Doors on free ports, and the desk's side of them as a list."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from mailroom.gateway.doors import DoorLoop
from mailroom.gateway.group_commit import GroupCommit
from mailroom.gateway.smtp import ListenerSettings, SmtpDoor
from mailroom.store.contract import Arrival


class Tray:
    """The desk behind the doors: keeps arrivals, or does what a test tells it to."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.batches: list[int] = []
        self.rung: list[int] = []
        self.before: Callable[[Sequence[Arrival]], None] = lambda arrivals: None
        self.wait = threading.Event()
        self.wait.set()

    def accept(self, arrivals: Sequence[Arrival]) -> list[Any]:
        self.wait.wait(10)
        self.before(arrivals)
        self.batches.append(len(arrivals))
        first = len(self.arrivals) + 1
        self.arrivals.extend(arrivals)
        return list(range(first, first + len(arrivals)))

    @property
    def last(self) -> Arrival:
        return self.arrivals[-1]


def only_ours(address: str, trusted: bool) -> str:
    local, _, domain = address.lower().rpartition("@")
    if domain != "desk.example":
        return "unknown"
    if local == "support+bad" and not trusted:
        return "bad_token"
    return "ok"


class Talk:
    """A raw SMTP conversation, octet by octet."""

    def __init__(self, port: int, greeting: bool = True, source: str = "") -> None:
        place = (source, 0) if source else None
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=10, source_address=place
        )
        self.file = self.socket.makefile("rb")
        if greeting:
            assert self.reply().startswith("220")

    def reply(self) -> str:
        lines = []
        while line := self.file.readline():
            lines.append(line.decode().rstrip("\r\n"))
            if line[3:4] != b"-":
                break
        return "\n".join(lines)

    def say(self, line: str | bytes) -> str:
        self.send(line if isinstance(line, bytes) else line.encode() + b"\r\n")
        return self.reply()

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def begin(self, *recipients: str, sender: str = "jane@customer.example") -> None:
        assert self.say("EHLO client.example").startswith("250")
        assert self.say(f"MAIL FROM:<{sender}>").startswith("250")
        for recipient in recipients or ("support@desk.example",):
            assert self.say(f"RCPT TO:<{recipient}>").startswith("250")
        assert self.say("DATA").startswith("354")

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@pytest.fixture
def tray() -> Tray:
    return Tray()


@pytest.fixture
def talk() -> type[Talk]:
    return Talk


@pytest.fixture
def open_door(tray: Tray) -> Iterator[Callable[..., SmtpDoor]]:
    """Open a door on a free port: `open_door(max_size=...)`, `open_door(kind=...)`."""
    with ExitStack() as stack:

        def make(
            kind: Any = SmtpDoor, recipient: Any = only_ours, **settings: Any
        ) -> Any:
            commit = GroupCommit(tray.accept, tray.rung.append)
            settings = {"listen": "127.0.0.1:0", "hostname": "mx.test"} | settings
            door = kind(ListenerSettings(**settings), recipient, commit.submit)
            loop = DoorLoop([door], commit)
            loop.start()
            door.loop = loop
            stack.callback(loop.stop, timedelta(seconds=2))
            return door

        yield make
