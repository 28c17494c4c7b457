"""Carrying out an agent's commands: all are checked first, then all are done, or none.

Each command is one small function in two tables, `CHECKS` (a sentence where it cannot be
done) and `ACTS` (what it records). Nothing here sends mail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mailroom.desk.office import Office
from mailroom.ticket.case import Case
from mailroom.ticket.command import Command, Commands, Fault
from mailroom.ticket.lifecycle import UNSOLVED, Trigger
from mailroom.ticket.model import Kind, PersonId, Status
from mailroom.ticket.routing import set_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command, on one case, by one agent, at one instant."""

    office: Office
    case: Case
    agent: PersonId
    agent_address: str
    at: datetime
    command: Command

    @property
    def value(self) -> str:
        """What stands behind the command's name."""
        return self.command.value


def check(orders: list[Order]) -> tuple[Fault, ...]:
    """Return what cannot be done, line by line; nothing is done while there is any."""
    faults = []
    for order in orders:
        why = CHECKS.get(order.command.name, _fine)(order)
        if why:
            faults.append(Fault(order.command.line, why))
    return tuple(faults)


def carry_out(orders: list[Order]) -> bool:
    """Do what was checked; return whether a field that rules see has changed."""
    changed = False
    for order in orders:
        act = ACTS.get(order.command.name)
        if act is not None:
            act(order)
            changed = True
    return changed


def orders_of(
    commands: Commands,
    office: Office,
    case: Case,
    agent: PersonId,
    agent_address: str,
    at: datetime,
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
        )
        for command in commands.commands
    ]


def _fine(order: Order) -> str:
    return ""


def _check_agent(order: Order) -> str:
    if order.office.audience.named(order.value) is None:
        return f"no agent, or more than one, is called {order.value}"
    return ""


def _check_team(order: Order) -> str:
    if not order.office.audience.is_team(order.value):
        return f"there is no team {order.value}"
    return ""


def _check_policy(order: Order) -> str:
    policies = order.office.rules.edition.ruleset.policies
    if order.value != "none" and order.value not in policies:
        known = ", ".join([*sorted(policies), "none"])
        return f"there is no policy {order.value}; there are {known}"
    return ""


def _check_open(order: Order) -> str:
    if order.case.ticket.status is Status.CLOSED:
        return "this ticket is closed for good; a new mail opens a new one"
    return ""


CHECKS: Mapping[str, Callable[[Order], str]] = {
    "assign": _check_agent,
    "team": _check_team,
    "policy": _check_policy,
    "solved": _check_open,
    "pending": _check_open,
    "hold": _check_open,
    "reopen": _check_open,
    "open": _check_open,
}


def _solved(order: Order) -> None:
    order.case.trigger(Trigger.AGENT_SOLVED, order.at, actor=order.agent, by="agent")


def _pending(order: Order) -> None:
    term = order.command.term
    until = order.at + term if term is not None else None
    _move(order, Status.PENDING, until)


def _hold(order: Order) -> None:
    _move(order, Status.ON_HOLD)


def _reopen(order: Order) -> None:
    _move(order, Status.OPEN)


def _move(order: Order, status: Status, until: datetime | None = None) -> None:
    order.case.move(status, order.at, actor=order.agent, until=until, by="agent")


def _set(order: Order, **changes: object) -> None:
    order.case.add(Kind.SET, order.at, actor=order.agent, by="agent", **changes)


def _assign(order: Order) -> None:
    agent = order.office.audience.named(order.value)
    if agent is not None:
        _set(order, assignee=order.office.store.person_for(agent.address, agent.name))


def _take(order: Order) -> None:
    _set(order, assignee=order.agent)
    order.case.add(Kind.TAKE, order.at, actor=order.agent)


def _tag(order: Order) -> None:
    _set(order, tags=order.value.replace(",", " ").split())


def _untag(order: Order) -> None:
    _set(order, untags=order.value.replace(",", " ").split())


def _policy(order: Order) -> None:
    name = None if order.value == "none" else order.value
    set_policy(order.case, order.office.rules.edition, name, order.at, order.agent)


def _subject(order: Order) -> None:
    order.case.ticket = replace(order.case.ticket, subject=order.value)
    _set(order, subject=True)


def _plain(kind: Kind) -> Callable[[Order], None]:
    def act(order: Order) -> None:
        order.case.add(kind, order.at, actor=order.agent)

    return act


ACTS: Mapping[str, Callable[[Order], None]] = {
    "solved": _solved,
    "pending": _pending,
    "hold": _hold,
    "reopen": _reopen,
    "open": _reopen,
    "assign": _assign,
    "take": _take,
    "team": lambda order: _set(order, team=order.value),
    "priority": lambda order: _set(order, priority=order.value),
    "tag": _tag,
    "untag": _untag,
    "policy": _policy,
    "subject": _subject,
    "ack": _plain(Kind.ACKNOWLEDGE),
    "spam": _plain(Kind.SPAM),
    "notspam": _plain(Kind.NOTSPAM),
}


def is_solved(case: Case) -> bool:
    """Whether the case counts as done."""
    return case.ticket.status not in UNSOLVED
