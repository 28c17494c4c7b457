"""What the clocks read: a ticket's events, reduced to what moves a clock.

The desk translates its event log into entries; nothing here knows mail. An entry is one
fact at one instant. Every change of status is a STATUS entry of its own, also the ones
that a message causes: a customer's message that reopens a ticket is CUSTOMER_MESSAGE
and STATUS open at the same instant.

Order: by `at`, then `id`, the opening first. At one instant the clocks apply what
happened together, in the order fulfil, pause, resume or start, breach; then what
escalation steps did (FIRED, and TERMS whose actor is STEP), by `id`. So an event that is
recorded late, at the very instant of a breach, still comes before the steps of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rules.calendar import Calendar
from rules.policy import EscalationPath, Metric, Policy


class Kind(StrEnum):
    """What happened."""

    OPENED = "opened"  # `status`; `answered` when an agent wrote to a customer
    CUSTOMER_MESSAGE = "customer_message"  # public, by any non-agent; `courtesy`
    AGENT_REPLY = "agent_reply"  # public; `solves` when the same mail solves
    STATUS = "status"  # `status`
    TERMS = "terms"  # `terms`: what is in force from here on
    SPAM = "spam"
    NOTSPAM = "notspam"
    MERGED = "merged"
    ACKNOWLEDGED = "acknowledged"  # an agent's #ack
    TAKEN = "taken"  # an agent took the ticket
    FIRED = "fired"  # `metric`, `cycle`, `step`, `path`, `point`


class Actor(StrEnum):
    """Who did it."""

    CUSTOMER = "customer"
    AGENT = "agent"
    MAILROOM = "mailroom"  # a rule, a timer, a default
    STEP = "step"  # an escalation step's `set`


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is in force: policy (None: no SLA), calendar, priority, escalation path.

    `calendar` is the policy's, or the organization's in its place. The keys are content
    hashes (`rules.version`) that the clocks hand through, for the record.
    """

    policy: Policy | None
    calendar: Calendar
    priority: str = "normal"
    path: EscalationPath | None = None
    policy_key: str = ""
    calendar_key: str = ""
    path_key: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact. `at` is aware, UTC; `id` orders what happened at one instant."""

    at: datetime
    id: int
    kind: Kind
    actor: Actor = Actor.MAILROOM
    status: str = "new"  # OPENED, STATUS
    answered: bool = False  # OPENED: by an agent who wrote to a customer
    courtesy: bool = False  # CUSTOMER_MESSAGE: "thanks!" starts nothing
    solves: bool = False  # AGENT_REPLY: the same mail solves
    terms: Terms | None = None  # TERMS
    metric: Metric | None = None  # FIRED, and the four below
    cycle: int = 0
    step: int = 0  # index in the path
    path: str = ""  # name of the path
    point: str = ""  # the step's `at` as written

    @property
    def by_step(self) -> bool:
        """Whether this is the work of an escalation step."""
        return self.kind is Kind.FIRED or self.actor is Actor.STEP


def ordered(timeline: Iterable[Entry]) -> list[Entry]:
    """Return the entries in the order in which the clocks apply them.

    What is dated before the opening (a mailbox's dates may be) counts as of the opening.
    """
    entries = sorted(timeline, key=_place)
    if entries and entries[0].kind is not Kind.OPENED:
        opened = next((e for e in entries if e.kind is Kind.OPENED), None)
        if opened is not None:
            at = opened.at
            late = [replace(e, at=at) if e.at < at else e for e in entries]
            return sorted(late, key=_place)
    return entries


def _place(entry: Entry) -> tuple[datetime, bool, bool, int]:
    return entry.at, entry.by_step, entry.kind is not Kind.OPENED, entry.id
