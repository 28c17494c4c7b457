"""`mailroom letter show`: what a letter says, before anybody gets it."""

from pathlib import Path

import click

from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.desk.letters.letter_show import show_letter
from mailroom.errors import MailroomError
from mailroom.notice.letters import SHEETS
from mailroom.ticket.model import TicketId


@click.group
def letter_group() -> None:
    """Look at letters."""


@letter_group.command("show")
@click.argument("name")
@config_option
@click.option("--ticket", type=int, metavar="N", help="On which ticket.")
@click.option(
    "--to",
    metavar="ADDRESS",
    help="For weekly, digest and shadow: whose letter; an admin's otherwise.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the HTML part to a file as well.",
)
def show_command(
    name: str,
    config_path: Path,
    ticket: int | None,
    to: str | None,
    html: Path | None,
) -> None:
    """Show the letter NAME as it would go now. Nothing is sent.

    Most letters are about a ticket; weekly, digest and shadow are for a person.
    """
    if name not in SHEETS and ticket is None:
        raise click.UsageError(f"on which ticket? letter show {name} --ticket N")
    if name not in SHEETS and to is not None:
        raise click.UsageError(f"--to is for {', '.join(sorted(SHEETS))}")
    with open_desk(config_path) as app:
        if name in SHEETS:
            written = app.mailing.show(name, to)
        else:
            written = show_letter(app.office, name, TicketId(ticket or 0))
    click.echo(f"Subject: {written.subject}\n\n{written.text}", nl=False)
    if html is None:
        return
    try:
        html.write_text(written.html, encoding="utf-8")
    except OSError as error:
        raise MailroomError(f"{html}: cannot be written ({error.strerror})") from error
