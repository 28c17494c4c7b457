"""A report as one self-contained page: pictures drawn here, a table under each.

No script, no font and nothing from elsewhere: the file can be mailed or kept. Drawn are
bars, one group of bars a row of the table; every number stands in the table, too.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape

from mailroom.report.attainment import Report
from mailroom.report.trend import Trend

_WIDTH, _HEIGHT, _FOOT = 720, 180, 18  # pixels
_LABELS = 12  # at most, below the bars
COLOURS = ("#1f6f8b", "#c2571a", "#5b7f2b", "#7a4b94", "#8a6d1d")
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 2rem; font-size: .9rem; }
th, td { padding: .15rem .8rem .15rem 0; text-align: right;
  border-bottom: 1px solid #8886; }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; }
svg text { font-size: 11px; fill: currentColor; }
.wide { overflow-x: auto; }
"""


def page(name: str, report: Report, trends: Sequence[Trend], now: datetime) -> str:
    """Return the page as HTML; `name` is the desk's."""
    title = f"{name}: service levels"
    since, until = report.period.since, report.period.until
    span = f"{_day(since) or 'the beginning'} to {_day(until) or _day(now)}"
    parts = [
        f"<h1>{escape(title)}</h1><p>From {span}, as of {now:%Y-%m-%d %H:%M} UTC."
        " Times are working time.</p>",
        "<h2>Attainment</h2>",
        _attainment_table(report),
        "<h2>Left out</h2><p>Tickets for spam, merged and no_policy; clocks for running,"
        " paused and cancelled; messages for the rest.</p>",
        _table(
            ("reason", "count"),
            ((k, str(v)) for k, v in sorted(report.excluded.items())),
        ),
    ]
    for number, trend in enumerate(trends):
        parts.append(f"<h2>{escape(trend.title)}</h2>{picture(trend, f'p{number}')}")
        parts.append(_trend_table(trend))
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def picture(trend: Trend, id: str) -> str:
    """Return a trend as an SVG element of bars, titled for who cannot see it."""
    top = 100.0 if trend.unit == "%" else max(max(v) for _, v in trend.rows) or 1.0
    step = _WIDTH / len(trend.rows)
    width = step * 0.8 / len(trend.columns)
    bars, labels = [], []
    every = -(-len(trend.rows) // _LABELS)
    for index, (label, values) in enumerate(trend.rows):
        for column, value in enumerate(values):
            height = value / top * _HEIGHT
            bars.append(
                f'<rect x="{index * step + column * width:.1f}"'
                f' y="{_HEIGHT - height:.1f}" width="{width:.1f}"'
                f' height="{height:.1f}" fill="{COLOURS[column % len(COLOURS)]}"/>'
            )
        if index % every == 0:
            x = index * step
            labels.append(
                f'<text x="{x:.1f}" y="{_HEIGHT + 14}">{escape(label)}</text>'
            )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + _FOOT}" role="img"'
        f' aria-labelledby="{id}"><title id="{id}">{escape(trend.title)}</title>'
        f"{''.join(bars)}{''.join(labels)}</svg>{_legend(trend)}"
    )


def _legend(trend: Trend) -> str:
    if len(trend.columns) < 2:
        return ""
    items = (
        f'<span style="color:{COLOURS[i % len(COLOURS)]}">■</span> {escape(name)}'
        for i, name in enumerate(trend.columns)
    )
    return f"<p>{'  '.join(items)}</p>"


def _attainment_table(report: Report) -> str:
    header = ("metric", *report.by, "count", "achieved", "breached", "attainment")
    rows = (
        (
            row.metric,
            *(value or "-" for value in row.group.values()),
            str(row.count),
            str(row.achieved),
            str(row.breached),
            f"{row.attainment:.1%}",
            *(shown(span) for span in (row.p50, row.p90, row.p99)),
        )
        for row in report.rows
    )
    return _table((*header, "p50", "p90", "p99"), rows)


def _trend_table(trend: Trend) -> str:
    rows = (
        (label, *(f"{value:g}{trend.unit}" for value in values))
        for label, values in trend.rows
    )
    return _table((trend.label, *trend.columns), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n"
        for row in rows
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{body}</tbody></table></div>"
    )


def shown(span: timedelta | None) -> str:
    """Write a stretch of working time for people: 2h 05m."""
    if span is None:
        return "-"
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {seconds:02}s"


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at is not None else ""
