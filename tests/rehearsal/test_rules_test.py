"""`[[test]]`s are played by the desk's own lifecycle and clocks, and told apart rightly."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailroom.rehearsal.report import plain, run_tests, text_lines
from rules.loader import load, load_texts

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOME = Path(__file__).parents[2]
STARTERS = sorted((HOME / "rules" / "starter").glob("*.toml"))

SPEC = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Thu 09:00-12:30", "Mon-Thu 13:15-17:30", "Fri 09:00-15:00"]
[policy.gold]
calendar = "office"
first_reply = { urgent = "30m", high = "2h", normal = "4h", low = "1 day" }
next_reply = "4h"
resolution = { within = { urgent = "8h", high = "2 days", normal = "3 days", low = "5 days" } }
escalation = "ladder"
[[escalation.ladder]]
at = "75%"
notify = ["assignee"]
[[escalation.ladder]]
at = "breach"
notify = ["assignee"]
set = { tags = ["late"] }
[[rule]]
name = "Gold"
domains = ["acme.com"]
policy = "gold"
tags = ["gold"]
[[rule]]
name = "Outage"
keywords = ["outage"]
priority = "urgent"
[[rule]]
name = "Angry"
on = ["customer_reply"]
keywords = ["lawyer"]
priority = "high"
tags = ["angry"]
[[test]]
name = "a life"
at = 2026-11-27T14:30:00+01:00
mail = { from = "Jane <jane@eu.acme.com>", subject = "Outage!", text = "Nothing works." }
expect = { rules = ["Gold", "Outage"], policy = "gold", escalation = "ladder", priority = "urgent", tags = ["gold"], acknowledge = true, first_reply = { state = "running", due = 2026-11-27T15:00:00+01:00, target = "30m" } }
[[test.then]]
at = 2026-11-27T16:00:00+01:00
expect = { first_reply = "breached", escalations = ["first_reply 75%", "first_reply breach"], tags = ["late", "gold"] }
[[test.then]]
at = 2026-11-30T09:10:00+01:00
event = "agent_reply"
expect = { status = "open", next_reply = "none", first_reply = { state = "breached", fulfilled_at = 2026-11-30T09:10:00+01:00 } }
[[test.then]]
at = 2026-11-30T09:20:00+01:00
set = { status = "pending" }
expect = { resolution = { state = "paused", elapsed = "50m", remaining = "7h 10m" } }
[[test.then]]
at = 2026-11-30T10:00:00+01:00
mail = { text = "My lawyer will write." }
set = { priority = "low" }
expect = { status = "open", rules = ["Angry"], priority = "low", tags = ["gold", "late", "angry"], next_reply = { cycle = 1, due = 2026-11-30T14:45:00+01:00 } }
[[test.then]]
at = 2026-11-30T10:10:00+01:00
mail = { text = "lawyer!" }
expect = { priority = "low" }
[[test.then]]
at = 2026-11-30T10:20:00+01:00
event = "agent_reply"
set = { status = "solved" }
expect = { status = "solved", update = "none", resolution = "achieved" }
"""  # noqa: E501


def no_mail(file: str, path: str) -> bytes:
    return (HOME / "none" / path).read_bytes()


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)
def test_tests_of_a_starter_set_pass_and_reach_every_rule(path: Path) -> None:
    results = run_tests(load(path, NOW), no_mail)
    assert [
        line for line in text_lines(results) if line.startswith(("FAIL", " "))
    ] == []
    assert results.unreached == ()


def test_tests_on_the_page_about_rules_pass() -> None:
    page = (HOME / "docs" / "rules.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", page, flags=re.MULTILINE):
        text = "\n".join(re.findall(r"```toml\n(.*?)```", section, re.DOTALL))
        results = run_tests(load_texts({"docs.toml": text}, NOW), no_mail)
        assert text_lines(results)[-1].endswith(", 0 failed"), text_lines(results)


def test_a_whole_life_goes_as_the_rule_language_says() -> None:
    results = run_tests(load_texts({"a.toml": SPEC}, NOW), no_mail)
    assert text_lines(results) == ["ok   a life", "1 tests, 0 failed"]


def test_what_was_expected_stands_beside_what_happened() -> None:
    wrong = SPEC.replace('policy = "gold", escalation', 'policy = "none", escalation')
    wrong = wrong.replace("due = 2026-11-27T15:00", "due = 2026-11-27T15:01")
    wrong = wrong.replace('remaining = "7h 10m"', 'remaining = "7h"')
    results = run_tests(load_texts({"a.toml": wrong}, NOW), no_mail)
    assert not results.passed
    assert text_lines(results) == [
        "FAIL a life",
        "     a.toml:33",
        "     2026-11-27 14:30:00+01:00 the opening mail:",
        "       policy: expected none, got gold",
        "       first_reply.due: expected 2026-11-27 15:01:00+01:00, "
        "got 2026-11-27 15:00:00+01:00",
        "     2026-11-30 09:20:00+01:00 step 3:",
        "       resolution.remaining: expected 7h, got 7h 10m",
        "1 tests, 1 failed",
    ]
    shown = plain(results)["tests"][0]["differences"]
    assert shown[0] == {
        "step": 0,
        "at": "2026-11-27T13:30:00.000Z",
        "key": "policy",
        "expected": "none",
        "actual": "gold",
    }


def test_rule_that_no_test_reaches_is_named() -> None:
    text = SPEC + '[[rule]]\nname = "Never"\nto = ["x@y.z"]\ntags = ["x"]\n'
    results = run_tests(load_texts({"a.toml": text}, NOW), no_mail)
    assert results.unreached == ("Never",)
    assert "not reached: Never" in text_lines(results, coverage=True)


def test_mail_of_a_test_may_be_a_file() -> None:
    text = '[[rule]]\nname = "r"\nwhen = \'headers&["x-a"] == "1"\'\ntags = ["t"]\n' + (
        '[[test]]\nname = "t"\nat = 2026-11-27T14:30:00Z\nmail = "a.eml"\n'
        'expect = { rules = ["r"], tags = ["t"] }\n'
    )
    raw = b"From: a@b.c\r\nTo: s@d.e\r\nX-A: 1\r\nSubject: x\r\n\r\nHello\r\n"
    rule_set = load_texts({"a.toml": text}, NOW)
    assert run_tests(rule_set, lambda file, path: raw).passed
    lost = run_tests(rule_set, no_mail)
    assert not lost.passed
    assert "No such file" in (lost.results[0].error or "")


def test_rule_that_fails_at_run_time_is_told() -> None:
    text = '[[rule]]\nname = "r"\nwhen = \'headers["x"] == "1"\'\n' + (
        '[[test]]\nname = "t"\nat = 2026-11-27T14:30:00Z\nmail = {}\nexpect = { rules = [] }\n'
    )
    results = run_tests(load_texts({"a.toml": text}, NOW), no_mail)
    assert text_lines(results)[1] == "     rule 'r' failed and was skipped"


def test_fired_steps_are_compared_by_where_they_stand() -> None:
    other = SPEC.replace('"first_reply breach"]', '"first_reply 100%"]')
    assert other != SPEC
    assert run_tests(load_texts({"a.toml": other}, NOW), no_mail).passed
    missing = SPEC.replace(', "first_reply breach"]', "]")
    assert not run_tests(load_texts({"a.toml": missing}, NOW), no_mail).passed


def test_every_key_of_a_tests_mail_reaches_the_rules() -> None:
    text = (
        '[[rule]]\nname = "r"\ntags = ["t"]\nto = ["a@x.y"]\nwhen = \'\'\'\n'
        'sender.name == "Jané Doe" and sender.address == "jane@xn--mnchen-3ya.example"\n'
        'and "b@x.y" in cc and "c@x.y" in to and recipient == "c@x.y"\n'
        'and subject == "Größe & more" and $mentions(text, "does nothing")\n'
        'and headers&["x-a"] == "ü 1" and "ä b.pdf" in attachments\n'
        'and attachments.length == 2 and size == 7 and language == "sv"\n'
        "and sender.known and sender.authenticated and not reply'''\n"
        '[[test]]\nname = "t"\nat = 2026-11-27T14:30:00Z\nexpect = { rules = ["r"] }\n'
        'mail = { from = "Jané Doe <Jane@münchen.example>", to = ["c@x.y", "A@x.y"], '
        'cc = "b@x.y", subject = "Größe & more", text = "It does\\nnothing.", '
        'headers = { X-A = "ü 1" }, attachments = ["ä b.pdf", "c.txt"], size = 7, '
        'language = "sv", known = true, authenticated = true }\n'
    )
    results = run_tests(load_texts({"a.toml": text}, NOW), no_mail)
    assert text_lines(results) == ["ok   t", "1 tests, 0 failed"]


@pytest.mark.parametrize(
    ("year", "due"),
    [
        (2019, "2019-07-05T10:00:00-04:00"),
        (2026, "2026-07-06T10:00:00-04:00"),  # the 4th is a Saturday: Friday off
        (2041, "2041-07-05T10:00:00-04:00"),
    ],
)
def test_a_test_of_any_year_knows_the_holidays_of_its_year(year: int, due: str) -> None:
    text = f"""
[calendar.office]
timezone = "America/New_York"
hours = ["Mon-Fri 09:00-17:00"]
holidays = ["US"]
[policy.all]
default = true
calendar = "office"
first_reply = "1 day"
[[test]]
name = "before Independence Day"
at = {year}-07-{"03" if year != 2026 else "02"}T10:00:00-04:00
mail = {{ from = "jo@cust.example", to = "help@desk.example" }}
expect = {{ first_reply = {{ due = {due} }} }}
"""
    results = run_tests(load_texts({"a.toml": text}, NOW), no_mail)
    assert text_lines(results)[-1] == "1 tests, 0 failed", text_lines(results)


def test_a_reply_is_in_all_it_leaves_out_like_the_opening_mail() -> None:
    text = """
[[rule]]
name = "Alike"
on = ["opened", "customer_reply"]
when = 'headers&["x-plan"] == "gold" and attachments.length == 1 and size == 5 and language == "de" and sender.authenticated and cc == ["c@cust.example"]'
[[test]]
name = "inherited"
at = 2026-06-10T06:00:00Z
mail = { from = "jo@cust.example", to = "help@desk.example", cc = ["c@cust.example"], subject = "Q", headers = { "X-Plan" = "gold" }, attachments = ["a.pdf"], size = 5, language = "de", authenticated = true }
expect = { rules = ["Alike"] }
[[test.then]]
at = 2026-06-10T07:00:00Z
mail = { text = "And now?" }
expect = { rules = ["Alike"] }
[[test.then]]
at = 2026-06-10T08:00:00Z
mail = { text = "And now?", attachments = [] }
expect = { rules = [] }
[[test.then]]
at = 2026-06-10T09:00:00Z
mail = { text = "And now?", authenticated = false }
expect = { rules = [] }
[[test.then]]
at = 2026-06-10T10:00:00Z
event = "customer_reply"
expect = { rules = ["Alike"] }
"""  # noqa: E501
    results = run_tests(load_texts({"a.toml": text}, NOW), no_mail)
    assert text_lines(results)[-1] == "1 tests, 0 failed", text_lines(results)


@pytest.mark.parametrize(
    ("promised", "expected", "same"),
    [
        ("24h", "1 day", True),
        ("1 day", "24h", True),
        ("1 day", "1440m", True),
        ("1 day", "1d", True),
        ("90m", "1h 30m", True),
        ("1 day", "23h", False),
        ("24h", "2 days", False),
    ],
)
def test_targets_compare_as_seconds(promised: str, expected: str, same: bool) -> None:
    text = f"""
[policy.all]
default = true
first_reply = "{promised}"
[[test]]
name = "target"
at = 2026-06-10T06:00:00Z
mail = {{ from = "jo@cust.example", to = "help@desk.example" }}
expect = {{ first_reply = {{ target = "{expected}", remaining = "{expected}" }} }}
"""
    assert run_tests(load_texts({"a.toml": text}, NOW), no_mail).passed is same
