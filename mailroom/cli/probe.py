"""`mailroom probe`: do plus addresses of a mailbox that we fetch from arrive?

A signed mail to `support+...@` leaves through the relay; when the running desk fetches
it, replies go to plus addresses from then on, which name their ticket by themselves.
"""

import time
from pathlib import Path

import click

from mailroom.app import App
from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.desk.incoming.probe import is_proven, send_probe, to_be_probed
from mailroom.settings import Mailbox

_LOOK = 0.5  # seconds between two looks


@click.command
@config_option
@click.option(
    "--wait",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=120.0,
    show_default=True,
    help="How long to wait for the mails to come back.",
)
def probe_command(config_path: Path, wait: float) -> None:
    """Find out whether plus addresses arrive, for mailboxes fed by IMAP.

    The desk must be running. Exit code 1: one has not come back in time.
    """
    with open_desk(config_path) as app:
        boxes = to_be_probed(app.office)
        if not boxes:
            click.echo("no plain mailbox is fed by IMAP; there is nothing to probe")
            return
        for box in boxes:
            if not is_proven(app.office, box):
                send_probe(app.office, box, app.office.now())
        app.bells.deliver(0)
        missing = _wait(app, boxes, wait)
    for box in boxes:
        seen = "has not come back yet; is the desk running?"
        if box not in missing:
            seen = "arrives; replies go to plus addresses from now on"
        click.echo(f"{box.address}: mail to a plus address {seen}")
    raise click.exceptions.Exit(1 if missing else 0)


def _wait(app: App, boxes: tuple[Mailbox, ...], wait: float) -> list[Mailbox]:
    """Return the mailboxes whose probe has not come back in time."""
    end = time.monotonic() + wait
    while True:
        missing = [box for box in boxes if not is_proven(app.office, box)]
        if not missing or time.monotonic() >= end:
            return missing
        time.sleep(_LOOK)
