"""Whole histories out of SQLite, for reports and trials of rules: one scan each."""

from collections.abc import Sequence
from datetime import UTC, datetime

from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.store.contract_reports import (
    Breach,
    LostLetter,
    ReportCycle,
    ReportEvent,
    ReportTicket,
)
from mailroom.ticket.model import TicketId

_TICKETS = (
    "SELECT t.id, created_at, status, policy, address_key, team, assignee, tags, spam,"
    " merged_into IS NOT NULL FROM ticket AS t JOIN person AS p ON p.id = t.requester"
    " ORDER BY t.id"
)
_CYCLES = (
    "SELECT ticket, metric, cycle, state, elapsed, due, fulfilled_at, breached_at,"
    " started_at FROM clock WHERE started_at >= ? AND started_at < ?"
    " ORDER BY ticket, metric, cycle"
)
_BREACHES = (
    f"SELECT {rows.TICKET}, metric, breached_at, fulfilled_at FROM clock"  # noqa: S608
    " JOIN ticket ON ticket.id = clock.ticket WHERE breached_at >= ?"
    " AND breached_at < ? AND spam = 0 AND merged_into IS NULL"
    " ORDER BY breached_at, ticket.id, metric"
)
_LOST = (
    "SELECT finished_at, letter, rcpt_to, subject, reason FROM outbound"
    " WHERE state = 'FAILED' AND finished_at >= ? AND finished_at < ?"
    " ORDER BY finished_at, id"
)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class ReportVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def report_tickets(self) -> list[ReportTicket]:
        when, tags = rows.when, rows.from_json
        return [
            ReportTicket(
                id=row[0],
                created_at=when(row[1]),
                status=row[2],
                policy=row[3],
                requester=row[4],
                team=row[5],
                assignee=row[6],
                tags=() if row[7] == "[]" else tuple(tags(row[7])),
                spam=bool(row[8]),
                merged=bool(row[9]),
            )
            for row in self._all(_TICKETS)
        ]

    def report_cycles(
        self, since: datetime | None, until: datetime | None
    ) -> list[ReportCycle]:
        when, or_none, span = rows.when, rows.when_or_none, rows.span
        return [
            ReportCycle(
                ticket=row[0],
                metric=row[1],
                cycle=row[2],
                state=row[3],
                elapsed=span(row[4]) or rows.NO_TIME,
                due=or_none(row[5]),
                fulfilled_at=or_none(row[6]),
                breached_at=or_none(row[7]),
                started_at=when(row[8]),
            )
            for row in self._all(_CYCLES, between(since, until))
        ]

    def report_events(self, kinds: Sequence[str]) -> list[ReportEvent]:
        marks = ",".join("?" * len(kinds))
        found = self._all(
            "SELECT ticket, at, kind, actor, data FROM event"  # noqa: S608 - marks
            f" WHERE kind IN ({marks}) ORDER BY ticket, at, id",
            tuple(kinds),
        )
        return [
            ReportEvent(
                row[0], rows.when(row[1]), row[2], row[3], rows.from_json(row[4])
            )
            for row in found
        ]

    def opening_rulesets(self) -> dict[TicketId, str]:
        found = self._all(
            "SELECT ticket, ruleset FROM decision WHERE event = 'opened'"
            " ORDER BY id DESC"  # the earliest is written last, so it stays
        )
        return {TicketId(ticket): ruleset for ticket, ruleset in found}

    def count_dispositions(
        self, since: datetime | None, until: datetime | None
    ) -> dict[str, int]:
        found = self._all(
            "SELECT disposition, count(*) FROM inbound WHERE disposition IS NOT NULL"
            " AND received_at >= ? AND received_at < ? GROUP BY disposition",
            between(since, until),
        )
        return dict(found)

    def breaches(self, since: datetime, until: datetime) -> list[Breach]:
        return [
            Breach(
                ticket=rows.to_ticket(row),
                metric=row[21],
                breached_at=rows.when(row[22]),
                fulfilled_at=rows.when_or_none(row[23]),
            )
            for row in self._all(_BREACHES, between(since, until))
        ]

    def lost_letters(self, since: datetime, until: datetime) -> list[LostLetter]:
        return [
            LostLetter(
                at=rows.when(row[0]),
                letter=row[1],
                to=tuple(rows.from_json(row[2])),
                subject=row[3],
                reason=row[4] or "",
            )
            for row in self._all(_LOST, between(since, until))
        ]

    def tickets_decided(self, since: datetime, until: datetime) -> list[TicketId]:
        found = self._all(
            "SELECT DISTINCT ticket FROM decision WHERE at >= ? AND at < ?"
            " ORDER BY ticket",
            between(since, until),
        )
        return [row[0] for row in found]


def between(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """Return [since, until) in milliseconds; None is open."""
    return rows.ms(since or _EVER), rows.ms(until or _FOREVER)
