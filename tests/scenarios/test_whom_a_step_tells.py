"""Whom an escalation step tells: the path's people, once each, whoever sweeps."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from mailroom.app import build

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
PATH = """
[policy.standard]
default = true
first_reply = "4h"
escalation = "ladder"

[[escalation.ladder]]
at = "breach"
notify = %s
"""
MORE = """
[[agent]]
address = "nora@acme.example"
name = "Nora North"
team = "tier2"
manager = "boss@acme.example"

[[team]]
name = "tier2"
lead = "lead@acme.example"
"""


def told(desk):
    """Count who was told of the breach."""
    return Counter(
        to
        for _, to, mail in desk.outgoing()
        if "Breach of first reply" in str(mail["Subject"])
    )


@pytest.mark.parametrize(
    ("notify", "rule", "people"),
    [
        ('["assignee"]', 'assignee = "nora@acme.example"', {"nora@acme.example"}),
        ('["assignee"]', 'team = "tier2"', {"nora@acme.example"}),
        ('["assignee"]', 'tags = ["x"]', {"chief@acme.example"}),
        ('["manager"]', 'assignee = "nora@acme.example"', {"boss@acme.example"}),
        ('["manager"]', 'team = "tier2"', {"lead@acme.example"}),
        ('["team:tier2"]', 'team = "tier1"', {"nora@acme.example"}),
        ('["admins"]', 'team = "tier2"', {"chief@acme.example"}),
        (
            '["assignee", "team", "team:tier2", "nora@acme.example", "cto@x.example"]',
            'team = "tier2"\nassignee = "nora@acme.example"',
            {"nora@acme.example", "cto@x.example"},
        ),
    ],
)
def test_a_step_tells_its_people_once_each(make_desk, notify, rule, people):
    rules = PATH % notify + f'[[rule]]\nname = "r"\n{rule}\n'
    desk = make_desk(rules, MORE)
    desk.write(JANE)
    desk.pass_time(timedelta(hours=4))
    assert told(desk) == dict.fromkeys(people, 1)


def test_a_requester_is_told_in_plain_words(make_desk, text_of):
    desk = make_desk(PATH % '["requester"]')
    desk.write(JANE)
    before = len(desk.received("jane@customer.example"))
    desk.pass_time(timedelta(hours=4))
    (letter,) = desk.received("jane@customer.example")[before:]
    whole = f"{letter['Subject']} {text_of(letter)}".lower()
    for word in ("breach", "escalation", "ladder", "first reply", "#ack"):
        assert word not in whole


def fired(desk):
    """Count the steps that fired, by ticket."""
    return Counter(
        ticket.id
        for ticket in desk.tickets()
        for event in desk.app.store.events(ticket.id)
        if event.kind == "escalation"
    )


def test_two_workers_that_sweep_at_once_fire_each_step_once(make_desk):
    desk = make_desk(PATH % '["nobody@x.example"]')
    for number in range(12):
        desk.write(f"Jo <jo{number}@customer.example>", subject=f"Question {number}")
    desk._clock[0] += timedelta(hours=5)
    other = build(desk.app.config, now=desk.app.office.now)
    together = Barrier(2)

    def sweep(watch):
        together.wait(timeout=10)
        return watch.sweep()

    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(sweep, (desk.app.watch, other.watch)))
    finally:
        other.store.close()
    assert fired(desk) == dict.fromkeys(range(1001, 1013), 1)


def test_a_step_is_not_repeated_after_a_restart(make_desk):
    desk = make_desk(PATH % '["cto@x.example"]')
    desk.write(JANE)
    desk.pass_time(timedelta(hours=4))
    desk._clock[0] += timedelta(hours=1)
    again = build(desk.app.config, now=desk.app.office.now)
    try:
        again.watch.sweep()
        again.dispatch.deliver()
    finally:
        again.store.close()
    assert fired(desk) == {1001: 1}
    assert told(desk) == {"cto@x.example": 1}
