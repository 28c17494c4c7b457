"""What the pages of reports ask of a store: counts and lists of clocks in one period.

A part of `mailroom.store.contract.Store`; its promises hold here, too. All of it reads,
and none of it hands out more rows than a page shows or than there are groups. Clocks of
spam and of merged tickets are never among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from mailroom.store.records import MessageLine
from mailroom.ticket.model import TicketId

GROUPS = ("policy", "team", "domain", "requester", "agent", "tag", "version", "week")
COUNTED = ("metric", "verdict", "week", "hour", "late_week")
Key = str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleFilter:
    """Which cycles are meant; None, "" and () do not narrow.

    A verdict is a cycle's state at `now`: what ran out since it was folded is breached.
    """

    now: datetime
    since: datetime | None = None  # begun then or later
    until: datetime | None = None  # begun before
    metric: str = ""
    verdicts: tuple[str, ...] = ()
    hour: int | None = None  # of the start, 0 to 23, UTC
    late_since: datetime | None = None  # breached then or later
    late_until: datetime | None = None
    fulfilled: bool = False  # only those that were
    longer_than: timedelta | None = None  # working time
    up_to: timedelta | None = None
    group: tuple[str, Key] | None = None  # one of GROUPS but requester, and its value
    requesters: tuple[str, ...] | None = None  # normalised addresses


class CycleTally(NamedTuple):
    """How many cycles of one metric and group have one verdict.

    `key` is None for those without; `elapsed` is of the fulfilled ones, in milliseconds
    and no order. A week is its number since Monday 1970-01-05, UTC.
    """

    metric: str
    key: Key
    verdict: str
    cycles: int
    elapsed: list[int]


class CycleLine(NamedTuple):
    """One cycle in a list."""

    ticket: TicketId
    metric: str
    cycle: int
    verdict: str
    started_at: datetime
    due: datetime | None
    fulfilled_at: datetime | None
    breached_at: datetime | None
    elapsed: timedelta


Move = tuple[TicketId, int, str]  # (ticket, milliseconds since 1970, kind of event)


class Figures(Protocol):
    """The verbs that count, and that list what was counted."""

    def tally_cycles(self, filter: CycleFilter, by: str = "") -> list[CycleTally]:
        """Count cycles by metric, verdict and one of GROUPS ("": all in one group).

        The agent of a cycle is the id of who fulfilled it, else of the assignee; of a
        ticket with two tags a cycle counts under both.
        """

    def count_cycles(
        self, filter: CycleFilter, by: Sequence[str]
    ) -> list[tuple[tuple[Key, ...], int]]:
        """Count cycles by some of COUNTED: (a value for each, how many).

        `week` is that of the start, `late_week` that of the breach.
        """

    def list_cycles(
        self, filter: CycleFilter, limit: int, offset: int = 0
    ) -> list[CycleLine]:
        """List cycles, the latest begun first."""

    def count_left_out(
        self, since: datetime | None, until: datetime | None
    ) -> dict[str, int]:
        """Count tickets opened in [since, until) that no figure has, by reason.

        `merged`, else `spam`, else `no_policy`: no cycle of theirs began in that time.
        """

    def list_left_out(
        self,
        reason: str,
        since: datetime | None,
        until: datetime | None,
        limit: int,
        offset: int = 0,
    ) -> list[TicketId]:
        """List those tickets for one reason, the newest first."""

    def list_outcomes(
        self,
        dispositions: Sequence[str],
        since: datetime | None,
        until: datetime | None,
        limit: int,
        offset: int = 0,
    ) -> list[MessageLine]:
        """List messages that came in [since, until) to some outcomes, newest first."""

    def unsolved_tickets(self) -> list[TicketId]:
        """Return the numbers of all tickets that are unsolved now and no spam."""

    def report_moves(self, kinds: Sequence[str], since: datetime) -> list[Move]:
        """Return bare events of some kinds since an instant in order of (`at`, `id`).

        Before them come the earlier ones of the same tickets, of each in its order.
        """

    def first_move(self) -> datetime | None:
        """Return when the first ticket was opened."""
