"""`rules explain PATH --mail FILE.eml`: what the rules do with one mail, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailroom.rehearsal.play import Outcome, Stage
from rules.arithmetic import clock_lines, clock_plain
from rules.decision import Decision
from rules.explain import rule_lines, rule_plain
from rules.facts import Facts
from rules.ruleset import RuleSet
from rules.testcase import TestCase, TestMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A new ticket made of one mail: its facts, the decision, and its clocks."""

    rule_set: RuleSet
    facts: Facts
    decision: Decision
    outcome: Outcome

    def lines(self) -> list[str]:
        """Return it for a terminal: rules, choices, deadlines with their arithmetic."""
        lines = rule_lines(self.rule_set, self.facts, self.decision)
        for clock in self.outcome.clocks.values():
            lines += ["", *clock_lines(clock)]
        return lines

    def plain(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        clocks = [clock_plain(clock) for clock in self.outcome.clocks.values()]
        plain = rule_plain(self.rule_set, self.facts, self.decision)
        return {**plain, "clocks": clocks}


def explain_mail(rule_set: RuleSet, raw: bytes, at: datetime) -> Explanation:
    """Explain what becomes of a raw mail that comes at `at` (aware). No reply, no store.

    The sender counts as unknown and unauthenticated; every address of To as ours.
    """
    stage = Stage(rule_set, lambda file, path: raw)
    played = stage.play(TestCase(name="", at=at, mail=TestMail(path="mail")))
    return Explanation(
        rule_set=rule_set,
        facts=played.facts,
        decision=rule_set.decide(played.facts, "opened"),
        outcome=played.outcomes[0],
    )
