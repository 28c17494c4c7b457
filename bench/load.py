"""An SMTP load: N distinct mails over C connections, as fast as they are taken.

    python bench/load.py --port 8025 -n 2000 -c 20 [--kept]

Without `--kept` each mail has a connection of its own. One JSON line comes out: mails
per second, latency from MAIL FROM to the last reply (milliseconds), replies by code.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

BODY = b"Could you look into this, please? It has been like that since Monday.\r\n" * 25


@dataclass
class Load:
    """What is to be sent, and what became of it."""

    port: int
    count: int
    connections: int
    kept: bool
    recipient: str = "support@desk.example"
    run: str = "r0"
    latencies: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)

    def mails(self) -> Iterator[tuple[bytes, bytes]]:
        """Sender and dot-terminated content of each mail, about 2 KB."""
        for number in range(self.count):
            sender = f"customer{number % 997}@c{number % 53}.example"
            head = (
                f"Received: from c.example by mx.example; Mon, 5 Jan 2026 09:00:00 +0000\r\n"
                f"From: Customer {number} <{sender}>\r\nTo: <{self.recipient}>\r\n"
                f"Subject: Question {number} of run {self.run}\r\n"
                f"Message-ID: <{self.run}.{number}@load.example>\r\n"
                f"Date: Mon, 5 Jan 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
                f"Content-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n\r\n"
            )
            yield sender.encode(), head.encode() + BODY + b".\r\n"


class Client(asyncio.Protocol):
    """One connection: says the next line when the last one was answered."""

    def __init__(self, load: Load, waiting: list[tuple[bytes, bytes]]) -> None:
        self.load = load
        self.waiting = waiting
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.rest = b""
        self.step = self._greeted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\r\n")
        for line in lines:
            if line[3:4] != b"-":
                self.step(line)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _say(self, octets: bytes, step) -> None:
        self.step = step
        self.transport.write(octets)

    def _greeted(self, line: bytes) -> None:
        self._say(b"EHLO load.example\r\n", self._next)

    def _next(self, line: bytes) -> None:
        if not self.waiting:
            self._say(b"QUIT\r\n", self._gone)
            return
        sender, self.content = self.waiting.pop()
        self.begun = time.perf_counter()
        self._say(b"MAIL FROM:<" + sender + b">\r\n", self._from)

    def _from(self, line: bytes) -> None:
        recipient = self.load.recipient.encode()
        self._say(b"RCPT TO:<" + recipient + b">\r\n", self._to)

    def _to(self, line: bytes) -> None:
        self._say(b"DATA\r\n", self._data)

    def _data(self, line: bytes) -> None:
        if line.startswith(b"354"):
            self._say(self.content, self._taken)
        else:
            self._taken(line)

    def _taken(self, line: bytes) -> None:
        self.load.latencies.append(time.perf_counter() - self.begun)
        self.load.codes[line[:3].decode()] += 1
        if self.load.kept:
            self._next(line)
        else:
            self._say(b"QUIT\r\n", self._gone)

    def _gone(self, line: bytes) -> None:
        self.transport.close()


async def send(load: Load) -> float:
    """Send the load; return the mails per second that were taken."""
    waiting = list(load.mails())
    loop = asyncio.get_running_loop()

    async def worker() -> None:
        while waiting:
            _, client = await loop.create_connection(
                lambda: Client(load, waiting), "127.0.0.1", load.port
            )
            await client.done

    begun = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(load.connections)))
    return load.codes["250"] / (time.perf_counter() - begun)


def summary(load: Load, rate: float) -> dict[str, object]:
    """The load's result as one JSON object."""
    latencies = sorted(load.latencies) or [0.0]
    return {
        "mails": load.count,
        "connections": load.connections,
        "kept": load.kept,
        "per_second": round(rate, 1),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2),
        "codes": dict(load.codes),
    }


def main() -> None:
    """Read the arguments, send, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("-n", type=int, default=2000)
    parser.add_argument("-c", type=int, default=20)
    parser.add_argument("--kept", action="store_true")
    parser.add_argument("--to", default="support@desk.example")
    parser.add_argument("--run", default="r0")
    given = parser.parse_args()
    load = Load(given.port, given.n, given.c, given.kept, given.to, given.run)
    print(json.dumps(summary(load, asyncio.run(send(load)))))


if __name__ == "__main__":
    main()
