"""`explain`, `rules explain` and `verify` from the command line."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from mailroom.app import build
from mailroom.config import load

Call = Callable[..., tuple[int, str, str]]

MAIL = (
    b"From: Jane Doe <jane@customer.example>\nTo: support@acme.example\n"
    b"Subject: Outage \x1b[31min Berlin\nMessage-ID: <1@customer.example>\n"
    b"Date: Tue, 24 Nov 2026 09:00:00 +0100\n\nNothing works.\n"
)


@pytest.fixture
def worked(desk: Path, deliver: Callable[..., int]) -> Path:
    """A desk that has turned one mail into a ticket."""
    assert deliver(MAIL, "-r", "support@acme.example") == 0
    app = build(load(desk, os.environ))
    assert app.intake.process_waiting() == 1
    app.store.close()
    return desk


def test_ticket_is_explained_without_steering_the_terminal(
    call: Call, worked: Path
) -> None:
    code, output, errors = call("explain", 1001, "-c", worked)
    assert (code, errors) == (0, "")
    assert "match  Outage" in output
    assert 'subject = "Outage' in output
    assert "first_reply: running - 8h (policy standard, urgent)" in output
    assert "\x1b" not in output


def test_ticket_is_explained_for_scripts(call: Call, worked: Path) -> None:
    code, output, _ = call("explain", 1001, "--json", "-c", worked)
    page = json.loads(output)
    assert code == 0
    assert page["looks"][0]["rules"][0]["name"] == "Outage"
    for clock in page["clocks"]:
        gained = sum(line["gained"] for line in clock["ledger"])
        assert gained == clock["target_seconds"]


def test_unknown_ticket_is_one_line(call: Call, worked: Path) -> None:
    code, output, errors = call("explain", 7, "-c", worked)
    assert (code, output) == (1, "")
    assert errors == "mailroom: there is no ticket 7; `mailroom tickets`\n"


def test_mail_is_explained_at_a_time(call: Call, desk: Path, tmp_path: Path) -> None:
    mail = tmp_path / "outage.eml"
    mail.write_bytes(MAIL)
    arguments = ("rules", "explain", tmp_path / "rules", "--mail", mail)
    code, output, _ = call(*arguments, "--at", "2026-11-27T14:00:00+01:00")
    assert code == 0
    assert "match  Outage" in output
    assert "due Mon 2026-11-30 14:00 CET" in output
    code, output, _ = call(*arguments, "--at", "2026-11-27T13:00:00Z", "--json")
    assert json.loads(output)["clocks"][0]["due"] == "2026-11-30T13:00:00.000Z"
    code, output, _ = call("rules", "explain", "--mail", mail, "-c", desk)
    assert (code, "match  Outage" in output) == (0, True)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (("--mail", "gone.eml"), "gone.eml: cannot be read"),
        (("--mail", "mail.eml", "--at", "noon"), '--at "noon": not a time'),
        ((), "--mail"),
    ],
)
def test_what_cannot_be_explained_is_one_line(
    call: Call,
    tmp_path: Path,
    desk: Path,
    more: tuple[str, ...],
    word: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mail.eml").write_bytes(MAIL)
    code, output, errors = call("rules", "explain", "rules", *more)
    assert (code, output) == (2, "")
    assert word in errors
    assert errors.count("\n") == 1


def test_sound_desk_is_verified(call: Call, worked: Path) -> None:
    code, output, errors = call("verify", "-c", worked)
    assert (code, output, errors) == (0, "", "1 tickets, 0 drifts\n")


def test_drift_is_named_with_exit_code_one(call: Call, worked: Path) -> None:
    path = worked.parent / "var" / "mailroom.db"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE ticket SET priority = 'low'")
        database.execute(
            "UPDATE clock SET due = due + 1000 WHERE metric = 'resolution'"
        )
    database.close()
    code, output, errors = call("verify", "-c", worked)
    assert code == 1
    assert "ticket 1001: priority: stored low, recomputed urgent\n" in output
    assert "ticket 1001: resolution 1 due: stored " in output
    assert errors == "1 tickets, 2 drifts\n"
    code, output, _ = call("verify", "--json", "-c", worked)
    assert code == 1
    fields = [drift["field"] for drift in json.loads(output)["drifts"]]
    assert fields == ["priority", "resolution 1 due"]
