"""The opening spans of a calendar for some years, laid out for fast arithmetic.

Per local date: the weekly hours, less what holidays close, with the date's extra hours.
A holiday closes its own date from 00:00 to 24:00, also the tail of a span begun the
evening before, but not the tail that its own evening throws into the next date. Spans
that touch or overlap are one. `worked[i]` is the working time before `starts[i]`, so
that both directions of the arithmetic are one binary search.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.hours import DAY, Hours, Opening
from rules.zone import EPOCH, ZoneTable

Span = tuple[int, int]  # POSIX seconds, half-open
UNIX_DAY = date(1970, 1, 1).toordinal()
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is open when, resolved: no package and no zone database is asked."""

    hours: tuple[Hours, ...]
    holidays: frozenset[int]  # ordinals of closed dates
    extra: tuple[Opening, ...]
    zone: ZoneTable

    def is_working_day(self, ordinal: int) -> bool:
        """Whether `hours` name it and no holiday closes it, or `extra` names it."""
        if any(opening.day.toordinal() == ordinal for opening in self.extra):
            return True
        if ordinal in self.holidays:
            return False
        weekday = (ordinal - 1) % 7
        return any(weekday in hours.days for hours in self.hours)

    def day_spans(self, ordinal: int) -> list[Span]:
        """Return the spans that begin on that local date, merged, in order."""
        begin = (ordinal - UNIX_DAY) * DAY
        weekday = (ordinal - 1) % 7
        walls = [
            piece
            for hours in self.hours
            if weekday in hours.days
            for piece in self._unclosed(ordinal, hours.start, hours.end)
        ]
        walls += [
            (opening.start, opening.end)
            for opening in self.extra
            if opening.day.toordinal() == ordinal
        ]
        to_utc = self.zone.to_utc
        spans = [(to_utc(begin + a), to_utc(begin + b)) for a, b in walls]
        return merge(sorted(span for span in spans if span[0] < span[1]))

    def _unclosed(self, ordinal: int, start: int, end: int) -> Iterator[Span]:
        closed_today = ordinal in self.holidays
        closed_next = ordinal + 1 in self.holidays
        begin = max(start, DAY) if closed_today else start
        until = min(end, DAY) if closed_next else end
        if begin < until:
            yield begin, until


def merge(spans: list[Span]) -> list[Span]:
    """Join spans that touch or overlap; they come in order of their starts."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


@dataclass(frozen=True, slots=True)
class Openings:
    """The merged spans of whole years; answers hold for instants in [`low`, `high`)."""

    low: datetime
    high: datetime
    first_year: int
    last_year: int
    starts: list[datetime]
    ends: list[datetime]
    worked: list[timedelta]  # one longer than `starts`: the last is the whole
    workdays: list[int]  # ordinals

    def done(self, at: datetime) -> timedelta:
        """Return the working time from the start of the table until `at`."""
        i = bisect_right(self.starts, at) - 1
        if i < 0:
            return _ZERO
        if at < self.ends[i]:
            return self.worked[i] + (at - self.starts[i])
        return self.worked[i + 1]

    def reach(self, done: timedelta) -> datetime | None:
        """Return the earliest instant with `done` (> 0) worked, if it is here."""
        if done > self.worked[-1]:
            return None
        j = bisect_left(self.worked, done) - 1
        return self.starts[j] + (done - self.worked[j])

    def opening(self, at: datetime) -> datetime | None:
        """Return `at` if it is open then, else the next opening, if it is here."""
        i = bisect_right(self.starts, at) - 1
        if i >= 0 and at < self.ends[i]:
            return at
        return self.starts[i + 1] if i + 1 < len(self.starts) else None


def lay_out(plan: Plan, first_year: int, last_year: int) -> Openings:
    """Build the table for whole years of local dates."""
    first = date(first_year, 1, 1).toordinal()
    last = date(last_year, 12, 31).toordinal()
    spans: list[Span] = []
    for ordinal in range(first - 2, last + 3):
        spans.extend(plan.day_spans(ordinal))
    merged = merge(sorted(spans))
    worked = [_ZERO]
    for start, end in merged:
        worked.append(worked[-1] + timedelta(seconds=end - start))
    return Openings(
        low=EPOCH + timedelta(days=first - UNIX_DAY),
        high=EPOCH + timedelta(days=last + 1 - UNIX_DAY),
        first_year=first_year,
        last_year=last_year,
        starts=[EPOCH + timedelta(seconds=start) for start, _ in merged],
        ends=[EPOCH + timedelta(seconds=end) for _, end in merged],
        worked=worked,
        workdays=[n for n in range(first - 2, last + 3) if plan.is_working_day(n)],
    )
