"""What agents are told, and who is told it."""

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_who_was_notified_learns_of_the_answer_though_another_took_the_ticket(
    desk, text_of
):
    desk.write(JANE)
    desk.answer(ANN, "#take\nUse water.")
    assert "has answered Jane Doe" in text_of(desk.received("bob@acme.example")[-1])


def test_who_heard_of_nothing_hears_of_no_answer(desk):
    desk.write(JANE)
    desk.answer(ANN, "#take\nUse water.")
    assert desk.received("chief@acme.example") == []
