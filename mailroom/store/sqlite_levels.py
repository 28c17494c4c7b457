"""How full the trays are and how tickets stand, for monitoring: counts by index."""

from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.store.contract_levels import Levels

_TICKETS = "SELECT status, count(*) FROM ticket GROUP BY status"
_OVERDUE = (
    "SELECT count(*) FROM clock INDEXED BY clock_missed"
    " WHERE state = 'breached' AND fulfilled_at IS NULL"
)
_WAITING = (
    "SELECT count(*), min(received_at) FROM inbound INDEXED BY inbound_waiting"
    " WHERE disposition IS NULL"
)
_QUARANTINED = (
    "SELECT count(*) FROM inbound INDEXED BY inbound_quarantine"
    " WHERE disposition = 'QUARANTINED'"
)
_UNSENT = (
    "SELECT count(*) FILTER (WHERE attempts = 0 OR state = 'SENDING' AND attempts = 1),"
    " count(*), min(created_at) FROM outbound INDEXED BY outbound_due"
    " WHERE next_try IS NOT NULL"
)
_FAILED = (
    "SELECT count(*) FROM outbound INDEXED BY outbound_failed WHERE state = 'FAILED'"
)
_EVER = "SELECT coalesce(max(id), 0) FROM "


class LevelVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def levels(self) -> Levels:
        waiting, oldest = self._all(_WAITING)[0]
        queued, unsent, unsent_since = self._all(_UNSENT)[0]
        due = self._all("SELECT min(next_due) FROM ticket WHERE next_due IS NOT NULL")
        return Levels(
            tickets={row[0]: row[1] for row in self._all(_TICKETS)},
            overdue=self._count(_OVERDUE),
            next_due_at=rows.when_or_none(due[0][0]),
            received=self._count(_EVER + "inbound"),
            waiting=waiting,
            waiting_since=rows.when_or_none(oldest),
            quarantined=self._count(_QUARANTINED),
            queued=queued,
            deferred=unsent - queued,
            unsent_since=rows.when_or_none(unsent_since),
            failed=self._count(_FAILED),
            written=self._count(_EVER + "outbound"),
        )

    def _count(self, sql: str) -> int:
        found: int = self._all(sql)[0][0]
        return found
