"""`mailroom export DIR`: the whole desk as mbox and JSON, which `import` takes again."""

from pathlib import Path

import click

from mailroom.cli.copy import Writer
from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.cli.progress import watched


@click.command("export")
@config_option
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def export_command(config_path: Path, folder: Path) -> None:
    """Write the whole desk to the new folder DIR: all mail, all else as JSON.

    `mailroom import DIR` makes the same desk of it where there is none yet. Keys, rules
    and the configuration are files beside the desk and are not in it; nor are logins.
    """
    with open_desk(config_path) as app:
        writer = Writer(folder, app.store.layout())
        count = 0
        try:
            for table, row in watched(app.store.copy_out(), None, "rows", 100_000):
                writer.add(table, dict(row))
                count += 1
        finally:
            writer.close()
    click.echo(f"written: {folder} ({count} rows)")
