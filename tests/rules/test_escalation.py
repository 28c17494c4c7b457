"""Escalation steps: when each fires, and which never does (fine print 20 to 25)."""

import random
from datetime import UTC, datetime

import pytest

from rules.calendar import ALWAYS, CalendarSpec
from rules.escalation import Outcome, next_instant, plan
from rules.policy import EscalationPath, Step
from rules.sla import clocks
from rules.step import Point
from rules.timeline import Kind

OFFICE = CalendarSpec.parse(
    "office", "UTC", ["Mon-Fri 09:00-12:00", "Mon-Fri 13:00-17:00"]
).resolve_years(2025, 2028)


def test_steps_fire_at_their_points_in_order(story, policy, path):
    told = story(
        policy(first_reply="4h"), path=path("breach", "1h before breach", "50%")
    )
    assert told.fired_at(3) == [
        ("first_reply 50%", 2),
        ("first_reply 1h before breach", 3),
    ]
    assert told.escalations(4)[-1] == "first_reply breach"


def test_story_of_nobody_answering(story, policy, path, step):
    ladder = path(
        step("1h before breach", metrics=["first_reply"]),
        step("breach", priority="high"),
        step("breach + 30m", metrics=["first_reply"], unless_acknowledged=True),
    )
    targets = {"urgent": "8h", "high": "16h", "normal": "40h", "low": "80h"}
    told = story(policy(first_reply="4h", resolution=targets), path=ladder)
    assert told.escalations(4) == ["first_reply 1h before breach", "first_reply breach"]
    assert told.due(4, "resolution") == 16
    assert told.escalations(4.5)[2:] == ["first_reply breach + 30m"]


def test_24_acknowledged_step_is_skipped(story, policy, path, step):
    ladder = path("breach", step("breach + 30m", unless_acknowledged=True))
    for kind in (Kind.ACKNOWLEDGED, Kind.TAKEN):
        told = story(policy(first_reply="4h"), path=ladder)
        told.happen(4.1, kind)
        assert told.escalations(9) == ["first_reply breach"]
        assert told.plan(9)[1].outcome is Outcome.SKIPPED


def test_24_acknowledgement_before_the_first_step_does_not_count(
    story, policy, path, step
):
    ladder = path("breach", step("breach + 30m", unless_acknowledged=True))
    told = story(policy(first_reply="4h"), path=ladder)
    told.happen(3, Kind.ACKNOWLEDGED)
    assert len(told.escalations(9)) == 2
    alone = story(
        policy(first_reply="4h"), path=path(step("breach", unless_acknowledged=True))
    )
    alone.happen(3, Kind.ACKNOWLEDGED)
    assert len(alone.escalations(9)) == 1


def test_24_an_answer_acknowledges_other_clocks(story, policy, path, step):
    ladder = path("50%", step("breach", unless_acknowledged=True))
    told = story(policy(resolution="4h"), path=ladder)
    told.reply(3)
    assert told.escalations(9) == ["resolution 50%"]


def test_21_step_of_a_clock_fulfilled_at_its_instant_never_fires(story, policy, path):
    told = story(policy(first_reply="4h"), path=path("50%", "breach"))
    told.reply(2)
    assert told.escalations(9) == []
    assert {s.outcome for s in told.plan(9)} == {Outcome.NEVER}


def test_21_points_passed_by_a_change_fire_at_the_change(story, policy, path):
    told = story(
        policy(first_reply={"normal": "10h", "high": "4h"}),
        path=path("75%", "50%", "breach"),
    )
    told.change(3.5, priority="high")
    assert told.fired_at(3.5) == [("first_reply 50%", 3.5), ("first_reply 75%", 3.5)]


def test_21_fired_steps_are_not_repeated_in_the_cycle(story, policy, path):
    told = story(policy(first_reply={"normal": "4h", "low": "40h"}), path=path("50%"))
    told.sweep(told.at(2))
    told.change(3, priority="low")
    assert told.escalations(39) == ["first_reply 50%"]


def test_each_cycle_fires_its_steps(story, policy, path):
    told = story(policy(next_reply="1h"), path=path("breach"))
    told.reply(1)
    told.customer(2)
    told.reply(4)
    told.customer(5)
    assert told.fired_at(9) == [("next_reply breach", 3), ("next_reply breach", 6)]


def test_restart_is_a_cycle_of_its_own(story, policy, path):
    told = story(
        policy(first_reply={"normal": "4h", "high": "2h"}, on_change="restart"),
        path=path("50%"),
    )
    told.change(3, priority="high")
    assert told.fired_at(9) == [("first_reply 50%", 2), ("first_reply 50%", 4)]


def test_paused_clock_does_not_reach_a_step(story, policy, path):
    told = story(policy(resolution="4h"), path=path("50%", "breach + 1h"))
    told.status(1, "pending")
    assert told.plan(5)[0].at is None
    told.status(5, "open")
    assert told.fired_at(6) == [("resolution 50%", 6)]
    told.sweep(told.at(8))
    told.status(8.5, "pending")  # breached at 8; half of the hour is over
    told.status(10, "open")
    assert told.fired_at(20)[-1] == ("resolution breach + 1h", 10.5)


def test_point_reached_at_the_instant_of_a_pause_waits_for_the_resumption(
    story, policy, path
):
    told = story(policy(resolution="4h"), path=path("50%"))
    told.status(2, "pending")
    assert told.escalations(7) == []
    told.status(8, "open")
    assert told.fired_at(9) == [("resolution 50%", 8)]


def test_20_at_one_instant_the_order_is_that_of_the_metrics(story, policy, path):
    told = story(
        policy(total_resolution="4h", first_reply="4h", resolution="4h"),
        path=path("breach"),
    )
    assert told.escalations(4) == [
        "first_reply breach",
        "resolution breach",
        "total_resolution breach",
    ]


def test_20_equal_points_fire_in_order_of_the_file(story, policy, path):
    told = story(policy(first_reply="4h"), path=path("75%", "1h before breach"))
    assert told.escalations(3) == [
        "first_reply 75%",
        "first_reply 1h before breach",
    ]


def test_20_steps_come_after_all_events_of_the_instant(story, policy, path):
    told = story(policy(first_reply={"normal": "4h", "low": "8h"}), path=path("breach"))
    told.change(4, priority="low")
    assert told.escalations(4) == []
    assert told.fired_at(8) == [("first_reply breach", 8)]


def test_22_lead_longer_than_the_target_fires_at_the_start(story, policy, path):
    told = story(policy(first_reply="1h"), path=path("2h before breach"))
    assert told.fired_at(0) == [("first_reply 2h before breach", 0)]


def test_23_start_outside_hours_reaches_zero_at_the_next_opening(story, policy, path):
    told = story(
        policy(first_reply="1h"),
        calendar=OFFICE,  # opens at 09:00, three hours on
        path=path("0%", "2h before breach"),
    )
    assert told.fired_at(2.9) == []
    assert [at for _, at in told.fired_at(3)] == [3, 3]


def test_23_percentages_round_up_to_the_second(story, policy, path):
    told = story(policy(first_reply="10s"), path=path("33%"))
    (step,) = told.plan(0)
    assert (step.at - told.at(0)).total_seconds() == 4


def test_percentage_above_100_counts_from_the_breach(story, policy, path):
    told = story(policy(resolution="4h"), path=path("150%"))
    assert told.fired_at(7) == [("resolution 150%", 6)]


def test_points_are_counted_in_working_time(story, policy, path):
    told = story(
        policy(first_reply="4h"),
        calendar=OFFICE,
        path=path("50%", "breach", "breach + 4h"),
        start=datetime(2026, 6, 10, 11, tzinfo=UTC),
    )
    assert [at for _, at in told.fired_at(30)] == [3, 5, 25]


def test_days_before_and_after_a_breach(story, policy, path):
    told = story(
        policy(resolution="3 days"),
        calendar=OFFICE,
        path=path("1 day before breach", "breach + 1 day"),
        start=datetime(2026, 6, 8, 10, tzinfo=UTC),  # Monday
    )
    assert [at for _, at in told.fired_at(200)] == [48, 96]


def test_25_set_retargets_the_other_clocks_at_that_instant(story, policy, path, step):
    told = story(
        policy(first_reply="4h", resolution={"normal": "40h", "high": "2h"}),
        path=path(step("breach", priority="high")),
    )
    assert told.fired_at(4) == [("first_reply breach", 4), ("resolution breach", 4)]
    clock = told.clock(4, "resolution")
    assert clock.breached_at == clock.due == told.at(4)


def test_25_step_keeps_the_terms_of_its_own_breach(story, policy, path, step):
    told = story(
        policy(first_reply={"normal": "4h", "high": "1h", "low": "9h"}),
        path=path(step("breach", priority="low")),
    )
    clock = told.clock(5, "first_reply")
    assert (clock.breached_at, str(clock.target)) == (told.at(4), "4h")


def test_reply_recorded_late_at_the_due_instant_disproves_the_breach(
    story, policy, path
):
    told = story(policy(first_reply="4h"), path=path("breach"))
    told.sweep(told.at(4))
    told.reply(4)
    assert told.state(5, "first_reply") == "achieved"


def test_18_spam_silences_steps_for_good(story, policy, path):
    told = story(policy(first_reply="8h"), path=path("25%", "50%", "75%", "breach"))
    told.happen(3, Kind.SPAM)
    assert told.escalations(5) == ["first_reply 25%"]
    told.happen(5, Kind.NOTSPAM)
    assert told.fired_at(9) == [
        ("first_reply 25%", 2),
        ("first_reply 75%", 6),
        ("first_reply breach", 8),
    ]


def test_18_path_that_comes_to_a_spam_ticket_fires_nothing(story, policy, path):
    told = story(policy(first_reply="8h"))
    told.happen(7, Kind.SPAM)
    told.change(9, policy=policy(first_reply="4h"), path=path("50%", "breach"))
    assert told.escalations(99) == []
    assert told.next(99) is None


def test_merged_ticket_is_silent(story, policy, path):
    told = story(policy(first_reply="4h"), path=path("breach", "breach + 1h"))
    told.sweep(told.at(4))
    told.happen(4.5, Kind.MERGED)
    assert told.escalations(90) == ["first_reply breach"]
    assert told.next(90) is None


def test_solved_ticket_holds_the_steps_of_an_unanswered_breach(story, policy, path):
    told = story(policy(first_reply="4h"), path=path("breach + 2h"))
    told.status(5, "solved")
    assert told.escalations(20) == []
    told.customer(21)
    assert told.fired_at(30) == [("first_reply breach + 2h", 22)]


def test_16_resumed_cycle_keeps_its_fired_steps(story, policy, path):
    told = story(policy(resolution="4h"), path=path("50%", "75%"))
    told.status(2.5, "solved")
    told.customer(10)
    assert told.fired_at(20) == [("resolution 50%", 2), ("resolution 75%", 10.5)]


def test_passed_steps_fire_after_an_outage_with_their_own_instants(story, policy, path):
    told = story(policy(first_reply="4h"), path=path("50%", "breach"))
    assert told.fired_at(500) == [("first_reply 50%", 2), ("first_reply breach", 4)]


def test_path_that_comes_later_fires_its_passed_points_then(story, policy, path):
    told = story(policy(first_reply="4h"))
    told.change(3, path=path("50%", "breach"))
    assert told.fired_at(4) == [("first_reply 50%", 3), ("first_reply breach", 4)]


def test_edited_path_does_not_repeat_a_fired_step(story, policy, path):
    told = story(policy(first_reply="4h"), path=path("50%", "breach"))
    told.sweep(told.at(2))
    told.change(2.5, path=path("25%", "50%", "breach"))
    assert told.escalations(3) == ["first_reply 50%", "first_reply 25%"]


def test_step_of_other_metrics_is_not_planned(story, policy, path, step):
    told = story(
        policy(first_reply="4h", resolution="4h"),
        path=path(step("breach", metrics=["resolution"])),
    )
    assert told.escalations(5) == ["resolution breach"]


def test_next_instant_is_the_next_step_or_breach(story, policy, path):
    told = story(policy(first_reply="4h", resolution="9h"), path=path("50%"))
    assert [told.next(h) for h in (0, 2, 4, 4.5, 9)] == [2, 4, 4.5, 9, None]


def test_late_step_of_earlier_terms_keeps_its_instant(story, policy, path):
    told = story(policy(first_reply={"normal": "4h", "low": "40h"}), path=path("50%"))
    told.terms_now = told.terms_now  # nobody swept before the change
    low = told.terms_now.__class__(
        policy=told.terms_now.policy,
        calendar=told.terms_now.calendar,
        path=told.terms_now.path,
        priority="low",
    )
    told._add(3, Kind.TERMS, terms=low)
    told.terms_now = low
    assert told.fired_at(3) == [("first_reply 50%", 2)]


def test_no_path_plans_nothing(story, policy):
    assert story(policy(first_reply="4h")).plan(9) == ()


@pytest.mark.parametrize("at", ["75%", "breach", "30m before breach", "breach + 2h"])
def test_planned_step_is_named_as_rule_tests_write_it(story, policy, at):
    ladder = EscalationPath(name="x", steps=(Step(at=Point.parse(at)),))
    told = story(policy(first_reply="4h"), path=ladder)
    assert told.plan(0)[0].name == f"first_reply {at}"


# Random stories


def _tale(story, policy, path, step, seed, restless):
    """A story; `restless` sweeps at odd moments too, which must change nothing."""
    dice, moments = random.Random(seed), random.Random(-seed)
    ladder = path(
        "50%",
        "1h before breach",
        step("breach", priority="high"),
        step("breach + 90m", unless_acknowledged=True),
    )
    told = story(
        policy(
            first_reply={"normal": "7h", "high": "2h"},
            next_reply="3h",
            update={"normal": "1 day", "high": "4h"},
            resolution={"normal": "9h", "high": "5h", "low": "2 days"},
            on_change=dice.choice(["keep_elapsed", "restart", "stricter_only"]),
        ),
        calendar=dice.choice([ALWAYS, OFFICE]),
        path=ladder,
    )
    at = 0.0
    for _ in range(dice.randint(1, 12)):
        gap = dice.choice([0, 0.25, 1, 1.5, 6, 30])
        if restless and gap:
            told.sweep(told.at(at + gap * moments.random() * 0.99))
        at += gap
        act = dice.choice(["reply", "customer", "status", "status", "change", "ack"])
        if act == "reply":
            told.reply(at, solves=dice.random() < 0.2)
        elif act == "customer":
            told.customer(at)
        elif act == "status":
            told.status(at, dice.choice(["open", "pending", "on_hold", "solved"]))
        elif act == "ack":
            told.happen(at, Kind.ACKNOWLEDGED)
        else:
            told.change(at, priority=dice.choice(["normal", "high", "low"]))
    told.sweep(told.at(at + 60))
    return told, at


def _firings(told):
    return [(s.metric, s.cycle, s.index, s.at) for s in told.fired]


def test_when_the_sweep_runs_changes_nothing(story, policy, path, step):
    for seed in range(200):
        calm, end = _tale(story, policy, path, step, seed, restless=False)
        restless, _ = _tale(story, policy, path, step, seed, restless=True)
        assert _firings(calm) == _firings(restless)
        now = calm.at(end + 60)
        assert clocks(calm.entries, now) == clocks(restless.entries, now)


def test_each_step_fires_at_most_once_a_cycle_and_in_order_of_time(
    story, policy, path, step
):
    fired = 0
    for seed in range(200):
        told, _ = _tale(story, policy, path, step, seed, restless=False)
        firings = _firings(told)
        keys = [firing[:3] for firing in firings]
        assert len(set(keys)) == len(keys)
        assert [f[3] for f in firings] == sorted(f[3] for f in firings)
        fired += len(keys)
    assert fired > 500


def test_next_instant_misses_no_step(story, policy, path, step):
    """Waking only at the instants foretold fires all that a later look would fire."""
    for seed in range(100):
        told, end = _tale(story, policy, path, step, seed, restless=False)
        lone = story(None)
        lone.entries = [e for e in told.entries if e.at <= told.at(end)]
        lone.terms_now = [e for e in lone.entries if e.terms][-1].terms
        wake = told.at(end)
        while wake is not None and wake <= told.at(end + 60):
            lone.sweep(wake)
            seen = clocks(lone.entries, wake)
            ahead = plan(lone.terms_now.path, seen, lone.entries)
            wake = next_instant(seen, ahead, wake)
        later = [f for f in _firings(told) if f[3] > told.at(end)]
        assert [f for f in _firings(lone) if f[3] > told.at(end)] == later


def test_point_ahead_is_where_the_clock_will_stand(story, policy, path, step):
    ahead = 0
    for seed in range(150):
        told, end = _tale(story, policy, path, step, seed, restless=False)
        now = told.at(end)
        entries = [e for e in told.entries if e.at <= now]
        seen = clocks(entries, now)
        for planned in plan(told.terms_now.path, seen, entries):
            waits = planned.outcome is Outcome.PENDING and planned.at is not None
            if not waits or planned.at <= now or "breach +" in planned.point:
                continue
            ahead += 1
            then = {(c.metric, c.cycle): c for c in clocks(entries, planned.at)}
            clock = then[planned.metric, planned.cycle]
            assert clock.elapsed == planned.position
            if planned.point == "breach":
                assert clock.breached_at == planned.at
    assert ahead > 100
