"""`mailroom demo`: a desk in a temporary folder plays a short story by real SMTP.

Nothing leaves the machine, and nothing stays on it: outgoing mail goes into a Maildir
that is shown as it fills and removed at the end.
"""

import signal
import sys
import tempfile
from pathlib import Path

import click

from mailroom import logs
from mailroom.cli import demo_story as story
from mailroom.cli.demo_play import Play
from mailroom.cli.demo_screen import Screen
from mailroom.cli.demo_stage import Stage
from mailroom.cli.demo_watch import left


@click.command
@click.option(
    "--keep/--no-keep",
    default=None,
    help="Keep the desk up until Ctrl-C; by default on a terminal only.",
)
def demo_command(keep: bool | None) -> None:
    """Play a story by real SMTP on a desk of its own, and show what happens, live."""
    logs.configure("ERROR")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stays = sys.stdout.isatty() if keep is None else keep
    screen = Screen()
    screen.title("A desk in a temporary folder, with promises of seconds")
    for line in story.PROMISES:
        screen.say(line)
    with tempfile.TemporaryDirectory(prefix="mailroom-demo-") as folder:
        stage = Stage(Path(folder))
        try:
            Play(stage, screen).all()
            _sum_up(stage, screen)
            if stays:
                _stay(stage, screen)
        finally:
            stage.stop()


def _sum_up(stage: Stage, screen: Screen) -> None:
    store = stage.app.store
    screen.title("Where it all stands")
    for line in store.tickets():
        ticket = line.ticket
        number = stage.app.office.number(ticket.id)
        screen.say(f"{number} {ticket.subject}: {ticket.status}")
        for clock in store.clocks(ticket.id):
            if clock.target is not None:
                screen.say(f"    {clock.metric.replace('_', ' ')} {left(clock)}")
        screen.say(f"    the customer's page: {stage.app.status_url(ticket.id)}")


def _stay(stage: Stage, screen: Screen) -> None:
    screen.say()
    screen.say(f"All mails are in {stage.app.config.data / 'outgoing'}.")
    screen.say("The pages stay up until Ctrl-C.")
    try:
        stage.wait()
    except KeyboardInterrupt:
        screen.say()
