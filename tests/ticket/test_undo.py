"""Taking back what an agent did last: the fields get back the values they had."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailroom.ticket.case import Case
from mailroom.ticket.lifecycle import opened
from mailroom.ticket.model import Kind, PersonId, Status, TicketId
from mailroom.ticket.undo import Undo, undo_of

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANN, BOB = PersonId(7), PersonId(8)


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
    case.add(Kind.OPENED, AT, actor=PersonId(1), by="customer", requester=1)
    case.add(Kind.SET, AT, by="rule", tags=["gold"], team="tier1")
    return case


def sets(case: Case, hours: int, agent: PersonId = ANN, **changes: Any) -> int:
    at = AT + timedelta(hours=hours)
    return case.add(Kind.SET, at, actor=agent, by="agent", **changes).id


def undone(case: Case, agent: PersonId = ANN) -> Undo | None:
    return undo_of(case.log, case.ticket, str(agent))


def test_nothing_is_left_to_take_back(case: Case) -> None:
    assert undone(case) is None


def test_last_act_alone_is_taken_back(case: Case) -> None:
    sets(case, 1, priority="high")
    last = sets(case, 2, priority="urgent", tags=["vip"], untags=["gold"])
    assert undone(case) == Undo(
        {"priority": "high", "tags": ["gold"], "untags": ["vip"]}, None, (last,)
    )


def test_all_of_one_mail_is_one_act(case: Case) -> None:
    first = sets(case, 1, team="tier2")
    case.move(Status.PENDING, AT + timedelta(hours=1), actor=ANN, by="agent")
    assert undone(case) == Undo({"team": "tier1"}, Status.NEW, (first, case.log[-1].id))


def test_what_others_did_stays(case: Case) -> None:
    mine = sets(case, 1, priority="high")
    sets(case, 2, BOB, team="tier2")
    assert undone(case) == Undo({"priority": "normal"}, None, (mine,))


def test_what_was_taken_back_is_not_taken_back_again(case: Case) -> None:
    first = sets(case, 1, priority="high")
    second = sets(case, 2, priority="urgent")
    case.add(Kind.UNDO, AT + timedelta(hours=3), actor=ANN, events=[second])
    found = undone(case)
    assert found is not None
    assert found.events == (first,)


def test_answered_ticket_is_not_new_again(case: Case) -> None:
    case.add(Kind.AGENT_REPLY, AT, actor=ANN, message=2, author=ANN)
    case.move(Status.SOLVED, AT + timedelta(hours=1), actor=ANN, by="agent")
    found = undone(case)
    assert found is not None
    assert found.status is Status.OPEN


def test_opening_by_an_answer_is_no_act_of_its_own(case: Case) -> None:
    tagged = sets(case, 1, tags=["vip"])
    at = AT + timedelta(hours=2)
    case.add(Kind.AGENT_REPLY, at, actor=ANN, message=2, author=ANN)
    case.move(Status.OPEN, at, actor=ANN, by="agent")
    assert undone(case) == Undo({"untags": ["vip"]}, None, (tagged,))
