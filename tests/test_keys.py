"""The secret: made once, kept private, rotated without losing old letters."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailroom.errors import ConfigError
from mailroom.keys import KeyRing, load_or_create_secret, rotate_secret

NOW = datetime(2027, 3, 1, tzinfo=UTC)


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "var"
    first = load_or_create_secret(data)
    assert load_or_create_secret(data) == first
    assert len(first.current) == 32
    assert (data / "secret").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in data.iterdir()] == ["secret"]


def test_two_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(load_or_create_secret, [tmp_path] * 16))
    assert len(found) == 1


def test_a_retired_key_is_accepted_for_ninety_days(tmp_path: Path) -> None:
    before = load_or_create_secret(tmp_path)
    after = rotate_secret(tmp_path, NOW)
    assert load_or_create_secret(tmp_path) == after
    assert after.current != before.current
    last = NOW + timedelta(days=90, milliseconds=-1)
    assert after.accepted(last) == (after.current, before.current)
    assert after.accepted(NOW + timedelta(days=90)) == (after.current,)


def test_a_key_past_its_grace_is_remembered_as_expired(tmp_path: Path) -> None:
    first = load_or_create_secret(tmp_path).current
    second = rotate_secret(tmp_path, NOW).current
    later = NOW + timedelta(days=91)
    keys = rotate_secret(tmp_path, later)
    assert keys.accepted(later) == (keys.current, second)
    assert keys.expired(later) == (first,)
    assert keys.expired(NOW) == ()
    assert len(json.loads((tmp_path / "secret").read_text())) == 3


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1]", '[{"key": "zz"}]', '"x"'])
def test_a_damaged_secret_is_told_and_never_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_text(text)
    with pytest.raises(ConfigError, match="is damaged"):
        load_or_create_secret(tmp_path)
    assert (tmp_path / "secret").read_text() == text


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="Not a directory"):
        load_or_create_secret(tmp_path / "file" / "var")


def test_no_key_is_shown(tmp_path: Path) -> None:
    keys = load_or_create_secret(tmp_path)
    assert repr(keys.current) not in repr(keys)


def test_key_ring_follows_the_file_and_outlives_damage(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    before = ring.current
    after = rotate_secret(tmp_path, NOW)
    assert ring.current == after.current != before
    assert ring.accepted(NOW) == (after.current, before)
    (tmp_path / "secret").write_text("damaged")
    assert ring.current == after.current
    (tmp_path / "secret").unlink()
    assert ring.current == after.current
