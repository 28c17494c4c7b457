"""A case: a ticket, its log, and what is about to be added."""

from datetime import UTC, datetime, timedelta

import pytest

from mailroom.ticket.case import Case
from mailroom.ticket.lifecycle import Trigger, opened
from mailroom.ticket.model import MAILROOM, Kind, PersonId, Status, TicketId

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def case() -> Case:
    ticket = opened(
        id=TicketId(1001),
        subject="Printer",
        mailbox="support@acme.example",
        requester=PersonId(1),
        at=AT,
    )
    case = Case(ticket, recorded_at=AT)
    case.add(Kind.OPENED, AT, actor=PersonId(1), by="customer")
    return case


def test_added_events_are_in_the_log_and_wait_to_be_kept(case: Case) -> None:
    event = case.add(Kind.SET, AT, actor=PersonId(2), priority="high", by="agent")
    assert case.log[-1] == event
    assert [e.kind for e in case.fresh] == [Kind.OPENED, Kind.SET]
    assert (event.actor, event.data) == ("2", {"priority": "high", "by": "agent"})
    assert case.ticket.priority == "high"


def test_ids_go_on_from_the_log(case: Case) -> None:
    again = Case(case.ticket, case.log, recorded_at=AT)
    assert again.fresh == []
    assert again.add(Kind.NOTE, AT).id == case.log[-1].id + 1
    assert again.fresh[0].actor == MAILROOM


def test_move_to_the_same_status_is_no_event(case: Case) -> None:
    assert not case.move(Status.NEW, AT)
    assert case.move(Status.PENDING, AT, actor=PersonId(2), by="agent")
    assert not case.move(Status.PENDING, AT)
    assert case.log[-1].data == {"status": "pending", "by": "agent"}
    assert len(case.log) == 2


def test_another_term_of_the_same_status_is_an_event(case: Case) -> None:
    case.move(Status.PENDING, AT, until=AT + timedelta(days=1))
    assert case.move(Status.PENDING, AT, until=AT + timedelta(days=2))
    assert case.ticket.pending_until == AT + timedelta(days=2)


def test_trigger_moves_by_the_table_and_says_whether_it_did(case: Case) -> None:
    assert not case.trigger(Trigger.CUSTOMER_WROTE, AT)
    assert case.trigger(Trigger.AGENT_SOLVED, AT, by="agent")
    assert case.log[-1].kind is Kind.SOLVE
    assert case.trigger(Trigger.CUSTOMER_WROTE, AT, by="customer")
    assert case.log[-1].kind is Kind.REOPEN
    assert [e.kind for e in case.events(Kind.SOLVE)] == [Kind.SOLVE]
