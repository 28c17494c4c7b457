"""What monitoring asks of a store: how full the trays are, and how tickets stand.

A part of `mailroom.store.contract.Store`; its promises hold here, too. All of it reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The desk at one instant, in numbers."""

    tickets: Mapping[str, int]  # status -> how many
    overdue: int  # clocks that have missed their due time and still run
    next_due_at: datetime | None
    received: int  # mails ever taken in
    waiting: int  # mails taken in and not yet processed
    waiting_since: datetime | None  # the oldest of them
    quarantined: int
    queued: int  # letters never tried
    deferred: int  # letters that will be tried again
    unsent_since: datetime | None  # the oldest of both
    failed: int  # letters given up, ever
    written: int  # letters ever queued


class Gauges(Protocol):
    """Numbers for monitoring."""

    def levels(self) -> Levels:
        """Return how the desk stands, by indexes alone."""
        ...
