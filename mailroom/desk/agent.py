"""What an authenticated agent's mail does: answer, note, command, forward, write first.

Where a reply goes is fixed by the token it answers with, whatever changed since. A
command that cannot be done means that nothing is done and nothing is sent to a customer;
a transcript says so line by line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailroom.desk.casefile import flush, keep
from mailroom.desk.customer import Opening, follow_up, new_ticket, news_of, open_ticket
from mailroom.desk.facts import of_mail, of_ticket
from mailroom.desk.office import Office
from mailroom.desk.order import Order, carry_out, check, is_solved, orders_of
from mailroom.desk.post import queue, subject_with_number, words
from mailroom.desk.reading import Reading, outsiders
from mailroom.desk.record import add_comment, join, look, look_at_change, opening_facts
from mailroom.desk.tell_agents import (
    answered,
    assigned,
    goes_to,
    history,
    internal_letter,
    loose_letter,
    notify,
)
from mailroom.desk.tell_customers import (
    PublicReply,
    acknowledge,
    public_reply,
    send_reply,
    to_requester,
)
from mailroom.desk.watch import catch_up, just_before, tell
from mailroom.message.address import normalize
from mailroom.message.model import Mailbox
from mailroom.notice.audience import Told
from mailroom.ticket.case import Case
from mailroom.ticket.command import COMMANDS, Commands, Fault, parse
from mailroom.ticket.lifecycle import UNSOLVED, Trigger
from mailroom.ticket.model import (
    Disposition,
    InboundId,
    Kind,
    PersonId,
    Role,
    Status,
    Ticket,
    TicketId,
)
from mailroom.ticket.token import NO_TICKET, Permission, Token
from rules.ledger import Clock

_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]]+@[\w.-]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mail came to, and held mail that it lets go on."""

    disposition: Disposition
    ticket: TicketId | None = None
    reason: str | None = None
    released: tuple[InboundId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An agent's mail, with what the functions below all need."""

    office: Office
    reading: Reading
    agent: PersonId
    address: str  # the agent's configured address
    name: str
    commands: Commands

    @property
    def text(self) -> str:
        """What the agent wrote below the commands, after any ready-made texts."""
        named = [c.value for c in self.commands.commands if c.name == "canned"]
        canned = [self.office.canned(name) or "" for name in named]
        return "\n\n".join(filter(None, [*map(str.strip, canned), self.commands.text]))


def agent_mail(office: Office, reading: Reading, case: Case | None) -> Outcome:
    """Do what an authenticated agent's mail says."""
    agent = reading.agent
    assert agent is not None
    act = Act(
        office=office,
        reading=reading,
        agent=office.store.person_for(agent.address, agent.name),
        address=agent.address,
        name=agent.name,
        commands=parse(reading.message.reply_text),
    )
    if case is None:
        return _first_mail(act)
    if case.ticket.requester == act.agent and _is_customer_side(reading):
        follow_up(office, reading, case, office.now())
        return Outcome(Disposition.FOLLOW_UP, case.ticket.id)
    return _on_ticket(act, case)


def _is_customer_side(reading: Reading) -> bool:
    token = reading.clues.token
    return token is None or token.permission is Permission.CUSTOMER


def _first_mail(act: Act) -> Outcome:
    """A mail on no ticket: a forward, a mail to a customer, or his own request."""
    if act.commands.faults:
        _transcript(act, None, act.commands.faults)
        return Outcome(Disposition.COMMAND, None, "a command was not understood")
    original = act.reading.message.forwarded
    sender = original.sender if original is not None else None
    if original is not None and sender is not None and _is_outsider(act, sender):
        subject = original.subject or act.reading.message.subject
        opening = Opening(
            requester=sender,
            by="on_behalf",
            actor=act.agent,
            subject=subject,
            text=original.text,
        )
        return _open_for(act, opening)
    others = outsiders(act.office, act.reading)
    if others:
        subject = act.reading.message.subject
        opening = Opening(
            requester=others[0],
            by="agent",
            actor=act.agent,
            subject=subject,
            text=act.text,
        )
        return _open_for(act, opening, others[1:])
    id = new_ticket(act.office, act.reading, act.office.now())
    return Outcome(Disposition.NEW_TICKET, id)


def _is_outsider(act: Act, mailbox: Mailbox) -> bool:
    office = act.office
    ours = office.book.is_ours(mailbox.address)
    return not ours and office.audience.agent(mailbox.address) is None


def _open_for(act: Act, opening: Opening, others: Sequence[Mailbox] = ()) -> Outcome:
    """Open a ticket for a customer who did not write to us himself."""
    office, now, at = act.office, act.office.now(), act.reading.inbound.received_at
    case, decision = open_ticket(office, act.reading, opening, now)
    orders = orders_of(act.commands, office, case, act.agent, act.address, at)
    faults = check(orders)
    for mailbox in others:
        person = office.store.person_for(mailbox.address, mailbox.name)
        join(office, case, person, Role.CC, "copied by an agent", at)
    if not faults:
        carry_out(orders)
    if opening.by == "on_behalf" and act.text:
        case.add(Kind.NOTE, at, actor=act.agent, message=act.reading.inbound.id)
        add_comment(office, case, act.reading, act.agent, act.text, False)
    clocks = keep(office, case, now)
    silent = act.commands.note or decision.acknowledge is False or bool(faults)
    if opening.by == "on_behalf" and not silent:
        acknowledge(office, case, act.reading, clocks, now)
    news = news_of(act.reading, "new ticket", opening.text, f"new:{case.ticket.id}")
    notify(office, case, news, clocks, now, besides=[act.address])
    if faults:
        _transcript(act, case, faults)
    flush(office, case)
    return Outcome(Disposition.NEW_TICKET, case.ticket.id)


def _on_ticket(act: Act, case: Case) -> Outcome:
    """Carry out what the mail says on its ticket: all of it, or none of it."""
    office, now = act.office, act.office.now()
    at = act.reading.inbound.received_at
    happenings = catch_up(office, case, just_before(at))
    orders = orders_of(act.commands, office, case, act.agent, act.address, at)
    faults = act.commands.faults or check(orders)
    if faults:
        keep(office, case, now)
        tell(office, case, happenings, now)
        _transcript(act, case, faults)
        flush(office, case)
        return Outcome(Disposition.COMMAND, case.ticket.id, "a command failed")
    before = case.ticket
    public = _speaks(act, case)
    addressed = _record(act, case, orders, public)
    clocks = keep(office, case, now)
    tell(office, case, happenings, now)
    if public and addressed is not None:
        _send_reply(act, case, addressed)
    _tell_others(act, case, before, public, clocks)
    _answer_questions(act, case)
    flush(office, case)
    done = Disposition.FOLLOW_UP if act.text else Disposition.COMMAND
    released = tuple(
        InboundId(int(o.value.lstrip("#")))
        for o in orders
        if o.command.name == "release"
    )
    return Outcome(done, case.ticket.id, released=released)


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
    elif act.text:
        _record_note(act, case)
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
        look(office, case, facts, "agent_reply", opening_facts(office, case), at)
    if changed:
        look_at_change(office, case, at)
    return addressed


def _tell_others(
    act: Act, case: Case, before: Ticket, public: bool, clocks: Sequence[Clock]
) -> None:
    """Tell the customer that it is solved, the others who answered, a new assignee."""
    office, now, inbound = act.office, act.office.now(), act.reading.inbound.id
    if public:
        answered(office, case, act.address, f"answered:{inbound}", now)
    elif act.text:
        news = news_of(act.reading, "note", act.text, f"note:{inbound}")
        notify(office, case, news, clocks, now, besides=[act.address])
    box = office.book.mailbox(case.ticket.mailbox)
    solved = case.ticket.status is Status.SOLVED and before.status in UNSOLVED
    if solved and not public and "solved" in box.letters and not case.ticket.spam:
        subject = subject_with_number(office, case.ticket, case.ticket.subject)
        to_requester(office, case, "solved", f"solved:{inbound}", subject, now)
    if case.ticket.assignee != before.assignee:
        assigned(office, case, act.address, now)


def _speaks(act: Act, case: Case) -> bool:
    """Whether the mail is a public reply: its token says so, or it names customers."""
    if act.commands.note or not act.text:
        return False
    token = act.reading.clues.token
    if token is not None and token.permission is not Permission.CUSTOMER:
        return token.permission is Permission.PUBLIC
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


def _record_note(act: Act, case: Case) -> None:
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
        attachments=act.reading.message.attachments,
        now=act.office.now(),
    )


def _without_tokens(office: Office, text: str) -> str:
    """Return the text with every tokened address of ours made plain."""
    return _ADDRESS.sub(lambda match: office.book.plain(match[0]), text)


def _transcript(act: Act, case: Case | None, faults: Sequence[Fault]) -> None:
    """Say line by line what was refused, and that nothing was done."""
    why = {fault.line: fault.why for fault in faults}
    lines = [f"> {fault.line}\n  refused: {fault.why}" for fault in faults]
    lines += [
        f"> {command.line}\n  not done, because of the above"
        for command in act.commands.commands
        if command.line not in why
    ]
    verdict = "Nothing was done, and nothing was sent to the customer."
    _send_transcript(act, case, verdict, lines, act.text)


def _answer_questions(act: Act, case: Case) -> None:
    if act.commands.has("help"):
        lines = [
            f"#{name}" + (f" {_hint(wants)}" if wants else "")
            for name, wants in COMMANDS.items()
        ]
        _send_transcript(act, case, "These commands are understood:", lines, "")
    if act.commands.has("show"):
        lines = [history(act.office, case) or "There is no message yet."]
        _send_transcript(act, case, "The conversation so far:", lines, "")


def _hint(wants: str) -> str:
    return "(...)" if wants == "?" else f"({wants})"


def _send_transcript(
    act: Act, case: Case | None, verdict: str, lines: Sequence[str], text: str
) -> None:
    office, now = act.office, act.office.now()
    told = Told(act.address, "wrote the commands", act.reading.agent)
    key = f"transcript:{act.reading.inbound.id}:{verdict[:9]}"
    subject = f"Re: {act.reading.message.subject}"
    values = {
        "subject": subject,
        "goes_to": goes_to(office, case, Permission.INTERNAL) if case else "",
        "verdict": verdict,
        "lines": lines,
        "text": text,
    }
    written = words(office, "transcript", "en", values)
    if case is not None:
        letter = internal_letter(
            office, case, told, key, "transcript", Permission.INTERNAL, act.agent
        )
    else:
        letter = loose_letter(
            act.reading,
            told,
            key,
            "transcript",
            Token(NO_TICKET, Permission.INTERNAL, act.agent),
        )
    queue(office, case, letter, written, now)
