"""The new text of an agent's mail without what only its HTML marks as a signature."""

import pytest

from mailroom.message.parse import parse
from mailroom.message.unsigned import above_notice, is_signature, unsigned

MAIL = (
    'Content-Type: multipart/alternative; boundary="b"\n\n--b\n'
    "Content-Type: text/plain; charset=utf-8\n\n{text}\n--b\n"
    "Content-Type: text/html; charset=utf-8\n\n{html}\n--b--\n"
)
SIGNATURE = '<div id="Signature"><p>Ann Archer</p><p>Acme&nbsp;Support</p></div>'


def _unsigned(text: str, html: str) -> str:
    return unsigned(parse(MAIL.format(text=text, html=html).encode()))


def test_signature_that_the_html_marks_is_cut_from_the_text() -> None:
    text = "Use water.\n\nAnn   Archer\nAcme Support"
    assert _unsigned(text, f"<p>Use water.</p>{SIGNATURE}") == "Use water."


def test_signature_alone_leaves_nothing() -> None:
    assert _unsigned("Ann Archer\nAcme Support", SIGNATURE) == ""


@pytest.mark.parametrize(
    "text", ["Ann Archer\nAcme Support\nUse water.", "Use water.", "Support"]
)
def test_text_that_does_not_end_with_the_signature_stays_whole(text: str) -> None:
    assert _unsigned(text, f"<p>x</p>{SIGNATURE}") == text


def test_mail_without_a_marked_signature_stays_whole() -> None:
    assert _unsigned("See the signature.", "<p>See the signature.</p>") == (
        "See the signature."
    )
    assert unsigned(parse(b"\nUse water.\n")) == "Use water."


NAMES = ("Ann Archer", "ann@acme.example", "Acme Support")


@pytest.mark.parametrize(
    "text",
    [
        "Ann",
        "Ann Archer\nAcme Support",
        "Best regards\n\nAnn",
        "Viele Grüße, Ann",
        "Ann Archer\nAcme Ltd, 12 High Street\nTel. +44 123",
        "Kind regards,\nAnn Archer\nAcme Ltd",
    ],
)
def test_greetings_and_names_are_a_signature(text: str) -> None:
    assert is_signature(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Best wishes",
        "Use water.",
        "Ann will call you.",
        "Ann\n\nPlease use water.",
        "Dear Jane,\nAnn",
        "Ann\n1\n2\n3\n4\n5\n6\n7",
    ],
)
def test_what_says_more_is_none(text: str) -> None:
    assert not is_signature(text, NAMES)


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("Use water.\n\nYour reply goes to Jane Doe and 1 CC.", "Use water."),
        ("Use water.\n\nYour reply stays internal.\n", "Use water."),
        ("Your reply goes to Jane Doe and the ticket\nbecomes pending.", ""),
        (
            "Your reply goes to spam.\n\nUse water.",
            "Your reply goes to spam.\n\nUse water.",
        ),
        ("I saw that\nyour reply goes to me.", "I saw that\nyour reply goes to me."),
    ],
)
def test_our_own_line_above_the_cut_mark_is_no_answer(text: str, above: str) -> None:
    assert above_notice(text) == above
