"""Lines for a terminal that may quote a mail: nothing in them steers the terminal."""

from collections.abc import Iterable

import click


def print_lines(lines: Iterable[str]) -> None:
    """Write lines to standard output, without control characters."""
    for line in lines:
        click.echo("".join(c if c.isprintable() else " " for c in line))
