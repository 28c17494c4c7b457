"""What a rule does, and what one look at the rules decided; `rules.ruleset` makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What a rule does where it matches; None = says nothing about it."""

    policy: str | None = None  # "none" = no SLA
    escalation: str | None = None  # "none" = no path
    priority: str | None = None
    team: str | None = None
    assignee: str | None = None
    acknowledge: bool | None = None
    letter: str | None = None
    tags: tuple[str, ...] = ()
    spam: bool | None = None
    stop: bool = False


class Source(StrEnum):
    """Where a policy or an escalation path came from."""

    RULE = "rule"
    ORGANIZATION = "organization"
    POLICY = "policy"  # an escalation path named by the policy in force
    DEFAULT = "default"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The policy or path chosen; `value is None` means none at all."""

    value: str | None
    source: Source
    rule: str | None = None  # its name, where `source` is RULE
    sticks: bool = False  # set by a rule of a later event: no later rule overrides it


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that failed at run time and was skipped."""

    rule: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What this look must leave alone.

    `fields` are of `priority team assignee spam policy escalation`; `policy` is the one
    in force where "policy" is among them; `untagged` are tags an agent took away.
    """

    fields: frozenset[str] = frozenset()
    policy: str | None = None
    untagged: frozenset[str] = frozenset()


NOTHING_KEPT = Kept()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one look decided, and by which rule."""

    on: str
    version: str  # of the rule set
    matched: tuple[str, ...] = ()  # names, in file order: the first look
    failed: tuple[Failure, ...] = ()
    stopped_by: str | None = None  # the rule whose `stop` ended the first look
    priority: str | None = None
    team: str | None = None
    assignee: str | None = None
    acknowledge: bool | None = None
    letter: str | None = None
    spam: bool | None = None
    tags: tuple[str, ...] = ()  # to add; not yet on the ticket
    set_by: Mapping[str, str] = field(default_factory=dict)  # effect -> rule's name
    policy: Choice | None = None
    escalation: Choice | None = None
    calendar: str | None = None  # of the policy in force, or the organization's own
    organization: str | None = None  # key
    second: tuple[str, ...] = ()  # matches of the second look that named one of the two

    def to_plain(self) -> dict[str, Any]:
        """Return it as what JSON can hold, without the keys that are empty."""
        plain: dict[str, Any] = {}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, Choice):
                plain[name] = {
                    "value": value.value,
                    "source": value.source.value,
                    "rule": value.rule,
                    "sticks": value.sticks,
                }
            elif name == "failed":
                plain[name] = [{"rule": f.rule, "error": f.error} for f in value]
            elif isinstance(value, tuple):
                plain[name] = list(value)
            elif isinstance(value, Mapping):
                plain[name] = dict(value)
            else:
                plain[name] = value
        return {
            key: value for key, value in plain.items() if value not in (None, [], {})
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Decision":
        """Read what `to_plain` returned; keys it does not know are left out."""
        values = {key: plain[key] for key in cls.__dataclass_fields__ if key in plain}
        for key in ("matched", "tags", "second"):
            values[key] = tuple(values.get(key, ()))
        values["failed"] = tuple(Failure(**each) for each in values.get("failed", ()))
        for key in ("policy", "escalation"):
            if key in values:
                source = Source(values[key]["source"])
                values[key] = Choice(**{**values[key], "source": source})
        return cls(**values)
