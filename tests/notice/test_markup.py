"""The HTML of letters: what people write in plain text, in blocks that clients show."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.notice.markup import CUT_MARK, html_of


def _body(text: str, *own: str) -> str:
    return html_of(text, own=own).partition("<body")[2]


def _plain(html: str) -> str:
    """Return an HTML text without its tags and styles."""
    found: list[str] = []
    reader = HTMLParser(convert_charrefs=True)
    reader.handle_data = found.append  # type: ignore[method-assign]
    reader.feed("<body" + html)
    return "".join(found)


def test_lines_with_dashes_are_a_list() -> None:
    html = _body("Please:\n- look\n- write\n  to us\n\nBest")
    assert re.findall(r"<li[^>]*>(.*?)</li>", html) == ["look", "write<br>to us"]
    assert html.count("<p ") == 2


def test_numbers_of_a_list_are_kept() -> None:
    html = _body("3. third\n7. seventh\n")
    assert re.findall(r'<li value="(\d+)"', html) == ["3", "7"]
    assert "<ol " in html


@pytest.mark.parametrize(
    "text", ["2026. was good", "1.5 litres", "-5 degrees", "--\nAnn", "1) one"]
)
def test_what_only_looks_like_a_list_is_none(text: str) -> None:
    assert "<li" not in _body(text)


def test_quotes_lie_within_quotes() -> None:
    html = _body("> outer\n>> inner\n> outer again\n\nanswer")
    outer, _, rest = html.partition("</blockquote>")
    assert outer.count("<blockquote") == 2
    assert "inner" in outer
    assert "outer again" in rest.partition("</blockquote>")[0]


def test_spaces_that_set_a_line_are_kept() -> None:
    html = _body("  indented\ncolumn   two")
    assert "\xa0\xa0indented" in html
    assert "column\xa0\xa0 two" in html


def test_only_links_of_ours_become_buttons() -> None:
    text = "See here:\nhttps://a.example/t/1\n\nAnd here:\nhttps://b.example/\n"
    html = _body(text, "https://a.example/t/1")
    assert ">See here</a>" in html
    assert ">https://b.example/</a>" in html


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs() -> None:
    html = html_of("<script>x</script> <img src=https://e.example/x>")
    assert "<script" not in html
    assert "<img" not in html
    assert "url(" not in html


def test_line_that_replies_go_above_is_set_apart() -> None:
    assert 'class="cut"' in _body(f"Hello\n\n{CUT_MARK}\n\nJane wrote:")


@given(st.text(alphabet="ab<&\"'>- 1.\n\xa0*", max_size=80))
def test_no_word_is_lost(text: str) -> None:
    said = re.sub(r"[^ab<&\"']", "", text)
    assert re.sub(r"[^ab<&\"']", "", _plain(_body(text))) == said


def test_tower_of_quotes_takes_no_stack() -> None:
    assert "a" in _body(">" * 5000 + "a")


def test_letter_that_people_answer_in_between_has_no_table_and_no_title() -> None:
    html = html_of("Hello\n\n> it burns", title="Re: Fire", quotable=True)
    assert "<table" not in html
    assert "Re: Fire" not in html
    assert html.count("<div") == html.count("</div>")
