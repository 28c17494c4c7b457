"""Stored forms: what goes in comes out, and equal content has one key."""

import json

from rules.duration import Duration
from rules.policy import (
    Changes,
    EscalationPath,
    Metric,
    OnChange,
    Policy,
    Reopen,
    Step,
    Target,
)
from rules.step import Point
from rules.version import canonical, content_hash, path_from, policy_from

GOLD = Policy(
    name="gold",
    calendar="office",
    escalation="ladder",
    promise=(Metric.FIRST_REPLY, Metric.UPDATE),
    on_change=OnChange.STRICTER_ONLY,
    reopen=Reopen.NEW_CYCLE,
    targets={
        Metric.FIRST_REPLY: Target({"urgent": Duration.parse("30m")}),
        Metric.RESOLUTION: Target(
            {"low": Duration.parse("5 days")}, frozenset(["pending", "on_hold"])
        ),
    },
)
LADDER = EscalationPath(
    name="ladder",
    steps=(
        Step(at=Point.parse("75%"), notify=("assignee",)),
        Step(
            at=Point.parse("breach + 2h"),
            metrics=(Metric.UPDATE,),
            set=Changes(priority="high", team="tier2", tags=("late",)),
            unless_acknowledged=True,
            quiet=True,
        ),
    ),
)


def test_policy_comes_back_from_its_stored_form():
    stored = json.loads(json.dumps(canonical(GOLD)))
    assert policy_from(stored) == GOLD


def test_path_comes_back_from_its_stored_form():
    stored = json.loads(json.dumps(canonical(LADDER)))
    assert path_from(stored) == LADDER


def test_key_depends_on_content_not_on_order():
    document = canonical(GOLD)
    turned = dict(reversed(document.items()))
    assert content_hash(turned) == content_hash(document)
    assert len(content_hash(document)) == 16
    int(content_hash(document), 16)
    assert content_hash({**document, "name": "other"}) != content_hash(document)


def test_key_is_the_same_however_a_duration_was_written():
    one = Policy(
        name="x", targets={Metric.UPDATE: Target({"low": Duration.parse("90m")})}
    )
    two = Policy(
        name="x", targets={Metric.UPDATE: Target({"low": Duration.parse("1h 30m")})}
    )
    assert content_hash(canonical(one)) == content_hash(canonical(two))
