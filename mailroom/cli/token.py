"""`mailroom token rotate`: a new key for reply addresses, Message-IDs and links.

Running processes see it by themselves. What was made with the former key is good for 90
days more.
"""

import os
from pathlib import Path

import click

from mailroom.cli.group import config_option
from mailroom.clock import utcnow
from mailroom.config import load
from mailroom.keys import GRACE, rotate_secret


@click.group
def token_group() -> None:
    """Look after the key that reply addresses and links are made with."""


@token_group.command("rotate")
@config_option
def rotate_command(config_path: Path) -> None:
    """Make a new key; the former one is accepted for 90 days more."""
    config = load(config_path, os.environ)
    now = utcnow()
    keys = rotate_secret(config.data, now)
    count = len(keys.accepted(now)) - 1
    click.echo(
        f"{config.data / 'secret'}: a new key is in use; what {count} former"
        f" key{'s' if count > 1 else ''} made is accepted until {now + GRACE:%Y-%m-%d}"
    )
