"""Spam that is silent until somebody says otherwise, and mail that could not be read."""

from datetime import timedelta
from email.utils import parseaddr

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
BOB = "Bob Baker <bob@acme.example>"
SPAM = "X-Spam-Flag: YES\r\n"
CONTROL = "support+control@acme.example"
SILENT = """
[policy.standard]
default = true
first_reply = "4h"

[[rule]]
name = "Silent"
when = 'true'
team = "tier1"
acknowledge = false
"""


@pytest.fixture
def break_down(desk, monkeypatch):
    """Write a mail whose processing fails."""

    def broken(*args):
        raise ValueError("boom")

    def write(*args, **more):
        with monkeypatch.context() as patch:
            patch.setattr("mailroom.desk.reading.parse", broken)
            desk.write(*args, **more)

    return write


def states(desk, number=1001):
    return {row.metric: row.state for row in desk.app.store.clocks(number)}


@pytest.mark.parametrize(
    "mark",
    [
        "X-Spam-Flag: YES\r\n",
        "X-Spam-Flag: yes\r\n",
        "X-Spam-Status: Yes, score=9.1 required=5.0\r\n",
        "X-MS-Exchange-Organization-SCL: 5\r\n",
        "X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:9;SRV:\r\n",
    ],
)
def test_spam_is_a_ticket_that_nobody_hears_of(desk, mark):
    desk.write(JANE, headers=mark)
    assert desk.ticket().spam
    assert set(states(desk).values()) == {"cancelled"}
    desk.pass_time(timedelta(days=3))
    assert desk.everybody() == set()


@pytest.mark.parametrize(
    "mark",
    [
        "X-Spam-Flag: NO\r\n",
        "X-Spam-Status: No, score=1\r\n",
        "X-MS-Exchange-Organization-SCL: 4\r\n",
        "X-Spam-Score: 99\r\n",
    ],
)
def test_mail_that_is_not_marked_is_no_spam(desk, mark):
    desk.write(JANE, headers=mark)
    assert not desk.ticket().spam


def test_notspam_runs_the_clocks_and_tells_what_nobody_was_told(desk):
    desk.write(JANE, headers=SPAM)
    desk.write(ANN, CONTROL, text="#1001 notspam")
    assert set(states(desk).values()) == {"running"}
    assert len(desk.received("bob@acme.example")) == 1
    assert len(desk.received("jane@customer.example")) == 1
    desk.write(ANN, CONTROL, text="#1001 spam")
    desk.write(ANN, CONTROL, text="#1001 notspam")
    assert len(desk.received("bob@acme.example")) == 1
    assert len(desk.received("jane@customer.example")) == 1


def test_notspam_acknowledges_nothing_where_a_rule_says_so(make_desk):
    desk = make_desk(rules=SILENT)
    desk.write(JANE, headers=SPAM)
    desk.write(ANN, CONTROL, text="#1001 notspam")
    assert len(desk.received("bob@acme.example")) == 1
    assert desk.received("jane@customer.example") == []


def test_steps_passed_while_it_was_spam_do_not_fire(desk):
    desk.write(JANE, headers=SPAM)
    desk.pass_time(timedelta(hours=3, minutes=30))
    desk.write(ANN, CONTROL, text="#1001 notspam")
    kinds = [e.kind for e in desk.app.store.events(1001)]
    assert "escalation" not in kinds
    desk.pass_time(timedelta(hours=1))
    assert states(desk)["first_reply"] == "breached"


def test_unmarked_mail_on_what_a_filter_called_spam_is_told_with_a_warning(
    desk, text_of
):
    id = desk.write(JANE, headers=SPAM)
    desk.write(
        JANE,
        subject="Re: Printer",
        headers=f"In-Reply-To: <{id}>\r\n",
        text="Did you get my mail about the printer?",
    )
    assert desk.ticket().spam
    assert "#notspam takes it up" in text_of(desk.received("bob@acme.example")[-1])


def test_more_mail_on_what_an_agent_called_spam_is_told_to_nobody(desk):
    desk.write(JANE)
    desk.answer(ANN, "#spam")
    told = len(desk.received("bob@acme.example"))
    desk.answer(JANE, "Buy now, and buy more than you need.")
    assert len(desk.received("bob@acme.example")) == told
    assert desk.app.store.comments(1001)[-1].text.startswith("Buy now")


def test_released_stub_is_filled_and_keeps_its_number(desk, break_down):
    break_down(JANE, subject="Broken", headers="Cc: carl@customer.example\r\n")
    assert desk.received("jane@customer.example") == []
    desk.write(ANN, text="#release 1")
    assert [t.id for t in desk.tickets()] == [1001]
    assert desk.ledger()[0].disposition == "NEW_TICKET"
    stub, mail = desk.app.store.comments(1001)
    assert (stub.public, mail.public, mail.text) == (False, True, "It is on fire.")
    assert len(desk.received("jane@customer.example")) == 1
    desk.answer(BOB, "Use water.")
    assert len(desk.received("carl@customer.example")) == 1


def test_stub_of_an_answer_becomes_part_of_its_ticket(desk, break_down):
    desk.write(JANE)
    last = desk.received("jane@customer.example")[-1]
    break_down(
        JANE,
        parseaddr(last["Reply-To"])[1],
        subject="Re: Printer",
        headers=f"In-Reply-To: {last['Message-ID']}\r\n",
        text="It burns still.",
    )
    assert len(desk.tickets()) == 2
    desk.write(ANN, text="#release 2")
    assert desk.ticket(1002).merged_into == 1001
    assert desk.app.store.comments(1001)[-1].text == "It burns still."


def test_stub_in_an_agents_name_is_no_more_trusted_once_it_is_released(
    desk, break_down
):
    desk.write(JANE)
    last = desk.received("ann@acme.example")[-1]
    break_down(
        ANN,
        parseaddr(last["Reply-To"])[1],
        text="#solved\r\nSend money.",
        headers=f"In-Reply-To: {last['Message-ID']}\r\n",
        proven=False,
    )
    desk.write(BOB, text="#release 2")
    assert desk.ticket().status == "new"
    assert len(desk.received("jane@customer.example")) == 1
    assert desk.ledger()[1].disposition == "QUARANTINED"


def test_agents_held_mail_goes_on_once_a_colleague_releases_it(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "Use water.", proven=False)
    desk.write(BOB, text="#release 2")
    assert text_of(desk.received("jane@customer.example")[-1]).strip() == "Use water."
    desk.write(BOB, text="#release 2")
    assert "no message 2 waits" in text_of(desk.received("bob@acme.example")[-1])
    assert len(desk.received("jane@customer.example")) == 2
