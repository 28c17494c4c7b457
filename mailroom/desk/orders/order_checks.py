"""What speaks against a command: a sentence each, before anything is done."""

from collections.abc import Callable, Mapping

from mailroom.desk.letters.post import can_write_to
from mailroom.desk.orders.crossed import held_reply
from mailroom.desk.orders.order import (
    Order,
    agent_named,
    away_until,
    held,
    participant,
    policy_named,
    target,
    team_named,
)
from mailroom.desk.orders.split import message_meant
from mailroom.message.automatic import is_no_reply
from mailroom.ticket.addressee import addressees
from mailroom.ticket.model import Status
from mailroom.ticket.undo import undo_of


def fine(order: Order) -> str:
    """Nothing speaks against it."""
    return ""


def _check_agent(order: Order) -> str:
    agent = agent_named(order)
    if agent is None:
        return f"no agent, or more than one, is called {order.value}"
    return "" if agent.active else f"{agent.address} is not an active agent"


def _check_team(order: Order) -> str:
    if team_named(order) is None:
        return f"there is no team {order.value}"
    return ""


def _check_policy(order: Order) -> str:
    if policy_named(order) is None:
        policies = order.office.rules.edition.ruleset.policies
        known = ", ".join([*sorted(policies), "none"])
        return f"there is no policy {order.value}; there are {known}"
    return ""


def _check_open(order: Order) -> str:
    if order.case.ticket.status is Status.CLOSED:
        return "this ticket is closed for good; a new mail opens a new one"
    return ""


def _check_addresses(order: Order) -> str:
    """Our own addresses and robots never become participants."""
    found = addressees(order.value)
    if not found:
        return f"{order.value} is not an e-mail address"
    for address in (mailbox.address for mailbox in found):
        if not can_write_to(address):
            return f"{address} is not an e-mail address that can be written to"
        if order.office.book.is_ours(address):
            return f"{address} is our own address"
        if is_no_reply(address):
            return f"{address} is an address that nobody reads"
    return ""


def _check_requester(order: Order) -> str:
    several = len(addressees(order.value)) > 1
    return "a ticket has one requester" if several else _check_outsiders(order)


def _check_cc(order: Order) -> str:
    return "" if order.value.lower() == "all" else _check_outsiders(order)


def _check_outsiders(order: Order) -> str:
    audience = order.office.audience
    for mailbox in addressees(order.value):
        if audience.agent(mailbox.address) is not None:
            return f"{mailbox.address} is an agent, whose address customers never see"
    return _check_addresses(order)


def _check_customer(order: Order) -> str:
    found = addressees(order.value)
    if len(found) != 1:
        return f"{order.value} is not an e-mail address"
    return "" if participant(order) else f"{order.value} takes no part in this ticket"


def _check_uncc(order: Order) -> str:
    if participant(order) == order.case.ticket.requester:
        return f"{order.value} is the requester; #requester names another"
    return _check_customer(order)


def _check_send(order: Order) -> str:
    waits = held_reply(order.office, order.case, order.agent)
    return "" if waits is not None else "no reply of yours is held on this ticket"


def _check_merge(order: Order) -> str:
    other = target(order)
    if other is None:
        return f"there is no ticket {order.value}"
    if other.id == order.case.ticket.id:
        return "a ticket cannot be merged into itself"
    if other.merged_into is not None:
        return f"ticket {order.value} was itself merged into {other.merged_into}"
    return ""


def _check_canned(order: Order) -> str:
    if order.office.canned(order.value) is None:
        return f"there is no text {order.value} in the [canned] folder"
    return ""


def _check_release(order: Order) -> str:
    found = held(order)
    return "" if found is not None else f"no message {order.value} waits in quarantine"


def _check_away(order: Order) -> str:
    if away_until(order) is None:
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
    "requester": _check_requester,
    "cc": _check_cc,
    "uncc": _check_uncc,
    "send": _check_send,
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
