"""The new text of an agent's mail without what only its HTML marks as a signature."""

import pytest

from mailroom.message.parse import parse
from mailroom.message.unsigned import unsigned

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
