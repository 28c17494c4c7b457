"""The in-tray in SQLite, and how far the doors have read."""
# ruff: noqa: S608 - all SQL is put together from constants of this room

from collections.abc import Mapping, Sequence
from typing import Any

from mailroom.errors import StoreError
from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.store.contract import Arrival, Cursor, Inbound
from mailroom.ticket.model import Disposition, InboundId, TicketId

_ADD = (
    "INSERT INTO inbound (door, mail_from, rcpt_to, peer, helo, submitted_by,"
    " source_key, received_at, size) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"
)
_FINISH = (
    "UPDATE inbound SET disposition = ?, ticket = ?, clue = ?, reason = ?,"
    " message_id = ?, sender = ?, recipients = ?, subject = ? WHERE id = ?"
)


class InboundVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def add_inbound(self, arrivals: Sequence[Arrival]) -> list[InboundId | None]:
        return [self._add_arrival(arrival) for arrival in arrivals]

    def _add_arrival(self, arrival: Arrival) -> InboundId | None:
        cursor = self._write(
            _ADD,
            (
                arrival.door,
                arrival.envelope.mail_from,
                rows.to_json(arrival.envelope.rcpt_to),
                arrival.peer,
                arrival.helo,
                arrival.submitted_by,
                arrival.source_key,
                rows.ms(arrival.received_at),
                len(arrival.raw),
            ),
        )
        if cursor.rowcount == 0 or cursor.lastrowid is None:
            return None
        id = cursor.lastrowid
        self._write(
            "INSERT INTO inbound_raw (inbound, raw) VALUES (?, ?)", (id, arrival.raw)
        )
        return InboundId(id)

    def inbound(self, id: InboundId) -> Inbound | None:
        row = self._one(f"SELECT {rows.INBOUND} FROM inbound WHERE id = ?", (id,))
        return None if row is None else rows.to_inbound(row)

    def inbound_raw(self, id: InboundId) -> bytes:
        row = self._one("SELECT raw FROM inbound_raw WHERE inbound = ?", (id,))
        if row is None:
            raise StoreError(f"{self.path}: there is no raw mail of message {id}")
        return bytes(row[0])

    def waiting_inbound(self, limit: int) -> list[InboundId]:
        found = self._all(
            "SELECT id FROM inbound WHERE disposition IS NULL ORDER BY id LIMIT ?",
            (limit,),
        )
        return [row[0] for row in found]

    def begin_attempt(self, id: InboundId) -> int:
        self._change(
            "UPDATE inbound SET attempts = attempts + 1 WHERE id = ?", (id,), id
        )
        row = self._one("SELECT attempts FROM inbound WHERE id = ?", (id,))
        assert row is not None
        return int(row[0]) - 1

    def set_trust(self, id: InboundId, verdict: Mapping[str, Any]) -> None:
        self._write(
            "UPDATE inbound SET trust = ? WHERE id = ? AND trust IS NULL",
            (rows.to_json(verdict), id),
        )

    def finish_inbound(
        self,
        id: InboundId,
        *,
        disposition: Disposition,
        ticket: TicketId | None = None,
        clue: str | None = None,
        reason: str | None = None,
        message_id: str | None = None,
        sender: str | None = None,
        recipients: Sequence[str] = (),
        subject: str | None = None,
    ) -> None:
        listed = rows.to_json(list(recipients)) if recipients else None
        self._change(
            _FINISH,
            (
                disposition.value,
                ticket,
                clue,
                reason,
                message_id,
                sender,
                listed,
                subject,
                id,
            ),
            id,
        )

    def claim_content(self, key: str, id: InboundId) -> InboundId:
        cursor = self._write(
            "INSERT INTO content (content_key, inbound) VALUES (?, ?)"
            " ON CONFLICT DO NOTHING",
            (key, id),
        )
        if cursor.rowcount == 1:
            return id
        row = self._one("SELECT inbound FROM content WHERE content_key = ?", (key,))
        assert row is not None
        return InboundId(row[0])

    def cursor(self, account: str, folder: str) -> Cursor | None:
        row = self._one(
            "SELECT uidvalidity, uid, since FROM imap_cursor"
            " WHERE account = ? AND folder = ?",
            (account, folder),
        )
        if row is None:
            return None
        return Cursor(
            account=account,
            folder=folder,
            uidvalidity=row[0],
            uid=row[1],
            since=rows.when_or_none(row[2]),
        )

    def save_cursor(self, cursor: Cursor) -> None:
        self._write(
            "INSERT INTO imap_cursor (account, folder, uidvalidity, uid, since)"
            " VALUES (?,?,?,?,?) ON CONFLICT (account, folder) DO UPDATE SET"
            " uidvalidity = excluded.uidvalidity, uid = excluded.uid,"
            " since = excluded.since",
            (
                cursor.account,
                cursor.folder,
                cursor.uidvalidity,
                cursor.uid,
                rows.ms_or_none(cursor.since),
            ),
        )

    def _change(self, sql: str, parameters: Sequence[Any], id: InboundId) -> None:
        if self._write(sql, parameters).rowcount == 0:
            raise StoreError(f"{self.path}: there is no inbound message {id}")
