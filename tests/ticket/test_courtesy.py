"""Thanks and nothing else moves no status and starts no clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.ticket.courtesy import MOST_WORDS, is_courtesy

NAMES = frozenset({"jane", "doe", "ann", "archer"})


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
        "Vielen Dank, passt.",
        "👍",
        "thank you so much 😊",
        "Perfekt, vielen lieben Dank!",
        "Hat geklappt, danke!",
        "That worked, thank you!",
        "It works now. Thanks a lot for the quick help!",
        "Alles klar, danke.",
        "Ok, thanks",
        "Got it, thanks!",
        "Thank you very much indeed",
        "Dankeschön, schönes Wochenende!",
        "Vielen Dank für Ihre Hilfe!",
        "Problem gelöst, danke",
        "Thank you Ann, have a nice day",
        "Thanks for all your help!",
        "Danke, es geht jetzt wieder.",
        "Thanks,\nMaria Lopez",
        "Danke\nUwe",
        "Thanks again!",
        "Thank you again for your help, Ann",
        "That’s great, thanks",
        "Super, danke, jetzt läuft es wieder einwandfrei",
    ],
)
def test_courtesies(text: str) -> None:
    assert is_courtesy(text, 0, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!!!",
        "Hello",
        "Ok",
        "👎",
        "Thanks 😡",
        "Thanks :-(",
        "Thanks, but it does not work",
        "Thanks. Can you call me?",
        "Thanks, order 1042",
        "Thanks a lot, printer still broken",
        "No thanks needed, refund me",
        "No thanks",
        "Nein danke",
        "Danke, aber es geht nicht",
        "Thanks " * (MOST_WORDS + 1),
        "Thanks, no",
        "Thanks. No",
        "Danke, kaputt",
        "Thanks, still",
        "Thanks, unfortunately not",
        "Thanks, but it still fails",
        "Thanks, I have a problem again",
        "thanks. the problem is again",
        "thanks, I have to help you again",
        "Thanks for the reply, I have a problem",
        "Thanks for nothing",
        "Danke, das Problem ist wieder da",
        "Danke, es geht wieder nicht",
        "Danke. Wieder",
        "Danke, Problem",
        "Thanks. Help",
        "Thanks\nHelp",
        "Thanks. Still",
        "Thanks, Wrong",
        "Thanks. Later",
        "Great, Broken",
        "Thanks, what now",
        "Thanks, it works not",
        "Danke, leider nein",
        "Thanks. Same problem again",
        "Danke, geht das auch morgen",
    ],
)
def test_what_may_say_more_is_no_courtesy(text: str) -> None:
    assert not is_courtesy(text, 0, NAMES)


def test_attachment_is_never_a_courtesy() -> None:
    assert not is_courtesy("Thanks!", 1)


@given(
    st.text(max_size=100), st.sampled_from(["?", "7", " nicht kaputt", " not broken"])
)
def test_question_digit_or_unknown_words_are_never_a_courtesy(
    text: str, more: str
) -> None:
    assert not is_courtesy(f"Thanks {text}{more}", 0)


@given(st.lists(st.sampled_from("thanks thank you a lot so much it all".split())))
def test_words_in_any_order_are_read_quickly(words: list[str]) -> None:
    said = is_courtesy(" ".join([*words, "broken"]), 0)
    assert not said
