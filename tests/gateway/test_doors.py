"""The doors besides SMTP: submission and LMTP; and the group commit behind all."""

import asyncio
import smtplib
from collections.abc import Sequence

import pytest

from mailroom.clock import utcnow
from mailroom.errors import ConfigError, StoreBusy, StoreError
from mailroom.gateway.group_commit import GroupCommit
from mailroom.gateway.limits import Networks
from mailroom.gateway.lmtp import LmtpDoor
from mailroom.gateway.submission import SubmissionDoor
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival

MAIL = b"From: ann@desk.example\r\nSubject: hello\r\n\r\nHello.\r\n"


def test_submitted_mail_says_who_submitted_it(open_door, tray) -> None:
    door = open_door(SubmissionDoor, key="[submission] listen")
    with smtplib.SMTP("127.0.0.1", door.address.port) as smtp:
        smtp.sendmail("ann@acme.example", ["support@desk.example"], MAIL)
    assert tray.last.door == "submission"
    assert tray.last.submitted_by == "ann@acme.example"


def test_submission_never_relays_to_outsiders(open_door, tray) -> None:
    door = open_door(SubmissionDoor)
    with smtplib.SMTP("127.0.0.1", door.address.port) as smtp:
        refused = smtp.sendmail(
            "ann@acme.example", ["support@desk.example", "jane@customer.example"], MAIL
        )
    assert list(refused) == ["jane@customer.example"]
    code, text = refused["jane@customer.example"]
    assert (code, text[:5]) == (550, b"5.7.1")
    assert tray.last.envelope.rcpt_to == ("support@desk.example",)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "192.0.2.1:8587", "[::]:0"])
def test_submission_to_the_world_needs_networks(open_door, listen) -> None:
    with pytest.raises(ConfigError, match=r"\[submission\] listen"):
        open_door(SubmissionDoor, listen=listen, key="[submission] listen")


def test_submission_turns_away_who_is_not_in_its_networks(open_door) -> None:
    door = open_door(SubmissionDoor, listen="0.0.0.0:0", networks=("203.0.113.0/24",))
    assert door.door.admits("203.0.113.9")
    assert door.door.admits("127.0.0.1")
    assert door.door.admits("unix")
    assert not door.door.admits("198.51.100.1")


def test_turned_away_peer_is_told_so(open_door, talk) -> None:
    door = open_door(SubmissionDoor)
    door.door.admits = lambda peer: False
    with talk(door.address.port, greeting=False) as peer:
        assert peer.reply().startswith("554 5.7.1")
        assert peer.reply() == ""


def test_lmtp_answers_for_each_recipient(open_door, tray, talk) -> None:
    door = open_door(LmtpDoor)
    with talk(door.address.port) as peer:
        assert peer.say("EHLO mta.example").startswith("500")
        assert peer.say("LHLO mta.example").startswith("250")
        peer.say("MAIL FROM:<jane@c.example>")
        assert peer.say("RCPT TO:<a@desk.example>").startswith("250")
        assert peer.say("RCPT TO:<x@else.example>").startswith("550")
        assert peer.say("RCPT TO:<b@desk.example>").startswith("250")
        assert peer.say("DATA").startswith("354")
        peer.send(MAIL + b".\r\n")
        assert [peer.reply()[:9] for _ in range(2)] == ["250 2.0.0"] * 2
        assert peer.say("NOOP").startswith("250")
    assert tray.last.door == "lmtp"
    assert tray.last.envelope.rcpt_to == ("a@desk.example", "b@desk.example")


def test_bad_token_by_lmtp_counts_as_none(open_door, tray, talk) -> None:
    door = open_door(LmtpDoor)
    with talk(door.address.port) as peer:
        peer.say("LHLO mta.example")
        peer.say("MAIL FROM:<jane@c.example>")
        assert peer.say("RCPT TO:<support+bad@desk.example>").startswith("250")
        assert peer.say("DATA").startswith("354")
        peer.send(MAIL + b".\r\n")
        assert peer.reply().startswith("250")
    assert tray.last.envelope.rcpt_to == ("support+bad@desk.example",)


def test_lmtp_failure_is_told_for_each_recipient(open_door, tray, talk) -> None:
    def refuse(arrivals: Sequence[Arrival]) -> None:
        raise StoreBusy("locked")

    tray.before = refuse
    door = open_door(LmtpDoor)
    with talk(door.address.port) as peer:
        peer.say("LHLO mta.example")
        peer.say("MAIL FROM:<jane@c.example>")
        peer.say("RCPT TO:<a@desk.example>")
        peer.say("RCPT TO:<b@desk.example>")
        peer.say("DATA")
        peer.send(MAIL + b".\r\n")
        assert [peer.reply()[:9] for _ in range(2)] == ["451 4.3.0"] * 2


def an_arrival(raw: bytes) -> Arrival:
    envelope = Envelope(mail_from=None, rcpt_to=("support@desk.example",))
    return Arrival(door="smtp", envelope=envelope, raw=raw, received_at=utcnow())


def submit_all(commit: GroupCommit, raws: Sequence[bytes]) -> list[object]:
    async def run() -> list[object]:
        work = (commit.submit(an_arrival(raw)) for raw in raws)
        return list(await asyncio.gather(*work, return_exceptions=True))

    commit.start()
    try:
        return asyncio.run(run())
    finally:
        commit.stop()


def test_bad_mail_of_a_batch_does_not_refuse_the_others(tray) -> None:
    def refuse(arrivals: Sequence[Arrival]) -> None:
        if any(arrival.raw == b"bad" for arrival in arrivals):
            raise StoreError("this one never")

    tray.before = refuse
    raws = [b"%d" % number for number in range(10)]
    raws[5] = b"bad"
    outcomes = submit_all(GroupCommit(tray.accept, tray.rung.append), raws)
    assert isinstance(outcomes[5], StoreError)
    assert sorted(outcome for outcome in outcomes if isinstance(outcome, int)) == list(
        range(1, 10)
    )


def test_busy_store_is_not_asked_for_each_mail_again(tray) -> None:
    asked = []

    def refuse(arrivals: Sequence[Arrival]) -> None:
        asked.append(len(arrivals))
        raise StoreBusy("locked")

    tray.before = refuse
    outcomes = submit_all(GroupCommit(tray.accept, tray.rung.append), [b"x"] * 20)
    assert all(isinstance(outcome, StoreBusy) for outcome in outcomes)
    assert sum(asked) == 20
    assert tray.rung == []


def test_bell_that_fails_takes_no_answer_back(tray) -> None:
    def broken(id: int) -> None:
        raise RuntimeError("no queue")

    assert submit_all(GroupCommit(tray.accept, broken), [b"x"]) == [1]


def test_batch_ends_when_it_is_big(tray) -> None:
    tray.wait.clear()
    commit = GroupCommit(tray.accept, tray.rung.append, most=3, most_octets=10)

    async def run() -> None:
        work = [
            asyncio.ensure_future(commit.submit(an_arrival(b"xxxx"))) for _ in range(9)
        ]
        await asyncio.sleep(0)
        tray.wait.set()
        await asyncio.gather(*work)

    commit.start()
    asyncio.run(run())
    commit.stop()
    assert sum(tray.batches) == 9
    assert max(tray.batches) <= 3


def test_nothing_is_taken_after_the_stop(tray) -> None:
    commit = GroupCommit(tray.accept, tray.rung.append)
    commit.start()
    commit.stop()
    with pytest.raises(StoreBusy):
        asyncio.run(commit.submit(an_arrival(b"late")))


@pytest.mark.parametrize(
    ("peer", "inside"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.0.0.1", False),
        ("unix", False),
        ("fe80::1%eth0", True),
        ("", False),
    ],
)
def test_networks_know_their_peers(peer: str, inside: bool) -> None:
    assert (peer in Networks(["10.0.0.0/8", "fe80::/10"])) is inside
