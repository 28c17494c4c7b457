"""How the desk stands, in numbers: the same as counting one by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival, ClockRow, NewOutbound, Store
from mailroom.ticket.model import Disposition, Status, Ticket

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENVELOPE = Envelope(mail_from="jane@acme.example", rcpt_to=("help@desk.example",))


def _tickets(store: Store, *statuses: Status) -> list[Any]:
    person = store.person_for("jane@acme.example")
    first = Ticket(
        id=0,  # type: ignore[arg-type]
        subject="Outage",
        mailbox="help@desk.example",
        requester=person,
        created_at=NOW,
        updated_at=NOW,
    )
    return [store.add_ticket(replace(first, status=status)) for status in statuses]


def _clock(due: datetime, breached: bool) -> ClockRow:
    return ClockRow(
        metric="first_reply",
        cycle=1,
        state="breached" if breached else "running",
        target=HOUR,
        elapsed=HOUR,
        remaining=HOUR,
        due=due,
        fulfilled_at=None,
        breached_at=due if breached else None,
    )


def _letter(n: int) -> NewOutbound:
    return NewOutbound(
        dedupe_key=f"ack:{n}",
        letter="acknowledgement",
        message_id=f"{n}@desk.example",
        mail_from="help@desk.example",
        rcpt_to=("jane@acme.example",),
        raw=b"Subject: x\r\n\r\n",
        subject="x",
        sender="help@desk.example",
        created_at=NOW + n * HOUR,
        not_before=NOW,
    )


def test_empty_store_stands_at_nothing(store: Store) -> None:
    levels = store.levels()
    assert (levels.tickets, levels.overdue, levels.next_due_at) == ({}, 0, None)
    assert (levels.received, levels.waiting, levels.waiting_since) == (0, 0, None)
    assert (levels.written, levels.queued, levels.deferred, levels.failed) == (0,) * 4


def test_tickets_and_their_clocks_are_counted(store: Store) -> None:
    with store.transaction():
        a, b, _ = _tickets(store, Status.NEW, Status.NEW, Status.CLOSED)
        store.save_clocks(a, [_clock(NOW + HOUR, breached=False)])
        store.save_clocks(b, [_clock(NOW - HOUR, breached=True)])
    levels = store.levels()
    assert levels.tickets == {"new": 2, "closed": 1}
    assert levels.overdue == 1
    assert levels.next_due_at is not None


def test_mails_are_counted_until_they_are_processed(store: Store) -> None:
    mails = [
        Arrival(door="smtp", envelope=ENVELOPE, raw=b"x", received_at=NOW + n * HOUR)
        for n in range(3)
    ]
    with store.transaction():
        first, second, _ = store.add_inbound(mails)
        assert first is not None
        assert second is not None
        for id, outcome in ((first, "NEW_TICKET"), (second, "QUARANTINED")):
            store.finish_inbound(id, disposition=Disposition(outcome))
    levels = store.levels()
    assert (levels.received, levels.waiting, levels.quarantined) == (3, 1, 1)
    assert levels.waiting_since == NOW + 2 * HOUR


def test_letters_are_counted_by_what_became_of_them(store: Store) -> None:
    with store.transaction():
        for n in range(4):
            store.add_outbound(_letter(n))
    with store.transaction():
        sent, failed, deferred = store.claim_outbound(NOW, HOUR, 3)
        store.record_sent(sent.id, NOW, "250")
        store.record_failed(failed.id, NOW, "550")
        store.record_deferred(deferred.id, NOW + HOUR, "451")
    levels = store.levels()
    assert (levels.written, levels.failed) == (4, 1)
    assert (levels.queued, levels.deferred) == (1, 1)
    assert levels.unsent_since == NOW + 2 * HOUR
