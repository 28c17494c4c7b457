"""Deadlines in words: what a customer was promised by when, and what agents have left."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from mailroom.desk.office import Office
from mailroom.ticket.model import Ticket
from rules.ledger import Clock, State
from rules.sla import latest

PROMISED = {
    "first_reply": "You will have a first answer by",
    "next_reply": "You will have an answer by",
    "update": "You will hear from us by",
    "resolution": "We expect to have solved it by",
    "total_resolution": "We expect to have solved it by",
}


def promises(
    office: Office, ticket: Ticket, clocks: Sequence[Clock]
) -> list[dict[str, str]]:
    """Return what the policy tells customers: {text, when}, running clocks alone."""
    policy = office.rules.versions.policy(ticket.policy_key)
    if policy is None:
        return []
    seen = latest(clocks)
    found = []
    for metric in policy.promise:
        clock = seen.get(metric)
        if clock is not None and clock.state is State.RUNNING and clock.due is not None:
            when = in_words(clock.due, zone_of(office, ticket))
            found.append({"text": PROMISED[metric.value], "when": when})
    return found


def deadlines(
    office: Office, ticket: Ticket, clocks: Sequence[Clock]
) -> list[dict[str, str]]:
    """Return the running clocks for agents: {metric, when}."""
    zone = zone_of(office, ticket)
    return [
        {"metric": clock.metric.replace("_", " "), "when": in_words(clock.due, zone)}
        for clock in latest(clocks).values()
        if clock.state is State.RUNNING and clock.due is not None
    ]


def zone_of(office: Office, ticket: Ticket) -> str:
    """Return the zone in which we speak of this ticket's times: its calendar's."""
    if ticket.calendar_key is None:
        return "UTC"
    return str(
        getattr(office.rules.versions.calendar(ticket.calendar_key), "timezone", "UTC")
    )


def in_words(at: datetime, zone: str) -> str:
    """Return an instant as people say it, with its zone: Fri 27 Nov 2026, 15:00 (...)."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} ({zone})"
