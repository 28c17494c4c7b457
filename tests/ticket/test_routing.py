"""What the rules do to a case: SET, SPAM and TERMS events, and no more than changes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mailroom.ticket.case import Case
from mailroom.ticket.edition import Edition
from mailroom.ticket.lifecycle import opened
from mailroom.ticket.model import Kind, PersonId, TicketId
from mailroom.ticket.routing import apply, decide, set_policy
from rules.facts import Facts, SenderFacts, TicketFacts
from rules.loader import load_texts

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
RULES = """
[policy.gold]
first_reply = "1h"
escalation = "ladder"
[policy.standard]
default = true
first_reply = "8h"
[[escalation.ladder]]
at = "breach"
notify = ["admins"]
[[rule]]
name = "Gold"
domains = ["acme.com"]
policy = "gold"
priority = "high"
team = "tier1"
assignee = "ann@acme.example"
tags = ["gold"]
[[rule]]
name = "Junk"
keywords = ["lottery"]
spam = true
[[rule]]
name = "Later"
on = ["customer_reply"]
when = 'reply'
policy = "standard"
tags = ["later"]
"""


@pytest.fixture
def edition() -> Edition:
    return Edition(load_texts({"a.toml": RULES}, AT))


@pytest.fixture
def case() -> Case:
    ticket = opened(
        id=TicketId(1001),
        subject="Printer",
        mailbox="support@acme.example",
        requester=PersonId(1),
        at=AT,
    )
    case = Case(ticket, recorded_at=AT)
    case.add(Kind.OPENED, AT, actor=PersonId(1), by="customer")
    return case


def facts(domain: str = "acme.com", **more: Any) -> Facts:
    sender = SenderFacts(address=f"jane@{domain}", domain=domain)
    return Facts(sender=sender, received=AT, **more)


def person(address: str) -> PersonId:
    return PersonId({"ann@acme.example": 7}[address])


def look(case: Case, edition: Edition, seen: Facts, on: str = "opened") -> None:
    opening = None if on == "opened" else facts()
    apply(case, edition, decide(case, edition, seen, on, opening), AT, person)


def test_effects_come_before_the_terms_that_they_decide(
    case: Case, edition: Edition
) -> None:
    look(case, edition, facts())
    assert [e.kind for e in case.log] == [Kind.OPENED, Kind.SET, Kind.TERMS]
    ticket = case.ticket
    assert (ticket.priority, ticket.team, ticket.assignee) == ("high", "tier1", 7)
    assert (ticket.tags, ticket.policy) == (("gold",), "gold")
    assert ticket.policy_key == edition.policy_keys["gold"]
    assert ticket.escalation_key == edition.path_keys["ladder"]
    assert ticket.calendar_key == edition.calendar_keys["always"]
    assert case.log[1].data["rules"]["priority"] == "Gold"
    assert case.log[2].data["why"]["policy"] == "rule Gold"
    assert ticket.sticky == frozenset()


def test_second_look_that_changes_nothing_adds_nothing(
    case: Case, edition: Edition
) -> None:
    look(case, edition, facts())
    before = len(case.log)
    look(case, edition, facts(ticket=TicketFacts(priority="high", tags=("gold",))))
    assert len(case.log) == before


def test_nothing_is_set_where_no_rule_matches(case: Case, edition: Edition) -> None:
    look(case, edition, facts("other.example"))
    assert [e.kind for e in case.log] == [Kind.OPENED, Kind.TERMS]
    assert case.log[1].data["why"]["policy"] == "default"


def test_spam_is_an_event_once(case: Case, edition: Edition) -> None:
    for _ in range(2):
        look(case, edition, facts("other.example", subject="Lottery"))
    assert len(case.events(Kind.SPAM)) == 1


def test_policy_of_a_later_event_sticks(case: Case, edition: Edition) -> None:
    look(case, edition, facts())
    look(case, edition, facts(reply=True), "customer_reply")
    assert case.ticket.policy == "standard"
    assert "policy" in case.ticket.sticky
    look(case, edition, facts(), "changed")
    assert case.ticket.policy == "standard"


def test_what_an_agent_set_no_rule_overrides(case: Case, edition: Edition) -> None:
    case.add(Kind.SET, AT, by="agent", priority="low", team="tier2")
    look(case, edition, facts())
    assert (case.ticket.priority, case.ticket.team) == ("low", "tier2")


def test_tag_that_an_agent_took_away_stays_away(case: Case, edition: Edition) -> None:
    look(case, edition, facts())
    case.add(Kind.SET, AT, by="agent", untags=["gold"])
    look(case, edition, facts())
    assert case.ticket.tags == ()
    case.add(Kind.SET, AT, by="agent", tags=["gold"])
    case.add(Kind.SET, AT, by="agent", untags=["other"])
    assert case.ticket.tags == ("gold",)


@pytest.mark.parametrize("name", ["gold", None])
def test_agents_policy_is_for_good(
    case: Case, edition: Edition, name: str | None
) -> None:
    look(case, edition, facts("other.example"))
    set_policy(case, edition, name, AT, PersonId(7))
    look(case, edition, facts("other.example"), "changed")
    assert case.ticket.policy == name
    assert case.ticket.policy_key == (edition.policy_keys[name] if name else None)
    path = edition.path_keys["ladder"] if name else None
    assert case.ticket.escalation_key == path
    assert case.events(Kind.TERMS)[1].actor == "7"
