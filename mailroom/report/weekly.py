"""What the weekly report says: last week's figures, those of `mailroom report`.

An admin gets all of them, a team lead those of his teams. Weeks are ISO weeks in UTC, as
everywhere in reports, so that a figure is the same for everybody who looks at it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailroom.config import Config
from mailroom.notice.morning import Issue
from mailroom.report.attainment import (
    OrganizationOf,
    Period,
    Report,
    Row,
    attainment,
    week_of,
)
from mailroom.report.page import shown
from mailroom.store.contract import Store
from mailroom.ticket.model import Kind

WEEK = timedelta(days=7)
WEEKS = 5  # that are shown side by side, the last one included
MOST_CUSTOMERS = 5
_OVER = ("solved", "closed")


def week_before(day: date) -> Period:
    """Return the ISO week before the Monday `day`, in UTC."""
    until = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Period(since=until - WEEK, until=until)


@dataclass(slots=True)
class Weekly:
    """Writes weekly reports; what several readers share is counted once."""

    store: Store
    config: Config
    organization_of: OrganizationOf
    _known: dict[tuple[Any, ...], Report] = field(default_factory=dict)
    _seen_at: datetime | None = None

    def __call__(self, issue: Issue) -> Mapping[str, Any]:
        """Return the values of the letter `weekly`; `empty`: there is nothing to say."""
        if self._seen_at != issue.now:
            self._known, self._seen_at = {}, issue.now
        period, teams = week_before(issue.day), self._teams(issue)
        last, zone = period.until or issue.now, ZoneInfo(issue.zone)
        totals = self._rows(("team",), period, issue.now, teams)
        figures = self._figures(period, teams)
        spam = figures.pop("spam") if teams is None else 0
        counted = (figures["arrived"], figures["solved"], figures["unsolved"], spam)
        return {
            "desk": self.config.name,
            "empty": not totals and not any(counted),
            "teams": list(teams or ()),
            "week": last.date() - timedelta(days=1),
            "first": (last - WEEK).date(),
            "now": issue.now.astimezone(zone),
            "zone": issue.zone,
            "totals": {**figures, **_sum(totals)},
            "sections": self._sections(period, issue.now, teams),
            "weeks": [week.partition("-")[2] for week in _weeks(last)],
            "trend": self._trend(last, issue.now, teams),
            "spam": spam,
            "excluded": self._excluded(period, issue.now) if teams is None else {},
            "command": _command(period, teams),
            "url": _page(self.config, last) if issue.reader.agent else "",
        }

    def _teams(self, issue: Issue) -> tuple[str, ...] | None:
        """Return whose figures they are; None is everybody's."""
        return None if issue.reader.admin else issue.reader.leads

    def _report(self, by: tuple[str, ...], period: Period, now: datetime) -> Report:
        key = (by, period)
        if key not in self._known:
            self._known[key] = attainment(
                self.store, self.organization_of, by, period, now
            )
        return self._known[key]

    def _rows(
        self,
        by: tuple[str, ...],
        period: Period,
        now: datetime,
        teams: Collection[str] | None,
    ) -> list[Row]:
        rows = self._report(by, period, now).rows
        return [row for row in rows if teams is None or row.group["team"] in teams]

    def _sections(
        self, period: Period, now: datetime, teams: Sequence[str] | None
    ) -> list[dict[str, Any]]:
        """Return the tables, each {name, by, rows}; a lead has one for each team."""
        if teams is not None:
            rows = self._rows(("team", "policy"), period, now, teams)
            return [
                {"name": team, "by": "policy", "rows": own}
                for team in teams
                if (
                    own := [_line(r, "policy") for r in rows if r.group["team"] == team]
                )
            ]
        found = [{"name": "", "by": "policy", "rows": self._all("policy", period, now)}]
        by_team = self._all("team", period, now)
        if len({row["group"] for row in by_team}) > 1:
            found.append({"name": "", "by": "team", "rows": by_team})
        customers = [
            row for row in self._all("organization", period, now) if row["breached"]
        ]
        customers.sort(key=lambda row: (-row["breached"], row["group"] or ""))
        found.append(
            {"name": "", "by": "organization", "rows": customers[:MOST_CUSTOMERS]}
        )
        return [section for section in found if section["rows"]]

    def _all(self, by: str, period: Period, now: datetime) -> list[dict[str, Any]]:
        return [_line(row, by) for row in self._report((by,), period, now).rows]

    def _trend(
        self, last: datetime, now: datetime, teams: Collection[str] | None
    ) -> list[dict[str, Any]]:
        """Return attainment by metric and week, each {metric, weeks: [counts]}."""
        period = Period(since=last - WEEKS * WEEK, until=last)
        found: dict[str, dict[str | None, list[Row]]] = {}
        for row in self._rows(("team", "week"), period, now, teams):
            weeks = found.setdefault(row.metric, {})
            weeks.setdefault(row.group["week"], []).append(row)
        return [
            {
                "metric": metric,
                "weeks": [_sum(weeks.get(week, ())) for week in _weeks(last)],
            }
            for metric, weeks in sorted(found.items())
        ]

    def _figures(self, period: Period, teams: Collection[str] | None) -> dict[str, int]:
        """Count tickets that came and were solved in the week, and are unsolved now."""
        tickets = [
            ticket
            for ticket in self.store.report_tickets()
            if not ticket.merged and (teams is None or ticket.team in teams)
        ]
        real = {ticket.id: ticket for ticket in tickets if not ticket.spam}
        solved = {
            event.ticket
            for event in self.store.report_events([Kind.SOLVE])
            if event.ticket in real and period.holds(event.at)
        }
        came = Counter(t.spam for t in tickets if period.holds(t.created_at))
        return {
            "arrived": came[False],
            "solved": len(solved),
            "unsolved": sum(ticket.status not in _OVER for ticket in real.values()),
            "spam": came[True],
        }

    def _excluded(self, period: Period, now: datetime) -> dict[str, int]:
        return dict(sorted(self._report(("policy",), period, now).excluded.items()))


def spam_of(store: Store, period: Period) -> int:
    """Return how many tickets of a period were taken for spam."""
    return sum(
        ticket.spam and not ticket.merged and period.holds(ticket.created_at)
        for ticket in store.report_tickets()
    )


def _line(row: Row, by: str) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "group": row.group[by],
        "count": row.count,
        "achieved": row.achieved,
        "breached": row.breached,
        "attainment": row.attainment,
        "p50": shown(row.p50),
        "p90": shown(row.p90),
        "p99": shown(row.p99),
    }


def _sum(rows: Collection[Row]) -> dict[str, Any]:
    achieved = sum(row.achieved for row in rows)
    count = sum(row.count for row in rows)
    share = int(10_000 * achieved / count) / 10_000 if count else None
    return {
        "count": count,
        "achieved": achieved,
        "breached": count - achieved,
        "attainment": share,
    }


def _weeks(last: datetime) -> list[str]:
    return [week_of(last - WEEK * back) for back in range(WEEKS, 0, -1)]


def _command(period: Period, teams: Sequence[str] | None) -> str:
    by = "" if teams is None else " --by team --by policy"
    since, until = period.since, period.until
    return f"mailroom report --since {since:%Y-%m-%d} --until {until:%Y-%m-%d}{by}"


def _page(config: Config, last: datetime) -> str:
    """Return the address of the desk's reports up to the end of a week."""
    return f"{config.web.url.rstrip('/')}/desk/reports?until={last:%Y-%m-%d}"
