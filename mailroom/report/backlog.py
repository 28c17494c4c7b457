"""The backlog: which tickets were unsolved at an instant, by the events alone.

A ticket is in it from its opening to its end, and not while it is marked as spam. Here
the present backlog is known, and what moved since an instant is taken back.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from mailroom.store.contract import Store
from mailroom.store.contract_figures import Move
from mailroom.ticket.model import Kind, TicketId

_OPENS = frozenset((Kind.OPENED, Kind.REOPEN))
_ENDS = frozenset((Kind.SOLVE, Kind.CLOSE, Kind.MERGE))
MOVES = sorted(_OPENS | _ENDS | {Kind.SPAM, Kind.NOTSPAM})
# A ticket's state is one number: bit 0 for unsolved, bit 1 for spam.
NEVER_OPENED, UNSOLVED, _SPAM = 0, 1, 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moved(state: int, kind: str) -> int:
    """Return a ticket's state after one of MOVES."""
    if kind in _OPENS:
        return state | UNSOLVED
    if kind in _ENDS:
        return state & ~UNSOLVED
    return state | _SPAM if kind == Kind.SPAM else state & ~_SPAM


def monday_after(at: datetime) -> datetime:
    """Return the first Monday, 00:00 UTC, after an instant."""
    day = datetime(at.year, at.month, at.day, tzinfo=UTC)
    return day + timedelta(days=7 - day.weekday())


def backlog(store: Store, instants: Sequence[datetime]) -> list[int]:
    """Return how many tickets were unsolved at each of some instants, in order."""
    if not instants:
        return []
    states, later = _since(store, instants[0])
    ends = [_ms(at) for at in instants]
    steps = [0] * (len(ends) + 1)
    for ticket, at, kind in later:
        before = states.get(ticket, NEVER_OPENED)
        after = moved(before, kind)
        if before != after:
            states[ticket] = after
            place = bisect_right(ends, at)
            steps[place] += (after == UNSOLVED) - (before == UNSOLVED)
    now = len(store.unsolved_tickets())
    return list(accumulate(steps[:-1], initial=now - sum(steps)))[1:]


def unsolved_at(store: Store, at: datetime) -> list[TicketId]:
    """Return the numbers of the tickets that were unsolved then, newest first."""
    states, later = _since(store, at)
    untouched = set(store.unsolved_tickets()).difference(move[0] for move in later)
    then = {ticket for ticket, state in states.items() if state == UNSOLVED}
    return sorted(untouched | then, reverse=True)


def _since(store: Store, at: datetime) -> tuple[dict[TicketId, int], list[Move]]:
    """Return the states at an instant of all that moved since, and these moves."""
    moves, since = store.report_moves(MOVES, at), _ms(at)
    later = [move for move in moves if move[1] >= since]
    states: dict[TicketId, int] = {}
    for ticket, _, kind in moves[: len(moves) - len(later)]:
        states[ticket] = moved(states.get(ticket, NEVER_OPENED), kind)
    return states, later


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
