"""What is promised: metrics, targets, policies, escalation paths, organizations.

Frozen values that the loader makes of a rule file and the clocks read. The words are
Zendesk's and ITIL's. `canonical()` of each is what content hashes are taken of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rules.duration import Duration
from rules.step import Point

PRIORITIES = ("urgent", "high", "normal", "low")
STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")


class Metric(StrEnum):
    """The five clocks, in the order of the table in the rule language."""

    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    UPDATE = "update"
    RESOLUTION = "resolution"
    TOTAL_RESOLUTION = "total_resolution"


class OnChange(StrEnum):
    """What a change of priority or policy does to a running clock."""

    KEEP_ELAPSED = "keep_elapsed"
    RESTART = "restart"
    STRICTER_ONLY = "stricter_only"


class Reopen(StrEnum):
    """What reopening a solved ticket does to the resolution clocks."""

    RESUME = "resume"
    NEW_CYCLE = "new_cycle"


@dataclass(frozen=True, slots=True)
class Target:
    """How long a metric may take, by priority, and in which statuses it pauses."""

    within: Mapping[str, Duration]  # priority -> span; a missing priority has no target
    pause_in: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An SLA policy. `calendar` and `escalation` are names within the same rule set."""

    name: str
    targets: Mapping[Metric, Target] = field(default_factory=dict)
    calendar: str = "always"
    escalation: str | None = None
    promise: tuple[Metric, ...] = (Metric.FIRST_REPLY,)
    on_change: OnChange = OnChange.KEEP_ELAPSED
    reopen: Reopen = Reopen.RESUME
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an escalation step (or a rule) sets on a ticket."""

    priority: str | None = None
    team: str | None = None
    assignee: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an escalation path."""

    at: Point
    notify: tuple[str, ...] = ()  # assignee, team, team:NAME, manager, admins, ...
    metrics: tuple[Metric, ...] = tuple(Metric)
    set: Changes = Changes()
    unless_acknowledged: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPath:
    """Steps in the order of the file."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A company: what its people get where no rule says otherwise."""

    key: str
    name: str
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    policy: str | None = None
    escalation: str | None = None
    team: str | None = None
    language: str | None = None
    timezone: str | None = None
    calendar: str | None = None
