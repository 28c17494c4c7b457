"""`mailroom letter show`: what a letter says on a ticket, before anybody gets it."""

from pathlib import Path

import click

from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.desk.letter_show import show_letter
from mailroom.errors import MailroomError
from mailroom.ticket.model import TicketId


@click.group
def letter_group() -> None:
    """Look at letters."""


@letter_group.command("show")
@click.argument("name")
@config_option
@click.option("--ticket", type=int, required=True, metavar="N", help="On which ticket.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the HTML part to a file as well.",
)
def show_command(name: str, config_path: Path, ticket: int, html: Path | None) -> None:
    """Show the letter NAME as ticket N would get it now. Nothing is sent."""
    with open_desk(config_path) as app:
        written = show_letter(app.office, name, TicketId(ticket))
    click.echo(f"Subject: {written.subject}\n\n{written.text}", nl=False)
    if html is None:
        return
    try:
        html.write_text(written.html, encoding="utf-8")
    except OSError as error:
        raise MailroomError(f"{html}: cannot be written ({error.strerror})") from error
