"""How many automatic letters one ticket may cause: the last ditch against any loop.

Counted are the letters that its log names, so nothing is asked of the database. What
agents write themselves is never counted. Ordinary tickets stay far below.
"""

from datetime import datetime, timedelta

from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind

WRITTEN_BY_AGENTS = "reply"
FOR_CUSTOMERS = frozenset(
    "acknowledgement solved status status_update reminder pending reopened rating".split()
)
DAY, MOST_TO_CUSTOMERS = timedelta(days=1), 20
HOUR, MOST_TO_AGENTS = timedelta(hours=1), 500


def exceeded(case: Case, letter: str, now: datetime) -> str:
    """Return why one more letter of this name is too many; "": it is not."""
    if letter == WRITTEN_BY_AGENTS:
        return ""
    to_customers = letter in FOR_CUSTOMERS
    span, most = (DAY, MOST_TO_CUSTOMERS) if to_customers else (HOUR, MOST_TO_AGENTS)
    if len(case.log) < most:
        return ""
    queued = [e.data["letter"] for e in case.events(Kind.MAIL) if e.at > now - span]
    alike = [
        name
        for name in queued
        if name != WRITTEN_BY_AGENTS and (name in FOR_CUSTOMERS) == to_customers
    ]
    if len(alike) < most:
        return ""
    whom = "customers within a day" if to_customers else "agents within an hour"
    return f"this ticket has caused {most} automatic letters to {whom}"
