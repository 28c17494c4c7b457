"""From a log to what the clocks read: every kind that moves one, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailroom.ticket.edition import Edition, Versions
from mailroom.ticket.model import Event, EventId, Kind, TicketId
from mailroom.ticket.timeline import MOVERS, timeline
from rules.loader import load_texts
from rules.policy import Metric
from rules.timeline import Actor
from rules.timeline import Kind as Fact

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
EDITION = Edition(load_texts({"a.toml": '[policy.gold]\nfirst_reply = "1h"\n'}, AT))
KEYS = {
    "policy": EDITION.policy_keys["gold"],
    "calendar": EDITION.calendar_keys["always"],
    "escalation": None,
}
STEP = {"metric": "first_reply", "cycle": 2, "step": 1, "path": "p", "point": "75%"}


@pytest.fixture
def versions() -> Versions:
    versions = Versions(lambda key: None)
    versions.add(EDITION)
    return versions


def event(kind: Kind, id: int = 5, **data: Any) -> Event:
    at = AT + timedelta(minutes=id)
    return Event(
        id=EventId(id),
        ticket=TicketId(1001),
        at=at,
        recorded_at=at,
        kind=kind,
        actor="7",
        data=data,
    )


@pytest.mark.parametrize(
    ("kind", "data", "fact", "more"),
    [
        (Kind.OPENED, {"by": "customer"}, Fact.OPENED, {"status": "new"}),
        (Kind.OPENED, {"by": "on_behalf"}, Fact.OPENED, {"answered": False}),
        (
            Kind.OPENED,
            {"by": "agent"},
            Fact.OPENED,
            {"status": "open", "answered": True},
        ),
        (Kind.CUSTOMER_REPLY, {}, Fact.CUSTOMER_MESSAGE, {"courtesy": False}),
        (
            Kind.CUSTOMER_REPLY,
            {"courtesy": True},
            Fact.CUSTOMER_MESSAGE,
            {"courtesy": True},
        ),
        (Kind.AGENT_REPLY, {"solves": True}, Fact.AGENT_REPLY, {"solves": True}),
        (
            Kind.STATUS,
            {"status": "pending", "by": "agent"},
            Fact.STATUS,
            {"status": "pending", "actor": Actor.AGENT},
        ),
        (Kind.SOLVE, {}, Fact.STATUS, {"status": "solved", "actor": Actor.MAILROOM}),
        (Kind.CLOSE, {}, Fact.STATUS, {"status": "closed"}),
        (
            Kind.REOPEN,
            {"status": "pending", "by": "customer"},
            Fact.STATUS,
            {"status": "pending", "actor": Actor.CUSTOMER},
        ),
        (Kind.REOPEN, {}, Fact.STATUS, {"status": "open"}),
        (Kind.SPAM, {}, Fact.SPAM, {}),
        (Kind.NOTSPAM, {}, Fact.NOTSPAM, {}),
        (Kind.MERGE, {"into": 1002}, Fact.MERGED, {}),
        (Kind.ACKNOWLEDGE, {}, Fact.ACKNOWLEDGED, {}),
        (Kind.TAKE, {}, Fact.TAKEN, {}),
        (
            Kind.ESCALATION,
            STEP,
            Fact.FIRED,
            {"metric": Metric.FIRST_REPLY, "cycle": 2, "step": 1, "point": "75%"},
        ),
    ],
)
def test_event_becomes_an_entry(
    versions: Versions,
    kind: Kind,
    data: dict[str, Any],
    fact: Fact,
    more: dict[str, Any],
) -> None:
    (entry,) = timeline([event(kind, **data)], versions)
    assert (entry.kind, entry.id, entry.at) == (fact, 5, event(kind).at)
    assert {key: getattr(entry, key) for key in more} == more
    assert kind in MOVERS


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in MOVERS])
def test_all_other_kinds_move_no_clock(versions: Versions, kind: Kind) -> None:
    assert timeline([event(kind)], versions) == ()


def test_terms_are_looked_up_by_hash(versions: Versions) -> None:
    (entry,) = timeline([event(Kind.TERMS, **KEYS)], versions)
    assert entry.terms is not None
    assert entry.terms.policy is EDITION.ruleset.policies["gold"]
    assert entry.terms.policy_key == KEYS["policy"]
    assert entry.terms.path is None


def test_priority_changes_the_terms_in_force(versions: Versions) -> None:
    log = [
        event(Kind.SET, 1, priority="high"),  # before there are terms
        event(Kind.TERMS, 2, **KEYS),
        event(Kind.SET, 3, priority="high"),  # no change
        event(Kind.SET, 4, priority="low", by="agent"),
        event(Kind.SET, 6, team="tier2"),
        event(Kind.SET, 7, priority="urgent", by="escalation"),
    ]
    seen = timeline(log, versions)
    assert [(e.id, e.terms and e.terms.priority, e.actor) for e in seen] == [
        (2, "high", Actor.MAILROOM),
        (4, "low", Actor.MAILROOM),
        (7, "urgent", Actor.STEP),
    ]


def test_version_that_nobody_kept_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        timeline([event(Kind.TERMS, **KEYS)], Versions(lambda key: None))
