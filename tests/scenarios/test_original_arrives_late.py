"""Mails arrive in any order; the ticket is the same."""

from datetime import timedelta
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


@pytest.mark.parametrize(
    "order", list(permutations(["original", "copied", "stranger"])), ids="-".join
)
def test_answers_of_two_people_join_the_original_in_any_order(desk, order):
    deliver(desk, order)
    (ticket,) = [t for t in desk.tickets() if t.merged_into is None]
    assert ticket.subject == "Printer"
    store = desk.app.store
    people = store.people(p.person for p in store.participants(ticket.id))
    assert {p.address for p in people.values()} == {
        "jane@customer.example",
        "carl@customer.example",
    }
    assert people[ticket.requester].address == "jane@customer.example"
    desk.pass_time(timedelta(minutes=6))
    acks = {to: len(desk.received(to)) for to in desk.everybody() if "acme" not in to}
    assert acks == {"jane@customer.example": 1}


def test_subject_and_mailbox_are_those_of_the_original(make_desk):
    desk = make_desk(config='\n[[mailbox]]\naddress = "sales.support@acme.example"\n')
    desk.write(
        CARL, subject="Re: Fire", headers="In-Reply-To: <original@x.example>\r\n"
    )
    desk.write(
        JANE,
        "sales.support@acme.example",
        subject="Fire",
        message_id="original@x.example",
    )
    assert desk.ticket().subject == "Fire"
    assert desk.ticket().mailbox == "sales.support@acme.example"


def test_subject_that_an_agent_gave_stays(desk):
    deliver(desk, ["copied"])
    desk.answer("Ann Archer <ann@acme.example>", "#subject Fire")
    deliver(desk, ["original"])
    assert desk.ticket().subject == "Fire"


def test_requester_whom_an_agent_named_stays(desk):
    deliver(desk, ["copied"])
    desk.answer("Ann Archer <ann@acme.example>", "#requester max@other.example")
    deliver(desk, ["original"])
    person = desk.app.store.people([desk.ticket().requester])
    assert [p.address for p in person.values()] == ["max@other.example"]


def test_answered_tickets_are_linked_when_the_original_comes(desk):
    deliver(desk, ["copied"])
    desk.answer("Ann Archer <ann@acme.example>", "Use water.")
    deliver(desk, ["stranger"])
    desk.answer("Ann Archer <ann@acme.example>", "Use foam.")
    deliver(desk, ["original"])
    assert len(desk.tickets()) == 2
    assert desk.app.store.links(1001) == [1002]
    assert desk.ledger()[-1].ticket == 1001


def test_answer_on_a_ticket_that_joins_counts_on_the_other(desk):
    deliver(desk, ["copied", "stranger"])
    desk.answer("Ann Archer <ann@acme.example>", "Use foam.")
    deliver(desk, ["original"])
    assert desk.ticket(1002).merged_into == 1001
    assert desk.ticket().answered
    assert desk.clock_of("first_reply").state == "achieved"


def test_original_that_answers_an_older_mail_is_an_original_all_the_same(desk):
    chain = "<lost@x.example> <middle@x.example>"
    desk.write(JANE, text="Second.", headers=f"References: {chain}\r\n")
    desk.write(
        CARL,
        text="First.",
        headers="In-Reply-To: <lost@x.example>\r\n",
        message_id="middle@x.example",
    )
    person = desk.app.store.people([desk.ticket().requester])
    assert [p.address for p in person.values()] == ["carl@customer.example"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_answers_to_a_lost_mail_join_only_with_the_same_chain(desk, order):
    mails = [
        (CARL, "In-Reply-To: <lost@x.example>\r\n", "c@x.example"),
        (JANE, "In-Reply-To: <lost@x.example>\r\n", "j@x.example"),
        (
            JANE,
            "In-Reply-To: <c@x.example>\r\nReferences: <lost@x.example> <c@x.example>\r\n",
            "k@x.example",
        ),
    ]
    for number in order:
        author, headers, id = mails[number]
        desk.write(author, headers=headers, message_id=id)
    place = {line.message_id: line.ticket for line in desk.ledger()}
    assert place["c@x.example"] == place["k@x.example"] != place["j@x.example"]


def test_agents_mail_that_arrives_after_its_answer_opened_the_ticket(desk):
    reply = "In-Reply-To: <agents@acme.example>\r\n"
    desk.write(JANE, headers=reply + "Cc: carl@customer.example\r\n")
    desk.write(
        "Ann Archer <ann@acme.example>",
        "Frank <frank@other.example>, Jane Doe <jane@customer.example>,"
        " support@acme.example",
        subject="Offer",
        text="What do you think?",
        message_id="agents@acme.example",
    )
    store = desk.app.store
    people = store.people(p.person for p in store.participants(1001))
    assert {p.address for p in people.values()} == {
        "frank@other.example",
        "jane@customer.example",
        "carl@customer.example",
    }
    assert people[desk.ticket().requester].address == "frank@other.example"
    desk.pass_time(timedelta(minutes=6))
    assert desk.everybody() == {"ann@acme.example", "bob@acme.example"}


def test_agents_late_original_is_told_to_who_has_not_heard_of_the_ticket(desk):
    desk.write(
        "Bob Baker <bob@acme.example>",
        subject="Fwd: Re: Offer",
        text=(
            "See below.\n\n---------- Forwarded message ---------\n"
            "From: Jane Doe <jane@customer.example>\n"
            "Date: Mon, 23 Nov 2026 at 10:00\nSubject: Re: Offer\n"
            "To: Bob Baker <bob@acme.example>\n\nI like it.\n"
        ),
        headers="References: <agents@acme.example>\r\n",
    )
    assert desk.received("bob@acme.example") == []
    desk.write(
        "Ann Archer <ann@acme.example>",
        "Jane Doe <jane@customer.example>, support@acme.example",
        subject="Offer",
        text="What do you think?",
        message_id="agents@acme.example",
    )
    (told,) = desk.received("bob@acme.example")
    assert "What do you think?" in told.as_string()


def test_those_whom_a_late_participant_copied_before_take_part(desk):
    id = desk.write(JANE)
    headers = f"In-Reply-To: <{id}>\r\n"
    desk.write(CARL, headers=headers + "Cc: max@other.example\r\n")
    assert len(desk.app.store.participants(1001)) == 1
    desk.write(JANE, headers=headers + "Cc: carl@customer.example\r\n")
    assert len(desk.app.store.participants(1001)) == 3


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
