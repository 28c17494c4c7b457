"""Commands from a mail client: understood and done, or refused with a transcript."""

from datetime import timedelta

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_misspelt_command_sends_the_customer_nothing_and_explains(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#solvd\nUse water.")
    text = text_of(desk.received("ann@acme.example")[-1])
    assert "did you mean #solved?" in text
    assert "Use water." in text
    assert len(desk.received("jane@customer.example")) == 1
    assert desk.ticket().status == "new"


def test_one_bad_line_means_that_no_line_is_done(desk):
    desk.write(JANE)
    desk.answer(ANN, "#priority high\n#assign nobody\n#solved\nDone.")
    assert desk.ticket().priority == "normal"
    assert desk.ticket().status == "new"
    assert len(desk.received("jane@customer.example")) == 1


def test_note_stays_internal(desk):
    desk.write(JANE)
    desk.answer(ANN, "#note the customer is always like this\nreally")
    (_, note) = desk.app.store.comments(1001)
    assert not note.public
    assert note.text == "the customer is always like this\nreally"
    assert len(desk.received("jane@customer.example")) == 1
    assert desk.clock_of("first_reply").state == "running"


def test_pending_with_a_term_opens_again_by_itself(desk):
    desk.write(JANE)
    desk.answer(ANN, "#pending 3d\nPlease send a picture.")
    assert desk.ticket().status == "pending"
    assert desk.clock_of("resolution").state == "paused"
    desk.pass_time(timedelta(days=3, seconds=1))
    assert desk.ticket().status == "open"
    assert desk.clock_of("resolution").state == "running"


def test_assign_tells_the_new_assignee_who_then_is_told_alone(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#assign bob")
    assert "assigned this ticket to you" in text_of(
        desk.received("bob@acme.example")[-1]
    )
    before = len(desk.received("ann@acme.example"))
    desk.write(JANE, subject="Re: Printer [#1001]", text="Are you there?")
    assert len(desk.received("ann@acme.example")) == before
    assert "Are you there?" in text_of(desk.received("bob@acme.example")[-1])


def test_priority_moves_the_deadline(make_desk):
    desk = make_desk(
        rules='[policy.p]\ndefault = true\nfirst_reply = { high = "1h", normal = "4h" }\n'
    )
    desk.write(JANE)
    due = desk.clock_of("first_reply").due
    desk.answer("Chief <chief@acme.example>", "#priority high")
    assert desk.ticket().priority == "high"
    assert due - desk.clock_of("first_reply").due == timedelta(hours=3)


@pytest.mark.parametrize(
    "line", ["#Solved", "# solved", "#SOLVED", "\u00a0#solved", "\n#solved"]
)
def test_command_is_understood_however_the_client_writes_it(desk, line):
    desk.write(JANE)
    desk.answer(ANN, f"{line}\nDone.")
    assert desk.ticket().status == "solved"


def test_customers_command_is_plain_text(desk):
    desk.write(JANE)
    desk.answer(JANE, "#solved\nplease")
    assert desk.ticket().status == "new"
    assert "#solved" in desk.app.store.comments(1001)[-1].text


def test_note_tells_whom_it_names_and_nobody_else(desk, text_of):
    desk.write(JANE)
    before = {
        a: len(desk.received(a)) for a in ("bob@acme.example", "chief@acme.example")
    }
    desk.answer(ANN, "#note @chief shall we give her a new one?")
    assert len(desk.received("bob@acme.example")) == before["bob@acme.example"]
    told = desk.received("chief@acme.example")
    assert len(told) == before["chief@acme.example"] + 1
    assert "shall we give her a new one?" in text_of(told[-1])
    assert "It is on fire." in text_of(told[-1])  # the conversation so far
