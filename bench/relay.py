"""A relay that takes everything: one line for each mail, when it came and what it answers.

    python bench/relay.py --port 2526 --out arrivals.txt

A line is the monotonic time in seconds and the In-Reply-To; nothing is kept on disk
safely, so that it costs as little as can be.
"""

import argparse
import asyncio
import re
import signal
import time
from typing import TextIO

IN_REPLY_TO = re.compile(rb"^in-reply-to:\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)
END = b"\r\n.\r\n"


class Taker(asyncio.Protocol):
    """One connection: 250 to all but DATA (RFC 5321 4.1.1)."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.buffer = b""
        self.in_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 relay.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        end = END if self.in_mail else b"\r\n"
        found, _, rest = self.buffer.partition(end)
        if len(found) == len(self.buffer):
            return False
        self.buffer = rest
        if self.in_mail:
            self._take(found)
        else:
            self._obey(found[:4].upper())
        return True

    def _take(self, mail: bytes) -> None:
        self.in_mail = False
        self.transport.write(b"250 2.0.0 taken\r\n")
        answers = IN_REPLY_TO.search(mail)
        name = answers[1].decode("ascii", "replace") if answers else "-"
        self.out.write(f"{time.monotonic():.6f} {name}\n")

    def _obey(self, verb: bytes) -> None:
        if verb == b"DATA":
            self.in_mail = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 2.0.0 bye\r\n")
            self.transport.close()
        elif verb == b"EHLO":
            self.transport.write(b"250-relay.test\r\n250-8BITMIME\r\n250 SIZE\r\n")
        else:
            self.transport.write(b"250 2.0.0 yes\r\n")


async def serve(port: int, out: TextIO) -> None:
    """Take mail until SIGTERM."""
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Taker(out), "127.0.0.1", port)
    print("ready", flush=True)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--out", required=True)
    given = parser.parse_args()
    with open(given.out, "w", buffering=1) as out:
        asyncio.run(serve(given.port, out))


if __name__ == "__main__":
    main()
