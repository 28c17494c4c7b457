"""A letter as a ticket would get it now, for whoever writes templates. Sends nothing.

What the ticket itself does not give (a bounce's diagnostic, say) is filled with samples.
"""

from typing import Any

from mailroom.desk.casefile import fold, load
from mailroom.desk.letters.customer_letter import to_customer
from mailroom.desk.letters.post import subject_with_number, words
from mailroom.desk.letters.promise import deadlines
from mailroom.desk.letters.tell_agents import goes_to, history, standing
from mailroom.desk.office import Office
from mailroom.errors import MailroomError
from mailroom.notice.letters import Written
from mailroom.ticket.case import Case
from mailroom.ticket.model import TicketId
from mailroom.ticket.token import Permission

FOR_AGENTS = frozenset(
    "alarm answered assigned bounced changed confirmation crossed escalation escalations login"
    " notification probe quarantined transcript undelivered".split()
)


def show_letter(office: Office, name: str, id: TicketId) -> Written:
    """Write a letter on a ticket. MailroomError: no such letter, or no such ticket."""
    if name not in office.letters.names():
        known = ", ".join(office.letters.names())
        raise MailroomError(f"there is no letter {name}; there are {known}")
    case = load(office, id, office.now())
    if case is None:
        raise MailroomError(f"there is no ticket {id}")
    values = _values(office, case)
    if name in FOR_AGENTS:
        return words(office, name, "en", values, case.ticket.mailbox)
    person = office.person(case.ticket.requester)
    clocks, _ = fold(office, case, office.now())
    own = ("status", "missed", "tickets", "text", "files")
    more = {key: values[key] for key in own}
    return to_customer(office, case, name, person, clocks=clocks, **more)


def _values(office: Office, case: Case) -> dict[str, Any]:
    """Return every value that some letter to agents asks for, and samples."""
    ticket, now = case.ticket, office.now()
    clocks, _ = fold(office, case, now)
    customer = office.person(ticket.requester)
    comments = office.store.comments(ticket.id)
    last = comments[-1] if comments else None
    author = office.person(last.author) if last is not None else customer
    name, url = customer.name or customer.address, office.config.web.url
    line = {"number": office.number(ticket.id), "subject": ticket.subject}
    return {
        **_SAMPLES,
        **standing(office, case),
        "subject": subject_with_number(office, ticket, ticket.subject),
        "goes_to": goes_to(office, case, Permission.PUBLIC),
        "author": author.name or author.address,
        "text": last.text.strip() if last is not None else "",
        "history": history(office, case),
        "deadlines": deadlines(office, ticket, clocks),
        "customer": name,
        "address": customer.address,
        "addresses": customer.address,
        "mailbox": ticket.mailbox,
        "held_subject": ticket.subject,
        "received": f"{ticket.created_at:%Y-%m-%d %H:%M} UTC",
        "path": "(path)",
        "tickets": [{**line, "status": ticket.status.value, "url": url}],
        "url": url,
        "status": ticket.status.value,
    }


_SAMPLES: dict[str, Any] = {
    "advice": "(advice)",
    "at": "(instant)",
    "attachments": "",
    "breached": True,
    "by": "(agent)",
    "change": "reopened",
    "changes": [],
    "consequence": "(consequence)",
    "diagnostic": "(what the server said)",
    "due": "(instant)",
    "event": "new message",
    "files": [],
    "first": "(the first reply)",
    "flagged": "",
    "late": False,
    "letter": "reply",
    "lines": ["(line)"],
    "left_out": [],
    "lost": "",
    "message": 1,
    "metric": "first reply",
    "minutes": 15,
    "missed": True,
    "name": "(agent)",
    "other": "(another agent)",
    "quoted": "",
    "reason": "(reason)",
    "step": "(step)",
    "type": "permanent",
    "verdict": "(verdict)",
}
