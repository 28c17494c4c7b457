"""`mailroom doctor`: each check is a line, and one failure is exit code 1."""

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailroom.app import build
from mailroom.clock import utcnow
from mailroom.config import load
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def checked(desk: Path, call: Call) -> Callable[..., tuple[int, dict[str, str]]]:
    """Run the doctor; return the exit code and the worst health of each check."""

    def checked() -> tuple[int, dict[str, str]]:
        code, output, _ = call("doctor", "--json", "-c", desk)
        order = ["ok", "warning", "failure"]
        worst: dict[str, str] = {}
        for line in json.loads(output):
            known = worst.get(line["check"], "ok")
            worst[line["check"]] = max(known, line["health"], key=order.index)
        return code, worst

    return checked


def test_a_sound_desk_is_well(call: Call, desk: Path) -> None:
    code, output, _ = call("doctor", "-c", desk)
    assert code == 0
    assert "zone data" in output
    assert "1 rules, 1 policies" in output


def test_faulty_rules_are_a_failure(
    desk: Path, checked: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    (desk.parent / "rules" / "all.toml").write_text("x = 1")
    code, worst = checked()
    assert (code, worst["rules"]) == (1, "failure")


def test_a_relay_that_is_not_there_is_a_failure(
    desk: Path, checked: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    desk.write_text(desk.read_text() + f'[relay]\nurl = "smtp://127.0.0.1:{port}"\n')
    code, worst = checked()
    assert (code, worst["relay"]) == (1, "failure")


def test_an_account_that_does_not_answer_is_a_failure(
    desk: Path, checked: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (desk.parent / "password").write_text("x\n")
    desk.write_text(
        desk.read_text()
        + f'[[imap]]\nhost = "127.0.0.1"\nport = {port}\nuser = "u"\ntls = "never"\n'
        + 'password_file = "password"\n'
    )
    code, worst = checked()
    assert (code, worst["imap"]) == (1, "failure")


def test_a_secret_that_others_can_read_is_a_warning(
    desk: Path, checked: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    checked()
    (desk.parent / "var" / "secret").chmod(0o644)
    code, worst = checked()
    assert (code, worst["secret"]) == (0, "warning")


def test_a_clock_that_went_back_is_a_failure(
    desk: Path, checked: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    checked()
    future = time.time() + 7200
    os.utime(desk.parent / "var" / "secret", (future, future))
    code, worst = checked()
    assert (code, worst["clock"]) == (1, "failure")


def test_a_data_folder_that_cannot_be_is_a_failure(
    desk: Path, checked: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    (desk.parent / "file").write_text("")
    desk.write_text('data = "file/var"\n' + desk.read_text())
    code, worst = checked()
    assert (code, worst["data"]) == (1, "failure")


def test_an_agents_calendar_must_be_one_of_the_rules(
    desk: Path, checked: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    desk.write_text(desk.read_text().replace("admin = true", 'calendar = "offise"'))
    code, worst = checked()
    assert (code, worst["agent"]) == (1, "failure")


@pytest.mark.parametrize(
    ("text", "health", "said"),
    [
        ('[[rule]]\nname = "a"\nwhen = "true"\ntags = ["x"]\n', "ok", "1 rules beside"),
        ("x = 1\n", "warning", "next.toml:1"),
        (None, "warning", "next.toml"),
    ],
    ids=["sound", "faulty", "missing"],
)
def test_rules_beside_the_live_ones_are_looked_at_and_break_nothing(
    desk: Path, call: Call, text: str | None, health: str, said: str
) -> None:
    desk.write_text('shadow = "next.toml"\n' + desk.read_text())
    if text is not None:
        (desk.parent / "next.toml").write_text(text)
    code, output, _ = call("doctor", "--json", "--offline", "-c", desk)
    (line,) = [each for each in json.loads(output) if each["check"] == "shadow"]
    assert (code, line["health"]) == (0, health)
    assert said in line["text"]


def written_by_ann(desk: Path, number: int, door: str) -> None:
    app = build(load(desk, os.environ))
    raw = f"From: ann@acme.example\r\nMessage-ID: <{number}@a>\r\n\r\nHello\r\n"
    arrival = Arrival(
        door=door,
        envelope=Envelope(
            mail_from="ann@acme.example", rcpt_to=("support@acme.example",)
        ),
        raw=raw.encode(),
        received_at=utcnow(),
        peer="192.0.2.1",
        helo=None,
        submitted_by="ann@acme.example" if door == "submission" else None,
    )
    app.intake.accept([arrival])
    app.intake.process_waiting()
    app.store.close()


def test_last_verdict_on_each_agent_is_shown(call: Call, desk: Path) -> None:
    written_by_ann(desk, 1, "smtp")
    output = call("doctor", "-c", desk)[1]
    assert "ann@acme.example: 2" in output
    assert "no relay of ours vouches for it; not proved" in output
    assert "last proved" not in output
    written_by_ann(desk, 2, "submission")
    assert "the submission door took it" in call("doctor", "-c", desk)[1]
    written_by_ann(desk, 3, "smtp")
    assert "(last proved 2" in call("doctor", "-c", desk)[1]
