"""A clock's deadline in figures: `30m of work: Fri 14:30-15:00`, pauses, and the sum.

In the calendar's own time zone. The figures are those of `Clock.ledger`; what a line of
work says adds up to the target.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from rules.calendar import ALWAYS_NAME, Calendar
from rules.duration import Duration
from rules.ledger import Clock, Interval
from rules.moment import iso

MOST_SPANS = 12  # spans of work that are listed before the middle is left out


def clock_lines(clock: Clock, cause: Callable[[int], str] | None = None) -> list[str]:
    """Return one clock as lines: its state, its deadline, and how that came about.

    `cause` says in words what the entry of an interval was, such as a message.
    """
    zone = _zone(clock.calendar)
    policy = f"policy {clock.policy}, {clock.priority}"
    name = clock.metric.value + (f" (cycle {clock.cycle})" if clock.cycle > 1 else "")
    lines = [f"{name}: {clock.state} - {clock.target} ({policy})"]
    lines += [f"   {line}" for line in _facts(clock, zone)]
    for interval in clock.ledger:
        why = f" [{cause(interval.entry)}]" if cause is not None else ""
        line = _interval(interval, clock.calendar, zone)
        lines.append(f"   {line}{why}")
    return lines


def clock_plain(clock: Clock) -> dict[str, Any]:
    """Return one clock and its ledger as what JSON can hold; durations in seconds."""
    return {
        "metric": clock.metric.value,
        "cycle": clock.cycle,
        "state": clock.state.value,
        "policy": clock.policy,
        "priority": clock.priority,
        "target": str(clock.target),
        "target_seconds": clock.target_time.total_seconds(),
        "started_at": iso(clock.started_at),
        "due": iso(clock.due),
        "elapsed": clock.elapsed.total_seconds(),
        "remaining": clock.remaining.total_seconds(),
        "fulfilled_at": iso(clock.fulfilled_at),
        "breached_at": iso(clock.breached_at),
        "ledger": [_plain_interval(line, clock.calendar) for line in clock.ledger],
    }


def _facts(clock: Clock, zone: tzinfo) -> Iterator[str]:
    if clock.due is not None:
        yield f"due {_moment(clock.due, zone)}"
    else:
        yield f"no due time while paused; {_span(clock.remaining)} remain"
    if clock.fulfilled_at is not None:
        yield f"fulfilled {_moment(clock.fulfilled_at, zone)}"
    if clock.breached_at is not None:
        yield f"breached {_moment(clock.breached_at, zone)}"
    if clock.target.days:
        yield f"{clock.target} from the start come to {_span(clock.target_time)} of work"


def _interval(line: Interval, calendar: Calendar, zone: tzinfo) -> str:
    mark = "planned " if line.planned else ""
    if not line.reason.startswith(("running", "overdue")):
        return f"{mark}{line.reason}: {_range(line.start, line.end, zone)}"
    word = "overdue work" if line.reason == "overdue" else "work"
    spans = calendar.open_between(line.start, line.end)
    shown = [_range(start, end, zone) for start, end in spans]
    if len(shown) > MOST_SPANS:
        left = len(shown) - MOST_SPANS + 1
        shown = [*shown[: MOST_SPANS - 2], f"({left} more)", shown[-1]]
    listed = ", ".join(shown) or f"none, closed {_range(line.start, line.end, zone)}"
    return f"{mark}{_span(line.gained)} of {word}: {listed}"


def _plain_interval(line: Interval, calendar: Calendar) -> dict[str, Any]:
    works = line.reason.startswith(("running", "overdue"))
    spans = calendar.open_between(line.start, line.end) if works else ()
    return {
        "from": iso(line.start),
        "to": iso(line.end),
        "reason": line.reason,
        "event": line.entry,
        "gained": line.gained.total_seconds(),
        "planned": line.planned,
        "spans": [[iso(start), iso(end)] for start, end in spans],
    }


def _zone(calendar: Calendar) -> tzinfo:
    name = "UTC" if calendar.name == ALWAYS_NAME else calendar.timezone
    return ZoneInfo(name)


def _moment(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    seconds = ":%S" if local.second else ""
    return local.strftime(f"%a %Y-%m-%d %H:%M{seconds} %Z")


def _range(start: datetime, end: datetime, zone: tzinfo) -> str:
    """`Fri 14:30-15:00`; with dates where it is long."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        return f"{first:%a %H:%M}-{last:%H:%M}"
    if last - first <= timedelta(days=6):
        return f"{first:%a %H:%M}-{last:%a %H:%M}"
    return f"{first:%a %Y-%m-%d %H:%M} - {last:%a %Y-%m-%d %H:%M}"


def _span(span: timedelta) -> str:
    return str(Duration(work=timedelta(seconds=int(span.total_seconds()))))
