"""`mailroom letter show`, `token rotate`, `probe`, and what the doctor says of them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mailroom.app import build
from mailroom.cli.desk import open_desk
from mailroom.config import load
from mailroom.desk.health import keep_account
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival

Call = Callable[..., tuple[int, str, str]]
IMAP = """
[[imap]]
host = "imap.acme.example"
user = "support@acme.example"
password_file = "pw"
"""


def write(desk: Path, author: str, text: str = "Nothing works.") -> None:
    """Let a mail come in and be processed."""
    raw = (
        f"From: {author}\r\nTo: support@acme.example\r\nSubject: Outage\r\n"
        f"Message-ID: <{author}>\r\n\r\n{text}\r\n"
    )
    with open_desk(desk) as app:
        arrival = Arrival(
            door="smtp",
            envelope=Envelope(mail_from=author, rcpt_to=("support@acme.example",)),
            raw=raw.encode(),
            received_at=app.office.now(),
        )
        app.intake.accept([arrival])
        app.intake.process_waiting()


@pytest.fixture
def ticket(desk: Path) -> Path:
    """A desk with one ticket, 1001."""
    write(desk, "jane@customer.example")
    return desk


def test_letter_is_shown_with_the_tickets_values_and_as_html(
    ticket: Path, call: Call, tmp_path: Path
) -> None:
    page = tmp_path / "letter.html"
    code, output, _ = call(
        *("letter", "show", "solved", "--ticket", 1001),
        *("--html", page, "-c", ticket),
    )
    assert code == 0
    assert output.startswith("Subject: ")
    assert "1001" in output
    assert "help.acme.example" in page.read_text()


def test_every_letter_can_be_shown(ticket: Path, call: Call) -> None:
    app = build(load(ticket, {}))
    names = app.office.letters.names()
    app.store.close()
    assert "notification" in names
    assert "words" not in names
    for name in names:
        code, output, errors = call(
            "letter", "show", name, "--ticket", 1001, "-c", ticket
        )
        assert (name, code, errors) == (name, 0, "")
        assert output


def test_letter_that_there_is_not_is_named(ticket: Path, call: Call) -> None:
    code, _, errors = call("letter", "show", "x", "--ticket", 1001, "-c", ticket)
    assert (code, "there is no letter x" in errors) == (1, True)
    code, _, errors = call("letter", "show", "solved", "--ticket", 9, "-c", ticket)
    assert (code, "there is no ticket 9" in errors) == (1, True)


def test_report_mail_is_shown_to_a_person(
    ticket: Path, call: Call, tmp_path: Path
) -> None:
    page = tmp_path / "weekly.html"
    code, output, errors = call(
        "letter", "show", "weekly", "--html", page, "-c", ticket
    )
    assert (code, errors) == (0, "")
    assert ", week " in output.splitlines()[0]
    assert "<table" in page.read_text()
    code, output, _ = call(
        "letter", "show", "digest", "--to", "ANN@acme.example", "-c", ticket
    )
    assert (code, "due today" in output) == (0, True)
    code, output, _ = call("letter", "show", "shadow", "-c", ticket)
    assert (code, "No ticket would differ." in output) == (0, True)


def test_report_mail_for_who_gets_none_is_one_line(ticket: Path, call: Call) -> None:
    code, _, errors = call(
        "letter", "show", "digest", "--to", "jane@customer.example", "-c", ticket
    )
    assert (code, len(errors.splitlines())) == (1, 1)
    assert "jane@customer.example gets no letter digest" in errors


def test_letter_about_a_ticket_needs_its_number(ticket: Path, call: Call) -> None:
    code, _, errors = call("letter", "show", "solved", "-c", ticket)
    assert (code, "letter show solved --ticket N" in errors) == (2, True)
    code, _, errors = call(
        *("letter", "show", "solved", "--ticket", 1001),
        *("--to", "ann@acme.example", "-c", ticket),
    )
    assert (code, "--to is for digest, shadow, weekly" in errors) == (2, True)


def test_showing_a_letter_sends_nothing(ticket: Path, call: Call) -> None:
    before = len(json.loads(call("messages", "--json", "-c", ticket)[1]))
    call("letter", "show", "acknowledgement", "--ticket", 1001, "-c", ticket)
    assert len(json.loads(call("messages", "--json", "-c", ticket)[1])) == before


def test_rotation_makes_a_new_key_and_says_how_long_the_former_holds(
    ticket: Path, call: Call
) -> None:
    before = (ticket.parent / "var" / "secret").read_text()
    code, output, _ = call("token", "rotate", "-c", ticket)
    assert code == 0
    assert "accepted until" in output
    after = json.loads((ticket.parent / "var" / "secret").read_text())
    assert [key["key"] for key in after][1] == json.loads(before)[0]["key"]


def test_probe_says_when_there_is_nothing_to_probe(desk: Path, call: Call) -> None:
    code, output, _ = call("probe", "-c", desk)
    assert (code, "nothing to probe" in output) == (0, True)


def test_probe_that_does_not_come_back_fails(desk: Path, call: Call) -> None:
    desk.write_text(desk.read_text() + IMAP)
    code, output, _ = call("probe", "--wait", "0", "-c", desk)
    assert (code, "has not come back" in output) == (1, True)


def test_doctor_says_what_was_believed_of_each_agent(desk: Path, call: Call) -> None:
    _, output, _ = call("doctor", "--offline", "-c", desk)
    write(desk, "ann@acme.example")
    _, output, _ = call("doctor", "--offline", "-c", desk)
    (line,) = (line for line in output.splitlines() if "ann@acme.example" in line)
    assert line.startswith("warning")
    assert "not proved" in line


def test_doctor_says_when_an_account_was_last_read(desk: Path, call: Call) -> None:
    desk.write_text(desk.read_text() + IMAP)
    (desk.parent / "pw").write_text("x")
    account = "support@acme.example@imap.acme.example"
    with open_desk(desk) as app:
        now = app.office.now()
        keep_account(app.office, account, True, now, "")
        keep_account(app.office, account, False, now, "login refused: no")
    _, output, _ = call("doctor", "--offline", "-c", desk)
    (line,) = (line for line in output.splitlines() if account in line)
    assert line.startswith("warning")
    assert f"{now:%Y-%m-%d}" in line
    assert "login refused" in line


def test_doctor_finds_faulty_templates(desk: Path, call: Call) -> None:
    folder = desk.parent / "letters"
    (folder / "en").mkdir(parents=True)
    (folder / "en" / "solved.txt").write_text("{{ subject }}\n{% if %}\n")
    (folder / "en" / "reply.txt").write_text("{{ subject }}\n{{ txet }}\n")
    (folder / "solved.txt").write_text("x")
    desk.write_text(desk.read_text() + '[letters]\nfolder = "letters"\n')
    code, output, _ = call("doctor", "--offline", "-c", desk)
    faults = [line for line in output.splitlines() if line.startswith("failure")]
    assert code == 1
    assert len(faults) == 3
    assert any("solved.txt:2" in line for line in faults)
    assert any("txet" in line for line in faults)


def test_doctor_finds_a_rule_that_names_a_letter_that_is_not_there(
    desk: Path, call: Call
) -> None:
    rule = '[[rule]]\nname = "Hello"\nwhen = "true"\nletter = "welcome"\n'
    (desk.parent / "rules" / "hello.toml").write_text(rule)
    code, output, _ = call("doctor", "--offline", "-c", desk)
    faults = [line for line in output.splitlines() if line.startswith("failure")]
    assert code == 1
    assert len(faults) == 1
    assert '"Hello": there is no letter "welcome"' in faults[0]
    folder = desk.parent / "letters" / "en"
    folder.mkdir(parents=True)
    (folder / "welcome.txt").write_text("Welcome\nHello.\n")
    desk.write_text(desk.read_text() + '[letters]\nfolder = "letters"\n')
    assert call("doctor", "--offline", "-c", desk)[0] == 0
