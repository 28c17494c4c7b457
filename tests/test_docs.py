"""What the documents say is there."""

import re
from pathlib import Path

import pytest

from mailroom.cli.group import COMMANDS
from mailroom.config import Config
from mailroom.ticket.model import Disposition

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"`(?:\.venv/bin/)?mailroom ([a-z]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text())
    assert [t for t in targets if not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_named_exist(page: Path) -> None:
    assert set(COMMAND.findall(page.read_text())) <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_can_be_imported_and_explains_itself(name: str) -> None:
    from mailroom.cli.group import mailroom

    command = mailroom.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.help


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_takes_a_configuration_or_needs_none(name: str) -> None:
    from mailroom.cli.group import mailroom

    command = mailroom.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    commands = [command, *getattr(command, "commands", {}).values()]
    options = {o for c in commands for p in c.params for o in p.opts}
    assert "-c" in options


def test_the_flow_names_every_outcome() -> None:
    text = (ROOT / "docs" / "flow.md").read_text()
    assert [d.value for d in Disposition if f"`{d.value}`" not in text] == []


def test_the_architecture_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rooms = [p for p in (ROOT / "mailroom").iterdir() if (p / "__init__.py").exists()]
    assert [room.name for room in rooms if f"{room.name}/" not in text] == []
    files = [p.name for p in (ROOT / "mailroom").glob("*.py") if p.stem.isalpha()]
    assert [name for name in files if name not in text] == []


def test_each_table_of_the_configuration_has_a_section() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    names = [field.alias or name for name, field in Config.model_fields.items()]
    assert [name for name in names if name not in text] == []
