"""Deadlines for letters: what a customer was promised by when, what agents have left."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from mailroom.desk.office import Office
from mailroom.ticket.model import Ticket
from rules.ledger import Clock, State
from rules.sla import latest


def promises(
    office: Office, ticket: Ticket, clocks: Sequence[Clock]
) -> list[dict[str, object]]:
    """Return what the policy tells customers, running clocks alone, for letters.

    Each is {metric, due (in the zone that we speak in), zone (its name)}; the sentences
    are in the catalogues.
    """
    policy = office.rules.versions.policy(ticket.policy_key)
    if policy is None:
        return []
    seen, zone = latest(clocks), zone_of(office, ticket)
    found: list[dict[str, object]] = []
    for metric in policy.promise:
        clock = seen.get(metric)
        if clock is not None and clock.state is State.RUNNING and clock.due is not None:
            due = clock.due.astimezone(ZoneInfo(zone))
            found.append({"metric": metric.value, "due": due, "zone": zone})
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
