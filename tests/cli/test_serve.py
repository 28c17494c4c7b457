"""`mailroom run`: starts, works, restarts what dies, drains, and leaves nobody behind."""

import json
import os
import signal
import smtplib
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
Call = Callable[..., tuple[int, str, str]]

MAIL = (
    b"From: Jane Doe <jane@customer.example>\r\nTo: support@acme.example\r\n"
    b"Subject: Outage in Berlin\r\nMessage-ID: <%d@customer.example>\r\n\r\n"
    b"Nothing works.\r\n"
)


def _until(condition: Callable[[], Any], patience: float = 20) -> Any:
    """Wait for a condition; the test fails when it does not come about."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    return pytest.fail("it did not come about")


def _send(port: int, number: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
        smtp.sendmail("jane@customer.example", ["support@acme.example"], MAIL % number)


def _is_gone(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


@pytest.fixture
def running(desk: Path, start: Callable[..., Any]) -> Any:
    one = start("run", "-c", desk)
    one.wait_for("mailroom: ready")
    return one


@pytest.fixture
def tickets(desk: Path, call: Call) -> Callable[[], list[dict[str, Any]]]:
    return lambda: json.loads(call("tickets", "--json", "-c", desk)[1])


def test_a_mail_becomes_a_ticket_and_is_answered(
    desk: Path, running: Any, tickets: Callable[[], list[dict[str, Any]]]
) -> None:
    _send(running.port("smtp"), 1)
    [ticket] = _until(tickets)
    assert ticket["subject"] == "Outage in Berlin"
    outgoing = desk.parent / "var" / "outgoing" / "new"
    _until(lambda: outgoing.is_dir() and len(list(outgoing.iterdir())) >= 2)


def test_the_pages_answer(running: Any) -> None:
    connection = HTTPConnection("127.0.0.1", running.port("web"), timeout=20)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_drains_and_exits_zero(running: Any, number: signal.Signals) -> None:
    children = running.children()
    assert len(children) == 4
    running.process.send_signal(number)
    assert running.process.wait(timeout=30) == 0
    assert all(map(_is_gone, children))


def test_a_mail_under_way_is_taken_before_the_end(
    running: Any, tickets: Callable[[], list[dict[str, Any]]]
) -> None:
    with smtplib.SMTP("127.0.0.1", running.port("smtp"), timeout=20) as smtp:
        smtp.ehlo("customer.example")
        smtp.mail("jane@customer.example")
        smtp.rcpt("support@acme.example")
        smtp.putcmd("DATA")
        assert smtp.getreply()[0] == 354
        running.process.send_signal(signal.SIGTERM)
        smtp.send(MAIL % 1 + b".\r\n")
        assert smtp.getreply()[0] == 250
        smtp.close()
    assert running.process.wait(timeout=30) == 0


def test_a_part_that_dies_is_started_again(
    running: Any, tickets: Callable[[], list[dict[str, Any]]]
) -> None:
    before = running.children()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    _until(lambda: len(set(running.children()) - set(before)) == 4)
    assert running.process.poll() is None


def test_the_children_do_not_outlive_their_parent(running: Any) -> None:
    children = running.children()
    running.process.kill()
    running.process.wait(timeout=10)
    _until(lambda: all(map(_is_gone, children)))


def test_a_change_of_the_rules_is_noticed(
    desk: Path, running: Any, tickets: Callable[[], list[dict[str, Any]]]
) -> None:
    rules = desk.parent / "rules" / "all.toml"
    rules.write_text(rules.read_text().replace('"urgent"', '"high"'))
    running.process.send_signal(signal.SIGHUP)

    def seen() -> bool:
        number = len(tickets()) + 1
        _send(running.port("smtp"), number)
        return bool(_until(lambda: len(tickets()) >= number)) and any(
            ticket["priority"] == "high" for ticket in tickets()
        )

    _until(seen)


@pytest.mark.parametrize("part", ["gateway", "worker", "web"])
def test_each_part_runs_alone(desk: Path, start: Callable[..., Any], part: str) -> None:
    one = start(part, "-c", desk)
    one.wait_for("mailroom: ready")
    one.process.terminate()
    assert one.process.wait(timeout=30) == 0
