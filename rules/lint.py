"""Warnings about a rule set that loads: allowed, and hardly ever what was meant.

Sound on purpose: "can never match" and "never looked at" are said only where it is so.
What a test does not reach by name is a warning too, since an untested rule is a guess.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator

from rules.contradiction import contradiction
from rules.document import Problem
from rules.errors import Fault
from rules.implication import conjuncts, implies, marks, value_of
from rules.lintpolicy import policy_problems
from rules.loader import place, positions
from rules.near import hint
from rules.positions import Path
from rules.ruleset import SINGLE, Rule, RuleSet

_SINGLE = ("policy", "escalation", *SINGLE)


def lint(
    rule_set: RuleSet,
    teams: Collection[str] | None = None,
    agents: Collection[str] | None = None,
    reached: Collection[str] | None = None,
) -> tuple[Fault, ...]:
    """Return every warning with its place, in order of files and lines.

    `teams` are names, `agents` normalised addresses; where None, names are not checked.
    `reached` are the rules that the set's own tests reach, for who has played them.
    """
    lint_of = _Lint(rule_set)
    problems = [
        *lint_of.conditions(),
        *lint_of.shadows(),
        *lint_of.untested(reached),
        *policy_problems(rule_set, lint_of.file_of),
    ]
    for known, word, fact, names in (
        (teams, "team", "ticket.team", lint_of.teams()),
        (agents, "agent", "ticket.assignee", lint_of.agents()),
    ):
        if known is not None:
            problems += _unknown(word, known, names)
            problems += lint_of.compared(word, known, fact)
    faults = {place(rule_set.sources, problem) for problem in problems}
    return tuple(sorted(faults))


def _unknown(
    word: str, known: Collection[str], names: Iterator[tuple[str, Path, str]]
) -> Iterator[Problem]:
    for file, path, name in names:
        if name not in known:
            message = f'no {word} "{name}" in mailroom.toml{hint(name, known)}'
            yield Problem(file, path, message)


class _Lint:
    def __init__(self, rule_set: RuleSet) -> None:
        self._set = rule_set

    def file_of(self, path: Path) -> str:
        """The file that has this key."""
        sources = self._set.sources
        found = (n for n, text in sources.items() if path in positions(text).keys)
        return next(found, next(iter(sources), ""))

    def conditions(self) -> Iterator[Problem]:
        """What never holds, and what each leaf was suspected of."""
        for rule in self._set.rules:
            path: Path = ("rule", rule.index)
            why = contradiction(rule.condition, rule.on)
            if why is not None:
                message = f'rule "{rule.name}" can never match: {why}'
                yield Problem(rule.file, path, message, "key")
            for leaf in rule.condition.root.leaves():
                if leaf.key != "when":
                    continue
                for offset, words in leaf.warnings:
                    at = leaf.offset + offset
                    yield Problem(rule.file, (*path, "when"), words, inside=at)
                if leaf.constant is not None and why is None:
                    words = f"`{leaf.text}` is always {str(leaf.constant).lower()}"
                    yield Problem(rule.file, (*path, "when"), words, inside=leaf.offset)

    def shadows(self) -> Iterator[Problem]:
        """Rules that an earlier one stops before, or that it leaves nothing to do."""
        earlier: dict[tuple[str, str], list[Rule]] = defaultdict(list)
        always: list[Rule] = []
        for rule in self._set.rules:
            found = self._shadow(rule, [*always, *_candidates(rule, earlier)])
            if found is not None:
                path: Path = ("rule", rule.index)
                yield Problem(rule.file, path, found, "key")
            parts = [
                p for p in conjuncts(rule.condition.root) if value_of(p) is not True
            ]
            if not parts:
                always.append(rule)
            for mark in marks(parts[0], above=False) if parts else ():
                earlier[mark].append(rule)

    @staticmethod
    def _shadow(rule: Rule, candidates: list[Rule]) -> str | None:
        looked_at = [r for r in candidates if r.on & rule.on]
        stronger = [r for r in looked_at if implies(rule.condition, r.condition)]
        stops = [r for r in stronger if r.effects.stop]
        stopped = _covering(rule, stops, lambda r: True)
        if stopped:
            return f'rule "{rule.name}" is never reached: "{stopped}" stops before it'
        if rule.effects.tags or rule.effects.stop:
            return None
        sets = [e for e in _SINGLE if getattr(rule.effects, e) is not None]
        winners = {_covering(rule, stronger, _setter(effect)) for effect in sets}
        if not sets or None in winners:
            return None
        names = '", "'.join(sorted(name for name in winners if name))
        return (
            f'rule "{rule.name}" is shadowed: "{names}" comes first and sets the same'
        )

    def untested(self, reached: Collection[str] | None) -> Iterator[Problem]:
        """Rules that no test reaches (`reached`), or expects where that is not known."""
        named: set[str] = set(reached or ())
        for test in self._set.tests:
            for expect in (test.expect, *(step.expect for step in test.then)):
                named.update(expect.values.get("rules", ()))
        verb = "expects" if reached is None else "reaches"
        for rule in self._set.rules:
            if rule.name not in named:
                path = ("rule", rule.index, "name")
                yield Problem(rule.file, path, f'no test {verb} rule "{rule.name}"')

    def teams(self) -> Iterator[tuple[str, Path, str]]:
        """Every team that the files name: (file, path, name)."""
        yield from self._named("team")
        for name, path in self._set.paths.items():
            for index, step in enumerate(path.steps):
                for person, word in enumerate(step.notify):
                    if word.startswith("team:"):
                        place_of: Path = ("escalation", name, index, "notify", person)
                        yield self.file_of(place_of[:2]), place_of, word[5:]
        for key, company in self._set.organizations.items():
            if company.team is not None:
                at: Path = ("organization", key, "team")
                yield self.file_of(at[:2]), at, company.team

    def agents(self) -> Iterator[tuple[str, Path, str]]:
        """Every assignee that the files name."""
        yield from self._named("assignee")

    def compared(
        self, word: str, known: Collection[str], fact: str
    ) -> Iterator[Problem]:
        """Every name that a condition compares the team or the assignee with."""
        for rule in self._set.rules:
            for leaf in rule.condition.root.leaves():
                claim = leaf.claim if leaf.key == "when" else None
                if claim is None or claim.fact != fact:
                    continue
                for name in sorted(filter(None, claim.values - frozenset(known))):
                    message = f'no {word} "{name}" in mailroom.toml{hint(name, known)}'
                    at = leaf.offset + max(leaf.text.find(name), 0)
                    path: Path = ("rule", rule.index, "when")
                    yield Problem(rule.file, path, message, inside=at)

    def _named(self, effect: str) -> Iterator[tuple[str, Path, str]]:
        for rule in self._set.rules:
            value = getattr(rule.effects, effect)
            if value is not None:
                yield rule.file, ("rule", rule.index, effect), value
        for name, path in self._set.paths.items():
            for index, step in enumerate(path.steps):
                value = getattr(step.set, effect)
                if value is not None:
                    at: Path = ("escalation", name, index, "set", effect)
                    yield self.file_of(at[:2]), at, value


def _setter(effect: str) -> Callable[[Rule], bool]:
    return lambda rule: getattr(rule.effects, effect) is not None


def _covering(
    rule: Rule, earlier: list[Rule], wanted: Callable[[Rule], bool]
) -> str | None:
    """The first of the earlier rules that are wanted, if they cover all of its events."""
    covers = [r for r in earlier if wanted(r)]
    covered = frozenset().union(*(r.on for r in covers)) if covers else frozenset()
    return covers[0].name if covers and rule.on <= covered else None


def _candidates(rule: Rule, earlier: dict[tuple[str, str], list[Rule]]) -> list[Rule]:
    """Earlier rules that this one might imply; in order, each once."""
    found: dict[str, Rule] = {}
    for part in conjuncts(rule.condition.root):
        for mark in marks(part, above=True):
            for candidate in earlier.get(mark, ()):
                found[candidate.name] = candidate
    return list(found.values())
