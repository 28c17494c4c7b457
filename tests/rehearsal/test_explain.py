"""`rules explain` shows rules with values, and deadlines that add up."""

import json
from datetime import UTC, datetime

from mailroom.rehearsal.explain import explain_mail
from rules.loader import load_texts

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RULES = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Thu 09:00-12:30", "Mon-Thu 13:15-17:30", "Fri 09:00-15:00"]
[policy.gold]
calendar = "office"
first_reply = { urgent = "30m", normal = "4h" }
resolution = "2 days"
[[rule]]
name = "Gold"
domains = ["acme.com"]
policy = "gold"
"""
RAW = (
    b"From: Jane <jane@eu.acme.com>\r\nTo: support@desk.example\r\n"
    b"Subject: Hello\r\n\r\nHow do I export?\r\n"
)


def test_explanation_shows_the_winner_and_the_arithmetic() -> None:
    rule_set = load_texts({"a.toml": RULES}, NOW)
    at = datetime.fromisoformat("2026-11-27T14:00:00+01:00")
    lines = explain_mail(rule_set, RAW, at).lines()
    assert lines == [
        "match  Gold",
        '       yes domains: $under(sender.domain, "acme.com")',
        '             sender.domain = "eu.acme.com"',
        "       -> policy = gold",
        "",
        'policy: gold (rule "Gold")',
        "escalation: none",
        "calendar: office",
        "",
        "first_reply: running - 4h (policy gold, normal)",
        "   due Mon 2026-11-30 12:00 CET",
        "   planned 4h of work: Fri 14:00-15:00, Mon 09:00-12:00",
        "",
        "resolution: running - 2 days (policy gold, normal)",
        "   due Tue 2026-12-01 14:00 CET",
        "   2 days from the start come to 13h of work",
        "   planned 13h of work: Fri 14:00-15:00, Mon 09:00-12:30, Mon 13:15-17:30, "
        "Tue 09:00-12:30, Tue 13:15-14:00",
    ]


def test_explanation_as_json_adds_up() -> None:
    rule_set = load_texts({"a.toml": RULES}, NOW)
    at = datetime.fromisoformat("2026-11-27T14:00:00+01:00")
    plain = json.loads(json.dumps(explain_mail(rule_set, RAW, at).plain()))
    assert plain["rules"][0]["condition"]["seen"] == {"sender.domain": "eu.acme.com"}
    for clock in plain["clocks"]:
        assert (
            sum(line["gained"] for line in clock["ledger"]) == clock["target_seconds"]
        )
        for line in clock["ledger"]:
            spans = [
                datetime.fromisoformat(end) - datetime.fromisoformat(start)
                for start, end in line["spans"]
            ]
            assert sum(span.total_seconds() for span in spans) == line["gained"]
