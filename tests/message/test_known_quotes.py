"""Of what an agent quotes between his answers, only what the customers know."""

from mailroom.message.known_quotes import known_quotes

LETTER = (
    "Your reply goes to Jane.\n\nAnn (internal):\n> She is a liar and we should not"
    " trust her\n\nJane wrote:\n> How hot is it?\n"
)
PUBLIC = ["Hello,\nhow hot is it?"]


def test_lines_that_customers_know_are_kept_with_the_answers() -> None:
    text = "> Jane wrote:\n>\n> > How hot\n> > is it?\n\nVery."
    assert known_quotes(text, PUBLIC, [LETTER]) == ">\n> > How hot\n> > is it?\n\nVery."


def test_lines_of_a_note_go_also_where_a_client_has_wrapped_them() -> None:
    text = "> > She is a liar and we should\nnot trust her\n\nI agree.\nnot trust her"
    assert known_quotes(text, PUBLIC, [LETTER]) == "I agree.\nnot trust her"


def test_quotes_from_elsewhere_are_kept() -> None:
    text = "> The manual says no.\n\nSo no."
    assert known_quotes(text, PUBLIC, [LETTER]) == text


def test_without_the_letter_every_strange_quote_is_held_to_be_ours() -> None:
    assert known_quotes("> The manual says no.\n\nSo no.", PUBLIC, []) == "So no."
    assert known_quotes("> How hot is it?\n\nVery.", PUBLIC, []).startswith("> How")


def test_text_without_quotes_is_left_alone() -> None:
    text = "a > b\n  x"
    assert known_quotes(text, [], []) == text


def test_letter_that_is_quoted_without_marks_leaves_the_answers() -> None:
    text = (
        "Hello,\n\nYour reply goes to Jane.\n\nAnn (internal):\nShe is a liar and we"
        " should not trust her\nI agree.\n\nJane wrote:\nHow hot is it?\nVery."
    )
    kept = known_quotes(text, PUBLIC, [LETTER])
    assert [line for line in kept.split("\n") if line] == [
        "Hello,",
        "I agree.",
        "How hot is it?",
        "Very.",
    ]


def test_links_that_clients_make_of_addresses_do_not_hide_a_line() -> None:
    letter = "Your reply goes to Jane.\n\nann@acme.example has it.\n"
    text = (
        "Hello,\n\nYour reply goes to Jane.\n\n"
        "ann@acme.example <mailto:ann@acme.example> has it.\n"
    )
    assert known_quotes(text, [], [letter]).strip() == "Hello,"


def test_unknown_letter_without_marks_is_cut_where_it_begins() -> None:
    text = (
        "Hello,\n\nYour reply goes to Jane.\n-- write your reply above this line --\nX"
    )
    assert known_quotes(text, [], []) == "Hello,"
