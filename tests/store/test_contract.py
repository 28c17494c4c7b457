"""Each promise of `mailroom.store.contract.Store`, on each backend."""

import inspect
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailroom.errors import StoreError
from mailroom.message.model import Envelope
from mailroom.store.contract import (
    Arrival,
    ClockRow,
    Cursor,
    NewComment,
    NewEvent,
    NewOutbound,
    OutboundState,
    Store,
    TicketFilter,
)
from mailroom.ticket.model import (
    AttachmentRow,
    Disposition,
    Kind,
    Participant,
    Person,
    Role,
    Status,
    Ticket,
)

NOW = datetime(2026, 11, 24, 9, 30, 15, 123000, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def arrival(**changes: Any) -> Arrival:
    envelope = Envelope(mail_from="jane@acme.example", rcpt_to=("help@desk.example",))
    first = Arrival(
        door="smtp", envelope=envelope, raw=b"Subject: x\r\n\r\ny", received_at=NOW
    )
    return replace(first, **changes)


def letter(key: str = "ack:1", **changes: Any) -> NewOutbound:
    first = NewOutbound(
        dedupe_key=key,
        letter="acknowledgement",
        message_id=f"{key}@desk.example",
        mail_from="help@desk.example",
        rcpt_to=("jane@acme.example",),
        raw=b"Subject: We have it\r\n\r\n" + key.encode(),
        subject="We have it",
        sender="help@desk.example",
        created_at=NOW,
        not_before=NOW,
    )
    return replace(first, **changes)


def running(due: datetime | None, metric: str = "first_reply", **changes: Any) -> Any:
    first = ClockRow(
        metric=metric,
        cycle=1,
        state="running",
        target=HOUR,
        elapsed=MINUTE,
        remaining=HOUR - MINUTE,
        due=due,
        fulfilled_at=None,
        breached_at=None,
    )
    return replace(first, **changes)


def add_mail(store: Store, **changes: Any) -> Any:
    with store.transaction():
        [id] = store.add_inbound([arrival(**changes)])
    return id


def add_person(store: Store, address: str = "jane@acme.example") -> Any:
    with store.transaction():
        return store.person_for(address)


def add_ticket(store: Store, next_at: datetime | None = None, **changes: Any) -> Any:
    with store.transaction():
        person = store.person_for("jane@acme.example")
        first = Ticket(
            id=0,  # type: ignore[arg-type]
            subject="Outage",
            mailbox="help@desk.example",
            requester=person,
            created_at=NOW,
            updated_at=NOW,
        )
        ticket = replace(first, **changes)
        id = store.add_ticket(ticket)
        if next_at is not None:
            store.save_ticket(replace(ticket, id=id), next_at)
    return id


def queue(store: Store, *letters: NewOutbound) -> list[Any]:
    with store.transaction():
        return [store.add_outbound(each) for each in letters]


def claim(store: Store, now: datetime = NOW, limit: int = 10) -> list[Any]:
    with store.transaction():
        return store.claim_outbound(now, MINUTE, limit)


class Stop(Exception):
    """Of the caller's own."""


def break_off(store: Store, *work: Callable[[], object]) -> None:
    """Do some work in a transaction that then fails."""

    def fail() -> None:
        with store.transaction():
            for each in work:
                each()
            raise Stop

    with pytest.raises(Stop):
        fail()


# -- transactions --


def test_store_has_every_verb_with_its_parameters(store: Store) -> None:
    for name, verb in inspect.getmembers(Store, inspect.isfunction):
        if not name.startswith("_"):
            ours = inspect.signature(getattr(type(store), name)).parameters
            promised = inspect.signature(verb).parameters
            assert list(ours) == list(promised), name


def test_every_verb_that_writes_is_refused_outside_a_transaction(store: Store) -> None:
    person, mail, ticket = add_person(store), add_mail(store), add_ticket(store)
    [out] = queue(store, letter())
    event = NewEvent(
        ticket=ticket, at=NOW, recorded_at=NOW, kind=Kind.SOLVE, actor="mailroom"
    )
    comment = NewComment(ticket=ticket, at=NOW, author=person, public=True, text="x")
    known = store.ticket(ticket)
    assert known is not None
    writes = [
        lambda: store.add_inbound([arrival()]),
        lambda: store.begin_attempt(mail),
        lambda: store.set_trust(mail, {}),
        lambda: store.finish_inbound(mail, disposition=Disposition.REFUSED),
        lambda: store.claim_content("key", mail),
        lambda: store.person_for("new@acme.example"),
        lambda: store.person_for("jane@acme.example"),
        lambda: store.add_ticket(known),
        lambda: store.save_ticket(known, None),
        lambda: store.append([event]),
        lambda: store.add_comment(comment),
        lambda: store.save_clocks(ticket, []),
        lambda: store.add_decision(
            ticket, at=NOW, on="opened", ruleset="r", facts={}, outcome={}
        ),
        lambda: store.add_version("k", "policy", {}),
        lambda: store.add_participant(ticket, person, Role.CC),
        lambda: store.remove_participant(ticket, person),
        lambda: store.add_message_ids(["a@b"], ticket),
        lambda: store.add_awaited(["a@b"], ticket),
        lambda: store.link(ticket, ticket + 1),
        lambda: store.add_outbound(letter("new")),
        lambda: store.claim_outbound(NOW, MINUTE, 1),
        lambda: store.record_sent(out, NOW, "250"),
        lambda: store.record_deferred(out, NOW, "450"),
        lambda: store.record_refused(out, NOW, {}),
        lambda: store.record_failed(out, NOW, "550"),
        lambda: store.save_cursor(
            Cursor(account="a", folder="INBOX", uidvalidity=1, uid=1)
        ),
        lambda: store.remember("k", "v"),
        lambda: store.spend("b", NOW, HOUR, 0),
    ]
    for write in writes:
        with pytest.raises(StoreError, match="outside a transaction"):
            write()


def test_transaction_that_fails_leaves_nothing(store: Store) -> None:
    break_off(
        store,
        lambda: store.person_for("jane@acme.example"),
        lambda: store.remember("a", "b"),
    )
    assert store.find_person("jane@acme.example") is None
    assert store.recall("a") is None


def test_transactions_do_not_nest_and_the_outer_one_goes_on(store: Store) -> None:
    with store.transaction():
        with pytest.raises(StoreError, match="inside another"), store.transaction():
            pass
        store.remember("a", "b")
    assert store.recall("a") == "b"


def test_verb_that_fails_inside_leaves_the_transaction_usable(store: Store) -> None:
    with store.transaction():
        store.remember("a", "b")
        with pytest.raises(StoreError):
            store.add_participant(4711, 4712, Role.CC)  # type: ignore[arg-type]
        store.remember("c", "d")
    assert (store.recall("a"), store.recall("c")) == ("b", "d")


def test_others_see_a_transaction_only_once_it_is_committed(
    store: Store, open_store: Any
) -> None:
    seen: list[str | None] = []

    def look() -> None:
        other = open_store()
        seen.append(other.recall("a"))
        other.close()

    with store.transaction():
        store.remember("a", "b")
        assert store.recall("a") == "b"
        reader = threading.Thread(target=look)
        reader.start()
        reader.join()
    look()
    assert seen == [None, "b"]


def test_naive_times_are_refused(store: Store) -> None:
    with store.transaction(), pytest.raises(TypeError):
        store.add_inbound([arrival(received_at=NOW.replace(tzinfo=None))])


def test_values_that_json_cannot_say_are_refused(store: Store) -> None:
    mail = add_mail(store)
    with store.transaction(), pytest.raises(StoreError, match="JSON"):
        store.set_trust(mail, {"at": NOW})


def test_hostile_text_is_kept_as_far_as_utf8_can(store: Store) -> None:
    ticket = add_ticket(store, subject="a\x00b \udc80 \U0001f600 '); DROP TABLE x;--")
    found = store.ticket(ticket)
    assert found is not None
    assert found.subject == "a\x00b � \U0001f600 '); DROP TABLE x;--"
    with store.transaction():
        store.add_message_ids(["\udc80@x", 'a"b@x'], ticket)
    assert store.tickets_with(["\udc80@x", 'a"b@x']) == {
        "\udc80@x": ticket,
        'a"b@x': ticket,
    }
    person = add_person(store, "j\udcffne@acme.example")
    assert add_person(store, "j\udcffne@acme.example") == person


# -- the in-tray --


def test_arrivals_come_back_whole(store: Store) -> None:
    sent = arrival(
        envelope=Envelope(mail_from=None, rcpt_to=("a@x", "b@x")),
        raw=bytes(range(256)),
        peer="192.0.2.1",
        helo="mx.acme.example",
        submitted_by="ann@desk.example",
        source_key="imap:1:7",
    )
    with store.transaction():
        ids = store.add_inbound([sent, arrival()])
    first, second = ids
    assert first is not None
    assert second is not None
    assert second > first
    row = store.inbound(first)
    assert row is not None
    assert row.envelope == sent.envelope
    assert (row.door, row.peer, row.helo) == ("smtp", "192.0.2.1", "mx.acme.example")
    assert row.submitted_by == "ann@desk.example"
    assert (row.received_at, row.size, row.attempts) == (NOW, 256, 0)
    assert (row.disposition, row.trust, row.ticket) == (None, None, None)
    assert store.inbound_raw(first) == sent.raw


def test_source_offered_twice_is_kept_once(store: Store) -> None:
    first = add_mail(store, source_key="imap:1:7")
    with store.transaction():
        again = store.add_inbound([arrival(source_key="imap:1:7"), arrival()])
    assert again[0] is None
    assert again[1] is not None
    assert store.waiting_inbound(10) == [first, again[1]]


def test_unknown_inbound_ids_are_errors_where_a_row_is_needed(store: Store) -> None:
    assert store.inbound(99) is None  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="99"):
        store.inbound_raw(99)  # type: ignore[arg-type]
    with store.transaction(), pytest.raises(StoreError, match="99"):
        store.begin_attempt(99)  # type: ignore[arg-type]
    with store.transaction(), pytest.raises(StoreError, match="99"):
        store.finish_inbound(99, disposition=Disposition.REFUSED)  # type: ignore[arg-type]


def test_waiting_mail_is_listed_oldest_first_until_it_is_finished(store: Store) -> None:
    ids = [add_mail(store) for _ in range(3)]
    assert store.waiting_inbound(2) == ids[:2]
    with store.transaction():
        store.finish_inbound(ids[0], disposition=Disposition.DUPLICATE)
    assert store.waiting_inbound(10) == ids[1:]


def test_attempts_are_counted_from_zero(store: Store) -> None:
    mail = add_mail(store)
    counts = []
    for _ in range(3):
        with store.transaction():
            counts.append(store.begin_attempt(mail))
    assert counts == [0, 1, 2]
    row = store.inbound(mail)
    assert row is not None
    assert row.attempts == 3


def test_first_trust_verdict_stays(store: Store) -> None:
    mail = add_mail(store)
    with store.transaction():
        store.set_trust(mail, {"authenticated": True, "by": ["dkim"]})
        store.set_trust(mail, {"authenticated": False})
    row = store.inbound(mail)
    assert row is not None
    assert row.trust == {"authenticated": True, "by": ["dkim"]}


def test_outcome_is_recorded_and_replaced_on_release(store: Store) -> None:
    mail, ticket = add_mail(store), add_ticket(store)
    with store.transaction():
        store.finish_inbound(
            mail, disposition=Disposition.QUARANTINED, reason="cannot be read"
        )
        store.finish_inbound(
            mail,
            disposition=Disposition.NEW_TICKET,
            ticket=ticket,
            clue="new",
            message_id="a@b",
            sender="Jane <jane@acme.example>",
            recipients=["help@desk.example"],
            subject="Outage",
        )
    row = store.inbound(mail)
    assert row is not None
    assert row.disposition is Disposition.NEW_TICKET
    assert (row.ticket, row.clue, row.reason) == (ticket, "new", None)
    assert (row.message_id, row.subject) == ("a@b", "Outage")
    assert row.sender == "Jane <jane@acme.example>"


def test_content_belongs_to_who_claimed_it_first(store: Store) -> None:
    first, second = add_mail(store), add_mail(store)
    with store.transaction():
        assert store.claim_content("key", first) == first
        assert store.claim_content("key", second) == first
        assert store.claim_content("key", first) == first
        assert store.claim_content("other", second) == second


# -- people --


def test_person_is_one_whatever_the_spelling_of_the_address(store: Store) -> None:
    jane = add_person(store, "Jane@BÜRO.example")
    assert add_person(store, "jane@xn--bro-hoa.example") == jane
    assert add_person(store, "joe@xn--bro-hoa.example") != jane
    found = store.find_person("JANE@büro.example")
    assert found == Person(id=jane, address="Jane@BÜRO.example", name="")
    assert store.find_person("nobody@acme.example") is None


def test_first_name_that_is_not_empty_is_kept(store: Store) -> None:
    with store.transaction():
        jane = store.person_for("jane@acme.example")
        assert store.person_for("jane@acme.example", "Jane Doe") == jane
        assert store.person_for("jane@acme.example", "Not Jane") == jane
        assert store.person_for("jane@acme.example") == jane
        joe = store.person_for("joe@acme.example")
    assert store.people([jane, joe, 99]) == {  # type: ignore[list-item]
        jane: Person(id=jane, address="jane@acme.example", name="Jane Doe"),
        joe: Person(id=joe, address="joe@acme.example", name=""),
    }
    assert store.people([]) == {}


# -- tickets --


def test_ticket_numbers_start_at_1001_and_only_grow(store: Store) -> None:
    first = add_ticket(store)
    known = store.ticket(first)
    assert known is not None
    break_off(store, lambda: store.add_ticket(known))
    second = add_ticket(store)
    assert first == 1001
    assert second > first


def test_ticket_comes_back_whole(store: Store) -> None:
    jane, ann = add_person(store), add_person(store, "ann@desk.example")
    other = add_ticket(store)
    id = add_ticket(store)
    whole = Ticket(
        id=id,
        subject="Größe & co",
        mailbox="help@desk.example",
        requester=jane,
        created_at=NOW,
        updated_at=NOW + MINUTE,
        status=Status.ON_HOLD,
        priority="urgent",
        team="tier2",
        assignee=ann,
        tags=("vip", "a b", "eins"),
        spam=True,
        merged_into=other,
        policy="gold",
        policy_key="p",
        calendar_key="c",
        escalation_key="e",
        sticky=frozenset({"priority", "team"}),
        answered=True,
        solved_at=NOW,
        pending_until=NOW + HOUR,
    )
    with store.transaction():
        store.save_ticket(whole, None)
    assert store.ticket(id) == whole
    assert store.ticket(4711) is None  # type: ignore[arg-type]
    with store.transaction(), pytest.raises(StoreError, match="4711"):
        store.save_ticket(replace(whole, id=4711), None)  # type: ignore[arg-type]


def test_saving_a_ticket_replaces_its_tags(store: Store) -> None:
    id = add_ticket(store, tags=("vip", "old"))
    ticket = store.ticket(id)
    assert ticket is not None
    with store.transaction():
        store.save_ticket(replace(ticket, tags=("new", "vip")), None)
    for tag, there in (("vip", True), ("new", True), ("old", False)):
        lines = store.tickets(TicketFilter(tag=tag))
        assert [line.ticket.tags for line in lines] == [("new", "vip")] * there


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (TicketFilter(), [0, 1, 2]),
        (TicketFilter(statuses=(Status.NEW, "open")), [0, 2]),
        (TicketFilter(statuses=()), []),
        (TicketFilter(team="tier1"), [0]),
        (TicketFilter(mailbox="sales@desk.example"), [2]),
        (TicketFilter(tag="vip"), [0, 1]),
        (TicketFilter(tag="vip", statuses=("solved",)), [1]),
        (TicketFilter(spam=True), [2]),
        (TicketFilter(spam=False), [0, 1]),
        (TicketFilter(merged=True), []),
        (TicketFilter(merged=False), [0, 1, 2]),
        (TicketFilter(order="updated"), [1, 0, 2]),
        (TicketFilter(limit=1, offset=1), [1]),
        (TicketFilter(offset=2), [2]),
    ],
)
def test_listing_narrows_and_orders(
    store: Store, wanted: TicketFilter, found: list[int]
) -> None:
    ids = [
        add_ticket(store, team="tier1", tags=("vip",), updated_at=NOW + MINUTE),
        add_ticket(store, status=Status.SOLVED, tags=("vip",), updated_at=NOW + HOUR),
        add_ticket(store, status=Status.OPEN, spam=True, mailbox="sales@desk.example"),
    ]
    lines = store.tickets(wanted)
    assert [line.ticket.id for line in lines] == [ids[place] for place in found]


def test_listing_narrows_to_people_and_merged(store: Store) -> None:
    ann = add_person(store, "ann@desk.example")
    first = add_ticket(store, assignee=ann)
    second = add_ticket(store, requester=ann, merged_into=first)

    def listed(**wanted: Any) -> list[int]:
        return [line.ticket.id for line in store.tickets(TicketFilter(**wanted))]

    assert listed(assignee=ann) == [first]
    assert listed(requester=ann) == [second]
    assert listed(merged=True) == [second]
    with pytest.raises(StoreError, match="subject"):
        listed(order="subject")


def test_listing_by_due_time_uses_running_clocks_only(store: Store) -> None:
    none, late, soon = (add_ticket(store) for _ in range(3))
    with store.transaction():
        store.save_clocks(none, [running(NOW, state="achieved")])
        store.save_clocks(late, [running(NOW + HOUR)])
        store.save_clocks(
            soon,
            [
                running(NOW - HOUR, state="breached"),
                running(None, "update"),
                running(NOW + HOUR, "resolution"),
                running(NOW + MINUTE, "next_reply"),
            ],
        )
    lines = store.tickets(TicketFilter(order="next_due"))
    assert [(line.ticket.id, line.next_metric, line.next_due) for line in lines] == [
        (soon, "next_reply", NOW + MINUTE),
        (late, "first_reply", NOW + HOUR),
        (none, None, None),
    ]


def test_saving_a_ticket_leaves_its_next_due_clock(store: Store) -> None:
    id = add_ticket(store)
    ticket = store.ticket(id)
    assert ticket is not None
    with store.transaction():
        store.save_clocks(id, [running(NOW)])
        store.save_ticket(ticket, None)
    [line] = store.tickets()
    assert line.next_due == NOW


def test_requested_tickets_are_counted_also_after_the_requester_changed(
    store: Store,
) -> None:
    jane, joe = add_person(store), add_person(store, "joe@acme.example")
    id = add_ticket(store)
    add_ticket(store)
    assert (store.count_messages_of(jane), store.count_messages_of(joe)) == (2, 0)
    ticket = store.ticket(id)
    assert ticket is not None
    with store.transaction():
        store.save_ticket(replace(ticket, requester=joe), None)
        store.save_ticket(replace(ticket, requester=joe, subject="x"), None)
    assert (store.count_messages_of(jane), store.count_messages_of(joe)) == (1, 1)
    assert store.count_messages_of(99) == 0  # type: ignore[arg-type]


def test_due_tickets_come_earliest_first(store: Store) -> None:
    assert store.next_due_at() is None
    add_ticket(store)
    later = add_ticket(store, NOW)
    sooner = add_ticket(store, NOW - HOUR)
    add_ticket(store, NOW + timedelta(milliseconds=1))
    assert store.due_tickets(NOW, 10) == [sooner, later]
    assert store.due_tickets(NOW, 1) == [sooner]
    assert store.due_tickets(NOW - HOUR - MINUTE, 10) == []
    assert store.next_due_at() == NOW - HOUR


# -- events, comments, clocks, decisions --


def test_events_are_ordered_by_instant_then_id(store: Store) -> None:
    ticket, other = add_ticket(store), add_ticket(store)

    def new(kind: Kind, at: datetime, of: Any = ticket) -> NewEvent:
        return NewEvent(
            ticket=of,
            at=at,
            recorded_at=NOW + HOUR,
            kind=kind,
            actor="7",
            data={"message": 3, "tags": ["ä"], "why": None},
        )

    with store.transaction():
        ids = store.append(
            [
                new(Kind.SOLVE, NOW + MINUTE),
                new(Kind.OPENED, NOW),
                new(Kind.NOTE, NOW),
                new(Kind.OPENED, NOW, other),
            ]
        )
    assert ids == sorted(ids)
    events = store.events(ticket)
    assert [event.kind for event in events] == [Kind.OPENED, Kind.NOTE, Kind.SOLVE]
    assert [event.id for event in events] == [ids[1], ids[2], ids[0]]
    assert (events[0].at, events[0].recorded_at) == (NOW, NOW + HOUR)
    assert events[0].data == {"message": 3, "tags": ["ä"], "why": None}
    assert (events[0].actor, events[0].ticket) == ("7", ticket)


def test_comments_come_back_whole_in_order(store: Store) -> None:
    ticket, mail, jane = add_ticket(store), add_mail(store), add_person(store)
    attached = AttachmentRow(
        filename="ä.png",
        content_type="image/png",
        size=7,
        part="2.1",
        content_id="x@y",
        inline=True,
    )
    with store.transaction():
        second = store.add_comment(
            NewComment(
                ticket=ticket,
                at=NOW + MINUTE,
                author=jane,
                public=True,
                text="Hello\n",
                message_id="a@b",
                inbound=mail,
                flagged="another From",
                attachments=(attached,),
            )
        )
        first = store.add_comment(
            NewComment(ticket=ticket, at=NOW, author=jane, public=False, text="")
        )
    note, public = store.comments(ticket)
    assert (note.id, note.public, note.attachments, note.inbound) == (
        first,
        False,
        (),
        None,
    )
    assert (public.id, public.at, public.text) == (second, NOW + MINUTE, "Hello\n")
    assert (public.public, public.inbound, public.flagged) == (
        True,
        mail,
        "another From",
    )
    assert public.attachments == (attached,)


def test_saving_clocks_replaces_them(store: Store) -> None:
    ticket = add_ticket(store)
    full = running(
        NOW + HOUR,
        "resolution",
        cycle=2,
        fulfilled_at=NOW,
        breached_at=NOW - MINUTE,
        started_at=NOW - HOUR,
    )
    bare = running(None, state="none", target=None, remaining=None)
    with store.transaction():
        store.save_clocks(ticket, [running(NOW, "update")])
        store.save_clocks(ticket, [full, bare])
    assert store.clocks(ticket) == [bare, full]


def test_decisions_are_kept_oldest_first(store: Store) -> None:
    ticket = add_ticket(store)
    with store.transaction():
        ids = [
            store.add_decision(
                ticket,
                at=NOW,
                on=on,
                ruleset="hash",
                facts={"subject": on, "known": True, "size": 3},
                outcome={"policy": None},
            )
            for on in ("opened", "customer_reply")
        ]
    first, second = store.decisions(ticket)
    assert [first.id, second.id] == ids
    assert (first.on, first.at, first.ruleset) == ("opened", NOW, "hash")
    assert first.facts == {"subject": "opened", "known": True, "size": 3}
    assert (second.on, second.outcome) == ("customer_reply", {"policy": None})


def test_version_is_kept_under_its_hash_once(store: Store, open_store: Any) -> None:
    with store.transaction():
        store.add_version("hash", "policy", {"name": "gold"})
        store.add_version("hash", "policy", {"name": "other"})
    with store.transaction():
        store.add_version("hash", "policy", {"name": "third"})
    assert open_store().version("hash") == {"name": "gold"}
    assert store.version("nothing") is None


def test_version_of_a_transaction_that_failed_is_added_by_the_next(
    store: Store,
) -> None:
    break_off(store, lambda: store.add_version("hash", "policy", {"name": "gold"}))
    with store.transaction():
        store.add_version("hash", "policy", {"name": "gold"})
    assert store.version("hash") == {"name": "gold"}


# -- participants and threading --


def test_participants_are_added_once_requester_first(store: Store) -> None:
    ticket = add_ticket(store)
    ann, jane = (
        add_person(store, "ann@desk.example"),
        add_person(store, "j@acme.example"),
    )
    with store.transaction():
        assert store.add_participant(ticket, ann, Role.CC) is True
        assert store.add_participant(ticket, ann, Role.CC) is False
        assert store.add_participant(ticket, jane, Role.CC) is True
        assert store.add_participant(ticket, jane, Role.REQUESTER) is False
        assert store.add_participant(ticket, jane, Role.CC) is False
    assert store.participants(ticket) == [
        Participant(person=jane, role=Role.REQUESTER),
        Participant(person=ann, role=Role.CC),
    ]
    with store.transaction():
        store.remove_participant(ticket, ann)
        store.remove_participant(ticket, ann)
    assert [each.person for each in store.participants(ticket)] == [jane]


def test_tickets_of_a_person_come_newest_first(store: Store) -> None:
    jane = add_person(store)
    ids = [add_ticket(store) for _ in range(3)]
    with store.transaction():
        for id in (ids[1], ids[0], ids[2]):
            store.add_participant(id, jane, Role.CC)
    assert store.tickets_of(jane) == ids[::-1]
    assert store.tickets_of(jane, 2) == [ids[2], ids[1]]


def test_message_id_belongs_to_the_ticket_it_was_added_to_first(store: Store) -> None:
    first, second = add_ticket(store), add_ticket(store)
    with store.transaction():
        store.add_message_ids(["a@x", "b@x"], first)
        store.add_message_ids(["b@x", "b@x", "c@x"], second)
        store.add_message_ids(["b@x"], first)
    assert store.tickets_with(["a@x", "b@x", "unknown@x"]) == {
        "a@x": first,
        "b@x": first,
    }
    assert store.tickets_with([]) == {}
    assert store.namesakes("b@x") == [second]
    assert store.namesakes("a@x") == []


def test_message_id_that_was_moved_has_one_ticket(store: Store) -> None:
    first, second = add_ticket(store), add_ticket(store)
    with store.transaction():
        store.add_message_ids(["a@x"], first)
        store.add_message_ids(["a@x"], second)
        store.move_message_id("a@x", second)
    assert store.tickets_with(["a@x"]) == {"a@x": second}
    assert store.namesakes("a@x") == []


def test_tickets_awaiting_a_message_are_found(store: Store) -> None:
    first, second = add_ticket(store), add_ticket(store)
    with store.transaction():
        store.add_awaited(["a@x", "b@x"], second)
        store.add_awaited(["a@x", "a@x"], first)
    assert store.tickets_awaiting("a@x") == [first, second]
    assert store.tickets_awaiting("b@x") == [second]
    assert store.tickets_awaiting("c@x") == []


def test_links_go_both_ways_once_and_never_to_oneself(store: Store) -> None:
    first, second, third = (add_ticket(store) for _ in range(3))
    with store.transaction():
        store.link(third, first)
        store.link(first, third)
        store.link(first, second)
        store.link(first, first)
    assert store.links(first) == [second, third]
    assert store.links(third) == [first]


# -- the out-tray --


def test_letter_with_a_known_key_is_queued_once(store: Store) -> None:
    first, again = queue(store, letter("ack:1"), letter("ack:1", raw=b"other"))
    assert again is None
    kept = store.outbound(first)
    assert kept is not None
    assert kept.raw == letter("ack:1").raw
    assert (kept.state, kept.attempts, kept.next_try) == (OutboundState.QUEUED, 0, NOW)
    assert store.outbound(99) is None  # type: ignore[arg-type]


def test_letter_comes_back_whole(store: Store) -> None:
    ticket = add_ticket(store)
    sent = letter(mail_from=None, rcpt_to=("a@x", "b@x"), ticket=ticket)
    [id] = queue(store, sent)
    kept = store.outbound(id)
    assert kept is not None
    for name in asdict(sent).keys() - {"not_before", "reasons"}:
        assert getattr(kept, name) == getattr(sent, name)
    assert (kept.reason, kept.sent_at) == (None, None)


def test_claim_takes_what_is_due_longest_due_first(store: Store) -> None:
    later, sooner, _future = queue(
        store,
        letter("a"),
        letter("b", not_before=NOW - HOUR),
        letter("c", not_before=NOW + timedelta(milliseconds=1)),
    )
    claimed = claim(store)
    assert [each.id for each in claimed] == [sooner, later]
    assert {each.state for each in claimed} == {OutboundState.SENDING}
    assert {each.attempts for each in claimed} == {1}
    assert claimed[0].raw == letter("b").raw
    assert claim(store) == []


def test_claim_takes_no_more_than_its_limit(store: Store) -> None:
    queue(store, *(letter(str(n)) for n in range(5)))
    assert [len(claim(store, limit=3)) for _ in range(3)] == [3, 2, 0]


def test_letter_whose_lease_ran_out_is_claimed_again(store: Store) -> None:
    queue(store, letter())
    [first] = claim(store)
    assert store.next_outbound_at() == NOW + MINUTE
    assert claim(store, NOW + MINUTE - timedelta(milliseconds=1)) == []
    [again] = claim(store, NOW + MINUTE)
    assert (again.id, again.attempts) == (first.id, 2)


def test_sent_letter_is_done(store: Store) -> None:
    [id] = queue(store, letter())
    claim(store)
    with store.transaction():
        store.record_sent(id, NOW + MINUTE, "250 ok")
        store.record_sent(id, NOW + HOUR, "250 again")
        store.record_deferred(id, NOW, "450 late")
        store.record_failed(id, NOW, "550 late")
        store.record_refused(id, NOW, {"jane@acme.example": "550"})
    kept = store.outbound(id)
    assert kept is not None
    assert (kept.state, kept.reason) == (OutboundState.SENT, "250 ok")
    assert (kept.sent_at, kept.next_try) == (NOW + MINUTE, None)
    assert claim(store, NOW + 9 * HOUR) == []
    assert store.next_outbound_at() is None


def test_deferred_letter_is_tried_again(store: Store) -> None:
    [id] = queue(store, letter())
    claim(store)
    with store.transaction():
        store.record_deferred(id, NOW + HOUR, "450 busy")
    kept = store.outbound(id)
    assert kept is not None
    assert (kept.state, kept.reason) == (OutboundState.DEFERRED, "450 busy")
    assert kept.next_try == store.next_outbound_at() == NOW + HOUR
    assert claim(store, NOW + MINUTE) == []
    assert [each.attempts for each in claim(store, NOW + HOUR)] == [2]


def test_failed_letter_stops_unless_the_relay_took_it_after_all(store: Store) -> None:
    [id] = queue(store, letter())
    claim(store)
    with store.transaction():
        store.record_failed(id, NOW, "550 no")
        store.record_deferred(id, NOW, "450 late")
    kept = store.outbound(id)
    assert kept is not None
    assert (kept.state, kept.reason) == (OutboundState.FAILED, "550 no")
    assert kept.sent_at is None
    assert claim(store, NOW + 9 * HOUR) == []
    with store.transaction():
        store.record_sent(id, NOW, "250 ok")
    kept = store.outbound(id)
    assert kept is not None
    assert kept.state is OutboundState.SENT


def test_recipient_who_was_served_is_never_served_again(store: Store) -> None:
    ticket = add_ticket(store)
    [id] = queue(
        store,
        letter(rcpt_to=("a@x", "b@x"), ticket=ticket, reasons={"a@x": "requester"}),
    )
    claim(store)
    with store.transaction():
        store.record_deferred(id, NOW + MINUTE, "450 b is busy", ["b@x"])
        # A worker whose lease had run out knows nothing of the first report.
        store.record_deferred(id, NOW + MINUTE, "450 both are busy", ["a@x", "b@x"])
    kept = store.outbound(id)
    assert kept is not None
    assert kept.rcpt_to == ("b@x",)
    assert [(r.address, r.state, r.why) for r in store.recipients(ticket)] == [
        ("a@x", OutboundState.SENT, "requester"),
        ("b@x", OutboundState.DEFERRED, ""),
    ]
    [line] = store.messages()
    assert line.to == ("a@x", "b@x")


def test_letter_served_by_two_workers_in_halves_is_sent(store: Store) -> None:
    [id] = queue(store, letter(rcpt_to=("a@x", "b@x")))
    claim(store)
    with store.transaction():
        store.record_deferred(id, NOW, "450", ["b@x"])
        store.record_deferred(id, NOW, "450", ["a@x"])
    kept = store.outbound(id)
    assert kept is not None
    assert (kept.state, kept.rcpt_to) == (OutboundState.SENT, ())


def test_refused_recipients_stop_and_the_others_go_on(store: Store) -> None:
    ticket = add_ticket(store)
    [id] = queue(store, letter(rcpt_to=("a@x", "b@x", "c@x"), ticket=ticket))
    claim(store)
    with store.transaction():
        store.record_refused(id, NOW, {"a@x": "550 unknown"})
        store.record_deferred(id, NOW, "450", ["c@x"])
    kept = store.outbound(id)
    assert kept is not None
    assert (kept.state, kept.rcpt_to) == (OutboundState.DEFERRED, ("c@x",))
    with store.transaction():
        store.record_refused(id, NOW + HOUR, {"c@x": "550 gone"})
    kept = store.outbound(id)
    assert kept is not None
    assert (kept.state, kept.sent_at) == (OutboundState.SENT, NOW + HOUR)
    assert kept.reason == "c@x: 550 gone"
    assert [receipt.state.value for receipt in store.recipients(ticket)] == [
        "FAILED",
        "SENT",
        "FAILED",
    ]


def test_letter_refused_for_everybody_has_failed(store: Store) -> None:
    [id] = queue(store, letter(rcpt_to=("a@x", "b@x")))
    claim(store)
    with store.transaction():
        store.record_refused(id, NOW, {"a@x": "550", "b@x": "551"})
    kept = store.outbound(id)
    assert kept is not None
    assert (kept.state, kept.reason) == (OutboundState.FAILED, "a@x: 550; b@x: 551")


@pytest.mark.parametrize(
    "record",
    [
        lambda store: store.record_sent(99, NOW, "250"),
        lambda store: store.record_deferred(99, NOW, "450"),
        lambda store: store.record_deferred(99, NOW, "450", ["a@x"]),
        lambda store: store.record_refused(99, NOW, {"a@x": "550"}),
        lambda store: store.record_failed(99, NOW, "550"),
    ],
)
def test_report_on_an_unknown_letter_is_an_error(store: Store, record: Any) -> None:
    with store.transaction(), pytest.raises(StoreError, match="99"):
        record(store)


def test_letters_are_counted_by_address_and_domain_since_an_instant(
    store: Store,
) -> None:
    queue(
        store,
        letter("a", created_at=NOW - MINUTE),
        letter("b", rcpt_to=("JANE@acme.example", "joe@acme.example")),
        letter("c", rcpt_to=("kim@büro.example",)),
        letter("d", letter="reply"),
    )

    def count(since: datetime = NOW, letter: str = "acknowledgement", **to: str) -> int:
        return store.count_outbound(letter, since, **to)

    assert count() == 2
    assert count(NOW - MINUTE) == 3
    assert count(NOW - MINUTE, address="Jane@Acme.example") == 2
    assert count(domain="ACME.example") == 1
    assert count(domain="xn--bro-hoa.example") == count(domain="büro.example") == 1
    assert count(address="nobody@acme.example") == 0
    assert count(letter="reply", address="jane@acme.example") == 1


def test_recipients_ledger_names_each_recipient_once(store: Store) -> None:
    ticket = add_ticket(store)
    first, second = queue(
        store,
        letter("a", rcpt_to=("jane@acme.example", "Jane@acme.example"), ticket=ticket),
        letter("b", ticket=ticket, letter="reply", created_at=NOW + MINUTE),
    )
    ledger = store.recipients(ticket)
    assert [(r.outbound, r.letter, r.at) for r in ledger] == [
        (first, "acknowledgement", NOW),
        (second, "reply", NOW + MINUTE),
    ]


# -- doors, ledgers, small facts --


def test_cursor_is_replaced(store: Store) -> None:
    first = Cursor(account="a", folder="INBOX", uidvalidity=2**32 - 1, uid=7, since=NOW)
    second = replace(first, uid=9, since=None)
    assert store.cursor("a", "INBOX") is None
    with store.transaction():
        store.save_cursor(first)
        store.save_cursor(replace(first, folder="Sent"))
    assert store.cursor("a", "INBOX") == first
    with store.transaction():
        store.save_cursor(second)
    assert store.cursor("a", "INBOX") == second
    assert store.cursor("a", "Sent") == replace(first, folder="Sent")


def test_ledger_lists_both_directions_oldest_first(store: Store) -> None:
    ticket = add_ticket(store)
    late = add_mail(store, received_at=NOW + MINUTE)
    early = add_mail(store, received_at=NOW - MINUTE)
    [out] = queue(store, letter(ticket=ticket))
    with store.transaction():
        store.finish_inbound(
            early,
            disposition=Disposition.NEW_TICKET,
            ticket=ticket,
            clue="new",
            message_id="a@b",
            sender="jane@acme.example",
            recipients=["help@desk.example", "joe@acme.example"],
            subject="Outage",
        )
    lines = store.messages()
    assert [(line.direction, line.id) for line in lines] == [
        ("in", early),
        ("out", out),
        ("in", late),
    ]
    first = lines[0]
    assert (first.at, first.message_id, first.sender) == (
        NOW - MINUTE,
        "a@b",
        "jane@acme.example",
    )
    assert first.to == ("help@desk.example", "joe@acme.example")
    assert (first.subject, first.ticket, first.disposition) == (
        "Outage",
        ticket,
        "NEW_TICKET",
    )
    assert lines[2].to == ("help@desk.example",)
    assert lines[2].disposition is None
    assert [line.id for line in store.messages(direction="in")] == [early, late]
    assert [line.id for line in store.messages(ticket=ticket)] == [early, out]
    assert [line.id for line in store.messages(disposition="NEW_TICKET")] == [early]
    assert [line.id for line in store.messages(limit=1, offset=1)] == [out]
    assert store.messages(disposition="NOTHING") == []
    assert store.messages(direction="out", disposition="NEW_TICKET") == []


def test_letter_being_sent_shows_what_it_was_before(store: Store) -> None:
    [id] = queue(store, letter())

    def shown() -> list[str | None]:
        [line] = store.messages()
        assert store.messages(disposition=line.disposition) == [line]
        return [line.disposition, line.reason]

    assert shown() == ["QUEUED", None]
    claim(store)
    assert shown() == ["QUEUED", None]
    with store.transaction():
        store.record_deferred(id, NOW, "450 busy")
    assert shown() == ["DEFERRED", "450 busy"]
    claim(store)
    assert shown() == ["DEFERRED", "450 busy"]
    with store.transaction():
        store.record_failed(id, NOW, "550 no")
    assert shown() == ["FAILED", "550 no"]
    with store.transaction():
        store.record_sent(id, NOW, "250 ok")
    assert shown() == ["SENT", "250 ok"]


def test_small_fact_is_replaced(store: Store, open_store: Any) -> None:
    with store.transaction():
        store.remember("plus:help@desk.example", "yes")
        store.remember("plus:help@desk.example", "no")
    assert open_store().recall("plus:help@desk.example") == "no"
    assert store.recall("nothing") is None


def test_budget_is_a_sliding_window_that_survives_a_restart(
    store: Store, open_store: Any
) -> None:
    def spend(at: datetime, budget: str = "ack:jane", by: Store = store) -> bool:
        with by.transaction():
            return by.spend(budget, at, HOUR, 2)

    assert spend(NOW)
    assert spend(NOW + MINUTE)
    assert not spend(NOW + 2 * MINUTE)
    assert spend(NOW + 2 * MINUTE, "ack:joe")
    again = open_store()
    assert not spend(NOW + HOUR - timedelta(milliseconds=1), by=again)
    assert spend(NOW + HOUR)
    assert not spend(NOW + HOUR)
    with store.transaction():
        assert not store.spend("nothing", NOW, HOUR, 0)


def test_a_letter_that_waits_is_withdrawn_and_never_claimed(store: Store) -> None:
    with store.transaction():
        id = store.add_outbound(letter("ack:1", not_before=NOW + MINUTE))
        assert store.withdraw_outbound("ack:1", "no longer wanted")
        assert not store.withdraw_outbound("ack:1", "again")
        assert not store.withdraw_outbound("ack:2", "there is none")
        assert store.claim_outbound(NOW + HOUR, MINUTE, 10) == []
        assert store.add_outbound(letter("ack:1")) is None
    assert id is not None
    kept = store.outbound(id)
    assert kept is not None
    assert (kept.state, kept.reason) == (OutboundState.FAILED, "no longer wanted")
    assert store.next_outbound_at() is None


def test_a_letter_that_somebody_sends_is_not_withdrawn(store: Store) -> None:
    with store.transaction():
        store.add_outbound(letter("ack:1"))
        (claimed,) = store.claim_outbound(NOW, MINUTE, 10)
        assert not store.withdraw_outbound("ack:1", "too late")
        store.record_deferred(claimed.id, NOW + MINUTE, "450 later")
        assert not store.withdraw_outbound("ack:1", "too late")
        (again,) = store.claim_outbound(NOW + HOUR, MINUTE, 10)
    assert again.id == claimed.id


def test_a_use_ahead_takes_no_present_use_away(store: Store) -> None:
    with store.transaction():
        assert store.spend("ack", NOW, HOUR, 1)
        for _ in range(3):
            store.spend("other", NOW, HOUR, 100, ahead=HOUR)
        assert store.spend("ack", NOW, HOUR, 1, ahead=HOUR)
        assert not store.spend("ack", NOW, HOUR, 1)
        assert not store.spend("ack", NOW, HOUR, 1, ahead=HOUR)
        assert not store.spend("ack", NOW + HOUR, HOUR, 1)
        assert store.spend("ack", NOW + 2 * HOUR, HOUR, 1)


def broken(metric: str, breached_at: datetime | None, **changes: Any) -> ClockRow:
    first = ClockRow(
        metric=metric,
        cycle=1,
        state="breached",
        target=HOUR,
        elapsed=HOUR,
        remaining=None,
        due=breached_at,
        fulfilled_at=None,
        breached_at=breached_at,
        started_at=NOW - HOUR,
    )
    return replace(first, **changes)


def test_breaches_of_a_time_are_listed_with_their_tickets(store: Store) -> None:
    first, spam, third = (
        add_ticket(store),
        add_ticket(store, spam=True),
        add_ticket(store, subject="Ink"),
    )
    with store.transaction():
        kept = broken("update", NOW, fulfilled_at=NOW + HOUR)
        store.save_clocks(first, [kept, broken("resolution", NOW - HOUR)])
        store.save_clocks(spam, [broken("update", NOW)])
        ahead = broken("resolution", None, state="running")
        store.save_clocks(third, [broken("first_reply", NOW - MINUTE), ahead])
    found = store.breaches(NOW - MINUTE, NOW + MINUTE)
    assert [(b.ticket.subject, b.metric, b.breached_at) for b in found] == [
        ("Ink", "first_reply", NOW - MINUTE),
        ("Outage", "update", NOW),
    ]
    assert [b.fulfilled_at for b in found] == [None, NOW + HOUR]
    assert store.breaches(NOW - MINUTE, NOW) == found[:1]


def test_lost_letters_are_those_that_failed_in_a_time(store: Store) -> None:
    one, two, gone, sent = queue(store, *(letter(key) for key in "abcd"))
    with store.transaction():
        store.withdraw_outbound("c", "another answered")
        store.claim_outbound(NOW, MINUTE, 10)
        store.record_refused(one, NOW, {"jane@acme.example": "550 no such user"})
        store.record_failed(two, NOW + HOUR, "gave up")
        store.record_sent(sent, NOW, "250 ok")
    assert gone is not None
    (lost,) = store.lost_letters(NOW, NOW + MINUTE)
    assert (lost.at, lost.letter, lost.to) == (
        NOW,
        "acknowledgement",
        ("jane@acme.example",),
    )
    assert (lost.subject, lost.reason) == (
        "We have it",
        "jane@acme.example: 550 no such user",
    )
    assert [
        each.reason for each in store.lost_letters(NOW + MINUTE, NOW + 2 * HOUR)
    ] == ["gave up"]


def test_tickets_that_rules_looked_at_in_a_time(store: Store) -> None:
    first, second = add_ticket(store), add_ticket(store)
    with store.transaction():
        for ticket, at in (
            (second, NOW),
            (first, NOW + MINUTE),
            (second, NOW + MINUTE),
        ):
            store.add_decision(
                ticket, at=at, on="opened", ruleset="r", facts={}, outcome={}
            )
    assert store.tickets_decided(NOW, NOW + HOUR) == [first, second]
    assert store.tickets_decided(NOW, NOW + MINUTE) == [second]
    assert store.tickets_decided(NOW + HOUR, NOW + 2 * HOUR) == []
