"""The starter sets load, without a warning, and are what the JSON Schema describes."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rules.errors import RuleFileError
from rules.lint import lint
from rules.loader import load, load_texts
from rules.schema import rule_file_schema

NOW = datetime(2026, 11, 24, tzinfo=UTC)
STARTERS = sorted((Path(__file__).parents[2] / "rules" / "starter").glob("*.toml"))
VALIDATOR = jsonschema.Draft202012Validator(rule_file_schema())


def plain(value: Any) -> Any:
    """Dates as strings, as editors' checkers hand them to a schema."""
    return json.loads(json.dumps(value, default=str))


def test_there_are_three_starters() -> None:
    names = [path.stem for path in STARTERS]
    assert names == ["business-hours", "round-the-clock", "small-team"]


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)
def test_starter_loads_without_a_warning(path: Path) -> None:
    rule_set = load(path, NOW)
    assert lint(rule_set, teams=["on-call"], agents=[]) == ()
    assert rule_set.default_policy == "standard"
    assert len(rule_set.tests) >= 4


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)
def test_starter_is_valid_by_the_schema(path: Path) -> None:
    document = plain(tomllib.loads(path.read_text(encoding="utf-8")))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    "text",
    [
        '[[rule]]\nname = "x"\nprio = "low"\n',
        '[[rule]]\ntags = ["x"]\n',
        '[policy.p]\nfirst_reply = "soon"\n',
        '[policy.p]\nfirst_reply = { urgnt = "4h" }\n',
        '[[escalation.l]]\nnotify = ["team"]\n',
        '[calendar.c]\nhours = ["Mon 09:00-17:00"]\n',
        '[[test]]\nname = "x"\nat = 2026-11-24T10:00:00Z\nmail = { form = "a@b.c" }\n',
        '[policy.p]\nfirst_reply = "0m"\n',
        "[policy.p]\nfirst_reply = {}\n",
        '[policy.none]\nfirst_reply = "4h"\n',
        '[calendar.always]\ntimezone = "UTC"\nhours = ["daily 00:00-24:00"]\n',
        '[calendar.c]\ntimezone = "UTC"\n',
        '[organization.o]\nname = "O"\n',
        '[organization.o]\naddresses = ["example.com"]\n',
        '[[escalation.l]]\nat = "75"\n',
        '[[escalation.l]]\nat = "0m before breach"\n',
        '[[escalation.l]]\nat = "breach"\nnotify = ["boss"]\n',
        '[[escalation.l]]\nat = "breach"\nmetrics = []\n',
        '[[rule]]\nname = "  "\n',
        '[[test]]\nname = "x"\nat = 12\nmail = {}\n',
        '[[test]]\nname = "x"\nat = 2026-11-24T10:00:00Z\nmail = {}\n'
        'expect = { escalations = ["breach"] }\n',
    ],
)
def test_schema_refuses_what_the_loader_refuses(text: str) -> None:
    jsonschema.Draft202012Validator.check_schema(rule_file_schema())
    with pytest.raises(RuleFileError):
        load_texts({"a.toml": text}, NOW)
    assert not VALIDATOR.is_valid(plain(tomllib.loads(text)))
