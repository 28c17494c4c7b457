"""`kill -9` of every process in mid-load: no mail is lost, nobody is written to twice."""

import random
import smtplib
import threading
import time
from collections import Counter, defaultdict
from typing import Any

import pytest

MAILS, CONNECTIONS, KILLS = 200, 10, 3


class Clients:
    """Mail servers of customers: each tries a mail again until it gets its 250."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.accepted: Counter[str] = Counter()
        self.threads = [
            threading.Thread(target=self._send, args=(range(n, MAILS, CONNECTIONS),))
            for n in range(CONNECTIONS)
        ]
        for thread in self.threads:
            thread.start()

    @property
    def are_done(self) -> bool:
        return not any(thread.is_alive() for thread in self.threads)

    def wait_for(self, count: int) -> None:
        """Wait until so many mails have got their 250, or all have."""
        while sum(self.accepted.values()) < count and not self.are_done:
            time.sleep(0.001)

    def join(self) -> None:
        for thread in self.threads:
            thread.join(timeout=120)
        assert self.are_done

    def _send(self, numbers: range) -> None:
        left = list(numbers)
        while left:
            try:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
                    while left:
                        self._send_one(client, left[0])
                        del left[0]
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)  # the desk is down; a mail server waits longer

    def _send_one(self, client: smtplib.SMTP, number: int) -> None:
        sender = f"jane@c{number}.example"
        raw = (
            f"From: Jane <{sender}>\r\nTo: support@acme.example\r\n"
            f"Subject: Mail {number}\r\nMessage-ID: <{number}@c{number}.example>\r\n"
            f"Date: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\nText {number}\r\n"
        )
        client.sendmail(sender, ["support@acme.example"], raw.encode())
        self.accepted[f"Mail {number}"] += 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_every_accepted_mail_is_one_ticket_and_acknowledged_once(
    running: Any, seed: int
) -> None:
    chance = random.Random(seed)
    running.open_relay()
    running.start()
    clients = Clients(running.smtp_port)
    kills = 0
    for moment in sorted(chance.sample(range(5, MAILS * 3 // 4), KILLS)):
        clients.wait_for(moment)
        kills += not clients.are_done
        running.kill()
        running.start()
    clients.join()
    assert kills > 0  # at least one in mid-load, or this test shows nothing

    customers = {f"jane@c{number}.example" for number in range(MAILS)}
    running.until(lambda: customers <= {to for to, _ in list(running.sink.mails)})
    subjects = Counter(ticket["subject"] for ticket in running.ask("tickets"))
    assert subjects == dict.fromkeys(clients.accepted, 1)
    ledger = running.ask("messages")
    came = Counter(m["disposition"] for m in ledger if m["direction"] == "in")
    assert set(came) <= {"NEW_TICKET", "DUPLICATE"}

    letters: dict[tuple[str, str], list[str]] = defaultdict(list)
    for to, mail in running.sink.mails:
        answered = mail["In-Reply-To"] or ""
        letters[to, answered].append(mail["Message-ID"])
    doubled = {key: ids for key, ids in letters.items() if len(ids) > 1}
    assert all(len(set(ids)) == 1 for ids in doubled.values()), doubled
    assert sum(len(ids) - 1 for ids in doubled.values()) <= KILLS, doubled
    assert running.stop() == 0
