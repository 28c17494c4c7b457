"""Errors of rule files. `rules` knows no mail, so this tree stands apart from Mailroom's.

RulesError             a value that is no duration, no span of hours, no step, ...
└── RuleFileError      one or more faults of a rule set, each with its place
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault or warning of a rule file: where it is, what is wrong, what was meant."""

    file: str
    line: int  # from 1
    column: int  # from 1
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class RulesError(Exception):
    """A value in a rule file is wrong; the text says what and what was meant."""


class RuleFileError(RulesError):
    """A rule set that cannot be loaded; every fault at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults
