"""An original that arrives after its replies: arrival order must not matter.

It joins their ticket, whose number stays; its author becomes the requester, the rules
look at it as the opening mail, and those take part who would if it had come first. The
tickets of further replies then have the same requester and join, but where agents have
answered publicly on both. An agent's mail to a customer can be such an original, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailroom.desk.act import Act
from mailroom.desk.casefile import flush, keep
from mailroom.desk.facts import of_mail, of_ticket
from mailroom.desk.incoming.first_mail import opening_of
from mailroom.desk.letters.answer_address import keep_asked
from mailroom.desk.letters.tell_agents import news_of, notify
from mailroom.desk.letters.tell_customers import (
    acknowledge,
    is_acknowledged,
    withdraw_acknowledgements,
)
from mailroom.desk.letters.tell_escalation import tell
from mailroom.desk.office import Office
from mailroom.desk.opening import Opening
from mailroom.desk.orders.merge import join_ticket
from mailroom.desk.reading import Reading, copied, opening_text
from mailroom.desk.record import NO_SUBJECT, add_comment, look
from mailroom.desk.taking_part import begin_anew
from mailroom.desk.watch import catch_up, just_before
from mailroom.message.model import Mailbox
from mailroom.ticket.case import Case
from mailroom.ticket.lifecycle import Trigger
from mailroom.ticket.model import Kind, PersonId, TicketId
from rules.decision import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class _Original:
    """What the late mail would have opened: for whom, and who else takes part."""

    opening: Opening
    others: Sequence[Mailbox]
    why: str
    author: PersonId
    kind: Kind


def take_over(
    office: Office, reading: Reading, case: Case, others: Sequence[TicketId]
) -> None:
    """Put a customer's original on the ticket of its replies, and theirs with it."""
    message, now = reading.message, office.now()
    author = office.store.person_for(reading.author.address, reading.author.name)
    text = opening_text(message)
    original = _Original(
        opening=Opening(requester=reading.author, subject=message.subject, text=text),
        others=copied(office, reading),
        why="copied by the requester",
        author=author,
        kind=Kind.CUSTOMER_REPLY,
    )
    happenings = catch_up(office, case, just_before(reading.inbound.received_at))
    withdraw_acknowledgements(office, case, now)
    decision = _put_first(office, reading, case, original)
    keep_asked(office, reading, case.ticket.id, author, opens=True)
    for other in others:
        join_ticket(office, case, other)
    clocks = keep(office, case, now)
    tell(office, case, happenings, now)
    silent = decision.acknowledge is False or case.ticket.spam
    if not (silent or is_acknowledged(office, case)):
        acknowledge(office, case, reading, clocks, now, decision.letter)
    key = f"message:{reading.inbound.id}"
    news = news_of(reading, "the original", text, key)
    notify(office, case, news, clocks, now, besides=[reading.author.address])
    flush(office, case)


def take_over_by_agent(act: Act, case: Case, others: Sequence[TicketId]) -> bool:
    """Put an agent's mail to a customer on the ticket of the answer to it.

    False where it is something else: it is then an agent's mail like any other.
    """
    office, reading, now = act.office, act.reading, act.office.now()
    opening, copied_in = opening_of(act)
    if opening.by != "agent" or not act.says or act.commands.commands:
        return False
    original = _Original(
        opening=opening,
        others=copied_in,
        why="copied by an agent",
        author=act.agent,
        kind=Kind.AGENT_REPLY,
    )
    happenings = catch_up(office, case, just_before(reading.inbound.received_at))
    withdraw_acknowledgements(office, case, now)
    _put_first(office, reading, case, original)
    case.trigger(
        Trigger.AGENT_REPLIED,
        reading.inbound.received_at,
        actor=act.agent,
        by="agent",
    )
    for other in others:
        join_ticket(office, case, other)
    clocks = keep(office, case, now)
    tell(office, case, happenings, now)
    key = f"message:{reading.inbound.id}"
    news = news_of(reading, "the original", opening.text, key)
    notify(office, case, news, clocks, now, besides=[act.address])
    flush(office, case)
    return True


def _put_first(
    office: Office, reading: Reading, case: Case, original: _Original
) -> Decision:
    """Record the original as what opened the ticket, and let the rules look at it."""
    at, opening, store = reading.inbound.received_at, original.opening, office.store
    wanted = opening.requester
    person = store.person_for(wanted.address, wanted.name)
    case.add(
        original.kind,
        at,
        actor=original.author,
        message=reading.inbound.id,
        author=original.author,
        original=True,
    )
    add_comment(office, case, reading, original.author, opening.text, True)
    by_agent = {
        name
        for event in case.events(Kind.SET)
        if event.data.get("by") == "agent"
        for name in event.data
    }
    if "requester" in by_agent:
        person = case.ticket.requester
    changes: dict[str, object] = {"requester": person, "mailbox": reading.mailbox}
    if "subject" not in by_agent:
        subject = opening.subject or NO_SUBJECT
        case.ticket = replace(case.ticket, subject=subject)
        changes["subject"] = True
    case.add(Kind.SET, at, actor=original.author, by="original", **changes)
    begin_anew(office, case, person, original.others, original.why, at)
    facts = of_mail(
        office,
        reading,
        author=opening.requester,
        known=store.count_messages_of(person) > 0,
        reply=False,
        ticket=of_ticket(office, case, at),
    )
    return look(office, case, facts, "opened", None, at)
