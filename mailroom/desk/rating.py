"""How we did, in a customer's view: who may say so, and what they said last."""

from mailroom.desk.office import Office
from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind, PersonId, Status, Ticket
from mailroom.ticket.token import EVERYBODY


def can_rate(office: Office, ticket: Ticket, person: PersonId) -> bool:
    """Whether this person may say how we did: where it is enabled, once it is solved."""
    if person == EVERYBODY or ticket.status not in (Status.SOLVED, Status.CLOSED):
        return False
    boxes = [box for box in office.book.mailboxes if box.address == ticket.mailbox]
    enabled = bool(boxes) and "rating" in boxes[0].letters
    return enabled and ticket.merged_into is None and not office.is_agent(person)


def score_of(case: Case, person: PersonId) -> int | None:
    """Return this person's rating of the ticket, the latest one."""
    rated = case.events(Kind.RATED)
    scores = [e.data["score"] for e in rated if e.data.get("person") == person]
    return scores[-1] if scores else None
