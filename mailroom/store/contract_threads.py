"""What threading asks of a store: which Message-IDs lead to which ticket.

A part of `mailroom.store.contract.Store`; its promises hold here, too.
"""

from collections.abc import Sequence
from typing import Protocol

from mailroom.ticket.model import TicketId


class Threads(Protocol):
    """What tells an answer's ticket, in whatever order mails come."""

    def add_message_ids(self, ids: Sequence[str], ticket: TicketId) -> None:
        """These Message-IDs belong to this ticket; one of another's is a namesake."""
        ...

    def move_message_id(self, id: str, ticket: TicketId) -> None:
        """From now on a Message-ID leads to this ticket alone."""
        ...

    def tickets_with(self, ids: Sequence[str]) -> dict[str, TicketId]:
        """Return the ticket of each Message-ID that we know (the first one added)."""
        ...

    def namesakes(self, id: str) -> list[TicketId]:
        """Return further tickets with another mail of this Message-ID, by number."""
        ...

    def add_awaited(self, ids: Sequence[str], ticket: TicketId) -> None:
        """A message of this ticket refers to these Message-IDs."""
        ...

    def tickets_awaiting(self, message_id: str) -> list[TicketId]:
        """Return tickets with a message that refers to this Message-ID."""
        ...
