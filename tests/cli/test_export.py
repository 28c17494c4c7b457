"""A desk exported and imported is the same desk."""

import io
import json
import mailbox
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailroom.cli.group import run
from mailroom.config import load
from mailroom.worker import stopped

NOW = datetime.now(UTC) - timedelta(days=2)
CONFIG = """
rules = "rules.toml"

[[mailbox]]
address = "support@acme.example"

[[agent]]
address = "ann@acme.example"
"""
RULES = """
[policy.standard]
default = true
first_reply = "4h"
escalation = "ladder"

[[escalation.ladder]]
at = "breach"
notify = ["admins"]
set = { tags = ["late"] }
"""


def ask(root: Path, *arguments: str) -> tuple[int, str, str]:
    octets, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(octets, encoding="utf-8", write_through=True)
    with redirect_stdout(out), redirect_stderr(err):
        code = run([*arguments, "-c", str(root / "mailroom.toml")])
    return code, octets.getvalue().decode("utf-8", "surrogateescape"), err.getvalue()


def told(root: Path, *arguments: str) -> Any:
    code, out, err = ask(root, *arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def folder(root: Path) -> Path:
    root.mkdir()
    (root / "mailroom.toml").write_text(CONFIG)
    (root / "rules.toml").write_text(RULES)
    return root


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, Path]:
    """A desk with sent and unsent mail, merged tickets and odd bytes, and its copy."""
    root = folder(tmp_path / "one")
    old = tmp_path / "old"
    old.mkdir()
    mails = [
        ("a", "jane@x.example", "support@acme.example", "", b"From here on\n>From b\n"),
        ("b", "ann@acme.example", "jane@x.example", "a", b"Fixed."),
        ("c", "joe@x.example", "support@acme.example", "", b"\xff\x00 odd\r\n"),
        ("d", "joe@x.example", "support@acme.example", "", b"The same."),
        ("e", "ann@acme.example", "joe@x.example", "d", b"#merge 1002\nOne.\n"),
    ]
    for number, (name, sender, to, answers, text) in enumerate(mails):
        at = NOW + timedelta(hours=number * 5)
        reply = f"In-Reply-To: <{answers}@x>\n" if answers else ""
        head = (
            f"Received: by x; {at:%a, %d %b %Y %H:%M:%S} +0000\nFrom: {sender}\n"
            f"To: {to}\nSubject: Printer\nMessage-ID: <{name}@x>\n{reply}\n"
        )
        (old / f"{name}.eml").write_bytes(head.encode() + text)
    (old / "junk.eml").write_bytes(b"no header at all")
    assert ask(root, "import", str(old), "--notify")[0] == 0
    assert ask(root, "export", str(tmp_path / "copy"))[0] == 0
    return root, tmp_path / "copy"


def page(root: Path, number: int) -> Any:
    """A ticket without its link, whose signature is the desk's own."""
    found = told(root, "ticket", str(number))
    return {key: value for key, value in found.items() if key != "status_url"}


def test_tickets_comments_events_and_clocks_are_the_same(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    one, copy = exported
    two = folder(tmp_path / "two")
    code, _, err = ask(two, "import", str(copy))
    assert code == 0, err
    lines = told(one, "tickets")
    assert lines
    assert told(two, "tickets") == lines
    assert told(two, "messages") == told(one, "messages")
    for line in lines:
        assert page(two, line["id"]) == page(one, line["id"])
    for message in told(one, "messages"):
        if message["direction"] == "in":
            given = ("message", str(message["id"]), "--raw")
            assert ask(two, *given) == ask(one, *given)
    assert told(two, "verify")["drifts"] == []


def test_the_copy_exports_to_the_same_files(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    _, copy = exported
    two = folder(tmp_path / "two")
    ask(two, "import", str(copy))
    ask(two, "export", str(tmp_path / "again"))
    for name in ("desk.jsonl", "received.mbox", "sent.mbox"):
        assert (tmp_path / "again" / name).read_bytes() == (copy / name).read_bytes()


def test_other_programs_read_the_mail(exported: tuple[Path, Path]) -> None:
    _, copy = exported
    subjects = [mail["Subject"] for mail in mailbox.mbox(copy / "received.mbox")]
    assert subjects.count("Printer") == 5
    assert len(mailbox.mbox(copy / "sent.mbox")) > 0


def test_the_next_ticket_has_the_next_number(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    one, copy = exported
    two = folder(tmp_path / "two")
    ask(two, "import", str(copy))
    (tmp_path / "new.eml").write_bytes(b"From: z@x.example\nSubject: New\n\nHello.\n")
    ask(two, "import", str(tmp_path / "new.eml"))
    last = told(one, "tickets")[-1]["id"]
    assert told(two, "tickets")[-1]["id"] == last + 1


def test_a_whole_desk_goes_only_into_an_empty_one(exported: tuple[Path, Path]) -> None:
    one, copy = exported
    before = told(one, "tickets")
    code, _, err = ask(one, "import", str(copy))
    assert code == 1
    assert "a whole desk goes into an empty one" in err
    assert told(one, "tickets") == before


def test_nothing_is_taken_in_beside_a_running_desk(tmp_path: Path) -> None:
    root = folder(tmp_path / "one")
    (tmp_path / "new.eml").write_bytes(b"From: z@x.example\nSubject: New\n\nHello.\n")
    with stopped(load(root / "mailroom.toml", {})):  # holds what a running desk holds
        code, _, err = ask(root, "import", str(tmp_path / "new.eml"))
    assert code == 2
    assert "the desk is running; stop it first" in err
    assert told(root, "tickets") == []
    assert ask(root, "import", str(tmp_path / "new.eml"))[0] == 0
    assert len(told(root, "tickets")) == 1


def test_a_damaged_export_changes_nothing(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    _, copy = exported
    text = (copy / "desk.jsonl").read_text()
    (copy / "desk.jsonl").write_text(text[: len(text) // 2])
    two = folder(tmp_path / "two")
    code, _, err = ask(two, "import", str(copy))
    assert code == 2
    assert err.startswith(f"mailroom: {copy / 'desk.jsonl'}: damaged")
    assert told(two, "tickets") == []


def test_nothing_is_written_over(exported: tuple[Path, Path]) -> None:
    one, copy = exported
    code, _, err = ask(one, "export", str(copy))
    assert code == 2
    assert err == f"mailroom: {copy}: not empty; name a new folder\n"
