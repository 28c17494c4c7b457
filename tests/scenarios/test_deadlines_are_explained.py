"""A ticket's policy and deadlines can be explained, whatever was changed since."""

import re
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailroom.desk.explain import explain_ticket
from mailroom.errors import StoreError
from mailroom.ticket.edition import Edition
from rules.loader import load_texts

JANE, ANN = "Jane Doe <jane@acme.com>", "Ann Archer <ann@acme.example>"
RULES = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]

[policy.gold]
calendar = "office"
first_reply = { high = "2h", normal = "4h" }
resolution = { within = "8h", pause_in = ["pending"] }
escalation = "ladder"

[policy.standard]
default = true
first_reply = "8h"

[[escalation.ladder]]
at = "50%"
notify = ["assignee"]

[[escalation.ladder]]
at = "breach"
notify = ["team"]

[[rule]]
name = "Gold"
domains = ["acme.com"]
when = '$open("office") and ticket.priority == "normal"'
policy = "gold"
team = "tier1"
"""


def explained(desk):
    return explain_ticket(desk.app.office, 1001, desk.app.office.now())


def story(desk):
    """Jane writes at 10:00:01 in Berlin; pending from 12 to 13; 14:00 now."""
    desk.write(JANE)
    desk.pass_time(timedelta(hours=2, seconds=-1))
    desk.answer(ANN, "#pending\nWhich printer?")
    desk.pass_time(timedelta(hours=1, seconds=-1))
    desk.write(JANE, subject="Re: Printer [#1001]", text="The red one, room 7.")
    desk.pass_time(timedelta(hours=1, seconds=-1))


def test_policy_rule_and_values_are_shown(make_desk):
    desk = make_desk(RULES)
    desk.write(JANE)
    lines = "\n".join(explained(desk).lines())
    assert "ticket 1001: policy gold" in lines
    assert "gold: rule Gold" in lines
    assert "match  Gold" in lines
    assert 'sender.domain = "acme.com"' in lines
    assert 'ticket.priority = "normal"' in lines
    assert "due Tue 2026-11-24 14:00:01 CET" in lines


def test_ledger_names_its_causes_and_adds_up_to_the_deadline(make_desk):
    desk = make_desk(RULES)
    story(desk)
    clock = next(
        c for c in explained(desk).plain()["clocks"] if c["metric"] == "resolution"
    )
    gained = [line["gained"] for line in clock["ledger"]]
    assert sum(gained) == clock["target_seconds"] == 8 * 3600
    assert clock["ledger"][-1]["to"] == clock["due"]
    assert clock["due"] == "2026-11-25T10:00:01.000Z"
    reasons = [line["reason"] for line in clock["ledger"]]
    assert reasons == ["running", "paused: pending", "running", "running"]
    causes = [line["cause"] for line in clock["ledger"]]
    assert causes[0] == "opened by jane@acme.com, message 1"
    assert causes[1].startswith("status pending by ann@acme.example")
    assert causes[2].startswith("status open by jane@acme.com")


@pytest.mark.breaks_the_store
def test_a_ticket_is_explained_alike_after_the_world_changed(make_desk):
    desk = make_desk(RULES)
    story(desk)
    before = explained(desk).plain()
    office = desk.app.office
    changed = RULES.replace("09:00-17:00", "11:00-12:00").replace("acme.com", "x.com")
    changed = changed.replace('"8h"', '"1h"').replace('"50%"', '"10%"')
    office.rules.replace(Edition(load_texts({"rules.toml": changed}, office.now())))
    with office.store.transaction():
        ticket = office.store.ticket(1001)
        office.store.save_ticket(replace(ticket, priority="urgent"), None)
    assert explained(desk).plain() == before


def test_a_ticket_is_explained_alike_by_a_process_with_other_rules(make_desk):
    from mailroom.app import build

    desk = make_desk(RULES)
    story(desk)
    before = explained(desk)
    config = desk.app.config
    config.rules.write_text(RULES.replace("09:00-17:00", "11:00-12:00"))
    other = build(config, now=desk.app.office.now)
    after = explain_ticket(other.office, 1001, other.office.now())
    other.store.close()
    assert after.plain() == before.plain()
    assert after.lines() == before.lines()


def test_steps_are_shown_fired_and_planned(make_desk):
    desk = make_desk(RULES)
    desk.write(JANE)
    desk.pass_time(timedelta(hours=3))
    steps = explained(desk).plain()["escalations"]
    assert [(s["metric"], s["point"]) for s in steps["fired"]] == [
        ("first_reply", "50%")
    ]
    planned = [(s["metric"], s["point"], s["outcome"]) for s in steps["planned"]]
    assert ("first_reply", "breach", "pending") in planned
    assert "first_reply breach planned" in "\n".join(explained(desk).lines())


def test_why_is_answered_by_mail_to_the_agent_alone(make_desk, text_of):
    desk = make_desk(RULES)
    desk.write(JANE)
    mails = len(desk.received("jane@acme.com"))
    desk.answer(ANN, "#why")
    text = text_of(desk.received("ann@acme.example")[-1])
    assert "match  Gold" in text
    assert "due Tue 2026-11-24 14:00:01 CET" in text
    assert len(desk.received("jane@acme.com")) == mails


@pytest.mark.breaks_the_store
def test_version_that_is_lost_is_said_in_a_line(make_desk):
    desk = make_desk(RULES)
    desk.write(JANE)
    path = desk.app.config.data / "mailroom.db"
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM version WHERE kind = 'policy'")
    database.close()
    desk.app.office.rules.versions._policies.clear()
    with pytest.raises(StoreError, match="`mailroom verify` lists what is missing"):
        explained(desk)


@pytest.mark.breaks_the_store
def test_rules_that_cannot_be_read_any_more_are_told_by_name(make_desk):
    desk = make_desk(RULES)
    desk.write(JANE)
    path = desk.app.config.data / "mailroom.db"
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM version WHERE kind = 'ruleset'")
    database.close()
    changed = RULES.replace('"8h"', '"1h"')
    office = desk.app.office
    office.rules.replace(Edition(load_texts({"rules.toml": changed}, office.now())))
    found = explained(desk)
    assert "cannot be read any more; matched were: Gold" in "\n".join(found.lines())
    assert found.plain()["looks"][0]["decision"]["matched"] == ["Gold"]


def test_the_page_shows_what_is_really_said(make_desk):
    page = Path(__file__).parents[2] / "docs" / "explain.md"
    (shown, _) = re.findall(r"```text\n(.*?)```", page.read_text(), re.DOTALL)
    desk = make_desk(RULES)
    story(desk)
    lines = "\n".join(explained(desk).lines())
    assert lines.startswith(shown.rstrip("\n"))
