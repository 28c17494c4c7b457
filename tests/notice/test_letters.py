"""Letters: words and HTML from one source, in catalogues, with faulty texts survived."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment, meta

from mailroom.notice.letters import BUILT_IN, SHEETS, Letters
from mailroom.notice.markup import html_of

DUE = datetime(2026, 11, 27, 15, 0, tzinfo=ZoneInfo("Europe/Berlin"))
CUSTOMERS = [
    "acknowledgement",
    "solved",
    "pending",
    "reopened",
    "rating",
    "status_update",
    "reminder",
    "status",
    "links",
]
VALUES: dict[str, Any] = {
    "subject": "Printer",
    "customer_name": "Jane Doe",
    "mailbox": "Acme Support",
    "number": "[#1001]",
    "promises": [{"metric": "first_reply", "due": DUE, "zone": "Europe/Berlin"}],
    "status_url": "https://help.acme.example/t/1001.1.abc",
    "missed": True,
    "status": "open",
    "tickets": [
        {
            "number": "[#1]",
            "subject": "Ink",
            "status": "on_hold",
            "url": "https://x.y/z",
        }
    ],
    "desk": "Acme",
}


@pytest.mark.parametrize("name", CUSTOMERS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_each_customer_letter_is_there_in_each_language(
    name: str, language: str
) -> None:
    written = Letters().write(name, language, VALUES)
    assert written.subject
    assert written.text.strip().endswith("Acme")
    assert "{" not in written.text
    assert "\n\n\n" not in written.text


@pytest.mark.parametrize(
    "metric", ["first_reply", "next_reply", "update", "resolution", "total_resolution"]
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_each_promise_has_a_sentence_with_its_time(language: str, metric: str) -> None:
    promise = {"metric": metric, "due": DUE, "zone": "Europe/Berlin"}
    values = {**VALUES, "promises": [promise]}
    text = Letters().write("acknowledgement", language, values).text
    said = {
        "en": "by Fri 27 Nov 2026, 15:00 (Europe/Berlin).",
        "de": "bis Freitag, 27. November 2026, 15:00 Uhr (Europe/Berlin).",
    }
    assert said[language] in text


def test_every_catalogue_has_the_same_letters_to_customers() -> None:
    for folder in (path for path in BUILT_IN.iterdir() if path.is_dir()):
        found = {path.stem for path in folder.glob("*.txt")}
        assert {*CUSTOMERS, "reply", "words"} <= found, folder


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_report_mails_ask_for_the_same_values_in_each_language(name: str) -> None:
    asked = {
        path.parent.name: meta.find_undeclared_variables(
            Environment().parse(path.read_text("utf-8"))
        )
        for path in BUILT_IN.glob(f"*/{name}.txt")
    }
    assert asked.keys() == {"en", "de"}
    assert asked["en"] == asked["de"]


def test_letter_that_a_catalogue_lacks_is_written_in_english() -> None:
    values = {"subject": "s", "goes_to": "g", "by": "b", "customer": "c", "number": "1"}
    assert "has answered" in Letters().write("answered", "de", values).text


def test_first_language_with_a_catalogue_is_chosen(tmp_path: Path) -> None:
    assert Letters().language("de", "en") == "de"
    assert Letters().language("tlh", None, "de") == "de"
    assert Letters().language(None, "tlh") == "en"
    (tmp_path / "tlh").mkdir()
    assert Letters(tmp_path).language("tlh", "de") == "tlh"


def test_own_text_wins_and_may_use_the_shared_words(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "solved.txt").write_text(
        '{% from "de/words.txt" import hello %}\nErledigt\n{{ hello("Jane") }}\n'
    )
    written = Letters(tmp_path).write("solved", "de", VALUES)
    assert (written.subject, written.text) == ("Erledigt", "Guten Tag Jane,\n")


@pytest.mark.parametrize(
    "fault",
    [
        "{{ nothing_of_this_name }}",
        "{% if %}",
        "{{ 1 / 0 }}",
        "{{ number + 1 }}",
        "\xff",
    ],
)
def test_faulty_own_text_gives_way_to_the_built_in_one(
    tmp_path: Path, fault: str
) -> None:
    (tmp_path / "en").mkdir()
    text = f"Subject\n{fault}\n"
    (tmp_path / "en" / "solved.txt").write_bytes(text.encode("latin-1"))
    assert "is solved" in Letters(tmp_path).write("solved", "en", VALUES).text


def test_html_shows_paragraphs_links_and_quotes_and_nothing_of_its_own() -> None:
    html = html_of("See <b> & https://x.example/a?b=1&c=2.\n\n> it\n> burns\n")
    assert "See &lt;b&gt; &amp; " in html
    assert '<a href="https://x.example/a?b=1&amp;c=2"' in html
    assert "<blockquote" in html
    assert "it<br>burns" in html
    assert "src=" not in html


def test_text_of_a_mailbox_wins_for_that_mailbox_alone(tmp_path: Path) -> None:
    for place in ("en", "sales@acme.example/en"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "solved.txt").write_text(f"Done\nby {place}\n")
    letters = Letters(tmp_path)
    said = {
        box: letters.write("solved", "en", VALUES, box).text
        for box in ("sales@acme.example", "support@acme.example", None)
    }
    assert said["sales@acme.example"] == "by sales@acme.example/en\n"
    assert said["support@acme.example"] == said[None] == "by en\n"


def test_language_goes_before_the_mailbox(tmp_path: Path) -> None:
    (tmp_path / "sales@acme.example" / "en").mkdir(parents=True)
    (tmp_path / "sales@acme.example" / "en" / "solved.txt").write_text("Done\nOurs\n")
    written = Letters(tmp_path).write("solved", "de", VALUES, "sales@acme.example")
    assert "gelöst" in written.text


def test_letter_of_a_rule_is_found_in_the_mailbox_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "sales@acme.example" / "de").mkdir(parents=True)
    (tmp_path / "sales@acme.example" / "de" / "vip.txt").write_text("Ja\nGern\n")
    letters = Letters(tmp_path)
    assert letters.has_own("vip", "sales@acme.example")
    assert not letters.has_own("vip", "support@acme.example")
    assert "vip" in letters.names()


def test_folder_of_no_mailbox_and_its_faults_are_told(tmp_path: Path) -> None:
    (tmp_path / "sale@acme.example" / "en").mkdir(parents=True)
    (tmp_path / "sale@acme.example" / "en" / "solved.txt").write_text("x\n{{ nmber }}")
    unknown, fault = Letters(tmp_path).check(["sales@acme.example"])
    assert "is no address of a [[mailbox]] (sales@acme.example)" in unknown
    assert "there is no value nmber" in fault


def test_link_to_the_page_is_a_button_and_stays_a_line_of_text() -> None:
    written = Letters().write("solved", "en", VALUES)
    assert f"\n{VALUES['status_url']}\n" in written.text
    assert VALUES["status_url"] in written.html
    assert f">{VALUES['status_url']}<" not in written.html


def test_agents_letters_and_replies_can_be_answered_in_between() -> None:
    values = {"subject": "s", "goes_to": "g", "by": "b", "customer": "c", "number": "1"}
    assert "<table" not in Letters().write("answered", "en", values).html
    values = {"subject": "s", "text": "Hello\n", "files": []}
    assert "<table" not in Letters().write("reply", "en", values).html
    assert "<table" in Letters().write("solved", "en", VALUES).html
