"""What an authenticated agent's mail does: answer, note, command, forward, write first.

Where a reply goes is fixed by the token it answers with, whatever changed since. A
command that cannot be done means that nothing is done and nothing is sent to a customer;
a transcript says so line by line.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from mailroom.desk.act import Act, Outcome
from mailroom.desk.casefile import flush, keep
from mailroom.desk.facts import of_mail, of_ticket
from mailroom.desk.incoming.customer import follow_up
from mailroom.desk.incoming.first_mail import first_mail
from mailroom.desk.incoming.notspam import tell_after_all
from mailroom.desk.letters.leak_guard import leaks
from mailroom.desk.letters.letters_answered import letters_answered
from mailroom.desk.letters.tell_agents import (
    NOTE,
    answered,
    assigned,
    news_of,
    note_author,
    notify_named,
)
from mailroom.desk.letters.tell_customers import (
    PublicReply,
    public_reply,
    send_reply,
)
from mailroom.desk.letters.tell_escalation import tell
from mailroom.desk.letters.turn import tell_turn
from mailroom.desk.office import Office
from mailroom.desk.orders.crossed import crossing, hold_crossed, sent_after_all
from mailroom.desk.orders.order import Order
from mailroom.desk.orders.orders import (
    carry_out,
    check,
    is_solved,
    orders_of,
    released_by,
)
from mailroom.desk.orders.transcript import (
    answer_questions,
    refuse,
    rehearse,
    send_transcript,
)
from mailroom.desk.reading import Reading, outsiders
from mailroom.desk.record import add_comment, look, look_at_change, opening_facts
from mailroom.desk.watch import catch_up, just_before
from mailroom.message.address import normalize
from mailroom.message.known_quotes import known_quotes, may_quote
from mailroom.message.parse import parse
from mailroom.ticket.case import Case
from mailroom.ticket.command import Fault, strays
from mailroom.ticket.lifecycle import Trigger
from mailroom.ticket.model import (
    Disposition,
    Event,
    Kind,
    Status,
    Ticket,
)
from mailroom.ticket.token import Permission
from rules.ledger import Clock

_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]]+@[\w.-]+")


def agent_mail(act: Act, case: Case | None) -> Outcome:
    """Do what an authenticated agent's mail says."""
    office, reading = act.office, act.reading
    if case is None:
        return first_mail(act)
    if case.ticket.status is Status.CLOSED and _is_customer_side(reading):
        return first_mail(act, linked=case.ticket.id)
    if case.ticket.requester == act.agent and _is_customer_side(reading):
        follow_up(office, reading, case, office.now())
        return Outcome(Disposition.FOLLOW_UP, case.ticket.id)
    return _on_ticket(_answering(act, case), case)


def _is_customer_side(reading: Reading) -> bool:
    token = reading.clues.token
    return token is None or token.permission is Permission.CUSTOMER


def _on_ticket(act: Act, case: Case) -> Outcome:
    """Carry out what the mail says on its ticket: all of it, or none of it."""
    office, now = act.office, act.office.now()
    at = act.reading.inbound.received_at
    happenings = catch_up(office, case, just_before(at))
    answered_ids = act.reading.clues.answered
    orders = orders_of(
        act.commands, office, case, act.agent, act.address, at, answered_ids
    )
    faults = (*act.commands.faults, *_strays(act, case), *check(orders))
    leaked = () if faults else _leaked(act, case)
    if faults or leaked:
        keep(office, case, now)
        tell(office, case, happenings, now)
        refuse(act, case, faults or leaked)
        flush(office, case)
        why = "a command failed" if faults else "a public reply with internal words"
        return Outcome(Disposition.COMMAND, case.ticket.id, why)
    if not act.says and not act.commands.commands:
        keep(office, case, now)
        tell(office, case, happenings, now)
        return _without_words(act, case)
    public = _speaks(act, case)
    first = _crossed(act, case) if public else None
    if first is not None or act.commands.has("try"):
        keep(office, case, now)
        tell(office, case, happenings, now)
        return _not_done(act, case, public, first)
    before = case.ticket
    addressed = _record(act, case, orders, public)
    clocks = keep(office, case, now)
    tell(office, case, happenings, now)
    if public and addressed is not None:
        _send_reply(act, case, addressed)
    tell_others(act, case, before, public, clocks)
    answer_questions(act, case)
    flush(office, case)
    done = Disposition.FOLLOW_UP if act.says else Disposition.COMMAND
    released = released_by(orders) + sent_after_all(act, case)
    return Outcome(done, case.ticket.id, released=released)


def _crossed(act: Act, case: Case) -> Event | None:
    """Return the reply that this one crosses; what all have got is held no more."""
    return crossing(act, case) if _address(act, case) is not None else None


def _answering(act: Act, case: Case) -> Act:
    """Return a public reply without what it quotes of our letters to agents."""
    text = act.commands.text
    if not may_quote(text) or not _speaks(act, case):
        return act
    office = act.office
    public = [c.text for c in office.store.comments(case.ticket.id) if c.public]
    answered = letters_answered(office, case, act.reading.clues.answered)
    letters = [f"{one.subject}\n{parse(one.raw).text}" for one in answered]
    kept = known_quotes(text, public, letters)
    return replace(act, commands=replace(act.commands, text=kept))


def _strays(act: Act, case: Case) -> tuple[Fault, ...]:
    """Return the commands below the text; what customers have got is past refusing."""
    if act.commands.note or (_speaks(act, case) and _address(act, case) is None):
        return ()
    return strays(act.commands.text)


def _leaked(act: Act, case: Case) -> tuple[Fault, ...]:
    """Return what may not go out with a public reply."""
    if not _speaks(act, case):
        return ()
    return leaks(act, case, _without_tokens(act.office, act.text))


def _without_words(act: Act, case: Case) -> Outcome:
    """Tell an agent who believes that he has answered that there was nothing to send."""
    why = "Your mail has no words of its own; nothing was sent to the customer."
    send_transcript(act, case, why, [], "")
    flush(act.office, case)
    return Outcome(Disposition.COMMAND, case.ticket.id, "no words of its own")


def _not_done(act: Act, case: Case, public: bool, first: Event | None) -> Outcome:
    """Hold a crossed reply, or say what a trial would do."""
    if first is not None and not act.commands.has("try"):
        return hold_crossed(act, case, first)
    rehearse(act, case, public)
    flush(act.office, case)
    return Outcome(Disposition.COMMAND, case.ticket.id, "only tried")


def _record(
    act: Act, case: Case, orders: list[Order], public: bool
) -> PublicReply | None:
    """Record the reply or note, the commands, and what the rules say to them.

    Return to whom the reply goes; None: to nobody whom the mail did not reach already.
    """
    office, at = act.office, act.reading.inbound.received_at
    ticket_facts = of_ticket(office, case, at)
    if public:
        _record_reply(act, case)
    elif act.says:
        record_note(act, case)
    changed = carry_out(orders)
    addressed = _address(act, case) if public else None
    if public:
        id = addressed.message_id if addressed is not None else None
        add_comment(office, case, act.reading, act.agent, act.text, True, message_id=id)
        facts = of_mail(
            office,
            act.reading,
            author=act.reading.author,
            known=True,
            reply=True,
            ticket=ticket_facts,
        )
        opening, present = opening_facts(office, case), of_ticket(office, case, at)
        look(office, case, facts, "agent_reply", opening, at, present=present)
    if changed:
        look_at_change(office, case, at)
    return addressed


def tell_others(
    act: Act, case: Case, before: Ticket, public: bool, clocks: Sequence[Clock]
) -> None:
    """Tell the others who answered, all of a new state, and a new assignee."""
    office, now, inbound = act.office, act.office.now(), act.reading.inbound.id
    if public:
        answered(office, case, act.address, f"answered:{inbound}", now)
    elif act.says:
        news = news_of(act.reading, "note", act.text, f"{NOTE}:{inbound}")
        news = replace(news, reply=Permission.INTERNAL)
        asked = note_author(office, case, act.reading.clues.answered)
        notify_named(office, case, news, clocks, now, [act.address], asked)
    if not public:
        key = f"{case.ticket.id}:{inbound}"
        tell_turn(office, case, before, key, act.address, now)
    if before.spam and not case.ticket.spam:
        tell_after_all(office, case, clocks, act.address, now)
    if case.ticket.assignee != before.assignee:
        assigned(office, case, act.address, now)


def _speaks(act: Act, case: Case) -> bool:
    """Whether the mail is a public reply: its token says so, or it names customers."""
    if act.commands.note or not act.says:
        return False
    token = act.reading.clues.token
    if token is not None:
        return token.permission in (Permission.CUSTOMER, Permission.PUBLIC)
    named = {normalize(m.address) for m in outsiders(act.office, act.reading)}
    taking_part = act.office.store.participants(case.ticket.id)
    people = act.office.store.people(p.person for p in taking_part)
    return any(normalize(person.address) in named for person in people.values())


def _record_reply(act: Act, case: Case) -> None:
    at, box = (
        act.reading.inbound.received_at,
        act.office.book.mailbox(case.ticket.mailbox),
    )
    settles = any(
        act.commands.has(name) for name in ("pending", "hold", "reopen", "open")
    )
    by_mailbox = box.after_reply if not settles else "open"
    solves = act.commands.has("solved") or by_mailbox == "solved"
    case.add(
        Kind.AGENT_REPLY,
        at,
        actor=act.agent,
        message=act.reading.inbound.id,
        author=act.agent,
        solves=solves,
    )
    if act.commands.has("solved"):
        return
    if by_mailbox == "solved":
        case.trigger(Trigger.AGENT_SOLVED, at, actor=act.agent, by="agent")
    elif by_mailbox == "pending" and not is_solved(case):
        case.move(Status.PENDING, at, actor=act.agent, by="agent")
    else:
        case.trigger(Trigger.AGENT_REPLIED, at, actor=act.agent, by="agent")


def record_note(act: Act, case: Case) -> None:
    """Keep what an agent wrote as a note."""
    at = act.reading.inbound.received_at
    case.add(Kind.NOTE, at, actor=act.agent, message=act.reading.inbound.id)
    add_comment(act.office, case, act.reading, act.agent, act.text, False)


def _address(act: Act, case: Case) -> PublicReply | None:
    message = act.reading.message
    reached = [m.address for m in (*message.to, *message.cc)]
    return public_reply(act.office, case, f"reply:{act.reading.inbound.id}", reached)


def _send_reply(act: Act, case: Case, addressed: PublicReply) -> None:
    send_reply(
        act.office,
        case,
        addressed,
        text=_without_tokens(act.office, act.text),
        agent_name=act.name,
        message=act.reading.message,
        now=act.office.now(),
    )


def _without_tokens(office: Office, text: str) -> str:
    """Return the text with every tokened address of ours made plain."""
    return _ADDRESS.sub(lambda match: office.book.plain(match[0]), text)
