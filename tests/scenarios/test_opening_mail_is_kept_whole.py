"""What opens a ticket is new to us, all of it: signature, forwarded mail, old history."""

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
SIGNED = "It is on fire.\n\nBest regards\n\n-- \nJane Doe\nPhone +49 30 1234567"
FORWARD = (
    "What does this mean?\n\n---------- Forwarded message ---------\n"
    "From: Bank <alert@bank.example>\nDate: Mon, 23 Nov 2026 at 09:00\n"
    "Subject: Your account\nTo: Jane Doe <jane@customer.example>\n\n"
    "Your account has been charged."
)
HISTORY = (
    "Any news?\n\nOn Mon, 23 Nov 2026 at 09:00, Carl <carl@acme.example> wrote:\n"
    "> We shall look into the pump."
)


def _told(desk, text_of, text: str) -> str:
    desk.write(JANE, text=text.replace("\n", "\r\n"))
    return text_of(desk.received("ann@acme.example")[-1])


def test_agents_see_the_telephone_number_below_the_signature(desk, text_of):
    assert "+49 30 1234567" in _told(desk, text_of, SIGNED)
    assert "+49 30 1234567" in desk.app.store.comments(1001)[0].text


def test_agents_see_what_a_customer_forwarded(desk, text_of):
    assert "has been charged" in _told(desk, text_of, FORWARD)
    assert "has been charged" in desk.app.store.comments(1001)[0].text


def test_agents_see_a_history_that_the_desk_does_not_know(desk, text_of):
    assert "look into the pump" in _told(desk, text_of, HISTORY)


def test_comment_of_an_opening_mail_has_no_history(desk):
    desk.write(JANE, text=HISTORY.replace("\n", "\r\n"))
    assert desk.app.store.comments(1001)[0].text == "Any news?"


def test_follow_up_is_told_without_history_and_signature(desk, text_of):
    desk.write(JANE)
    desk.answer(JANE, SIGNED.replace("\n", "\r\n"))
    assert "+49 30" not in text_of(desk.received("ann@acme.example")[-1])
