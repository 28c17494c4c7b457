"""Rule files to a rule set, all or nothing: every fault at once, each with its place.

A fault stands at the key or value at fault; what is missing, at its table's header.
Places are found only when there is something to place (`rules.positions`).
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from rules.calendar import ALWAYS, Calendar
from rules.condition import Compiler
from rules.document import Problem, Problems, Table
from rules.errors import Fault, RuleFileError, RulesError
from rules.policy import EscalationPath, Organization, Policy
from rules.positions import Path, Positions, scan
from rules.reading import (
    Names,
    read_calendar,
    read_organization,
    read_path,
    read_policy,
)
from rules.rulereading import read_rule, read_test
from rules.ruleset import Rule, RuleSet
from rules.testcase import TestCase
from rules.version import content_hash

SECTIONS = ("calendar", "policy", "escalation", "organization", "rule", "test")
_SYNTAX = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")

Exists = Callable[[str, str], bool]  # (rule file, path of a mail it names)


def load(path: FilePath | str, now: datetime) -> RuleSet:
    """Load one `.toml` file, or every `*.toml` of a folder in bytewise order of name.

    `now` is where calendars are resolved around. Raises RuleFileError with every fault.
    """
    root = FilePath(path)
    if root.is_dir():
        files = sorted(root.glob("*.toml"), key=lambda file: file.name.encode())
        if not files:
            raise RuleFileError(
                (Fault(str(root), 1, 1, "no *.toml file in this folder"),)
            )
    else:
        files = [root]
    texts, faults = {}, []
    for file in files:
        try:
            texts[str(file)] = file.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            faults.append(Fault(str(file), line, 1, "not UTF-8; save it as UTF-8"))
        except OSError as error:
            reason = error.strerror or str(error)
            faults.append(Fault(str(file), 1, 1, f"cannot be read: {reason}"))
    if faults:
        raise RuleFileError(tuple(faults))
    return load_texts(texts, now, exists=_is_file)


def _is_file(rule_file: str, mail: str) -> bool:
    try:
        return (FilePath(rule_file).parent / mail).is_file()
    except OSError:  # a name that no file can have
        return False


def load_texts(
    texts: Mapping[str, str],
    now: datetime,
    *,
    exists: Exists | None = None,
    calendars: Mapping[str, Calendar] | None = None,
    years: tuple[int, int] | None = None,
) -> RuleSet:
    """Load rule files given as {name: text}, in bytewise order of name.

    With `exists`, mails that tests name as files must be there. `calendars` are taken
    as they are, by name, in place of resolving those of the texts: so a set of the past
    counts as it did then. With `years` calendars know the holidays of those years, both
    included, and need not open after `now`. Raises RuleFileError.
    """
    sources = {n: texts[n] for n in sorted(texts, key=lambda name: name.encode())}
    tables, faults = _parse(sources)
    problems = Problems()
    for table in tables:
        table.problems = problems
        table.allow(SECTIONS, "a rule file")
    assembly = _Assembly(tables, problems, now, exists, calendars or {}, years)
    rule_set = assembly.assemble(sources)
    faults += [place(sources, problem) for problem in problems.found]
    if faults:
        raise RuleFileError(tuple(sorted(set(faults))))
    return rule_set


@lru_cache(maxsize=64)
def positions(text: str) -> Positions:
    """The places of a file's keys and values; found once."""
    return scan(text)


def place(sources: Mapping[str, str], problem: Problem) -> Fault:
    """Turn a problem into a fault with line and column."""
    found = positions(sources[problem.file])
    if problem.inside is not None:
        line, column = found.inside(problem.path, problem.inside)
    elif problem.at == "key":
        line, column = found.key(problem.path)
    else:
        line, column = found.value(problem.path)
    return Fault(problem.file, line, column, problem.message)


def _parse(sources: Mapping[str, str]) -> tuple[list[Table], list[Fault]]:
    tables, faults = [], []
    for name, text in sources.items():
        try:
            tables.append(Table(tomllib.loads(text), (), name, Problems()))
        except tomllib.TOMLDecodeError as error:
            faults.append(_syntax_fault(name, text, str(error)))
        except RecursionError:
            faults.append(Fault(name, 1, 1, "nested too deeply"))
    return tables, faults


def _syntax_fault(name: str, text: str, message: str) -> Fault:
    match = _SYNTAX.fullmatch(message)
    if match is None:
        return Fault(name, 1, 1, message)
    if match[2] is None:
        lines = text.split("\n")
        return Fault(name, len(lines), len(lines[-1]) + 1, match[1])
    return Fault(name, int(match[2]), int(match[3]), match[1])


class _Assembly:
    """Reads the tables of all files, and checks what holds between them."""

    def __init__(
        self,
        tables: list[Table],
        problems: Problems,
        now: datetime,
        exists: Exists | None,
        resolved: Mapping[str, Calendar],
        years: tuple[int, int] | None,
    ) -> None:
        self._tables, self._problems = tables, problems
        self._now, self._exists, self._resolved = now, exists, resolved
        self._years = years
        self._named = {s: self._by_name(s) for s in ("calendar", "policy")}
        self._named["organization"] = self._by_name("organization")
        self._paths = self._steps_by_name()
        self._rules = [rule for table in tables for rule in table.tables("rule")]
        self._names = Names(
            self._named["calendar"],
            self._named["policy"],
            self._paths,
            self._rule_names(),
        )

    def assemble(self, sources: Mapping[str, str]) -> RuleSet:
        calendars = self._calendars()
        policies = self._policies()
        compiler = Compiler(
            {**dict.fromkeys(self._names.calendar, ALWAYS), **calendars}
        )
        made = [read_rule(table, self._names, compiler) for table in self._rules]
        return RuleSet(
            version=content_hash({"files": [[n, t] for n, t in sources.items()]}),
            calendars={"always": ALWAYS, **calendars},
            policies=policies,
            paths=self._escalations(),
            organizations=self._organizations(),
            rules=tuple(rule for rule in made if rule is not None),
            tests=self._tests(),
            sources=dict(sources),
        )

    def _by_name(self, section: str) -> dict[str, Table]:
        found: dict[str, Table] = {}
        for table in self._tables:
            for below in table.named(section, f"[{section}.NAME]"):
                self._once(found, str(below.path[-1]), section, below)
        return found

    def _once(
        self, found: dict[str, Any], name: str, word: str, table: Table, at: str = "key"
    ) -> bool:
        if name not in found:
            found[name] = table
            return True
        first = found[name].file
        where = "" if first == table.file else f"; it is in {first} already"
        path: Path = (*table.path, "name") if at == "value" else table.path
        message = f'{word} "{name}" is there twice{where}'
        self._problems.add(table.file, path, message, at)
        return False

    def _steps_by_name(self) -> dict[str, list[Table]]:
        first: dict[str, Table] = {}
        found: dict[str, list[Table]] = {}
        for table in self._tables:
            names = table.values.get("escalation", {})
            if not isinstance(names, dict):
                table.fault("escalation", "write it as [[escalation.NAME]]", "key")
                continue
            owner = Table(names, ("escalation",), table.file, self._problems)
            for name in names:
                steps = owner.tables(name)
                here = Table({}, ("escalation", name), table.file, self._problems)
                if self._once(first, name, "escalation path", here):
                    found[name] = steps
        return found

    def _rule_names(self) -> dict[str, Table]:
        found: dict[str, Table] = {}
        for table in self._rules:
            name = table.values.get("name")
            if isinstance(name, str):
                self._once(found, name, "rule", table, "value")
        return found

    def _calendars(self) -> dict[str, Calendar]:
        calendars = {}
        for name, table in self._named["calendar"].items():
            spec = read_calendar(table)
            if spec is None:
                continue
            if name in self._resolved:
                calendars[name] = self._resolved[name]
                continue
            try:
                calendars[name] = (
                    spec.resolve(self._now)
                    if self._years is None
                    else spec.resolve_years(*self._years)
                )
            except RulesError as error:
                key = "hours" if "hours" in table.values else "extra"
                table.fault(key, str(error), "key")
        return calendars

    def _policies(self) -> dict[str, Policy]:
        policies: dict[str, Policy] = {}
        default: str | None = None
        for name, table in self._named["policy"].items():
            policy = policies[name] = read_policy(table, self._names)
            if not policy.default:
                continue
            if default is not None:
                table.fault(
                    "default", f'policy "{default}" is the default already', "key"
                )
            default = default or name
        return policies

    def _escalations(self) -> dict[str, EscalationPath]:
        return {name: read_path(name, steps) for name, steps in self._paths.items()}

    def _organizations(self) -> dict[str, Organization]:
        organizations: dict[str, Organization] = {}
        owners: dict[str, str] = {}
        for key, table in self._named["organization"].items():
            company = organizations[key] = read_organization(table, self._names)
            for section in ("domains", "addresses"):
                for index, value in enumerate(getattr(company, section)):
                    owner = owners.setdefault(value, key)
                    if owner != key:
                        message = f'"{value}" belongs to organization "{owner}" already'
                        path = (*table.path, section, index)
                        self._problems.add(table.file, path, message)
        return organizations

    def _tests(self) -> tuple[TestCase, ...]:
        tests = []
        for table in self._tables:
            for below in table.tables("test"):
                test = read_test(below, self._names)
                if test is not None:
                    tests.append(test)
                    self._mails_exist(below, test)
        return tuple(tests)

    def _mails_exist(self, table: Table, test: TestCase) -> None:
        paths = [((*table.path, "mail"), test.mail)]
        paths += [
            ((*table.path, "then", index, "mail"), step.mail)
            for index, step in enumerate(test.then)
            if step.mail is not None
        ]
        for path, mail in paths:
            if mail.path is None or self._exists is None:
                continue
            if not self._exists(table.file, mail.path):
                self._problems.add(table.file, path, f'no mail "{mail.path}" there')


def rule_path(rule: Rule) -> Path:
    """The path of a rule within its file."""
    return "rule", rule.index
