"""Batches: many tickets by one mail, `#1042 solved` a line, to the control address.

Every line stands alone: it is done or refused, and the transcript says which. Where a
mailbox takes no plus addresses, a mail to itself with nothing but such lines counts.
"""

import re
from dataclasses import replace

from mailroom.desk.act import Act, Outcome
from mailroom.desk.casefile import flush, keep, load
from mailroom.desk.incoming.agent import tell_others
from mailroom.desk.letters.tell_escalation import tell
from mailroom.desk.orders.orders import carry_out, check, orders_of
from mailroom.desk.orders.transcript import send_transcript
from mailroom.desk.record import look_at_change
from mailroom.desk.watch import catch_up, just_before
from mailroom.ticket.command import parse
from mailroom.ticket.model import Disposition, TicketId

_LINE = re.compile(r"#\s?(\d{1,15})[\s:]+#?\s*(\S.*)")


NEEDS_ITS_OWN_MAIL = frozenset(
    {"note", "canned", "try", "help", "show", "why", "send", "release", "away"}
)


def is_batch(text: str) -> bool:
    """Whether a text holds nothing but lines like `#1042 solved`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return bool(lines) and all(_LINE.fullmatch(line) for line in lines)


def batch_mail(act: Act, text: str) -> Outcome:
    """Carry out a batch line by line and answer with a transcript."""
    lines, done = [], 0
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        why = _do(act, line)
        done += not why
        lines.append(f"> {line}\n  {'refused: ' + why if why else 'done'}")
    verdict = f"{done} of {len(lines)} lines were done."
    send_transcript(act, None, verdict, lines, "")
    return Outcome(Disposition.COMMAND, None, verdict)


def _do(act: Act, line: str) -> str:
    """Do one line; return why not, or nothing."""
    match = _LINE.fullmatch(line)
    if match is None:
        return "write lines like #1042 solved"
    office, at = act.office, act.reading.inbound.received_at
    case = load(office, TicketId(int(match[1])), office.now())
    if case is None:
        return f"there is no ticket {match[1]}"
    one = replace(act, commands=parse(f"#{match[2]}"))
    if one.commands.faults:
        return one.commands.faults[0].why
    alone = [c.name for c in one.commands.commands if c.name in NEEDS_ITS_OWN_MAIL]
    if alone:
        return f"#{alone[0]} needs a mail of its own"
    if case.ticket.merged_into is not None:
        return f"ticket {match[1]} was merged into {case.ticket.merged_into}"
    happenings = catch_up(office, case, just_before(at))
    before = case.ticket
    orders = orders_of(one.commands, office, case, act.agent, act.address, at)
    faults = check(orders)
    if not faults and carry_out(orders):
        look_at_change(office, case, at)
    clocks = keep(office, case, office.now())
    tell(office, case, happenings, office.now())
    if not faults:
        tell_others(one, case, before, False, clocks)
    flush(office, case)
    return faults[0].why if faults else ""
