"""Verbs on a mail's way find rows by index, so that they cost the same at any size."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailroom.store.contract import TicketFilter
from mailroom.store.sqlite import SqliteStore

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)

VERBS: dict[str, Callable[[Any], object]] = {
    "inbound": lambda s: s.inbound(1),
    "inbound_raw": lambda s: s.inbound_raw_or_none(1),
    "waiting_inbound": lambda s: s.waiting_inbound(10),
    "find_person": lambda s: s.find_person("j@x"),
    "people": lambda s: s.people([1, 2]),
    "ticket": lambda s: s.ticket(1001),
    "count_messages_of": lambda s: s.count_messages_of(1),
    "events": lambda s: s.events(1001),
    "comments": lambda s: s.comments(1001),
    "clocks": lambda s: s.clocks(1001),
    "due_tickets": lambda s: s.due_tickets(NOW, 10),
    "next_due_at": lambda s: s.next_due_at(),
    "decisions": lambda s: s.decisions(1001),
    "version": lambda s: s.version("k"),
    "participants": lambda s: s.participants(1001),
    "tickets_of": lambda s: s.tickets_of(1),
    "tickets_with": lambda s: s.tickets_with(["a", "b"]),
    "tickets_awaiting": lambda s: s.tickets_awaiting("a"),
    "links": lambda s: s.links(1001),
    "claim_outbound": lambda s: s.claim_outbound(NOW, HOUR, 10),
    "next_outbound_at": lambda s: s.next_outbound_at(),
    "count_outbound address": lambda s: s.count_outbound("a", NOW, address="j@x"),
    "count_outbound domain": lambda s: s.count_outbound("a", NOW, domain="x"),
    "recipients": lambda s: s.recipients(1001),
    "cursor": lambda s: s.cursor("a", "INBOX"),
    "recall": lambda s: s.recall("k"),
    "spend": lambda s: s.spend("b", NOW, HOUR, 5),
    "messages of a ticket": lambda s: s.messages(ticket=1001, limit=10),
    "messages": lambda s: s.messages(limit=10),
    "messages quarantined": lambda s: s.messages(
        direction="in", disposition="QUARANTINED", limit=10
    ),
    "messages failed": lambda s: s.messages(
        direction="out", disposition="FAILED", limit=10
    ),
    "tickets by due time": lambda s: s.tickets(
        TicketFilter(order="next_due", limit=10)
    ),
    "tickets with a tag": lambda s: s.tickets(TicketFilter(tag="vip", limit=10)),
    "tickets of a requester": lambda s: s.tickets(TicketFilter(requester=1, limit=10)),
}
# Listings in an index's own order scan that index up to their limit; those of one
# ticket or one state sort the few rows they found (a right part: those of one instant).
SCANS_TO_A_LIMIT = {"tickets by due time", "next_due_at", "spend"}
SCANS_TO_A_LIMIT |= {"next_outbound_at", "messages quarantined", "messages failed"}
SCANS_TO_A_LIMIT |= {"waiting_inbound", "messages"}
SORTS_ITS_OWN = {"participants", "recipients", "messages of a ticket"}
SORTS_ITS_OWN |= {"count_outbound address", "count_outbound domain"}


@pytest.mark.parametrize("name", VERBS)
def test_rows_are_found_by_index(name: str, tmp_path: Path) -> None:
    class Traced(SqliteStore):
        def inbound_raw_or_none(self, id: int) -> object:
            return self._one("SELECT raw FROM inbound_raw WHERE inbound = ?", (id,))

    store = Traced(tmp_path / "mailroom.db")
    with store.transaction():
        store.spend("b", NOW, HOUR, 5)
    connection = store._connection()
    statements: list[str] = []
    with store.transaction():
        connection.set_trace_callback(statements.append)
        VERBS[name](store)
        connection.set_trace_callback(None)
    selects = [sql for sql in statements if not sql.startswith(("--", "INSERT"))]
    steps = [
        row[3]
        for sql in selects
        for row in store._all(f"EXPLAIN QUERY PLAN {sql}")
        if "json_each" not in row[3] and "CONSTANT ROW" not in row[3]
    ]
    assert steps
    for step in steps:
        if step.startswith("SCAN") and not step.startswith("SCAN (subquery"):
            assert name in SCANS_TO_A_LIMIT, step
            assert "INDEX" in step or name == "spend"  # its ten oldest rows
        if "TEMP B-TREE" in step and "RIGHT PART" not in step:
            assert name in SORTS_ITS_OWN, step
