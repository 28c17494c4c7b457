"""`#away until Monday`: until when an agent is not to be written to first.

A weekday is the next one, at its midnight in the agent's zone; a date likewise; `3d` is
elapsed time. `off` ends it at once.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailroom.ticket.command import read_term

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def until_when(text: str, now: datetime, zone: str) -> datetime | None:
    """Return the instant that ends it (`now` for "off"); None: not understood."""
    word = text.lower().removeprefix("until").strip()
    if word == "off":
        return now
    today = now.astimezone(ZoneInfo(zone)).date()
    found = [
        at for at, name in enumerate(_DAYS) if len(word) >= 3 and name.startswith(word)
    ]
    if len(found) == 1:
        ahead = (found[0] - today.weekday() - 1) % 7 + 1
        return _midnight(today + timedelta(days=ahead), zone)
    try:
        day = date.fromisoformat(word)
    except ValueError:
        term = read_term(word)
        return now + term if term is not None else None
    return _midnight(day, zone) if day > today else None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
