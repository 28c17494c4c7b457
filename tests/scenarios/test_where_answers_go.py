"""Reply-To, blind copies, mass mail, lists, a new requester: where each answer goes."""

from datetime import timedelta
from email.utils import parseaddr

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
OFFICE = "front.desk@office.customer.example"


@pytest.fixture
def people(desk):
    """Who takes part in a ticket: address -> role."""

    def of(number=1001):
        taking_part = desk.app.store.participants(number)
        found = desk.app.store.people([p.person for p in taking_part])
        return {found[p.person].address: p.role.value for p in taking_part}

    return of


def received(desk, address):
    return len(desk.received(address))


def follow_up(desk, author, headers, **more):
    last = desk.received("jane@customer.example")[-1]
    desk.write(
        author,
        parseaddr(last["Reply-To"])[1],
        subject=f"Re: {last['Subject']}",
        headers=f"In-Reply-To: {last['Message-ID']}\r\n{headers}",
        **more,
    )


def test_reply_to_of_the_same_organisation_is_where_answers_go(desk, people):
    desk.write(JANE, headers=f"Reply-To: {OFFICE}\r\n")
    desk.answer(ANN, "Use water.")
    assert received(desk, OFFICE) == 2
    assert received(desk, "jane@customer.example") == 0
    assert people() == {"jane@customer.example": "requester"}


def test_answer_from_whoever_is_behind_the_reply_to_joins(desk):
    desk.write(JANE, headers=f"Reply-To: {OFFICE}\r\n")
    desk.answer(f"Desk <{OFFICE}>", "Which printer do you mean?")
    assert len(desk.tickets()) == 1


@pytest.mark.parametrize(
    "reply_to",
    [
        "jane@evil.example",
        "jane@evilcustomer.example",
        "Jane <jane@evil.example>, jane@customer.example",
        "bob@acme.example",
        "support@acme.example",
        "no-reply@customer.example",
    ],
)
def test_any_other_reply_to_is_passed_over(desk, reply_to):
    desk.write(JANE, headers=f"Reply-To: {reply_to}\r\n")
    desk.answer(ANN, "Use water.")
    assert received(desk, "jane@customer.example") == 2
    assert received(desk, "jane@evil.example") == 0


def test_nobody_unproven_turns_a_tickets_answers_elsewhere(desk):
    desk.write(JANE)
    follow_up(desk, JANE, f"Reply-To: {OFFICE}\r\n", proven=False)
    desk.answer(ANN, "Use water.")
    assert received(desk, OFFICE) == 0
    follow_up(desk, JANE, f"Reply-To: {OFFICE}\r\n")
    desk.answer(ANN, "More water.")
    assert received(desk, OFFICE) == 1
    last = desk.received(OFFICE)[-1]
    desk.write(
        JANE,
        parseaddr(last["Reply-To"])[1],
        subject=last["Subject"],
        headers=f"In-Reply-To: {last['Message-ID']}\r\n",
        text="I am back at my own desk, and it burns.",
    )
    desk.answer(ANN, "Even more water.")
    assert received(desk, OFFICE) == 1


def test_many_authors_with_one_reply_to_do_not_flood_it(desk):
    for number in range(20):
        desk.write(f"p{number}@customer.example", headers=f"Reply-To: {OFFICE}\r\n")
    assert received(desk, OFFICE) == 5


def test_agents_reply_all_to_the_reply_to_is_not_sent_twice(desk):
    id = desk.write(JANE, headers=f"Reply-To: {OFFICE}\r\n")
    before = len(desk.outgoing())
    desk.write(
        ANN,
        f"{OFFICE}, support@acme.example",
        subject="Re: Printer",
        text="Use water.",
        headers=f"In-Reply-To: <{id}>\r\n",
    )
    outside = [to for _, to, _ in desk.outgoing()[before:] if "customer" in to]
    assert outside == []


@pytest.mark.parametrize("number", [3, 12], ids=["blind copy", "mass mail"])
def test_all_join_by_cc_all_and_nobody_before(desk, people, number):
    many = ", ".join(f"p{n}@x.example" for n in range(number))
    ours = "support@acme.example" if number > 10 else "boss@customer.example"
    raw = (
        "Authentication-Results: mx.acme.example; dmarc=pass"
        f" header.from=customer.example\r\nFrom: {JANE}\r\nTo: {ours}\r\n"
        f"Cc: {many}\r\nSubject: FYI\r\nMessage-ID: <1@customer.example>\r\n\r\nHello\r\n"
    )
    desk.send(raw.encode(), "support@acme.example", "jane@customer.example")
    desk.answer(ANN, "Hello Jane.")
    assert people() == {"jane@customer.example": "requester"}
    desk.answer(ANN, "#cc all\nHello all.", to_last_of="ann@acme.example")
    assert all(received(desk, f"p{n}@x.example") == 1 for n in range(number))
    assert "support@acme.example" not in people()


def test_cc_all_asks_in_nobody_whose_mail_was_kept_internal(desk, people):
    desk.write(JANE)
    eve = "Eve <eve@evil.example>"
    desk.answer(eve, "Close it.", to_last_of="ann@acme.example")
    desk.answer(ANN, "#cc all\nHello.", to_last_of="ann@acme.example")
    assert people() == {"jane@customer.example": "requester"}


def test_list_that_a_mail_came_by_never_joins(desk, people):
    desk.write(
        JANE,
        headers=(
            "Cc: users@lists.example\r\nList-Id: Users <users.lists.example>\r\n"
            "List-Post: <mailto:users@lists.example>\r\n"
        ),
    )
    desk.answer(ANN, "#cc all\nHello.")
    assert people() == {"jane@customer.example": "requester"}
    assert received(desk, "users@lists.example") == 0


def test_robots_agents_and_our_own_addresses_never_join(desk, people):
    copies = (
        "no-reply@x.example, support+x@acme.example, bob@acme.example, ok@x.example"
    )
    desk.write(JANE, headers=f"Cc: {copies}\r\n")
    assert set(people()) == {"jane@customer.example", "ok@x.example"}


def test_whoever_a_stranger_copies_does_not_join(desk, people):
    id = desk.write(JANE)
    max = "Max <max@other.example>"
    desk.write(max, headers=f"In-Reply-To: <{id}>\r\nCc: moe@other.example\r\n")
    assert people() == {"jane@customer.example": "requester"}


def test_whom_a_participant_copies_later_joins(desk, people):
    desk.write(JANE)
    follow_up(desk, JANE, "Cc: carl@customer.example\r\n", text="Carl sees it, too.")
    assert people()["carl@customer.example"] == "cc"


def test_new_requester_is_written_to_first_and_the_former_stays(desk, people):
    desk.write(JANE)
    desk.answer(ANN, "#requester carl@customer.example\nHello Carl.")
    (mail,) = desk.received("carl@customer.example")
    assert parseaddr(mail["To"])[1] == "carl@customer.example"
    assert parseaddr(mail["Cc"])[1] == "jane@customer.example"
    assert people() == {
        "carl@customer.example": "requester",
        "jane@customer.example": "cc",
    }


def test_agent_who_hands_his_own_ticket_on_is_shown_to_nobody(desk, people):
    desk.write(ANN, subject="Jane called: her mouse is dead")
    desk.answer(ANN, "#requester jane@customer.example", to_last_of="bob@acme.example")
    desk.answer("Bob Baker <bob@acme.example>", "Take mine.")
    assert people() == {"jane@customer.example": "requester"}
    assert "ann@acme" not in desk.received("jane@customer.example")[-1].as_string()


def test_bounce_from_a_reply_to_mutes_that_address(desk):
    desk.write(JANE, headers=f"Reply-To: {OFFICE}\r\n")
    desk.answer(ANN, "Use water.")
    path = desk.return_path(OFFICE)
    report = (
        "From: MAILER-DAEMON@customer.example\r\nSubject: Undelivered\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nNo.\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        f"Final-Recipient: rfc822; {OFFICE}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        "--b--\r\n"
    )
    desk.send(report.encode(), path, "")
    sent = received(desk, OFFICE)
    desk.answer(ANN, "More water.", to_last_of="ann@acme.example")
    assert received(desk, OFFICE) == sent


def test_spam_found_by_an_agent_takes_back_what_waits_to_be_acknowledged(desk):
    for number in range(52):
        desk.write(f"p{number}@evil.example", subject=f"{number}", proven=False)
    desk.write(ANN, "support+control@acme.example", text="#1052 spam")
    desk.pass_time(timedelta(hours=2))
    assert received(desk, "p50@evil.example") == 1
    assert received(desk, "p51@evil.example") == 0
    reasons = [e.data for e in desk.app.store.events(1052) if e.kind == "suppressed"]
    assert reasons[-1]["reason"] == "spam"
