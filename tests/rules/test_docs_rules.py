"""Every example of docs/rules.md loads, and the page names every key and fact."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules.facts import Facts, SenderFacts, TicketFacts
from rules.loader import load_texts
from rules.policy import Organization, Policy, Step
from rules.reading import METRICS
from rules.rulereading import CONDITIONS, EFFECTS, MAIL, SETS
from rules.testcase import STEP_EVENTS, ExpectedClock

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
SECTIONS = dict(
    re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
)
EXAMPLES = {
    title: "\n".join(re.findall(r"```toml\n(.*?)```", body, re.DOTALL))
    for title, body in SECTIONS.items()
    if "```toml" in body
}


def test_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 8


@pytest.mark.parametrize("title", EXAMPLES)
def test_examples_of_a_section_load_together(title: str) -> None:
    load_texts({f"{title}.toml": EXAMPLES[title]}, NOW)


def test_every_example_of_the_tutorial_is_used_in_its_test() -> None:
    rule_set = load_texts({"a.toml": EXAMPLES["Your first rule"]}, NOW)
    assert [rule.name for rule in rule_set.rules] == [
        "Acme",
        "Gold customers",
        "Outage",
    ]
    assert rule_set.tests[0].expect.values["rules"] == ("Gold customers", "Outage")


def test_page_names_every_fact() -> None:
    facts = [f"sender.{name}" for name in SenderFacts.__dataclass_fields__]
    facts += [f"ticket.{name}" for name in TicketFacts.__dataclass_fields__]
    facts += [n for n in Facts.__dataclass_fields__ if n not in ("sender", "ticket")]
    assert [fact for fact in facts if f"`{fact}`" not in SECTIONS["Conditions"]] == []


def test_examples_use_every_key() -> None:
    text = "\n".join(EXAMPLES.values())
    words = set(re.findall(r"[a-z_]+", text))
    keys = {*CONDITIONS, *EFFECTS, *MAIL, *SETS, *METRICS, "on", "hours", "extra"}
    keys |= {*Organization.__dataclass_fields__} - {"key"}
    keys |= {*Policy.__dataclass_fields__} - {"targets"}
    keys |= {*Step.__dataclass_fields__} - {"unless_acknowledged"} | {"unless"}
    keys |= {*ExpectedClock.__dataclass_fields__} - {"fulfilled_at", "breached_at"}
    assert keys - words == set()
    assert [event for event in STEP_EVENTS if event not in words] == []
