"""Who is acknowledged does not depend on which mail comes first."""

from datetime import timedelta

import pytest

JANE, CARL = "Jane Doe <jane@customer.example>", "Carl <carl@customer.example>"
ORIGINAL = "original@customer.example"


def original(desk):
    """Jane's mail."""
    desk.write(JANE, "support@acme.example, carl@customer.example", message_id=ORIGINAL)


def reply(desk, author=CARL, subject="Re: Printer"):
    """A reply to Jane's mail."""
    desk.write(
        author,
        subject=subject,
        text="I agree with Jane.",
        headers=f"In-Reply-To: <{ORIGINAL}>\r\n",
    )


@pytest.mark.parametrize("order", [[original, reply], [reply, original]])
def test_original_alone_is_acknowledged_in_either_order(desk, order):
    for step in order:
        step(desk)
    desk.pass_time(timedelta(minutes=6))
    assert len(desk.received("jane@customer.example")) == 1
    assert desk.received("carl@customer.example") == []


def test_reply_to_a_mail_that_never_comes_is_acknowledged_after_five_minutes(desk):
    reply(desk)
    desk.pass_time(timedelta(minutes=4))
    assert desk.received("carl@customer.example") == []
    desk.pass_time(timedelta(minutes=1))
    assert len(desk.received("carl@customer.example")) == 1


def test_withdrawn_acknowledgement_is_an_event_with_its_reason(desk):
    reply(desk)
    original(desk)
    events = desk.app.store.events(1001)
    reasons = [e.data["reason"] for e in events if e.kind == "suppressed"]
    assert "the mail that it answers has arrived" in reasons


def test_original_that_comes_late_is_acknowledged_as_well(desk):
    reply(desk)
    desk.pass_time(timedelta(minutes=10))
    original(desk)
    assert len(desk.received("jane@customer.example")) == 1
    assert len(desk.received("carl@customer.example")) == 1


def test_own_reply_before_the_own_original_is_acknowledged_once(desk):
    reply(desk, JANE)
    original(desk)
    desk.pass_time(timedelta(minutes=6))
    assert len(desk.received("jane@customer.example")) == 1


def test_answer_to_a_mail_that_we_know_is_not_kept_waiting(desk):
    desk.write(JANE, message_id=ORIGINAL)
    desk.write(CARL, subject="Another thing")
    assert len(desk.received("carl@customer.example")) == 1


def forward(desk):
    """An agent passes on a reply to Jane's mail that has not come by itself."""
    desk.write(
        "Ann Archer <ann@acme.example>",
        subject="Fwd: Re: Printer",
        text=(
            "See below.\n\n---------- Forwarded message ---------\n"
            "From: Carl <carl@customer.example>\n"
            "Date: Mon, 23 Nov 2026 at 10:00\nSubject: Re: Printer\n"
            "To: Ann Archer <ann@acme.example>\n\nMine too.\n"
        ),
        headers=f"References: <{ORIGINAL}>\r\n",
    )


@pytest.mark.parametrize("order", [[original, forward], [forward, original]])
def test_forward_of_an_answer_is_not_acknowledged_where_the_original_comes(desk, order):
    for step in order:
        step(desk)
    desk.pass_time(timedelta(minutes=6))
    assert len(desk.received("jane@customer.example")) == 1
    assert desk.received("carl@customer.example") == []
