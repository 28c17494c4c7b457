"""Photographs the pages for the documentation: small stories, then real screenshots.

    python scripts/screenshots.py docs/images

The desk is built in a temporary folder; mail goes in by the intake as it would by SMTP,
only the clock is told. Needs the `test` extra and a Chromium, which
`MAILROOM_TEST_BROWSER` names where it is not /usr/bin/chromium.
"""

import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import busy_weeks
from playwright.sync_api import Browser, sync_playwright

from mailroom.app import App, build
from mailroom.config import load
from mailroom.gateway.http import HttpDoor
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival
from mailroom.ticket.model import TicketId
from mailroom.ticket.token import Permission, Token
from web.counts import Counts
from web.factory import create_app

CONFIG = """
name = "Acme Support"
rules = "rules.toml"
[[mailbox]]
address = "support@acme.example"
letters = ["acknowledgement", "solved", "rating"]
[[agent]]
address = "ann@acme.example"
name = "Ann Archer"
team = "tier1"
[[team]]
name = "tier1"
lead = "lead@acme.example"
[smtp]
listen = "off"
[web]
listen = "127.0.0.1:{port}"
"""
RULES = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]
[policy.gold]
calendar = "office"
first_reply = {{ urgent = "1h", high = "2h", normal = "4h", low = "1 day" }}
resolution = "3 days"
promise = ["first_reply", "resolution"]
escalation = "ladder"
default = true
[[escalation.ladder]]
at = "breach"
notify = ["team", "manager"]
[[rule]]
name = "Outage"
keywords = ["outage"]
priority = "urgent"
tags = ["outage"]
[[rule]]
name = "All to tier one"
when = 'true'
team = "tier1"
""".replace("{{", "{").replace("}}", "}")
JANE = "Jane Doe <jane@globex.example>"
Shots = tuple[tuple[str, str, int, str], ...]  # name, address, width, scheme
ANN = "Ann Archer <ann@acme.example>"
STORY = (  # (minutes later, from, which ticket it answers, subject, text)
    (
        0,
        JANE,
        None,
        "Outage: the warehouse tablets show a white page",
        "Good morning,\n\nsince this morning the login page stays white on three of our"
        " five tablets. We cannot book any goods.\n\nJane",
    ),
    (
        25,
        ANN,
        0,
        "",
        "Hello Jane,\n\nthank you for telling us. Which version do the"
        " tablets show under Settings > About?\n\nAnn",
    ),
    (40, JANE, 0, "", "All three show 4.1, the other two 4.2."),
    (
        50,
        ANN,
        0,
        "",
        "#pending\nThat is it: please install 4.2 on the three, and tell"
        " us whether the page is back.\n\nAnn",
    ),
    (
        70,
        "Ravi Patel <ravi@initech.example>",
        None,
        "Invoices carry the wrong VAT",
        "Every new invoice says 16 per cent.",
    ),
    (75, ANN, 1, "", "#take\n#tag billing\n#note\nThe tax table was changed by hand."),
    (
        90,
        "Lena Fischer <lena@acme-customer.example>",
        None,
        "Offer for 40 licences",
        "Please send us an offer for 40 more licences.",
    ),
    (
        95,
        "Tom Baker <tom@globex.example>",
        None,
        "Export hangs at 99 %",
        "It never ends.",
    ),
)


class Stage:
    """A desk with a clock that is told."""

    def __init__(self, folder: Path, port: int, rules: str, config: str) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "mailroom.toml").write_text(CONFIG.format(port=port) + config)
        (folder / "rules.toml").write_text(rules)
        self.now = datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
        config = load(folder / "mailroom.toml", {})
        self.app: App = build(config, now=lambda: self.now)
        self.tickets: list[TicketId] = []
        self.threads: dict[int | None, str] = {}

    def play(self) -> None:
        """Let the whole story happen."""
        start = self.now
        for minutes, author, answers, subject, text in STORY:
            self.now = start + timedelta(minutes=minutes)
            self.app.watch.sweep()
            self.write(author, answers, subject, text)
        self.now = start + timedelta(hours=4)
        self.app.watch.sweep()

    def play_weeks(self) -> None:
        """Let many weeks of work happen, up to the present."""
        end = self.now
        for telling in busy_weeks.story(end):
            self.now = telling.at
            self.app.watch.sweep()
            self.write(telling.author, telling.answers, telling.subject, telling.text)
        self.now = end
        self.app.watch.sweep()

    def write(self, author: str, answers: int | None, subject: str, text: str) -> None:
        address = author.partition("<")[2].rstrip(">")
        to = "support@acme.example"
        if answers is not None:
            ticket = self.app.store.ticket(self.tickets[answers])
            assert ticket is not None
            mode = (
                Permission.PUBLIC
                if author in busy_weeks.AGENTS
                else Permission.CUSTOMER
            )
            person = self.app.store.find_person(address)
            token = (
                Token(ticket.id, mode, person.id) if person else Token(ticket.id, mode)
            )
            box = self.app.office.book.mailboxes[0]
            to, subject = self.app.office.book.reply_address(box, token), ticket.subject
        count = len(self.app.store.messages(direction="in"))
        raw = (
            f"From: {author}\r\nTo: {to}\r\nSubject: {subject}\r\n"
            f"{self.threads.get(answers, '')}"
            f"Message-ID: <{count}@mail.example>\r\n\r\n" + text.replace("\n", "\r\n")
        )
        arrival = Arrival(
            door="submission",
            envelope=Envelope(mail_from=address, rcpt_to=(to,)),
            raw=raw.encode(),
            received_at=self.now,
            submitted_by=address,
        )
        (id,) = self.app.intake.accept([arrival])
        self.app.intake.process_waiting()
        row = self.app.store.inbound(id) if id is not None else None
        if answers is None and row is not None and row.ticket is not None:
            self.threads[len(self.tickets)] = f"In-Reply-To: <{count}@mail.example>\r\n"
            self.tickets.append(row.ticket)

    def login_path(self) -> str:
        """Return the path of a login link for Ann."""
        self.app.visit.ask_to_log_in("ann@acme.example", "")
        self.app.dispatch.deliver()
        letters = (self.app.config.maildir / "new").iterdir()
        text = "".join(p.read_text("utf-8", "replace") for p in letters)
        found = re.findall(r"/desk/login/[\w-]+", text.replace("=\n", ""))
        return str(found[0])


@contextmanager
def served(stage: Stage, port: int) -> Iterator[str]:
    site = create_app(stage.app)
    site.extensions["counts"] = Counts(patience=30)
    door = HttpDoor(site, "127.0.0.1", port)
    door.start()
    yield f"http://127.0.0.1:{port}"
    door.stop()


def of_story(url: str, stage: Stage) -> Shots:
    """Return the pictures of the small story."""
    link = stage.app.status_url(stage.tickets[0])
    return (
        ("status-phone-light", link, 390, "light"),
        ("status-phone-dark", link, 390, "dark"),
        ("status", link, 1100, "light"),
        ("links", url, 700, "light"),
        ("desk-queue", f"{url}/desk/", 1280, "light"),
        ("desk-ticket", f"{url}/desk/t/{stage.tickets[1]}", 1280, "light"),
        ("desk-ticket-dark", f"{url}/desk/t/{stage.tickets[1]}", 1280, "dark"),
        ("desk-search", f"{url}/desk/search?q=tablet", 1280, "light"),
        ("desk-messages", f"{url}/desk/messages", 1280, "light"),
    )


def of_weeks(url: str, stage: Stage) -> Shots:
    """Return the pictures of the reports."""
    reports = f"{url}/desk/reports?weeks={busy_weeks.WEEKS}"
    return (
        ("desk-reports", reports, 1280, "light"),
        ("desk-reports-phone-dark", f"{reports}&m=first_reply&by=team", 390, "dark"),
    )


def photograph(
    browser: Browser, url: str, stage: Stage, shots: Shots, target: Path
) -> None:
    """Take all pictures."""
    options: dict[str, Any] = {"timezone_id": "Europe/Berlin", "locale": "en-GB"}
    window = browser.new_page(**options)
    window.goto(url + stage.login_path())
    window.click("button[type=submit]")
    state = window.context.storage_state()
    for name, address, width, scheme in shots:
        size = {"width": width, "height": 800}
        more: dict[str, Any] = {"color_scheme": scheme, "storage_state": state}
        window = browser.new_page(viewport=size, **more, **options)
        window.goto(address)
        window.screenshot(path=target / f"{name}.png", full_page=True)
        window.close()
        print(target / f"{name}.png")


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(target: Path) -> None:
    """Play the stories and photograph them into a folder."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get(
                "MAILROOM_TEST_BROWSER", "/usr/bin/chromium"
            ),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for rules, config, play, shots in (
            (RULES, "", Stage.play, of_story),
            (busy_weeks.RULES, busy_weeks.CONFIG, Stage.play_weeks, of_weeks),
        ):
            port = free_port()
            stage = Stage(Path(folder) / shots.__name__, port, rules, config)
            play(stage)
            with served(stage, port) as url:
                photograph(browser, url, stage, shots(url, stage), target)
            stage.app.store.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
