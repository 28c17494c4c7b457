"""A time zone as a table of offsets, so that it can be stored and replayed exactly.

Zone data comes from the tzdata package alone, never from the operating system, whose
release may be another one: the same rule file must give the same deadline everywhere.
Wall times are read as RFC 5545 (3.3.5) says: one that occurs twice is the first, one
that is skipped is read with the offset before the gap.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones, reset_tzpath

import tzdata

from rules.errors import RulesError

reset_tzpath([])
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400


def zone_data_version() -> str:
    """Return the release of the zone data in use, such as `2026f`."""
    return str(tzdata.IANA_VERSION)


def load_zone(name: str) -> ZoneInfo:
    """Return the zone of that IANA name from the tzdata package. Raises RulesError."""
    try:
        return ZoneInfo.no_cache(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), 1, 0.6)
        meant = f"did you mean {near[0]}?" if near else "write it like Europe/Berlin"
        raise RulesError(f"{name!r} is no time zone; {meant}") from None


@dataclass(frozen=True, slots=True)
class ZoneTable:
    """Offsets from UTC in seconds: `first`, then (POSIX instant, offset) from it on."""

    first: int
    changes: tuple[tuple[int, int], ...] = ()
    _instants: tuple[int, ...] = field(init=False, compare=False, repr=False)
    _walls: tuple[int, ...] = field(init=False, compare=False, repr=False)
    _offsets: tuple[int, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        offsets = (self.first, *(offset for _, offset in self.changes))
        instants = tuple(instant for instant, _ in self.changes)
        # A wall time has the offset before the change until it is past both readings.
        walls = tuple(
            at + max(offsets[i], offsets[i + 1]) for i, at in enumerate(instants)
        )
        object.__setattr__(self, "_offsets", offsets)
        object.__setattr__(self, "_instants", instants)
        object.__setattr__(self, "_walls", walls)

    def to_utc(self, wall: int) -> int:
        """Turn wall seconds (since 1970-01-01 00:00 on the wall) into POSIX seconds."""
        return wall - self._offsets[bisect_right(self._walls, wall)]

    def to_wall(self, instant: int) -> int:
        """Turn POSIX seconds into wall seconds."""
        return instant + self._offsets[bisect_right(self._instants, instant)]


@lru_cache(maxsize=256)
def zone_table(name: str, first_year: int, last_year: int) -> ZoneTable:
    """Return the zone's offsets for whole years, a day beyond at either end.

    The zone is asked once a day and the exact second of a change is then searched; no
    zone has ever changed twice within a day. Raises RulesError.
    """
    zone = load_zone(name)
    start = _posix(datetime(first_year, 1, 1, tzinfo=UTC)) - 2 * _DAY
    end = _posix(datetime(last_year + 1, 1, 1, tzinfo=UTC)) + 2 * _DAY
    first = before = _offset(zone, start)
    changes: list[tuple[int, int]] = []
    for probe in range(start + _DAY, end + _DAY, _DAY):
        after = _offset(zone, probe)
        if after != before:
            changes.append((_search(zone, probe - _DAY, probe), after))
            before = after
    return ZoneTable(first, tuple(changes))


def _search(zone: ZoneInfo, low: int, high: int) -> int:
    before = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, instant: int) -> int:
    at = (EPOCH + timedelta(seconds=instant)).astimezone(zone)
    offset = at.utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _posix(at: datetime) -> int:
    return int((at - EPOCH).total_seconds())
