"""Stories: a whole desk on a clock of ours, spoken to over real SMTP.

Mail goes in through the real SMTP door and out through the real relay client into a sink
that keeps what each person received. Only the clock is a fake.
"""

import email
import email.message
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from mailroom.app import App, build
from mailroom.cli.doors import doors_of
from mailroom.config import load
from mailroom.desk.verify import Verifier

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday
CONFIG = """
name = "Acme Support"
rules = "rules.toml"

[[mailbox]]
address = "support@acme.example"
name = "Acme Support"

[[agent]]
address = "ann@acme.example"
name = "Ann Archer"
team = "tier1"

[[agent]]
address = "bob@acme.example"
name = "Bob Baker"
team = "tier1"

[[agent]]
address = "chief@acme.example"
name = "Chief"
admin = true

[[team]]
name = "tier1"
lead = "chief@acme.example"

[smtp]
listen = "127.0.0.1:0"
trusted_relays = ["127.0.0.1/32"]
authserv_id = "mx.acme.example"

[relay]
url = "smtp://127.0.0.1:%d?tls=never"

[web]
url = "https://help.acme.example"
"""
RULES = """
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
notify = ["team", "manager"]
set = { tags = ["late"] }

[[rule]]
name = "All to tier one"
when = 'true'
team = "tier1"
"""
_PROOF = "Authentication-Results: mx.acme.example; dmarc=pass header.from={domain}\r\n"


class Sink:
    """Keeps every mail that the relay was given, a copy for each recipient."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, email.message.Message]] = []
        self.reverse_paths: list[str] = []  # in the order of `mails`

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        for recipient in envelope.rcpt_tos:
            found = email.message_from_bytes(envelope.content)
            self.mails.append((recipient, found))
            self.reverse_paths.append(envelope.mail_from)
        return "250 kept"


class Desk:
    """A desk in a story."""

    def __init__(self, app: App, port: int, sink: Sink, clock: list[datetime]) -> None:
        self.app = app
        self.port = port
        self._sink = sink
        self._clock = clock
        self._count = 0

    def pass_time(self, span: timedelta) -> None:
        """Let time go by, and look at the clocks."""
        self._clock[0] += span
        self.app.watch.sweep()
        self.app.mailing.sweep()
        self.app.dispatch.deliver()

    def write(
        self,
        author: str,
        to: str = "support@acme.example",
        *,
        subject: str = "Printer",
        text: str = "It is on fire.",
        headers: str = "",
        proven: bool = True,
        reverse_path: str | None = None,
        message_id: str | None = None,
    ) -> str:
        """Send a mail by SMTP and let the desk do its work; return its Message-ID."""
        self._clock[0] += timedelta(seconds=1)
        self._count += 1
        address = parseaddr(author)[1]
        id = message_id or f"m{self._count}@{address.rpartition('@')[2]}"
        proof = _PROOF.format(domain=address.rpartition("@")[2]) if proven else ""
        raw = (
            f"{proof}From: {author}\r\nTo: {to}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{id}>\r\nDate: {self._clock[0]:%a, %d %b %Y %H:%M:%S} +0000\r\n"
            f"{headers}\r\n{text}\r\n"
        )
        self.send(raw.encode(), to, address if reverse_path is None else reverse_path)
        return id

    def send(self, raw: bytes, to: str, mail_from: str) -> None:
        """Send raw bytes by SMTP to those of `to` that are ours, and work."""
        known = [a for a in map(str.strip, to.split(",")) if "acme.example" in a]
        ours = [parseaddr(a)[1] for a in known if "support" in a]
        with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as client:
            client.sendmail(mail_from, ours or ["support@acme.example"], raw)
        self.work()

    def work(self) -> None:
        """Process what waits and send what is queued."""
        self.app.intake.process_waiting()
        self.app.dispatch.deliver()

    def received(self, address: str) -> list[email.message.Message]:
        """Return what a person has received so far, oldest first."""
        return [mail for to, mail in self._sink.mails if to == address]

    def return_path(self, address: str) -> str:
        """Return the reverse-path of the last mail that a person has received."""
        pairs = zip(self._sink.mails, self._sink.reverse_paths, strict=True)
        return [path for (to, _), path in pairs if to == address][-1]

    def outgoing(self) -> list[tuple[str, str, email.message.Message]]:
        """Return all that the relay was given: (reverse-path, recipient, mail)."""
        pairs = zip(self._sink.mails, self._sink.reverse_paths, strict=True)
        return [(path, to, mail) for (to, mail), path in pairs]

    def everybody(self) -> set[str]:
        """Return everybody who has received a mail."""
        return {to for to, _ in self._sink.mails}

    def answer(
        self, agent: str, text: str, *, to_last_of: str | None = None, **more: Any
    ) -> str:
        """Answer the last mail that `agent` (or `to_last_of`) received."""
        address = parseaddr(to_last_of or agent)[1]
        last = self.received(address)[-1]
        to = parseaddr(last["Reply-To"] or last["From"])[1]
        headers = (
            f"In-Reply-To: {last['Message-ID']}\r\n"
            f"References: {last['References'] or ''} {last['Message-ID']}\r\n"
        )
        return self.write(
            agent,
            to,
            subject=f"Re: {last['Subject']}",
            text=text,
            headers=headers,
            **more,
        )

    def ticket(self, number: int = 1001) -> Any:
        """Return a ticket."""
        return self.app.store.ticket(number)  # type: ignore[arg-type]

    def tickets(self) -> list[Any]:
        """Return all tickets."""
        return [line.ticket for line in self.app.store.tickets()]

    def clock_of(self, metric: str, number: int = 1001) -> Any:
        """Return the latest cycle of a clock."""
        rows = self.app.store.clocks(number)  # type: ignore[arg-type]
        return [row for row in rows if row.metric == metric][-1]

    def ledger(self) -> list[Any]:
        """Return the inbound half of the message ledger."""
        return self.app.store.messages(direction="in")


def body(mail: email.message.Message) -> str:
    """Return the text part of a mail."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload.decode()
    raise AssertionError("no text part")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


MakeDesk = Callable[..., Desk]


@pytest.fixture
def text_of() -> Callable[[email.message.Message], str]:
    return body


def drifts(app: App) -> list[str]:
    """Return what of a desk is not as its events make it: nothing, after any story."""
    verifier = Verifier(app.office)
    return [
        str(drift) for line in verifier.tickets() for drift in verifier.verify(line)
    ]


@pytest.fixture
def make_desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeDesk]:
    """Make a desk, with other rules or more configuration where a story wants it.

    At the end of each story the events must still make what is stored.
    """
    ends: list[Callable[[], None]] = []
    made: list[App] = []

    def make(
        rules: str = RULES,
        config: str = "",
        name: str = "desk",
        relay_keys: str = "",
        domain: str = "acme.example",
        keys: str = "",
    ) -> Desk:
        sink = Sink()
        port = free_port()
        relay = Controller(sink, hostname="127.0.0.1", port=port)
        relay.start()
        ends.append(relay.stop)
        root = tmp_path / name
        root.mkdir()
        (root / "rules.toml").write_text(rules)
        text = (CONFIG % port).replace("[web]", f"{relay_keys}\n\n[web]", 1)
        text = text.replace("\n[[mailbox]]", f"{keys}\n[[mailbox]]", 1)
        text = (text + config).replace("acme.example", domain)
        (root / "mailroom.toml").write_text(text)
        clock = [START]
        app = build(load(root / "mailroom.toml", {}), now=lambda: clock[0])
        made.append(app)
        loop, doors = doors_of(app)
        loop.start()
        ends.append(loop.stop)
        ends.append(app.store.close)
        listening = int(str(doors[0].address).rpartition(":")[2])
        return Desk(app, listening, sink, clock)

    yield make
    broken = request.node.get_closest_marker("breaks_the_store") is not None
    found = [] if broken else [drift for app in made for drift in drifts(app)]
    for end in reversed(ends):
        end()
    assert found == []


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk()


class Running:
    """A desk as people run it: processes of its own, which can be killed."""

    def __init__(self, root: Path, relay_port: int) -> None:
        self.root = root
        self.sink = Sink()
        self.config = root / "mailroom.toml"
        self.smtp_port = free_port()
        text = CONFIG.replace("127.0.0.1:0", f"127.0.0.1:{self.smtp_port}", 1)
        web = f'[web]\nlisten = "127.0.0.1:{free_port()}"'
        self.config.write_text((text % relay_port).replace("[web]", web, 1))
        self.rules = root / "rules.toml"
        self.rules.write_text(RULES)
        self.log = (root / "log").open("ab")
        self.process: subprocess.Popen[str] | None = None
        self._relay = Controller(self.sink, hostname="127.0.0.1", port=relay_port)

    def start(self, command: str = "run") -> None:
        """Start a command of the desk and wait until it is ready."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mailroom", command, "-c", str(self.config)],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line == "mailroom: ready\n":
                return
        pytest.fail(f"it did not get ready: {(self.root / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """Kill every process of the desk at once, as a crash does."""
        self._signal_group(signal.SIGKILL)
        self._end()

    def stop(self) -> int:
        """Ask the desk to end; return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self._end()

    def tell(self, number: signal.Signals) -> None:
        """Send the desk a signal, as a service manager does."""
        assert self.process is not None
        self.process.send_signal(number)

    def open_relay(self) -> None:
        """Let the relay take mail from now on."""
        self._relay.start()

    def close(self) -> None:
        """End all that still runs."""
        if self.process is not None:
            self.kill()
        if self._relay.server is not None:
            self._relay.stop()
        self.log.close()

    def ask(self, *command: str) -> Any:
        """Return what a listing of the command line says."""
        done = subprocess.run(
            [sys.executable, "-m", "mailroom", *command, "--json", "-c", self.config],
            check=True,
            capture_output=True,
        )
        return json.loads(done.stdout)

    def until(self, condition: Callable[[], Any], patience: float = 60) -> Any:
        """Wait for a condition; the test fails when it does not come about."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if found := condition():
                return found
            time.sleep(0.05)
        log = (self.root / "log").read_text()[-2000:]
        return pytest.fail(f"it did not come about; the log ends with {log}")

    def _signal_group(self, number: signal.Signals) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def _end(self) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        return code


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A desk in processes of its own; nothing is started yet."""
    root = tmp_path / "running"
    root.mkdir()
    desk = Running(root, free_port())
    yield desk
    desk.close()
