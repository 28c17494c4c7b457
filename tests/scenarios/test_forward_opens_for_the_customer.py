"""An agent forwards a customer's mail: the ticket, its words and files are hers."""

from mailroom.desk.status_page import open_page

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
