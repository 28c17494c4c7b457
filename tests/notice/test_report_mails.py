"""Report mails say all that they are given, in every language."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mailroom.notice.letters import Letters

DAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
BEFORE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 10, 1, 16, 45, tzinfo=UTC)
EACH = pytest.mark.parametrize("language", ["en", "de"])


def line(**changes: Any) -> dict[str, Any]:
    first = {
        "number": "[#1001]",
        "subject": "Printer",
        "url": "https://help.acme.example/desk/t/1001",
        "metrics": ["first_reply", "resolution"],
        "at": AT,
        "kept_at": None,
        "over": False,
        "customer": "Jane Doe",
        "assignee": "",
        "team": "tier1",
        "policy": "gold",
        "priority": "urgent",
    }
    return {**first, **changes}


def trouble(what: str) -> dict[str, Any]:
    return {"what": what, "count": 3, "new": 2, "at": BEFORE, "lines": [f"({what})"]}


@EACH
def test_digest(language: str) -> None:
    troubles = ("waiting", "failed", "held", "bounced", "account")
    values = {
        "desk": "Acme",
        "admin": True,
        "day": DAY,
        "since": BEFORE,
        "zone": "Europe/Berlin",
        "due": [line(), line(assignee="Ann", priority="normal", policy="")],
        "due_count": 22,
        "broken": [
            line(at=BEFORE),
            line(at=BEFORE, kept_at=AT),
            line(over=True, priority="high"),
        ],
        "broken_count": 33,
        "earlier": [line(at=LONG_AGO, team="")],
        "earlier_count": 44,
        "spam": 5,
        "health": [trouble(what) for what in troubles],
        "url": "https://help.acme.example/desk/",
    }
    written = Letters().write("digest", language, values)
    for part in (
        *("14:30  [#1001] Printer", "Jane Doe", "gold", "Ann", "tier1"),
        *("20", "30", "43", "Europe/Berlin", "https://help.acme.example/desk/"),
        *(f"({what})" for what in troubles),
        "1. Okt., 16:45" if language == "de" else "1 Oct, 16:45",
        "Fr 09:00" if language == "de" else "Fri 09:00",
    ):
        assert part in written.text
    assert written.html.count("<tr>") > 12
    assert "{" not in written.text
    quiet = {**values, "due": [], "broken": [], "earlier": [], "health": []}
    counts = dict.fromkeys(("due_count", "broken_count", "earlier_count", "spam"), 0)
    text = Letters().write("digest", language, {**quiet, **counts, "url": ""}).text
    assert "OK  " in text
    assert "http" not in text


@EACH
def test_weekly(language: str) -> None:
    figures = {"count": 26, "achieved": 25, "breached": 1, "attainment": 0.9615}
    empty = {"count": 0, "achieved": 0, "breached": 0, "attainment": None}
    spans = {"p50": "1h 05m", "p90": "2h 05m", "p99": "3h 05m"}
    rows = [
        {"metric": "first_reply", "group": g, **figures, **spans} for g in ("x", None)
    ]
    values = {
        "desk": "Acme",
        "teams": [],
        "week": date(2026, 11, 22),
        "first": date(2026, 11, 16),
        "now": AT,
        "zone": "UTC",
        "totals": {**figures, "arrived": 30, "solved": 20, "unsolved": 10},
        "sections": [
            {"name": "", "by": by, "rows": rows}
            for by in ("policy", "team", "organization")
        ],
        "weeks": ["W46", "W47"],
        "trend": [{"metric": "update", "weeks": [empty, figures]}],
        "spam": 1,
        "excluded": {"spam": 1, "running": 2, "of its own": 3},
        "command": "mailroom report --since 2026-11-16",
        "url": "https://help.acme.example/desk/reports",
    }
    written = Letters().write("weekly", language, values)
    share = "96,2 %" if language == "de" else "96.2%"
    assert share in written.subject
    for part in (
        *("47", "W46", "3h 05m", "2026-11-16", "of its own", values["command"]),
        f"{share} (25 {'von' if language == 'de' else 'of'} 26)",
    ):
        assert str(part) in written.text
    assert written.html.count('class="line good"') == 7  # six rows and a week
    none = {**values, "totals": {**values["totals"], **empty}, "teams": ["a", "b"]}  # type: ignore[dict-item]
    none |= {"sections": [], "trend": [], "spam": 0, "excluded": {}, "url": ""}
    written = Letters().write("weekly", language, none)
    assert "(a, b)" in written.subject
    assert "http" not in written.text


@EACH
def test_shadow(language: str) -> None:
    moved = {"metric": "first_reply", "before": AT, "after": None, "breach": "gained"}
    pair = {"before": 4, "after": 5}
    values: dict[str, Any] = {
        "desk": "Acme",
        "rules": "rules-next",
        "day": DAY,
        "since": BEFORE,
        "zone": "UTC",
        "fault": [],
        "compared": 12,
        "without_facts": 3,
        "changed": [
            {
                "number": "[#1001]",
                "subject": "Printer",
                "url": "https://help.acme.example/desk/t/1001",
                "requester": "jane@x.example",
                "routed": [{"name": "team", "before": "a", "after": "b"}],
                "moved": [moved, {**moved, "breach": "lost"}, {**moved, "breach": ""}],
            }
        ],
        "changed_count": 9,
        "routed": 1,
        "moved": 3,
        "gained": 1,
        "lost": 1,
        "escalations": pair,
        "acknowledgements": pair,
        "failed": [{"rule": "Odd", "why": "no such header", "tickets": 2}],
    }
    text = Letters().write("shadow", language, values).text
    for part in ("a → b", "14:30 → –", "8", "Odd (2", "no such header", "4 → 5", "12"):
        assert part in text
    broken = {**values, "fault": ["rules-next/a.toml:3:1: no such thing"]}
    written = Letters().write("shadow", language, broken)
    assert "a.toml:3:1: no such thing" in written.text
    assert "Odd" not in written.text
