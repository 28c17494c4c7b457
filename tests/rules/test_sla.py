"""The five clocks: the table, and the fine print sentence by sentence."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from rules.calendar import CalendarSpec
from rules.ledger import State
from rules.sla import Fold, clocks, latest
from rules.timeline import Entry, Kind, ordered

OFFICE = CalendarSpec.parse(
    "office",
    "Europe/Berlin",
    ["Mon-Thu 09:00-12:30", "Mon-Thu 13:15-17:30", "Fri 09:00-15:00"],
).resolve_years(2025, 2028)
NIGHT = CalendarSpec.parse("night", "UTC", ["daily 20:00-04:00"]).resolve_years(
    2025, 2028
)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


# The table


def test_first_reply_runs_from_opening_to_first_public_reply(story, policy):
    told = story(policy(first_reply="3h"))
    assert told.due(1, "first_reply") == 3
    told.reply(2)
    clock = told.clock(5, "first_reply")
    assert clock.state is State.ACHIEVED
    assert clock.fulfilled_at == told.at(2)
    assert clock.elapsed == hours(2)
    assert clock.remaining == hours(1)


def test_ticket_opened_by_writing_to_customer_has_no_first_reply(story, policy):
    told = story(policy(first_reply="3h", next_reply="1h", update="9h"), answered=True)
    assert told.state(1, "first_reply") == "none"
    assert told.state(1, "update") == "running"
    told.customer(2)
    assert told.due(2, "next_reply") == 3


def test_next_reply_needs_an_earlier_agent_reply(story, policy):
    told = story(policy(next_reply="90m"))
    told.customer(1)
    assert told.state(1, "next_reply") == "none"
    told.reply(2)
    assert told.state(2, "next_reply") == "none"
    told.customer(3)
    told.customer(4)
    assert told.due(4, "next_reply") == 4.5  # the oldest unanswered one counts


def test_next_reply_is_fulfilled_by_solving(story, policy):
    told = story(policy(next_reply="90m"))
    told.reply(1)
    told.customer(2)
    told.status(3, "solved")
    assert told.state(3, "next_reply") == "achieved"


def test_each_reply_starts_an_update_cycle_and_solving_cancels_it(story, policy):
    told = story(policy(update="24h"))
    told.reply(1)
    told.reply(5)
    assert told.clock(5, "update").cycle == 2
    assert told.due(5, "update") == 29
    assert [c.state for c in told.all(5)] == [State.ACHIEVED, State.RUNNING]
    told.status(6, "solved")
    assert told.state(6, "update") == "cancelled"


def test_both_resolutions_end_with_solving(story, policy):
    told = story(policy(resolution="10h", total_resolution="5h"))
    told.status(1, "pending")
    told.status(4, "open")
    told.status(6, "solved")
    assert told.clock(6, "resolution").elapsed == hours(3)
    late = told.clock(6, "total_resolution")
    assert (late.state, late.breached_at) == (State.BREACHED, told.at(5))
    assert late.fulfilled_at == told.at(6)


def test_paused_clock_has_no_due_time_only_what_remains(story, policy):
    told = story(policy(resolution="10h"))
    told.status(4, "pending")
    clock = told.clock(9, "resolution")
    assert (clock.state, clock.due) == (State.PAUSED, None)
    assert (clock.elapsed, clock.remaining) == (hours(4), hours(6))
    told.status(9, "open")
    assert told.due(9, "resolution") == 15


def test_fulfilled_exactly_at_due_is_in_time(story, policy):
    told = story(policy(first_reply="3h"))
    assert told.state(3, "first_reply") == "breached"
    told.reply(3)
    assert told.state(3, "first_reply") == "achieved"


def test_breach_is_the_due_instant_never_the_time_of_detection(story, policy):
    told = story(policy(first_reply="3h"))
    clock = told.clock(50, "first_reply")
    assert (clock.breached_at, clock.due) == (told.at(3), told.at(3))
    assert clock.elapsed == hours(50)
    assert clock.remaining == hours(0)


def test_reopening_resumes_without_the_time_while_solved(story, policy):
    told = story(policy(first_reply="5h", resolution="10h", total_resolution="20h"))
    told.status(4, "solved")
    assert told.state(4, "first_reply") == "cancelled"
    told.customer(24)
    for metric, due in (
        ("first_reply", 25),
        ("resolution", 30),
        ("total_resolution", 40),
    ):
        clock = told.clock(24, metric)
        assert (clock.state, clock.cycle) == (State.RUNNING, 1)
        assert (clock.elapsed, told.hours(clock.due)) == (hours(4), due)


def test_reopening_may_start_a_new_cycle(story, policy):
    told = story(policy(resolution="10h", total_resolution="20h", reopen="new_cycle"))
    told.status(4, "solved")
    told.customer(24)
    for metric, due in ("resolution", 34), ("total_resolution", 44):
        assert told.clock(24, metric).cycle == 2
        assert told.due(24, metric) == due
    assert [c.state for c in told.all(24) if c.cycle == 1] == [State.ACHIEVED] * 2


def test_policy_given_late_counts_from_the_original_start(story, policy):
    told = story(None)
    told.status(2, "pending")
    told.status(5, "open")
    assert told.all(6) == ()
    told.change(6, policy=policy(first_reply="5h", resolution="5h"))
    first = told.clock(6, "first_reply")
    assert (first.state, first.breached_at, first.due) == (
        State.BREACHED,
        told.at(6),
        told.at(6),
    )
    assert told.clock(6, "resolution").elapsed == hours(3)
    assert told.due(6, "resolution") == 8


def test_keep_elapsed_replaces_the_target_and_what_has_run_counts(story, policy):
    steps = {"urgent": "30m", "high": "1h", "normal": "5h", "low": "9h"}
    told = story(policy(first_reply=steps))
    told.change(0.5, priority="high")
    assert told.due(0.5, "first_reply") == 1
    told.change(0.75, priority="urgent")
    clock = told.clock(0.75, "first_reply")
    assert clock.breached_at == clock.due == told.at(0.75)
    assert clock.priority == "urgent"


def test_restart_begins_a_new_cycle_from_the_change(story, policy):
    told = story(
        policy(first_reply={"normal": "5h", "high": "1h"}, on_change="restart")
    )
    told.change(2, priority="high")
    clock = told.clock(2, "first_reply")
    assert (clock.cycle, clock.elapsed, clock.due) == (2, hours(0), told.at(3))
    assert told.all(2)[0].state is State.CANCELLED


def test_stricter_only_is_never_later_than_promised(story, policy):
    steps = {"high": "1h", "normal": "5h", "low": "9h"}
    told = story(policy(first_reply=steps, on_change="stricter_only"))
    told.change(0.5, priority="low")
    assert told.due(0.5, "first_reply") == 5
    told.change(0.6, priority="high")
    assert told.due(0.6, "first_reply") == 1


def test_breach_is_not_raised_twice_and_keeps_its_version(story, policy):
    told = story(policy(first_reply={"normal": "2h", "low": "9h"}))
    told.change(3, priority="low")
    clock = told.clock(4, "first_reply")
    assert (clock.breached_at, clock.priority) == (told.at(2), "normal")


def test_policy_none_hides_every_running_clock(story, policy):
    told = story(policy(first_reply="2h", resolution="9h"))
    told.reply(1)
    told.change(2, policy=None)
    assert [c.metric for c in told.all(3)] == ["first_reply"]


# Whole lives


def test_a_tickets_life_with_all_five_clocks(story, policy):
    care = policy(
        first_reply="3h",
        next_reply="90m",
        update="1 day",
        resolution={"urgent": "6h", "high": "12h", "normal": "30h", "low": "60h"},
        total_resolution="3 days",
        pause_in={"update": ["pending"]},
    )
    told = story(care)
    opened = {str(c.metric): told.hours(c.due) for c in told.all(0)}
    assert opened == {"first_reply": 3, "resolution": 30, "total_resolution": 72}
    told.reply(2)
    assert told.due(2, "update") == 26
    told.status(4, "pending")
    assert told.clock(4, "update").remaining == hours(22)
    assert told.state(4, "total_resolution") == "running"
    told.customer(14)
    assert (told.due(14, "resolution"), told.due(14, "next_reply")) == (40, 15.5)
    told.reply(16)
    late = told.clock(16, "next_reply")
    assert (late.breached_at, late.fulfilled_at) == (told.at(15.5), told.at(16))
    assert (told.clock(16, "update").cycle, told.due(16, "update")) == (2, 40)
    told.status(20, "solved")
    assert told.clock(20, "resolution").elapsed == hours(10)
    assert told.state(20, "update") == "cancelled"
    told.customer(44)
    again = told.clock(44, "resolution")
    assert (again.state, again.elapsed, again.cycle) == (State.RUNNING, hours(10), 1)
    assert told.due(44, "resolution") == 64


# Fine print: calendars


def test_05_days_target_is_due_at_that_very_instant_until_a_pause(story, policy):
    start = datetime(2026, 11, 26, 15, tzinfo=UTC)  # Thursday, 16:00 in Berlin
    told = story(policy(resolution="1 day"), calendar=OFFICE, start=start)
    # Friday closes at 15:00 local: the closing before 16:00.
    assert told.clock(0, "resolution").due == datetime(2026, 11, 27, 14, tzinfo=UTC)
    early = story(
        policy(resolution="1 day"),
        calendar=NIGHT,
        start=datetime(2026, 6, 10, 3, tzinfo=UTC),
    )
    assert early.due(0, "resolution") == 24
    early.status(1, "pending")  # at closing
    early.status(20, "open")  # 23:00, with seven hours and an hour gone
    assert early.clock(20, "resolution").remaining == hours(7)
    assert early.clock(20, "resolution").due == datetime(2026, 6, 11, 22, tzinfo=UTC)


def test_05_days_target_may_be_due_at_an_opening_a_pause_makes_it_a_closing(
    story, policy
):
    mixed = CalendarSpec.parse(
        "mixed", "UTC", ["Wed 06:00-10:00", "Thu 09:00-17:00"]
    ).resolve_years(2025, 2028)
    told = story(policy(resolution="1 day"), calendar=mixed)  # Wednesday 06:00
    assert told.due(0, "resolution") == 27  # Thursday opens at 09:00
    assert told.state(20, "resolution") == "running"
    told.status(1, "pending")
    told.status(2, "open")
    assert told.due(2, "resolution") == 28


# Fine print: clocks


def test_07_clock_may_start_paused_and_resume_with_nothing_left(story, policy):
    told = story(policy(resolution="2h"), status="pending")
    assert told.state(5, "resolution") == "paused"
    told.status(5, "open")
    assert told.due(5, "resolution") == 7
    told.status(7, "pending")  # at the due instant: pause comes before breach
    assert told.state(9, "resolution") == "paused"
    told.status(9, "open")
    assert told.clock(9, "resolution").breached_at == told.at(9)


def test_08_what_has_run_is_recounted_under_the_policy_in_force(story, policy):
    told = story(policy(resolution="9h"))
    told.status(1, "pending")
    told.status(3, "open")
    patient = policy("p", resolution="9h", pause_in={"resolution": []})
    told.change(4, policy=patient)
    assert told.clock(4, "resolution").elapsed == hours(4)
    told.change(5, policy=policy(resolution="8h"))
    assert told.clock(5, "resolution").elapsed == hours(3)


def test_08_another_calendar_recounts_from_the_start(story, policy):
    told = story(policy(first_reply="9h"))
    told.change(4, calendar=OFFICE)  # 10:00 UTC is 12:00 in Berlin, open since 09:00
    assert told.clock(4, "first_reply").elapsed == hours(3)


def test_09_days_target_is_measured_from_the_start_and_may_be_over(story, policy):
    told = story(policy(first_reply={"normal": "4 days", "high": "1 day"}))
    told.change(23, priority="high")
    assert told.due(23, "first_reply") == 24
    other = story(policy(first_reply={"normal": "4 days", "high": "1 day"}))
    other.change(30, priority="high")
    clock = other.clock(40, "first_reply")
    assert clock.due == clock.breached_at == other.at(30)


def test_09_more_has_run_than_allowed_breaches_also_while_paused(story, policy):
    told = story(policy(resolution={"normal": "9h", "high": "1h"}))
    told.status(2, "pending")
    told.change(3, priority="high")
    clock = told.clock(5, "resolution")
    assert (clock.state, clock.breached_at) == (State.BREACHED, told.at(3))
    assert clock.elapsed == hours(2)


def test_10_fulfilled_cycle_keeps_its_target(story, policy):
    told = story(policy(first_reply={"normal": "4h", "high": "1h"}))
    told.reply(2)
    told.change(3, priority="high")
    clock = told.clock(4, "first_reply")
    assert (str(clock.target), clock.state) == ("4h", State.ACHIEVED)


def test_10_restart_follows_a_breach_but_no_fulfilment(story, policy):
    targets = {"normal": "2h", "high": "1h"}
    told = story(policy(first_reply=targets, on_change="restart"))
    told.change(3, priority="high")
    assert [(c.cycle, c.state) for c in told.all(3)] == [
        (1, State.BREACHED),
        (2, State.RUNNING),
    ]
    done = story(policy(first_reply=targets, on_change="restart"))
    done.reply(1)
    done.change(3, priority="high")
    assert [c.cycle for c in done.all(3)] == [1]
    late = story(policy(first_reply=targets, on_change="restart"))
    late.reply(3)
    late.change(4, priority="high")
    assert [c.cycle for c in late.all(4)] == [1]


def test_10_a_pause_does_not_change_breached(story, policy):
    told = story(policy(resolution="2h"))
    told.status(3, "pending")
    clock = told.clock(9, "resolution")
    assert (clock.state, clock.due, clock.elapsed) == (
        State.BREACHED,
        told.at(2),
        hours(3),
    )


def test_11_change_that_leaves_a_metric_alone_does_nothing_to_it(story, policy):
    first = policy(first_reply={"normal": "4h", "high": "4h"}, on_change="restart")
    told = story(first)
    told.change(1, priority="high")
    other = policy("other", first_reply="4h", resolution="9h", on_change="restart")
    told.change(2, policy=other)
    clock = told.clock(2, "first_reply")
    assert (clock.cycle, clock.due, clock.policy) == (1, told.at(4), "other")


def test_11_the_new_policy_decides_how(story, policy):
    told = story(policy(first_reply="4h"))
    told.change(1, policy=policy("b", first_reply="5h", on_change="restart"))
    assert told.due(1, "first_reply") == 6


@pytest.mark.parametrize("mode", ["keep_elapsed", "restart", "stricter_only"])
def test_12_first_target_counts_from_the_start_in_every_mode(story, policy, mode):
    told = story(policy(resolution="9h"))
    told.change(2, policy=policy("b", first_reply="4h", on_change=mode))
    assert told.due(2, "first_reply") == 4
    assert told.clock(2, "first_reply").cycle == 1


def test_12_missing_target_hides_the_clock_unless_stricter_only(story, policy):
    told = story(policy(first_reply={"normal": "4h"}))
    told.change(1, priority="low")
    assert told.state(2, "first_reply") == "none"
    told.change(3, priority="normal")
    assert told.due(3, "first_reply") == 4
    strict = story(policy(first_reply={"normal": "4h"}, on_change="stricter_only"))
    strict.change(1, priority="low")
    assert strict.due(2, "first_reply") == 4


def test_12_clock_fulfilled_before_its_first_target_stays_none(story, policy):
    told = story(None)
    told.reply(1)
    told.change(2, policy=policy(first_reply="4h", update="9h"))
    assert told.state(3, "first_reply") == "none"
    assert told.due(3, "update") == 10


def test_13_stricter_only_compares_what_remains_while_paused(story, policy):
    targets = {"normal": "9h", "high": "5h", "low": "20h"}
    told = story(policy(resolution=targets, on_change="stricter_only"))
    told.status(1, "pending")
    told.change(2, priority="low")
    assert told.clock(3, "resolution").remaining == hours(8)
    told.change(3, priority="high")
    assert told.clock(3, "resolution").remaining == hours(4)


def test_13_winner_keeps_target_and_calendar_together(story, policy):
    told = story(policy(first_reply="30h", on_change="stricter_only"))
    tight = policy("b", first_reply="20h", on_change="stricter_only")
    told.change(1, policy=tight, calendar=OFFICE)  # 20 office hours end much later
    clock = told.clock(1, "first_reply")
    assert (str(clock.target), clock.calendar.name) == ("30h", "always")


def test_15_solving_cancels_only_what_is_not_breached(story, policy):
    told = story(policy(first_reply="2h", update="9h"))
    told.status(3, "solved")
    assert told.state(4, "first_reply") == "breached"
    told.customer(5)
    told.reply(6)
    clock = told.clock(6, "first_reply")
    assert (clock.fulfilled_at, clock.elapsed) == (told.at(6), hours(4))


def test_15_reopening_does_not_resume_update(story, policy):
    told = story(policy(update="9h"))
    told.reply(1)
    told.status(2, "solved")
    told.customer(3)
    assert told.state(4, "update") == "cancelled"
    told.reply(5)
    clock = told.clock(5, "update")
    assert (clock.cycle, clock.due) == (2, told.at(14))


def test_15_courtesy_starts_no_next_reply(story, policy):
    told = story(policy(next_reply="1h"))
    told.reply(1)
    told.customer(2, courtesy=True)
    assert told.state(2, "next_reply") == "none"


def test_16_resumed_cycle_keeps_its_breach(story, policy):
    told = story(policy(resolution="2h"))
    told.status(3, "solved")
    assert told.clock(4, "resolution").fulfilled_at == told.at(3)
    told.customer(5)
    clock = told.clock(6, "resolution")
    assert (clock.state, clock.breached_at, clock.cycle) == (
        State.BREACHED,
        told.at(2),
        1,
    )
    assert clock.fulfilled_at is None
    assert clock.elapsed == hours(4)


def test_16_reopening_by_an_agent_starts_no_next_reply(story, policy):
    told = story(policy(next_reply="1h"))
    told.reply(1)
    told.status(2, "solved")
    told.status(3, "open")
    assert told.state(3, "next_reply") == "none"


def test_17_reply_that_solves_starts_no_update(story, policy):
    told = story(policy(first_reply="2h", update="9h"))
    told.reply(1, solves=True)
    assert told.state(1, "update") == "none"
    assert told.state(1, "first_reply") == "achieved"
    told.reply(2)  # to a solved ticket: leaves it solved
    assert told.state(2, "update") == "none"


def test_18_spam_and_merge_cancel_what_is_open(story, policy):
    for kind in (Kind.SPAM, Kind.MERGED):
        told = story(policy(first_reply="2h", update="9h", resolution="9h"))
        told.reply(1)
        told.happen(3, kind)
        states = {str(m): str(c.state) for m, c in latest(told.all(50)).items()}
        assert states == {
            "first_reply": "achieved",
            "update": "cancelled",
            "resolution": "cancelled",
        }
        assert told.clock(50, "resolution").elapsed == hours(3)


def test_18_notspam_goes_on_as_if_never_cancelled(story, policy):
    told = story(policy(first_reply="2h", resolution="9h"))
    told.happen(1, Kind.SPAM)
    told.happen(4, Kind.NOTSPAM)
    assert told.clock(5, "first_reply").breached_at == told.at(2)
    assert told.clock(5, "resolution").elapsed == hours(5)


def test_19_latest_cycle_shows_a_metric_also_when_it_is_hidden(story, policy):
    told = story(policy(next_reply="1h"))
    told.reply(1)
    told.customer(2)
    told.reply(2.5)
    told.change(3, policy=None)
    assert told.state(3, "next_reply") == "achieved"
    told.customer(4)
    assert told.state(4, "next_reply") == "none"
    told.change(4.5, policy=policy(next_reply="1h"))
    assert told.clock(4.5, "next_reply").cycle == 2


# Several events at one instant


def test_reply_and_pending_at_once_start_update_paused(story, policy):
    told = story(policy(update="9h", pause_in={"update": ["pending"]}))
    told.reply(1)
    told.status(1, "pending")
    assert told.state(1, "update") == "paused"


def test_message_at_the_instant_of_a_reply_counts_as_later(story, policy):
    told = story(policy(next_reply="1h"))
    told.customer(2)
    told.reply(2)
    assert told.due(2, "next_reply") == 3


def test_reply_at_the_instant_of_opening_is_in_time(story, policy):
    told = story(policy(first_reply="1h"))
    told.reply(0)
    clock = told.clock(1, "first_reply")
    assert (clock.state, clock.elapsed) == (State.ACHIEVED, hours(0))


def test_longer_target_at_the_due_instant_prevents_the_breach(story, policy):
    told = story(policy(first_reply={"normal": "2h", "low": "9h"}))
    told.change(2, priority="low")
    assert told.due(3, "first_reply") == 9


def test_change_while_solved_is_applied_at_the_reopening(story, policy):
    told = story(policy(resolution={"normal": "9h", "high": "5h"}))
    told.status(3, "solved")
    told.change(4, priority="high")
    assert str(told.clock(5, "resolution").target) == "9h"
    told.customer(10)
    assert told.due(10, "resolution") == 12


# Properties


def _tale(story, policy, seed):
    dice = random.Random(seed)
    modes = ["keep_elapsed", "restart", "stricter_only"]
    told = story(
        policy(
            first_reply={"normal": "7h", "high": "2h"},
            next_reply="3h",
            update={"normal": "1 day", "high": "4h"},
            resolution={"normal": "9h", "high": "5h", "low": "2 days"},
            total_resolution="20h",
            pause_in={"update": ["pending"], "first_reply": ["on_hold"]},
            on_change=dice.choice(modes),
            reopen=dice.choice(["resume", "new_cycle"]),
        ),
        calendar=dice.choice([OFFICE, NIGHT, told_always()]),
    )
    at = 0.0
    for _ in range(dice.randint(1, 12)):
        at += dice.choice([0, 0.25, 1, 1.5, 6, 30])
        act = dice.choice(["reply", "customer", "status", "status", "change"])
        if act == "reply":
            told.reply(at, solves=dice.random() < 0.2)
        elif act == "customer":
            told.customer(at, courtesy=dice.random() < 0.2)
        elif act == "status":
            told.status(at, dice.choice(["open", "pending", "on_hold", "solved"]))
        else:
            told.change(at, priority=dice.choice(["normal", "high", "low"]))
    return told, at


def told_always():
    from rules.calendar import ALWAYS

    return ALWAYS


def test_prefix_replayed_and_then_the_rest_equals_the_whole(story, policy):
    for seed in range(300):
        told, end = _tale(story, policy, seed)
        entries = ordered(told.entries)
        instants = sorted({entry.at for entry in entries})
        cut = random.Random(seed).choice(instants)
        fold = Fold()
        fold.play(entry for entry in entries if entry.at <= cut)
        fold.view(cut)  # looking changes nothing
        fold.play(entry for entry in entries if entry.at > cut)
        whole = clocks(told.entries, told.at(end + 5))
        assert fold.view(told.at(end + 5)) == whole


def test_order_of_the_entries_given_does_not_matter(story, policy):
    for seed in range(100):
        told, end = _tale(story, policy, seed)
        mixed = list(told.entries)
        random.Random(seed).shuffle(mixed)
        now = told.at(end + 1)
        assert clocks(mixed, now) == clocks(told.entries, now)


def test_breach_instant_does_not_depend_on_when_one_looks(story, policy):
    for seed in range(200):
        told, end = _tale(story, policy, seed)
        final = {
            (c.metric, c.cycle): c.breached_at
            for c in clocks(told.entries, told.at(end + 200))
        }
        for later in (0, 1, 7, 60):
            now = told.at(end + later)
            for clock in clocks(told.entries, now):
                key = clock.metric, clock.cycle
                if clock.breached_at is not None:
                    assert final[key] == clock.breached_at
                elif clock.state is State.RUNNING:
                    assert final[key] == clock.due


def test_elapsed_is_never_negative_nor_falls_between_events(story, policy):
    for seed in range(200):
        told, end = _tale(story, policy, seed)
        last: dict[object, timedelta] = {}
        for later in (0, 0.5, 3, 20, 100):
            for clock in clocks(told.entries, told.at(end + later)):
                key = clock.metric, clock.cycle
                assert last.get(key, timedelta(0)) <= clock.elapsed
                last[key] = clock.elapsed


def test_ledger_has_no_gap_and_run_plus_pause_is_open_time(story, policy):
    for seed in range(300):
        told, end = _tale(story, policy, seed)
        for clock in clocks(told.entries, told.at(end + 2)):
            lines = clock.ledger
            for before, after in itertools.pairwise(lines):
                assert before.end == after.start
            past = [line for line in lines if not line.planned]
            if past:
                assert past[0].start == clock.started_at
            idle = sum(
                (
                    clock.calendar.between(line.start, line.end)
                    for line in past
                    if line.reason not in ("running", "overdue")
                ),
                timedelta(0),
            )
            ran = sum((line.gained for line in past), timedelta(0))
            assert ran == clock.elapsed
            if past:
                whole = clock.calendar.between(past[0].start, past[-1].end)
                assert ran + idle == whole


def test_ledger_adds_up_to_the_deadline(story, policy):
    running = 0
    for seed in range(300):
        told, end = _tale(story, policy, seed)
        for clock in clocks(told.entries, told.at(end + 1)):
            if clock.state is State.RUNNING:
                running += 1
                gained = sum((line.gained for line in clock.ledger), timedelta(0))
                assert gained == clock.target_time
                assert clock.ledger[-1].end == clock.due
    assert running > 100


def test_ledger_tells_why_and_which_entry(story, policy):
    told = story(policy(resolution="4h"))
    told.status(1, "pending")
    told.status(3, "open")
    lines = told.clock(4, "resolution").ledger
    assert [(told.hours(x.end), x.reason, x.entry, x.planned) for x in lines] == [
        (1, "running", 1, False),
        (3, "paused: pending", 3, False),
        (4, "running", 4, False),
        (6, "running", 4, True),
    ]


def test_the_past_can_be_looked_at(story, policy):
    told = story(policy(first_reply="4h"))
    told.reply(2)
    assert clocks(told.entries, told.at(1))[0].state is State.RUNNING


def test_calendar_that_never_opens_again_leaves_no_due_time(story, policy):
    once = CalendarSpec.parse(
        "once", "UTC", extra=["2026-06-10 07:00-08:00"]
    ).resolve_years(2026, 2026)
    told = story(policy(first_reply="2h", resolution="3 days"), calendar=once)
    assert told.due(5, "first_reply") is None
    assert told.state(5, "first_reply") == "running"
    assert told.due(5, "resolution") is None


def test_empty_timeline_has_no_clocks():
    assert clocks([], datetime(2026, 1, 1, tzinfo=UTC)) == ()


def test_timeline_without_terms_has_no_clocks():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert clocks([Entry(at, 1, Kind.OPENED)], at) == ()
