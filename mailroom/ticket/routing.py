"""What the rules do to a case: their decision, turned into events.

The decision itself is `rules.ruleset`'s; here it becomes SET, SPAM and TERMS events, in
that order, so that the terms already see the priority that the same look has set.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailroom.ticket.case import Case
from mailroom.ticket.edition import Edition
from mailroom.ticket.model import Kind, PersonId, Ticket
from rules.calendar import ALWAYS_NAME
from rules.decision import Choice, Decision, Kept
from rules.facts import Facts, TicketFacts

PersonOf = Callable[[str], PersonId]  # the id of an address


def decide(
    case: Case,
    edition: Edition,
    facts: Facts,
    on: str,
    opening: Facts | None = None,
    present: TicketFacts | None = None,
) -> Decision:
    """Ask the rules about one event; `rules.ruleset` says what each of the facts is."""
    ticket = case.ticket
    kept = Kept(
        fields=ticket.sticky,
        policy=ticket.policy,
        untagged=frozenset(_untagged(case)),
    )
    return edition.ruleset.decide(
        facts, on, opening=opening, kept=kept, present=present
    )


def apply(
    case: Case,
    edition: Edition,
    decision: Decision,
    at: datetime,
    person_of: PersonOf,
    *,
    by_step: bool = False,
) -> None:
    """Record what a decision changes; nothing where it changes nothing.

    `by_step`: an escalation step caused this look, so the clocks count its terms as
    the step's work.
    """
    changes = _changes(case.ticket, decision, person_of)
    if changes:
        case.add(Kind.SET, at, by="rule", rules=dict(decision.set_by), **changes)
    if decision.spam and not case.ticket.spam:
        case.add(Kind.SPAM, at, by="rule")
    _terms(case, edition, decision, at, {"by": "escalation"} if by_step else {})


def set_policy(
    case: Case, edition: Edition, name: str | None, at: datetime, agent: PersonId
) -> None:
    """Record an agent's `#policy NAME` (None: no SLA); no rule overrides it."""
    policy = edition.ruleset.policies[name] if name is not None else None
    keys: dict[str, Any] = {
        "name": name,
        "policy": edition.policy_keys[name] if name is not None else None,
        "calendar": edition.calendar_keys[policy.calendar if policy else ALWAYS_NAME],
        "escalation": case.ticket.escalation_key,
    }
    if policy is not None and "escalation" not in case.ticket.sticky:
        path = policy.escalation
        keys["escalation"] = edition.path_keys.get(path) if path else None
    case.add(Kind.TERMS, at, actor=agent, sticks=["policy"], why="agent", **keys)


def _changes(ticket: Ticket, decision: Decision, person_of: PersonOf) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if decision.priority is not None and decision.priority != ticket.priority:
        changes["priority"] = decision.priority
    if decision.team is not None and decision.team != ticket.team:
        changes["team"] = decision.team
    if decision.assignee is not None:
        assignee = person_of(decision.assignee)
        if assignee != ticket.assignee:
            changes["assignee"] = assignee
    if decision.tags:
        changes["tags"] = list(decision.tags)
    return changes


def _terms(
    case: Case,
    edition: Edition,
    decision: Decision,
    at: datetime,
    mark: dict[str, Any],
) -> None:
    ticket = case.ticket
    policy, path = decision.policy, decision.escalation
    name = policy.value if policy else ticket.policy
    keys: dict[str, Any] = {
        "name": name,
        "policy": _key(policy, edition.policy_keys, ticket.policy_key),
        "calendar": edition.calendar_keys[decision.calendar or ALWAYS_NAME]
        if policy
        else ticket.calendar_key or edition.calendar_keys[ALWAYS_NAME],
        "escalation": _key(path, edition.path_keys, ticket.escalation_key),
    }
    known = case.events(Kind.TERMS)
    if known and all(known[-1].data.get(key) == value for key, value in keys.items()):
        return
    chosen = {"policy": policy, "escalation": path}
    sticks = [field for field, choice in chosen.items() if choice and choice.sticks]
    why = {field: _why(choice) for field, choice in chosen.items() if choice}
    case.add(Kind.TERMS, at, sticks=sticks, why=why, **keys, **mark)


def _key(
    choice: Choice | None, keys: dict[str, str], present: str | None
) -> str | None:
    if choice is None:
        return present
    return keys[choice.value] if choice.value is not None else None


def _why(choice: Choice) -> str:
    return f"rule {choice.rule}" if choice.rule else choice.source.value


def _untagged(case: Case) -> set[str]:
    """Tags that an agent took away and nobody has given back."""
    gone: set[str] = set()
    for event in case.events(Kind.SET):
        gone |= set(event.data.get("untags", ()))
        gone -= set(event.data.get("tags", ()))
    return gone
