"""Logins to the desk's pages in SQLite: one-time secrets and sessions, as digests."""

from datetime import datetime

from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.ticket.model import PersonId


class SessionVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def add_login(self, digest: str, person: PersonId, expires_at: datetime) -> None:
        self._write(
            "INSERT INTO login (digest, person, expires_at) VALUES (?,?,?)",
            (digest, person, rows.ms(expires_at)),
        )

    def login(self, digest: str, now: datetime) -> PersonId | None:
        row = self._one(
            "SELECT person FROM login WHERE digest = ? AND expires_at > ?",
            (digest, rows.ms(now)),
        )
        return None if row is None else PersonId(row[0])

    def take_login(self, digest: str, now: datetime) -> PersonId | None:
        found = self.login(digest, now)
        self._write(
            "DELETE FROM login WHERE digest = ? OR expires_at <= ?",
            (digest, rows.ms(now)),
        )
        return found

    def add_session(
        self, digest: str, person: PersonId, now: datetime, expires_at: datetime
    ) -> None:
        self._write("DELETE FROM session WHERE expires_at <= ?", (rows.ms(now),))
        self._write(
            "INSERT INTO session (digest, person, created_at, expires_at)"
            " VALUES (?,?,?,?)",
            (digest, person, rows.ms(now), rows.ms(expires_at)),
        )

    def session(self, digest: str, now: datetime) -> PersonId | None:
        row = self._one(
            "SELECT person FROM session WHERE digest = ? AND expires_at > ?",
            (digest, rows.ms(now)),
        )
        return None if row is None else PersonId(row[0])

    def end_session(self, digest: str) -> None:
        self._write("DELETE FROM session WHERE digest = ?", (digest,))

    def end_sessions_of(self, person: PersonId) -> int:
        self._write("DELETE FROM login WHERE person = ?", (person,))
        return self._write("DELETE FROM session WHERE person = ?", (person,)).rowcount
