"""The one place that reads the system's clock.

All else is given `now`, so that every decision can be replayed and tested.
"""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """Return the present instant, aware, in UTC, cut to whole milliseconds.

    Milliseconds are what the store keeps and what `--json` shows (RFC 3339), so an
    instant is equal to itself after a round trip.
    """
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
