"""The least work that does the whole job: what any desk in Python can be held against.

    python bench/floor.py --port 8025 --relay-port 2526

One process, no framework of ours: aiosmtpd takes a mail, a thread parses it (compat32),
asks 20 rules, and commits mail, ticket and acknowledgement with others in one fsynced
transaction; then the `250` is said. A second thread sends acknowledgements over one
connection and marks them sent in batches. No threading, trimming, clocks or HTML.
"""

import argparse
import asyncio
import queue
import signal
import smtplib
import sqlite3
import tempfile
import threading
import time
from email import message_from_bytes
from pathlib import Path
from typing import Any

import rule_engine
from aiosmtpd.smtp import SMTP, Envelope, Session

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE mail (id INTEGER PRIMARY KEY, octets BLOB);
CREATE TABLE ticket (
    id INTEGER PRIMARY KEY, mail INTEGER, author TEXT, subject TEXT, message_id TEXT,
    words TEXT, matched INTEGER, due REAL
);
CREATE UNIQUE INDEX ticket_message ON ticket (message_id);
CREATE TABLE letter (id INTEGER PRIMARY KEY, recipient TEXT, octets BLOB, sent_at REAL);
CREATE INDEX letter_unsent ON letter (id) WHERE sent_at IS NULL;
"""
ACKNOWLEDGEMENT = """\
From: Desk <support@desk.example>\r
To: <{author}>\r
Subject: [#{ticket}] {subject}\r
Message-ID: <ticket{ticket}@desk.example>\r
In-Reply-To: {message_id}\r
References: {message_id}\r
Auto-Submitted: auto-replied\r
\r
Thank you. Your ticket is {ticket}.\r
"""
BATCH = 100
RULES = [
    rule_engine.Rule(f'domain == "c{number}.example" and "invoice" in subject')
    for number in range(20)
]
Taken = tuple[Envelope, "asyncio.Future[None]"]


def connect(path: Path) -> sqlite3.Connection:
    """Open the database; every commit is fsynced."""
    database = sqlite3.connect(path, isolation_level=None, timeout=20)
    database.execute("PRAGMA synchronous = FULL")
    return database


class Desk:
    """Takes, decides, keeps and sends."""

    def __init__(self, path: Path, relay_port: int) -> None:
        self.path = path
        self.relay_port = relay_port
        self.waiting: queue.Queue[Taken] = queue.Queue()
        self.bell = threading.Event()
        connect(path).executescript(SCHEMA)

    async def handle_DATA(self, server: SMTP, session: Session, taken: Envelope) -> str:
        """Say 250 once the mail is kept."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.put((taken, kept))
        await kept
        return "250 2.0.0 kept"

    def keep_all(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep what comes, as many mails a transaction as wait."""
        database = connect(self.path)
        while True:
            batch = [self.waiting.get()]
            while len(batch) < BATCH and not self.waiting.empty():
                batch.append(self.waiting.get())
            database.execute("BEGIN IMMEDIATE")
            for taken, _ in batch:
                self._keep(database, taken)
            database.execute("COMMIT")
            self.bell.set()
            loop.call_soon_threadsafe(_answer, [kept for _, kept in batch])

    def _keep(self, database: sqlite3.Connection, taken: Envelope) -> None:
        octets = taken.content
        assert isinstance(octets, bytes)
        parsed = message_from_bytes(octets)
        words = parsed.get_payload(decode=True)
        assert isinstance(words, bytes)
        author, subject = str(taken.mail_from), str(parsed["Subject"])
        seen = {"domain": author.rpartition("@")[2], "subject": subject.lower()}
        matched = sum(rule.matches(seen) for rule in RULES)
        mail = database.execute("INSERT INTO mail (octets) VALUES (?)", (octets,))
        ticket = database.execute(
            "INSERT OR IGNORE INTO ticket VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
            (
                mail.lastrowid,
                author,
                subject,
                parsed["Message-ID"],
                words.decode("utf-8", "replace"),
                matched,
                time.time() + 14_400,
            ),
        )
        letter = ACKNOWLEDGEMENT.format(
            author=author,
            ticket=ticket.lastrowid,
            subject=subject,
            message_id=parsed["Message-ID"],
        )
        database.execute(
            "INSERT INTO letter VALUES (NULL, ?, ?, NULL)", (author, letter.encode())
        )

    def send_all(self) -> None:
        """Send what is due over one connection, and mark it."""
        database = connect(self.path)
        relay: smtplib.SMTP | None = None
        due = "SELECT * FROM letter WHERE sent_at IS NULL ORDER BY id LIMIT ?"
        while True:
            self.bell.wait(1.0)
            self.bell.clear()
            while letters := database.execute(due, (BATCH,)).fetchall():
                relay = relay or smtplib.SMTP("127.0.0.1", self.relay_port, "desk.test")
                for _, recipient, octets, _ in letters:
                    relay.sendmail("support@desk.example", [recipient], octets)
                database.execute("BEGIN IMMEDIATE")
                database.executemany(
                    "UPDATE letter SET sent_at = ? WHERE id = ?",
                    [(time.time(), letter[0]) for letter in letters],
                )
                database.execute("COMMIT")


def _answer(kept: list[asyncio.Future[None]]) -> None:
    for future in kept:
        if not future.done():
            future.set_result(None)


async def serve(desk: Desk, port: int) -> None:
    """Listen until SIGTERM."""
    loop = asyncio.get_running_loop()
    threads: list[Any] = [(desk.keep_all, (loop,)), (desk.send_all, ())]
    for work, arguments in threads:
        threading.Thread(target=work, args=arguments, daemon=True).start()
    await loop.create_server(
        lambda: SMTP(desk, hostname="desk.test", loop=loop), "127.0.0.1", port
    )
    print("ready", flush=True)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--relay-port", type=int, required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "floor.db", given.relay_port)
        asyncio.run(serve(desk, given.port))


if __name__ == "__main__":
    main()
