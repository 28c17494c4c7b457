"""What time does to a case: steps, breaches, terms, each at its own instant."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.ticket.case import Case
from mailroom.ticket.deadline import Happening, advance
from mailroom.ticket.edition import Edition, Versions
from mailroom.ticket.lifecycle import Trigger, opened
from mailroom.ticket.model import Kind, PersonId, Status, TicketId
from mailroom.ticket.routing import apply, decide
from rules.facts import Facts, SenderFacts
from rules.loader import load_texts

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
RULES = """
[policy.standard]
default = true
first_reply = { urgent = "2h", normal = "4h" }
resolution = "8h"
escalation = "ladder"
[[escalation.ladder]]
at = "50%"
notify = ["assignee"]
[[escalation.ladder]]
at = "breach"
notify = ["team"]
set = { tags = ["late"], assignee = "ann@acme.example" }
"""
EDITION = Edition(load_texts({"a.toml": RULES}, AT))
VERSIONS = Versions(lambda key: None)
VERSIONS.add(EDITION)
Look = Callable[[Case, datetime], None]


def case_at(at: datetime = AT) -> Case:
    ticket = opened(
        id=TicketId(1001),
        subject="Printer",
        mailbox="support@acme.example",
        requester=PersonId(1),
        at=at,
    )
    case = Case(ticket, recorded_at=at)
    case.add(Kind.OPENED, at, actor=PersonId(1), by="customer")
    facts = Facts(sender=SenderFacts(), received=at)
    apply(case, EDITION, decide(case, EDITION, facts, "opened"), at, person)
    return case


def person(address: str) -> PersonId:
    return PersonId(7)


def quiet(case: Case, at: datetime) -> None:
    """The rules have nothing to say."""


def hours(number: float) -> datetime:
    return AT + timedelta(hours=number)


def go(case: Case, until: float, changed: Look = quiet) -> tuple[Happening, ...]:
    case.recorded_at = hours(until)
    return advance(case, VERSIONS, hours(until), person, changed, timedelta(days=7))


def told(case: Case) -> list[tuple[str, float]]:
    """Steps, breaches and moves with their hours, in order."""
    names = {
        Kind.ESCALATION: lambda e: f"{e.data['metric']} {e.data['point']}",
        Kind.BREACH: lambda e: f"{e.data['metric']} is breached",
        Kind.BREACH_WITHDRAWN: lambda e: f"{e.data['metric']} was not",
        Kind.STATUS: lambda e: e.data["status"],
        Kind.CLOSE: lambda e: "closed",
    }
    in_order = sorted(case.log, key=lambda e: (e.at, e.kind is Kind.BREACH, e.id))
    return [
        (names[e.kind](e), (e.at - AT) / timedelta(hours=1))
        for e in in_order
        if e.kind in names
    ]


WHOLE = [
    ("first_reply 50%", 2.0),
    ("first_reply breach", 4.0),
    ("resolution 50%", 4.0),
    ("first_reply is breached", 4.0),
    ("resolution breach", 8.0),
    ("resolution is breached", 8.0),
]


def test_steps_and_breaches_are_recorded_at_their_instants() -> None:
    case = case_at()
    happenings = go(case, 30)
    assert told(case) == WHOLE
    assert [h.planned.name for h in happenings] == [
        "first_reply 50%",
        "first_reply breach",
        "resolution 50%",
        "resolution breach",
    ]
    assert all(h.late for h in happenings)
    assert case.ticket.tags == ("late",)
    assert case.ticket.assignee == 7
    assert go(case, 31) == ()


@given(st.lists(st.floats(0, 30), max_size=6))
def test_it_does_not_matter_when_anybody_looked(looks: list[float]) -> None:
    case = case_at()
    for at in [*sorted(looks), 30]:
        go(case, at)
    assert told(case) == WHOLE


def test_step_that_is_looked_at_in_time_is_not_late() -> None:
    case = case_at()
    (happening,) = go(case, 2)
    assert not happening.late
    assert (happening.at, happening.clock.breached_at) == (hours(2), None)


def test_rules_look_again_after_a_step_has_set_something_and_only_then() -> None:
    case, looks = case_at(), []
    go(case, 30, lambda _, at: looks.append(at))
    assert looks == [hours(4)]  # the second breach has nothing left to set


def test_rules_that_change_the_terms_move_the_later_steps() -> None:
    case = case_at()

    def calm(case: Case, at: datetime) -> None:
        case.add(
            Kind.TERMS,
            at,
            by="escalation",
            name=None,
            policy=None,
            calendar=EDITION.calendar_keys["always"],
            escalation=None,
        )

    go(case, 30, calm)
    assert told(case) == [*WHOLE[:2], WHOLE[3]]


def test_term_of_pending_ends_before_later_steps() -> None:
    case = case_at()
    case.move(Status.PENDING, hours(1), by="agent", until=hours(3))
    go(case, 4)
    assert told(case)[:3] == [("pending", 1.0), ("first_reply 50%", 2.0), ("open", 3.0)]


def test_solved_ticket_closes_after_its_time() -> None:
    case = case_at()
    case.trigger(Trigger.AGENT_SOLVED, hours(1), by="agent")
    go(case, 24 * 7 + 0.9)
    assert case.ticket.status is Status.SOLVED
    go(case, 24 * 7 + 1)
    assert told(case) == [("closed", 24 * 7 + 1.0)]


def test_breach_that_a_late_event_disproves_is_withdrawn() -> None:
    case = case_at()
    go(case, 5)
    case.add(Kind.AGENT_REPLY, hours(3), actor=PersonId(7))
    case.log.sort(key=lambda event: (event.at, event.id))
    go(case, 6)
    names = [name for name, _ in told(case)]
    assert names.count("first_reply is breached") == 1
    assert names.count("first_reply was not") == 1
    go(case, 7)
    assert [name for name, _ in told(case)] == names


def test_ticket_without_a_policy_only_waits() -> None:
    case = case_at()
    case.add(
        Kind.TERMS,
        AT,
        name=None,
        policy=None,
        calendar=EDITION.calendar_keys["always"],
        escalation=None,
    )
    assert go(case, 99) == ()
    assert told(case) == []


@pytest.mark.parametrize("kind", [Kind.SPAM, Kind.MERGE])
def test_silenced_ticket_fires_nothing(kind: Kind) -> None:
    case = case_at()
    case.add(kind, hours(1))
    assert go(case, 99) == ()
