"""`[[test]]` as loaded: values are checked, names exist, positions are kept as paths.

The runner in `mailroom.rehearsal` plays them; nothing here knows how.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rules.duration import Duration
from rules.policy import Metric

STEP_EVENTS = (
    "agent_reply",
    "customer_reply",
    "note",
    "solve",
    "acknowledge",
    "merge",
    "spam",
)
STATES = ("running", "paused", "achieved", "breached", "cancelled", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMail:
    """A mail as a test writes it; None = left out. `path` is a file below the rules."""

    __test__ = False  # not a class of tests, whatever its name

    path: str | None = None
    sender: str | None = None  # the key `from`
    to: tuple[str, ...] | None = None
    cc: tuple[str, ...] | None = None
    subject: str | None = None
    text: str | None = None
    headers: Mapping[str, str] | None = None
    attachments: tuple[str, ...] | None = None
    size: int | None = None
    language: str | None = None
    known: bool | None = None
    authenticated: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedClock:
    """What is expected of one metric; None = not compared. `state` "none" = no clock."""

    state: str | None = None
    due: datetime | None = None
    elapsed: Duration | None = None
    remaining: Duration | None = None
    target: Duration | None = None
    fulfilled_at: datetime | None = None
    breached_at: datetime | None = None
    cycle: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """`expect`: `values` of the ticket and decision by key, and clocks by metric.

    Keys of `values`: status priority policy escalation team assignee acknowledge letter
    spam (as written), `tags`, `rules` and `escalations` (tuples of strings).
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    clocks: Mapping[Metric, ExpectedClock] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestStep:
    """One `[[test.then]]`: `event` first, then `set`, at one instant."""

    __test__ = False

    at: datetime
    event: str | None = None
    mail: TestMail | None = None
    set: Mapping[str, Any] = field(default_factory=dict)
    expect: Expected = Expected()
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCase:
    """One `[[test]]`; `index` says which of `file`, from 0."""

    __test__ = False

    name: str
    at: datetime
    mail: TestMail
    expect: Expected = Expected()
    then: tuple[TestStep, ...] = ()
    file: str = ""
    index: int = 0
