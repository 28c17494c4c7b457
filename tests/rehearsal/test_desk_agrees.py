"""What a rehearsal says of a test, a real desk does: by SMTP, with the store, in order.

Every test of the starter sets, of the rule language's examples (where they are at hand)
and of a set written to touch every event and every key.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import desk_of_tests as desk
import pytest

from mailroom.rehearsal.play import Played, Stage
from mailroom.rehearsal.verdict import differences
from rules.ledger import Clock, State
from rules.loader import load
from rules.policy import PRIORITIES
from rules.ruleset import RuleSet
from rules.testcase import TestCase, TestMail, TestStep

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
FILES = [
    *sorted((ROOT / "rules" / "starter").glob("*.toml")),
    *sorted((ROOT.parent / "shared" / "design" / "examples").glob("*.toml")),
    Path(__file__).parent / "agreement.toml",
    Path(__file__).parent / "present.toml",
]


def _find(rule_file: str, name: str) -> bytes:
    return (Path(rule_file).parent / name).read_bytes()


def _cases() -> list[Any]:
    loaded = [(file.stem, load(file, NOW)) for file in FILES]
    return [
        pytest.param(rule_set, test, id=f"{stem}: {test.name}")
        for stem, rule_set in loaded
        for test in rule_set.tests
    ]


@pytest.mark.parametrize(("rule_set", "test"), _cases())
def test_desk_and_rehearsal_agree(
    rule_set: RuleSet, test: TestCase, tmp_path: Path
) -> None:
    assert differences(_compare(rule_set, test, tmp_path)) == ()


def _compare(rule_set: RuleSet, test: TestCase, tmp_path: Path) -> Played:
    played = Stage(rule_set, _find).play(test)
    with desk.desk_for(rule_set, test, tmp_path / "desk", _find) as real:
        outcomes = real.play(test)
        assert real.drifts() == []
        explained = real.explanation()
        assert explained.lines()
    for rehearsed, done in zip(played.outcomes, outcomes, strict=True):
        assert desk.comparable(done) == desk.comparable(rehearsed), done.step
    for clock in explained.clocks:
        _adds_up(clock)
    return played


def _adds_up(clock: Clock) -> None:
    """What the ledger gains comes to what the clock says has run, or will have."""
    gained = sum(
        (line.gained for line in clock.ledger if not line.planned), timedelta()
    )
    assert gained == clock.elapsed
    if clock.state is State.RUNNING:
        whole = sum((line.gained for line in clock.ledger), timedelta())
        assert whole == clock.target_time
        assert clock.ledger[-1].end == clock.due


SETS: dict[str, tuple[Any, ...]] = {
    "status": ("open", "pending", "on_hold", "solved"),
    "priority": PRIORITIES,
    "team": ("tier1", "tier2"),
    "assignee": ("ann@desk.example", "chief@desk.example"),
    "tags": (("vip",), ("vip", "late"), ("gold",)),
    "policy": ("gold", "strict", "fresh", "standard", "none"),
}
TEXTS = ("(reply)", "Thanks!", "I am still waiting", "It does not work, no.")


def _step(chance: Random, at: datetime) -> TestStep:
    event = chance.choice(
        (None, "agent_reply", "customer_reply", "note", "solve", "acknowledge", None)
    )
    if chance.random() < 0.04:
        event = "spam"
    mail = None
    if event == "customer_reply":
        mail = TestMail(text=chance.choice(TEXTS))
    wanted: dict[str, Any] = {}
    if event in (None, "agent_reply") and chance.random() < 0.8:
        keys = chance.sample(sorted(SETS), chance.choice((1, 1, 2)))
        wanted = {key: chance.choice(SETS[key]) for key in keys}
    return TestStep(at=at, event=event, mail=mail, set=wanted)


def _walk(seed: int) -> TestCase:
    """A ticket's life by chance, sometimes with two steps at one instant."""
    chance = Random(seed)
    at = datetime(2026, 11, 24, 6, tzinfo=UTC) + timedelta(
        minutes=chance.randrange(600)
    )
    sender = chance.choice(("a@acme.example", "b@initech.example", "c@other.example"))
    to = chance.choice(
        ("support@desk.example", "strict@desk.example", "fresh@desk.example")
    )
    mail = TestMail(sender=sender, to=(to,), subject="Printer", text="On fire.")
    steps, now = [], at
    for _ in range(12):
        now += timedelta(minutes=chance.choice((0, 7, 30, 60, 240, 480, 1440)))
        steps.append(_step(chance, now))
    return TestCase(name=f"walk {seed}", at=at, mail=mail, then=tuple(steps))


@pytest.mark.parametrize("seed", range(40))
def test_desk_and_rehearsal_agree_on_lives_by_chance(seed: int, tmp_path: Path) -> None:
    rule_set = load(Path(__file__).parent / "agreement.toml", NOW)
    _compare(rule_set, _walk(seed), tmp_path)
