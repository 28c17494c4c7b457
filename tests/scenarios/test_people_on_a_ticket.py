"""Copies, strangers, merges: who takes part, and who therefore receives."""

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
CARL = "Carl <carl@customer.example>"


def test_reply_goes_to_the_requester_and_the_copied_as_one_mail(desk):
    desk.write(JANE, headers="Cc: carl@customer.example\r\n")
    desk.answer(ANN, "Use water.")
    jane = desk.received("jane@customer.example")[-1]
    carl = desk.received("carl@customer.example")[-1]
    assert jane.as_string() == carl.as_string()
    assert jane["To"] == "Jane Doe <jane@customer.example>"
    assert jane["Cc"] == "carl@customer.example"


def test_copied_person_who_answers_the_original_joins_the_same_ticket(desk):
    id = desk.write(JANE, headers="Cc: carl@customer.example\r\n")
    desk.write(CARL, text="Mine too!", headers=f"In-Reply-To: <{id}>\r\n")
    assert len(desk.tickets()) == 1
    assert desk.ledger()[-1].clue == "References"


def test_stranger_who_joins_receives_nothing_until_cc(desk):
    id = desk.write(JANE)
    desk.write("Max <max@other.example>", headers=f"In-Reply-To: <{id}>\r\n")
    desk.answer(ANN, "Use water.")
    assert desk.received("max@other.example") == []
    desk.answer(
        ANN, "#cc max@other.example\nMax, see above.", to_last_of="ann@acme.example"
    )
    assert len(desk.received("max@other.example")) == 1


def test_mass_mail_copies_nobody(desk):
    many = ", ".join(f"p{n}@list.example" for n in range(12))
    desk.write(JANE, headers=f"Cc: {many}\r\n")
    desk.answer(ANN, "Use water.")
    assert not [to for to in desk.everybody() if "list.example" in to]


def test_agents_reply_all_is_public_and_reaches_nobody_twice(desk):
    id = desk.write(JANE)
    desk.write(
        ANN,
        "jane@customer.example, support@acme.example",
        subject="Re: Printer",
        text="Use water.",
        headers=f"In-Reply-To: <{id}>\r\n",
    )
    assert len(desk.received("jane@customer.example")) == 1  # the acknowledgement
    assert desk.app.store.comments(1001)[-1].public
    assert desk.clock_of("first_reply").state == "achieved"


def test_mail_to_a_merged_ticket_lands_in_the_other(desk):
    desk.write(JANE)
    desk.write(CARL, subject="Same here")
    desk.answer(ANN, "#merge 1001")
    assert desk.ticket(1002).merged_into == 1001
    assert desk.clock_of("first_reply", 1002).state == "cancelled"
    desk.answer(CARL, "And now it smokes, what shall I do?")
    assert len(desk.tickets()) == 2
    assert desk.ledger()[-1].ticket == 1001
    desk.write(ANN, desk.received("ann@acme.example")[-1]["Reply-To"], text="Run!")
    assert len(desk.received("carl@customer.example")) == 2


def test_agents_forward_opens_the_ticket_for_the_original_sender(desk, text_of):
    desk.write(
        ANN,
        subject="Fwd: Broken",
        text=(
            "See below.\n\n---------- Forwarded message ---------\n"
            "From: Jane Doe <jane@customer.example>\n"
            "Date: Mon, 23 Nov 2026 at 10:00\nSubject: Broken\n"
            "To: Ann Archer <ann@acme.example>\n\nMy chair is broken.\n"
        ),
    )
    ticket = desk.ticket()
    assert desk.app.store.people([ticket.requester])[ticket.requester].address == (
        "jane@customer.example"
    )
    assert ticket.subject == "Broken"
    (mail,) = desk.received("jane@customer.example")
    assert mail["Auto-Submitted"] == "auto-replied"
    assert "See below." not in mail.as_string()
    assert desk.clock_of("first_reply").state == "running"


def test_agents_first_mail_to_a_customer_is_a_ticket_already_answered(desk):
    desk.write(
        ANN, "Jane Doe <jane@customer.example>, support@acme.example", text="Call me."
    )
    assert desk.ticket().status == "open"
    assert [row.metric for row in desk.app.store.clocks(1001)] == ["resolution"]
    assert desk.received("jane@customer.example") == []


def test_agents_mail_to_us_alone_is_his_own_ticket(desk):
    desk.write(ANN, subject="My mouse is dead")
    assert desk.clock_of("first_reply").state == "running"
    desk.answer("Bob Baker <bob@acme.example>", "Take mine.")
    assert "Take mine." in desk.received("ann@acme.example")[-1].as_string()


def test_faulty_command_on_a_forward_opens_nothing(desk, text_of):
    desk.write(
        ANN,
        subject="Fwd: Broken",
        text=(
            "#assign nobody\n\n---------- Forwarded message ---------\n"
            "From: Jane Doe <jane@customer.example>\n"
            "Date: Mon, 23 Nov 2026 at 10:00\nSubject: Broken\n"
            "To: Ann Archer <ann@acme.example>\n\nMy chair is broken.\n"
        ),
    )
    assert desk.tickets() == []
    assert desk.received("jane@customer.example") == []
    assert "is called nobody" in text_of(desk.received("ann@acme.example")[-1])


def test_command_on_a_forward_is_carried_out_on_the_new_ticket(desk):
    desk.write(
        ANN,
        subject="Fwd: Broken",
        text=(
            "#priority high\n\n---------- Forwarded message ---------\n"
            "From: Jane Doe <jane@customer.example>\n"
            "Date: Mon, 23 Nov 2026 at 10:00\nSubject: Broken\n"
            "To: Ann Archer <ann@acme.example>\n\nMy chair is broken.\n"
        ),
    )
    assert desk.ticket().priority == "high"
    (mail,) = desk.received("jane@customer.example")
    assert mail["Subject"] == "Re: Broken [#1001]"
    assert mail["In-Reply-To"] is None


def test_agent_who_answers_a_customers_copy_speaks_to_the_customer(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "Use water.", to_last_of="jane@customer.example")
    assert text_of(desk.received("jane@customer.example")[-1]).strip() == "Use water."


def test_reply_on_a_forwarded_ticket_threads_under_the_acknowledgement(desk):
    desk.write(
        ANN,
        subject="Fwd: Broken",
        text=(
            "---------- Forwarded message ---------\n"
            "From: Jane Doe <jane@customer.example>\n"
            "Date: Mon, 23 Nov 2026 at 10:00\nSubject: Broken\n"
            "To: Ann Archer <ann@acme.example>\n\nMy chair is broken.\n"
        ),
        message_id="private@archer.example",
    )
    desk.answer("Bob Baker <bob@acme.example>", "Take another.")
    ack, reply = desk.received("jane@customer.example")
    assert reply["In-Reply-To"] == ack["Message-ID"]
    assert "archer.example" not in reply.as_string()
