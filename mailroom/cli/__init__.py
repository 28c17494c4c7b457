"""The command line: what an admin types. Each command is a module, imported when used."""

import sys


def main() -> None:
    """Run `mailroom` with this process's arguments and exit."""
    from mailroom.cli.group import run

    sys.exit(run(sys.argv[1:]))
