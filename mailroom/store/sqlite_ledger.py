"""The message ledger, stored versions, small facts and budgets in SQLite."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.store.contract import MessageLine
from mailroom.ticket.model import Disposition, TicketId

IN = (
    "SELECT 'in' AS direction, id, received_at AS at, message_id, sender,"
    " coalesce(recipients, rcpt_to), subject, ticket, disposition, clue, reason"
    " FROM inbound"
)
# A letter under way is told as what it was before it was claimed.
OUT = (
    "SELECT 'out' AS direction, id, created_at AS at, message_id, sender, rcpt_to,"
    " subject, ticket, CASE WHEN state <> 'SENDING' THEN state WHEN attempts > 1 THEN"
    " 'DEFERRED' ELSE 'QUEUED' END, NULL, reason FROM outbound"
)
OUT_STATES = {
    "QUEUED": "next_try IS NOT NULL AND"
    " (state = 'QUEUED' OR state = 'SENDING' AND attempts <= 1)",
    "DEFERRED": "next_try IS NOT NULL AND"
    " (state = 'DEFERRED' OR state = 'SENDING' AND attempts > 1)",
    "SENT": "state = 'SENT'",
    "FAILED": "state = 'FAILED'",
}
IN_STATES = {str(name): f"disposition = '{name}'" for name in Disposition}
_SWEPT_BUDGETS = 10  # used-up rows removed at each use: more than a use adds


class LedgerVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        self._known_versions: set[str] = set()

    def messages(
        self,
        *,
        direction: str | None = None,
        disposition: str | None = None,
        ticket: TicketId | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[MessageLine]:
        arms, parameters = [], []
        for name, select, states in (
            ("in", IN, IN_STATES),
            ("out", OUT, OUT_STATES),
        ):
            if direction not in (None, name):
                continue
            terms = []
            if disposition is not None:
                if disposition not in states:
                    continue
                terms.append(states[disposition])
            if ticket is not None:
                terms.append("ticket = ?")
                parameters.append(ticket)
            arms.append(select + (f" WHERE {' AND '.join(terms)}" if terms else ""))
        if not arms:
            return []
        found = self._all(
            f"{' UNION ALL '.join(arms)} ORDER BY at, direction, id LIMIT ? OFFSET ?",
            (*parameters, -1 if limit is None else limit, offset),
        )
        return [message_line(row) for row in found]

    def add_version(self, key: str, kind: str, document: Mapping[str, Any]) -> None:
        self._require_transaction()
        if key in self._known_versions:
            return
        self._write(
            "INSERT INTO version (version_key, kind, document) VALUES (?,?,?)"
            " ON CONFLICT DO NOTHING",
            (key, kind, rows.to_json(document)),
        )
        self._after_commit(lambda: self._known_versions.add(key))

    def version(self, key: str) -> Mapping[str, Any] | None:
        row = self._one("SELECT document FROM version WHERE version_key = ?", (key,))
        if row is None:
            return None
        document: Mapping[str, Any] = rows.from_json(row[0])
        return document

    def remember(self, key: str, value: str) -> None:
        self._write(
            "INSERT INTO fact (fact_key, value) VALUES (?, ?)"
            " ON CONFLICT (fact_key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def recall(self, key: str) -> str | None:
        row = self._one("SELECT value FROM fact WHERE fact_key = ?", (key,))
        return None if row is None else str(row[0])

    def spend(
        self,
        budget: str,
        now: datetime,
        span: timedelta,
        most: int,
        ahead: timedelta = timedelta(0),
    ) -> bool:
        self._require_transaction()
        at = now + ahead
        row = self._one(
            "SELECT count(*) FROM (SELECT 1 FROM spent WHERE budget = ? AND at > ?"
            " LIMIT ?)",
            (budget, rows.ms(at - span), most),
        )
        assert row is not None
        if row[0] >= most:
            return False
        self._write(
            "DELETE FROM spent WHERE expires_at <= ? AND id IN"
            " (SELECT id FROM spent ORDER BY id LIMIT ?)",
            (rows.ms(now), _SWEPT_BUDGETS),
        )
        self._write(
            "INSERT INTO spent (budget, at, expires_at) VALUES (?,?,?)",
            (budget, rows.ms(at), rows.ms(at + span)),
        )
        return True


def message_line(row: rows.Row) -> MessageLine:
    """Return a row of either SELECT as a line of the ledger."""
    return MessageLine(
        direction=row[0],
        id=row[1],
        at=rows.when(row[2]),
        message_id=row[3],
        sender=row[4],
        to=tuple(rows.from_json(row[5])),
        subject=row[6],
        ticket=row[7],
        disposition=row[8],
        clue=row[9],
        reason=row[10],
    )
