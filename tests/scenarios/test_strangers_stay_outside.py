"""Strangers who guess, forge and copy: they get nothing, and take nothing over."""

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
CARL = "Carl <carl@customer.example>"
MALLORY, MALLORYS = "Mallory <mallory@evil.example>", "mallory@evil.example"


def people(desk, ticket=1001):
    """Return who takes part in a ticket: address -> role."""
    store = desk.app.store
    taking_part = store.participants(ticket)
    known = store.people(p.person for p in taking_part)
    return {known[p.person].address: str(p.role) for p in taking_part}


def secret_stays_inside(desk, ticket=1001):
    """Let Ann answer Jane, and check that Mallory hears nothing of it."""
    desk.answer(ANN, "The code is 4711.", to_last_of="jane@customer.example")
    told = [mail.as_string() for mail in desk.received(MALLORYS)]
    assert not [mail for mail in told if "4711" in mail]
    assert MALLORYS not in people(desk, ticket)


def test_number_in_the_subject_lets_no_stranger_join(desk):
    desk.write(JANE)
    desk.write(MALLORY, subject="Re: Printer [#1001]")
    assert len(desk.tickets()) == 2
    desk.answer(ANN, "The code is 4711.", to_last_of="jane@customer.example")
    assert not [m for m in desk.received(MALLORYS) if "4711" in m.as_string()]


@pytest.mark.parametrize(
    "guess", ["support+1001@acme.example", "support+1001.c1@acme.example"]
)
def test_number_in_the_address_lets_no_stranger_join(desk, guess):
    desk.write(JANE)
    desk.write(MALLORY, guess)
    assert len(desk.tickets()) == 2


def test_made_up_message_id_of_ours_lets_no_stranger_join(desk):
    desk.write(JANE)
    ours = desk.received("jane@customer.example")[-1]["Message-ID"].strip("<>")
    ticket, who, mac, rest = ours.split(".", 3)
    forged = f"{ticket}.{who}.{mac[::-1]}.{rest}"
    desk.write(MALLORY, headers=f"In-Reply-To: <{forged}>\r\n")
    assert desk.ledger()[-1].ticket != 1001


def test_stranger_who_knows_a_message_id_joins_and_receives_nothing(desk):
    id = desk.write(JANE)
    desk.write(MALLORY, headers=f"References: <{id}>\r\nCc: eve@evil.example\r\n")
    assert people(desk) == {"jane@customer.example": "requester"}
    assert desk.received(MALLORYS) == []
    secret_stays_inside(desk)
    assert desk.received("eve@evil.example") == []


def test_stranger_does_not_take_a_ticket_over_by_an_answered_message_id(desk):
    id = desk.write(JANE, headers="Cc: carl@customer.example\r\n")
    desk.write(CARL, headers=f"In-Reply-To: <{id}>\r\n", text="Mine too.")
    desk.write(MALLORY, text="I am the original.", message_id=id)
    assert "jane@customer.example" in people(desk)
    assert MALLORYS not in people(desk)
    assert desk.ledger()[-1].ticket != 1001


def test_stranger_does_not_take_a_ticket_over_by_a_message_id_of_ours(desk):
    desk.write(JANE)
    desk.answer(JANE, "Hello? It is still on fire.")
    ours = desk.received("jane@customer.example")[-1]["Message-ID"].strip("<>")
    desk.write(MALLORY, text="I am the original.", message_id=ours)
    assert people(desk) == {"jane@customer.example": "requester"}
    assert desk.ledger()[-1].ticket != 1001


def test_stranger_does_not_take_a_ticket_over_by_his_own_two_mails(desk):
    id = desk.write(JANE)
    desk.write(MALLORY, headers=f"References: <{id}> <trap@evil.example>\r\n")
    desk.write(MALLORY, text="I am the original.", message_id="trap@evil.example")
    assert people(desk) == {"jane@customer.example": "requester"}
    secret_stays_inside(desk)


def test_customers_reply_stays_on_his_ticket_after_his_message_id_is_reused(desk):
    id = desk.write(JANE)
    desk.write(MALLORY, text="Buy this.", message_id=id)
    desk.write(JANE, headers=f"In-Reply-To: <{id}>\r\n", text="Hello?")
    assert desk.ledger()[-1].ticket == 1001
    assert people(desk, 1002) == {MALLORYS: "requester"}


def test_customers_reply_goes_on_his_ticket_when_his_message_id_came_before_him(desk):
    desk.write(MALLORY, text="Buy this.", message_id="mine@customer.example")
    desk.write(JANE, message_id="mine@customer.example")
    desk.write(JANE, headers="In-Reply-To: <mine@customer.example>\r\n", text="Hello?")
    assert desk.ledger()[-1].ticket == 1002


def test_people_in_a_strangers_to_and_cc_take_no_part(desk):
    id = desk.write(JANE)
    desk.write(
        MALLORY,
        "support@acme.example, eve@evil.example",
        headers=f"In-Reply-To: <{id}>\r\nCc: oscar@evil.example\r\n",
    )
    assert people(desk) == {"jane@customer.example": "requester"}


@pytest.mark.parametrize(
    "alike",
    [
        "Jane Doe <jane@customer.example.evil.example>",
        '"jane@customer.example" <mallory@evil.example>',
        "Jane Doe <jane@custorner.example>",
    ],
)
def test_look_alike_of_a_participant_is_a_stranger(desk, alike):
    desk.write(JANE)
    desk.write(alike, subject="Re: Printer [#1001]")
    assert desk.ledger()[-1].ticket == 1002
    id = desk.write(JANE, subject="Another")
    desk.write(alike, headers=f"In-Reply-To: <{id}>\r\n")
    assert people(desk, 1003) == {"jane@customer.example": "requester"}


def test_stranger_does_not_take_a_ticket_over_by_guessing_its_thread(desk):
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    desk.write(MALLORY, message_id="thread.1001@acme.example")
    assert people(desk) == {"jane@customer.example": "requester"}
    desk.write(MALLORY, headers="In-Reply-To: <thread.1001@acme.example>\r\n")
    assert {line.ticket for line in desk.ledger()[-2:]} == {1002}
