"""Mails arrive in any order; the ticket is the same."""

from itertools import permutations

import pytest

JANE = "Jane Doe <jane@customer.example>"
CARL = "Carl <carl@customer.example>"
MAX = "Max <max@other.example>"
MAILS = {
    "original": (JANE, "Cc: carl@customer.example\r\n", "It is on fire."),
    "copied": (CARL, "In-Reply-To: <original@x.example>\r\n", "Mine too."),
    "stranger": (MAX, "In-Reply-To: <original@x.example>\r\n", "And mine."),
}


def deliver(desk, order):
    for name in order:
        author, headers, text = MAILS[name]
        desk.write(author, headers=headers, text=text, message_id=f"{name}@x.example")


def test_authors_of_late_original_becomes_the_requester(desk):
    deliver(desk, ["copied", "original"])
    ticket = desk.ticket()
    person = desk.app.store.people([ticket.requester])[ticket.requester]
    assert person.address == "jane@customer.example"
    assert len(desk.tickets()) == 1


@pytest.mark.parametrize(
    "order", list(permutations(["original", "copied"])), ids="-".join
)
def test_any_order_gives_the_same_participants_and_comments(desk, order):
    deliver(desk, order)
    people = desk.app.store.people(p.person for p in desk.app.store.participants(1001))
    roles = {
        people[p.person].address: p.role for p in desk.app.store.participants(1001)
    }
    assert roles == {
        "jane@customer.example": "requester",
        "carl@customer.example": "cc",
    }
    texts = {comment.text for comment in desk.app.store.comments(1001)}
    assert texts == {"It is on fire.", "Mine too."}


def test_stranger_who_answered_first_takes_no_part_afterwards(desk):
    deliver(desk, ["stranger", "original"])
    people = desk.app.store.people(p.person for p in desk.app.store.participants(1001))
    assert {p.address for p in people.values()} == {
        "jane@customer.example",
        "carl@customer.example",
    }


def test_answers_of_two_people_to_a_lost_original_are_only_linked(desk):
    deliver(desk, ["copied", "stranger"])
    assert len(desk.tickets()) == 2
    assert desk.app.store.links(1001) == [1002]


def test_policy_is_that_of_the_original(make_desk):
    desk = make_desk(
        rules=(
            '[policy.gold]\nfirst_reply = "1h"\n[policy.plain]\ndefault = true\n'
            'first_reply = "8h"\n[[rule]]\nname = "Gold"\n'
            'from = ["jane@customer.example"]\npolicy = "gold"\n'
        )
    )
    deliver(desk, ["copied", "original"])
    assert desk.ticket().policy == "gold"
