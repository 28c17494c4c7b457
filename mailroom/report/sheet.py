"""Tables for spreadsheets: CSV (RFC 4180) in which no cell is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta

from mailroom.report.attainment import Report

Cell = str | int | float | timedelta | None
FIGURES = ("count", "achieved", "breached", "attainment", "p50", "p90", "p99")


def sheet(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return CSV with CRLF line ends; durations are seconds, None is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def attainment_sheet(report: Report) -> str:
    """Return the rows of a report as CSV."""
    rows = (
        (
            row.metric,
            *row.group.values(),
            row.count,
            row.achieved,
            row.breached,
            row.attainment,
            row.p50,
            row.p90,
            row.p99,
        )
        for row in report.rows
    )
    return sheet(("metric", *report.by, *FIGURES), rows)


def _written(cell: Cell) -> str | int | float:
    """Write a value so that no spreadsheet takes it for a formula."""
    if isinstance(cell, timedelta):
        value = cell.total_seconds()
        return int(value) if value.is_integer() else value
    if isinstance(cell, int | float):
        return cell
    text = cell or ""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
