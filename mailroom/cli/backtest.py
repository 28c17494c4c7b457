"""`mailroom rules backtest NEW`: another rule set on recorded history, on all cores."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import click

from mailroom.app import open_store
from mailroom.cli.group import config_option
from mailroom.cli.lines import print_lines
from mailroom.cli.output import print_json
from mailroom.cli.period import Instant, at
from mailroom.cli.progress import watched
from mailroom.clock import utcnow
from mailroom.config import Config, load
from mailroom.errors import ConfigError
from mailroom.rehearsal.backtest import Backtest, Tally
from mailroom.rehearsal.replay import Replay
from mailroom.ticket.edition import Edition
from mailroom.ticket.model import TicketId
from rules.loader import load as load_rules
from rules.loader import load_texts
from rules.rulereading import FIRST_YEAR

PART = 200  # tickets that one process looks at in one go
_ALONE = 1000  # so few tickets are not worth another process
_KNOWN = timedelta(days=730)  # how far back calendars know their holidays
_AHEAD = 6  # years of holidays to come, for what is still open


@click.command("backtest")
@config_option
@click.argument("new", metavar="NEW", type=click.Path(path_type=Path))
@click.option(
    "--since",
    type=Instant(),
    default="90d",
    show_default=True,
    help="Tickets that came from then on: 90d, or 2026-11-01.",
)
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option(
    "--fail-on",
    type=click.Choice(["breaches"]),
    help="Exit code 1 where the new rules breach what was none.",
)
def backtest_command(
    config_path: Path,
    new: Path,
    since: datetime | str,
    as_json: bool,
    fail_on: str | None,
) -> None:
    """Try the rules NEW on the tickets that were: routing, deadlines, breaches, mails.

    Changes nothing. The answer says what it cannot know.
    """
    if not new.exists():
        raise ConfigError(f"{new}: there are no such rules; name a file or a folder")
    config, now = load(config_path, os.environ), utcnow()
    start = at(since, now)
    found = Backtest(since=start, tally=_tally(config, new, start, now))
    if as_json:
        print_json(found.plain())
    else:
        print_lines(found.lines())
    failed = fail_on == "breaches" and found.worse
    raise click.exceptions.Exit(1 if failed else 0)


class _Looker:
    """One process's store and rules."""

    def __init__(
        self, config: Config, new: Path, start: datetime | None, now: datetime
    ) -> None:
        self.store = open_store(config)
        self.rules = load_rules(new, now)
        if start is not None and start < now - _KNOWN:  # holidays of all those years
            years = max(start.year - 1, FIRST_YEAR), now.year + _AHEAD
            self.rules = load_texts(self.rules.sources, now, years=years)
        self._replay = Replay(self.store, Edition(self.rules), now)

    def look(self, ids: Sequence[TicketId]) -> Tally:
        """Replay some tickets."""
        tally = Tally()
        for id in ids:
            tally.add(self._replay.look(id), self._organization)
        return tally

    def _organization(self, address: str) -> str | None:
        company = self.rules.organization_of(address)
        return company.key if company is not None else None


_mine: list[_Looker] = []  # one in each process of the pool


def _begin(config: Config, new: Path, start: datetime | None, now: datetime) -> None:
    _mine.append(_Looker(config, new, start, now))


def _look(ids: Sequence[TicketId]) -> Tally:
    return _mine[-1].look(ids)


def _tally(config: Config, new: Path, start: datetime | None, now: datetime) -> Tally:
    looker = _Looker(config, new, start, now)  # here too: faults of NEW are told once
    ids = [
        ticket.id
        for ticket in looker.store.report_tickets()
        if start is None or ticket.created_at >= start
    ]
    parts = [ids[first : first + PART] for first in range(0, len(ids), PART)]
    tallies = (
        map(looker.look, parts)
        if len(ids) <= _ALONE
        else _in_parallel(parts, (config, new, start, now))
    )
    whole = Tally()
    for tally in watched(tallies, len(parts), f"parts of {PART} tickets", 50):
        whole.merge(tally)
    looker.store.close()
    return whole


def _in_parallel(
    parts: Sequence[Sequence[TicketId]],
    given: tuple[Config, Path, datetime | None, datetime],
) -> Iterator[Tally]:
    """Yield the tallies of all parts, from a process for each core."""
    with ProcessPoolExecutor(
        max_workers=os.cpu_count(),
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=given,
    ) as pool:
        yield from pool.map(_look, parts)
