"""Ends and restarts that nobody notices: what was begun is finished, the rest is kept."""

import os
import signal
import smtplib
import socket
import time
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def send(desk: Any, number: int) -> None:
    sender = f"jane@c{number}.example"
    raw = (
        f"From: Jane <{sender}>\r\nTo: support@acme.example\r\n"
        f"Subject: Mail {number}\r\nMessage-ID: <{number}@c.example>\r\n\r\nText\r\n"
    )
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=30) as client:
        client.sendmail(sender, ["support@acme.example"], raw.encode())


def subjects(desk: Any) -> list[str]:
    return sorted(ticket["subject"] for ticket in desk.ask("tickets"))


def received(desk: Any, number: int) -> int:
    mails = list(desk.sink.mails)
    return sum(to == f"jane@c{number}.example" for to, _ in mails)


def test_mail_in_the_middle_of_its_data_is_taken_before_the_end(running: Any) -> None:
    running.open_relay()
    running.start()
    client = smtplib.SMTP("127.0.0.1", running.smtp_port, timeout=30)
    client.ehlo()
    client.mail("jane@c1.example")
    client.rcpt("support@acme.example")
    client.putcmd("data")
    assert client.getreply()[0] == 354
    client.send("From: jane@c1.example\r\nSubject: Mail 1\r\n\r\nThe first half\r\n")
    running.tell(signal.SIGTERM)
    running.until(lambda: not _listens(running.smtp_port))
    client.send("and the second\r\n.\r\n")
    assert client.getreply()[0] == 250
    client.close()
    assert running.stop() == 0
    running.start()
    running.until(lambda: received(running, 1))
    assert subjects(running) == ["Mail 1"]
    assert running.stop() == 0


def test_letters_wait_for_the_next_start(running: Any) -> None:
    running.start()  # its relay is down
    for number in range(3):
        send(running, number)
    running.until(lambda: len(subjects(running)) == 3)
    assert running.stop() == 0
    running.open_relay()
    running.start()
    running.until(lambda: all(received(running, number) for number in range(3)))
    assert [received(running, number) for number in range(3)] == [1, 1, 1]
    assert running.stop() == 0


def test_lost_queue_loses_nothing(running: Any) -> None:
    running.open_relay()
    running.start("gateway")  # nobody works on what comes in
    for number in range(3):
        send(running, number)
    assert running.stop() == 0
    data = running.root / "var"
    lost = [*data.glob("queue.*"), *data.glob("*.bell")]
    assert data / "queue.db" in lost
    for file in lost:
        file.unlink()
    running.start()
    running.until(lambda: all(received(running, number) for number in range(3)))
    assert subjects(running) == ["Mail 0", "Mail 1", "Mail 2"]
    assert running.stop() == 0


def test_hangup_puts_changed_rules_in_force(running: Any) -> None:
    running.open_relay()
    running.start()
    send(running, 1)
    running.until(lambda: subjects(running) == ["Mail 1"])
    before = running.rules.stat()
    text = running.rules.read_text().replace('team = "tier1"', 'tags = ["anew"]')
    running.rules.write_text(text.ljust(before.st_size)[: before.st_size])
    os.utime(running.rules, ns=(before.st_atime_ns, before.st_mtime_ns))
    running.tell(signal.SIGHUP)
    log = running.root / "log"  # worker and web hold rules, each for itself
    running.until(lambda: log.read_text().count("rules reloaded") >= 2)
    send(running, 2)
    running.until(lambda: len(subjects(running)) == 2)
    tickets = {t["subject"]: t["tags"] for t in running.ask("tickets")}
    assert tickets == {"Mail 1": [], "Mail 2": ["anew"]}
    assert running.stop() == 0


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    time.sleep(0.05)
    return True
