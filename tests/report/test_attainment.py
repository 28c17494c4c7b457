"""The figures of a report, recomputed by hand from the event log alone."""

import csv
import io
import json
import random
from collections import defaultdict
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from mailroom.app import build
from mailroom.cli.group import run
from mailroom.config import load
from mailroom.notice.audience import Reader
from mailroom.notice.morning import Issue
from mailroom.report.attainment import percentile
from mailroom.report.page import shown
from mailroom.report.weekly import Weekly
from mailroom.ticket.model import TicketId

MONDAY = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
CONFIG = """
rules = "rules.toml"

[[mailbox]]
address = "support@acme.example"

[[agent]]
address = "ann@acme.example"

[[agent]]
address = "bob@acme.example"
"""
RULES = """
[policy.standard]
default = true
first_reply = "4h"

[organization.initech]
domains = ["initech.example"]

[[rule]]
name = "Initech is marked"
domains = ["initech.example"]
tags = ["vip", "initech"]
"""
TARGET = timedelta(hours=4)


@dataclass(frozen=True)
class Answered:
    """A desk made of an archive."""

    root: Path

    def run(self, *arguments: str) -> str:
        """Return what a command prints."""
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            assert run([*arguments, "-c", str(self.root / "mailroom.toml")]) == 0
        return out.getvalue()

    def report(self, *arguments: str) -> Any:
        """Return a report."""
        return json.loads(self.run("report", "--json", *arguments))

    def logs(self) -> list[Any]:
        """Return the event log of each ticket that is no spam."""
        app = build(load(self.root / "mailroom.toml", {}))
        lines = app.store.tickets()
        logs = [app.store.events(TicketId(line.ticket.id)) for line in lines]
        app.store.close()
        return [log for log in logs if all(event.kind != "spam" for event in log)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    root = tmp_path_factory.mktemp("desk")
    (root / "mailroom.toml").write_text(CONFIG)
    (root / "rules.toml").write_text(RULES)
    chance = random.Random(7)
    (root / "old").mkdir()
    for number in range(40):
        at = MONDAY + timedelta(hours=9 * number)
        domain = chance.choice(["initech.example", "other.example"])
        flag = "X-Spam-Flag: YES\n" if number % 10 == 9 else ""
        jane = f"jane@{domain}"
        _write(root, f"q{number}", jane, "support@acme.example", at, flag)
        if number % 7:
            agent = chance.choice(["ann@acme.example", "bob@acme.example"])
            later = at + timedelta(minutes=chance.randrange(1, 480))
            answers = f"In-Reply-To: <q{number}@x.example>\n"
            _write(root, f"r{number}", agent, jane, later, answers)
    made = Answered(root)
    made.run("import", str(root / "old"))
    return made


def _write(
    root: Path, name: str, sender: str, to: str, at: datetime, more: str
) -> None:
    (root / "old" / f"{name}.eml").write_text(
        f"Received: by x; {at:%a, %d %b %Y %H:%M:%S} +0000\nFrom: {sender}\nTo: {to}\n"
        f"Message-ID: <{name}@x.example>\nSubject: Question\n{more}\nSee {name}.\n"
    )


def spans(desk: Answered) -> list[tuple[datetime, timedelta | None]]:
    """Return when each ticket came, and how long its first reply took."""
    found = []
    for log in desk.logs():
        came = next(event.at for event in log if event.kind == "opened")
        replies = [event.at for event in log if event.kind == "agent_reply"]
        found.append((came, min(replies) - came if replies else None))
    return found


def nearest(values: list[timedelta], part: float) -> float:
    return sorted(values)[max(1, ceil(part * len(values))) - 1].total_seconds()


def test_figures_are_those_of_the_event_log(desk: Answered) -> None:
    (row,) = desk.report()["rows"]
    found = [span for _, span in spans(desk)]
    given = [span for span in found if span is not None]
    achieved = sum(span <= TARGET for span in given)
    assert (row["metric"], row["policy"]) == ("first_reply", "standard")
    assert (row["count"], row["achieved"]) == (len(found), achieved)
    assert row["breached"] == len(found) - achieved
    assert row["attainment"] == pytest.approx(achieved / len(found), abs=1e-4)
    for key, part in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        assert row[key] == nearest(given, part)


def test_weeks_are_those_in_which_the_mail_came(desk: Answered) -> None:
    weeks: defaultdict[str, int] = defaultdict(int)
    for came, _ in spans(desk):
        year, week, _ = came.isocalendar()
        weeks[f"{year}-W{week:02}"] += 1
    rows = desk.report("--by", "week")["rows"]
    assert {row["week"]: row["count"] for row in rows} == weeks
    assert [row["policy"] for row in rows] == [None] * len(rows)


def test_agents_are_those_who_answered(desk: Answered) -> None:
    rows = {row["agent"]: row for row in desk.report("--by", "agent")["rows"]}
    unanswered = sum(span is None for _, span in spans(desk))
    assert rows.keys() == {"ann@acme.example", "bob@acme.example", None}
    assert rows[None]["count"] == rows[None]["breached"] == unanswered


def test_a_ticket_counts_under_each_of_its_tags(desk: Answered) -> None:
    rows = {row["tag"]: row["count"] for row in desk.report("--by", "tag")["rows"]}
    by_company = desk.report("--by", "organization", "--by", "domain")["rows"]
    counts = {(r["organization"], r["domain"]): r["count"] for r in by_company}
    marked = counts["initech", "initech.example"]
    assert rows == {
        "vip": marked,
        "initech": marked,
        None: counts[None, "other.example"],
    }


def test_what_is_left_out_is_counted(desk: Answered) -> None:
    assert desk.report()["excluded"] == {"spam": 4}
    month = ("--since", "2024-03-11", "--until", "2024-03-12")
    report = desk.report(*month)
    inside = [came for came, _ in spans(desk) if came.date().day == 11]
    assert sum(row["count"] for row in report["rows"]) == len(inside)
    assert report["since"] == "2024-03-11T00:00:00.000Z"


def test_the_version_is_the_rule_set_the_ticket_was_opened_under(
    desk: Answered,
) -> None:
    (row,) = desk.report("--by", "version")["rows"]
    assert row["version"]


def test_csv_has_the_figures_of_json(desk: Answered) -> None:
    (row,) = desk.report()["rows"]
    (line,) = csv.DictReader(io.StringIO(desk.run("report", "--csv")))
    assert {key: str(row[key]) for key in line} == dict(line)


def test_the_page_stands_alone_and_its_tables_say_what_it_draws(
    desk: Answered,
) -> None:
    file = desk.root / "report.html"
    desk.run("report", "--html", str(file))
    text = file.read_text()
    assert "<script" not in text
    assert "http" not in text
    pictures = list(ElementTree.fromstring(text.split("\n", 1)[1]).iter("svg"))
    assert len(pictures) == 5
    drawn = {"".join(svg.itertext()).partition(":")[0]: svg for svg in pictures}
    by_hour = next(
        svg for title, svg in drawn.items() if title.startswith("Breaches by hour")
    )
    heights = [float(bar.get("height", "")) for bar in by_hour.iter("rect")]
    late: defaultdict[int, int] = defaultdict(int)
    for came, span in spans(desk):
        late[came.hour] += span is None or span > TARGET
    most = max(late.values())
    assert heights == [pytest.approx(180 * late[h] / most, abs=0.1) for h in range(24)]


def test_a_percentile_is_a_value_that_occurred() -> None:
    values = [timedelta(hours=h) for h in range(1, 11)]
    assert percentile(values, 0.5) == timedelta(hours=5)
    assert percentile(values, 0.9) == timedelta(hours=9)
    assert percentile(values, 0.99) == timedelta(hours=10)
    assert percentile([], 0.5) is None


def test_a_wrong_instant_is_refused_in_one_line(
    desk: Answered, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["report", "--since", "soon", "-c", str(desk.root / "mailroom.toml")])
    assert code == 2
    assert "is no time; write 2026-11-01 or 90d" in capsys.readouterr().err


def test_weekly_report_has_the_figures_of_the_report(desk: Answered) -> None:
    app = build(load(desk.root / "mailroom.toml", {}))
    rules = app.office.rules.edition.ruleset

    def organization_of(address: str) -> str | None:
        company = rules.organization_of(address)
        return company.key if company is not None else None

    write = Weekly(app.store, app.config, organization_of)
    chief = Reader(address="ann@acme.example", name="Ann", admin=True)
    monday = MONDAY.date() + timedelta(days=7)
    until = datetime(2024, 3, 11, tzinfo=UTC)
    issue = Issue(
        reader=chief,
        day=monday,
        since=until - timedelta(days=7),
        until=until,
        now=app.office.now(),
        zone="UTC",
    )
    found = write(issue)
    app.store.close()
    span = ("--since", "2024-03-04", "--until", "2024-03-11")
    assert found["command"] == " ".join(("mailroom report", *span))
    for section in found["sections"]:
        by = section["by"]
        rows = {
            (row["metric"], row[by]): row
            for row in desk.report(*span, "--by", by)["rows"]
        }
        assert section["rows"]
        for line in section["rows"]:
            row = rows[line["metric"], line["group"]]
            for key in ("count", "achieved", "breached", "attainment"):
                assert line[key] == row[key]
            for key in ("p50", "p90", "p99"):
                assert line[key] == shown(timedelta(seconds=row[key]))
    report = desk.report(*span)
    assert found["excluded"] == report["excluded"]
    assert found["spam"] == report["excluded"]["spam"]
    total = sum(row["count"] for row in report["rows"])
    assert found["totals"]["count"] == total
    (trend,) = found["trend"]
    weeks = {row["week"]: row for row in desk.report("--by", "week")["rows"]}
    for name, counts in zip(found["weeks"], trend["weeks"], strict=True):
        expected = weeks.get(f"2024-{name}", {"count": 0})
        assert counts["count"] == expected["count"]
