"""What a person did wrong is one line and exit code 2, and nothing is changed."""

import hashlib
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Call = Callable[..., tuple[int, str, str]]


def _prints(folder: Path) -> dict[str, str]:
    """A fingerprint of every file of a folder."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture
def refused(desk: Path) -> Callable[..., str]:
    """Run a command in a process of its own; return its one line of errors."""

    def refused(*command: str) -> str:
        before = _prints(desk.parent)
        done = subprocess.run(
            [sys.executable, "-m", "mailroom", *command, "-c", str(desk)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 2, done.stderr
        assert done.stdout == ""
        assert _prints(desk.parent) == before
        assert done.stderr.startswith("mailroom: ")
        assert len(done.stderr.splitlines()) == 1
        return done.stderr

    return refused


def test_an_unknown_key(desk: Path, refused: Callable[..., str]) -> None:
    desk.write_text(desk.read_text().replace("[smtp]\nlisten", "[smtp]\nlisen"))
    told = refused("run")
    assert f'{desk}: smtp.lisen: unknown key; did you mean "listen"?' in told


def test_a_faulty_rule_file(desk: Path, refused: Callable[..., str]) -> None:
    rules = desk.parent / "rules" / "all.toml"
    rules.write_text(rules.read_text().replace("priority", "prioritty"))
    assert f"{rules}:16:1: " in refused("run")


def test_rules_that_are_not_there(desk: Path, refused: Callable[..., str]) -> None:
    (desk.parent / "rules" / "all.toml").rename(desk.parent / "elsewhere.toml")
    (desk.parent / "rules").rmdir()
    assert str(desk.parent / "rules") in refused("run")


def test_a_rule_file_that_is_no_text(desk: Path, refused: Callable[..., str]) -> None:
    (desk.parent / "rules" / "binary.toml").write_bytes(b"\xff\xfe")
    assert "binary.toml:1:1" in refused("run")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door.getsockname()[1]


@pytest.mark.parametrize("door", ["smtp", "submission", "web"])
def test_a_taken_port(
    desk: Path, refused: Callable[..., str], taken: int, door: str
) -> None:
    text = desk.read_text()
    before, table, after = text.partition(f"[{door}]")
    desk.write_text(before + table + after.replace(":0", f":{taken}", 1))
    told = refused("run")
    assert f"[{door}] listen" in told
    assert "taken" in told


def test_a_data_folder_that_cannot_be_written(
    desk: Path, refused: Callable[..., str]
) -> None:
    (desk.parent / "file").write_text("")
    desk.write_text('data = "file/var"\n' + desk.read_text())
    assert "file/var" in refused("run")


@pytest.mark.parametrize("command", ["run", "worker", "tickets", "messages"])
def test_a_database_of_a_newer_version(
    desk: Path, call: Call, refused: Callable[..., str], command: str
) -> None:
    assert call("tickets", "-c", desk)[0] == 0
    _make_newer(desk.parent / "var" / "mailroom.db")
    told = refused(command)
    assert "newer" in told
    assert "mailroom.db" in told


def _make_newer(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute("PRAGMA user_version = 9999")
    database.close()


def test_a_database_that_is_not_built(desk: Path, refused: Callable[..., str]) -> None:
    desk.write_text('database = "postgresql://localhost/x"\n' + desk.read_text())
    assert 'write database = "sqlite"' in refused("run")


def test_a_configuration_that_is_not_there(tmp_path: Path, call: Call) -> None:
    code, output, errors = call("tickets", "-c", tmp_path / "none.toml")
    assert (code, output) == (2, "")
    assert "there is no such file" in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("bogus",),
        ("tickets", "--bogus"),
        ("ticket", "x"),
        ("ticket",),
        ("run", "--log-level", "LOUD"),
    ],
)
def test_usage_is_told_in_one_line(call: Call, arguments: tuple[str, ...]) -> None:
    code, _, errors = call(*arguments)
    assert code == 2
    assert errors.startswith("mailroom: ")
    assert len(errors.splitlines()) == 1


def test_a_reader_that_goes_away_is_no_error(desk: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "mailroom", "tickets", "--json", "-c", str(desk)],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert done.stderr == b""
