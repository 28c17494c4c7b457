"""Real and hostile mail, each by SMTP to a running desk: one visible outcome for each.

The mails are those below the folder that MAILROOM_CORPUS names, where there is one; else
the samples of the reader's tests and what a seeded generator makes of them.
"""

import json
import os
import random
import re
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailroom.app import build
from mailroom.cli.group import run
from mailroom.config import load
from mailroom.ticket.model import Disposition

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
CORPUS = Path(
    os.environ.get("MAILROOM_CORPUS") or ROOT.parent.joinpath("shared", "corpus")
)
SUFFIXES = {".eml", ".msg", ".box", ".txt", ".mbox"}
SAMPLES = ROOT / "tests" / "mail"
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
trusted_relays = ["127.0.0.1/32"]
authserv_id = "mx.acme.example"
[web]
listen = "off"
url = "https://help.acme.example"
"""
RULES = """
[policy.standard]
default = true
first_reply = { urgent = "1h", high = "4h", normal = "8h", low = "2 days" }
resolution = "5 days"

[[rule]]
name = "Outage"
keywords = ["outage", "is down", "störung"]
priority = "urgent"

[[rule]]
name = "Lists"
when = 'headers&["list-id"] != null'
priority = "low"
acknowledge = false

[[rule]]
name = "A reference in the text"
when = '$matches(text, "(?i)(ticket|case)[ #:]+[0-9]+") or attachments.length > 3'
tags = ["reference"]
"""


def _mails() -> list[bytes]:
    if CORPUS.is_dir():
        found = sorted(p for p in CORPUS.rglob("*") if p.suffix.lower() in SUFFIXES)
        return [path.read_bytes() for path in found]
    samples = [path.read_bytes() for path in sorted(SAMPLES.glob("*.eml"))]
    return [*samples, *_hostile(samples, 150 - len(samples))][: max(150, len(samples))]


def _hostile(samples: list[bytes], count: int) -> Iterator[bytes]:
    """Make mails that no client would send, the same ones in every run."""
    dice = random.Random(20261124)
    for number in range(max(0, count)):
        mail = bytearray(dice.choice(samples))
        for _ in range(dice.randint(1, 8)):
            dice.choice(MISCHIEF)(mail, dice)
        yield bytes(mail) or b"%d" % number


def _cut(mail: bytearray, dice: random.Random) -> None:
    del mail[dice.randrange(len(mail) + 1) :]


def _flip(mail: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 30)):
        if mail:
            mail[dice.randrange(len(mail))] = dice.randrange(1, 256)


def _swap(mail: bytearray, dice: random.Random) -> None:
    lines = bytes(mail).splitlines(keepends=True)
    dice.shuffle(lines)
    mail[:] = b"".join(lines)


def _insert(mail: bytearray, dice: random.Random) -> None:
    at = mail.find(b"\n", dice.randrange(len(mail) + 1)) + 1
    mail[at:at] = dice.choice(
        [
            b"Content-Type: multipart/mixed; boundary=\n",
            b"Content-Type: text/plain; charset=klingon\n",
            b"Content-Transfer-Encoding: base64\n",
            b"From: =?utf-8?b?////?= <@>\n",
            b"Subject: " + b"=?x?q?=00?= " * 300 + b"\n",
            b"References: " + b"<a@b> " * 2000 + b"\n",
            b"To: " + b"(" * 500 + b"x@y\n",
            b"Message-ID: <>\n",
            b"Date: 99 Foo 99999 99:99:99 +9999\n",
            b"> " * 200 + b"deep\n",
            b"<div>" * 3000 + b"\n",
            b"\xff\xfe\xfd\x80\n",
            b"--\n-- \n____\nOn  wrote:\n",
        ]
    )


MISCHIEF = (_cut, _flip, _swap, _insert)


def _as_data(mail: bytes) -> bytes:
    """Return a mail in the form that SMTP carries (RFC 5321 2.3.8): lines end in CRLF.

    A lone CR is no line end in a file and must not be sent (RFC 5321 2.3.8).
    """
    return re.sub(rb"\r*\n|\r", b"\r\n", mail)


def _reverse_path(mail: bytes) -> str:
    found = re.search(rb"^Return-Path:[ \t]*<([!-~]*@[!-~]+|)>", mail, re.M | re.I)
    return found[1].decode() if found else "sender@customer.example"


class RunningDesk:
    """`mailroom run` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "mailroom.toml"
        self.config.write_text(CONFIG)
        (folder / "rules").mkdir()
        (folder / "rules" / "all.toml").write_text(RULES)
        self.log = folder / "log"
        command = [sys.executable, "-m", "mailroom", "run", "-c", str(self.config)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "ready" in line:
                break
        place = next(line for line in said if "smtp on " in line)
        self.port = int(place.rpartition(":")[2])

    def stop(self) -> int:
        """Let it drain; return its exit code."""
        self.process.terminate()
        code = self.process.wait(timeout=60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RunningDesk]:
    running = RunningDesk(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.stop()


def _send(port: int, mails: list[bytes]) -> list[str]:
    """Send each mail; return what was refused, and with which answer."""
    refused = []
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        for mail in mails:
            data = _as_data(mail)
            try:
                client.sendmail(_reverse_path(data), ["support@acme.example"], data)
            except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
                refused.append(f"{error.smtp_code} {error.smtp_error!r}")
    return refused


def _wait_until_nothing_waits(config: Path, patience: float = 120) -> None:
    app = build(load(config, {}))
    end = time.monotonic() + patience
    while app.store.waiting_inbound(1):
        assert time.monotonic() < end, "mail still waits to be processed"
        time.sleep(0.05)
    app.store.close()


def test_every_mail_ends_with_a_visible_outcome(
    desk: RunningDesk, capfd: pytest.CaptureFixture[str]
) -> None:
    mails = _mails()
    assert len(mails) >= 150
    assert _send(desk.port, mails) == []
    _wait_until_nothing_waits(desk.config)
    assert desk.stop() == 0
    capfd.readouterr()
    assert run(["messages", "--json", "-c", str(desk.config)]) == 0
    listing: list[dict[str, Any]] = json.loads(capfd.readouterr().out)
    came = [line for line in listing if line["direction"] == "in"]
    assert len(came) == len(mails)
    outcomes = {outcome.value for outcome in Disposition}
    assert {line["disposition"] for line in came} <= outcomes
    hidden = [
        line["id"] for line in came if line["ticket"] is None and line["reason"] is None
    ]
    assert hidden == []
    log = desk.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]
    stubs = [line["reason"] for line in came if "Error" in (line["reason"] or "")]
    assert stubs == []
