"""What `verify` reads beyond tickets, clocks and events.

A part of `mailroom.store.contract.Store`; its promises hold here, too.
"""

from datetime import datetime
from typing import Protocol

from mailroom.ticket.model import TicketId


class Proofs(Protocol):
    """The verbs that name everything there is to prove."""

    def ticket_ids(self) -> list[TicketId]:
        """Return the numbers of all tickets, in order."""

    def looks_at(self, ticket: TicketId) -> datetime | None:
        """Return when the sweep looks at a ticket next; None: never again."""

    def version_keys(self) -> list[str]:
        """Return the content hashes of all documents, in order."""
