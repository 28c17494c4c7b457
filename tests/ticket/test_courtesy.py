"""Thanks and nothing else moves no status and starts no clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.ticket.courtesy import MOST_WORDS, is_courtesy


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Thank you very much for your quick help",
        "thx",
        "Great, it works again. Thanks, Jane",
        "Vielen Dank für die schnelle Hilfe",
        "Super, danke!",
        "Perfect :-)",
        "Herzlichen Dank und liebe Grüße",
    ],
)
def test_courtesies(text: str) -> None:
    assert is_courtesy(text, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!!!",
        "Hello",
        "Thanks, but it does not work",
        "Thanks. Can you call me?",
        "Thanks, order 1042",
        "Thanks a lot, printer still broken",
        "No thanks needed, refund me",
        "Danke, aber es geht nicht",
        "Thanks " * (MOST_WORDS + 1),
        "Thanks, no",
        "Thanks. No",
        "Danke, kaputt",
        "Thanks, still",
        "Thanks, unfortunately not",
    ],
)
def test_what_may_say_more_is_no_courtesy(text: str) -> None:
    assert not is_courtesy(text, 0)


def test_attachment_is_never_a_courtesy() -> None:
    assert not is_courtesy("Thanks!", 1)


@given(
    st.text(max_size=100), st.sampled_from(["?", "7", " nicht kaputt", " not broken"])
)
def test_question_digit_or_unknown_words_are_never_a_courtesy(
    text: str, more: str
) -> None:
    assert not is_courtesy(f"Thanks {text}{more}", 0)
