"""Durable accept by SMTP against aiosmtpd's own discarding handler, interleaved.

    python bench/accept_speed.py [--rounds 5] [-n 2000] [-c 20] [--fsync-ms 5]

Both servers run on one core and the load on another, in turns. What counts is the ratio
within a round; the target is 0.90 with one mail a connection, 0.80 on kept ones, and
0.70 with an fsync of 5 ms. One JSON line a run, then the medians.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path


def serve_sink(port: int) -> None:
    """aiosmtpd as it comes, with its handler that throws everything away."""
    from aiosmtpd.handlers import Sink
    from aiosmtpd.smtp import SMTP

    async def run() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(
            lambda: SMTP(Sink(), hostname="sink.test", loop=loop),
            "127.0.0.1",
            port,
            backlog=1024,
        )
        stopped = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
        await stopped.wait()

    asyncio.run(run())


def serve_mailroom(port: int, fsync_ms: float) -> None:
    """Mailroom's door, group commit and store; nothing is processed behind them."""
    from mailroom.gateway.doors import DoorLoop
    from mailroom.gateway.group_commit import GroupCommit
    from mailroom.gateway.smtp import ListenerSettings, SmtpDoor
    from mailroom.store.contract import Arrival
    from mailroom.store.sqlite import SqliteStore
    from mailroom.ticket.model import InboundId

    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "mailroom.db")
        commits: list[int] = []

        def accept(arrivals: Sequence[Arrival]) -> list[InboundId | None]:
            with store.transaction():
                ids = store.add_inbound(arrivals)
            time.sleep(fsync_ms / 1000)
            commits.append(len(arrivals))
            return ids

        commit = GroupCommit(accept, lambda id: None)
        settings = ListenerSettings(listen=f"127.0.0.1:{port}", hostname="mx.test")
        door = SmtpDoor(settings, lambda address, trusted: "ok", commit.submit)
        doors = DoorLoop([door], commit)
        doors.start()
        stopped = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopped.set())
        while not stopped.wait(0.2):  # a signal may reach another thread
            pass
        doors.stop()
        mails = sum(commits)
        print(json.dumps({"mails": mails, "commits": len(commits)}), file=sys.stderr)


def measure(server: str, kept: bool, given: argparse.Namespace) -> dict[str, object]:
    """Start a server on core 0, load it from core 1, stop it; return the figures."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = Path(__file__).resolve()
    command = [sys.executable, str(here), "--serve", server, "--port", str(port)]
    command += ["--fsync-ms", str(given.fsync_ms)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    pin(process.pid, 0)
    try:
        wait_for(port)
        load = [sys.executable, str(here.parent / "load.py"), "--port", str(port)]
        load += ["-n", str(given.n), "-c", str(given.c)] + (["--kept"] if kept else [])
        loading = subprocess.Popen(load, stdout=subprocess.PIPE)
        pin(loading.pid, 1)
        result, _ = loading.communicate(timeout=600)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=30)
    figures: dict[str, object] = {"server": server} | json.loads(result)
    if server == "mailroom":
        stats = json.loads(said.decode().strip().splitlines()[-1])
        figures["mails_per_commit"] = round(stats["mails"] / stats["commits"], 1)
    return figures


def pin(process: int, core: int) -> None:
    """Keep a process to a core, where there are several."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(process, {core})


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def main() -> None:
    """Serve, or run the rounds and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("-n", type=int, default=2000)
    parser.add_argument("-c", type=int, default=20)
    parser.add_argument("--fsync-ms", type=float, default=0.0)
    parser.add_argument("--serve", choices=["sink", "mailroom"])
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    if given.serve == "sink":
        serve_sink(given.port)
    elif given.serve == "mailroom":
        serve_mailroom(given.port, given.fsync_ms)
    else:
        compare(given)


def compare(given: argparse.Namespace) -> None:
    """Run the rounds, print each run and the ratios' medians."""
    ratios: dict[bool, list[float]] = {False: [], True: []}
    for number in range(given.rounds):
        for kept in (False, True):
            rates = {}
            order = ("sink", "mailroom") if number % 2 == 0 else ("mailroom", "sink")
            for server in order:
                figures = measure(server, kept, given)
                print(json.dumps(figures), flush=True)
                rates[server] = float(str(figures["per_second"]))
            ratios[kept].append(rates["mailroom"] / rates["sink"])
    for kept, found in ratios.items():
        line = {
            "bench": "accept_speed",
            "kept": kept,
            "fsync_ms": given.fsync_ms,
            "ratios": [round(ratio, 2) for ratio in found],
            "median_ratio": round(statistics.median(found), 3),
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
