"""Counting clocks for reports: verdicts, groups, what is left out, and by which index."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailroom.store.contract import ClockRow, NewEvent, Store
from mailroom.store.contract_figures import COUNTED, GROUPS, CycleFilter
from mailroom.store.sqlite import SqliteStore
from mailroom.ticket.model import Kind, Status, Ticket, TicketId

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVERY = CycleFilter(now=MONDAY + 10 * HOUR, since=MONDAY, until=MONDAY + 7 * 24 * HOUR)


def add(
    store: Store, at: datetime = MONDAY, address: str = "jane@x.example", **more: Any
) -> TicketId:
    """Add a ticket whose first reply took an hour, unless its clock says otherwise."""
    clock = {
        name: more.pop(name)
        for name in ("state", "due", "fulfilled_at", "elapsed", "breached_at")
        if name in more
    }
    with store.transaction():
        person = store.person_for(address)
        ticket = Ticket(
            id=TicketId(0),
            subject="x",
            mailbox="help@desk.example",
            requester=person,
            created_at=at,
            updated_at=at,
        )
        id = store.add_ticket(replace(ticket, **more))
        move(store, id, Kind.OPENED, at, inside=True)
        first = ClockRow(
            metric="first_reply",
            cycle=1,
            state="achieved",
            target=HOUR,
            elapsed=HOUR,
            remaining=None,
            due=at + HOUR,
            fulfilled_at=at + HOUR,
            breached_at=None,
            started_at=at,
        )
        store.save_clocks(id, [replace(first, **clock)])
    return id


def move(
    store: Store, id: TicketId, kind: Kind, at: datetime, *, inside: bool = False
) -> None:
    event = NewEvent(ticket=id, at=at, recorded_at=at, kind=kind, actor="mailroom")
    if inside:
        store.append([event])
        return
    with store.transaction():
        store.append([event])


def count(store: Store, **changes: Any) -> int:
    ((_, found),) = store.count_cycles(replace(EVERY, **changes), ())
    return found


def test_what_ran_out_since_it_was_folded_is_breached(store: Store) -> None:
    add(store, state="running", fulfilled_at=None, due=MONDAY + 10 * HOUR)
    add(store, state="running", fulfilled_at=None, due=MONDAY + 11 * HOUR)
    add(store, state="paused", fulfilled_at=None, due=None)
    found = dict(store.count_cycles(EVERY, ["verdict"]))
    assert found == {("breached",): 1, ("running",): 1, ("paused",): 1}
    assert count(store, verdicts=("breached", "paused")) == 2


def test_a_period_has_its_beginning_and_not_its_end(store: Store) -> None:
    for hours in (-1, 0, 167, 168):
        add(store, MONDAY + hours * HOUR)
    assert count(store) == 2
    assert count(store, hour=23) == 1
    lines = store.list_cycles(EVERY, 10)
    assert [line.started_at for line in lines] == [MONDAY + 167 * HOUR, MONDAY]
    assert store.list_cycles(EVERY, 1, 1) == lines[1:]


def test_weeks_are_numbered_from_the_first_monday(store: Store) -> None:
    add(store, state="breached", breached_at=MONDAY + 200 * HOUR)
    weeks = (MONDAY - datetime(1970, 1, 5, tzinfo=UTC)).days // 7
    found = store.count_cycles(EVERY, ["week", "hour", "late_week"])
    assert found == [((weeks, 0, weeks + 1), 1)]
    later = MONDAY + 168 * HOUR
    assert count(store, late_since=later, late_until=later + 168 * HOUR) == 1
    assert count(store, late_until=later) == 0


def test_spam_and_merged_tickets_have_no_clocks_here(store: Store) -> None:
    kept = add(store)
    add(store, spam=True)
    add(store, merged_into=kept, status=Status.CLOSED)
    assert count(store) == 1
    assert [tally.cycles for tally in store.tally_cycles(EVERY)] == [1]


def test_groups_are_those_of_the_ticket_now(store: Store) -> None:
    add(store, policy="gold", team="one", tags=("a", "b"))
    add(store, address="joe@y.example", tags=("a",))
    expected: dict[str, dict[Any, int]] = {
        "policy": {"gold": 1, None: 1},
        "team": {"one": 1, None: 1},
        "domain": {"x.example": 1, "y.example": 1},
        "requester": {"jane@x.example": 1, "joe@y.example": 1},
        "agent": {None: 2},
        "tag": {"a": 2, "b": 1},
        "version": {None: 2},
    }
    for by, counts in expected.items():
        found = {tally.key: tally.cycles for tally in store.tally_cycles(EVERY, by)}
        assert found == counts, by
        for key, number in counts.items():
            if by != "requester":
                assert count(store, group=(by, key)) == number, (by, key)
    assert count(store, requesters=("joe@y.example",)) == 1
    assert count(store, requesters=()) == 0


def test_lengths_are_of_what_was_fulfilled(store: Store) -> None:
    for minutes in (10, 15, 16):
        add(store, elapsed=timedelta(minutes=minutes))
    add(store, state="running", fulfilled_at=None, due=None)
    (_, tally) = sorted(store.tally_cycles(EVERY), key=lambda each: each.cycles)
    assert sorted(tally.elapsed) == [600_000, 900_000, 960_000]
    quarter = timedelta(minutes=15)
    assert count(store, fulfilled=True, up_to=quarter) == 2
    assert count(store, fulfilled=True, longer_than=quarter) == 1


def test_what_is_left_out_has_one_reason_each(store: Store) -> None:
    kept = add(store)
    add(store, spam=True)
    add(store, spam=True, merged_into=kept)
    silent = add(store)
    with store.transaction():
        store.save_clocks(silent, [])
    add(store, MONDAY - HOUR, spam=True)
    span = EVERY.since, EVERY.until
    assert store.count_left_out(*span) == {"merged": 1, "spam": 1, "no_policy": 1}
    assert store.list_left_out("no_policy", *span, 10) == [silent]
    assert store.list_left_out("spam", None, None, 1, 1) == [kept + 1]


def test_moves_begin_with_what_the_same_tickets_did_before(store: Store) -> None:
    old, still, new = add(store), add(store), add(store, MONDAY + 5 * HOUR)
    move(store, old, Kind.SOLVE, MONDAY + HOUR)
    move(store, old, Kind.REOPEN, MONDAY + 4 * HOUR)
    move(store, new, Kind.NOTE, MONDAY + 6 * HOUR)
    kinds = [Kind.OPENED, Kind.SOLVE, Kind.REOPEN]
    moves = store.report_moves(kinds, MONDAY + 4 * HOUR)
    assert [(ticket, kind) for ticket, _, kind in moves] == [
        (old, "opened"),
        (old, "solve"),
        (old, "reopen"),
        (new, "opened"),
    ]
    assert store.first_move() == MONDAY
    assert store.unsolved_tickets() == [old, still, new]


@pytest.mark.parametrize("by", ["", *GROUPS])
def test_a_period_is_read_by_its_index(by: str, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "mailroom.db")
    statements: list[str] = []
    store._connection().set_trace_callback(statements.append)
    store.tally_cycles(EVERY, by)
    store.count_cycles(EVERY, COUNTED)
    store.list_cycles(EVERY, 10)
    store._connection().set_trace_callback(None)
    for sql in statements:
        plan = [row[3] for row in store._all(f"EXPLAIN QUERY PLAN {sql}")]
        index = "SEARCH clock USING COVERING INDEX clock_report (started_at>? AND started_at<?)"
        assert index in plan
        scans = [
            step for step in plan if step.startswith("SCAN") and "mark" not in step
        ]
        assert scans == []
    store.close()
