"""Pictures in letters, where the words name them or below the words."""

import pytest

from mailroom.notice.letters import Written
from mailroom.notice.markup import html_of
from mailroom.notice.pictures import Inline, show


def _written(text: str) -> Written:
    return Written("s", text, html_of(text))


@pytest.mark.parametrize(
    "mark", ["[cid:lamp@x]", "[image: lamp.png]", "[lamp.png]", "[a <red> lamp]"]
)
def test_picture_stands_where_the_text_names_it(mark: str) -> None:
    lamp = Inline("lamp@x", "lamp.png", "a <red> lamp")
    shown = show(_written(f"Before\n\n{mark}\n\nAfter\n"), [lamp])
    assert shown.text == "Before\n\n[lamp.png]\n\nAfter\n"
    before, rest = shown.html.split('<img src="cid:lamp@x"')
    assert "Before" in before
    assert "After" in rest


def test_picture_stands_where_its_alternative_text_is_a_line_of_its_own() -> None:
    plan = Inline("plan@x", "p1.png", "a plan")
    shown = show(_written("This is a plan:\n\na plan\n\nAfter\n"), [plan])
    assert shown.text == "This is a plan:\n\n[p1.png]\n\nAfter\n"
    before, rest = shown.html.split('<img src="cid:plan@x"')
    assert "This is a plan:" in before
    assert "After" in rest


def test_picture_that_nothing_names_stands_below_the_text() -> None:
    shown = show(_written("Words\n"), [Inline("lamp@x", "lamp.png")])
    assert shown.text == "Words\n"
    assert shown.html.index("Words") < shown.html.index('src="cid:lamp@x"')
    assert shown.html.rstrip().endswith("</td></tr></table></body></html>")


def test_two_pictures_of_one_name_take_two_places() -> None:
    pictures = [Inline("a@x", "image.png"), Inline("b@x", "image.png")]
    html = show(_written("[image.png] and [image.png]\n"), pictures).html
    assert html.index("cid:a@x") < html.index(" and ") < html.index("cid:b@x")


def test_name_of_a_picture_cannot_break_out_of_the_html() -> None:
    html = show(_written("x\n"), [Inline('"><script>', '"><script>')]).html
    assert "<script>" not in html
