"""The shapes of `--json` that scripts rely on, and mail piped in as an MTA does."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailroom.app import build
from mailroom.config import load

Call = Callable[..., tuple[int, str, str]]

MAIL = (
    b"From: Jane Doe <jane@customer.example>\nTo: support@acme.example\n"
    b"Subject: Outage in Berlin\nMessage-ID: <1@customer.example>\n"
    b"Date: Tue, 24 Nov 2026 09:00:00 +0100\n"
    b"Content-Type: multipart/mixed; boundary=b\n\n"
    b"--b\nContent-Type: text/plain\n\nNothing works.\n"
    b"--b\nContent-Type: text/x-log; name=a.log\n"
    b"Content-Disposition: attachment; filename=a.log\n\nline\n--b--\n"
)


@pytest.fixture
def worked(desk: Path, deliver: Callable[..., int]) -> Path:
    """A desk that has turned one mail into a ticket."""
    assert deliver(MAIL, "-r", "support@acme.example") == 0
    app = build(load(desk, os.environ))
    assert app.intake.process_waiting() == 1
    app.store.close()
    return desk


@pytest.fixture
def answer(call: Call, worked: Path) -> Callable[..., Any]:
    def answer(*command: str) -> Any:
        code, output, errors = call(*command, "--json", "-c", worked)
        assert (code, errors) == (0, "")
        return json.loads(output)

    return answer


def test_tickets(answer: Callable[..., Any]) -> None:
    [line] = answer("tickets")
    assert set(line) >= {
        "id",
        "subject",
        "status",
        "priority",
        "policy",
        "requester",
        "assignee",
        "team",
        "tags",
        "mailbox",
        "created_at",
        "spam",
        "next_due",
    }
    assert line["subject"] == "Outage in Berlin"
    assert line["requester"] == "jane@customer.example"
    assert line["priority"] == "urgent"
    assert line["policy"] == "standard"
    assert line["assignee"] is None
    assert line["tags"] == ["outage"]
    assert line["mailbox"] == "support@acme.example"
    assert line["spam"] is False
    assert line["created_at"].endswith("Z")
    assert len(line["created_at"]) == len("2026-11-24T08:00:00.000Z")
    assert line["next_due"]["metric"] == "first_reply"


def test_ticket(answer: Callable[..., Any]) -> None:
    [line] = answer("tickets")
    page = answer("ticket", str(line["id"]))
    assert {key: page[key] for key in line} == line
    [comment] = page["comments"]
    assert comment["author"] == "jane@customer.example"
    assert comment["public"] is True
    assert comment["text"].strip() == "Nothing works."
    assert comment["message_id"] == "1@customer.example"
    [attachment] = comment["attachments"]
    assert attachment["filename"] == "a.log"
    assert attachment["content_type"] == "text/x-log"
    assert page["events"][0]["kind"] == "opened"
    assert set(page["events"][0]) == {"at", "kind", "actor", "data"}
    first = next(c for c in page["clocks"] if c["metric"] == "first_reply")
    assert first["state"] == "running"
    assert first["target"] == 8 * 3600
    assert first["cycle"] == 1
    assert page["participants"] == [
        {"address": "jane@customer.example", "role": "requester"}
    ]
    assert page["linked"] == []
    assert page["merged_into"] is None
    assert page["matched_rules"] == ["Outage"]
    assert page["status_url"].startswith("https://help.acme.example/t/")


def test_messages(answer: Callable[..., Any]) -> None:
    lines = answer("messages")
    incoming = next(line for line in lines if line["direction"] == "in")
    assert set(incoming) >= {
        "id",
        "direction",
        "at",
        "message_id",
        "from",
        "to",
        "subject",
        "ticket",
        "disposition",
        "clue",
        "reason",
    }
    assert incoming["from"] == "jane@customer.example"
    assert incoming["to"] == ["support@acme.example"]
    assert incoming["disposition"] == "NEW_TICKET"
    outgoing = [line for line in lines if line["direction"] == "out"]
    assert {line["disposition"] for line in outgoing} == {"QUEUED"}


def test_mail_that_waits_is_listed_with_who_wrote_it(
    call: Call, desk: Path, deliver: Callable[..., int]
) -> None:
    assert deliver(MAIL, "-r", "support@acme.example") == 0
    assert deliver(b"\x00\xff no header at all", "-r", "support@acme.example") == 0
    first, second = json.loads(call("messages", "--json", "-c", desk)[1])
    assert first["disposition"] is None
    assert first["from"] == "jane@customer.example"
    assert first["subject"] == "Outage in Berlin"
    assert first["message_id"] == "1@customer.example"
    assert second["from"] is None
    assert "jane@customer.example" in call("messages", "-c", desk)[1]
    page = json.loads(call("message", "1", "--json", "-c", desk)[1])
    assert page["from"] == "jane@customer.example"


def test_message_raw_is_octet_for_octet(call: Call, worked: Path) -> None:
    code, output, _ = call("message", "1", "--raw", "-c", worked)
    assert code == 0
    assert output.encode() == MAIL


def test_tables_are_for_eyes(call: Call, worked: Path) -> None:
    assert "Outage in Berlin" in call("tickets", "-c", worked)[1]
    assert "NEW_TICKET" in call("messages", "-c", worked)[1]
    number = json.loads(call("tickets", "--json", "-c", worked)[1])[0]["id"]
    page = call("ticket", number, "-c", worked)[1]
    assert "Nothing works." in page
    assert "first_reply" in page


def test_what_is_not_there_is_told(call: Call, worked: Path) -> None:
    assert call("ticket", "7", "-c", worked)[0] == 1
    assert "there is no ticket 7" in call("ticket", "7", "-c", worked)[2]
    assert call("message", "7", "-c", worked)[0] == 1
    assert call("quarantine", "release", "1", "-c", worked)[0] == 1


def test_nothing_is_held(answer: Callable[..., Any]) -> None:
    assert answer("quarantine") == []


def test_a_desk_without_tickets(call: Call, desk: Path) -> None:
    assert call("tickets", "--json", "-c", desk)[:2] == (0, "[]\n")
    assert call("tickets", "-c", desk)[:2] == (0, "(none)\n")


def test_mail_for_strangers_is_not_taken(deliver: Callable[..., int]) -> None:
    assert deliver(MAIL, "-r", "someone@else.example") == 67


def test_no_mail_is_a_data_error(deliver: Callable[..., int]) -> None:
    assert deliver(b"") == 65


def test_a_wrong_option_is_a_usage_error(deliver: Callable[..., int]) -> None:
    assert deliver(MAIL, "--bogus") == 64


def test_a_broken_desk_makes_the_mta_keep_the_mail(
    desk: Path, deliver: Callable[..., int]
) -> None:
    desk.write_text("nmae = 'x'")
    assert deliver(MAIL) == 75


@pytest.mark.parametrize(
    ("arguments", "top", "expected"),
    [
        ((), b"From jane@mbox.example Tue Nov 24 09:00:00 2026\n", "jane@mbox.example"),
        (("-f", "jane@flag.example"), b"", "jane@flag.example"),
        (("-f", "<>"), b"", None),
        ((), b"", "jane@customer.example"),
    ],
)
def test_the_reverse_path_is_what_somebody_said(
    desk: Path,
    call: Call,
    deliver: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    top: bytes,
    expected: str | None,
) -> None:
    monkeypatch.delenv("SENDER", raising=False)
    assert deliver(top + MAIL, *arguments) == 0
    shown = json.loads(call("message", "1", "--json", "-c", desk)[1])
    assert shown["mail_from"] == expected
    assert shown["door"] == "pipe"


def test_ticket_tells_who_was_sent_which_mail_and_why(
    answer: Callable[..., Any],
) -> None:
    receipts = answer("ticket", "1001")["recipients"]
    (line,) = [r for r in receipts if r["letter"] == "acknowledgement"]
    assert (line["address"], line["why"]) == ("jane@customer.example", "requester")
    assert line["at"].endswith("Z")
