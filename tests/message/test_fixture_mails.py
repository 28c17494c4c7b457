"""Each mail of tests/mail is read as the .toml beside it says.

The keys are those of `manifest.describe`; `body_contains`, `body_excludes`,
`reply_contains` and `reply_excludes` list pieces of text; "absent" stands for null. Of
tables (attachments, forwarded, automatic) only what is stated is compared.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mailroom.message.manifest import describe
from mailroom.message.parse import parse

MAILS = sorted((Path(__file__).parents[1] / "mail").glob("*.eml"))


def differences(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return a line for each stated key that is not met."""
    return [
        f"{key}: wanted {value!r}, found {_shown(key, found)!r}"
        for key, value in wanted.items()
        if not _met(key, value, found)
    ]


def _shown(key: str, found: dict[str, Any]) -> Any:
    part = key.partition("_")[0]
    return found.get(key, found.get(f"{part}_text"))


def _met(key: str, value: Any, found: dict[str, Any]) -> bool:
    part, _, how = key.partition("_")
    if how == "contains":
        return all(piece in found[f"{part}_text"] for piece in value)
    if how == "excludes":
        return not any(piece in found[f"{part}_text"] for piece in value)
    if key == "bounced_address":
        wanted = [value] if isinstance(value, str) else value
        return set(wanted) == set(found[key])
    return _same(value, found.get(key))


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            _same(value, found.get(key)) for key, value in wanted.items()
        )
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
        return len(wanted) == len(found) and all(map(_same, wanted, found))
    return bool(found is None if wanted == "absent" else wanted == found)


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_mail_is_read_as_its_sheet_says(path: Path) -> None:
    wanted = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    found = json.loads(json.dumps(describe(parse(path.read_bytes()))))
    assert wanted, "a sheet must state something"
    assert not differences(wanted, found)


def test_every_sheet_has_its_mail() -> None:
    sheets = {path.stem for path in MAILS[0].parent.glob("*.toml")}
    assert sheets == {path.stem for path in MAILS}
