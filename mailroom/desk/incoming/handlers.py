"""Which use case a mail is for: a table, read from the top; the first that takes it wins."""

from collections.abc import Callable

from mailroom.desk.act import Outcome, act_of
from mailroom.desk.incoming.agent import agent_mail
from mailroom.desk.incoming.batch import batch_mail, is_batch
from mailroom.desk.incoming.candidates import is_answered_by
from mailroom.desk.incoming.customer import (
    closed_since,
    follow_up,
    is_only_courtesy,
    new_ticket,
)
from mailroom.desk.incoming.held import hold, is_held, nothing_released, release_asked
from mailroom.desk.incoming.machine import automatic_mail, bounced
from mailroom.desk.incoming.passed_on import pass_on, passed_on
from mailroom.desk.incoming.probe import probe_arrived
from mailroom.desk.incoming.refill import fill, stub_of
from mailroom.desk.incoming.sent import sent_mail
from mailroom.desk.incoming.status_mail import status_asked
from mailroom.desk.incoming.takeover import take_over, take_over_by_agent
from mailroom.desk.letters.answer_address import asked_for
from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.ticket.case import Case
from mailroom.ticket.followup import Clue, Found
from mailroom.ticket.model import Disposition, Status, TicketId
from mailroom.ticket.recipient import Place
from mailroom.ticket.token import Permission

Handler = Callable[[Office, Reading, Case | None, Found], Outcome | None]


def _duplicate(
    office: Office, reading: Reading, case: Case | None, found: Found
) -> Outcome | None:
    """The same Message-ID, From, Date and content: one mail that came twice."""
    if reading.message.message_id is None:
        return None
    first = office.store.claim_content(reading.content_key, reading.inbound.id)
    if first == reading.inbound.id:
        return None
    known = office.store.inbound(first)
    ticket = known.ticket if known is not None else None
    proves = known is not None and is_held(known) and reading.is_agent
    released = (first,) if proves else ()
    reason = f"the same mail as message {first}"
    if proves:
        reason += ", whose author it proves"
    return Outcome(Disposition.DUPLICATE, ticket, reason, released)


def _bounce(
    office: Office, reading: Reading, case: Case | None, found: Found
) -> Outcome | None:
    return bounced(office, reading)


def _automatic(
    office: Office, reading: Reading, case: Case | None, found: Found
) -> Outcome | None:
    return automatic_mail(office, reading, case)


def _probe(
    office: Office, reading: Reading, case: Case | None, found: Found
) -> Outcome | None:
    return probe_arrived(office, reading)


def _sent(
    office: Office, reading: Reading, case: Case | None, found: Found
) -> Outcome | None:
    return sent_mail(office, reading, case)


def _release(
    office: Office, reading: Reading, case: Case | None, found: Found
) -> Outcome | None:
    """The answer to a confirmation; what it releases is processed after this one."""
    held = release_asked(office, reading)
    if held is None:
        return None
    reason = f"released message {held}"
    return Outcome(Disposition.COMMAND, None, reason, released=(held,))


def _unproven_agent(
    office: Office, reading: Reading, case: Case | None, found: Found
) -> Outcome | None:
    """An agent's From without proof: held, whatever token it has."""
    if reading.agent is None or reading.is_agent:
        return None
    return hold(office, reading, case)


def _agent(
    office: Office, reading: Reading, case: Case | None, found: Found
) -> Outcome | None:
    if not reading.is_agent:
        return None
    token = reading.clues.token
    if token is not None and token.permission is Permission.RELEASE:
        return nothing_released(act_of(office, reading))
    act, text = act_of(office, reading), reading.message.reply_text
    to_control = reading.recipient.place is Place.CONTROL
    if to_control or (case is None and is_batch(text)):
        return batch_mail(act, text)
    theirs = passed_on(act) if case is not None else None
    if case is not None and theirs is not None and not _is_closed(case):
        return pass_on(act, case, theirs)
    if (
        case is not None
        and _is_original(office, reading, case, found)
        and take_over_by_agent(act, case, found.replies)
    ):
        return Outcome(Disposition.FOLLOW_UP, case.ticket.id)
    return agent_mail(act, case)


def _is_original(office: Office, reading: Reading, case: Case, found: Found) -> bool:
    """Whether this mail is what the ticket's opening mail answers."""
    id = reading.message.message_id
    awaited = found.clue is Clue.AWAITED and not _is_closed(case)
    return awaited and is_answered_by(office, case.ticket.id, id)


def _is_closed(case: Case) -> bool:
    return case.ticket.status is Status.CLOSED


def _customer(
    office: Office, reading: Reading, case: Case | None, found: Found
) -> Outcome | None:
    now = office.now()
    office.unmute(reading.author.address)
    if (reply_to := asked_for(office, reading)) is not None:
        office.unmute(reply_to)
    asked = status_asked(office, reading, case)
    if asked is not None:
        return asked
    closed = case is not None and case.ticket.status is Status.CLOSED
    if case is not None and closed_since(case, reading.inbound.received_at):
        closed = False
    if case is None or (closed and not is_only_courtesy(office, reading, case)):
        stub = stub_of(office, reading)
        if stub is not None:
            return fill(office, reading, stub)
        linked: tuple[TicketId, ...] = found.weak
        if case is not None:
            linked = (case.ticket.id, *linked)
        return Outcome(Disposition.NEW_TICKET, new_ticket(office, reading, now, linked))
    token = reading.clues.token
    flagged = ""
    if token is not None and token.permission is not Permission.CUSTOMER:
        flagged = "it came with an agent's reply address, but not from an agent"
    if _is_original(office, reading, case, found):
        take_over(office, reading, case, found.replies)
        return Outcome(Disposition.FOLLOW_UP, case.ticket.id)
    follow_up(office, reading, case, now, flagged=flagged)
    return Outcome(Disposition.FOLLOW_UP, case.ticket.id)


HANDLERS: tuple[Handler, ...] = (
    _probe,
    _sent,
    _duplicate,
    _bounce,
    _release,
    _automatic,
    _unproven_agent,
    _agent,
    _customer,
)
