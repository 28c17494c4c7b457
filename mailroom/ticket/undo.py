"""Taking back what an agent last did to a ticket: status, tags, assignment, priority.

Nothing is removed from the log: the fields get back the values that they had before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailroom.ticket.lifecycle import apply, opened
from mailroom.ticket.model import Event, Kind, Status, Ticket

UNDOABLE = (Kind.SET, Kind.STATUS, Kind.SOLVE, Kind.REOPEN)
_FIELDS = ("priority", "team", "assignee")


@dataclass(frozen=True, slots=True)
class Undo:
    """What to set again, which status to go back to, and what this takes back."""

    changes: dict[str, Any]
    status: Status | None
    events: tuple[int, ...]


def undo_of(log: Sequence[Event], ticket: Ticket, actor: str) -> Undo | None:
    """Return how to take back the last act of `actor`; None: there is none left."""
    taken = {
        id for event in log if event.kind is Kind.UNDO for id in event.data["events"]
    }
    own = [
        event
        for event in log
        if event.actor == actor and event.kind in UNDOABLE and event.id not in taken
    ]
    while own:
        act = [event for event in own if event.at == own[-1].at]
        found = _undo(log, ticket, act)
        if found.changes or found.status is not None:
            return found
        own = own[: -len(act)]
    return None


def _undo(log: Sequence[Event], ticket: Ticket, act: Sequence[Event]) -> Undo:
    """Return how to take back one act; a ticket that is answered is new no more."""
    before = _before(log, ticket, act[0])
    after = before
    for event in act:
        after = apply(after, event)
    changes: dict[str, Any] = {
        field: getattr(before, field)
        for field in _FIELDS
        if getattr(before, field) != getattr(after, field)
    }
    gone = [tag for tag in before.tags if tag not in after.tags]
    new = [tag for tag in after.tags if tag not in before.tags]
    changes |= {"tags": gone} if gone else {}
    changes |= {"untags": new} if new else {}
    status = before.status if before.status is not after.status else None
    if status is Status.NEW and ticket.answered:
        status = Status.OPEN if ticket.status is not Status.OPEN else None
    return Undo(changes, status, tuple(event.id for event in act))


def _before(log: Sequence[Event], ticket: Ticket, event: Event) -> Ticket:
    """Return the ticket as it was before an event of its log."""
    first = next(e for e in log if e.kind is Kind.OPENED)
    state = opened(
        id=ticket.id,
        subject=ticket.subject,
        mailbox=ticket.mailbox,
        requester=first.data["requester"],
        at=first.at,
    )
    for earlier in log:
        if earlier.id == event.id:
            return state
        state = apply(state, earlier)
    return state
