"""examples/mailroom.toml shows every key, with the default that the code has."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mailroom.config import Config, load
from mailroom.settings import Agent, Dkim, Imap, Mailbox, OAuth, Table, Team

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "mailroom.toml"
# What has no default, or what the example says without a comment on purpose.
CHOSEN = {"name", "address", "team", "lead", "admin"}
SECRETS = {"password", "client_secret"}


def _uncommented() -> str:
    """The example with every commented key and table in force."""
    lines = EXAMPLE.read_text().splitlines()
    shown = re.compile(r"# (?=\[|\w+ = )")
    return "\n".join(shown.sub("", line, count=1) for line in lines)


def _documents() -> dict[type[Table], dict[str, Any]]:
    document = tomllib.loads(_uncommented())
    tables: dict[type[Table], dict[str, Any]] = {
        Config: document,
        Mailbox: document["mailbox"][0],
        Agent: document["agent"][0],
        Team: document["team"][0],
        Imap: document["imap"][0],
        OAuth: document["imap"][0]["oauth"],
        Dkim: document["relay"]["dkim"],
    }
    for name, field in Config.model_fields.items():
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, Table):
                tables.setdefault(kind, document.get(name, {}))
    return tables


def test_it_loads_as_it_stands(tmp_path: Path) -> None:
    target = tmp_path / "mailroom.toml"
    target.write_text(EXAMPLE.read_text())
    config = load(target, {})
    assert config.submission is not None
    assert config.relay.target.scheme == "maildir"


def test_it_loads_with_everything_in_force(tmp_path: Path) -> None:
    target = tmp_path / "mailroom.toml"
    target.write_text(_uncommented())
    config = load(target, {})
    assert config.imap[0].oauth is not None
    assert config.relay.dkim is not None


def test_the_one_that_init_writes_is_the_same() -> None:
    assert (ROOT / "mailroom/cli/starter.toml").read_text() == EXAMPLE.read_text()


@pytest.mark.parametrize("table", list(_documents()), ids=lambda t: t.__name__)
def test_it_shows_every_key(table: type[Table]) -> None:
    keys = {field.alias or name for name, field in table.model_fields.items()}
    assert keys - SECRETS - set(_documents()[table]) == set()


def _remarked() -> set[str]:
    lines = [line for line in _uncommented().splitlines() if "default:" in line]
    return {line.split(" = ")[0].strip() for line in lines if " = " in line}


def _least(table: type[Table]) -> dict[str, Any]:
    """What a table cannot be without."""
    return {
        Config: {"mailbox": [{"address": "a@b.example"}]},
        Mailbox: {"address": "a@b.example"},
        Agent: {"address": "c@b.example"},
        Imap: {"host": "h", "user": "u", "password_file": "p"},
        OAuth: {"provider": "google", "client_id": "x"},
        Team: {"name": "x"},
        Dkim: {"domain": "d", "selector": "s", "key_file": "k"},
    }.get(table, {})


def _read(table: type[Table], **keys: Any) -> Table:
    return table.model_validate(_least(table) | keys, context={"base": Path("/x")})


@pytest.mark.parametrize("table", list(_documents()), ids=lambda t: t.__name__)
def test_what_it_shows_without_a_remark_is_the_default(table: type[Table]) -> None:
    for name, field in table.model_fields.items():
        key = field.alias or name
        if key in _remarked() | CHOSEN | SECRETS or field.is_required():
            continue
        shown = _documents()[table][key]
        tables = shown if isinstance(shown, list) else [shown]
        if not any(isinstance(inner, dict) for inner in tables):
            expected = getattr(_read(table), name)
            assert expected == getattr(_read(table, **{key: shown}), name), key


def test_every_key_is_explained() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    missing = [
        f"{table.__name__}.{field.alias or name}"
        for table in _documents()
        for name, field in table.model_fields.items()
        if f"`{field.alias or name}`" not in text
        and f"`[{field.alias or name}]`" not in text
        and f"`[[{field.alias or name}]]`" not in text
    ]
    assert not missing
