"""A whole desk behind its pages: mail goes in by the intake, letters into a Maildir.

Only the clock is a fake.
"""

import email
import email.message
import os
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailroom.app import App, build
from mailroom.config import load
from mailroom.gateway.http import HttpDoor
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival
from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.page import PageToken, page_token
from web.counts import Counts
from web.factory import create_app

JANE = "jane@customer.example"
ANN = "ann@acme.example"
CHROMIUM = os.environ.get("MAILROOM_TEST_BROWSER", "/usr/bin/chromium")
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday
CONFIG = """
name = "Acme Support"
rules = "rules.toml"

[[mailbox]]
address = "support@acme.example"
name = "Acme Support"
{mailbox}

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

[web]
url = "{url}"
{web}
"""
RULES = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]

[policy.standard]
default = true
calendar = "office"
first_reply = "4h"
resolution = "3 days"
promise = ["first_reply", "resolution"]
escalation = "ladder"

[[escalation.ladder]]
at = "75%"
notify = ["assignee"]

[[escalation.ladder]]
at = "breach"
notify = ["team", "manager"]

[[rule]]
name = "All to tier one"
when = 'true'
team = "tier1"
"""


class Desk:
    """A desk, its pages and its post."""

    def __init__(self, app: App, site: Flask, clock: list[datetime]) -> None:
        self.app = app
        self.site = site
        self.client: FlaskClient = site.test_client()
        self._clock = clock
        self._count = 0

    def pass_time(self, span: timedelta) -> None:
        """Let time go by, and look at the clocks."""
        self._clock[0] += span
        self.app.watch.sweep()

    def now(self) -> datetime:
        """Return the time at the desk."""
        return self._clock[0]

    def write(
        self,
        author: str = "Jane Doe <jane@customer.example>",
        to: str = "support@acme.example",
        *,
        subject: str = "Printer",
        text: str = "It is on fire.",
        headers: str = "",
    ) -> TicketId:
        """Let a mail come in and be processed; return the ticket it went to."""
        self._count += 1
        raw = (
            f"From: {author}\r\nTo: {to}\r\nSubject: {subject}\r\n"
            f"Message-ID: <m{self._count}@mail.example>\r\n"
            f"Date: {self._clock[0]:%a, %d %b %Y %H:%M:%S} +0000\r\n"
            f"{headers}\r\n{text}\r\n"
        )
        return self.take(raw.encode(), author, to)

    def take(self, raw: bytes, author: str, to: str) -> TicketId:
        """Let raw bytes come in by the submission door."""
        self._clock[0] += timedelta(seconds=1)
        address = parseaddr(author)[1]
        arrival = Arrival(
            door="submission",
            envelope=Envelope(mail_from=address, rcpt_to=(parseaddr(to)[1],)),
            raw=raw,
            received_at=self._clock[0],
            peer="127.0.0.1",
            submitted_by=address,
        )
        (id,) = self.app.intake.accept([arrival])
        self.app.intake.process_waiting()
        assert id is not None
        row = self.app.store.inbound(id)
        assert row is not None
        return row.ticket or TicketId(0)

    def answer(self, agent: str, ticket: TicketId, text: str) -> None:
        """Let an agent answer the first mail that he has of a ticket."""
        last = next(m for m in self.letters(agent) if f"#{ticket}]" in m["Subject"])
        to = parseaddr(last["Reply-To"] or last["From"])[1]
        headers = f"In-Reply-To: {last['Message-ID']}\r\n"
        self.write(agent, to, subject=last["Subject"], text=text, headers=headers)

    def letters(self, address: str) -> list[email.message.Message]:
        """Send what is queued; return what a person has received, oldest first."""
        self.app.dispatch.deliver()
        found = sorted((self.app.config.maildir / "new").iterdir())
        mails = [email.message_from_bytes(path.read_bytes()) for path in found]
        named = [m for m in mails if address in f"{m['To']} {m['Cc']}"]
        return sorted(named, key=lambda m: parsedate_to_datetime(str(m["Date"])))

    def person(self, address: str) -> PersonId:
        """Return somebody's id."""
        found = self.app.store.find_person(address)
        assert found is not None
        return found.id

    def token(self, ticket: TicketId, address: str | None = JANE) -> str:
        """Return the token of somebody's page; None: the public view."""
        person = self.person(address) if address else PersonId(0)
        return page_token(self.app.office.keys.current, PageToken(ticket, person))

    def page(self, ticket: TicketId, **more: str) -> str:
        """Return Jane's page of a ticket as HTML."""
        answer = self.client.get(f"/t/{self.token(ticket)}", headers=more)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)


MakeDesk = Callable[..., Desk]


def text_of(html: str) -> str:
    """Return what a page says, without its markup, white space folded."""
    bare = re.sub(r"<(script|style|head)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).split())


class Pages:
    """A desk whose pages a real browser can open."""

    def __init__(self, desk: Desk, url: str) -> None:
        self.desk = desk
        self.url = url

    def link(self, ticket: TicketId, address: str | None = JANE) -> str:
        """Return the address of somebody's page."""
        return f"{self.url}/t/{self.desk.token(ticket, address)}"

    def login_link(self, address: str = ANN) -> str:
        """Ask for a login link and return it."""
        self.desk.client.post("/desk/", data={"address": address})
        self.desk.site.extensions["errands"].finish()
        mail = self.desk.letters(address)[-1]
        parts = [p for p in mail.walk() if p.get_content_type() == "text/plain"]
        payload = parts[0].get_payload(decode=True)
        assert isinstance(payload, bytes)
        return re.findall(r"http\S+/desk/login/\S+", payload.decode())[-1]


@pytest.fixture
def seen() -> Callable[[str], str]:
    return text_of


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[MakeDesk]:
    """Make a desk, with other rules or configuration where a test wants it."""
    made: list[Desk] = []

    def make(
        rules: str = RULES,
        mailbox: str = "",
        url: str = "https://help.acme.example",
        name: str = "desk",
        web: str = "",
    ) -> Desk:
        root = tmp_path / name
        root.mkdir()
        (root / "rules.toml").write_text(rules)
        config = CONFIG.format(mailbox=mailbox, url=url, web=web)
        (root / "mailroom.toml").write_text(config)
        clock = [START]
        app = build(load(root / "mailroom.toml", {}), now=lambda: clock[0])
        site = create_app(app)
        site.extensions["counts"] = Counts(patience=30)  # however slow the machine
        made.append(Desk(app, site, clock))
        return made[-1]

    yield make
    for desk in made:
        desk.app.store.close()


@pytest.fixture
def rules() -> str:
    """Return the rules of a desk that was given no others."""
    return RULES


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium, shared by all tests of a run."""
    api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}; MAILROOM_TEST_BROWSER names another")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the source of axe-core, from the package that ships it."""
    module = pytest.importorskip("axe_playwright_python")
    return (Path(module.__file__).parent / "axe.min.js").read_text("utf-8")


@pytest.fixture
def pages(make_desk: MakeDesk) -> Iterator[Pages]:
    """A desk whose pages are served on a port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    desk = make_desk(url=url, mailbox='letters = ["acknowledgement", "rating"]')
    door = HttpDoor(desk.site, "127.0.0.1", port)
    door.start()
    yield Pages(desk, url)
    door.stop()


@pytest.fixture
def visit(browser: Any, pages: Pages) -> Iterator[Callable[..., Any]]:
    """Open a browser window; at the end nothing may have gone wrong in any.

    No console error, no error of a script, no request to another host.
    """
    contexts: list[Any] = []
    faults: list[str] = []

    def heard(message: Any) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text} {message.location}")

    def asked(request: Any) -> None:
        if not request.url.startswith((pages.url, "data:")):
            faults.append(f"request: {request.url}")

    def open_window(**options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        window = contexts[-1].new_page()
        window.on("console", heard)
        window.on("request", asked)
        window.on("pageerror", lambda error: faults.append(f"script: {error}"))
        return window

    yield open_window
    for context in contexts:
        context.close()
    assert not faults
