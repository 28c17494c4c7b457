"""A customer who does not answer: `[pending] remind_after, solve_after`.

Pure. Counted in elapsed time from when the ticket became pending; a `#pending 3d` has a
term of its own and is left alone. One reminder a wait; the reminder moves no clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind, Status

REMINDER = "reminder"  # the letter


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
    if remind_after is not None and not _reminded(case, since):
        at = since + remind_after
        if solve_after is None or remind_after < solve_after:
            return Next(Silence.REMIND, at)
    return Next(Silence.SOLVE, since + solve_after) if solve_after is not None else None


def _pending_since(case: Case) -> datetime | None:
    if case.ticket.status is not Status.PENDING or case.ticket.pending_until:
        return None
    moves = [e for e in case.events(Kind.STATUS) if e.data["status"] == Status.PENDING]
    return moves[-1].at if moves else None


def _reminded(case: Case, since: datetime) -> bool:
    return any(
        event.at >= since and event.data.get("letter") == REMINDER
        for event in case.log
        if event.kind in (Kind.MAIL, Kind.SUPPRESSED)
    )
