"""A ticket takes a turn: pending, reopened, solved, closed; who is told of it.

The row of the table of letters for changes of state: the requester where the mailbox's
`letters` say so, and the assignee unless it was his own doing. What an agent wrote in the
same mail says it better than a letter of ours, so that a public reply is all there is.
"""

from datetime import datetime

from mailroom.desk.letters.post import queue, tagged, words
from mailroom.desk.letters.tell_agents import goes_to, internal_letter, standing
from mailroom.desk.letters.tell_customers import to_requester
from mailroom.desk.office import Office
from mailroom.desk.rating import can_rate, score_of
from mailroom.message.address import normalize
from mailroom.notice.audience import Told
from mailroom.ticket.case import Case
from mailroom.ticket.lifecycle import UNSOLVED
from mailroom.ticket.model import MAILROOM, Event, Kind, Status, Ticket
from mailroom.ticket.token import Permission

ENDED = "term"  # the time of a `#pending 3d` is over
PUBLIC = frozenset({"reopened", ENDED})  # there is something to answer


def turn_of(before: Ticket, after: Ticket) -> str | None:
    """Return the letter for a change of status; None: there is none."""
    was, now = before.status, after.status
    if now is Status.SOLVED and was in UNSOLVED:
        return "solved"
    if now is Status.PENDING and was is not Status.PENDING:
        return "pending"
    done = (Status.SOLVED, Status.CLOSED)
    return "reopened" if was in done and now is Status.OPEN else None


def tell_turn(
    office: Office, case: Case, before: Ticket, key: str, by: str, now: datetime
) -> None:
    """Tell of what an agent's mail without a public reply did to the status.

    `key` tells this mail from others; `by`: the agent's address.
    """
    turn = turn_of(before, case.ticket)
    if turn is None:
        return
    tell_requester(office, case, turn, f"{turn}:{key}", now)
    if turn != "solved":
        _tell_assignee(office, case, turn, key, by, now)


def tell_requester(
    office: Office, case: Case, letter: str, key: str, now: datetime
) -> bool:
    """Write to the requester where the mailbox wants this letter; return whether."""
    ticket = case.ticket
    boxes = [box for box in office.book.mailboxes if box.address == ticket.mailbox]
    wanted = bool(boxes) and letter in boxes[0].letters
    if not wanted or ticket.spam or office.is_agent(ticket.requester):
        return False
    to_requester(office, case, letter, key, now)
    return True


def tell_of_time(office: Office, case: Case, now: datetime) -> None:
    """Tell of what time alone did to the status: a term that ended, the closing.

    Told are the events that this very look has recorded; dedupe keys make it once.
    """
    for event in case.log:
        if event.recorded_at != case.recorded_at or event.actor != MAILROOM:
            continue
        if event.kind is Kind.CLOSE:
            _ask_for_rating(office, case, event, now)
        elif event.kind is Kind.STATUS and event.data["status"] == Status.OPEN:
            key = f"{case.ticket.id}:{event.at.isoformat()}"
            for told in () if case.ticket.spam else office.circle(case.ticket):
                _tell(office, case, told, ENDED, key, "", now)


def _ask_for_rating(office: Office, case: Case, event: Event, now: datetime) -> None:
    ticket = case.ticket
    rated = score_of(case, ticket.requester) is not None
    if rated or not can_rate(office, ticket, ticket.requester):
        return
    key = f"{ticket.id}:{event.at.isoformat()}"
    if tell_requester(office, case, "rating", f"rating:{key}", now):
        _tell_assignee(office, case, "rating", key, "", now)


def _tell_assignee(
    office: Office, case: Case, change: str, key: str, by: str, now: datetime
) -> None:
    """Tell the assignee, unless he did it himself."""
    address = office.address(case.ticket.assignee)
    agent = office.audience.agent(address) if address is not None else None
    if agent is None or not agent.active or case.ticket.spam:
        return
    if normalize(agent.address) != normalize(by):
        told = Told(agent.address, "assignee", agent)
        _tell(office, case, told, change, key, by, now)


def _tell(
    office: Office,
    case: Case,
    told: Told,
    change: str,
    key: str,
    by: str,
    now: datetime,
) -> None:
    ticket = case.ticket
    customer = office.person(ticket.requester)
    agent = office.store.person_for(told.address, told.agent.name if told.agent else "")
    permission = Permission.PUBLIC if change in PUBLIC else Permission.INTERNAL
    values = {
        **standing(office, case),
        "subject": tagged(office, ticket, ticket.subject),
        "goes_to": goes_to(office, case, permission),
        "change": change,
        "by": by,
        "customer": customer.name or customer.address,
    }
    key = f"changed:{change}:{key}:{agent}"
    letter = internal_letter(office, case, told, key, "changed", permission, agent)
    written = words(office, "changed", "en", values, case.ticket.mailbox)
    queue(office, case, letter, written, now)
