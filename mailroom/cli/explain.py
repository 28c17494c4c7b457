"""`mailroom explain N`: why a ticket has its policy, and each deadline's arithmetic."""

from pathlib import Path

import click

from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.cli.lines import print_lines
from mailroom.cli.output import print_json
from mailroom.desk.explain import explain_ticket
from mailroom.errors import MailroomError
from mailroom.ticket.model import TicketId


@click.command
@config_option
@click.argument("number", type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def explain_command(config_path: Path, number: int, as_json: bool) -> None:
    """Explain ticket NUMBER: its policy, its clocks, its rules, as recorded."""
    with open_desk(config_path) as app:
        found = explain_ticket(app.office, TicketId(number), app.office.now())
    if found is None:
        raise MailroomError(f"there is no ticket {number}; `mailroom tickets`")
    if as_json:
        print_json(found.plain())
    else:
        print_lines(found.lines())
