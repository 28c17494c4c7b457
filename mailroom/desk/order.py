"""Carrying out an agent's commands: all are checked first, then all are done, or none.

Each command is one small function in two tables, `CHECKS` (a sentence where it cannot be
done) and `ACTS` (what it records). Nothing here sends mail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mailroom.desk.merge import authors, merge_into
from mailroom.desk.office import Office
from mailroom.desk.post import can_write_to
from mailroom.desk.record import join
from mailroom.desk.split import message_meant, split_off
from mailroom.message.model import Mailbox
from mailroom.ticket.away import until_when
from mailroom.ticket.case import Case
from mailroom.ticket.command import Command, Commands, Fault
from mailroom.ticket.lifecycle import UNSOLVED, Trigger
from mailroom.ticket.model import (
    Disposition,
    InboundId,
    Kind,
    PersonId,
    Role,
    Status,
    Ticket,
    TicketId,
)
from mailroom.ticket.routing import set_policy
from mailroom.ticket.undo import undo_of


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
    found = (_held(order) for order in orders if order.command.name == "release")
    return tuple(id for id in found if id is not None)


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


def _check_address(order: Order) -> str:
    if not can_write_to(_bare(order.value)):
        return f"{order.value} is not an e-mail address"
    return ""


def _check_cc(order: Order) -> str:
    return "" if order.value.lower() == "all" else _check_address(order)


def _check_customer(order: Order) -> str:
    wrong = _check_address(order)
    if wrong:
        return wrong
    return "" if _participant(order) else f"{order.value} takes no part in this ticket"


def _check_merge(order: Order) -> str:
    target = _target(order)
    if target is None:
        return f"there is no ticket {order.value}"
    if target.id == order.case.ticket.id:
        return "a ticket cannot be merged into itself"
    if target.merged_into is not None:
        return f"ticket {order.value} was itself merged into {target.merged_into}"
    return ""


def _check_canned(order: Order) -> str:
    if order.office.canned(order.value) is None:
        return f"there is no text {order.value} in the [canned] folder"
    return ""


def _check_release(order: Order) -> str:
    held = _held(order)
    return "" if held is not None else f"no message {order.value} waits in quarantine"


def _check_away(order: Order) -> str:
    if _away_until(order) is None:
        return "write #away until Monday, #away until 2026-12-24, #away 3d or #away off"
    return ""


def _check_split(order: Order) -> str:
    if message_meant(order.office, order.case, order.answered) is None:
        return "there is no message of a customer to split off"
    return ""


def _check_undo(order: Order) -> str:
    case = order.case
    found = undo_of(case.log, case.ticket, str(order.agent))
    return "" if found is not None else "you have done nothing here that can be undone"


CHECKS: Mapping[str, Callable[[Order], str]] = {
    "assign": _check_agent,
    "team": _check_team,
    "policy": _check_policy,
    "requester": _check_address,
    "cc": _check_cc,
    "uncc": _check_customer,
    "revoke": _check_customer,
    "merge": _check_merge,
    "split": _check_split,
    "away": _check_away,
    "undo": _check_undo,
    "canned": _check_canned,
    "release": _check_release,
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


def _requester(order: Order) -> None:
    person = order.office.store.person_for(_bare(order.value))
    _set(order, requester=person)
    join(order.office, order.case, person, Role.REQUESTER, "#requester", order.at)


def _cc(order: Order) -> None:
    wanted = [Mailbox(_bare(order.value))]
    if order.value.lower() == "all":
        wanted = authors(order.office, order.case)
    for mailbox in wanted:
        person = order.office.store.person_for(mailbox.address, mailbox.name)
        join(order.office, order.case, person, Role.CC, "#cc", order.at)


def _uncc(order: Order) -> None:
    person = _participant(order)
    if person is None or person == order.case.ticket.requester:
        return
    order.office.store.remove_participant(order.case.ticket.id, person)
    order.case.add(Kind.PARTICIPANT_LEFT, order.at, actor=order.agent, person=person)


def _revoke(order: Order) -> None:
    person = _participant(order)
    order.case.add(Kind.REVOKED, order.at, actor=order.agent, person=person)


def _merge(order: Order) -> None:
    target = _target(order)
    if target is not None:
        merge_into(order.office, order.case, target.id, order.agent, order.at)


def _split(order: Order) -> None:
    message = message_meant(order.office, order.case, order.answered)
    if message is not None:
        split_off(order.office, order.case, message, order.agent, order.at)


def _undo(order: Order) -> None:
    case = order.case
    found = undo_of(case.log, case.ticket, str(order.agent))
    if found is None:
        return
    if found.changes:
        _set(order, **found.changes)
    if found.status is not None:
        _move(order, found.status)
    own = [event.id for event in case.log[-2:] if event.actor == str(order.agent)]
    taken = [*found.events, *own]
    case.add(Kind.UNDO, order.at, actor=order.agent, events=taken)


def _away(order: Order) -> None:
    until = _away_until(order)
    if until is not None:
        order.office.set_away(order.agent_address, until)


def _away_until(order: Order) -> datetime | None:
    zone = order.office.zone_of_agent(order.agent_address)
    return until_when(order.value, order.at, zone)


def _bare(text: str) -> str:
    return text.strip().strip("<>").removeprefix("mailto:")


def _participant(order: Order) -> PersonId | None:
    store = order.office.store
    person = store.find_person(_bare(order.value))
    taking_part = {p.person for p in store.participants(order.case.ticket.id)}
    return person.id if person is not None and person.id in taking_part else None


def _target(order: Order) -> Ticket | None:
    digits = order.value.strip().lstrip("#[").rstrip("]")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        return None
    return order.office.store.ticket(TicketId(int(digits)))


def _held(order: Order) -> InboundId | None:
    digits = order.value.strip().lstrip("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        return None
    found = order.office.store.inbound(InboundId(int(digits)))
    if found is None or found.disposition is not Disposition.QUARANTINED:
        return None
    return found.id


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
    "requester": _requester,
    "cc": _cc,
    "uncc": _uncc,
    "revoke": _revoke,
    "merge": _merge,
    "split": _split,
    "away": _away,
    "undo": _undo,
    "ack": _plain(Kind.ACKNOWLEDGE),
    "spam": _plain(Kind.SPAM),
    "notspam": _plain(Kind.NOTSPAM),
}


def is_solved(case: Case) -> bool:
    """Whether the case counts as done."""
    return case.ticket.status not in UNSOLVED
