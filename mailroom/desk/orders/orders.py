"""Carrying out an agent's commands: all are checked first, then all are done, or none.

Each command is one small function in two tables, `CHECKS` (a sentence where it cannot be
done) and `ACTS` (what it records)."""

from datetime import datetime

from mailroom.desk.office import Office
from mailroom.desk.orders.order import Order, held
from mailroom.desk.orders.order_acts import ACTS
from mailroom.desk.orders.order_checks import CHECKS, fine
from mailroom.ticket.case import Case
from mailroom.ticket.command import Commands, Fault
from mailroom.ticket.lifecycle import UNSOLVED
from mailroom.ticket.model import (
    InboundId,
    Kind,
    PersonId,
)

# What calls for a look of the rules on `changed`; an #ack or a merge does not.
LOOKED_AT = frozenset(
    {Kind.SET, Kind.TERMS, Kind.STATUS, Kind.SOLVE, Kind.REOPEN, Kind.CLOSE, Kind.UNDO}
)


def check(orders: list[Order]) -> tuple[Fault, ...]:
    """Return what cannot be done, line by line; nothing is done while there is any."""
    faults = []
    for order in orders:
        why = CHECKS.get(order.command.name, fine)(order)
        if why:
            faults.append(Fault(order.command.line, why))
    return tuple(faults)


def carry_out(orders: list[Order]) -> bool:
    """Do what was checked; return whether it set something that rules look at."""
    if not orders:
        return False
    log = orders[0].case.log
    before = len(log)
    for order in orders:
        act = ACTS.get(order.command.name)
        if act is not None:
            act(order)
    return any(event.kind in LOOKED_AT for event in log[before:])


def orders_of(
    commands: Commands,
    office: Office,
    case: Case,
    agent: PersonId,
    agent_address: str,
    at: datetime,
    answered: tuple[str, ...] = (),
) -> list[Order]:
    """Return the commands of a mail as orders, in their order."""
    return [
        Order(
            office=office,
            case=case,
            agent=agent,
            agent_address=agent_address,
            at=at,
            command=command,
            answered=answered,
        )
        for command in commands.commands
    ]


def released_by(orders: list[Order]) -> tuple[InboundId, ...]:
    """Return the held messages that `#release` lets go on."""
    found = (held(order) for order in orders if order.command.name == "release")
    return tuple(id for id in found if id is not None)


def is_solved(case: Case) -> bool:
    """Whether the case counts as done."""
    return case.ticket.status not in UNSOLVED
