"""Instants as scripts read them: ISO 8601 in UTC with milliseconds."""

from datetime import UTC, datetime


def iso(at: datetime | None) -> str | None:
    """Write an aware instant, such as `2026-11-27T13:30:00.000Z`; None stays None."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
