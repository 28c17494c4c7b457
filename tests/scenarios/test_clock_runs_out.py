"""Reminders and breaches leave at their instants, once, to whom the path names."""

from datetime import timedelta

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_reminder_then_breach(desk, text_of):
    desk.write(JANE)
    desk.pass_time(timedelta(hours=3, seconds=1))
    reminder = desk.received("ann@acme.example")[-1]
    assert "Reminder about first reply" in reminder["Subject"]
    assert desk.received("chief@acme.example") == []
    desk.pass_time(timedelta(hours=1))
    breach = desk.received("chief@acme.example")[-1]
    assert "Breach of first reply" in breach["Subject"]
    assert text_of(breach).startswith("Your reply stays internal.")
    assert desk.ticket().tags == ("late",)
    clock = desk.clock_of("first_reply")
    assert clock.state == "breached"
    assert clock.breached_at == clock.due


def test_sweep_twice_is_sweep_once(desk):
    desk.write(JANE)
    desk.pass_time(timedelta(hours=5))
    sent = len(desk.received("chief@acme.example"))
    desk.pass_time(timedelta(0))
    desk.app.watch.sweep()
    desk.app.dispatch.deliver()
    assert len(desk.received("chief@acme.example")) == sent


def test_answer_in_time_stops_the_ladder(desk):
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    desk.pass_time(timedelta(hours=5))
    assert desk.received("chief@acme.example") == []


def test_customer_never_gets_the_internal_letter(desk):
    desk.write(JANE)
    desk.pass_time(timedelta(hours=5))
    assert len(desk.received("jane@customer.example")) == 1


def test_step_missed_while_down_fires_late_marked(desk, text_of):
    desk.write(JANE)
    desk.pass_time(timedelta(hours=9))
    text = text_of(desk.received("chief@acme.example")[-1])
    assert "This mail is late" in text
    fired = [e for e in desk.app.store.events(1001) if e.kind == "escalation"]
    assert [e.data["late"] for e in fired] == [True, True]
    assert fired[1].at == desk.clock_of("first_reply").breached_at


def test_breach_is_an_event_at_its_due_instant(desk):
    desk.write(JANE)
    desk.pass_time(timedelta(hours=9))
    (breach,) = [e for e in desk.app.store.events(1001) if e.kind == "breach"]
    assert breach.at == desk.clock_of("first_reply").due


QUIET = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]

[policy.standard]
default = true
first_reply = "10h"
escalation = "calm"

[[escalation.calm]]
at = "breach"
notify = ["ann@acme.example", "chief@acme.example"]
quiet = true
"""


def test_quiet_step_waits_for_the_recipients_own_hours(make_desk):
    desk = make_desk(
        rules=QUIET,
        config=(
            '\n[[agent]]\naddress = "nora@acme.example"\nname = "Nora"\n'
            'calendar = "office"\n'
        ),
    )
    rules = QUIET.replace("ann@acme.example", "nora@acme.example")
    (desk.app.config.rules).write_text(rules)
    desk.app.reload_rules()
    desk.write(JANE)  # 9:00 in UTC, so the breach is at 19:00, evening in Berlin
    desk.pass_time(timedelta(hours=10, seconds=1))
    assert desk.received("nora@acme.example") == []
    assert len(desk.received("chief@acme.example")) == 2  # told of it, and the breach
    desk.pass_time(timedelta(hours=13))
    assert len(desk.received("nora@acme.example")) == 1
