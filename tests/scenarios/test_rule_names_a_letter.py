"""`letter = NAME` of a rule: a letter of the folder in place of the acknowledgement."""

import pytest

JANE = "Jane Doe <jane@customer.example>"
JANES = "jane@customer.example"
RULES = """
[policy.standard]
default = true
first_reply = "4h"

[[rule]]
name = "Newcomers are welcomed"
keywords = ["new here"]
letter = "%s"
"""
WELCOME = (
    'Welcome {{ subject or "to us" }}\n'
    "Good to have you, {{ customer_name }}! It is {{ number }}.\n"
)
LETTERS = '\n[letters]\nfolder = "letters"\n'


@pytest.fixture
def desk_with(make_desk, tmp_path):
    """Make a desk with a rule that names a letter, and letters in its folder."""

    def make(named="welcome", **letters):
        folder = tmp_path / "desk" / "letters" / "en"
        desk = make_desk(rules=RULES % named, config=LETTERS)
        folder.mkdir(parents=True)
        for name, text in letters.items():
            (folder / f"{name}.txt").write_text(text)
        return desk

    return make


def test_letter_of_the_rule_is_sent_in_place_of_the_acknowledgement(desk_with, text_of):
    desk = desk_with(welcome=WELCOME)
    desk.write(JANE, text="I am new here.")
    (mail,) = desk.received(JANES)
    assert text_of(mail).strip() == "Good to have you, Jane Doe! It is [#1001]."
    assert mail["Subject"] == "Re: Welcome Printer [#1001]"
    assert mail["Auto-Submitted"] == "auto-replied"


def test_where_no_rule_names_one_the_acknowledgement_is_sent(desk_with, text_of):
    desk = desk_with(welcome=WELCOME)
    desk.write(JANE)
    assert "We have received your message" in text_of(desk.received(JANES)[0])


def test_it_counts_as_the_acknowledgement_and_is_sent_once(desk_with):
    desk = desk_with(welcome=WELCOME)
    desk.write(JANE, text="I am new here.")
    desk.answer(JANE, "I said that I am new here.")
    assert len(desk.received(JANES)) == 1
    receipts = desk.app.store.recipients(1001)
    assert [r.letter for r in receipts if r.address == JANES] == ["acknowledgement"]


@pytest.mark.parametrize(
    ("named", "letters"),
    [
        ("welcome", {}),
        ("welcome", {"welcome": "Welcome\n{{ nothing_of_this_name }}\n"}),
        ("welcome", {"welcome": "Welcome\n{% if %}\n"}),
        ("../welcome", {"welcome": WELCOME}),
        ("notification", {}),
        ("words", {}),
    ],
)
def test_letter_that_cannot_be_written_gives_way_to_the_acknowledgement(
    desk_with, text_of, named, letters
):
    desk = desk_with(named, **letters)
    desk.write(JANE, text="I am new here.")
    assert "We have received your message" in text_of(desk.received(JANES)[0])
    assert desk.ledger()[0].disposition == "NEW_TICKET"


def test_letter_says_nothing_of_an_unproven_sender(desk_with):
    desk = desk_with(welcome=WELCOME)
    desk.write(
        "Rich Prince <jane@customer.example>",
        subject="Pills",
        text="I am new here.",
        proven=False,
    )
    raw = desk.received(JANES)[0].as_string()
    assert "Good to have you" in raw
    assert "Pills" not in raw
    assert "Prince" not in raw


def test_agents_forward_is_answered_with_the_letter_too(desk_with, text_of):
    desk = desk_with(welcome=WELCOME)
    text = (
        "---------- Forwarded message ---------\r\n"
        "From: Jane Doe <jane@customer.example>\r\n"
        "Date: Tue, 24 Nov 2026 at 08:00\r\nSubject: Printer\r\n"
        "To: <ann@acme.example>\r\n\r\nI am new here.\r\n"
    )
    desk.write("Ann Archer <ann@acme.example>", subject="Fwd: Printer", text=text)
    assert "Good to have you" in text_of(desk.received(JANES)[0])
