"""Attainment: how many clocks were fulfilled in time, and how long the work took.

A cycle of a clock counts in the period in which it started. It is decided once it was
fulfilled or its due instant has passed: `count` is `achieved` plus `breached`, whatever
came of a breached one later. What is not decided, or never will be, is left out and
counted by its reason. Percentiles are of the working time of all fulfilled cycles, late
ones included, by nearest rank: a value that really occurred.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from math import ceil
from typing import Any, TypeVar

from mailroom.message.address import domain_of
from mailroom.store.contract import Store
from mailroom.store.contract_reports import ReportCycle, ReportTicket
from mailroom.ticket.model import Kind, PersonId, TicketId

DIMENSIONS = (
    "policy",
    "organization",
    "domain",
    "agent",
    "team",
    "tag",
    "week",
    "version",
)
_AUTOMATIC = ("AUTO_REPLY", "BOUNCE")
_Value = TypeVar("_Value")
OrganizationOf = Callable[[str], str | None]  # address -> the organization's key


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """[since, until); None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        early = self.since is not None and at < self.since
        return not early and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One metric of one group; `group` has a value for each dimension asked for."""

    metric: str
    group: Mapping[str, str | None]
    achieved: int
    breached: int
    p50: timedelta | None
    p90: timedelta | None
    p99: timedelta | None

    @property
    def count(self) -> int:
        """How many cycles are decided."""
        return self.achieved + self.breached

    @property
    def attainment(self) -> float:
        """The part that was in time, from 0 to 1, cut to four places."""
        return int(10_000 * self.achieved / self.count) / 10_000

    def plain(self) -> dict[str, Any]:
        """Return the row with the keys that scripts rely on."""
        return {
            "metric": self.metric,
            "policy": None,
            **self.group,
            "count": self.count,
            "achieved": self.achieved,
            "breached": self.breached,
            "attainment": self.attainment,
            "p50": self.p50,
            "p90": self.p90,
            "p99": self.p99,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All rows of a period, and what was left out of them and why.

    `excluded`: tickets for `spam`, `merged` and `no_policy` (no clock at all), clocks
    for `running`, `paused` and `cancelled`, messages for `automatic` and `duplicate`.
    """

    period: Period
    by: tuple[str, ...]
    rows: tuple[Row, ...]
    excluded: Mapping[str, int]

    def plain(self) -> dict[str, Any]:
        """Return the report with the keys that scripts rely on."""
        return {
            "since": self.period.since,
            "until": self.period.until,
            "rows": [row.plain() for row in self.rows],
            "excluded": dict(self.excluded),
        }


def attainment(
    store: Store,
    organization_of: OrganizationOf,
    by: Sequence[str],
    period: Period,
    now: datetime,
) -> Report:
    """Return the report of a period, grouped by some of DIMENSIONS."""
    tickets = {ticket.id: ticket for ticket in store.report_tickets()}
    cycles = store.report_cycles(period.since, period.until)
    group = _Grouping(store, organization_of, by)
    found: defaultdict[tuple[Any, ...], list[ReportCycle]] = defaultdict(list)
    excluded: Counter[str] = Counter()
    for cycle in cycles:
        ticket = tickets[cycle.ticket]
        if ticket.spam or ticket.merged:
            continue
        state = verdict(cycle, now)
        if state not in ("achieved", "breached"):
            excluded[state] += 1
            continue
        for key in group.of(ticket, cycle):
            found[cycle.metric, *key].append(cycle)
    excluded.update(_left_out(tickets.values(), cycles, period))
    excluded.update(machines(store, period))
    rows = (_row(key, by, members) for key, members in found.items())
    order = sorted(rows, key=lambda row: (row.metric, *map(str, row.group.values())))
    return Report(period=period, by=tuple(by), rows=tuple(order), excluded=excluded)


def verdict(cycle: ReportCycle, now: datetime) -> str:
    """Return a cycle's state at `now`: what ran out since it was folded is breached."""
    if cycle.state == "running" and cycle.due is not None and cycle.due <= now:
        return "breached"
    return cycle.state


def percentile(ordered: Sequence[_Value], part: float) -> _Value | None:
    """Return the value below or at which that part of all lies (nearest rank)."""
    return ordered[max(1, ceil(part * len(ordered))) - 1] if ordered else None


def _row(
    key: tuple[Any, ...], by: Sequence[str], members: Iterable[ReportCycle]
) -> Row:
    metric, *values = key
    members = list(members)
    spans = sorted(each.elapsed for each in members if each.fulfilled_at is not None)
    achieved = sum(each.state == "achieved" for each in members)
    return Row(
        metric=metric,
        group=dict(zip(by, values, strict=True)),
        achieved=achieved,
        breached=len(members) - achieved,
        p50=percentile(spans, 0.50),
        p90=percentile(spans, 0.90),
        p99=percentile(spans, 0.99),
    )


def _left_out(
    tickets: Iterable[ReportTicket], cycles: Iterable[ReportCycle], period: Period
) -> Counter[str]:
    counted = {cycle.ticket for cycle in cycles}
    found: Counter[str] = Counter()
    for ticket in tickets:
        if not period.holds(ticket.created_at):
            continue
        if ticket.merged:
            found["merged"] += 1
        elif ticket.spam:
            found["spam"] += 1
        elif ticket.id not in counted:
            found["no_policy"] += 1
    return found


def machines(store: Store, period: Period) -> Counter[str]:
    """Return how many messages no figure has, because nobody waited, by reason."""
    outcomes = store.count_dispositions(period.since, period.until)
    automatic = sum(outcomes.get(name, 0) for name in _AUTOMATIC)
    found = {"automatic": automatic, "duplicate": outcomes.get("DUPLICATE", 0)}
    return Counter({reason: count for reason, count in found.items() if count})


class _Grouping:
    """To which groups a cycle belongs: one, but for tags, of which a ticket has many."""

    def __init__(
        self, store: Store, organization_of: OrganizationOf, by: Sequence[str]
    ) -> None:
        self._store, self._organization_of, self._by = store, organization_of, by
        self._organizations: dict[str, str | None] = {}
        self._people: dict[PersonId, str] = {}
        self._versions = store.opening_rulesets() if "version" in by else {}
        self._answers = self._answered() if "agent" in by else {}

    def of(
        self, ticket: ReportTicket, cycle: ReportCycle
    ) -> Iterator[tuple[str | None, ...]]:
        """Yield the groups, each a value for every dimension."""
        values = [getattr(self, f"_{name}")(ticket, cycle) for name in self._by]
        return product(*values)

    def _answered(self) -> dict[tuple[TicketId, datetime], PersonId]:
        events = self._store.report_events([Kind.AGENT_REPLY, Kind.SOLVE])
        return {
            (event.ticket, event.at): PersonId(int(event.actor))
            for event in events
            if event.actor.isdigit()
        }

    def _policy(self, ticket: ReportTicket, cycle: ReportCycle) -> tuple[str | None]:
        return (ticket.policy,)

    def _organization(
        self, ticket: ReportTicket, cycle: ReportCycle
    ) -> tuple[str | None]:
        known = self._organizations
        if ticket.requester not in known:
            known[ticket.requester] = self._organization_of(ticket.requester)
        return (known[ticket.requester],)

    def _domain(self, ticket: ReportTicket, cycle: ReportCycle) -> tuple[str | None]:
        return (domain_of(ticket.requester) or None,)

    def _agent(self, ticket: ReportTicket, cycle: ReportCycle) -> tuple[str | None]:
        """Who fulfilled it; where nobody has, the assignee."""
        by = None
        if cycle.fulfilled_at is not None:
            by = self._answers.get((ticket.id, cycle.fulfilled_at))
        person = by or ticket.assignee
        if person is None:
            return (None,)
        if person not in self._people:
            self._people[person] = self._store.people([person])[person].address
        return (self._people[person],)

    def _team(self, ticket: ReportTicket, cycle: ReportCycle) -> tuple[str | None]:
        return (ticket.team,)

    def _tag(self, ticket: ReportTicket, cycle: ReportCycle) -> tuple[str | None, ...]:
        return ticket.tags or (None,)

    def _week(self, ticket: ReportTicket, cycle: ReportCycle) -> tuple[str]:
        return (week_of(cycle.started_at),)

    def _version(self, ticket: ReportTicket, cycle: ReportCycle) -> tuple[str | None]:
        return (self._versions.get(ticket.id),)


def week_of(at: datetime) -> str:
    """Return the ISO 8601 week of an instant in UTC, 2026-W48."""
    year, week, _ = at.isocalendar()
    return f"{year}-W{week:02}"
