"""`mailroom quarantine`: mail that was kept back, and `release`, which lets it in."""

from pathlib import Path

import click

from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.cli.messages import print_messages
from mailroom.cli.shape import message_line
from mailroom.errors import MailroomError
from mailroom.ticket.model import Disposition, InboundId


@click.group(invoke_without_command=True)
@config_option
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_context
def quarantine_group(context: click.Context, config_path: Path, as_json: bool) -> None:
    """List mail that was kept back: unreadable, or an agent's without proof."""
    if context.invoked_subcommand is not None:
        return
    with open_desk(config_path) as app:
        found = app.store.messages(disposition=Disposition.QUARANTINED.value)
    print_messages([message_line(line) for line in found], as_json=as_json)


@quarantine_group.command("release")
@config_option
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
def release_command(config_path: Path, number: int) -> None:
    """Process the mail ID again, as one that may be trusted."""
    with open_desk(config_path) as app:
        inbound = app.store.inbound(InboundId(number))
        if inbound is None or inbound.disposition is not Disposition.QUARANTINED:
            raise MailroomError(
                f"no mail {number} is held; `mailroom quarantine` lists those that are"
            )
        outcome = app.intake.release(InboundId(number))
    click.echo(f"released {number}: {outcome}")
