"""How long reports and trials of rules take on a long history, made up once.

    python -m bench.history_speed FOLDER [TICKETS]

Makes a desk of synthetic tickets in FOLDER where there is none (a question, an answer,
in part a second round, then solved) and times the commands on it as people run them.
"""

import json
import random
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe

from mailroom.app import App, build
from mailroom.config import load
from mailroom.desk.casefile import keep
from mailroom.desk.pages.login import digest
from mailroom.desk.record import look
from mailroom.ticket.case import Case
from mailroom.ticket.deadline import advance
from mailroom.ticket.lifecycle import Trigger, opened
from mailroom.ticket.model import Kind, PersonId, TicketId
from rules.facts import Facts, SenderFacts
from web.agents import COOKIE
from web.factory import create_app

START = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
OURS = "support@acme.example"
PAGES = (
    *(f"/desk/reports?weeks={weeks}" for weeks in (4, 4, 12, 26, 52)),
    *(f"/desk/reports?weeks=4&by={by}" for by in ("organization", "agent", "domain")),
    "/desk/reports/list?s=breached",
    "/desk/reports/list?weeks=52&s=breached",
    "/desk/reports/list?at=2025-10-06",
)
CONFIG = f"""
rules = "rules.toml"

[[mailbox]]
address = "{OURS}"

[[agent]]
address = "ann@acme.example"
"""
HEAD = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]
holidays = ["DE-BE"]

[policy.standard]
default = true
calendar = "office"
first_reply = "{first}"
next_reply = "8h"
resolution = "3 days"
escalation = "ladder"

[policy.gold]
calendar = "office"
first_reply = "1h"
resolution = "1 day"
escalation = "ladder"

[[escalation.ladder]]
at = "75%"
notify = ["assignee"]

[[escalation.ladder]]
at = "breach"
notify = ["assignee", "team"]
set = {{ tags = ["late"] }}

[[rule]]
name = "Outage"
keywords = ["outage"]
priority = "high"
"""
RULE = """
[[rule]]
name = "Customer {n}"
domains = ["customer{n}.example"]
policy = "gold"
team = "team{team}"
"""


def rules(first: str) -> str:
    """Return a set of 21 rules; `first` is the standard target of a first reply."""
    own = "".join(RULE.format(n=n, team=n % 3) for n in range(20))
    return HEAD.format(first=first) + own


class History:
    """A made-up past of a desk."""

    def __init__(self, app: App) -> None:
        self._app, self._store = app, app.store
        self._chance = random.Random(1)
        with self._store.transaction():
            self._agent = self._store.person_for("ann@acme.example")

    def add(self, first: int, last: int) -> None:
        """Add tickets of these places in time, in one transaction."""
        with self._store.transaction(durable=False):
            for number in range(first, last):
                self._ticket(START + timedelta(minutes=5 * number))

    def _minutes(self, most: int) -> timedelta:
        return timedelta(minutes=self._chance.randrange(5, most))

    def _ticket(self, at: datetime) -> None:
        chance = self._chance
        domain = f"customer{chance.randrange(200)}.example"
        address = f"jane{chance.randrange(50)}@{domain}"
        person = self._store.person_for(address)
        case = self._opened(person, at)
        text = "An outage again. " if chance.random() < 0.1 else "It does not print. "
        facts = Facts(
            sender=SenderFacts(address=address, domain=domain),
            received=at,
            recipient=OURS,
            mailboxes=(OURS,),
            subject="Printer",
            text=text * 20,
            headers={f"x-header-{n}": "value " * 8 for n in range(20)},
        )
        look(self._app.office, case, facts, "opened", None, at)
        for _ in range(1 + (chance.random() < 0.4)):
            at = self._pass(case, at + self._minutes(1200))
            case.add(Kind.AGENT_REPLY, at, actor=self._agent, author=self._agent)
            case.trigger(Trigger.AGENT_REPLIED, at, actor=self._agent, by="agent")
            at = self._pass(case, at + self._minutes(600))
            case.add(Kind.CUSTOMER_REPLY, at, actor=person, author=person)
        at = self._pass(case, at + self._minutes(2000))
        case.trigger(Trigger.AGENT_SOLVED, at, actor=self._agent, by="agent")
        keep(self._app.office, case, at)

    def _opened(self, person: PersonId, at: datetime) -> Case:
        ticket = opened(
            id=TicketId(0), subject="Printer", mailbox=OURS, requester=person, at=at
        )
        ticket = replace(ticket, id=self._store.add_ticket(ticket))
        case = Case(ticket, recorded_at=at)
        said = {"by": "customer", "requester": person, "mailbox": OURS}
        case.add(Kind.OPENED, at, actor=person, **said)
        return case

    def _pass(self, case: Case, at: datetime) -> datetime:
        before = at - timedelta(milliseconds=1)
        versions, person_for = self._app.office.rules.versions, self._store.person_for
        advance(case, versions, before, person_for, lambda case, at: None)
        return at


def make(folder: Path, count: int) -> None:
    """Make the desk, its tickets in order of time."""
    folder.mkdir(parents=True)
    (folder / "mailroom.toml").write_text(CONFIG)
    (folder / "rules.toml").write_text(rules("4h"))
    (folder / "next.toml").write_text(rules("2h"))
    app = build(load(folder / "mailroom.toml", {}))
    history = History(app)
    for first in range(0, count, 1000):
        history.add(first, min(first + 1000, count))
    app.store.close()


def main(folder: Path, count: int) -> None:
    """Make the desk where there is none yet, and time commands and pages on it."""
    if not folder.exists():
        make(folder, count)
    configuration = ("-c", str(folder / "mailroom.toml"))
    for command in (
        ("report",),
        ("report", "--by", "agent", "--by", "week"),
        ("report", "--html", str(folder / "report.html")),
        ("rules", "backtest", str(folder / "next.toml"), "--since", "2025-01-01"),
    ):
        begin = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "mailroom", *command, *configuration],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        spent = round(time.monotonic() - begin, 2)
        print(json.dumps({"command": " ".join(command), "seconds": spent}))
    time_pages(folder, START + timedelta(minutes=5 * count))


def time_pages(folder: Path, now: datetime) -> None:
    """Time the pages of reports: until the server answers, until all is counted."""
    app = build(load(folder / "mailroom.toml", {}), now=lambda: now)
    secret = token_urlsafe()
    with app.store.transaction():
        agent = app.store.person_for("ann@acme.example")
        app.store.add_session(digest(secret), agent, now, now + timedelta(days=1))
    site = create_app(app)
    client = site.test_client()
    client.set_cookie(COOKIE, secret, path="/desk")
    for path in PAGES:
        begin = time.monotonic()
        client.get(path)
        answered = time.monotonic() - begin
        site.extensions["counts"].finish()
        counted = time.monotonic() - begin
        times = {"answered": round(answered, 3), "counted": round(counted, 3)}
        print(json.dumps({"page": path, **times}))
    app.store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
