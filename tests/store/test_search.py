"""Full-text search over messages, and the newest lines of the ledger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival, NewComment, Store
from mailroom.ticket.model import Disposition, Ticket

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def add(store: Store, subject: str, *texts: str) -> Any:
    with store.transaction():
        jane = store.person_for("jane@acme.example")
        id = store.add_ticket(
            Ticket(
                id=0,  # type: ignore[arg-type]
                subject=subject,
                mailbox="help@desk.example",
                requester=jane,
                created_at=NOW,
                updated_at=NOW,
            )
        )
        for text in texts:
            store.add_comment(
                NewComment(ticket=id, at=NOW, author=jane, public=True, text=text)
            )
    return id


def tickets(store: Store, text: str) -> list[int]:
    return [hit.ticket for hit in store.search(text, 10)]


def test_a_message_is_found_by_its_words_in_any_case_and_accent(store: Store) -> None:
    first = add(store, "Printer", "The Café is closed")
    add(store, "Printer", "Something else")
    assert tickets(store, "cafe CLOSED") == [first]


def test_a_message_is_found_by_its_subject_also_after_a_change(store: Store) -> None:
    first = add(store, "Printer on fire", "Help", "Hurry")
    assert tickets(store, "fire") == [first, first]
    with store.transaction():
        found = store.ticket(first)
        assert found is not None
        store.save_ticket(replace(found, subject="Toaster"), None)
    assert tickets(store, "fire") == []
    assert tickets(store, "toast") == [first, first]


def test_the_last_word_may_be_a_beginning(store: Store) -> None:
    first = add(store, "x", "invoices of November")
    assert tickets(store, "november invo") == [first]
    assert tickets(store, "inv november") == []


@pytest.mark.parametrize(
    "text", ['"', "a AND", "NEAR(", "text:x", "*", "'; --", "x\x00y", "(", "-", "^a"]
)
def test_no_input_is_a_faulty_query(store: Store, text: str) -> None:
    add(store, "x", "y")
    assert isinstance(store.search(text, 10), list)


def test_hits_come_newest_first_and_go_on_behind_one(store: Store) -> None:
    ids = [add(store, "x", "word") for _ in range(5)]
    first = store.search("word", 2)
    assert [hit.ticket for hit in first] == ids[:2:-1]
    rest = store.search("word", 10, before=first[-1].comment)
    assert [hit.ticket for hit in rest] == ids[2::-1]


def test_found_words_are_marked(store: Store) -> None:
    add(store, "x", "the word is here")
    assert store.search("word", 1)[0].excerpt == "the \x02word\x03 is here"


def test_the_newest_messages_come_first(store: Store) -> None:
    arrivals = [
        Arrival(
            door="smtp",
            envelope=Envelope(mail_from="a@b.example", rcpt_to=()),
            raw=b"x",
            received_at=NOW + timedelta(seconds=n),
        )
        for n in range(4)
    ]
    with store.transaction():
        ids = [id for id in store.add_inbound(arrivals) if id is not None]
        store.finish_inbound(ids[1], disposition=Disposition.QUARANTINED)
    assert [line.id for line in store.latest_messages("in", 2)] == ids[:1:-1]
    older = store.latest_messages("in", 9, before=ids[2])
    assert [line.id for line in older] == ids[1::-1]
    held = store.latest_messages("in", 9, disposition="QUARANTINED")
    assert [line.id for line in held] == [ids[1]]
    assert store.latest_messages("out", 9) == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("昨天开始登录页面打不开，请帮忙。", "登录"),
        ("昨天开始登录页面打不开，请帮忙。", "登录页面 帮"),
        ("ログインできません。お願いします", "ログイン"),
        ("어제부터 로그인이 안 됩니다", "로그인"),
        ("ใช้งานเครื่องพิมพ์ไม่ได้", "เครื่องพิมพ์"),
        ("Acme登录error 404", "acme登录 error"),
    ],
)
def test_scripts_without_spaces_are_searched_inside(
    store: Store, text: str, asked: str
) -> None:
    first = add(store, "x", text)
    add(store, "x", "别的事情 他の件 다른 일 เรื่องอื่น")
    assert tickets(store, asked) == [first]
    excerpt = store.search(asked, 1)[0].excerpt
    assert excerpt.replace("\x02", "").replace("\x03", "").strip("…") in text


def test_characters_in_another_order_are_not_found(store: Store) -> None:
    add(store, "x", "录登页面")
    assert tickets(store, "登录") == []


def test_spaceless_subject_is_found_also_after_a_change(store: Store) -> None:
    first = add(store, "打印机着火", "Help", "快点")
    assert tickets(store, "着火") == [first, first]
    with store.transaction():
        found = store.ticket(first)
        assert found is not None
        store.save_ticket(replace(found, subject="烤面包机"), None)
    assert tickets(store, "着火") == []
    assert tickets(store, "面包") == [first, first]
    with store.transaction():
        store.save_ticket(replace(found, subject="Toaster"), None)
    assert tickets(store, "面包") == []
    assert tickets(store, "快点") == [first]
