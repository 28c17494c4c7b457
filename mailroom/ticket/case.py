"""A case: one ticket with its log, and what a use case is about to add to it.

The desk and the rehearsal both work on cases, so that a rule test and a real ticket go
the same way. A case opens no transaction and keeps nothing: the desk writes `fresh` and
`ticket` when it has decided, the rehearsal just goes on.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mailroom.ticket.lifecycle import Trigger, advance, apply, status_kind
from mailroom.ticket.model import (
    MAILROOM,
    Event,
    EventId,
    Kind,
    NewEvent,
    PersonId,
    Status,
    Ticket,
)


class Case:
    """A ticket, its log in order of (`at`, `id`), and the events not yet kept."""

    def __init__(
        self, ticket: Ticket, log: Iterable[Event] = (), *, recorded_at: datetime
    ) -> None:
        self.ticket = ticket
        self.log = list(log)
        self.fresh: list[NewEvent] = []
        self.recorded_at = recorded_at
        self._next_id = max((event.id for event in self.log), default=0) + 1

    def add(
        self,
        kind: Kind,
        at: datetime,
        *,
        actor: PersonId | str = MAILROOM,
        **data: Any,
    ) -> Event:
        """Append an event, move the ticket, and return the event (its id provisional).

        Nothing happens to a ticket before it is opened: mail of an earlier time that
        comes on it later (held, or by another door) counts from then.
        """
        at = max(at, self.ticket.created_at)
        event = Event(
            id=EventId(self._next_id),
            ticket=self.ticket.id,
            at=at,
            recorded_at=self.recorded_at,
            kind=kind,
            actor=str(actor),
            data=data,
        )
        self._next_id += 1
        self.log.append(event)
        self.fresh.append(
            NewEvent(
                ticket=event.ticket,
                at=at,
                recorded_at=self.recorded_at,
                kind=kind,
                actor=event.actor,
                data=data,
            )
        )
        self.ticket = apply(self.ticket, event)
        return event

    def move(
        self,
        after: Status,
        at: datetime,
        *,
        actor: PersonId | str = MAILROOM,
        until: datetime | None = None,
        by: str = MAILROOM,
    ) -> bool:
        """Record a change of status; False when it is the status already.

        `by` is customer, agent or mailroom: who moved it, for the clocks.
        """
        before = self.ticket.status
        if before is after and until == self.ticket.pending_until:
            return False
        data: dict[str, Any] = {"status": after.value, "by": by}
        if until is not None:
            data["until"] = until.isoformat()
        self.add(status_kind(before, after), at, actor=actor, **data)
        return True

    def trigger(
        self,
        trigger: Trigger,
        at: datetime,
        *,
        actor: PersonId | str = MAILROOM,
        by: str = MAILROOM,
    ) -> bool:
        """Move by the table of transitions; False where it says nothing."""
        after = advance(self.ticket.status, trigger)
        if after is self.ticket.status:
            return False
        return self.move(after, at, actor=actor, by=by)

    def events(self, kind: Kind) -> list[Event]:
        """Return the log's events of one kind."""
        return [event for event in self.log if event.kind is kind]
