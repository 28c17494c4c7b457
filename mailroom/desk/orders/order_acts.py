"""What a command records. Nothing here sends mail."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mailroom.desk.letters.link import is_revoked
from mailroom.desk.letters.tell_customers import withdraw_acknowledgements
from mailroom.desk.orders.everybody import everybody
from mailroom.desk.orders.merge import merge_into
from mailroom.desk.orders.order import (
    Order,
    agent_named,
    away_until,
    participant,
    policy_named,
    target,
    team_named,
)
from mailroom.desk.orders.split import message_meant, split_off
from mailroom.desk.record import join
from mailroom.ticket.addressee import addressees
from mailroom.ticket.lifecycle import Trigger
from mailroom.ticket.model import (
    Kind,
    PersonId,
    Role,
    Status,
)
from mailroom.ticket.routing import set_policy
from mailroom.ticket.undo import undo_of


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
    agent = agent_named(order)
    if agent is not None:
        _set(order, assignee=order.office.store.person_for(agent.address, agent.name))


def _take(order: Order) -> None:
    _set(order, assignee=order.agent)
    order.case.add(Kind.TAKE, order.at, actor=order.agent)


def _tag(order: Order) -> None:
    _set(order, tags=_tags(order))


def _untag(order: Order) -> None:
    _set(order, untags=_tags(order))


def _tags(order: Order) -> list[str]:
    words = order.value.replace(",", " ").split()
    return [word.lstrip("#") for word in words if word.strip("#")]


def _team(order: Order) -> None:
    _set(order, team=team_named(order))


def _policy(order: Order) -> None:
    name = policy_named(order)
    name = None if name == "none" else name
    set_policy(order.case, order.office.rules.edition, name, order.at, order.agent)


def _subject(order: Order) -> None:
    order.case.ticket = replace(order.case.ticket, subject=order.value)
    _set(order, subject=True)


def _requester(order: Order) -> None:
    """Give the ticket to another; the former one is copied, unless it was an agent."""
    office, case, former = order.office, order.case, order.case.ticket.requester
    (named,) = addressees(order.value)
    person = office.store.person_for(named.address, named.name)
    _set(order, requester=person)
    if former != person:
        for one in (former, person):
            office.store.remove_participant(case.ticket.id, one)
        if not office.is_agent(former):
            join(office, case, former, Role.CC, "was the requester", order.at)
    _admit(order, person, Role.REQUESTER, "#requester")


def _admit(
    order: Order, person: PersonId, role: Role, why: str, *, anew: bool = True
) -> None:
    """Let somebody take part; whoever is named gets links again if his were revoked."""
    revoked = anew and is_revoked(order.case, person)
    join(order.office, order.case, person, role, why, order.at)
    if revoked and is_revoked(order.case, person):
        about = {"person": person, "role": role.value, "why": why}
        order.case.add(Kind.PARTICIPANT, order.at, actor=order.agent, **about)


def _cc(order: Order) -> None:
    of_all = order.value.lower() == "all"
    wanted = everybody(order.office, order.case) if of_all else addressees(order.value)
    for mailbox in wanted:
        person = order.office.store.person_for(mailbox.address, mailbox.name)
        named = order.value.lower() != "all"
        why = "#cc" if named else "#cc all"
        _admit(order, person, Role.CC, why, anew=named)


def _uncc(order: Order) -> None:
    person = participant(order)
    if person is None or person == order.case.ticket.requester:
        return
    order.office.store.remove_participant(order.case.ticket.id, person)
    order.case.add(Kind.PARTICIPANT_LEFT, order.at, actor=order.agent, person=person)


def _revoke(order: Order) -> None:
    person = participant(order)
    order.case.add(Kind.REVOKED, order.at, actor=order.agent, person=person)


def _merge(order: Order) -> None:
    other = target(order)
    if other is not None:
        merge_into(order.office, order.case, other.id, order.agent, order.at)


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
    until = away_until(order)
    if until is not None:
        order.office.set_away(order.agent_address, until)


def _spam(order: Order) -> None:
    order.case.add(Kind.SPAM, order.at, actor=order.agent)
    withdraw_acknowledgements(order.office, order.case, order.at, "spam")


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
    "team": _team,
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
    "spam": _spam,
    "notspam": _plain(Kind.NOTSPAM),
}
