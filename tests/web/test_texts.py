"""The pages' words: every one is in the catalogue, and the visitor's language wins."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import web
from web import texts

ROOT = Path(str(web.__file__)).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
HOLES = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\}")


def words() -> set[str]:
    """Return every text that the pages show."""
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(str(ROOT), METHODS, options_map=OPTIONS, keywords=keywords)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


@pytest.mark.parametrize("language", [x for x in texts.LANGUAGES if x != "en"])
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    with (texts.FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    known = {}
    for message in catalogue:
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key:
            known[key] = message
    assert set(known) == words()
    for key, message in known.items():
        forms = [message.string] if isinstance(message.string, str) else message.string
        assert all(form for form in forms), key
        for form in forms:
            assert sorted(HOLES.findall(form)) == sorted(HOLES.findall(key)), key


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("fr,en;q=0.5,de;q=0.4", "en"),
        ("fr", "en"),
        ("", "en"),
        ("\x00,;q=x", "en"),
    ],
)
def test_language_is_the_visitors(desk: Any, asked: str, shown: str) -> None:
    page = desk.page(desk.write(), **{"Accept-Language": asked})
    assert f'<html lang="{shown}">' in page
    words = {"de": "Sie bekommen eine erste Antwort bis", "en": "You will have"}[shown]
    assert words in page


def test_german_times_are_german(desk: Any, seen: Any) -> None:
    text = seen(desk.page(desk.write(), **{"Accept-Language": "de"}))
    assert "Di. 24. Nov., 14:00" in text
    assert "Mitteleuropäische Normalzeit" in text
    assert "4 Stunden" in text
