"""Whatever workers do in whatever order, a letter is in one state and is never lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from mailroom.store.contract import NewOutbound, Outbound, OutboundState
from mailroom.store.sqlite import SqliteStore

START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TO = ("a@x.example", "b@x.example", "c@x.example")


class Workers(RuleBasedStateMachine):
    """Workers claim and report, late reports included, while time goes on."""

    path: Path  # set by the test
    count = 0

    def __init__(self) -> None:
        super().__init__()
        Workers.count += 1
        self.store = SqliteStore(self.path / f"{Workers.count}.db")
        self.now = START
        self.held: list[Outbound] = []  # claims, also those whose lease ran out
        self.served: dict[int, set[str]] = {}
        self.keys = 0
        self.sent: dict[int, datetime] = {}

    def teardown(self) -> None:
        self.store.close()

    @initialize()
    def begin(self) -> None:
        self.queue()

    @rule()
    def queue(self) -> None:
        with self.store.transaction(durable=False):
            id = self.store.add_outbound(
                NewOutbound(
                    dedupe_key=f"k{self.keys}",
                    letter="reply",
                    message_id=f"{self.keys}@x",
                    mail_from=None,
                    rcpt_to=TO,
                    raw=b"x",
                    subject="x",
                    sender="s@x",
                    created_at=self.now,
                    not_before=self.now,
                )
            )
        self.keys += 1
        assert id is not None
        self.served[id] = set()

    @rule(minutes=st.integers(0, 3))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        with self.store.transaction(durable=False):
            claimed = self.store.claim_outbound(self.now, MINUTE, limit)
        for each in claimed:
            assert each.state is OutboundState.SENDING
            assert each.id not in self.sent
            assert not self.served[each.id] & set(each.rcpt_to)
            for other in self.held:
                if other.id == each.id and other.next_try is not None:
                    assert other.attempts < each.attempts
        self.held += claimed

    @rule(
        place=st.integers(0, 9), fate=st.sampled_from("sdfpr"), split=st.integers(1, 2)
    )
    def report(self, place: int, fate: str, split: int) -> None:
        if not self.held:
            return
        letter = self.held.pop(place % len(self.held))
        id, done, left = letter.id, letter.rcpt_to[:split], letter.rcpt_to[split:]
        later = self.now + MINUTE
        with self.store.transaction(durable=False):
            before = self.store.outbound(id)
            assert before is not None
            if fate == "s":
                self.store.record_sent(id, self.now, "250")
                self.sent.setdefault(id, self.now)
            elif fate == "d":
                self.store.record_deferred(id, later, "450")
            elif fate == "f":
                self.store.record_failed(id, self.now, "550")
            elif fate == "p":
                self.store.record_deferred(id, later, "450", left)
                if before.state not in (OutboundState.SENT, OutboundState.FAILED):
                    self.served[id] |= set(before.rcpt_to) - set(left)
            else:
                self.store.record_refused(id, self.now, dict.fromkeys(done, "550"))

    @invariant()
    def each_letter_is_in_one_state_and_can_go_on(self) -> None:
        lines = self.store.messages(direction="out")
        assert sorted(line.id for line in lines) == sorted(self.served)
        for state in ("QUEUED", "DEFERRED", "SENT", "FAILED"):
            of_state = self.store.messages(disposition=state)
            assert {line.id for line in of_state} == {
                line.id for line in lines if line.disposition == state
            }
        for id in self.served:
            letter = self.store.outbound(id)  # type: ignore[arg-type]
            assert letter is not None
            ended = letter.state in (OutboundState.SENT, OutboundState.FAILED)
            assert (letter.next_try is None) == ended
            assert ended or letter.rcpt_to
            if id in self.sent:
                assert letter.state is OutboundState.SENT


def test_each_letter_is_in_one_state_whatever_workers_do(tmp_path: Path) -> None:
    Workers.path = tmp_path
    run_state_machine_as_test(
        Workers,
        settings=settings(max_examples=40, stateful_step_count=25, deadline=None),
    )
