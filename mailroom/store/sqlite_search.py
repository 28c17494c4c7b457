"""What the desk's pages look up in SQLite: full text (FTS5), newest messages, counts."""

# ruff: noqa: S608 - all SQL is put together from constants of this room
import re

from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.store.contract import Hit, MessageLine, TicketFilter, TicketLine
from mailroom.store.spaceless import is_spaceless, joined, query
from mailroom.store.sqlite_ledger import (
    IN,
    IN_STATES,
    OUT,
    OUT_STATES,
    message_line,
)
from mailroom.store.sqlite_tickets import conditions
from mailroom.ticket.model import CommentId

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_MOST_WORDS = 12
_HIT = (
    "SELECT comment.ticket, comment.id, comment.at, comment.public,"
    " snippet({0}, 1, char(2), char(3), '…', 24)"
    " FROM {0} JOIN comment ON comment.id = {0}.rowid"
    " WHERE {0} MATCH ? AND {0}.rowid < ? ORDER BY {0}.rowid DESC LIMIT ?"
)
_LATEST = 2**62


class SearchVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def search(
        self, text: str, limit: int, before: CommentId | None = None
    ) -> list[Hit]:
        words = _WORD.findall(text)[:_MOST_WORDS]
        if not words:
            return []
        index = "search_spaceless" if is_spaceless(text) else "search"
        sql = _HIT.format(index)
        found = self._all(sql, (query(words), before or _LATEST, limit))
        return [
            Hit(
                ticket=row[0],
                comment=row[1],
                at=rows.when(row[2]),
                public=bool(row[3]),
                excerpt=joined(row[4]),
            )
            for row in found
        ]

    def missed_tickets(self, filter: TicketFilter, limit: int) -> list[TicketLine]:
        where, parameters = conditions(filter)
        found = self._all(
            f"SELECT {rows.TICKET}, clock.metric, clock.breached_at FROM clock"
            f" INDEXED BY clock_missed JOIN ticket ON ticket.id = clock.ticket"
            f"{where or ' WHERE 1'} AND clock.state = 'breached'"
            " AND clock.fulfilled_at IS NULL ORDER BY clock.breached_at LIMIT ?",
            (*parameters, limit),
        )
        return [
            TicketLine(
                ticket=rows.to_ticket(row),
                next_metric=row[21],
                next_due=rows.when_or_none(row[22]),
            )
            for row in found
        ]

    def latest_messages(
        self,
        direction: str,
        limit: int,
        *,
        disposition: str | None = None,
        before: int | None = None,
    ) -> list[MessageLine]:
        select, states = (IN, IN_STATES) if direction == "in" else (OUT, OUT_STATES)
        if disposition is not None and disposition not in states:
            return []
        terms = ["id < ?"] + ([states[disposition]] if disposition else [])
        found = self._all(
            f"{select} WHERE {' AND '.join(terms)} ORDER BY id DESC LIMIT ?",
            (before or _LATEST, limit),
        )
        return [message_line(row) for row in found]
