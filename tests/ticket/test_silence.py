"""A customer who does not answer is reminded once a wait, then the ticket is solved."""

from datetime import UTC, datetime, timedelta

import pytest

from mailroom.ticket.case import Case
from mailroom.ticket.lifecycle import opened
from mailroom.ticket.model import Kind, PersonId, Status, TicketId
from mailroom.ticket.silence import REMINDER, Next, Silence, next_of

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
REMIND, SOLVE = timedelta(days=3), timedelta(days=10)


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


def test_only_a_pending_ticket_waits_for_its_customer(case: Case) -> None:
    assert next_of(case, REMIND, SOLVE) is None
    case.move(Status.PENDING, AT, by="agent")
    assert next_of(case, REMIND, SOLVE) == Next(Silence.REMIND, AT + REMIND)
    case.move(Status.OPEN, AT, by="customer")
    assert next_of(case, REMIND, SOLVE) is None


def test_one_reminder_a_wait_then_solving(case: Case) -> None:
    case.move(Status.PENDING, AT, by="agent")
    case.add(Kind.MAIL, AT + REMIND, letter=REMINDER)
    assert next_of(case, REMIND, SOLVE) == Next(Silence.SOLVE, AT + SOLVE)
    assert next_of(case, REMIND, None) is None
    later = AT + timedelta(days=5)
    case.move(Status.OPEN, later, by="customer")
    case.move(Status.PENDING, later, by="agent")
    assert next_of(case, REMIND, SOLVE) == Next(Silence.REMIND, later + REMIND)


def test_term_of_its_own_is_left_alone(case: Case) -> None:
    case.move(Status.PENDING, AT, by="agent", until=AT + timedelta(days=1))
    assert next_of(case, REMIND, SOLVE) is None


def test_switched_off_does_nothing(case: Case) -> None:
    case.move(Status.PENDING, AT, by="agent")
    assert next_of(case, None, None) is None
    assert next_of(case, None, SOLVE) == Next(Silence.SOLVE, AT + SOLVE)
    assert next_of(case, SOLVE, REMIND) == Next(Silence.SOLVE, AT + REMIND)


def test_reminder_that_was_late_leaves_the_customer_his_time(case: Case) -> None:
    case.move(Status.PENDING, AT, by="agent")
    late = timedelta(days=8)
    case.add(Kind.MAIL, AT + REMIND + late, letter=REMINDER)
    assert next_of(case, REMIND, SOLVE) == Next(Silence.SOLVE, AT + SOLVE + late)


def test_reminder_that_was_late_by_moments_changes_nothing(case: Case) -> None:
    case.move(Status.PENDING, AT, by="agent")
    case.add(Kind.MAIL, AT + REMIND + timedelta(minutes=5), letter=REMINDER)
    assert next_of(case, REMIND, SOLVE) == Next(Silence.SOLVE, AT + SOLVE)


def test_another_answer_of_the_agent_begins_the_wait_anew(case: Case) -> None:
    case.move(Status.PENDING, AT, by="agent")
    case.add(Kind.MAIL, AT + REMIND, letter=REMINDER)
    again = AT + timedelta(days=5)
    case.add(Kind.AGENT_REPLY, again, author=2)
    assert next_of(case, REMIND, SOLVE) == Next(Silence.REMIND, again + REMIND)
