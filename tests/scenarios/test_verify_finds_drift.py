"""`verify` recomputes tickets and clocks from the events and names what is not so."""

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from mailroom.desk.verify import Verifier

pytestmark = pytest.mark.breaks_the_store
JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
RULES = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]
holidays = ["DE-BE"]

[policy.standard]
default = true
calendar = "office"
first_reply = "4h"
next_reply = "2h"
resolution = { within = "16h", pause_in = ["pending"] }
escalation = "ladder"

[[escalation.ladder]]
at = "breach"
notify = ["team"]
set = { tags = ["late"] }

[[rule]]
name = "All to tier one"
when = 'true'
team = "tier1"
"""


def drifts(desk):
    verifier = Verifier(desk.app.office)
    found = [drift for line in verifier.tickets() for drift in verifier.verify(line)]
    return {
        (
            drift.ticket,
            drift.field.rsplit(" ", 1)[0]
            if drift.field.startswith(
                ("calendar", "policy ", "rule set", "escalation ")
            )
            else drift.field,
        )
        for drift in found
    }


def tamper(desk, statement, *values):
    """Do what no part of Mailroom does: change the database behind its back."""
    path = desk.app.config.data / "mailroom.db"
    with sqlite3.connect(path) as database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        assert database.execute(statement, values).rowcount >= 1
    database.close()


@pytest.fixture
def story(make_desk):
    """Two tickets: one answered late, pending and asked again; one just opened."""
    desk = make_desk(RULES)
    desk.write(JANE)
    desk.pass_time(timedelta(hours=6))
    first = desk.received("ann@acme.example")[0]["Message-ID"]
    text = "#priority high\n#pending\nWhich printer?"
    desk.write(ANN, text=text, headers=f"In-Reply-To: {first}\r\n")
    desk.pass_time(timedelta(hours=1))
    desk.write(JANE, subject="Re: Printer [#1001]", text="The red one in room 7.")
    desk.write("Max <max@other.example>", subject="A question")
    desk.pass_time(timedelta(minutes=10))
    return desk


def test_a_sound_desk_has_no_drift(story):
    assert drifts(story) == set()
    story.pass_time(timedelta(days=9))
    assert drifts(story) == set()
    story.answer(ANN, "#solved\nDone.")
    assert drifts(story) == set()


def test_a_desk_whose_sweep_is_late_has_no_drift(story):
    story._clock[0] += timedelta(days=9)
    assert drifts(story) == set()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("status = 'solved'", "status"),
        ("priority = 'low'", "priority"),
        ("team = 'tier2'", "team"),
        ("assignee = 1", "assignee"),
        ("tags = '[]'", "tags"),
        ("policy = 'gold'", "policy"),
        ("policy_key = 'x'", "policy_key"),
        ("spam = 1", "spam"),
        ("answered = 0", "answered"),
        ("requester = 2", "requester"),
        ("mailbox = 'else@acme.example'", "mailbox"),
        ("created_at = created_at + 5", "created_at"),
        ("updated_at = updated_at - 5", "updated_at"),
        ("sticky = '[]'", "sticky"),
        ("next_due = next_due + 60000", "next_due"),
        ("next_at = NULL", "next_at"),
        ("next_at = next_at + 60000", "next_at"),
    ],
)
def test_a_changed_row_is_named(story, change, field):
    tamper(story, f"UPDATE ticket SET {change} WHERE id = 1001")
    assert drifts(story) == {(1001, field)}


@pytest.mark.parametrize(
    ("change", "metric", "field"),
    [
        ("due = due + 60000", "first_reply", "first_reply 1 due"),
        (
            "breached_at = breached_at - 1000",
            "first_reply",
            "first_reply 1 breached_at",
        ),
        ("fulfilled_at = NULL", "first_reply", "first_reply 1 fulfilled_at"),
        ("breached_at = NULL", "first_reply", "first_reply 1 breached_at"),
        ("state = 'achieved'", "first_reply", "first_reply 1 state"),
        ("target = target + 1000", "resolution", "resolution 1 target"),
        ("elapsed = elapsed - 60000", "resolution", "resolution 1 elapsed"),
        ("elapsed = elapsed + 3600000", "resolution", "resolution 1 elapsed"),
        ("remaining = 0", "resolution", "resolution 1 remaining"),
        ("started_at = started_at + 9000", "next_reply", "next_reply 1 started_at"),
    ],
)
def test_a_changed_clock_is_named(story, change, metric, field):
    tamper(
        story,
        f"UPDATE clock SET {change} WHERE ticket = 1001 AND metric = ?",
        metric,
    )
    assert drifts(story) >= {(1001, field)}
    assert {ticket for ticket, _ in drifts(story)} == {1001}


def test_a_clock_that_is_lost_and_one_too_many_are_named(story):
    tamper(story, "DELETE FROM clock WHERE ticket = 1001 AND metric = 'first_reply'")
    tamper(
        story,
        "UPDATE clock SET cycle = 7 WHERE ticket = 1002 AND metric = ?",
        "resolution",
    )
    assert drifts(story) >= {
        (1001, "first_reply 1"),
        (1002, "resolution 1"),
        (1002, "resolution 7"),
    }


@pytest.mark.parametrize(
    ("change", "kind", "fields"),
    [
        ("at = at - 3600000", "agent_reply", {"first_reply 1 fulfilled_at"}),
        ("at = at + 3600000", "opened", {"created_at", "resolution 1 due"}),
        ("kind = 'note'", "agent_reply", {"answered", "first_reply 1 fulfilled_at"}),
        ('data = \'{"status":"on_hold"}\'', "status", {"resolution 1 elapsed"}),
        ("at = at - 1000", "breach", {"first_reply 1 breach event"}),
        ("data = '{'", "customer_reply", {"events"}),
        ('data = \'{"calendar":"gone"}\'', "terms", {"calendar", "events"}),
    ],
)
def test_a_changed_event_is_named(story, change, kind, fields):
    tamper(story, f"UPDATE event SET {change} WHERE ticket = 1001 AND kind = ?", kind)
    found = drifts(story)
    assert {(1001, field) for field in fields} <= found
    assert {ticket for ticket, _ in found} == {1001}


def test_a_lost_breach_and_a_lost_escalation_are_named(story):
    story.pass_time(timedelta(days=2))
    tamper(story, "DELETE FROM event WHERE ticket = 1001 AND kind = 'breach'")
    tamper(story, "DELETE FROM event WHERE ticket = 1002 AND kind = 'escalation'")
    assert drifts(story) >= {(1001, "first_reply 1 breach event"), (1002, "next_at")}


def test_a_desk_whose_closing_term_was_shortened_has_no_drift(make_desk):
    desk = make_desk(RULES)
    desk.write(JANE)
    desk.answer(ANN, "#solved\nDone.")
    office = desk.app.office
    config = office.config.model_copy(update={"close_after": timedelta(hours=1)})
    line = next(iter(Verifier(office).tickets()))
    assert Verifier(replace(office, config=config)).verify(line) == []


def test_a_breach_that_time_alone_brought_is_looked_at(story):
    story.pass_time(timedelta(days=2))
    tamper(
        story,
        "UPDATE clock SET breached_at = NULL WHERE ticket = 1002 AND metric = ?",
        "first_reply",
    )
    assert drifts(story) == {(1002, "first_reply 1 breached_at")}


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("UPDATE ticket SET status = 'sold' WHERE id = 1001", "ticket"),
        ("UPDATE ticket SET tags = '[' WHERE id = 1001", "ticket"),
        ("UPDATE decision SET facts = '{' WHERE ticket = 1001", "decisions"),
        ("UPDATE decision SET outcome = 'x' WHERE ticket = 1001", "decisions"),
        ("UPDATE version SET document = '{' WHERE kind = 'calendar'", "calendar"),
        ("UPDATE version SET document = '[' WHERE kind = 'ruleset'", "rule set"),
    ],
)
def test_what_cannot_be_read_is_named(story, statement, field):
    tamper(story, statement)
    found = drifts(story)
    assert (1001, field) in found
    assert (1002, field) not in found


def test_a_changed_document_that_no_ticket_names_is_named(story):
    document = '{"name": "other"}'
    tamper(
        story,
        "UPDATE version SET document = ? WHERE kind = 'edition'",
        document,
    )
    verifier = Verifier(story.app.office)
    assert drifts(story) == set()
    (drift,) = verifier.versions()
    assert (drift.ticket, drift.field.split()[0]) == (0, "version")


def test_a_lost_decision_is_named(story):
    tamper(story, "DELETE FROM decision WHERE ticket = 1002")
    (found,) = drifts(story)
    assert found[0] == 1002
    assert found[1].startswith("decision ")


def test_a_ticket_without_its_opening_is_named(story):
    tamper(story, "DELETE FROM event WHERE ticket = 1002 AND kind = 'opened'")
    assert (1002, "events") in drifts(story)


def test_a_changed_calendar_is_named_with_every_clock_it_would_move(story):
    path = story.app.config.data / "mailroom.db"
    with sqlite3.connect(path) as database:
        key, text = database.execute(
            "SELECT version_key, document FROM version WHERE kind = 'calendar'"
            " AND document LIKE '%office%'"
        ).fetchone()
    database.close()
    document = json.loads(text)
    document["hours"] = [[days, 8 * 3600, end] for days, _, end in document["hours"]]
    tamper(
        story,
        "UPDATE version SET document = ? WHERE version_key = ?",
        json.dumps(document),
        key,
    )
    found = drifts(story)
    assert (1001, "calendar") in found
    assert (1001, "resolution 1 due") in found


def test_a_lost_policy_is_named(story):
    tamper(story, "DELETE FROM version WHERE kind = 'policy'")
    assert {(1001, "policy"), (1001, "events"), (1002, "events")} <= drifts(story)


def test_ticket_that_the_desk_works_on_meanwhile_has_no_drift(story):
    verifier = Verifier(story.app.office)
    lines = list(verifier.tickets())
    story.answer(ANN, "#priority urgent\n#tag vip")
    story.pass_time(timedelta(hours=9))
    assert [drift for line in lines for drift in verifier.verify(line)] == []


def test_drift_is_one_line_that_says_all(story):
    tamper(story, "UPDATE ticket SET status = 'solved' WHERE id = 1002")
    verifier = Verifier(story.app.office)
    (line,) = [line for line in verifier.tickets() if line.ticket.id == 1002]
    (drift,) = verifier.verify(line)
    assert str(drift) == "ticket 1002: status: stored solved, recomputed new"
