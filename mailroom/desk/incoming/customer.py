"""What a customer's mail does: it opens a ticket, or it goes on one.

Gather: who writes, which ticket. Decide: the rules, the lifecycle. Record: events,
comment, participants, clocks, letters. Everything inside the caller's one transaction.
"""

import re
from datetime import datetime

from mailroom.desk.casefile import flush, keep
from mailroom.desk.facts import of_mail, of_ticket
from mailroom.desk.letters.answer_address import keep_asked
from mailroom.desk.letters.tell_agents import news_of, notify
from mailroom.desk.letters.tell_customers import acknowledge, suppress
from mailroom.desk.letters.tell_escalation import tell
from mailroom.desk.letters.turn import tell_requester, turn_of
from mailroom.desk.office import Office
from mailroom.desk.opening import Opening, open_ticket
from mailroom.desk.reading import Reading, copied, opening_text
from mailroom.desk.record import add_comment, join, look, opening_facts
from mailroom.desk.taking_part import BY_PARTICIPANT, let_in
from mailroom.desk.watch import catch_up, just_before
from mailroom.ticket.case import Case
from mailroom.ticket.courtesy import is_courtesy
from mailroom.ticket.lifecycle import Trigger
from mailroom.ticket.model import (
    MAILROOM,
    Kind,
    PersonId,
    Role,
    Status,
    TicketId,
)
from rules.facts import TicketFacts


def new_ticket(
    office: Office, reading: Reading, now: datetime, linked: tuple[TicketId, ...] = ()
) -> TicketId:
    """Open a customer's ticket, acknowledge it, tell the agents."""
    message = reading.message
    opening = Opening(
        requester=reading.author, subject=message.subject, text=opening_text(message)
    )
    case, decision = open_ticket(office, reading, opening, now)
    keep_asked(office, reading, case.ticket.id, case.ticket.requester, opens=True)
    at = reading.inbound.received_at
    for mailbox in copied(office, reading):
        person = office.store.person_for(mailbox.address, mailbox.name)
        join(office, case, person, Role.CC, "copied by the requester", at)
    for other in linked:
        office.store.link(case.ticket.id, other)
        case.add(Kind.LINK, at, ticket=other)
    clocks = keep(office, case, now)
    if case.ticket.spam:
        suppress(case, "acknowledgement", case.ticket.requester, "spam", now)
    else:
        if decision.acknowledge is False:
            why = f"rule {decision.set_by.get('acknowledge')}"
            suppress(case, "acknowledgement", case.ticket.requester, why, now)
        else:
            acknowledge(office, case, reading, clocks, now, decision.letter)
        key = f"new:{case.ticket.id}"
        news = news_of(reading, "new ticket", message.text, key)
        notify(office, case, news, clocks, now, besides=[reading.author.address])
    flush(office, case)
    return case.ticket.id


def follow_up(
    office: Office, reading: Reading, case: Case, now: datetime, *, flagged: str = ""
) -> None:
    """Put a customer's mail on a ticket. `flagged`: doubted, so it stays internal."""
    at, message = reading.inbound.received_at, reading.message
    happenings = catch_up(office, case, just_before(at))
    person = office.store.person_for(reading.author.address, reading.author.name)
    text = message.reply_text
    before, was = of_ticket(office, case, at), case.ticket
    if flagged:
        case.add(
            Kind.NOTE, at, actor=person, message=reading.inbound.id, flagged=flagged
        )
        add_comment(office, case, reading, person, text, False, flagged)
    else:
        _public_reply(office, reading, case, person, before)
    clocks = keep(office, case, now)
    tell(office, case, happenings, now)
    if turn_of(was, case.ticket) == "reopened" and message.automatic is None:
        tell_requester(office, case, "reopened", f"reopened:{reading.inbound.id}", now)
    if not case.ticket.spam or _may_be_no_spam(reading, case):
        strange = flagged or _strange(office, case, person)
        news = news_of(
            reading,
            "customer's message",
            text,
            f"message:{reading.inbound.id}",
            strange,
        )
        notify(office, case, news, clocks, now, besides=[reading.author.address])
    flush(office, case)


def _public_reply(
    office: Office, reading: Reading, case: Case, person: PersonId, before: TicketFacts
) -> None:
    at, message = reading.inbound.received_at, reading.message
    text = message.reply_text
    courtesy = is_only_courtesy(office, reading, case)
    case.add(
        Kind.CUSTOMER_REPLY,
        at,
        actor=person,
        message=reading.inbound.id,
        author=person,
        courtesy=courtesy,
    )
    add_comment(office, case, reading, person, text, True)
    if not courtesy and (closing := closed_since(case, at)) is not None:
        case.move(Status.OPEN, closing, actor=person, by="customer")
    elif not courtesy:
        case.trigger(Trigger.CUSTOMER_WROTE, at, actor=person, by="customer")
    if person in {p.person for p in office.store.participants(case.ticket.id)}:
        keep_asked(office, reading, case.ticket.id, person, opens=False)
        let_in(office, case, copied(office, reading), BY_PARTICIPANT, at)
    facts = of_mail(
        office, reading, author=reading.author, known=True, reply=True, ticket=before
    )
    opening, present = opening_facts(office, case), of_ticket(office, case, at)
    look(office, case, facts, "customer_reply", opening, at, present=present)


def closed_since(case: Case, at: datetime) -> datetime | None:
    """Return when a ticket closed by itself after a mail had come at `at`; None: not so.

    We were down, or the mail lay in a mailbox that we fetch from: it came in time.
    """
    closings = [e.at for e in case.events(Kind.CLOSE) if e.actor == MAILROOM]
    closed = case.ticket.status is Status.CLOSED and case.ticket.merged_into is None
    return closings[-1] if closed and closings and closings[-1] >= at else None


def is_only_courtesy(office: Office, reading: Reading, case: Case) -> bool:
    """Whether a mail only says thanks for an answer."""
    message = reading.message
    return case.ticket.answered and is_courtesy(
        message.reply_text, len(message.attachments), _names(office, reading, case)
    )


def _names(office: Office, reading: Reading, case: Case) -> frozenset[str]:
    """Return the words that name who writes and whom they may thank."""
    author, agents = reading.author, office.config.agents
    local = author.address.partition("@")[0]
    box = office.book.mailbox(case.ticket.mailbox)
    named = " ".join([author.name, local, box.name, *(agent.name for agent in agents)])
    return frozenset(re.findall(r"[^\W\d_]+", named.casefold()))


def _may_be_no_spam(reading: Reading, case: Case) -> bool:
    """Whether a mail without a mark goes on what only a filter, no agent, called spam."""
    marks = case.events(Kind.SPAM)
    return not reading.verdict.spam and bool(marks) and marks[-1].actor == MAILROOM


def _strange(office: Office, case: Case, person: PersonId) -> str:
    if case.ticket.spam:
        return "this ticket was marked as spam, its latest mail was not; #notspam takes it up"
    taking_part = {p.person for p in office.store.participants(case.ticket.id)}
    if person in taking_part:
        return ""
    return "the author takes no part in this ticket and receives nothing until #cc"
