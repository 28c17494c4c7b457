"""A ticket's history in SQLite: events, comments, clocks, decisions, threading."""
# ruff: noqa: S608 - all SQL is put together from constants of this room

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.store.contract import ClockRow, Decision, NewComment, NewEvent
from mailroom.store.schema_pages import ADD_SPACELESS
from mailroom.store.spaceless import is_spaceless, parted
from mailroom.ticket.model import Comment, CommentId, Event, EventId, TicketId

_EVENT = (
    "INSERT INTO event (ticket, at, recorded_at, kind, actor, data)"
    " VALUES (?,?,?,?,?,?)"
)
_COMMENT = (
    "INSERT INTO comment (ticket, at, author, public, text, message_id, inbound,"
    " flagged, attachments) VALUES (?,?,?,?,?,?,?,?,?)"
)
_CLOCK = f"INSERT INTO clock (ticket, {rows.CLOCK}) VALUES ({','.join('?' * 11)})"


class HistoryVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def append(self, events: Sequence[NewEvent]) -> list[EventId]:
        return [self._append(event) for event in events]

    def _append(self, event: NewEvent) -> EventId:
        cursor = self._write(
            _EVENT,
            (
                event.ticket,
                rows.ms(event.at),
                rows.ms(event.recorded_at),
                event.kind.value,
                event.actor,
                rows.to_json(event.data) if event.data else "{}",
            ),
        )
        assert cursor.lastrowid is not None
        return EventId(cursor.lastrowid)

    def events(self, ticket: TicketId) -> list[Event]:
        found = self._all(
            f"SELECT {rows.EVENT} FROM event WHERE ticket = ? ORDER BY at, id",
            (ticket,),
        )
        return [rows.to_event(row) for row in found]

    def add_comment(self, comment: NewComment) -> CommentId:
        listed = rows.attachments_json(comment.attachments)
        cursor = self._write(
            _COMMENT,
            (
                comment.ticket,
                rows.ms(comment.at),
                comment.author,
                comment.public,
                comment.text,
                comment.message_id,
                comment.inbound,
                comment.flagged,
                listed,
            ),
        )
        assert cursor.lastrowid is not None
        id = CommentId(cursor.lastrowid)
        self._find(id, comment)
        return id

    def _find(self, id: CommentId, comment: NewComment) -> None:
        """Let search find it, where it is in a script without spaces."""
        row = self._one("SELECT subject FROM ticket WHERE id = ?", (comment.ticket,))
        subject = row[0] if row is not None else ""
        if is_spaceless(comment.text) or is_spaceless(subject):
            values = (id, parted(subject), parted(comment.text))
            self._write(ADD_SPACELESS, values)

    def comments(self, ticket: TicketId) -> list[Comment]:
        found = self._all(
            f"SELECT {rows.COMMENT} FROM comment WHERE ticket = ? ORDER BY at, id",
            (ticket,),
        )
        return [rows.to_comment(row) for row in found]

    def save_clocks(self, ticket: TicketId, clocks: Sequence[ClockRow]) -> None:
        self._write("DELETE FROM clock WHERE ticket = ?", (ticket,))
        for clock in clocks:
            self._write(_CLOCK, (ticket, *rows.clock_values(clock)))
        due, metric = min(
            (
                (clock.due, clock.metric)
                for clock in clocks
                if clock.state == "running" and clock.due is not None
            ),
            default=(None, None),
        )
        self._write(
            "UPDATE ticket SET next_metric = ?, next_due = ? WHERE id = ?",
            (metric, rows.ms_or_none(due), ticket),
        )

    def clocks(self, ticket: TicketId) -> list[ClockRow]:
        found = self._all(
            f"SELECT {rows.CLOCK} FROM clock WHERE ticket = ? ORDER BY metric, cycle",
            (ticket,),
        )
        return [rows.to_clock(row) for row in found]

    def add_decision(
        self,
        ticket: TicketId,
        *,
        at: datetime,
        on: str,
        ruleset: str,
        facts: Mapping[str, Any],
        outcome: Mapping[str, Any],
    ) -> int:
        cursor = self._write(
            "INSERT INTO decision (ticket, at, event, ruleset, facts, outcome)"
            " VALUES (?,?,?,?,?,?)",
            (
                ticket,
                rows.ms(at),
                on,
                ruleset,
                rows.to_json(facts),
                rows.to_json(outcome),
            ),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def decisions(self, ticket: TicketId) -> list[Decision]:
        found = self._all(
            f"SELECT {rows.DECISION} FROM decision WHERE ticket = ? ORDER BY id",
            (ticket,),
        )
        return [rows.to_decision(row) for row in found]

    def add_message_ids(self, ids: Sequence[str], ticket: TicketId) -> None:
        for id in ids:
            added = self._write(
                "INSERT INTO thread (message_id, ticket) VALUES (?, ?)"
                " ON CONFLICT DO NOTHING",
                (id, ticket),
            )
            if added.rowcount == 0:
                self._write(
                    "INSERT INTO namesake (message_id, ticket) SELECT message_id, ?"
                    " FROM thread WHERE message_id = ? AND ticket <> ?"
                    " ON CONFLICT DO NOTHING",
                    (ticket, id, ticket),
                )

    def move_message_id(self, id: str, ticket: TicketId) -> None:
        self._write("DELETE FROM namesake WHERE message_id = ?", (id,))
        self._write(
            "INSERT INTO thread (message_id, ticket) VALUES (?, ?)"
            " ON CONFLICT (message_id) DO UPDATE SET ticket = excluded.ticket",
            (id, ticket),
        )

    def namesakes(self, id: str) -> list[TicketId]:
        found = self._all(
            "SELECT ticket FROM namesake WHERE message_id = ? ORDER BY ticket", (id,)
        )
        return [row[0] for row in found]

    def tickets_with(self, ids: Sequence[str]) -> dict[str, TicketId]:
        if not ids:
            return {}
        found = self._all(
            "SELECT message_id, ticket FROM thread"
            " WHERE message_id IN (SELECT value FROM json_each(?))",
            (rows.to_json_list(ids),),
        )
        known: dict[str, TicketId] = {row[0]: row[1] for row in found}
        return {id: known[key] for id in ids if (key := rows.printable(id)) in known}

    def add_awaited(self, ids: Sequence[str], ticket: TicketId) -> None:
        for id in ids:
            self._write(
                "INSERT INTO awaited (message_id, ticket) VALUES (?, ?)"
                " ON CONFLICT DO NOTHING",
                (id, ticket),
            )

    def tickets_awaiting(self, message_id: str) -> list[TicketId]:
        found = self._all(
            "SELECT ticket FROM awaited WHERE message_id = ? ORDER BY ticket",
            (message_id,),
        )
        return [row[0] for row in found]
