"""The shapes of `--json`: what scripts rely on. Keys may be added, none renamed."""

from collections.abc import Mapping
from typing import Any

from mailroom.store.contract import ClockRow, MessageLine, Receipt, Store, TicketLine
from mailroom.ticket.model import (
    MAILROOM,
    Comment,
    Event,
    Kind,
    Person,
    PersonId,
    Ticket,
    TicketId,
)

People = Mapping[PersonId, Person]


def ticket_lines(store: Store, lines: list[TicketLine]) -> list[dict[str, Any]]:
    """Return what `tickets` shows of each line."""
    tickets = [line.ticket for line in lines]
    wanted = {t.requester for t in tickets} | {
        t.assignee for t in tickets if t.assignee
    }
    people = store.people(wanted)
    return [_ticket_line(line, people) for line in lines]


def _ticket_line(line: TicketLine, people: People) -> dict[str, Any]:
    ticket = line.ticket
    next_due = {"metric": line.next_metric, "due": line.next_due}
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status.value,
        "priority": ticket.priority,
        "policy": ticket.policy,
        "requester": _address(people, ticket.requester),
        "assignee": _address(people, ticket.assignee),
        "team": ticket.team,
        "tags": list(ticket.tags),
        "mailbox": ticket.mailbox,
        "created_at": ticket.created_at,
        "spam": ticket.spam,
        "next_due": next_due if line.next_metric else None,
    }


def ticket_page(store: Store, line: TicketLine, status_url: str) -> dict[str, Any]:
    """Return what `ticket N` shows: the line, and all that hangs on the ticket."""
    ticket = line.ticket
    comments = store.comments(ticket.id)
    events = store.events(ticket.id)
    participants = store.participants(ticket.id)
    people = store.people(
        _everybody(ticket, comments, events) | {p.person for p in participants}
    )
    return {
        **_ticket_line(line, people),
        "comments": [_comment(comment, people) for comment in comments],
        "events": [_event(event, people) for event in events],
        "clocks": [_clock(clock) for clock in store.clocks(ticket.id)],
        "participants": [
            {"address": _address(people, p.person), "role": p.role.value}
            for p in participants
        ],
        "recipients": [_receipt(receipt) for receipt in store.recipients(ticket.id)],
        "linked": [int(other) for other in store.links(ticket.id)],
        "merged_into": ticket.merged_into,
        "matched_rules": matched_rules(events),
        "status_url": status_url,
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "at": receipt.at,
        "address": receipt.address,
        "letter": receipt.letter,
        "why": receipt.why,
        "state": receipt.state.value,
    }


def line_of(store: Store, ticket_id: TicketId) -> TicketLine | None:
    """Return one ticket with the running clock that falls due next."""
    ticket = store.ticket(ticket_id)
    if ticket is None:
        return None
    due = [
        (c.due, c.metric)
        for c in store.clocks(ticket_id)
        if c.state == "running" and c.due
    ]
    first = min(due, default=(None, None))
    return TicketLine(ticket=ticket, next_metric=first[1], next_due=first[0])


def matched_rules(events: list[Event]) -> list[str]:
    """Return the names of all rules that ever matched, in order of first match."""
    decisions = (event.data for event in events if event.kind is Kind.DECISION)
    names = (name for data in decisions for name in data.get("rules", ()))
    return list(dict.fromkeys(names))


def _everybody(
    ticket: Ticket, comments: list[Comment], events: list[Event]
) -> set[PersonId]:
    actors = {PersonId(int(e.actor)) for e in events if e.actor.isdecimal()}
    known = {ticket.requester, *(c.author for c in comments)} | actors
    return known | ({ticket.assignee} if ticket.assignee else set())


def _comment(comment: Comment, people: People) -> dict[str, Any]:
    return {
        "at": comment.at,
        "author": _address(people, comment.author),
        "public": comment.public,
        "text": comment.text,
        "message_id": comment.message_id,
        "flagged": comment.flagged,
        "attachments": [
            {
                "filename": attachment.filename,
                "content_type": attachment.content_type,
                "size": attachment.size,
            }
            for attachment in comment.attachments
        ],
    }


def _event(event: Event, people: People) -> dict[str, Any]:
    by_person = event.actor.isdecimal()
    actor = _address(people, PersonId(int(event.actor))) if by_person else MAILROOM
    data = dict(event.data)
    return {"at": event.at, "kind": event.kind.value, "actor": actor, "data": data}


def _clock(clock: ClockRow) -> dict[str, Any]:
    return {
        "metric": clock.metric,
        "cycle": clock.cycle,
        "state": clock.state,
        "target": clock.target,
        "elapsed": clock.elapsed,
        "remaining": clock.remaining,
        "due": clock.due,
        "fulfilled_at": clock.fulfilled_at,
        "breached_at": clock.breached_at,
    }


def message_line(line: MessageLine) -> dict[str, Any]:
    """Return what `messages` shows of a mail, either direction."""
    return {
        "id": line.id,
        "direction": line.direction,
        "at": line.at,
        "message_id": line.message_id,
        "from": line.sender,
        "to": list(line.to),
        "subject": line.subject,
        "ticket": line.ticket,
        "disposition": line.disposition,
        "clue": line.clue,
        "reason": line.reason,
    }


def _address(people: People, person: PersonId | None) -> str | None:
    found = people.get(person) if person is not None else None
    return found.address if found else None
