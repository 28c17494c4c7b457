"""`explain` shows each rule, each part with the values seen then, and who won."""

import json
from datetime import UTC, datetime

from rules.explain import rule_lines, rule_plain
from rules.facts import Facts, SenderFacts
from rules.loader import load_texts

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RULES = """
[policy.gold]
first_reply = "1h"
[[rule]]
name = "Gold"
domains = ["acme.com"]
policy = "gold"
priority = "high"
[[rule]]
name = "Down"
keywords = ["down"]
when = 'size > 3 or headers["x"] == "1"'
priority = "urgent"
tags = ["down"]
[[rule]]
name = "Later"
on = ["customer_reply"]
when = 'not reply'
tags = ["later"]
"""
FACTS = Facts(
    sender=SenderFacts(address="j@eu.acme.com", domain="eu.acme.com"),
    received=NOW,
    subject="It is down",
    size=10,
)


def test_lines_show_parts_values_and_winners() -> None:
    rule_set = load_texts({"a.toml": RULES}, NOW)
    lines = rule_lines(rule_set, FACTS, rule_set.decide(FACTS, "opened"))
    assert lines == [
        "match  Gold",
        '       yes domains: $under(sender.domain, "acme.com")',
        '             sender.domain = "eu.acme.com"',
        '       -> priority = "high", policy = gold',
        "match  Down",
        "       yes all of",
        '          yes keywords: $mentions(subject, "down") or $mentions(text, "down")',
        '                subject = "It is down"',
        '                text = ""',
        "          yes any of",
        "             yes when: size > 3",
        "                   size = 10",
        '             ?   when: headers["x"] == "1"',
        '                   headers&["x"] = null',
        "                   failed: no such entry: 'x'",
        '       -> priority = "urgent" (not: Gold set it), tag down',
        "  --   Later",
        "       yes not",
        "          no  when: reply",
        "                reply = false",
        "",
        'policy: gold (rule "Gold")',
        "escalation: none",
        "calendar: always",
    ]


def test_stored_facts_give_the_same_explanation() -> None:
    rule_set = load_texts({"a.toml": RULES}, NOW)
    decision = rule_set.decide(FACTS, "opened")
    stored = Facts.from_json(FACTS.to_json())
    first = rule_plain(rule_set, FACTS, decision)
    assert rule_plain(rule_set, stored, decision) == first
    again = json.loads(json.dumps(first))
    assert again["rules"][0]["condition"]["seen"] == {"sender.domain": "eu.acme.com"}
    assert again["decision"]["set_by"]["priority"] == "Gold"
