"""An agent forwards a customer's mail: the ticket and its words are hers."""

from mailroom.desk.pages.status_page import open_page

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
JANES, ANNS, BOBS = "jane@customer.example", "ann@acme.example", "bob@acme.example"
FORWARD = (
    "-------- Forwarded Message --------\nSubject: Press\n"
    "Date: Tue, 24 Nov 2026 08:10:00 +0000\nFrom: Jane Doe <jane@customer.example>\n"
    "To: Ann Archer <ann@acme.example>\n\nThe press is down since noon.\n"
)


def author_of(desk, comment):
    return desk.app.office.person(comment.author).address


def test_words_are_the_customers_and_the_note_is_the_agents(desk):
    desk.write(ANN, subject="Fwd: Press", text=f"She called me, too.\n\n{FORWARD}")
    words, note = desk.app.store.comments(1001)
    assert (author_of(desk, words), words.public) == (JANES, True)
    assert words.text.strip() == "The press is down since noon."
    assert (author_of(desk, note), note.public) == (ANNS, False)
    assert note.text.strip() == "She called me, too."


def test_colleagues_read_whose_words_they_are_and_what_the_agent_says(desk, text_of):
    text = f"#assign bob\nShe called me, too.\n\n{FORWARD}"
    desk.write(ANN, subject="Fwd: Press", text=text)
    told = desk.received(BOBS)[-1]
    said = text_of(told).replace("\r\n", "\n")
    assert told["From"].startswith("Jane Doe via Acme Support")
    assert f"{JANE} wrote (new ticket, forwarded by Ann Archer):" in said
    assert "The press is down since noon." in said
    assert "Ann Archer notes, internally:\n\nShe called me, too." in said
    assert said.startswith("Your reply goes to Jane Doe.")


def test_customer_sees_her_own_words_on_her_page_and_nothing_of_the_note(desk):
    desk.write(ANN, subject="Fwd: Press", text=f"She is a pain.\n\n{FORWARD}")
    (mail,) = desk.received(JANES)
    assert "pain" not in mail.as_string()
    page = open_page(desk.app.office, desk.app.status_url(1001).rpartition("/")[2])
    (comment,) = page.comments
    assert not page.is_ours(comment)
    assert not page.may_unfold(comment)


# -- to a ticket that is there already --------------------------------------------------

REPLY = (
    "-------- Forwarded Message --------\nSubject: Re: Printer [#1001]\n"
    "Date: Tue, 24 Nov 2026 09:30:00 +0000\nFrom: Jane Doe <jane@customer.example>\n"
    "To: Ann Archer <ann@acme.example>\n\nThe blue one.\n"
)


def forward(desk, above, **more):
    """Forward Jane's answer, which she sent to Ann alone, as clients that thread do."""
    known = desk.received(JANES)[-1]["Message-ID"]
    desk.write(
        ANN,
        subject="Fwd: Re: Printer [#1001]",
        text=f"{above}\n\n{REPLY}",
        headers=f"References: {known} <private@customer.example>\r\n",
        **more,
    )


def test_forward_to_a_ticket_adds_the_customers_words_and_sends_her_nothing(desk):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nUse water.")
    forward(desk, "She is hard to follow.")
    assert len(desk.tickets()) == 1
    assert len(desk.received(JANES)) == 2
    *_, words, note = desk.app.store.comments(1001)
    assert (author_of(desk, words), words.public) == (JANES, True)
    assert words.text.strip() == "The blue one."
    assert (author_of(desk, note), note.public) == (ANNS, False)
    assert note.text.strip() == "She is hard to follow."
    assert desk.ticket().status == "open"


def test_forward_to_a_ticket_tells_the_colleagues(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "Which printer?")
    forward(desk, "#tag blue")
    assert desk.ticket().tags == ("blue",)
    told = text_of(desk.received(BOBS)[-1])
    assert "Jane Doe <jane@customer.example> wrote (customer's message):" in told
    assert "The blue one." in told


def test_wrong_command_in_a_forward_to_a_ticket_does_nothing(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "Which printer?")
    forward(desk, "#tagg blue")
    assert len(desk.app.store.comments(1001)) == 2
    assert "did you mean #tag?" in text_of(desk.received(ANNS)[-1])
