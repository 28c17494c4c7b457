"""How answers are written: JSON for scripts, tables for eyes.

Times are ISO 8601 in UTC with milliseconds, durations seconds, Message-IDs without `<>`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_CELL = 60  # characters


def instant(at: datetime | None) -> str | None:
    """Write an instant as ISO 8601 in UTC with milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(span: timedelta | None) -> float | None:
    """Write a duration in seconds, whole where it is whole."""
    if span is None:
        return None
    value = span.total_seconds()
    return int(value) if value.is_integer() else value


def plain(at: datetime | None) -> str:
    """Write an instant for a table: local time to the minute, with its zone."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M %Z") if at else ""


def print_json(value: Any) -> None:
    """Write one JSON document to standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_encode))


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, timedelta):
        return seconds(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write aligned columns; a cell too long for a table ends with an ellipsis."""
    if not rows:
        click.echo("(none)")
        return
    lines = [tuple(map(_cell, row)) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [cell.ljust(w) for cell, w in zip(line, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _cell(text: str) -> str:
    shown = _visible(text)
    return shown if len(shown) <= _CELL else f"{shown[: _CELL - 1]}…"


def _visible(text: str) -> str:
    """Strip what a hostile mail could steer a terminal with."""
    return "".join(c if c.isprintable() else " " for c in text)
