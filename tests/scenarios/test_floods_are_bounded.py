"""Caps on acknowledgements: what is dropped, what waits, who is exempt, what is recorded."""

import smtplib
from datetime import timedelta

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
FEW = '\n[limits]\nper_address = "2 per hour"\nper_domain = "3 per hour"\n'
STRANGERS = '\n[limits]\nstrangers = "10 per hour"\n'


@pytest.fixture
def small(make_desk):
    return make_desk(config=FEW)


def acknowledged(desk, domain):
    """How many acknowledgements people of a domain and below it have received."""
    return sum(
        to.endswith(domain) and mail["Auto-Submitted"] == "auto-replied"
        for _, to, mail in desk.outgoing()
    )


def suppressed(desk, number):
    """The reasons recorded on a ticket for letters to customers that were not written."""
    events = desk.app.store.events(number)
    silent = [event.data for event in events if event.kind == "suppressed"]
    return [data["reason"] for data in silent if data["letter"] != "escalation"]


def test_too_many_to_an_address_are_dropped_for_good_with_a_reason(small):
    for number in range(4):
        small.write(JANE, subject=f"{number}")
    small.pass_time(timedelta(hours=5))
    assert acknowledged(small, "customer.example") == 2
    assert suppressed(small, 1002) == []
    assert suppressed(small, 1003) == ["more than 2 acknowledgements to this address"]


def test_an_hour_later_an_address_is_acknowledged_again(small):
    for number in range(4):
        small.write(JANE, subject=f"{number}")
    small.pass_time(timedelta(hours=1))
    small.write(JANE, subject="later")
    assert acknowledged(small, "customer.example") == 3


def test_too_many_to_a_domain_wait_up_to_four_hours_and_no_longer(small):
    for number in range(20):
        small.write(f"p{number}@bank.example", proven=False)
    seen = [acknowledged(small, "bank.example")]
    for _ in range(6):
        small.pass_time(timedelta(hours=1))
        seen.append(acknowledged(small, "bank.example"))
    assert seen == [3, 6, 9, 12, 15, 15, 15]
    assert suppressed(small, 1015) == []
    assert suppressed(small, 1016) == ["more than 3 acknowledgements to this domain"]


def test_names_invented_below_a_domain_share_its_budget(small):
    for number in range(8):
        small.write(f"me@host{number}.bank.example", proven=False)
    assert acknowledged(small, "bank.example") == 3


def test_proven_senders_are_exempt_from_the_domains_budget(small):
    for number in range(8):
        small.write(f"p{number}@customer.example")
    assert acknowledged(small, "customer.example") == 8


def test_customer_whom_an_agent_has_answered_is_exempt_unproven_too(small):
    small.write(JANE, proven=False)
    small.answer(ANN, "Use water.")
    for number in range(5):
        small.write(f"p{number}@customer.example", proven=False)
    small.write(JANE, subject="Another", proven=False)
    assert len(small.received("jane@customer.example")) == 3


def test_customer_whom_nobody_has_answered_is_not(small):
    small.write(JANE, proven=False)
    for number in range(5):
        small.write(f"p{number}@customer.example", proven=False)
    small.write(JANE, subject="Another", proven=False)
    assert len(small.received("jane@customer.example")) == 1


def test_bomb_with_a_domain_for_each_sender_is_bounded_where_that_is_asked(make_desk):
    desk = make_desk(config=STRANGERS)
    with smtplib.SMTP("127.0.0.1", desk.port, timeout=60) as client:
        for number in range(200):
            raw = (
                f"From: v@domain{number}.example\r\nTo: support@acme.example\r\n"
                f"Subject: pills {number}\r\nMessage-ID: <{number}@evil.example>\r\n\r\nx\r\n"
            )
            client.sendmail("x@evil.example", ["support@acme.example"], raw)
    desk.work()
    assert len(desk.tickets()) == 200
    assert acknowledged(desk, ".example") == 10
    desk.write(JANE, subject="A real question")
    assert len(desk.received("jane@customer.example")) == 1
    for _ in range(6):
        desk.pass_time(timedelta(hours=1))
    assert acknowledged(desk, ".example") == 50 + 1
    assert suppressed(desk, 1200) == ["more than 10 acknowledgements to strangers"]


def test_mail_that_waited_longer_than_a_day_is_not_acknowledged(desk):
    with smtplib.SMTP("127.0.0.1", desk.port, timeout=10) as client:
        raw = (
            f"From: {JANE}\r\nTo: support@acme.example\r\nSubject: Old\r\n\r\nHelp!\r\n"
        )
        client.sendmail("jane@customer.example", ["support@acme.example"], raw)
    desk.pass_time(timedelta(days=1, seconds=1))
    desk.work()
    assert desk.received("jane@customer.example") == []
    assert suppressed(desk, 1001) == ["received too long ago"]


@pytest.mark.parametrize(
    ("headers", "reverse_path", "reason"),
    [
        ("Auto-Submitted: auto-generated\r\n", None, "automatic mail"),
        ("Precedence: bulk\r\n", None, "automatic mail"),
        ("List-Id: <l.example>\r\n", None, "automatic mail"),
        ("X-Auto-Response-Suppress: All\r\n", None, "automatic mail"),
        ("Auto-Submitted: auto-notified\r\n", None, "automatic mail"),
        ("X-Spam-Flag: YES\r\n", None, "spam"),
        ("", "", "automatic mail: null reverse-path"),
    ],
)
def test_each_silence_has_its_reason(desk, headers, reverse_path, reason):
    desk.write(JANE, headers=headers, reverse_path=reverse_path)
    assert len(desk.tickets()) == 1
    assert desk.received("jane@customer.example") == []
    assert suppressed(desk, 1001)[0].startswith(reason)


def test_state_is_told_five_times_an_hour_and_then_the_silence_is_recorded(desk):
    desk.write(JANE)
    for _ in range(7):
        desk.answer(JANE, "status")
    assert len(desk.received("jane@customer.example")) == 1 + 5
    assert suppressed(desk, 1001) == ["asked too often in this hour"] * 2
