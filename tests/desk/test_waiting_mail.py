"""The in-tray: what waits holds up nobody, and only what kills its process is set aside."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailroom.app import App, build
from mailroom.config import load
from mailroom.desk.intake import MOST_ATTEMPTS
from mailroom.desk.trust import TrustPending, Verdict
from mailroom.message.model import Envelope, Message
from mailroom.store.contract import Arrival, Inbound

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CONFIG = """
rules = "rules.toml"
[[mailbox]]
address = "support@acme.example"
"""


class Judge:
    """A trust port that says what a test wants for each subject."""

    def __init__(self) -> None:
        self.pending: set[str] = set()
        self.deadly: set[str] = set()
        self.asked = 0

    def __call__(self, inbound: Inbound, message: Message) -> Verdict:
        self.asked += 1
        if message.subject in self.deadly:
            raise KeyboardInterrupt  # as sudden as a kill: nothing may catch it
        if message.subject in self.pending:
            raise TrustPending("the name server does not answer")
        return Verdict()


class Tray:
    """A desk that can be started again."""

    def __init__(self, root: Path) -> None:
        (root / "mailroom.toml").write_text(CONFIG)
        (root / "rules.toml").write_text("[policy.a]\nfirst_reply = '1h'\n")
        self.config = load(root / "mailroom.toml", {})
        self.clock = [START]
        self.judge = Judge()
        self.app: App = self.start()

    def start(self) -> App:
        self.app = build(self.config, now=lambda: self.clock[0], trust=self.judge)
        return self.app

    def put(self, *subjects: str) -> None:
        self.app.intake.accept([self._arrival(subject) for subject in subjects])

    def _arrival(self, subject: str) -> Arrival:
        raw = (
            f"From: jane@c.example\r\nTo: support@acme.example\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject}@c.example>\r\n\r\nHello\r\n"
        )
        envelope = Envelope(
            mail_from="jane@c.example", rcpt_to=("support@acme.example",)
        )
        return Arrival(
            door="smtp",
            envelope=envelope,
            raw=raw.encode(),
            received_at=self.clock[0],
        )

    def outcomes(self) -> dict[str, str | None]:
        lines = self.app.store.messages(direction="in")
        tickets = {t.ticket.id: t.ticket.subject for t in self.app.store.tickets()}
        return {
            tickets[line.ticket]: line.disposition
            for line in lines
            if line.ticket is not None
        }


@pytest.fixture
def tray(tmp_path: Path) -> Iterator[Tray]:
    desk = Tray(tmp_path)
    yield desk
    desk.app.store.close()


def test_mails_that_wait_for_a_verdict_hold_up_no_other(tray: Tray) -> None:
    slow = [f"slow{n}" for n in range(60)]
    tray.judge.pending.update(slow)
    tray.put(*slow, "quick")
    tray.app.intake.process_waiting()
    assert tray.outcomes() == {"quick": "NEW_TICKET"}


def test_waiting_for_a_verdict_is_no_crash_however_often_it_is_asked(
    tray: Tray,
) -> None:
    tray.judge.pending.add("slow")
    tray.put("slow")
    for _ in range(10):
        tray.app.intake.process_waiting()
        tray.clock[0] += timedelta(seconds=30)
    assert tray.outcomes() == {}
    tray.judge.pending.clear()
    tray.app.intake.process_waiting()
    assert tray.outcomes() == {"slow": "NEW_TICKET"}


def test_verdict_that_cannot_be_found_is_not_asked_for_all_the_time(tray: Tray) -> None:
    tray.judge.pending.add("slow")
    tray.put("slow")
    for _ in range(10):
        tray.app.intake.process_waiting()
        tray.clock[0] += timedelta(seconds=1)
    assert tray.judge.asked == 1


def test_verdict_that_never_comes_counts_as_none_after_a_quarter_of_an_hour(
    tray: Tray,
) -> None:
    tray.judge.pending.add("slow")
    tray.put("slow")
    tray.app.intake.process_waiting()
    tray.clock[0] += timedelta(minutes=15)
    tray.app.intake.process_waiting()
    assert tray.outcomes() == {"slow": "NEW_TICKET"}


def crash(work: Callable[[], object]) -> None:
    with pytest.raises(KeyboardInterrupt):
        work()


def test_mail_that_kills_its_process_is_set_aside_and_its_batch_is_not(
    tray: Tray,
) -> None:
    tray.judge.deadly.add("deadly")
    tray.put("deadly", *(f"fine{n}" for n in range(20)))
    for _ in range(MOST_ATTEMPTS):
        crash(tray.app.intake.process_waiting)
        tray.app.store.close()
        tray.start()
    tray.app.intake.process_waiting()
    outcomes = tray.outcomes()
    assert outcomes.pop("deadly") == "QUARANTINED"
    assert set(outcomes.values()) == {"NEW_TICKET"}
    assert len(outcomes) == 20


def test_batch_that_was_cut_off_again_and_again_is_processed_all_the_same(
    tray: Tray,
) -> None:
    tray.put(*(f"fine{n}" for n in range(20)))
    for n in range(8):
        tray.judge.deadly = {f"fine{n + 5}"}
        crash(tray.app.intake.process_waiting)
        tray.app.store.close()
        tray.start()
    tray.judge.deadly.clear()
    tray.app.intake.process_waiting()
    assert set(tray.outcomes().values()) == {"NEW_TICKET"}
    assert len(tray.outcomes()) == 20


def test_stop_leaves_what_waits(tray: Tray) -> None:
    tray.put("one", "two")
    tray.app.office.stopping.set()
    assert tray.app.intake.process_waiting() == 0
    assert tray.outcomes() == {}
    tray.app.office.stopping.clear()
    assert tray.app.intake.process_waiting() == 2
