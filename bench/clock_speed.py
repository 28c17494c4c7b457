"""How long the clocks take: working time, a fold over five entries, a plan of steps.

    python bench/clock_speed.py [--json]

Prints microseconds a call, the best of several rounds (other work on the machine only
ever adds). Aims: `add` and `between` 10 us, a fold of five entries 150 us.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from timeit import repeat

from rules.calendar import CalendarSpec
from rules.duration import Duration
from rules.escalation import next_instant, plan
from rules.policy import PRIORITIES, EscalationPath, Metric, Policy, Step, Target
from rules.sla import clocks
from rules.step import Point
from rules.timeline import Actor, Entry, Kind, Terms

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
OFFICE = CalendarSpec.parse(
    "office",
    "Europe/Berlin",
    ["Mon-Thu 09:00-12:30", "Mon-Thu 13:15-17:30", "Fri 09:00-15:00"],
    ["12-24", "2026-12-31"],
    ["2026-12-19 10:00-14:00"],
).resolve(NOW)
LADDER = EscalationPath(
    name="ladder",
    steps=tuple(Step(at=Point.parse(at)) for at in ("75%", "breach", "breach + 2h")),
)
SPANS = {
    Metric.FIRST_REPLY: "4h",
    Metric.NEXT_REPLY: "4h",
    Metric.UPDATE: "1 day",
    Metric.RESOLUTION: "3 days",
    Metric.TOTAL_RESOLUTION: "5 days",
}
GOLD = Policy(
    name="gold",
    calendar="office",
    targets={
        metric: Target(dict.fromkeys(PRIORITIES, Duration.parse(span)))
        for metric, span in SPANS.items()
    },
)


def after(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


TERMS = Terms(policy=GOLD, calendar=OFFICE, path=LADDER)
STORY = (
    Entry(NOW, 1, Kind.OPENED),
    Entry(NOW, 2, Kind.TERMS, terms=TERMS),
    Entry(after(2), 3, Kind.AGENT_REPLY, Actor.AGENT),
    Entry(after(2), 4, Kind.STATUS, Actor.AGENT, status="open"),
    Entry(after(3), 5, Kind.CUSTOMER_MESSAGE, Actor.CUSTOMER),
)


def measure(call: Callable[[], object], number: int = 500) -> float:
    """Return microseconds a call, best of nine rounds."""
    return min(repeat(call, number=number, repeat=9)) / number * 1e6


def main() -> None:
    end = OFFICE.add(NOW, timedelta(hours=30))
    seen = clocks(STORY, after(5))
    planned = plan(LADDER, seen, STORY)
    figures = {
        "add 16 h": measure(lambda: OFFICE.add(NOW, timedelta(hours=16))),
        "between": measure(lambda: OFFICE.between(NOW, end)),
        "add 2 days": measure(lambda: OFFICE.add_days(NOW, 2)),
        "fold, 2 entries": measure(lambda: clocks(STORY[:2], after(1))),
        "fold, 5 entries": measure(lambda: clocks(STORY, after(5))),
        "plan, 15 steps": measure(lambda: plan(LADDER, seen, STORY)),
        "next instant": measure(lambda: next_instant(seen, planned, after(5))),
    }
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=2))
        return
    for name, figure in figures.items():
        print(f"{name:20} {figure:8.1f} us")


if __name__ == "__main__":
    main()
