"""The trial on old mail, run as it is written."""

import io
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from mailroom.cli.group import run

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(toml|console)\n(.*?)^```$", re.M | re.S)


def test_the_trial_says_what_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.mbox").write_bytes((ROOT / "examples" / "old.mbox").read_bytes())
    commands = 0
    for kind, text in BLOCK.findall((ROOT / "docs" / "trial.md").read_text()):
        first, _, rest = text.partition("\n")
        if kind == "toml":
            (tmp_path / first.removeprefix("# ")).write_text(rest)
            continue
        assert _printed(shlex.split(first)[2:]) == rest
        commands += 1
    assert commands == 4


def _printed(arguments: list[str]) -> str:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        assert run(arguments) == 0
    return out.getvalue()


def test_nothing_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test_the_trial_says_what_happens(tmp_path, monkeypatch)
    assert '"direction": "out"' not in _printed(["messages", "--json"])
    assert _printed(["rules", "check", "next.toml"]).count("no test reaches") == 3
