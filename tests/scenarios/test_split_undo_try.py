"""A message becomes a ticket of its own; an act is taken back; a mail is only tried."""

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_split_makes_a_ticket_of_the_message_and_keeps_it_where_it_was(desk):
    desk.write(JANE)
    desk.answer(JANE, "By the way, my chair broke. Can I have a new one?")
    desk.answer(ANN, "#split")
    assert [t.id for t in desk.tickets()] == [1001, 1002]
    assert "chair" in desk.app.store.comments(1002)[0].text
    assert "chair" in desk.app.store.comments(1001)[1].text
    assert desk.app.store.links(1001) == [1002]


def test_later_mail_to_the_split_message_goes_on_the_new_ticket(desk):
    desk.write(JANE)
    chair = desk.answer(JANE, "By the way, my chair broke. Can I have a new one?")
    desk.answer(ANN, "#split")
    desk.write(
        "Carl <carl@customer.example>",
        text="He sits next to me.",
        headers=f"In-Reply-To: <{chair}>\r\n",
    )
    assert desk.ledger()[-1].ticket == 1002


def test_undo_takes_back_the_last_act(desk):
    desk.write(JANE)
    desk.answer(ANN, "#priority high\n#tag vip\n#hold")
    assert (desk.ticket().priority, desk.ticket().status) == ("high", "on_hold")
    desk.answer(ANN, "#undo")
    ticket = desk.ticket()
    assert (ticket.priority, ticket.tags, ticket.status) == ("normal", (), "new")


def test_undo_with_nothing_to_undo_says_so(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#undo")
    assert "nothing here that can be undone" in text_of(
        desk.received("ann@acme.example")[-1]
    )


def test_try_says_what_would_happen_and_does_nothing(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#try\n#solved\nUse water.")
    text = text_of(desk.received("ann@acme.example")[-1])
    assert "> #solved\r\n  would be done" in text
    assert "would go to Jane Doe" in text
    assert desk.ticket().status == "new"
    assert len(desk.received("jane@customer.example")) == 1
