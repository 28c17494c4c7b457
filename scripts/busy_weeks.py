"""Twelve weeks of a desk's life for a picture of its reports, told as mails."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

WEEKS = 12
AGENTS = (
    "Ann Archer <ann@acme.example>",
    "Ben Baker <ben@acme.example>",
    "Cleo Chen <cleo@acme.example>",
)
_PEOPLE = (
    "Jane Doe <jane@globex.example>",
    "Tom Baker <tom@globex.example>",
    "Ravi Patel <ravi@initech.example>",
    "Lena Fischer <lena@umbrella.example>",
    "Mia Olsen <mia@hooli.example>",
    "Sam Reed <sam@hooli.example>",
)
_SUBJECTS = (
    "Invoice shows the wrong address",
    "Cannot log in since the update",
    "Export hangs at 99 %",
    "Question about licences",
    "Printer prints blank pages",
    "Offer for more seats",
)
CONFIG = """
[[agent]]
address = "ben@acme.example"
[[agent]]
address = "cleo@acme.example"
[[team]]
name = "support"
[[team]]
name = "billing"
"""
RULES = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 08:00-18:00"]
[policy.gold]
calendar = "office"
first_reply = "2h"
resolution = "2 days"
[policy.standard]
default = true
calendar = "office"
first_reply = "6h"
next_reply = "1 day"
resolution = "4 days"
[organization.globex]
name = "Globex"
domains = ["globex.example"]
policy = "gold"
[[rule]]
name = "Money is for the second team"
keywords = ["invoice", "offer"]
team = "billing"
[[rule]]
name = "All else to the first"
when = 'true'
team = "support"
"""


class Telling(NamedTuple):
    """A mail of the story: what happens when, on the how manyeth ticket."""

    at: datetime
    author: str
    answers: int | None
    subject: str
    text: str


def story(end: datetime) -> list[Telling]:
    """Return the mails of the weeks before an instant, in order of time."""
    chance = random.Random(3)
    first = end - timedelta(weeks=WEEKS)
    arrivals = sorted(_arrivals(first, end, chance))
    told = [
        telling
        for number, at in enumerate(arrivals)
        for telling in _case(number, at, chance)
        if telling.at < end
    ]
    return sorted(told)


def _arrivals(
    first: datetime, end: datetime, chance: random.Random
) -> Iterator[datetime]:
    """Yield when mails come: on working days, most before noon, more each week."""
    day = first
    while day < end:
        if day.weekday() < 5:
            for _ in range(6 + (day - first).days // 20 + chance.randrange(4)):
                minutes = int(chance.triangular(6 * 60, 19 * 60, 9 * 60))
                yield day.replace(hour=0, minute=0) + timedelta(minutes=minutes)
        day += timedelta(days=1)


def _case(number: int, at: datetime, chance: random.Random) -> Iterator[Telling]:
    customer, agent = chance.choice(_PEOPLE), chance.choice(AGENTS)
    yield Telling(at, customer, None, chance.choice(_SUBJECTS), "Please help.")
    if chance.random() < 0.02:
        return
    at += timedelta(minutes=20 + chance.expovariate(1 / 90))
    yield Telling(at, agent, number, "", "Thank you. We are looking into it.")
    if chance.random() < 0.35:
        at += timedelta(minutes=30 + chance.expovariate(1 / 300))
        yield Telling(at, customer, number, "", "It is worse now. What can we do?")
        at += timedelta(minutes=20 + chance.expovariate(1 / 240))
        yield Telling(at, agent, number, "", "Please install 4.2.")
    if chance.random() < 0.96:
        at += timedelta(hours=1 + chance.expovariate(1 / 20))
        yield Telling(at, agent, number, "", "#solved\nThis is done.")
