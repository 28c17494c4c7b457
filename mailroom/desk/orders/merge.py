"""Merging: one ticket goes on as part of another, and nothing is lost.

The merged ticket keeps its number, its messages and its log; mail to it lands in the
other. An agent's merge brings its participants along. Its open clocks are cancelled.

Tickets join by themselves only where all of it is one conversation: what opened the
other answers a mail of this one, so that both have the same requester. Then those take
part who would if it had been one ticket from the start. Not where both have a public
agent reply: what customers were told stays theirs, and the two are linked.
"""

from datetime import datetime

from mailroom.desk.casefile import keep, load
from mailroom.desk.letters.answer_address import bring_asked
from mailroom.desk.letters.link import is_revoked
from mailroom.desk.letters.tell_customers import withdraw_acknowledgements
from mailroom.desk.office import Office
from mailroom.desk.record import join
from mailroom.desk.taking_part import asked_in, let_in_copied
from mailroom.ticket.case import Case
from mailroom.ticket.lifecycle import Trigger
from mailroom.ticket.model import MAILROOM, Kind, PersonId, Role, Status, TicketId

_MOST_MERGES = 20  # a merged ticket may have been merged on


def resolved(office: Office, id: TicketId) -> TicketId:
    """Return the ticket that a ticket goes on as."""
    for _ in range(_MOST_MERGES):
        ticket = office.store.ticket(id)
        if ticket is None or ticket.merged_into is None:
            break
        id = ticket.merged_into
    return id


def merge_into(
    office: Office, case: Case, into: TicketId, agent: PersonId | None, at: datetime
) -> None:
    """Merge `case` into another ticket; the caller keeps `case`.

    `agent` None: it happens by itself.
    """
    store = office.store
    target = load(office, into, case.recorded_at)
    if target is None:
        return
    _record(office, case, target, agent if agent is not None else MAILROOM, at)
    for participant in store.participants(case.ticket.id):
        join(office, target, participant.person, Role.CC, "merged ticket", at)
    _bring_revoked(office, case, target, at)
    keep(office, target, office.now())


def join_ticket(office: Office, case: Case, other: TicketId) -> None:
    """Join another ticket to this one by itself, or link the two; the caller keeps it."""
    now = office.now()
    second = load(office, resolved(office, other), now)
    if second is None or second.ticket.id == case.ticket.id:
        return
    both_answered = second.ticket.answered and case.ticket.answered
    if both_answered or second.ticket.status is Status.CLOSED:
        link(office, case, second.ticket.id)
        return
    withdraw_acknowledgements(office, second, now)
    _record(office, second, case, MAILROOM, now)
    _bring_answers(case, second)
    for person in asked_in(second):
        join(office, case, person, Role.CC, "#cc", now)
    let_in_copied(office, case, now)
    _bring_revoked(office, second, case, now)
    bring_asked(office, second.ticket.id, case.ticket.id)
    keep(office, second, now)


def link(office: Office, case: Case, other: TicketId) -> None:
    """Link two tickets that have to do with each other; the caller keeps the case."""
    if other == case.ticket.id or other in office.store.links(case.ticket.id):
        return
    office.store.link(case.ticket.id, other)
    case.add(Kind.LINK, office.now(), ticket=other, why="answers the same mail")


def _record(
    office: Office, case: Case, target: Case, actor: PersonId | str, at: datetime
) -> None:
    case.add(Kind.MERGE, at, actor=actor, into=target.ticket.id)
    target.add(Kind.MERGED_FROM, at, actor=actor, ticket=case.ticket.id)
    office.store.link(case.ticket.id, target.ticket.id)


def _bring_answers(case: Case, second: Case) -> None:
    """Let an agent's public reply on the second ticket count on this one."""
    begun = case.log[0].at  # nothing comes before the opening
    for event in second.log:
        by_agent = event.kind is Kind.OPENED and event.data.get("by") == "agent"
        if event.kind is not Kind.AGENT_REPLY and not by_agent:
            continue
        at = max(event.at, begun)
        case.add(
            Kind.AGENT_REPLY,
            at,
            actor=event.actor,
            message=event.data["message"],
            author=event.data.get("author", int(event.actor)),
            solves=False,
        )
        case.trigger(Trigger.AGENT_REPLIED, at, actor=event.actor, by="agent")


def _bring_revoked(office: Office, case: Case, target: Case, at: datetime) -> None:
    """Let the links of whom an agent has revoked stay ended; not the requester's."""
    for participant in office.store.participants(target.ticket.id):
        person = participant.person
        if person != target.ticket.requester and is_revoked(case, person):
            target.add(Kind.REVOKED, at, person=person)
