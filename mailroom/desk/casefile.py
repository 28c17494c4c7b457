"""Opening a case from the store, and keeping it: the record step of every use case.

Keeping folds the clocks anew over the whole log and stores them, with the next instant
at which something happens, as an index for the sweep (never as the truth).
"""

from collections.abc import Iterable
from datetime import datetime

from mailroom.desk.office import Office
from mailroom.store.contract import ClockRow
from mailroom.ticket.case import Case
from mailroom.ticket.deadline import record_breaches
from mailroom.ticket.lifecycle import opened, replay
from mailroom.ticket.model import Event, Kind, Status, Ticket, TicketId
from mailroom.ticket.silence import next_of
from mailroom.ticket.timeline import timeline
from rules.escalation import due, next_instant, plan
from rules.ledger import Clock
from rules.sla import clocks


def load(office: Office, id: TicketId, now: datetime) -> Case | None:
    """Open the case of a ticket; None: there is no such ticket."""
    ticket = office.store.ticket(id)
    if ticket is None:
        return None
    return Case(ticket, office.store.events(id), recorded_at=now)


def keep(office: Office, case: Case, now: datetime) -> tuple[Clock, ...]:
    """Write what the case has gained; return its clocks. Inside a transaction."""
    store = office.store
    office.rules.keep(store)
    in_order = sorted(case.log, key=lambda event: (event.at, event.id))
    if in_order != case.log:
        case.log = in_order
        case.ticket = refold(case.ticket, in_order)
    found, next_at = fold(office, case, now)
    record_breaches(case, found)
    store.append(case.fresh)
    case.fresh.clear()
    store.save_clocks(case.ticket.id, [row(clock) for clock in found])
    store.save_ticket(case.ticket, next_at)
    return found


def flush(office: Office, case: Case) -> None:
    """Write events that move no clock (letters queued), after `keep`."""
    office.store.append(case.fresh)
    case.fresh.clear()


def reschedule(office: Office, case: Case, now: datetime) -> None:
    """Set the next instant anew, where a letter has changed it; after `flush`."""
    office.store.save_ticket(case.ticket, fold(office, case, now)[1])


def refold(ticket: Ticket, log: Iterable[Event]) -> Ticket:
    """Return the ticket as its whole log makes it."""
    log = list(log)
    first = next(event for event in log if event.kind is Kind.OPENED)
    fresh = opened(
        id=ticket.id,
        subject=ticket.subject,
        mailbox=first.data["mailbox"],
        requester=first.data["requester"],
        at=first.at,
    )
    return replay(fresh, log)


def fold(
    office: Office, case: Case, now: datetime
) -> tuple[tuple[Clock, ...], datetime | None]:
    """Return the case's clocks and the next instant at which something happens."""
    found, by_events, by_configuration = looks(office, case, now)
    return found, earliest(by_events, by_configuration)


def looks(
    office: Office, case: Case, now: datetime
) -> tuple[tuple[Clock, ...], datetime | None, datetime | None]:
    """Return the clocks, and the next instant by the events and by the configuration.

    By the events: a breach, a step, the end of a term. What the configuration says (when
    a solved ticket closes, when silence ends) may change without an event.
    """
    entries = timeline(case.log, office.rules.versions)
    found = clocks(entries, now)
    path = office.rules.versions.path(case.ticket.escalation_key)
    planned = plan(path, found, entries)
    passed = due(planned, now)
    by_events = earliest(
        passed[0].at if passed else None,
        next_instant(found, planned, now),
        case.ticket.pending_until,
    )
    silence = _silence_ends_at(office, case)
    return found, by_events, earliest(closes_at(office, case.ticket), silence)


def earliest(*instants: datetime | None) -> datetime | None:
    """Return the first of some instants, those that never come left out."""
    return min((at for at in instants if at is not None), default=None)


def _silence_ends_at(office: Office, case: Case) -> datetime | None:
    pending = office.config.pending
    due = next_of(case, pending.remind_after, pending.solve_after)
    return due.at if due is not None else None


def closes_at(office: Office, ticket: Ticket) -> datetime | None:
    """Return when a solved ticket closes; None while it is not solved."""
    if ticket.status is not Status.SOLVED or ticket.solved_at is None:
        return None
    return ticket.solved_at + office.config.close_after


def row(clock: Clock) -> ClockRow:
    """Return a clock as the store indexes it."""
    return ClockRow(
        metric=clock.metric.value,
        cycle=clock.cycle,
        state=clock.state.value,
        target=clock.target_time,
        elapsed=clock.elapsed,
        remaining=clock.remaining,
        due=clock.due,
        fulfilled_at=clock.fulfilled_at,
        breached_at=clock.breached_at,
        started_at=clock.started_at,
    )
