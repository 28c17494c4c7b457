"""A customer who does not answer: `[pending] remind_after, solve_after`.

Pure. Counted in elapsed time from when the ticket became pending, or from the agent's
last answer since; a `#pending 3d` has a term of its own and is left alone. One reminder a
wait; the reminder moves no clock. Where it was late by more than an hour (we were down),
the solving waits so much longer: a customer has the time that was meant to be his.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind, Status

REMINDER = "reminder"  # the letter
LATE = timedelta(hours=1)


_LETTERS = (Kind.MAIL, Kind.SUPPRESSED)


class Silence(StrEnum):
    """What is done about it."""

    REMIND = "remind"
    SOLVE = "solve"


@dataclass(frozen=True, slots=True)
class Next:
    """What is done next, and when."""

    what: Silence
    at: datetime


def next_of(
    case: Case, remind_after: timedelta | None, solve_after: timedelta | None
) -> Next | None:
    """Return what is done next about a silent customer; None: nothing."""
    since = _pending_since(case)
    if since is None:
        return None
    late = timedelta()
    if remind_after is not None and (solve_after is None or remind_after < solve_after):
        due, reminded = since + remind_after, _reminded(case, since)
        if reminded is None:
            return Next(Silence.REMIND, due)
        late = reminded - due if reminded - due > LATE else late
    if solve_after is None:
        return None
    return Next(Silence.SOLVE, since + solve_after + late)


def _pending_since(case: Case) -> datetime | None:
    if case.ticket.status is not Status.PENDING or case.ticket.pending_until:
        return None
    moves = [e for e in case.events(Kind.STATUS) if e.data["status"] == Status.PENDING]
    answers = case.events(Kind.AGENT_REPLY)
    return max(e.at for e in (*moves[-1:], *answers[-1:])) if moves else None


def _reminded(case: Case, since: datetime) -> datetime | None:
    """Return when the customer was reminded in this wait; None: not yet."""
    for event in reversed(case.log):
        about = event.data.get("letter") if event.kind in _LETTERS else None
        if about == REMINDER and event.at >= since:
            return event.at
    return None
