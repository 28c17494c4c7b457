"""`mailroom init`: a folder to start from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailroom.cli.init import starters
from mailroom.clock import utcnow
from mailroom.config import load
from rules.loader import load as load_rules

Call = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("name", starters())
def test_it_writes_what_a_desk_needs(tmp_path: Path, call: Call, name: str) -> None:
    code, output, _ = call("init", tmp_path / "new", "--rules", name)
    assert code == 0
    assert "mailroom run -c" in output
    config = load(tmp_path / "new" / "mailroom.toml", {})
    assert load_rules(config.rules, utcnow()).default_policy
    assert (config.data / "secret").stat().st_mode & 0o777 == 0o600


def test_there_are_three_rule_sets_to_start_from() -> None:
    assert set(starters()) >= {"small-team", "business-hours", "round-the-clock"}


def test_it_refuses_to_overwrite(tmp_path: Path, call: Call) -> None:
    call("init", tmp_path)
    (tmp_path / "mailroom.toml").write_text("mine")
    code, _, errors = call("init", tmp_path)
    assert code == 2
    assert errors == (
        f"mailroom: {tmp_path}/mailroom.toml: is there already; nothing was changed\n"
    )
    assert (tmp_path / "mailroom.toml").read_text() == "mine"


def test_it_refuses_to_mix_with_rules_that_are_there(
    tmp_path: Path, call: Call
) -> None:
    (tmp_path / "rules").mkdir()
    code, _, errors = call("init", tmp_path)
    assert code == 2
    assert "rules: is there already" in errors
    assert not (tmp_path / "mailroom.toml").exists()


def test_an_unknown_rule_set_is_told_with_the_known_ones(
    tmp_path: Path, call: Call
) -> None:
    code, _, errors = call("init", tmp_path, "--rules", "huge-team")
    assert code == 2
    assert 'no rules named "huge-team"; there are business-hours' in errors
    assert len(errors.splitlines()) == 1


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, call: Call) -> None:
    (tmp_path / "file").write_text("")
    code, _, errors = call("init", tmp_path / "file" / "desk")
    assert code == 2
    assert "Not a directory" in errors
    assert len(errors.splitlines()) == 1
