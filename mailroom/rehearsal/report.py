"""What `rules test` says: each test, what was expected beside what happened, coverage."""

from dataclasses import dataclass
from typing import Any

from mailroom.rehearsal.letter import Find
from mailroom.rehearsal.play import Played, Stage, Stages
from mailroom.rehearsal.verdict import Difference, differences, shown
from rules.loader import positions
from rules.moment import iso
from rules.ruleset import RuleSet
from rules.testcase import TestCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test: passed where there is no difference and no error."""

    test: TestCase
    played: Played | None
    source: str | None  # the text of its file
    differences: tuple[Difference, ...] = ()
    error: str | None = None  # its mail could not be read

    @property
    def place(self) -> str:
        """Where the test stands, file:line; looked for only when it is asked for."""
        line = 0
        if self.source is not None:
            line = positions(self.source).key(("test", self.test.index))[0]
        return f"{self.test.file}:{line}"

    @property
    def passed(self) -> bool:
        return not self.differences and self.error is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All tests of a rule set, in file order, and the rules that none reached."""

    results: tuple[Result, ...]
    unreached: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)


def run_tests(rule_set: RuleSet, find: Find) -> Results:
    """Play every test of a rule set; `find` reads the mails that tests name as files."""
    stages = Stages(rule_set, find)
    results = tuple(_run(stages.of(test), test) for test in rule_set.tests)
    reached = {
        name for r in results if r.played is not None for name in r.played.matched
    }
    missed = tuple(rule.name for rule in rule_set.rules if rule.name not in reached)
    return Results(results=results, unreached=missed)


def _run(stage: Stage, test: TestCase) -> Result:
    source = stage.rule_set.sources.get(test.file)
    try:
        played = stage.play(test)
    except OSError as error:
        why = f"{error.filename or test.mail.path}: {error.strerror or error}"
        return Result(test=test, played=None, source=source, error=why)
    found = differences(played)
    return Result(test=test, played=played, source=source, differences=found)


def text_lines(results: Results, *, coverage: bool = False) -> list[str]:
    """Return the report for a terminal; the last line is the sum."""
    lines = []
    for result in results.results:
        lines.append(f"{'ok  ' if result.passed else 'FAIL'} {result.test.name}")
        if not result.passed:
            lines += _details(result)
        failed = result.played.failed if result.played is not None else ()
        lines += [f"     rule {name!r} failed and was skipped" for name in failed]
    if coverage:
        lines += [f"not reached: {name}" for name in results.unreached]
    failures = sum(not result.passed for result in results.results)
    lines.append(f"{len(results.results)} tests, {failures} failed")
    return lines


def _details(result: Result) -> list[str]:
    lines = [f"     {result.place}"]
    if result.error is not None:
        lines.append(f"     the mail cannot be read: {result.error}")
    step: int | None = None
    for difference in result.differences:
        if difference.step != step:
            step = difference.step
            name = "the opening mail" if step == 0 else f"step {step}"
            lines.append(f"     {difference.at.isoformat(sep=' ')} {name}:")
        lines.append(f"       {difference}")
    return lines


def plain(results: Results) -> dict[str, Any]:
    """Return the report as what JSON can hold."""
    return {
        "passed": results.passed,
        "tests": [_plain(result) for result in results.results],
        "unreached": list(results.unreached),
    }


def _plain(result: Result) -> dict[str, Any]:
    return {
        "name": result.test.name,
        "place": result.place,
        "passed": result.passed,
        "error": result.error,
        "differences": [_plain_difference(d) for d in result.differences],
        "failed_rules": list(result.played.failed) if result.played else [],
    }


def _plain_difference(difference: Difference) -> dict[str, Any]:
    return {
        "step": difference.step,
        "at": iso(difference.at),
        "key": difference.key,
        "expected": shown(difference.expected),
        "actual": shown(difference.actual),
    }
