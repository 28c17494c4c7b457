"""Reminding and then solving a ticket whose customer is silent (off by default)."""

from datetime import datetime

from mailroom.desk.letters.tell_customers import to_requester
from mailroom.desk.letters.turn import tell_requester
from mailroom.desk.office import Office
from mailroom.ticket.case import Case
from mailroom.ticket.lifecycle import Trigger
from mailroom.ticket.silence import REMINDER, Next, Silence, next_of


def next_silence(office: Office, case: Case) -> Next | None:
    """Return what is done next about a silent customer of this ticket."""
    pending = office.config.pending
    return next_of(case, pending.remind_after, pending.solve_after)


def end_silence(office: Office, case: Case, now: datetime) -> tuple[Next, ...]:
    """Solve what has been silent too long; return what letters there are to write."""
    due = next_silence(office, case)
    if due is None or due.at > now:
        return ()
    if due.what is Silence.SOLVE:
        case.trigger(Trigger.AGENT_SOLVED, due.at)
    return (due,)


def tell_silence(
    office: Office, case: Case, silences: tuple[Next, ...], now: datetime
) -> None:
    """Queue the reminder or the solved letter."""
    for silence in silences:
        place = f"{case.ticket.id}:{silence.at.isoformat()}"
        if silence.what is Silence.REMIND:
            to_requester(office, case, REMINDER, f"{REMINDER}:{place}", now)
        else:
            tell_requester(office, case, "solved", f"solved:{place}", now)
