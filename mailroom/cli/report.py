"""`mailroom report`: how well the promises were kept, and what is left out of that."""

from datetime import datetime
from pathlib import Path

import click

from mailroom.app import App
from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.cli.output import print_json, print_table
from mailroom.cli.period import Instant, at
from mailroom.errors import ConfigError
from mailroom.report.attainment import DIMENSIONS, Period, Report, attainment
from mailroom.report.page import page, shown
from mailroom.report.sheet import FIGURES, attainment_sheet
from mailroom.report.trend import trends


@click.command
@config_option
@click.option("--since", type=Instant(), help="From then on: 2026-11-01, or 90d ago.")
@click.option("--until", type=Instant(), help="Before then.")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(DIMENSIONS),
    default=("policy",),
    show_default=True,
    help="What to group by; may be given several times.",
)
@click.option("--csv", "as_csv", is_flag=True, help="For spreadsheets.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option(
    "--html",
    "html",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one self-contained page with charts.",
)
def report_command(
    config_path: Path,
    since: datetime | str | None,
    until: datetime | str | None,
    by: tuple[str, ...],
    as_csv: bool,
    as_json: bool,
    html: Path | None,
) -> None:
    """Say how well the promises were kept: attainment and times of each metric.

    A clock counts in the period in which it started. p50, p90 and p99 are working time.
    """
    groups = tuple(dict.fromkeys(by))
    with open_desk(config_path) as app:
        now = app.office.now()
        period = Period(since=at(since, now), until=at(until, now))
        report = _report(app, groups, period, now)
        if html is not None:
            found = trends(app.store, period, now)
            _write(html, page(app.config.name, report, found, now))
    if as_json:
        print_json(report.plain())
    elif as_csv:
        click.echo(attainment_sheet(report), nl=False)
    elif html is None:
        _print(report)


def _report(app: App, by: tuple[str, ...], period: Period, now: datetime) -> Report:
    rules = app.office.rules.edition.ruleset

    def organization_of(address: str) -> str | None:
        company = rules.organization_of(address)
        return company.key if company is not None else None

    return attainment(app.store, organization_of, by, period, now)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
    click.echo(f"written: {file}", err=True)


def _print(report: Report) -> None:
    rows = [
        (
            row.metric,
            *(value or "-" for value in row.group.values()),
            str(row.count),
            str(row.achieved),
            str(row.breached),
            f"{row.attainment:.1%}",
            *map(shown, (row.p50, row.p90, row.p99)),
        )
        for row in report.rows
    ]
    print_table(("metric", *report.by, *FIGURES), rows)
    reasons = sorted(report.excluded.items())
    left = ", ".join(f"{count} {reason}" for reason, count in reasons)
    click.echo(f"\nleft out: {left or 'nothing'}")
