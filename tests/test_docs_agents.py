"""The page for agents names every command, and no other."""

import re
from pathlib import Path

from mailroom.ticket.command import COMMANDS

PAGE = Path(__file__).parent.parent / "docs" / "agents.md"


def test_every_command_is_on_the_page_for_agents() -> None:
    table = [line for line in PAGE.read_text().splitlines() if line.startswith("| `#")]
    named = {
        name for line in table for name in re.findall(r"`#(\w+)", line.split("|")[1])
    }
    assert named == set(COMMANDS)
