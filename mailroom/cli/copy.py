"""A whole desk in a folder: all mail as mbox files, all else as lines of JSON.

`received.mbox` and `sent.mbox` open in any mail program. `desk.jsonl` begins with a line
about itself; each other line is one row, {"table": ..., column: value}. Where a row has
raw mail, it says which octets of which file that is: [start, start + length) once
unquoted, and the first `size` of them.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from mailroom.errors import ConfigError
from mailroom.message.mbox import arrived, reverse_path, unquoted, written
from mailroom.store.contract_copies import CopiedRow

ROWS, RECEIVED, SENT = "desk.jsonl", "received.mbox", "sent.mbox"
_FILES = {"inbound_raw": RECEIVED, "outbound_raw": SENT}
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Writer:
    """Writes rows into a folder. ConfigError: it has something in it already."""

    def __init__(self, folder: Path, layout: int) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise ConfigError(f"{folder}: not empty; name a new folder")
            self._rows = (folder / ROWS).open("w", encoding="utf-8")
            self._mail: dict[str, BinaryIO] = {
                table: (folder / name).open("wb") for table, name in _FILES.items()
            }
        except OSError as error:
            raise ConfigError(
                f"{folder}: cannot be written: {error.strerror}"
            ) from error
        for file in folder.iterdir():
            file.chmod(0o600)  # it is everybody's mail
        self._line({"mailroom": "export", "layout": layout})

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Write one row, its raw mail into the mbox."""
        raw = row.get("raw")
        if table in _FILES and isinstance(raw, bytes):
            row = {**row, "raw": self._keep(table, raw)}
        self._line({"table": table, **row})

    def close(self) -> None:
        """Close all files."""
        self._rows.close()
        for file in self._mail.values():
            file.close()

    def _keep(self, table: str, raw: bytes) -> dict[str, Any]:
        file = self._mail[table]
        sender, at = reverse_path(raw) or "", arrived(raw) or _NO_TIME
        text = written(raw, sender, at)
        start = file.tell() + text.index(b"\n") + 1
        file.write(text)
        length = file.tell() - start
        return {"start": start, "length": length, "size": len(raw)}

    def _line(self, value: dict[str, Any]) -> None:
        self._rows.write(json.dumps(value, ensure_ascii=False) + "\n")


def is_copy(path: Path) -> bool:
    """Whether a folder is one that `export` has written."""
    return (path / ROWS).is_file()


def read(folder: Path, layout: int) -> Iterator[CopiedRow]:
    """Yield the rows of an export. ConfigError: it is damaged, or of another layout."""
    try:
        with (folder / ROWS).open(encoding="utf-8") as lines:
            first = json.loads(next(lines, "{}"))
            if first.get("layout") != layout:
                raise ConfigError(
                    f"{folder}: written by a Mailroom with another layout"
                    f" ({first.get('layout')}, here {layout}); import it there"
                )
            mail = {t: (folder / n).open("rb") for t, n in _FILES.items()}
            for line in lines:
                row = json.loads(line)
                table = row.pop("table")
                if table in mail:
                    row["raw"] = _raw(mail[table], row["raw"])
                yield table, row
            for file in mail.values():
                file.close()
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder / ROWS}: damaged: {error}") from error


def _raw(file: BinaryIO, place: dict[str, int]) -> bytes:
    file.seek(place["start"])
    stored = file.read(place["length"])
    raw = unquoted(stored)[: place["size"]]
    if len(raw) != place["size"]:
        raise ValueError(f"{place['size']} octets of mail expected, {len(raw)} there")
    return raw
