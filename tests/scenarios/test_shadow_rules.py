"""Rules that run beside the live ones: the daily difference goes to the admins."""

import re
from datetime import UTC, datetime, timedelta

import pytest

JANE = "Jane Doe <jane@initech.example>"
LIVE = """
[policy.standard]
default = true
first_reply = "4h"

[[rule]]
name = "All to tier one"
when = 'true'
team = "tier1"
"""
NEXT = """
[policy.standard]
default = true
first_reply = "2h"

[[rule]]
name = "Ink"
when = '"Ink" in subject'
team = "tier2"

[[rule]]
name = "All to tier one"
when = 'true'
team = "tier1"
"""


@pytest.fixture
def make(make_desk):
    def made(shadow):
        desk = make_desk(LIVE, keys='shadow = "rules-next.toml"\n')
        path = desk.app.config.shadow
        if shadow is not None:
            path.write_text(shadow)
        desk.pass_time(timedelta(0))  # today's morning has passed: it is seen to now
        return desk

    return made


def morning(desk, day):
    """Let time go by up to half past eight in the morning, UTC."""
    end = datetime(2026, 11, day, 8, 30, tzinfo=UTC)
    while (left := end - desk.app.office.now()) > timedelta(0):
        desk.pass_time(min(left, timedelta(hours=1)))


def letters(desk, address="chief@acme.example"):
    return [m for m in desk.received(address) if "rules-next" in m["Subject"]]


def test_what_would_differ_is_told_once_a_day_and_nothing_is_changed(make, text_of):
    desk = make(NEXT)
    desk.write(JANE, subject="Ink")
    desk.write(JANE, subject="Paper")
    morning(desk, 25)
    before = [desk.app.store.events(n) for n in (1001, 1002)], desk.tickets()
    (mail,) = letters(desk)
    assert "2 of 2 tickets would differ" in mail["Subject"]
    text = text_of(mail).replace("\r\n", "\n")
    assert re.search(
        r"1  routed differently\n2  deadlines moved\n0  breaches gained", text
    )
    first, second = re.findall(r"^\[#\d+\].*$", text, re.MULTILINE)
    assert "Ink (jane@initech.example)" in first
    assert "team: tier1 → tier2; First reply: Tue 13:00 → Tue 11:00" in first
    assert "team" not in second
    assert "Acknowledgements 2 → 2, escalation steps 0 → 0." in text
    desk.pass_time(timedelta(hours=1))
    assert letters(desk) == [mail]
    assert ([desk.app.store.events(n) for n in (1001, 1002)], desk.tickets()) == before
    assert letters(desk, "ann@acme.example") == []  # the admins' alone


def test_day_on_which_nothing_differs_needs_no_letter(make):
    desk = make(LIVE)
    desk.write(JANE)
    morning(desk, 26)
    assert letters(desk) == []


def test_next_letter_tells_of_what_came_since(make, text_of):
    desk = make(NEXT)
    desk.write(JANE, subject="Ink")
    morning(desk, 25)
    desk.write(JANE, subject="Paper")
    morning(desk, 26)
    first, second = map(text_of, letters(desk))
    assert ("Ink" in first, "Paper" in first) == (True, False)
    assert ("Ink" in second, "Paper" in second) == (False, True)


def test_breach_that_the_new_rules_would_have_is_said(make, text_of):
    desk = make(NEXT)
    desk.write(JANE)
    desk.pass_time(timedelta(hours=3))
    desk.answer("Ann Archer <ann@acme.example>", "Use water.")
    morning(desk, 25)
    (mail,) = letters(desk)
    assert "(a breach more)" in text_of(mail)
    assert "1  breaches gained" in text_of(mail)


@pytest.mark.parametrize(
    ("shadow", "said"),
    [
        (None, "rules-next.toml"),
        ("[policy.standard\n", "rules-next.toml:1"),
        ('[[rule]]\nname = "x"\nwhen = "nonsense("\n', "rules-next.toml:3"),
        ("\x00", "rules-next.toml"),
    ],
    ids=["missing", "no toml", "bad condition", "no text"],
)
def test_broken_set_is_told_and_the_desk_goes_on(make, text_of, shadow, said):
    desk = make(shadow)
    desk.write(JANE)
    morning(desk, 25)
    assert desk.clock_of("first_reply").state == "breached"
    mail = letters(desk)[-1]
    assert "the shadow rules cannot be used" in mail["Subject"]
    text = text_of(mail)
    assert said in text
    assert "the live desk is not touched" in text
    morning(desk, 26)
    assert len(letters(desk)) == 3  # once a day, as long as it stays so


def test_rule_that_fails_at_run_time_is_named(make, text_of):
    rule = """
[[rule]]
name = "Odd"
when = 'headers["x-urgency"] == "high"'
team = "tier2"
"""
    desk = make(LIVE + rule)
    desk.write(JANE)
    morning(desk, 25)
    (mail,) = letters(desk)
    text = text_of(mail).replace("\r\n", "\n")
    assert re.search(r"Rules that failed\n-+\n\nOdd \(1 ticket\)  .*x-urgency", text)
    assert "No ticket would differ." in text
