"""The whole way: from MAIL FROM to the acknowledgement at the relay, beside the floor.

    python bench/whole_way.py [--rounds 3] [-n 1000] [-c 20] [--rate 50] [--agents 0]

`mailroom run` and `bench/floor.py` take the same mails in turns, as fast as they can,
and the ratio of each round counts. Then mails come at a steady rate, for the time
from a mail's `250` to its acknowledgement's arrival. One JSON line a run, then the
medians. Targets: 0.5 of the floor; at 50 mails a second p50 20 ms, p99 100 ms.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parent
WARM_UP = 40
CONFIG = """
name = "Bench"
rules = "rules.toml"
[[mailbox]]
address = "support@desk.example"
[smtp]
listen = "127.0.0.1:{port}"
[relay]
url = "smtp://127.0.0.1:{relay}?tls=never"
[web]
listen = "127.0.0.1:{web}"
[limits]
per_address = "off"
per_domain = "off"
"""
AGENT = '[[agent]]\naddress = "agent{0}@desk.example"\nadmin = true\n'
POLICY = """
[policy.standard]
default = true
first_reply = "4h"
resolution = "24h"
escalation = "ladder"
[[escalation.ladder]]
at = "75%"
notify = ["assignee"]
[[escalation.ladder]]
at = "breach"
notify = ["team"]
"""
RULE = """
[[rule]]
name = "Customer {0}"
domains = ["c{0}.example"]
keywords = ["invoice"]
priority = "high"
"""
BODY = b"Could you look into this, please? It has been like that since Monday.\r\n" * 25


class Mails:
    """The mails of one run, and when each was begun and accepted."""

    def __init__(self, run: str, count: int) -> None:
        self.run = run
        self.count = count
        self.begun: dict[str, float] = {}
        self.accepted: dict[str, float] = {}

    async def send(self, port: int, connections: int, rate: float = 0) -> None:
        """Send all over kept connections; at `rate` a second, or as they are taken."""
        numbers = iter(range(self.count))
        start = time.monotonic()

        async def worker() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readline()
            await _say(reader, writer, b"EHLO load.test\r\n")
            for number in numbers:
                if rate:
                    due = start + number / rate
                    await asyncio.sleep(max(0, due - time.monotonic()))
                await self._send_one(reader, writer, number)
            await _say(reader, writer, b"QUIT\r\n")
            writer.close()

        await asyncio.gather(*(worker() for _ in range(connections)))

    async def _send_one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        sender = f"jane.{self.run}.{number}@c{number % 97}.example"
        id = f"{self.run}.{number}@load.example"
        head = (
            f"Received: from a.example by b.example; Mon, 5 Jan 2026 09:00:00 +0000\r\n"
            f"From: Jane {number} <{sender}>\r\nTo: <support@desk.example>\r\n"
            f"Subject: Question {number} of run {self.run}\r\nMessage-ID: <{id}>\r\n"
            "Date: Mon, 5 Jan 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n\r\n"
        )
        self.begun[id] = time.monotonic()
        for line in (f"MAIL FROM:<{sender}>", "RCPT TO:<support@desk.example>", "DATA"):
            await _say(reader, writer, line.encode() + b"\r\n")
        said = await _say(reader, writer, head.encode() + BODY + b".\r\n")
        if said.startswith(b"250"):
            self.accepted[id] = time.monotonic()


async def _say(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, octets: bytes
) -> bytes:
    writer.write(octets)
    line = await reader.readline()
    while line[3:4] == b"-":
        line = await reader.readline()
    return line


class Arrivals:
    """What has reached the relay."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, float]:
        """Return when the acknowledgement of each mail arrived first."""
        found: dict[str, float] = {}
        for line in self.path.read_text().splitlines():
            at, _, id = line.partition(" ")
            found.setdefault(id, float(at))
        return found

    def wait_for(self, mails: Mails, patience: float = 60) -> dict[str, float]:
        """Return when each mail of a run was acknowledged; RuntimeError: not all were."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = self.read()
            if mails.accepted.keys() <= found.keys():
                return found
            time.sleep(0.1)
        missing = len(mails.accepted.keys() - found.keys())
        raise RuntimeError(f"{missing} acknowledgements have not come")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Running:
    """A process that has said that it is ready."""

    pid: int
    seconds_to_ready: float


@contextmanager
def process(*command: object, ready: str = "ready") -> Iterator[Running]:
    """Run a process from this checkout until it is no longer needed."""
    begun = time.monotonic()
    started = subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=HERE.parent,
    )
    try:
        assert started.stdout is not None
        _wait_for_line(started.stdout, ready)
        yield Running(started.pid, time.monotonic() - begun)
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()
        started.stdout.close()


def _wait_for_line(lines: IO[str], text: str) -> None:
    for line in lines:
        if text in line:
            return
    raise RuntimeError("the process ended before it was ready")


@contextmanager
def system(
    name: str, folder: Path, agents: int = 0
) -> Iterator[tuple[int, Arrivals, Running]]:
    """Run a relay and one desk; yield its port, what arrives, and its process."""
    port, relay_port = free_port(), free_port()
    arrivals = Arrivals(folder / f"{name}.arrivals")
    relay = ("bench/relay.py", "--port", relay_port, "--out", arrivals.path)
    if name == "floor":
        desk: tuple[object, ...] = (
            *("bench/floor.py", "--port", port, "--relay-port", relay_port),
        )
    else:
        configure(folder, port, relay_port, agents)
        config = folder / "mailroom.toml"
        desk = ("-m", "mailroom", "run", "--log-level", "WARNING", "-c", config)
    ready = "ready" if name == "floor" else "mailroom: ready"
    with process(*relay), process(*desk, ready=ready) as running:
        yield port, arrivals, running


def configure(folder: Path, port: int, relay_port: int, agents: int) -> None:
    """Write a desk's configuration: one mailbox, a policy, 20 rules."""
    config = CONFIG.format(port=port, relay=relay_port, web=free_port())
    config += "".join(AGENT.format(number) for number in range(agents))
    (folder / "mailroom.toml").write_text(config)
    rules = POLICY + "".join(RULE.format(number) for number in range(20))
    (folder / "rules.toml").write_text(rules)


def as_fast_as_possible(name: str, given: argparse.Namespace) -> dict[str, object]:
    """Return mails a second from the first MAIL FROM to the last acknowledgement."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with system(name, folder, given.agents) as (port, arrivals, _):
            first, mails = Mails("warm", WARM_UP), Mails("r0", given.n)
            asyncio.run(first.send(port, given.c))
            arrivals.wait_for(first)
            asyncio.run(mails.send(port, given.c))
            found = arrivals.wait_for(mails)
    begun = min(mails.begun.values())
    taken = max(mails.accepted.values()) - begun
    whole = max(found[id] for id in mails.accepted) - begun
    return {
        "desk": name,
        "mails": given.n,
        "accepted_per_second": round(len(mails.accepted) / taken, 1),
        "per_second": round(len(mails.accepted) / whole, 1),
    }


def steadily(given: argparse.Namespace) -> dict[str, object]:
    """Return the time from 250 to acknowledgement in milliseconds, at a steady rate."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with system("mailroom", folder, given.agents) as (port, arrivals, _):
            first = Mails("warm", WARM_UP)
            mails = Mails("r0", int(given.rate * given.seconds))
            asyncio.run(first.send(port, given.c))
            arrivals.wait_for(first)
            asyncio.run(mails.send(port, given.c, given.rate))
            found = arrivals.wait_for(mails)
    waits = sorted(1000 * (found[id] - at) for id, at in mails.accepted.items())
    return {
        "desk": "mailroom",
        "rate": given.rate,
        "mails": len(waits),
        "p50_ms": round(waits[len(waits) // 2], 1),
        "p99_ms": round(waits[int(len(waits) * 0.99)], 1),
        "longest_ms": round(waits[-1], 1),
    }


def main() -> None:
    """Run the rounds, print each run and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-n", type=int, default=1000)
    parser.add_argument("-c", type=int, default=20)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--agents", type=int, default=0)
    given = parser.parse_args()
    ratios = []
    for number in range(given.rounds):
        order = ("floor", "mailroom") if number % 2 == 0 else ("mailroom", "floor")
        rates = {}
        for name in order:
            figures = as_fast_as_possible(name, given)
            print(json.dumps(figures), flush=True)
            rates[name] = float(str(figures["per_second"]))
        ratios.append(rates["mailroom"] / rates["floor"])
    line = {
        "bench": "whole_way",
        "ratios": [round(ratio, 2) for ratio in ratios],
        "median_ratio": round(statistics.median(ratios), 3),
    }
    print(json.dumps(line), flush=True)
    print(json.dumps({"bench": "acknowledgement"} | steadily(given)))


if __name__ == "__main__":
    main()
