"""Where a mail's HTML shows its pictures."""

import time

from mailroom.message.model import SpanKind
from mailroom.message.parse import parse
from mailroom.message.picture import Picture, pictures

HEAD = b"Content-Type: text/html; charset=utf-8\n\n"
NEW, QUOTE = SpanKind.NEW, SpanKind.QUOTE


def _of(html: str) -> dict[str, Picture]:
    return pictures(parse(HEAD + html.encode()))


def test_picture_of_the_new_text_is_told_from_one_of_the_history() -> None:
    html = (
        '<p>See <IMG alt="a  red\nlamp" SRC="cid:new@x"></p><div class="gmail_quote">'
        "<div class=gmail_attr>On Tue, Jane &lt;j@x.example&gt; wrote:</div>"
        "<blockquote><img src=cid:old@x></blockquote></div>"
    )
    assert _of(html) == {
        "new@x": Picture(NEW, "a red lamp"),
        "old@x": Picture(QUOTE, ""),
    }


def test_picture_in_both_counts_as_new() -> None:
    html = (
        "<p>See <img src='cid:a@x'></p><div class='gmail_quote'><div class=gmail_attr>"
        "On Tue, Jane &lt;j@x.example&gt; wrote:</div><img src='cid:a@x'></div>"
    )
    assert _of(html) == {"a@x": Picture(NEW, "")}


def test_remote_pictures_and_text_mails_have_none() -> None:
    assert _of("<p><img src='https://x.example/cid:1'></p>") == {}
    assert pictures(parse(b"\n<img src='cid:a@x'>\n")) == {}


def test_text_that_looks_like_our_marks_is_text() -> None:
    assert _of("<p>\ue0007\ue001 <img src='cid:a@x'></p>") == {"a@x": Picture(NEW, "")}


def test_hostile_html_takes_linear_time() -> None:
    start = time.monotonic()
    _of("<img src='cid:a@x'>" * 20_000 + "<img " * 200_000)
    assert time.monotonic() - start < 10
