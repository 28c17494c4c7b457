"""One command, on one case, by one agent, and what its value names."""

from dataclasses import dataclass
from datetime import datetime

from mailroom.desk.office import Office
from mailroom.settings import Agent
from mailroom.ticket.addressee import addressees
from mailroom.ticket.away import until_when
from mailroom.ticket.case import Case
from mailroom.ticket.command import Command
from mailroom.ticket.model import (
    Disposition,
    InboundId,
    PersonId,
    Ticket,
    TicketId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command, on one case, by one agent, at one instant."""

    office: Office
    case: Case
    agent: PersonId
    agent_address: str
    at: datetime
    command: Command
    answered: tuple[str, ...] = ()  # Message-IDs that the agent's mail answers

    @property
    def value(self) -> str:
        """What stands behind the command's name."""
        return self.command.value


def agent_named(order: Order) -> Agent | None:
    """Return the agent whom the value names: "me", an address, a name or its start."""
    named = addressees(order.value)
    word = named[0].address if len(named) == 1 else order.value.removeprefix("@")
    if word.lower() in ("me", "myself"):
        word = order.agent_address
    return order.office.audience.named(word)


def team_named(order: Order) -> str | None:
    """Return the team whose name is the value, whatever its case."""
    return order.office.audience.team_called(order.value)


def policy_named(order: Order) -> str | None:
    """Return the policy whose name is the value, whatever its case; "none" is one."""
    policies = order.office.rules.edition.ruleset.policies
    known = {name.casefold(): name for name in (*policies, "none")}
    return order.value if order.value in policies else known.get(order.value.casefold())


def participant(order: Order) -> PersonId | None:
    """Return the participant whom the value names."""
    store = order.office.store
    named = addressees(order.value)
    person = store.find_person(named[0].address) if len(named) == 1 else None
    taking_part = {p.person for p in store.participants(order.case.ticket.id)}
    return person.id if person is not None and person.id in taking_part else None


def target(order: Order) -> Ticket | None:
    """Return the ticket whose number is the value."""
    digits = order.value.strip().lstrip("#[").rstrip("]")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        return None
    return order.office.store.ticket(TicketId(int(digits)))


def held(order: Order) -> InboundId | None:
    """Return the message in quarantine whose number is the value."""
    digits = order.value.strip().lstrip("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        return None
    found = order.office.store.inbound(InboundId(int(digits)))
    if found is None or found.disposition is not Disposition.QUARANTINED:
        return None
    return found.id


def away_until(order: Order) -> datetime | None:
    """Return until when the value says that the agent is away."""
    zone = order.office.zone_of_agent(order.agent_address)
    return until_when(order.value, order.at, zone)
