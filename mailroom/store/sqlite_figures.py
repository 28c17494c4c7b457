"""Counts and lists of clocks in SQLite, for the pages of reports.

Everything is read in the order of one index that covers the columns of a clock, so that
a period costs by what began in it and not by what the desk has ever had.
"""

# ruff: noqa: S608 - all SQL is put together from constants of this room
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.store.contract import MessageLine
from mailroom.store.contract_figures import (
    CycleFilter,
    CycleLine,
    CycleTally,
    Key,
    Move,
)
from mailroom.store.sqlite_ledger import IN, message_line
from mailroom.store.sqlite_report import between
from mailroom.ticket.model import TicketId

_FROM = (
    " FROM clock INDEXED BY clock_report CROSS JOIN ticket ON ticket.id = clock.ticket"
)
_PERSON = " CROSS JOIN person ON person.id = ticket.requester"
_TAGS = " LEFT JOIN json_each(ticket.tags) AS mark"
_VERDICT = "CASE WHEN state = 'running' AND due <= ? THEN 'breached' ELSE state END"
_DAY, _HOUR = 86_400_000, 3_600_000  # milliseconds
_WEEK = f"({{}} - {4 * _DAY}) / {7 * _DAY}"  # 1970-01-05 was a Monday
_LATE = "coalesce(breached_at, due)"
_AGENT = (
    "coalesce((SELECT CAST(actor AS INTEGER) FROM event WHERE event.ticket ="
    " clock.ticket AND event.at = fulfilled_at AND kind IN ('agent_reply', 'solve')"
    " AND actor GLOB '[0-9]*' ORDER BY event.id DESC LIMIT 1), assignee)"
)
_VERSION = (
    "(SELECT ruleset FROM decision WHERE decision.ticket = clock.ticket"
    " AND event = 'opened' ORDER BY decision.id LIMIT 1)"
)
_KEYS = {
    "": "NULL",
    "policy": "policy",
    "team": "team",
    "domain": "nullif(person.domain, '')",
    "requester": "address_key",
    "agent": _AGENT,
    "tag": "mark.value",
    "version": _VERSION,
    "week": _WEEK.format("started_at"),
}
_COUNTED = {
    "metric": "metric",
    "verdict": _VERDICT,
    "week": _WEEK.format("started_at"),
    "hour": f"started_at / {_HOUR} % 24",
    "late_week": _WEEK.format(_LATE),
}
_NO_POLICY = (
    "NOT spam AND merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM clock WHERE"
    " clock.ticket = ticket.id AND started_at >= ? AND started_at < ?)"
)
_LEFT_OUT = {
    "merged": "merged_into IS NOT NULL",
    "spam": "spam AND merged_into IS NULL",
    "no_policy": _NO_POLICY,
}
_UNSOLVED = (
    "SELECT id FROM ticket WHERE status IN ('new', 'open', 'pending', 'on_hold')"
    " AND NOT spam"
)
# Which kinds these are is said by the partial index, too: it must be the same text.
_MOVE = "kind IN ('opened', 'reopen', 'solve', 'close', 'merge', 'spam', 'notspam')"
_EARLIER = (
    "SELECT ticket, at, kind FROM event WHERE at < ?1 AND kind IN"
    " (SELECT value FROM json_each(?2)) AND ticket IN (SELECT event.ticket FROM event"
    " INDEXED BY event_moves CROSS JOIN ticket ON ticket.id = event.ticket"
    f" WHERE event.at >= ?1 AND event.{_MOVE} AND created_at < ?1)"
    " ORDER BY ticket, at, id"
)
_LATER = (
    "SELECT ticket, at, kind FROM event INDEXED BY event_moves"
    f" WHERE at >= ?1 AND {_MOVE} AND kind IN (SELECT value FROM json_each(?2))"
    " ORDER BY at, id"
)


class FigureVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def tally_cycles(self, filter: CycleFilter, by: str = "") -> list[CycleTally]:
        where, parameters = _conditions(filter)
        found = self._all(
            f"SELECT metric, {_KEYS[by]}, {_VERDICT}, count(*), json_group_array("
            f"elapsed) FILTER (WHERE fulfilled_at IS NOT NULL){_FROM}"
            f"{_joins(filter, by)}{where} GROUP BY 1, 2, 3",
            (rows.ms(filter.now), *parameters),
        )
        return [
            CycleTally(metric, key, verdict, count, json.loads(elapsed))
            for metric, key, verdict, count, elapsed in found
        ]

    def count_cycles(
        self, filter: CycleFilter, by: Sequence[str]
    ) -> list[tuple[tuple[Key, ...], int]]:
        where, parameters = _conditions(filter)
        columns = "".join(f"{_COUNTED[name]}, " for name in by)
        places = ",".join(str(place + 1) for place in range(len(by)))
        found = self._all(
            f"SELECT {columns}count(*){_FROM}{_joins(filter)}{where}"
            + (f" GROUP BY {places}" if by else ""),
            ((rows.ms(filter.now),) * ("verdict" in by) + parameters),
        )
        return [(row[:-1], row[-1]) for row in found]

    def list_cycles(
        self, filter: CycleFilter, limit: int, offset: int = 0
    ) -> list[CycleLine]:
        where, parameters = _conditions(filter)
        found = self._all(
            f"SELECT clock.ticket, metric, cycle, {_VERDICT}, started_at, due,"
            f" fulfilled_at, breached_at, elapsed{_FROM}{_joins(filter)}{where}"
            " ORDER BY started_at DESC LIMIT ? OFFSET ?",
            (rows.ms(filter.now), *parameters, limit, offset),
        )
        return [
            CycleLine(
                ticket=row[0],
                metric=row[1],
                cycle=row[2],
                verdict=row[3],
                started_at=rows.when(row[4]),
                due=rows.when_or_none(row[5]),
                fulfilled_at=rows.when_or_none(row[6]),
                breached_at=rows.when_or_none(row[7]),
                elapsed=rows.span(row[8]) or rows.NO_TIME,
            )
            for row in found
        ]

    def count_left_out(
        self, since: datetime | None, until: datetime | None
    ) -> dict[str, int]:
        span = between(since, until)
        sums = ", ".join(f"sum({term})" for term in _LEFT_OUT.values())
        row = self._one(
            f"SELECT {sums} FROM ticket WHERE created_at >= ? AND created_at < ?",
            span * 2,
        )
        assert row is not None
        return {
            reason: count for reason, count in zip(_LEFT_OUT, row, strict=True) if count
        }

    def list_left_out(
        self,
        reason: str,
        since: datetime | None,
        until: datetime | None,
        limit: int,
        offset: int = 0,
    ) -> list[TicketId]:
        span = between(since, until)
        found = self._all(
            "SELECT id FROM ticket WHERE created_at >= ? AND created_at < ? AND"
            f" {_LEFT_OUT[reason]} ORDER BY id DESC LIMIT ? OFFSET ?",
            (*span, *(span if reason == "no_policy" else ()), limit, offset),
        )
        return [row[0] for row in found]

    def list_outcomes(
        self,
        dispositions: Sequence[str],
        since: datetime | None,
        until: datetime | None,
        limit: int,
        offset: int = 0,
    ) -> list[MessageLine]:
        found = self._all(
            f"{IN} WHERE received_at >= ? AND received_at < ? AND disposition IN"
            " (SELECT value FROM json_each(?)) ORDER BY received_at DESC, id DESC"
            " LIMIT ? OFFSET ?",
            (*between(since, until), rows.to_json_list(dispositions), limit, offset),
        )
        return [message_line(row) for row in found]

    def unsolved_tickets(self) -> list[TicketId]:
        return [row[0] for row in self._all(_UNSOLVED)]

    def report_moves(self, kinds: Sequence[str], since: datetime) -> list[Move]:
        wanted = (rows.ms(since), rows.to_json_list(kinds))
        return self._all(_EARLIER, wanted) + self._all(_LATER, wanted)

    def first_move(self) -> datetime | None:
        row = self._one(
            f"SELECT min(at) FROM event INDEXED BY event_moves WHERE {_MOVE}"
        )
        return rows.when_or_none(row[0]) if row is not None else None


def _joins(filter: CycleFilter, by: str = "") -> str:
    wanted = {by, filter.group[0] if filter.group else ""}
    needs_person = filter.requesters is not None or wanted & {"domain", "requester"}
    return (_PERSON if needs_person else "") + (_TAGS if by == "tag" else "")


def _conditions(filter: CycleFilter) -> tuple[str, tuple[Any, ...]]:
    """Return the WHERE clause and its parameters."""
    terms = [
        ("started_at >= ? AND started_at < ?", between(filter.since, filter.until)),
        ("NOT spam AND merged_into IS NULL", ()),
        *_of_clock(filter),
    ]
    if filter.requesters is not None:
        known = rows.to_json_list(filter.requesters)
        terms.append(("address_key IN (SELECT value FROM json_each(?))", (known,)))
    if filter.group is not None:
        terms.append(_in_group(*filter.group))
    text = " AND ".join(term for term, _ in terms)
    return f" WHERE {text}", tuple(value for _, values in terms for value in values)


def _of_clock(filter: CycleFilter) -> list[tuple[str, tuple[Any, ...]]]:
    now = rows.ms(filter.now)
    late = (rows.ms_or_none(filter.late_since), rows.ms_or_none(filter.late_until))
    least, most = rows.span_ms(filter.longer_than), rows.span_ms(filter.up_to)
    marks = ",".join("?" * len(filter.verdicts))
    terms = (
        (filter.metric, "metric = ?", (filter.metric,)),
        (marks, f"{_VERDICT} IN ({marks})", (now, *filter.verdicts)),
        (filter.fulfilled, "fulfilled_at IS NOT NULL", ()),
        (filter.hour is not None, f"{_COUNTED['hour']} = ?", (filter.hour,)),
        (filter.late_since, f"{_LATE} >= ?", late[:1]),
        (filter.late_until, f"{_LATE} < ?", late[1:]),
        (filter.longer_than is not None, "elapsed > ?", (least,)),
        (filter.up_to is not None, "elapsed <= ?", (most,)),
    )
    return [(term, values) for wanted, term, values in terms if wanted]


def _in_group(name: str, value: Key) -> tuple[str, tuple[Any, ...]]:
    if name != "tag":
        return f"{_KEYS[name]} IS ?", (value,)
    if value is None:
        return "tags = '[]'", ()
    return "ticket.id IN (SELECT ticket FROM ticket_tag WHERE tag = ?)", (value,)
