"""Two agents answer the same mail; many tickets by one mail."""

from mailroom.message.address import normalize

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
BOB = "Bob Baker <bob@acme.example>"


def test_second_reply_to_the_same_mail_is_held_and_returned_with_the_first(
    desk, text_of
):
    desk.write(JANE)
    notification = desk.received("bob@acme.example")[-1]
    desk.answer(ANN, "Use water.")
    desk.write(
        BOB,
        notification["Reply-To"],
        text="Use sand.",
        headers=f"In-Reply-To: {notification['Message-ID']}\r\n",
    )
    assert len(desk.received("jane@customer.example")) == 2
    assert desk.ledger()[-1].disposition == "QUARANTINED"
    text = text_of(desk.received("bob@acme.example")[-1])
    assert "Use water." in text
    assert "Use sand." in text


def test_send_lets_the_held_reply_go(desk, text_of):
    desk.write(JANE)
    notification = desk.received("bob@acme.example")[-1]
    desk.answer(ANN, "Use water.")
    desk.write(
        BOB,
        notification["Reply-To"],
        text="Use sand.",
        headers=f"In-Reply-To: {notification['Message-ID']}\r\n",
    )
    desk.answer(BOB, "#send")
    assert text_of(desk.received("jane@customer.example")[-1]).strip() == "Use sand."


def test_reply_to_a_newer_mail_crosses_nothing(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    desk.answer(JANE, "It still burns, what now?")
    desk.answer(BOB, "Use sand.")
    assert text_of(desk.received("jane@customer.example")[-1]).strip() == "Use sand."


def test_batch_does_each_line_and_says_so(desk, text_of):
    for number in range(3):
        desk.write(JANE, subject=f"Printer {number}")
    desk.write(
        ANN,
        "support+control@acme.example",
        text="#1001 solved\n#1002 priority high\n#1003 sovled\n#9999 solved",
    )
    assert desk.ticket(1001).status == "solved"
    assert desk.ticket(1002).priority == "high"
    assert desk.ticket(1003).status == "new"
    text = text_of(desk.received("ann@acme.example")[-1])
    assert "2 of 4 lines were done." in text
    assert "did you mean #solved?" in text
    assert "there is no ticket 9999" in text


def test_batch_of_a_stranger_is_plain_mail(desk):
    desk.write(JANE)
    desk.write(JANE, "support+control@acme.example", text="#1001 solved")
    assert desk.ticket(1001).status == "new"


def test_no_mail_to_a_customer_names_an_agents_address(desk):
    desk.write(JANE)
    desk.answer(ANN, "#assign bob\nUse water.")
    desk.answer(JANE, "And then, what?")
    desk.answer(BOB, "Then sand.")
    for mail in desk.received("jane@customer.example"):
        assert normalize("ann@acme.example") not in mail.as_string()
        assert normalize("bob@acme.example") not in mail.as_string()
