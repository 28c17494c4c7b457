"""Copying the whole database out and in, row by row, with all numbers as they are."""
# ruff: noqa: S608 - all SQL is put together from constants and the schema's own names

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mailroom.errors import StoreError
from mailroom.store.connection import SqliteConnections
from mailroom.store.contract_copies import CopiedRow
from mailroom.store.schema import VERSION

# In an order in which no row names a later one, but for tickets merged into later ones.
# Left out are logins and sessions, and what triggers keep: search and counts.
TABLES = (
    "version",
    "person",
    "ticket",
    "ticket_tag",
    "participant",
    "link",
    "inbound",
    "inbound_raw",
    "content",
    "outbound",
    "outbound_raw",
    "receipt",
    "event",
    "comment",
    "clock",
    "decision",
    "thread",
    "awaited",
    "namesake",
    "imap_cursor",
    "fact",
    "spent",
)
_COUNTED = {"person": "requested"}  # columns that triggers fill
_PAGE = 500


class CopyVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def layout(self) -> int:
        return VERSION

    def copy_out(self) -> Iterator[CopiedRow]:
        connection = self._connection()
        connection.execute("BEGIN")  # one snapshot for all that is read
        try:
            for table in TABLES:
                names, key = self._columns(table), ", ".join(self._key(table))
                found = connection.execute(
                    f"SELECT {', '.join(names)} FROM {table} ORDER BY {key}"
                )
                while page := found.fetchmany(_PAGE):
                    for row in page:
                        yield table, dict(zip(names, row, strict=True))
        finally:
            connection.execute("ROLLBACK")

    def copy_in(self, rows: Iterable[CopiedRow]) -> int:
        self._require_transaction()
        if self._one("SELECT 1 FROM ticket UNION ALL SELECT 1 FROM inbound"):
            raise StoreError(
                f"{self.path}: there are tickets or mails already; a whole desk goes"
                " into an empty one"
            )
        self._write("PRAGMA defer_foreign_keys = ON")
        known = {table: frozenset(self._columns(table)) for table in TABLES}
        count = 0
        for table, row in rows:
            if not row or not known.get(table, frozenset()).issuperset(row):
                raise StoreError(f"{table}: not a row of this store's layout")
            self._put(table, row)
            count += 1
        return count

    def _put(self, table: str, row: Mapping[str, Any]) -> None:
        marks = ",".join("?" * len(row))
        self._write(
            f"INSERT OR REPLACE INTO {table} ({', '.join(row)}) VALUES ({marks})",
            tuple(row.values()),
        )

    def _columns(self, table: str) -> list[str]:
        found = self._all(f"PRAGMA table_info({table})")
        return [row[1] for row in found if row[1] != _COUNTED.get(table)]

    def _key(self, table: str) -> list[str]:
        found = self._all(f"PRAGMA table_info({table})")
        return [row[1] for row in sorted(found, key=lambda row: int(row[5])) if row[5]]
