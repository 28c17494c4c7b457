"""An archive becomes the desk it would have been, and nobody is written to."""

import io
import json
import mailbox
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailroom.app import App, build
from mailroom.cli.group import run
from mailroom.config import load
from mailroom.desk.verify import Verifier

MONDAY = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
CONFIG = """
name = "Acme Support"
rules = "rules.toml"

[[mailbox]]
address = "support@acme.example"

[[agent]]
address = "ann@acme.example"
name = "Ann Archer"

[relay]
url = "maildir:"
"""
RULES = """
[policy.standard]
default = true
first_reply = "4h"
resolution = "2 days"
escalation = "ladder"

[[escalation.ladder]]
at = "breach"
notify = ["assignee"]
set = { tags = ["late"] }
"""


def mail(
    at: datetime,
    name: str,
    sender: str = "jane@customer.example",
    to: str = "support@acme.example",
    answers: str = "",
    text: str = "It is on fire.",
) -> bytes:
    """A mail as it lies in an archive."""
    reply = f"In-Reply-To: <{answers}>\n" if answers else ""
    return (
        f"Received: from mx by box; {at:%a, %d %b %Y %H:%M:%S} +0000\n"
        f"From: {sender}\nTo: {to}\nSubject: Printer {name.partition('.')[0]}\n"
        f"Message-ID: <{name}@customer.example>\n{reply}"
        f"Date: Mon, 1 Jan 2001 00:00:00 +0000\n\n{text}\n"
    ).encode()


def reply(at: datetime, name: str, answers: str, text: str = "Try again.") -> bytes:
    """Ann's answer to Jane."""
    answered = f"{answers}@customer.example"
    ann, jane = "ann@acme.example", "jane@customer.example, support@acme.example"
    return mail(at, name, ann, jane, answered, text)


ARCHIVE = (
    mail(MONDAY, "a"),
    reply(MONDAY + timedelta(hours=1), "a.r", "a"),
    mail(MONDAY + timedelta(hours=2), "b"),
    reply(MONDAY + timedelta(hours=8), "b.r", "b", "#solved\nDone."),
    mail(MONDAY + timedelta(hours=9), "b.c", answers="b.r@customer.example"),
)


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


class Trial:
    """A folder with a configuration, rules and an archive."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "mailroom.toml").write_text(CONFIG)
        (root / "rules.toml").write_text(RULES)

    def run(self, *arguments: str | Path) -> Done:
        """Run a command as people do."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            given = [*map(str, arguments), "-c", str(self.root / "mailroom.toml")]
            code = run(given)
        return Done(code, out.getvalue(), err.getvalue())

    def ask(self, *arguments: str | Path) -> Any:
        """Return what a command answers to scripts."""
        done = self.run(*arguments, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    def app(self) -> App:
        """The desk itself."""
        return build(load(self.root / "mailroom.toml", {}))


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def as_folder(root: Path) -> Path:
    (root / "old" / "deep").mkdir(parents=True)
    for number, raw in enumerate(ARCHIVE):
        folder = root / "old" / ("deep" if number % 2 else "")
        (folder / f"{9 - number}.eml").write_bytes(raw)
    return root / "old"


def as_maildir(root: Path) -> Path:
    box = mailbox.Maildir(root / "old")
    for raw in ARCHIVE:
        box.add(raw)
    return root / "old"


def as_mbox(root: Path) -> Path:
    box = mailbox.mbox(root / "old.mbox")
    for raw in ARCHIVE:
        box.add(raw)
    box.close()
    return root / "old.mbox"


@pytest.mark.parametrize("lay", [as_folder, as_maildir, as_mbox])
def test_each_kind_of_archive_gives_the_same_tickets(
    trial: Trial, lay: Callable[[Path], Path]
) -> None:
    said = trial.ask("import", lay(trial.root))
    assert said == {"NEW_TICKET": 2, "FOLLOW_UP": 3}
    tickets = trial.ask("tickets")
    assert [t["created_at"] for t in tickets] == [
        "2024-03-04T09:00:00.000Z",
        "2024-03-04T11:00:00.000Z",
    ]


def test_clocks_are_those_of_the_recorded_times(trial: Trial) -> None:
    trial.ask("import", as_mbox(trial.root))
    first, second = (trial.ask("ticket", n) for n in ("1001", "1002"))
    clocks = {(c["metric"], c["state"]): c for c in first["clocks"]}
    assert clocks["first_reply", "achieved"]["elapsed"] == 3600
    late = {(c["metric"], c["state"]): c for c in second["clocks"]}
    breached = late["first_reply", "breached"]
    assert breached["breached_at"] == "2024-03-04T15:00:00.000Z"
    assert breached["fulfilled_at"] == "2024-03-04T17:00:00.000Z"
    assert second["tags"] == ["late"]
    fired = [e for e in second["events"] if e["kind"] == "escalation"]
    assert fired[0]["at"] == "2024-03-04T15:00:00.000Z"
    assert not fired[0]["data"]["late"]


def test_nobody_is_written_to_and_the_tickets_say_so(trial: Trial) -> None:
    trial.ask("import", as_mbox(trial.root))
    assert [m for m in trial.ask("messages") if m["direction"] == "out"] == []
    events = trial.ask("ticket", "1002")["events"]
    reasons = {e["data"]["reason"] for e in events if e["kind"] == "suppressed"}
    assert reasons == {"imported"}


def test_a_second_run_takes_only_what_is_new(trial: Trial) -> None:
    old = as_folder(trial.root)
    (old / "9.eml").rename(trial.root / "first.eml")
    trial.ask("import", trial.root / "first.eml")
    (trial.root / "first.eml").rename(old / "9.eml")
    assert trial.ask("import", old) == {"KNOWN": 1, "NEW_TICKET": 1, "FOLLOW_UP": 3}
    assert trial.ask("import", old) == {"KNOWN": 5}
    assert len(trial.ask("tickets")) == 2


def test_what_was_imported_verifies(trial: Trial) -> None:
    trial.ask("import", as_mbox(trial.root))
    app = trial.app()
    verifier = Verifier(app.office)
    assert [verifier.verify(line) for line in verifier.tickets()] == [[], []]
    app.store.close()


def test_mail_of_today_is_answered_where_that_is_asked_for(trial: Trial) -> None:
    now = datetime.now(UTC)
    (trial.root / "new.eml").write_bytes(mail(now - timedelta(hours=1), "new"))
    (trial.root / "old.eml").write_bytes(mail(MONDAY, "old"))
    trial.ask("import", trial.root / "old.eml", "--notify")
    trial.ask("import", trial.root / "new.eml", "--notify")
    out = [m for m in trial.ask("messages") if m["direction"] == "out"]
    assert {m["ticket"] for m in out} == {1002}
    assert {tuple(m["to"]) for m in out} >= {("jane@customer.example",)}


def test_mail_from_our_own_mailbox_counts_as_the_named_agents(trial: Trial) -> None:
    answer = reply(MONDAY + timedelta(hours=1), "a.r", "a")
    answer = answer.replace(b"From: ann@", b"From: support@")
    (trial.root / "box").mkdir()
    (trial.root / "box" / "1.eml").write_bytes(ARCHIVE[0])
    (trial.root / "box" / "2.eml").write_bytes(answer)
    trial.ask("import", trial.root / "box", "--sent-by", "ann@acme.example")
    (clock,) = [
        c for c in trial.ask("ticket", "1001")["clocks"] if c["metric"] == "first_reply"
    ]
    assert clock["state"] == "achieved"


def test_an_unknown_agent_is_refused_in_one_line(trial: Trial) -> None:
    done = trial.run("import", as_mbox(trial.root), "--sent-by", "eve@acme.example")
    assert done.code == 2
    assert done.err == (
        "mailroom: --sent-by eve@acme.example: no such agent in mailroom.toml\n"
    )


def test_a_folder_without_mail_is_refused_in_one_line(trial: Trial) -> None:
    (trial.root / "empty").mkdir()
    done = trial.run("import", trial.root / "empty")
    assert done.code == 2
    assert "no mail in this folder" in done.err
    assert done.err.count("\n") == 1
