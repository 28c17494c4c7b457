"""Before and after the end: reopening, closing to the second, thanks, and long silence."""

import smtplib
from datetime import timedelta
from email.utils import parseaddr

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
SILENT = '\n[pending]\nremind_after = "2 days"\nsolve_after = "5 days"\n'
AGAIN = "It burns again, sorry about that, please come and have a look."


@pytest.fixture
def solved(desk):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nUse water.")
    return desk


def until_closing(desk, more):
    """Let time go by up to the closing and `more`; nobody looks at the clocks."""
    end = desk.ticket().solved_at + timedelta(days=7) + more
    desk._clock[0] = end - timedelta(seconds=1)  # writing takes a second


def kinds(desk, number=1001):
    return [event.kind.value for event in desk.app.store.events(number)]


def test_answer_a_second_before_the_closing_reopens(solved):
    until_closing(solved, timedelta(seconds=-1))
    solved.answer(JANE, AGAIN)
    assert len(solved.tickets()) == 1
    assert solved.ticket().status == "open"


def test_answer_at_the_very_closing_reopens(solved):
    until_closing(solved, timedelta())
    solved.answer(JANE, AGAIN)
    assert solved.ticket().status == "open"


def test_answer_a_second_after_the_closing_opens_a_linked_one_unswept(solved):
    until_closing(solved, timedelta(seconds=1))
    solved.answer(JANE, AGAIN)
    assert solved.ticket().status == "closed"
    assert solved.ticket(1002).status == "new"
    assert solved.app.store.links(1002) == [1001]
    assert solved.clock_of("first_reply", 1002).state == "running"
    subject = solved.received("jane@customer.example")[-1]["Subject"]
    assert subject == "Re: Re: Printer [#1002]"


@pytest.mark.parametrize("text", [AGAIN, "Thanks!"])
def test_answer_that_lay_here_while_the_ticket_closed_came_in_time(solved, text):
    last = solved.received("jane@customer.example")[-1]
    to = parseaddr(last["Reply-To"])[1]
    raw = (
        f"From: {JANE}\r\nTo: {to}\r\nSubject: Re: Printer\r\nMessage-ID: <l@c.example>"
        f"\r\nIn-Reply-To: {last['Message-ID']}\r\n\r\n{text}\r\n"
    )
    until_closing(solved, timedelta(hours=-1))
    with smtplib.SMTP("127.0.0.1", solved.port, timeout=10) as client:
        client.sendmail("jane@customer.example", [to], raw)
    solved.pass_time(timedelta(hours=2))
    assert solved.ticket().status == "closed"
    solved.work()
    assert len(solved.tickets()) == 1
    assert solved.ticket().status == ("open" if text == AGAIN else "closed")
    if text == AGAIN:
        assert solved.clock_of("resolution").state == "running"


def test_thanks_after_the_closing_opens_nothing_but_is_told(solved):
    until_closing(solved, timedelta(days=2))
    told = len(solved.received("ann@acme.example"))
    solved.answer(JANE, "Thanks!")
    assert len(solved.tickets()) == 1
    assert solved.ticket().status == "closed"
    assert len(solved.received("ann@acme.example")) == told + 1


def test_agents_answer_to_a_closed_ticket_still_reaches_the_customer(solved, text_of):
    solved.write(JANE, subject="Re: Printer [#1001]", text="Thanks!")
    until_closing(solved, timedelta(days=2))
    solved.answer(ANN, "One more thing: keep the bucket.")
    assert text_of(solved.received("jane@customer.example")[-1]).strip() == (
        "One more thing: keep the bucket."
    )
    assert [t.id for t in solved.tickets()] == [1001]
    assert solved.ticket().status == "closed"


def test_agents_command_to_a_closed_ticket_is_refused_in_words(solved, text_of):
    solved.write(JANE, subject="Re: Printer [#1001]", text="Thanks!")
    until_closing(solved, timedelta(days=2))
    seen = len(solved.received("jane@customer.example"))
    solved.answer(ANN, "#reopen\nSorry!")
    assert len(solved.received("jane@customer.example")) == seen
    assert "closed for good" in text_of(solved.received("ann@acme.example")[-1])


def test_note_on_a_closed_ticket_is_kept_there(solved):
    solved.write(JANE, subject="Re: Printer [#1001]", text="Thanks!")
    until_closing(solved, timedelta(days=2))
    solved.answer(ANN, "#note\nThe printer was sold.")
    assert [t.id for t in solved.tickets()] == [1001]
    assert not solved.app.store.comments(1001)[-1].public


def test_agent_as_the_customer_of_a_closed_ticket_gets_a_linked_one(desk):
    desk.write(ANN, subject="My mouse is dead")
    desk.answer("Bob Baker <bob@acme.example>", "#solved\nTake mine.")
    until_closing(desk, timedelta(days=1))
    desk.answer(ANN, "It died as well, and it was a good mouse.")
    assert len(desk.tickets()) == 2
    assert desk.app.store.links(1002) == [1001]


def test_ticket_may_be_reopened_again_and_again(solved):
    for _ in range(3):
        solved.answer(JANE, AGAIN)
        assert solved.ticket().status == "open"
        solved.answer(ANN, "#solved\nMore water.", to_last_of="ann@acme.example")
        assert solved.ticket().status == "solved"
    assert kinds(solved).count("reopen") == 3
    assert solved.clock_of("resolution").state == "achieved"


@pytest.mark.parametrize(
    "text",
    [
        "Vielen Dank, passt.",
        "Thanks 👍",
        "Thanks a lot!\n\n-- \nJane Doe\nCustomer Inc, +49 30 1234\n",
        "Great, thanks\n\nOn Tue, 24 Nov 2026 at 10:00, Acme Support "
        "<support@acme.example> wrote:\n> Use water? It costs 5.\n",
        "Danke Ann!\n\nMit freundlichen Grüßen\nJane Doe\nCustomer GmbH, Tel. 030 12\n",
        "Perfect!\n\nSent from my iPhone",
    ],
)
def test_courtesy_leaves_a_solved_ticket_solved_whatever_hangs_below(solved, text):
    told = len(solved.received("ann@acme.example"))
    solved.answer(JANE, text)
    assert solved.ticket().status == "solved"
    assert len(solved.received("ann@acme.example")) == told + 1


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, but it still fails",
        "Danke, aber es geht nicht.",
        "Thanks 😡",
        "Thanks. Help",
    ],
)
def test_thanks_with_more_behind_it_reopens(solved, text):
    solved.answer(JANE, text)
    assert solved.ticket().status == "open"


def test_reopen_undoes_a_courtesy(solved):
    solved.answer(JANE, "Thanks!")
    solved.answer(ANN, "#reopen", to_last_of="ann@acme.example")
    assert solved.ticket().status == "open"


def test_thanks_starts_no_clock(desk):
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    desk.answer(JANE, "Thanks!")
    assert "next_reply" not in [row.metric for row in desk.app.store.clocks(1001)]


@pytest.fixture
def silent(make_desk):
    desk = make_desk(config=SILENT)
    desk.write(JANE)
    desk.answer(ANN, "#pending\nWhich printer?")
    return desk


def test_reminder_that_an_outage_held_up_is_not_followed_by_the_end_at_once(silent):
    seen = len(silent.received("jane@customer.example"))
    silent.pass_time(timedelta(days=6))
    assert len(silent.received("jane@customer.example")) == seen + 1
    assert silent.ticket().status == "pending"
    silent.pass_time(timedelta(days=2, hours=23))
    assert silent.ticket().status == "pending"
    silent.pass_time(timedelta(hours=2))
    assert silent.ticket().status == "solved"


def test_solving_of_a_silent_ticket_is_an_event_of_mailroom_at_its_instant(silent):
    since = [e.at for e in silent.app.store.events(1001) if e.kind == "status"][-1]
    silent.pass_time(timedelta(days=2, seconds=1))
    silent.pass_time(timedelta(days=4))
    (solve,) = [e for e in silent.app.store.events(1001) if e.kind == "solve"]
    assert (solve.actor, solve.at) == ("mailroom", since + timedelta(days=5))


def test_agents_next_question_begins_the_wait_anew(silent):
    silent.pass_time(timedelta(days=2, seconds=1))
    silent.pass_time(timedelta(days=2))
    silent.answer(ANN, "#pending\nThe red one?", to_last_of="ann@acme.example")
    silent.pass_time(timedelta(days=1, hours=23))
    assert silent.ticket().status == "pending"
    seen = len(silent.received("jane@customer.example"))
    silent.pass_time(timedelta(hours=2))
    assert len(silent.received("jane@customer.example")) == seen + 1


@pytest.mark.parametrize("after", ["open", "pending", "solved"])
def test_after_reply_is_the_status_and_the_notification_says_so(
    make_desk, text_of, after
):
    box = f'[[mailbox]]\naddress = "support-x@acme.example"\nafter_reply = "{after}"\n'
    desk = make_desk(config=box)
    desk.write(JANE, "support-x@acme.example")
    told = text_of(desk.received("ann@acme.example")[-1])
    assert (f"becomes {after}" in told) == (after != "open")
    desk.answer(ANN, "Use water.")
    assert desk.ticket().status == after
    assert len(desk.received("jane@customer.example")) == 2


def test_command_wins_over_after_reply(make_desk):
    box = '[[mailbox]]\naddress = "support-x@acme.example"\nafter_reply = "solved"\n'
    desk = make_desk(config=box)
    desk.write(JANE, "support-x@acme.example")
    desk.answer(ANN, "#hold\nWe ask the maker.")
    assert desk.ticket().status == "on_hold"


def test_note_moves_no_status_whatever_after_reply_says(make_desk):
    box = '[[mailbox]]\naddress = "support-x@acme.example"\nafter_reply = "solved"\n'
    desk = make_desk(config=box)
    desk.write(JANE, "support-x@acme.example")
    desk.answer(ANN, "#note\nHm.")
    assert desk.ticket().status == "new"
