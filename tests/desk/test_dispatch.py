"""The out-tray: results for each recipient, retries, giving up, crashes in between."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mailroom.app import App, build
from mailroom.config import load
from mailroom.desk.dispatch import Dispatch, backoff
from mailroom.desk.sender import Delivery
from mailroom.errors import DeliveryDeferred
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival, NewOutbound, Outbound
from mailroom.ticket.model import OutboundId, TicketId

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CONFIG = """
name = "Acme Support"
rules = "rules.toml"

[[mailbox]]
address = "support@acme.example"
name = "Acme Support"

[[agent]]
address = "ann@acme.example"
name = "Ann Archer"

[[agent]]
address = "chief@acme.example"
name = "Chief"
admin = true

[web]
url = "https://help.acme.example"
"""
RULES = '[policy.standard]\ndefault = true\nfirst_reply = "8h"\n'
TAKEN = "250 2.0.0 taken"


@dataclass
class Relay:
    """A relay that answers each recipient as told; None: it hangs up at the mail."""

    answers: dict[str, str | None] = field(default_factory=dict)
    otherwise: str = TAKEN
    down: bool = False
    tries: dict[str, int] = field(default_factory=dict)
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    sessions: int = 0
    before: Callable[[], None] = lambda: None

    @contextmanager
    def session(self) -> Iterator["Relay"]:
        self.sessions += 1
        yield self

    def send(
        self, mail_from: str | None, rcpt_to: Sequence[str], raw: bytes
    ) -> Delivery:
        self.before()
        if self.down:
            raise DeliveryDeferred("relay is not reached: refused")
        answers: dict[str, str] = {}
        for to in rcpt_to:
            self.tries[to] = self.tries.get(to, 0) + 1
            answer = self.answers.get(to, self.otherwise)
            if answer is None:
                raise DeliveryDeferred("the relay hung up in mid-mail")
            answers[to] = answer
            if answer == TAKEN:
                self.sent.append((to, raw))
        return Delivery(
            accepted=tuple(to for to in rcpt_to if answers[to] == TAKEN),
            deferred={to: a for to, a in answers.items() if a[0] == "4"},
            refused={to: a for to, a in answers.items() if a[0] == "5"},
            answer=TAKEN,
        )

    def got(self, address: str) -> list[bytes]:
        return [raw for to, raw in self.sent if to == address]


@dataclass
class Desk:
    app: App
    relay: Relay
    clock: list[datetime]

    @property
    def dispatch(self) -> Dispatch:
        return self.app.dispatch

    def later(self, **span: float) -> None:
        self.clock[0] += timedelta(**span)

    def letter(self, *to: str, key: str = "x", ticket: TicketId | None = None) -> int:
        row = NewOutbound(
            dedupe_key=key,
            letter="reply",
            message_id=f"{key}@acme.example",
            mail_from="support@acme.example",
            rcpt_to=to,
            raw=f"Subject: {key}\r\n\r\nHello\r\n".encode(),
            subject=key,
            sender="support@acme.example",
            created_at=self.clock[0],
            not_before=self.clock[0],
            ticket=ticket,
            reasons={},
        )
        with self.app.store.transaction():
            id = self.app.store.add_outbound(row)
        assert id is not None
        return int(id)

    def row(self, id: int) -> Outbound:
        found = self.app.store.outbound(OutboundId(id))
        assert found is not None
        return found

    def ticket(self) -> TicketId:
        """Open a ticket by a mail, and forget the letters about it."""
        raw = b"From: Jane <jane@c.example>\r\nTo: support@acme.example\r\n\r\nHelp\r\n"
        envelope = Envelope(
            mail_from="jane@c.example", rcpt_to=("support@acme.example",)
        )
        arrival = Arrival(
            door="smtp", envelope=envelope, raw=raw, received_at=self.clock[0]
        )
        self.app.intake.accept([arrival])
        self.app.intake.process_waiting()
        self.dispatch.deliver()
        self.relay.sent.clear()
        self.relay.tries.clear()
        return self.app.store.tickets()[-1].ticket.id

    def states(self, ticket: TicketId) -> dict[str, str]:
        return {r.address: r.state.value for r in self.app.store.recipients(ticket)}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "mailroom.toml").write_text(CONFIG)
    (tmp_path / "rules.toml").write_text(RULES)
    clock, relay = [START], Relay()
    config = load(tmp_path / "mailroom.toml", {})
    app = build(config, now=lambda: clock[0], sender=relay)
    yield Desk(app, relay, clock)
    app.store.close()


def test_each_recipient_has_a_result_of_its_own(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.relay.answers = {"b@c.example": "450 later", "d@c.example": "550 nobody"}
    id = desk.letter("a@c.example", "b@c.example", "d@c.example", ticket=ticket)
    desk.dispatch.deliver()
    assert desk.row(id).rcpt_to == ("b@c.example",)
    desk.relay.answers.clear()
    desk.later(seconds=30)
    desk.dispatch.deliver()
    assert desk.row(id).state == "SENT"
    states = desk.states(ticket)
    assert [states[f"{who}@c.example"] for who in "abd"] == ["SENT", "SENT", "FAILED"]
    assert desk.relay.tries == {
        "a@c.example": 1,
        "b@c.example": 2,
        "d@c.example": 1,
        "chief@acme.example": 1,
    }


def test_refusal_stops_at_once_and_an_agent_is_told(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.relay.answers["gone@c.example"] = "550 5.1.1 no such user"
    id = desk.letter("gone@c.example", ticket=ticket)
    desk.dispatch.deliver()
    desk.later(days=6)
    desk.dispatch.deliver()
    assert desk.row(id).state == "FAILED"
    assert desk.relay.tries["gone@c.example"] == 1
    (told,) = desk.relay.got("chief@acme.example")
    assert b"no such user" in told
    assert b"gone@c.example" in told


def test_letter_about_a_failed_letter_is_not_written_about(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.relay.otherwise = "550 5.7.1 not you"
    desk.letter("gone@c.example", ticket=ticket)
    desk.dispatch.deliver()
    desk.dispatch.deliver()
    assert desk.relay.tries == {"gone@c.example": 1, "chief@acme.example": 1}


def test_agent_who_cannot_be_reached_is_not_told_so(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.relay.otherwise = "550 5.7.1 full"
    desk.letter("chief@acme.example", ticket=ticket)
    desk.dispatch.deliver()
    assert desk.relay.tries == {"chief@acme.example": 1}


def test_waits_grow_with_jitter_and_end_after_five_days(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.relay.answers["slow@c.example"] = "451 4.3.2 greylisted"
    id = desk.letter("slow@c.example", ticket=ticket)
    waits = []
    while (desk.dispatch.deliver(), desk.row(id).state)[1] == "DEFERRED":
        next_try = desk.row(id).next_try
        assert next_try is not None
        waits.append(next_try - desk.clock[0])
        desk.clock[0] = next_try
    assert waits[0] <= timedelta(seconds=30)
    doubled = [w for w in waits if w < timedelta(hours=3)]
    assert all(1.5 < b / a < 2.6 for a, b in pairwise(doubled))
    assert max(waits) <= timedelta(hours=4) * 1.1
    assert desk.row(id).state == "FAILED"
    assert timedelta(days=4.7) < desk.clock[0] - START <= timedelta(days=5)
    (told,) = desk.relay.got("chief@acme.example")
    assert b"gave up after 5 days" in told
    assert desk.states(ticket)["slow@c.example"] == "FAILED"


def test_two_letters_of_one_time_do_not_retry_at_one_instant(desk: Desk) -> None:
    desk.relay.otherwise = "451 4.3.2 busy"
    ids = [desk.letter("a@c.example", key=f"k{n}") for n in range(10)]
    desk.dispatch.deliver()
    assert len({desk.row(id).next_try for id in ids}) > 5


def test_five_days_end_only_the_recipients_still_left(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.relay.answers["full@c.example"] = "451 4.2.2 full"
    id = desk.letter("a@c.example", "full@c.example", ticket=ticket)
    desk.dispatch.deliver()
    desk.later(days=5)
    desk.dispatch.deliver()
    states = desk.states(ticket)
    assert states["a@c.example"] == "SENT"
    assert states["full@c.example"] == "FAILED"
    assert desk.row(id).state == "SENT"


def test_relay_that_is_down_loses_nothing_and_is_noticed_within_a_minute(
    desk: Desk,
) -> None:
    desk.relay.down = True
    ids = [desk.letter("a@c.example", key=f"k{n}") for n in range(60)]
    for _ in range(20):
        desk.dispatch.deliver()
        desk.later(minutes=7)
    desk.relay.down = False
    desk.dispatch.deliver()
    desk.later(seconds=59)
    desk.dispatch.deliver()
    assert {desk.row(id).state for id in ids} == {"SENT"}
    assert len(desk.relay.got("a@c.example")) == 60


def test_relay_that_is_down_is_tried_twice_a_batch_and_not_for_each_letter(
    desk: Desk,
) -> None:
    desk.relay.down = True
    tries = []
    desk.relay.before = lambda: tries.append(1)
    for n in range(40):
        desk.letter("a@c.example", key=f"k{n}")
    desk.dispatch.deliver()
    assert len(tries) == 2
    assert desk.relay.sessions == 1


def test_letter_at_which_the_relay_hangs_up_holds_up_no_other(desk: Desk) -> None:
    desk.relay.answers["bad@c.example"] = None
    bad = desk.letter("bad@c.example", key="bad")
    ids = [desk.letter("a@c.example", key=f"k{n}") for n in range(3)]
    desk.dispatch.deliver()
    assert {desk.row(id).state for id in ids} == {"SENT"}
    for _ in range(8):
        desk.later(minutes=30)
        desk.dispatch.deliver()
        desk.letter("a@c.example", key=f"m{desk.clock[0]}")
        desk.dispatch.deliver()
    assert desk.row(bad).state == "DEFERRED"
    assert desk.relay.tries["bad@c.example"] < 10


def test_crash_in_mid_batch_sends_only_the_letter_in_flight_again(desk: Desk) -> None:
    ids = [desk.letter("a@c.example", key=f"k{n}") for n in range(5)]

    def die_at_the_third() -> None:
        if len(desk.relay.sent) == 3:
            raise KeyboardInterrupt

    desk.relay.before = die_at_the_third
    with pytest.raises(KeyboardInterrupt):
        desk.dispatch.deliver()
    assert [desk.row(id).state.value for id in ids] == ["SENT"] * 3 + ["SENDING"] * 2
    desk.relay.before = lambda: None
    desk.dispatch.recover()
    desk.dispatch.deliver()
    assert {desk.row(id).state for id in ids} == {"SENT"}
    assert len(desk.relay.sent) == 5


def test_recovery_takes_back_nothing_that_was_sent(desk: Desk) -> None:
    id = desk.letter("a@c.example")
    desk.dispatch.deliver()
    desk.dispatch.recover()
    desk.later(hours=1)
    desk.dispatch.deliver()
    assert desk.row(id).state == "SENT"
    assert len(desk.relay.sent) == 1


def test_stop_leaves_the_rest_for_the_next_start(desk: Desk) -> None:
    ids = [desk.letter("a@c.example", key=f"k{n}") for n in range(5)]

    def stop_at_the_third() -> None:
        if len(desk.relay.sent) == 2:
            desk.app.office.stopping.set()

    desk.relay.before = stop_at_the_third
    desk.dispatch.deliver()
    assert len(desk.relay.sent) == 3
    desk.app.office.stopping.clear()
    desk.relay.before = lambda: None
    desk.dispatch.deliver()
    assert {desk.row(id).state for id in ids} == {"SENT"}
    assert len(desk.relay.sent) == 5


def test_backoff_is_the_same_for_the_same_try(desk: Desk) -> None:
    desk.relay.otherwise = "451 4.3.2 busy"
    row = desk.row(desk.letter("a@c.example"))
    assert backoff(row) == backoff(row)


def test_letter_of_no_ticket_fails_without_a_word(desk: Desk) -> None:
    desk.relay.otherwise = "550 5.1.1 no"
    id = desk.letter("a@c.example")
    desk.dispatch.deliver()
    sent: Any = desk.row(id)
    assert (sent.state, desk.relay.tries) == ("FAILED", {"a@c.example": 1})
