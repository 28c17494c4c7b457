"""`mailroom calendar show NAME [YEAR]`: hours, holidays and clock changes, resolved."""

import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click

from mailroom.cli.group import config_option
from mailroom.cli.output import print_json, print_table
from mailroom.clock import utcnow
from mailroom.config import load
from mailroom.errors import ConfigError
from rules.calendar import Calendar
from rules.hours import Hours
from rules.loader import load as load_rules
from rules.loader import load_texts
from rules.near import hint
from rules.zone import zone_data_version

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@click.group
def calendar_group() -> None:
    """Show working hours and holidays as they are counted."""


@calendar_group.command("show")
@config_option
@click.argument("name")
@click.argument("year", type=click.IntRange(1990, 2200), required=False)
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def show_command(config_path: Path, name: str, year: int | None, as_json: bool) -> None:
    """Show the calendar NAME in YEAR (this one, unless given)."""
    now = utcnow()
    year = year or now.year
    rules = load_rules(load(config_path, os.environ).rules, now)
    if year != now.year:
        rules = load_texts(rules.sources, now, years=(year - 1, year + 1))
    calendar = rules.calendars.get(name)
    if calendar is None:
        advice = hint(name, rules.calendars)
        raise ConfigError(f'the rules have no calendar "{name}"{advice}')
    page = _page(calendar, year)
    if as_json:
        print_json(page)
    else:
        _print_page(page)


def _page(calendar: Calendar, year: int) -> dict[str, Any]:
    document = calendar.version()
    return {
        "name": calendar.name,
        "timezone": document.get("timezone", "UTC"),
        "year": year,
        "hours": [_spell(hours) for hours in calendar.hours] or ["daily 00:00-24:00"],
        "holidays": [day.isoformat() for day in calendar.holidays(year)],
        "extra": [
            f"{o.day.isoformat()} {_clock(o.start)}-{_clock(o.end)}"
            for o in calendar.extra
            if o.day.year == year
        ],
        "months": [_month(calendar, year, month) for month in range(1, 13)],
        "zone_data": zone_data_version(),
    }


def _month(calendar: Calendar, year: int, month: int) -> dict[str, Any]:
    """The working time of a month by its dates, each with its own hours."""
    first = datetime(year, month, 1, tzinfo=UTC).date()
    days = [first + timedelta(days=n) for n in range(31)]
    spans = [calendar.spans(day) for day in days if day.month == month]
    length = sum((b - a for day in spans for a, b in day), timedelta())
    return {"month": month, "working_days": sum(map(bool, spans)), "open": length}


def _spell(hours: Hours) -> str:
    days = ",".join(_DAYS[day] for day in hours.days)
    return f"{days} {_clock(hours.start)}-{_clock(hours.end)}"


def _clock(seconds: int) -> str:
    if seconds == 86400:
        return "24:00"
    hour, rest = divmod(seconds % 86400, 3600)
    at = time(hour, *divmod(rest, 60))
    return at.isoformat("seconds" if at.second else "minutes")


def _print_page(page: dict[str, Any]) -> None:
    click.echo(f"{page['name']} {page['year']} ({page['timezone']})")
    click.echo(f"zone data {page['zone_data']}")
    for key in ("hours", "holidays", "extra"):
        click.echo(f"\n{key}")
        for line in page[key] or ["(none)"]:
            click.echo(f"  {line}")
    click.echo()
    rows = [
        (
            f"{page['year']}-{m['month']:02}",
            str(m["working_days"]),
            f"{m['open'].total_seconds() / 3600:.1f}",
        )
        for m in page["months"]
    ]
    print_table(("month", "days", "hours"), rows)
