"""The order in which entries are applied."""

from datetime import UTC, datetime, timedelta

from rules.sla import clocks
from rules.timeline import Actor, Entry, Kind, ordered

T0 = datetime(2026, 6, 10, 6, tzinfo=UTC)


def entry(seconds: int, id: int, kind: Kind, actor: Actor = Actor.AGENT) -> Entry:
    return Entry(T0 + timedelta(seconds=seconds), id, kind, actor)


def test_entries_go_by_instant_then_id():
    given = [
        entry(9, 2, Kind.AGENT_REPLY),
        entry(5, 7, Kind.CUSTOMER_MESSAGE),
        entry(5, 6, Kind.TAKEN),
        entry(0, 1, Kind.OPENED),
    ]
    assert [e.id for e in ordered(given)] == [1, 6, 7, 2]


def test_work_of_steps_comes_after_all_events_of_its_instant():
    given = [
        entry(0, 1, Kind.OPENED),
        entry(5, 2, Kind.FIRED, Actor.STEP),
        entry(5, 3, Kind.TERMS, Actor.STEP),
        entry(5, 4, Kind.AGENT_REPLY),
    ]
    assert [e.id for e in ordered(given)] == [1, 4, 2, 3]


def test_opening_comes_first_at_its_instant():
    given = [entry(0, 1, Kind.TERMS), entry(0, 2, Kind.OPENED)]
    assert [e.id for e in ordered(given)] == [2, 1]


def test_what_is_dated_before_the_opening_counts_as_of_it(story, policy):
    told = story(policy(first_reply="2h"))
    early = Entry(told.at(-3), 9, Kind.AGENT_REPLY, Actor.AGENT)
    (clock,) = clocks([*told.entries, early], told.at(1))
    assert clock.fulfilled_at == told.at(0)


def test_nothing_runs_before_an_opening():
    assert clocks([entry(0, 1, Kind.AGENT_REPLY)], T0) == ()
