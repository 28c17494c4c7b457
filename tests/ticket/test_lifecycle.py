"""How a ticket moves: the table, and the fold of its events."""

import itertools
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.ticket.lifecycle import (
    TRANSITIONS,
    Trigger,
    advance,
    apply,
    opened,
    replay,
    status_kind,
)
from mailroom.ticket.model import (
    Event,
    EventId,
    Kind,
    PersonId,
    Status,
    Ticket,
    TicketId,
)

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def blank() -> Ticket:
    return opened(
        id=TicketId(1001),
        subject="Printer",
        mailbox="support@acme.example",
        requester=PersonId(1),
        at=AT,
    )


def event(kind: Kind, hours: float = 0, **data: Any) -> Event:
    at = AT + timedelta(hours=hours)
    return Event(
        id=EventId(int(hours * 10) + 1),
        ticket=TicketId(1001),
        at=at,
        recorded_at=at,
        kind=kind,
        actor="7",
        data=data,
    )


def after(*events: Event) -> Ticket:
    return replay(blank(), [event(Kind.OPENED, by="customer"), *events])


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not re.fullmatch("-+", row[0])]


def test_the_page_prints_the_table_of_the_code() -> None:
    header, *rows = _rows(PAGE.read_text())
    assert header == ["status", *[trigger.value for trigger in Trigger]]
    printed = {
        (Status(row[0].strip("`")), trigger): cell.strip("`")
        for row in rows
        for trigger, cell in zip(Trigger, row[1:], strict=True)
        if cell
    }
    assert printed == {pair: status.value for pair, status in TRANSITIONS.items()}
    assert [row[0].strip("`") for row in rows] == [status.value for status in Status]


@pytest.mark.parametrize(
    ("status", "trigger"), list(itertools.product(Status, Trigger))
)
def test_a_pair_that_is_not_in_the_table_moves_nothing(
    status: Status, trigger: Trigger
) -> None:
    expected = TRANSITIONS.get((status, trigger), status)
    assert advance(status, trigger) is expected


@pytest.mark.parametrize("trigger", Trigger)
def test_closed_is_final(trigger: Trigger) -> None:
    assert advance(Status.CLOSED, trigger) is Status.CLOSED


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ("open", "solved", Kind.SOLVE),
        ("solved", "closed", Kind.CLOSE),
        ("solved", "open", Kind.REOPEN),
        ("solved", "pending", Kind.REOPEN),
        ("new", "open", Kind.STATUS),
        ("open", "pending", Kind.STATUS),
    ],
)
def test_a_move_is_recorded_by_its_own_kind(before: str, now: str, kind: Kind) -> None:
    assert status_kind(Status(before), Status(now)) is kind


@pytest.mark.parametrize("status", ["open", "pending", "on_hold", "new"])
def test_reopened_ticket_has_the_status_that_it_was_reopened_to(status: str) -> None:
    solved = event(Kind.SOLVE, 1, status="solved")
    ticket = after(solved, event(Kind.REOPEN, 2, status=status))
    assert (ticket.status, ticket.solved_at) == (Status(status), None)


def test_ticket_that_an_agent_wrote_first_is_answered_and_open() -> None:
    ticket = apply(blank(), event(Kind.OPENED, by="agent"))
    assert (ticket.status, ticket.answered) == (Status.OPEN, True)


def test_solving_and_closing_keep_when_it_was_solved() -> None:
    ticket = after(event(Kind.SOLVE, 1, status="solved"), event(Kind.CLOSE, 9))
    assert ticket.status is Status.CLOSED
    assert ticket.solved_at == AT + timedelta(hours=1)
    again = after(event(Kind.SOLVE, 1), event(Kind.REOPEN, 2))
    assert (again.status, again.solved_at) == (Status.OPEN, None)


def test_term_of_pending_ends_with_the_status() -> None:
    until = AT + timedelta(days=3)
    waiting = event(Kind.STATUS, 1, status="pending", until=until.isoformat())
    assert after(waiting).pending_until == until
    assert after(waiting, event(Kind.STATUS, 2, status="open")).pending_until is None


def test_tags_are_added_once_and_taken_away() -> None:
    ticket = after(
        event(Kind.SET, 1, tags=["a", "b"]), event(Kind.SET, 2, tags=["b", "c"])
    )
    assert ticket.tags == ("a", "b", "c")
    assert apply(ticket, event(Kind.SET, 3, untags=["b", "x"])).tags == ("a", "c")


@pytest.mark.parametrize(
    ("by", "sticky"), [("agent", True), ("escalation", True), ("rule", False)]
)
def test_what_an_agent_or_a_step_sets_is_kept_from_the_rules(
    by: str, sticky: bool
) -> None:
    ticket = after(event(Kind.SET, 1, by=by, priority="high", tags=["a"]))
    assert ticket.priority == "high"
    assert ticket.sticky == (frozenset({"priority"}) if sticky else frozenset())


def test_terms_are_what_is_in_force() -> None:
    keys = {"policy": "p1", "calendar": "c1", "escalation": None}
    ticket = after(event(Kind.TERMS, 1, name="gold", sticks=["policy"], **keys))
    assert (ticket.policy, ticket.policy_key, ticket.calendar_key) == (
        "gold",
        "p1",
        "c1",
    )
    assert ticket.escalation_key is None
    assert ticket.sticky == {"policy"}


def test_merged_ticket_is_closed_and_names_the_other() -> None:
    ticket = after(event(Kind.MERGE, 1, into=1002))
    assert (ticket.status, ticket.merged_into) == (Status.CLOSED, 1002)


def test_spam_is_taken_back() -> None:
    assert after(event(Kind.SPAM, 1)).spam
    assert not after(event(Kind.SPAM, 1), event(Kind.NOTSPAM, 2)).spam


@pytest.mark.parametrize("kind", [Kind.NOTE, Kind.MAIL, Kind.BREACH, Kind.DECISION])
def test_kinds_that_only_record_change_no_field_but_the_time(kind: Kind) -> None:
    before = after()
    ticket = apply(before, event(kind, 5))
    assert ticket.updated_at == AT + timedelta(hours=5)
    assert {
        name
        for name in Ticket.__dataclass_fields__
        if getattr(ticket, name) != getattr(before, name)
    } == {"updated_at"}


CHANGES = st.one_of(
    st.builds(
        lambda s, h: event(status_kind(Status.NEW, Status(s)), h, status=s),
        st.sampled_from(["open", "pending", "on_hold", "solved"]),
        st.integers(1, 99),
    ),
    st.builds(
        lambda p, h: event(Kind.SET, h, priority=p, by="agent"),
        st.sampled_from(["low", "high"]),
        st.integers(1, 99),
    ),
    st.builds(lambda h: event(Kind.AGENT_REPLY, h), st.integers(1, 99)),
    st.builds(lambda h: event(Kind.SPAM, h), st.integers(1, 99)),
)


@given(st.lists(CHANGES, max_size=12), st.integers(0, 12))
def test_a_prefix_replayed_and_then_the_rest_is_the_whole(
    events: list[Event], cut: int
) -> None:
    whole = after(*events)
    prefix = after(*events[:cut])
    assert replay(prefix, events[cut:]) == whole
    assert whole.updated_at == max([AT, *[e.at for e in events]])
