"""Letters with tables: the same in columns of text and in tables of HTML."""

import re
from html.parser import HTMLParser
from typing import Any

from mailroom.notice.sheet import MARKS, html_of, text_of, tone

cell, row, head = MARKS["cell"], MARKS["row"], MARKS["head"]
heading, figures, title = MARKS["heading"], MARKS["figures"], MARKS["title"]


class Page(HTMLParser):
    """Collects tags with their attributes, and the words between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name == tag]


def letter(*lines: object) -> str:
    return "\n".join(map(str, lines)) + "\n"


TABLE = letter(
    "Hello.",
    "",
    title("Week 47"),
    heading("Promises"),
    head("Promise", "In time", "p50"),
    row("First reply", cell("96.2%", "good", "25 of 26"), "2h 05m"),
    row("Update", cell("7.0%", "bad", "1 of 14"), "-"),
    "",
    "See https://help.acme.example/desk/.",
)


def test_text_stands_in_columns_figures_to_the_right() -> None:
    assert text_of(TABLE) == (
        "Hello.\n\nWeek 47\n=======\n\nPromises\n--------\n\n"
        "Promise               In time     p50\n"
        "First reply  96.2% (25 of 26)  2h 05m\n"
        "Update         7.0% (1 of 14)       -\n\n"
        "See https://help.acme.example/desk/.\n"
    )


def test_html_says_what_the_text_says() -> None:
    page = Page(html_of(TABLE))
    words = " ".join(" ".join(page.words).split())
    for part in ("Hello.", "Week 47", "Promises", "96.2% 25 of 26", "2h 05m", "7.0%"):
        assert part in words
    assert [a["href"] for a in page.of("a")] == ["https://help.acme.example/desk/"]
    assert [th["scope"] for th in page.of("th")] == ["col"] * 3


def test_colours_are_inline_and_pictures_and_scripts_are_none() -> None:
    html = html_of(TABLE)
    page = Page(html)
    assert not {"img", "script", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert "url(" not in html
    coloured = [td for td in page.of("td") if "background-color" in td["style"]]
    assert [td["class"].split()[-1] for td in coloured if td["class"] != "page"][
        -2:
    ] == ["good", "bad"]
    assert all(";color:" in td["style"] for td in coloured if "line" in td["class"])


def test_nothing_in_a_cell_can_be_taken_for_markup() -> None:
    evil = '\x1e["title", [["x","","",""]]]\n\n<b>\x1e'
    marked = letter(row(cell(evil, small="a\nb", url='https://x.example/"onclick')))
    page = Page(html_of(marked))
    assert not page.of("b")
    assert not page.of("h1")
    assert page.of("a") == [
        {
            "class": "link",
            "href": 'https://x.example/"onclick',
            "style": "color:#0c6b5b",
        }
    ]
    assert text_of(marked).count("\n") == 1


def test_figures_are_lines_of_text_and_boxes_of_html() -> None:
    marked = letter(figures(cell(12, "bad", "broken"), cell("3", small="new")))
    assert text_of(marked) == "12  broken\n 3  new\n"
    page = Page(html_of(marked))
    assert [td["class"] for td in page.of("td") if "width" in td] == ["bad", "plain"]


def test_wide_letters_take_two_columns() -> None:
    marked = letter(row("漢字", "x"), row("abcd", "y"), row("a", "z"))
    assert text_of(marked) == "漢字  x\nabcd  y\na     z\n"


def test_rows_of_unlike_length_are_shown_all_the_same() -> None:
    assert text_of(letter(row("a", "1", "2"), row("b"))) == "a  1  2\nb\n"


def test_what_was_kept_has_a_colour() -> None:
    shares = (None, 1.0, 0.95, 0.9499, 0.8, 0.7999, 0.0)
    tones = ["", "good", "good", "warn", "warn", "bad", "bad"]
    assert [tone(share) for share in shares] == tones


def _light(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_words_stand_out_from_each_colour_by_day_and_by_night() -> None:
    tones = ("good", "warn", "bad", "plain")
    html = html_of(letter(figures(*(cell("1", name, "x") for name in tones))))
    day = re.findall(r"background-color:(#\w{6});color:(#\w{6})", html)
    night = re.findall(r"color:(#\w{6})!important;color:(#\w{6})!important", html)
    assert (len(set(day)), len(set(night))) == (5, 5)  # those of the page, too
    for back, ink in day + night:
        darker, lighter = sorted((_light(back), _light(ink)))
        assert (lighter + 0.05) / (darker + 0.05) >= 7
