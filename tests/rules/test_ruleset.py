"""One look at the rules: order, effects, the second look for policy and escalation."""

from datetime import UTC, datetime
from typing import Any

from rules.facts import Facts, SenderFacts, TicketFacts
from rules.loader import load_texts
from rules.ruleset import Choice, Decision, Failure, Kept, RuleSet, Source

NOW = datetime(2026, 11, 24, tzinfo=UTC)
POLICIES = """
[policy.gold]
first_reply = "1h"
escalation = "ladder"
[policy.silver]
first_reply = "2h"
[policy.standard]
default = true
first_reply = "8h"
[calendar.office]
timezone = "UTC"
hours = ["daily 09:00-17:00"]
[[escalation.ladder]]
at = "breach"
notify = ["assignee"]
[[escalation.other]]
at = "breach"
notify = ["team"]
"""


def rules(text: str) -> RuleSet:
    return load_texts({"a.toml": POLICIES + text}, NOW)


def facts(**changes: Any) -> Facts:
    values: dict[str, Any] = {
        "sender": SenderFacts(address="jane@acme.com", domain="acme.com"),
        "received": NOW,
        "subject": "Hello",
    }
    return Facts(**{**values, **changes})


ORDER = """
[[rule]]
name = "one"
priority = "high"
tags = ["a"]
[[rule]]
name = "two"
priority = "low"
team = "t2"
tags = ["b", "a"]
[[rule]]
name = "no"
when = 'subject == "x"'
tags = ["c"]
"""


def test_first_match_wins_and_tags_add_up() -> None:
    decision = rules(ORDER).decide(facts(), "opened")
    assert decision.matched == ("one", "two")
    assert (decision.priority, decision.team) == ("high", "t2")
    assert decision.tags == ("a", "b")
    assert decision.set_by == {"priority": "one", "team": "two"}
    assert decision.policy == Choice(value="standard", source=Source.DEFAULT)


def test_stop_ends_the_look_only_where_its_event_is_named() -> None:
    late = '[[rule]]\nname = "stop"\nstop = true\non = ["customer_reply"]\n'
    assert rules(late + ORDER).decide(facts(), "opened").matched == ("one", "two")
    now = '[[rule]]\nname = "stop"\nstop = true\n'
    decision = rules(now + ORDER).decide(facts(), "opened")
    assert (decision.matched, decision.stopped_by) == (("stop",), "stop")
    assert decision.priority is None


def test_rules_of_one_look_see_the_ticket_as_it_was() -> None:
    text = ORDER + '[[rule]]\nname = "sees"\nwhen = \'ticket.priority == "high"\'\n'
    assert "sees" not in rules(text).decide(facts(), "opened").matched


def test_policy_is_chosen_after_the_other_effects() -> None:
    text = ORDER + (
        '[[rule]]\nname = "urgent customers"\npolicy = "gold"\n'
        "when = 'ticket.priority == \"high\"'\n"
    )
    decision = rules(text).decide(facts(), "opened")
    assert decision.matched == ("one", "two")  # the first look
    assert decision.second == ("urgent customers",)
    assert decision.policy == Choice(
        value="gold", source=Source.RULE, rule="urgent customers"
    )
    assert decision.escalation == Choice(value="ladder", source=Source.POLICY)


def test_none_means_no_sla() -> None:
    text = '[[rule]]\nname = "news"\npolicy = "none"\n'
    decision = rules(text).decide(facts(), "opened")
    assert decision.policy == Choice(value=None, source=Source.RULE, rule="news")
    assert decision.escalation == Choice(value=None, source=Source.NONE)
    assert decision.calendar is None


COMPANY = """
[organization.acme]
domains = ["acme.com"]
addresses = ["jane@mail.example"]
policy = "silver"
escalation = "other"
team = "acme-team"
calendar = "office"
[organization.eu]
domains = ["eu.acme.com"]
policy = "none"
"""


def test_organization_gives_what_no_rule_names() -> None:
    known = facts(
        sender=SenderFacts(address="j@acme.com", domain="acme.com", organization="acme")
    )
    decision = rules(COMPANY).decide(known, "opened")
    assert decision.policy == Choice(value="silver", source=Source.ORGANIZATION)
    assert decision.escalation == Choice(value="other", source=Source.ORGANIZATION)
    assert (decision.team, decision.calendar) == ("acme-team", "office")
    ruled = rules(COMPANY + '[[rule]]\nname = "r"\npolicy = "gold"\nteam = "t"\n')
    decision = ruled.decide(known, "opened")
    assert decision.policy is not None
    assert (decision.policy.value, decision.team) == ("gold", "t")
    assert decision.calendar == "office"


def test_organization_is_found_by_address_then_by_longest_domain() -> None:
    known = rules(COMPANY)
    found = {
        address: getattr(known.organization_of(address), "key", None)
        for address in (
            "jane@mail.example",
            "x@mail.example",
            "x@acme.com",
            "x@a.eu.acme.com",
            "x@evilacme.com",
        )
    }
    assert list(found.values()) == ["acme", None, "acme", "eu", None]


LATE = """
[[rule]]
name = "gold from the start"
policy = "gold"
[[rule]]
name = "late"
on = ["customer_reply"]
when = 'subject == "lawyer"'
policy = "silver"
priority = "urgent"
"""


def test_policy_named_at_a_later_event_sticks() -> None:
    known, opening = rules(LATE), facts()
    decision = known.decide(facts(subject="lawyer"), "customer_reply", opening=opening)
    assert decision.matched == ("late",)
    assert decision.policy == Choice(
        value="silver", source=Source.RULE, rule="late", sticks=True
    )
    kept = Kept(fields=frozenset({"policy"}), policy="silver")
    later = known.decide(
        facts(subject="x"), "customer_reply", opening=opening, kept=kept
    )
    assert later.policy is None
    assert later.calendar == "always"
    anew = known.decide(opening, "changed", opening=opening)
    assert anew.policy is not None
    assert (anew.policy.value, anew.policy.sticks) == ("gold", False)


def test_no_rule_overrides_what_an_agent_set() -> None:
    kept = Kept(fields=frozenset({"priority", "policy"}), untagged=frozenset({"a"}))
    decision = rules(ORDER).decide(facts(), "opened", kept=kept)
    assert (decision.priority, decision.policy) == (None, None)
    assert decision.tags == ("b",)
    assert decision.team == "t2"


def test_tags_that_are_there_are_not_added_again() -> None:
    seen = facts(ticket=TicketFacts(tags=("a",)))
    assert rules(ORDER).decide(seen, "opened").tags == ("b",)


def test_failing_rule_is_skipped_and_named() -> None:
    text = (
        '[[rule]]\nname = "broken"\nwhen = \'headers["x"] == "1"\'\n'
        'policy = "gold"\nstop = true\n' + ORDER
    )
    decision = rules(text).decide(facts(), "opened")
    assert decision.failed == (Failure("broken", "no such entry: 'x'"),)
    assert decision.matched == ("one", "two")
    assert decision.policy is not None
    assert decision.policy.value == "standard"


def test_trace_names_what_was_not_looked_at() -> None:
    text = (
        '[[rule]]\nname = "stop"\nstop = true\n[[rule]]\nname = "after"\ntags = ["x"]\n'
    )
    traces = rules(text).trace(facts(), "opened")
    assert [(t.rule.name, t.looked_at, t.trace.value) for t in traces] == [
        ("stop", True, True),
        ("after", False, True),
    ]


def test_decision_is_plain_for_storing() -> None:
    plain = rules(ORDER).decide(facts(), "opened").to_plain()
    assert plain["tags"] == ["a", "b"]
    assert plain["policy"] == {
        "value": "standard",
        "source": "default",
        "rule": None,
        "sticks": False,
    }
    assert Decision.from_plain(plain) == rules(ORDER).decide(facts(), "opened")
    assert "team" in plain
    assert "failed" not in plain
