"""A customer's mail that an agent forwards to a ticket that is there already.

She wrote to him alone, and his forward names the ticket: the words are hers, what he
writes above them is a note, and nothing goes back to her.
"""

from dataclasses import replace

from mailroom.desk.act import Act, Outcome
from mailroom.desk.casefile import flush, keep
from mailroom.desk.incoming.agent import record_note, tell_others
from mailroom.desk.incoming.customer import follow_up
from mailroom.desk.orders.orders import carry_out, check, orders_of, released_by
from mailroom.desk.orders.transcript import answer_questions, refuse, rehearse
from mailroom.desk.reading import Reading, is_outsider
from mailroom.desk.record import look_at_change
from mailroom.message.model import Span, SpanKind
from mailroom.ticket.case import Case
from mailroom.ticket.command import strays
from mailroom.ticket.model import Disposition
from mailroom.ticket.recipient import Place


def passed_on(act: Act) -> Reading | None:
    """Return the forward as the mail of its author; None: it is no such forward."""
    reading = act.reading
    original = reading.message.forwarded
    if original is None or original.sender is None or act.commands.note:
        return None
    if (
        not is_outsider(act.office, original.sender)
        or reading.recipient.place is Place.TOKEN
    ):
        return None
    text = original.text
    whole = (Span(0, len(text), SpanKind.NEW, "forwarded"),)
    return replace(
        reading,
        author=original.sender,
        agent=None,
        verdict=replace(reading.verdict, authenticated=False, evidence="forwarded"),
        message=replace(reading.message, text=text, spans=whole),
    )


def pass_on(act: Act, case: Case, theirs: Reading) -> Outcome:
    """Put the customer's words on the ticket, and the agent's as a note; or neither."""
    office, now, at = act.office, act.office.now(), act.reading.inbound.received_at
    answered = act.reading.clues.answered
    orders = orders_of(act.commands, office, case, act.agent, act.address, at, answered)
    faults = (*act.commands.faults, *strays(act.commands.text), *check(orders))
    if faults or act.commands.has("try"):
        if faults:
            refuse(act, case, faults)
        else:
            rehearse(act, case, False)
        flush(office, case)
        why = "a command failed" if faults else "only tried"
        return Outcome(Disposition.COMMAND, case.ticket.id, why)
    follow_up(office, theirs, case, now)
    before = case.ticket
    if act.text:
        record_note(act, case)
    if carry_out(orders):
        look_at_change(office, case, at)
    clocks = keep(office, case, now)
    noted = replace(act, commands=replace(act.commands, note=True))
    tell_others(noted, case, before, False, clocks)
    answer_questions(act, case)
    flush(office, case)
    return Outcome(Disposition.FOLLOW_UP, case.ticket.id, released=released_by(orders))
