"""`mailroom verify`: is every stored ticket and clock what its events make of it?

Every drift is one line: the ticket, the field, what is stored, what was recomputed.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.cli.lines import print_lines
from mailroom.cli.output import print_json
from mailroom.desk.verify import Verifier
from mailroom.store.contract import TicketLine
from mailroom.ticket.drift import Drift

Stored = TicketLine | Drift
_EVERY = 1000  # tickets between two plain lines about progress


@click.command
@config_option
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def verify_command(config_path: Path, as_json: bool) -> None:
    """Recompute every ticket and clock from the events. Exit code 1 on a drift."""
    drifts: list[Drift] = []
    with open_desk(config_path) as app:
        verifier = Verifier(app.office)
        count = verifier.count()
        for line in _watched(verifier.tickets(), count):
            drifts += verifier.verify(line)
        drifts += verifier.versions()
    if as_json:
        print_json({"tickets": count, "drifts": [_plain(drift) for drift in drifts]})
    else:
        print_lines(map(str, drifts))
        click.echo(f"{count} tickets, {len(drifts)} drifts", err=True)
    raise click.exceptions.Exit(1 if drifts else 0)


def _watched(tickets: Iterable[Stored], count: int) -> Iterator[Stored]:
    """Show how far it is: a bar on a terminal, now and then a line elsewhere."""
    if sys.stderr.isatty():
        with click.progressbar(tickets, length=count, file=sys.stderr) as bar:
            yield from bar
        return
    for number, line in enumerate(tickets, 1):
        yield line
        if number % _EVERY == 0:
            click.echo(f"{number} of {count} tickets", err=True)


def _plain(drift: Drift) -> dict[str, Any]:
    return {
        "ticket": drift.ticket,
        "field": drift.field,
        "stored": drift.stored,
        "recomputed": drift.recomputed,
    }
