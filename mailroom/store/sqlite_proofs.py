"""What `verify` reads beyond tickets, clocks and events."""

from datetime import datetime

from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.ticket.model import TicketId


class ProofVerbs(SqliteConnections):
    """The verbs of `mailroom.store.contract_proofs`."""

    def ticket_ids(self) -> list[TicketId]:
        return [row[0] for row in self._all("SELECT id FROM ticket ORDER BY id")]

    def looks_at(self, ticket: TicketId) -> datetime | None:
        row = self._one("SELECT next_at FROM ticket WHERE id = ?", (ticket,))
        return None if row is None else rows.when_or_none(row[0])

    def version_keys(self) -> list[str]:
        found = self._all("SELECT version_key FROM version ORDER BY version_key")
        return [row[0] for row in found]
