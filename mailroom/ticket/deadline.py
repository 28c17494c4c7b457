"""What time does to a case: breaches, escalation steps, the end of a `#pending 3d`.

`advance` takes a case from instant to instant up to `now` and records each happening at
its own instant, however late it is looked at; the caller writes the letters. Desk and
rehearsal both go this way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailroom.ticket.case import Case
from mailroom.ticket.edition import Versions
from mailroom.ticket.lifecycle import Trigger
from mailroom.ticket.model import Kind, Status
from mailroom.ticket.routing import PersonOf
from mailroom.ticket.timeline import timeline
from rules.escalation import Planned, due, plan
from rules.ledger import Clock, State
from rules.sla import clocks

Changed = Callable[[Case, datetime], None]  # the rules' look at a change

LATE = timedelta(seconds=60)  # a step fired later than this after its instant is marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A step that fired, for the letters; `clock` is the clock it stands on."""

    planned: Planned
    at: datetime
    late: bool
    clock: Clock


def advance(
    case: Case,
    versions: Versions,
    now: datetime,
    person_of: PersonOf,
    changed: Changed,
    close_after: timedelta | None = None,
) -> tuple[Happening, ...]:
    """Record all that falls due by `now`; return the steps that fired, in order.

    `changed(case, at)` lets the rules look again after a step has set something, and
    after a term of pending has ended.
    """
    happenings: list[Happening] = []
    while True:
        entries = timeline(case.log, versions)
        seen = clocks(entries, now)
        path = versions.path(case.ticket.escalation_key)
        steps = due(plan(path, seen, entries), now)
        timer = _timer(case, now, close_after)
        first = steps[0] if steps else None
        if timer is not None and (
            first is None or first.at is None or timer < first.at
        ):
            if _end_term(case, timer):
                changed(case, timer)
            continue
        if first is None:
            record_breaches(case, seen)
            return tuple(happenings)
        happenings.append(_fire(case, first, seen, now, person_of))
        if case.log[-1].kind is Kind.SET:
            changed(case, happenings[-1].at)


def _fire(
    case: Case,
    planned: Planned,
    seen: Sequence[Clock],
    now: datetime,
    person_of: PersonOf,
) -> Happening:
    at = planned.at or now
    late = now - at > LATE
    case.add(
        Kind.ESCALATION,
        at,
        metric=planned.metric.value,
        cycle=planned.cycle,
        step=planned.index,
        path=planned.path,
        point=planned.point,
        late=late,
    )
    changes = _changes(case, planned, person_of)
    if changes:
        case.add(Kind.SET, at, by="escalation", **changes)
    clock = next(
        c for c in seen if c.metric is planned.metric and c.cycle == planned.cycle
    )
    return Happening(planned=planned, at=at, late=late, clock=clock)


def _changes(case: Case, planned: Planned, person_of: PersonOf) -> dict[str, Any]:
    wanted, ticket = planned.step.set, case.ticket
    changes: dict[str, Any] = {}
    if wanted.priority is not None and wanted.priority != ticket.priority:
        changes["priority"] = wanted.priority
    if wanted.team is not None and wanted.team != ticket.team:
        changes["team"] = wanted.team
    if wanted.assignee is not None:
        assignee = person_of(wanted.assignee)
        if assignee != ticket.assignee:
            changes["assignee"] = assignee
    tags = [tag for tag in wanted.tags if tag not in ticket.tags]
    if tags:
        changes["tags"] = tags
    return changes


def _timer(case: Case, now: datetime, close_after: timedelta | None) -> datetime | None:
    """Return when a term of pending or of being solved ended, if it has."""
    ticket = case.ticket
    at = None
    if ticket.status is Status.PENDING:
        at = ticket.pending_until
    elif ticket.status is Status.SOLVED and ticket.solved_at and close_after:
        at = ticket.solved_at + close_after
    return at if at is not None and at <= now else None


def _end_term(case: Case, at: datetime) -> bool:
    """End the term; whether the ticket goes on, so that the rules must look again."""
    pending = case.ticket.status is Status.PENDING
    case.trigger(Trigger.TERM_ENDED if pending else Trigger.SILENCE, at)
    return pending


def record_breaches(case: Case, seen: Sequence[Clock]) -> None:
    """Record breaches that have come true, and take back those disproved since."""
    standing: dict[tuple[str, int], datetime] = {}
    for event in case.log:
        key = (event.data.get("metric", ""), event.data.get("cycle", 0))
        if event.kind is Kind.BREACH:
            standing[key] = event.at
        elif event.kind is Kind.BREACH_WITHDRAWN:
            standing.pop(key, None)
    true = {
        (clock.metric.value, clock.cycle): clock.breached_at
        for clock in seen
        if clock.state is State.BREACHED and clock.breached_at is not None
    }
    for (metric, cycle), at in standing.items():
        if (metric, cycle) not in true:
            case.add(Kind.BREACH_WITHDRAWN, at, metric=metric, cycle=cycle)
    for (metric, cycle), breached in true.items():
        if (metric, cycle) not in standing:
            case.add(Kind.BREACH, breached, metric=metric, cycle=cycle)
