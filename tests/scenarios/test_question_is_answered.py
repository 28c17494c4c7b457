"""A customer asks, an agent answers from a mail client, the customer thanks."""

from datetime import timedelta

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_customer_gets_an_acknowledgement_with_number_promise_and_link(desk, text_of):
    id = desk.write(JANE)
    (mail,) = desk.received("jane@customer.example")
    text = text_of(mail)
    assert mail["Subject"] == "Re: Printer [#1001]"
    assert mail["In-Reply-To"] == f"<{id}>"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert "[#1001]" in text
    assert "by Tue 24 Nov 2026, 13:00 (UTC)." in text, text
    assert "https://help.acme.example/t/1001." in text
    assert mail["Reply-To"].split("<")[1].startswith("support+1001.c")


def test_team_is_told_and_knows_where_a_reply_goes(desk, text_of):
    desk.write(JANE)
    for agent in ("ann@acme.example", "bob@acme.example"):
        (mail,) = desk.received(agent)
        assert text_of(mail).startswith("Your reply goes to Jane Doe.")
        assert "It is on fire." in text_of(mail)
    assert desk.received("chief@acme.example") == []


def test_agents_reply_goes_out_under_the_desks_address(desk, text_of):
    desk.write(JANE)
    desk.answer(
        ANN,
        "Use water.\n\nOn Tue, 24 Nov 2026 at 09:00, Acme Support "
        "<support@acme.example> wrote:\n> It is on fire.",
    )
    mail = desk.received("jane@customer.example")[-1]
    assert mail["From"] == '"Ann Archer, Acme Support" <support@acme.example>'
    assert "ann@acme.example" not in mail.as_string()
    assert text_of(mail).strip() == "Use water."
    assert mail["Auto-Submitted"] is None
    assert desk.ticket().status == "open"
    assert desk.clock_of("first_reply").state == "achieved"


def test_other_agents_learn_in_one_line_who_answered(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    assert "ann@acme.example has answered Jane Doe" in text_of(
        desk.received("bob@acme.example")[-1]
    )
    assert len(desk.received("ann@acme.example")) == 1


def test_customers_answer_goes_on_the_ticket_by_its_token(desk):
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    desk.answer(JANE, "That did not help at all, what else can we do?")
    assert len(desk.tickets()) == 1
    assert desk.ledger()[-1].clue == "token in address"
    assert len(desk.received("jane@customer.example")) == 2  # follow-ups get no ack


def test_thanks_does_not_reopen_a_solved_ticket_but_is_told(desk):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nUse water.")
    before = len(desk.received("ann@acme.example"))
    desk.answer(JANE, "Thanks a lot!")
    assert desk.ticket().status == "solved"
    assert len(desk.received("ann@acme.example")) == before + 1


def test_question_reopens_a_solved_ticket(desk):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nUse water.")
    desk.pass_time(timedelta(days=1))
    desk.answer(JANE, "It burns again, what now?")
    assert desk.ticket().status == "open"
    assert len(desk.tickets()) == 1


def test_answer_to_a_closed_ticket_opens_a_linked_one(desk):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nUse water.")
    desk.pass_time(timedelta(days=8))
    assert desk.ticket().status == "closed"
    desk.answer(JANE, "It burns again, what now?")
    assert len(desk.tickets()) == 2
    assert desk.app.store.links(1002) == [1001]


def test_solved_without_a_reply_sends_the_solved_letter(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#solved")
    mail = desk.received("jane@customer.example")[-1]
    assert "solved" in text_of(mail)
    assert desk.ledger()[-1].disposition == "COMMAND"


def test_nobody_outside_the_ticket_ever_got_a_mail(desk):
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    desk.answer(JANE, "No.")
    assert desk.everybody() == {
        "jane@customer.example",
        "ann@acme.example",
        "bob@acme.example",
    }
