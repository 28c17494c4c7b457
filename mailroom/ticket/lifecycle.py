"""How a ticket moves: the table of transitions, and the fold of events to a ticket.

The table is the policy (rule language, "Clocks", and Zendesk's statuses): a missing pair
leaves the status as it is. `apply` is the only place that says what an event does to a
ticket; `replay` folds a whole log, so that a stored row can be proved against it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import Any

from mailroom.ticket.model import (
    Event,
    Kind,
    NewEvent,
    PersonId,
    Status,
    Ticket,
    TicketId,
)


class Trigger(StrEnum):
    """What can change a status."""

    CUSTOMER_WROTE = "customer wrote"
    AGENT_REPLIED = "agent replied"
    AGENT_SOLVED = "agent solved"
    TERM_ENDED = "term of pending ended"
    SILENCE = "solved for close_after"


TRANSITIONS: Mapping[tuple[Status, Trigger], Status] = {
    (Status.PENDING, Trigger.CUSTOMER_WROTE): Status.OPEN,
    (Status.ON_HOLD, Trigger.CUSTOMER_WROTE): Status.OPEN,
    (Status.SOLVED, Trigger.CUSTOMER_WROTE): Status.OPEN,
    (Status.NEW, Trigger.AGENT_REPLIED): Status.OPEN,
    (Status.PENDING, Trigger.AGENT_REPLIED): Status.OPEN,
    (Status.ON_HOLD, Trigger.AGENT_REPLIED): Status.OPEN,
    (Status.NEW, Trigger.AGENT_SOLVED): Status.SOLVED,
    (Status.OPEN, Trigger.AGENT_SOLVED): Status.SOLVED,
    (Status.PENDING, Trigger.AGENT_SOLVED): Status.SOLVED,
    (Status.ON_HOLD, Trigger.AGENT_SOLVED): Status.SOLVED,
    (Status.PENDING, Trigger.TERM_ENDED): Status.OPEN,
    (Status.SOLVED, Trigger.SILENCE): Status.CLOSED,
}

UNSOLVED = frozenset({Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD})


def advance(status: Status, trigger: Trigger) -> Status:
    """Return the status after `trigger`; the same one where the table has no pair."""
    return TRANSITIONS.get((status, trigger), status)


def status_kind(before: Status, after: Status) -> Kind:
    """Return the kind of event that records a move from one status to another."""
    if after is Status.SOLVED:
        return Kind.SOLVE
    if after is Status.CLOSED:
        return Kind.CLOSE
    if before in (Status.SOLVED, Status.CLOSED):
        return Kind.REOPEN
    return Kind.STATUS


def apply(ticket: Ticket, event: Event | NewEvent) -> Ticket:
    """Return the ticket after one event. Kinds that only record change no field."""
    changes = _CHANGES.get(event.kind, _nothing)(ticket, event)
    return replace(ticket, updated_at=max(ticket.updated_at, event.at), **changes)


def replay(ticket: Ticket, events: Iterable[Event]) -> Ticket:
    """Fold a log, in order of (`at`, `id`), over a ticket as it was when opened."""
    return reduce(apply, events, ticket)


def opened(
    *,
    id: TicketId,
    subject: str,
    mailbox: str,
    requester: PersonId,
    at: datetime,
) -> Ticket:
    """Return a ticket as it is before its first event."""
    return Ticket(
        id=id,
        subject=subject,
        mailbox=mailbox,
        requester=requester,
        created_at=at,
        updated_at=at,
    )


def _nothing(ticket: Ticket, event: Event | NewEvent) -> dict[str, Any]:
    return {}


def _status(ticket: Ticket, event: Event | NewEvent) -> dict[str, Any]:
    named = event.data.get("status")  # a ticket may be reopened as pending
    after = Status(named) if named else _AFTER[event.kind]
    until = event.data.get("until")
    return {
        "status": after,
        "solved_at": event.at
        if after is Status.SOLVED
        else ticket.solved_at
        if after is Status.CLOSED
        else None,
        "pending_until": datetime.fromisoformat(until) if until else None,
    }


_AFTER = {
    Kind.SOLVE: Status.SOLVED,
    Kind.CLOSE: Status.CLOSED,
    Kind.REOPEN: Status.OPEN,
}


def _opened(ticket: Ticket, event: Event | NewEvent) -> dict[str, Any]:
    answered = event.data.get("by") == "agent"
    return {"answered": answered, "status": Status.OPEN if answered else Status.NEW}


def _replied(ticket: Ticket, event: Event | NewEvent) -> dict[str, Any]:
    return {"answered": True}


def _terms(ticket: Ticket, event: Event | NewEvent) -> dict[str, Any]:
    sticks = frozenset(event.data.get("sticks", ()))
    return {
        "policy": event.data.get("name"),
        "policy_key": event.data.get("policy"),
        "calendar_key": event.data.get("calendar"),
        "escalation_key": event.data.get("escalation"),
        "sticky": ticket.sticky | sticks,
    }


def _set(ticket: Ticket, event: Event | NewEvent) -> dict[str, Any]:
    data = event.data
    changes: dict[str, Any] = {
        key: data[key]
        for key in ("priority", "team", "assignee", "requester", "mailbox")
        if key in data
    }
    if "tags" in data or "untags" in data:
        kept = [tag for tag in ticket.tags if tag not in data.get("untags", ())]
        changes["tags"] = tuple(dict.fromkeys([*kept, *data.get("tags", ())]))
    if data.get("by") in ("agent", "escalation"):
        single = {"priority", "team", "assignee"} & set(data)
        changes["sticky"] = ticket.sticky | single
    return changes


def _merged(ticket: Ticket, event: Event | NewEvent) -> dict[str, Any]:
    into = event.data.get("into")
    return {"merged_into": into, "status": Status.CLOSED}


_CHANGES: dict[Kind, Callable[[Ticket, Event | NewEvent], dict[str, Any]]] = {
    Kind.OPENED: _opened,
    Kind.AGENT_REPLY: _replied,
    Kind.STATUS: _status,
    Kind.SOLVE: _status,
    Kind.CLOSE: _status,
    Kind.REOPEN: _status,
    Kind.TERMS: _terms,
    Kind.SET: _set,
    Kind.SPAM: lambda ticket, event: {"spam": True},
    Kind.NOTSPAM: lambda ticket, event: {"spam": False},
    Kind.MERGE: _merged,
}
