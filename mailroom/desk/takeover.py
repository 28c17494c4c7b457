"""An original that arrives after its replies: arrival order must not matter.

It joins their ticket, whose number stays; its author becomes the requester, the rules
look at it as the opening mail, and those take part who would if it had come first.
Tickets of several such replies join by themselves only with the same requester and
without a public agent reply in both; else they are linked.
"""

from collections.abc import Sequence

from mailroom.desk.answer_address import keep_asked
from mailroom.desk.casefile import flush, keep, load
from mailroom.desk.customer import news_of
from mailroom.desk.facts import of_mail, of_ticket
from mailroom.desk.merge import merge_into
from mailroom.desk.office import Office
from mailroom.desk.reading import Reading, copied, opening_text
from mailroom.desk.record import add_comment, join, look
from mailroom.desk.split import read_again
from mailroom.desk.tell_agents import notify
from mailroom.desk.tell_customers import acknowledge, withdraw_acknowledgement
from mailroom.desk.tell_escalation import tell
from mailroom.desk.watch import catch_up, just_before
from mailroom.ticket.case import Case
from mailroom.ticket.model import InboundId, Kind, PersonId, Role, TicketId


def take_over(
    office: Office, reading: Reading, case: Case, others: Sequence[TicketId]
) -> None:
    """Put an original on the ticket of its replies."""
    at, now = reading.inbound.received_at, office.now()
    happenings = catch_up(office, case, just_before(at))
    withdraw_acknowledgement(office, case, now)
    person = office.store.person_for(reading.author.address, reading.author.name)
    text = opening_text(reading.message)
    case.add(
        Kind.CUSTOMER_REPLY,
        at,
        actor=person,
        message=reading.inbound.id,
        author=person,
        original=True,
    )
    add_comment(office, case, reading, person, text, True)
    case.add(Kind.SET, at, actor=person, requester=person, by="original")
    _join_anew(office, reading, case, person)
    keep_asked(office, reading, case.ticket.id, person, opens=True)
    facts = of_mail(
        office,
        reading,
        author=reading.author,
        known=office.store.count_messages_of(person) > 0,
        reply=False,
        ticket=of_ticket(office, case, at),
    )
    decision = look(office, case, facts, "opened", None, at)
    for other in others:
        _join_tickets(office, case, other)
    clocks = keep(office, case, now)
    tell(office, case, happenings, now)
    if decision.acknowledge is not False and not case.ticket.spam:
        acknowledge(office, case, reading, clocks, now, decision.letter)
    key = f"message:{reading.inbound.id}"
    notify(office, case, news_of(reading, "the original", text, key), clocks, now)
    flush(office, case)


def join_waiting(office: Office, case: Case, others: Sequence[TicketId]) -> None:
    """Join or link tickets whose mails answer what has just come on this one."""
    ids = [id for id in others if id != case.ticket.id]
    for other in ids:
        _join_tickets(office, case, other)
    if ids:
        keep(office, case, office.now())


def _join_anew(
    office: Office, reading: Reading, case: Case, requester: PersonId
) -> None:
    """Let take part who would, had the original come first."""
    store, at, id = office.store, reading.inbound.received_at, case.ticket.id
    asked_in = {
        event.data["person"]
        for event in case.events(Kind.PARTICIPANT)
        if event.data["why"].startswith("#")
    }
    for participant in store.participants(id):
        if participant.person not in asked_in:
            store.remove_participant(id, participant.person)
            case.add(Kind.PARTICIPANT_LEFT, at, person=participant.person)
    join(office, case, requester, Role.REQUESTER, "wrote the original", at)
    _join_copied(office, reading, case, "copied by the requester")
    for comment in store.comments(id):
        taking_part = {p.person for p in store.participants(id)}
        if comment.inbound in (None, reading.inbound.id) or not comment.public:
            continue
        if comment.author in taking_part:
            earlier = read_again(office, InboundId(comment.inbound or 0))
            if earlier is not None:
                _join_copied(office, earlier, case, "copied by a participant")


def _join_copied(office: Office, reading: Reading, case: Case, why: str) -> None:
    for mailbox in copied(office, reading):
        person = office.store.person_for(mailbox.address, mailbox.name)
        join(office, case, person, Role.CC, why, reading.inbound.received_at)


def _join_tickets(office: Office, case: Case, other: TicketId) -> None:
    """Join another ticket to this one, or link the two."""
    second = load(office, other, office.now())
    if second is None or second.ticket.merged_into is not None:
        return
    same = second.ticket.requester == case.ticket.requester
    answered = second.ticket.answered and case.ticket.answered
    office.store.link(case.ticket.id, other)
    if not same or answered:
        case.add(Kind.LINK, office.now(), ticket=other, why="answers the same mail")
        return
    withdraw_acknowledgement(office, second, office.now())
    merge_into(office, second, case.ticket.id, None, office.now(), target=case)
    keep(office, second, office.now())
