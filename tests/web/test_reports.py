"""The desk's reports: the figures of `mailroom report`, each leading to its tickets."""

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from html import unescape
from threading import Event
from typing import Any

import pytest

from mailroom.cli.group import run
from mailroom.report.attainment import DIMENSIONS, Period, attainment
from mailroom.report.trend import trends
from mailroom.store.contract import ClockRow
from mailroom.ticket.model import Ticket, TicketId
from mailroom.ticket.token import Permission, Token
from rules.policy import Metric
from web.counts import Counts
from web.report_query import asked

AGENTS = ("ann@acme.example", "bob@acme.example")
RULES = """
[calendar.office]
timezone = "Europe/Berlin"
hours = ["Mon-Fri 09:00-17:00"]

[policy.standard]
default = true
calendar = "office"
first_reply = "4h"
next_reply = "4h"
resolution = "2 days"

[policy.gold]
first_reply = "2h"
update = { within = "1 day", pause_in = ["pending"] }

[organization.initech]
domains = ["initech.example"]
addresses = ["boss@other.example"]

[[rule]]
name = "Initech is gold"
domains = ["initech.example"]
policy = "gold"
tags = ["vip", "=initech"]

[[rule]]
name = "A free lunch"
domains = ["free.example"]
policy = "none"
"""
CUSTOMERS = ("joe@initech.example", "ida@other.example", "boss@other.example")
ACTS = (
    "Here you are.",
    "#pending\r\nWhich one?",
    "#hold",
    "#solved\r\nDone.",
    "#solved",
    "#take",
    "#tag late",
    "#team tier1",
    "#spam",
    "#notspam",
)


def say(desk: Any, agent: str, ticket: int, text: str) -> None:
    """Let an agent answer a ticket by its token."""
    book, person = desk.app.office.book, desk.app.store.person_for
    with desk.app.store.transaction():
        token = Token(ticket, Permission.PUBLIC, person(agent))
    to = book.reply_address(book.mailboxes[0], token)
    desk.write(agent, to, subject=f"Re: [#{ticket}]", text=text)


def live(desk: Any, tickets: int) -> list[int]:
    """Let some weeks of a desk's life pass, all of it by mail."""
    chance, made = random.Random(11), []
    for number in range(tickets):
        customer = chance.choice((*CUSTOMERS, "sam@free.example"))
        flag = "X-Spam-Flag: YES\r\n" if number % 11 == 10 else ""
        made.append(desk.write(customer, subject=f"Case {number}", headers=flag))
        for _ in range(chance.randrange(4)):
            desk.pass_time(timedelta(minutes=chance.randrange(1, 900)))
            ticket = chance.choice(made[-6:])
            if chance.random() < 0.3:
                row = desk.app.store.ticket(ticket)
                who = desk.app.store.people([row.requester])[row.requester].address
                desk.write(who, subject=f"Re: [#{ticket}]", text=f"And now {number}?")
            else:
                say(desk, chance.choice(AGENTS), ticket, chance.choice(ACTS))
        if number % 9 == 8:
            say(desk, AGENTS[0], made[-1], f"#merge {made[-3]}")
        desk.pass_time(timedelta(hours=chance.randrange(1, 40)))
    silent = desk.write(CUSTOMERS[1])
    say(desk, AGENTS[0], silent, "#solved")
    for _ in range(2):
        raw = b"From: joe@initech.example\r\nMessage-ID: <twice@x>\r\n\r\nTwice."
        desk.take(raw, CUSTOMERS[0], "support@acme.example")
    desk.write(CUSTOMERS[0], headers="Auto-Submitted: auto-replied\r\n")
    return made


@pytest.fixture
def busy(make_desk: Any) -> Any:
    desk = make_desk(rules=RULES)
    live(desk, 40)
    log_in(desk)
    return desk


def log_in(desk: Any) -> None:
    desk.client.post("/desk/", data={"address": AGENTS[0]})
    desk.site.extensions["errands"].finish()
    body = desk.letters(AGENTS[0])[-1].get_payload(0).get_payload(decode=True).decode()
    path = re.findall(r"/desk/login/\S+", body)[0]
    assert desk.client.post(path).status_code == 303


def get(desk: Any, path: str) -> str:
    answer = desk.client.get(path)
    assert answer.status_code == 200, path
    return str(answer.get_data(as_text=True))


def sheet(desk: Any, name: str, query: str = "") -> list[dict[str, str]]:
    text = get(desk, f"/desk/reports/{name}.csv?{query}")
    return list(csv.DictReader(io.StringIO(text)))


def organization_of(desk: Any) -> Any:
    rules = desk.app.office.rules.edition.ruleset
    return lambda address: getattr(rules.organization_of(address), "key", None)


def periods(desk: Any) -> Iterator[tuple[str, Period]]:
    """Yield a present period and a past one: (query, period)."""
    now = desk.now()
    today = asked({}, now)
    past = {"weeks": "4", "until": str(today.monday - timedelta(days=14))}
    for words in ({"weeks": "4"}, {"weeks": "26"}, past):
        query = "&".join(f"{name}={value}" for name, value in words.items())
        yield query, asked(words, now).period


def test_figures_are_those_of_the_report(busy: Any) -> None:
    reasons, kinds = set(), set()
    for query, period in periods(busy):
        for by in DIMENSIONS:
            report = attainment(
                busy.app.store, organization_of(busy), [by], period, busy.now()
            )
            rows = sheet(busy, "attainment", f"{query}&by={by}")
            wanted = [
                {
                    "metric": row.metric,
                    by: row.group[by] or "",
                    "count": str(row.count),
                    "achieved": str(row.achieved),
                    "breached": str(row.breached),
                    "attainment": str(row.attainment),
                    **{name: seconds(getattr(row, name)) for name in PARTS},
                }
                for row in report.rows
            ]
            assert [{**row, by: row[by].lstrip("'")} for row in rows] == wanted
            left = {
                r["reason"]: int(r["count"]) for r in sheet(busy, "left-out", query)
            }
            assert left == dict(report.excluded)
            reasons |= left.keys()
            kinds |= {row.metric for row in report.rows}
    assert len(reasons) == 8
    assert len(kinds) == 4


PARTS = ("p50", "p90", "p99")


def seconds(span: timedelta | None) -> str:
    return "" if span is None else f"{span.total_seconds():.6g}".removesuffix(".0")


def test_charts_are_those_of_the_report(busy: Any) -> None:
    for query, period in periods(busy):
        found = {
            t.title.partition(" (")[0]: t
            for t in trends(busy.app.store, period, busy.now())
        }
        by_week = found["Attainment by week of arrival"]
        percent = {
            (row["week"], row["metric"]): int(
                1000 * int(row["achieved"]) / int(row["count"])
            )
            / 10
            for row in sheet(busy, "weeks", query)
        }
        for week, values in by_week.rows:
            for metric, value in zip(by_week.columns, values, strict=True):
                assert percent.get((week, metric), 100.0) == value
        assert {week for week, _ in percent} == {week for week, _ in by_week.rows}
        assert counts(busy, "lengths", query) == numbers(
            found["First replies by working time"]
        )
        assert sum(numbers(found["First replies by working time"])) > 0
        backlog = found["Backlog: unsolved tickets at the end of each week"]
        assert counts(busy, "backlog", query) == numbers(backlog)
        assert [r["before"][:10] for r in sheet(busy, "backlog", query)] == [
            label for label, _ in backlog.rows
        ]
        breaches = {
            r["week"]: int(r["breaches"]) for r in sheet(busy, "breaches", query)
        }
        assert breaches == {w: v[0] for w, v in found["Breaches by week"].rows}
        assert counts(busy, "hours", query) == numbers(
            found["Breaches by hour of arrival"]
        )


def counts(desk: Any, name: str, query: str) -> list[int]:
    return [int(list(row.values())[-1]) for row in sheet(desk, name, query)]


def numbers(trend: Any) -> list[int]:
    return [int(values[0]) for _, values in trend.rows]


def test_the_command_line_on_the_page_gives_the_same(busy: Any) -> None:
    page = get(busy, "/desk/reports?weeks=26&by=team")
    command = re.findall(r"<code>mailroom (report [^<]+)</code>", page)[0]
    out = io.StringIO()
    config = str(busy.app.config.data.parent / "mailroom.toml")
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        assert run([*command.split(), "--json", "-c", config]) == 0
    rows = {
        (r["metric"], r["team"]): r["achieved"]
        for r in json.loads(out.getvalue())["rows"]
    }
    shown = sheet(busy, "attainment", "weeks=26&by=team")
    assert {(r["metric"], r["team"] or None): int(r["achieved"]) for r in shown} == rows


def links(page: str) -> Counter[tuple[str, int]]:
    """Return where the numbers of a page lead: (address, number)."""
    found = re.findall(r'<a href="(/desk/reports/list[^"]*)">([^<]+)</a>', page)
    return Counter(
        (unescape(link), int(re.sub(r"\D", "", text.rpartition("·")[2])))
        for link, text in found
    )


def listed(desk: Any, link: str) -> tuple[int, int]:
    """Return how many a list says it has, and how many it shows on all its pages."""
    count, shown = None, 0
    while link:
        page = get(desk, link)
        count = int(re.sub(r"\D", "", re.findall(r"<h1>([^<]+)</h1>", page)[0]))
        shown += page.count('<p class="subject">')
        more = re.findall(r'href="([^"]+)">More</a>', page)
        link = unescape(more[0]) if more else ""
    assert count is not None
    return count, shown


def test_every_number_leads_to_just_so_many(busy: Any) -> None:
    seen: dict[str, int] = {}
    queries = [f"by={by}" for by in DIMENSIONS] + ["m=first_reply", "weeks=26"]
    for (query, _), more in ((p, q) for p in list(periods(busy))[::2] for q in queries):
        for link, number in links(get(busy, f"/desk/reports?{query}&{more}")):
            assert seen.setdefault(link, number) == number
    assert len(seen) > 100
    for link, number in seen.items():
        assert listed(busy, link) == (number, number), link


def test_a_list_turns_its_pages(desk: Any) -> None:
    for number in range(57):
        desk.write(subject=f"Case {number}")
    log_in(desk)
    desk.pass_time(timedelta(days=3))
    link = "/desk/reports/list?s=breached&m=first_reply"
    assert listed(desk, link) == (57, 57)
    assert listed(desk, f"{link}&page=2")[1] == 7
    assert listed(desk, f"{link}&page=9")[1] == 0


def fill(desk: Any, weeks: int) -> None:
    """Let every metric of a ticket with long names be missed each hour of some weeks."""
    store, now = desk.app.store, desk.now()
    with store.transaction():
        for number in range(weeks * 8):
            domain = f"{'a-very-long-name.' * 13}{number % 9}.example"
            at = now - timedelta(hours=21 * number)
            ticket = Ticket(
                id=TicketId(0),
                subject="x",
                mailbox="support@acme.example",
                requester=store.person_for(f"jane@{domain}"),
                created_at=at,
                updated_at=at,
                tags=("ä" * 90 + str(number % 9),),
            )
            id = store.add_ticket(ticket)
            clocks = [missed(metric.value, at) for metric in Metric]
            store.save_clocks(id, clocks)


def missed(metric: str, at: datetime) -> ClockRow:
    hour = timedelta(hours=1)
    return ClockRow(
        metric=metric,
        cycle=1,
        state="breached",
        target=hour,
        elapsed=hour * 2,
        remaining=None,
        due=at + hour,
        fulfilled_at=at + hour * 2,
        breached_at=at + hour,
        started_at=at,
    )


def test_a_long_report_of_every_metric_is_a_small_page(desk: Any) -> None:
    desk.write()
    fill(desk, 52)
    log_in(desk)
    for weeks in (26, 52):
        for by in ("domain", "tag", "week"):
            path, seen = f"/desk/reports?weeks={weeks}&by={by}", 0
            while path:
                page = get(desk, path)
                assert len(page.encode()) <= 60_000, path
                table = page.partition('id="groups"')[2].partition("</table>")[0]
                seen += table.count('<th scope="row">')
                more = re.findall(r'href="([^"]+)">More</a>', page)
                path = unescape(more[0]) if more else ""
            assert seen == len(sheet(desk, "attainment", f"weeks={weeks}&by={by}"))


def test_what_takes_long_is_counted_beside_the_page(desk: Any) -> None:
    desk.write()
    desk.pass_time(timedelta(days=1))
    log_in(desk)
    desk.site.extensions["counts"] = counting = Counts(patience=0.0)

    def look(*, busy: bool) -> Any:
        """Ask for the report while the counting thread is busy with something else."""
        gate = Event()
        counting.ask(desk.now(), desk.now(), lambda: gate.wait(10))
        if not busy:
            gate.set()
            counting.finish()
        answer = desk.client.get("/desk/reports")
        gate.set()
        counting.finish()
        return answer

    answers = [look(busy=True), look(busy=False)]
    assert [answer.status_code for answer in answers] == [202, 200]
    assert answers[0].headers["Refresh"] == "1"
    assert "being counted" in answers[0].text
    desk.write()
    desk.pass_time(timedelta(minutes=4))
    again = look(busy=True)
    assert again.status_code == 200
    times = [re.findall("<time[^>]+>", page.text) for page in (again, answers[1])]
    assert times[0] == times[1] != []
    desk.pass_time(timedelta(minutes=2))
    assert look(busy=True).status_code == 202


def test_an_empty_desk_has_an_empty_report(desk: Any, seen: Any) -> None:
    log_in(desk)
    said = seen(get(desk, "/desk/reports"))
    assert "No promise that began in this period" in said
    assert "Nothing is left out" in said
    for name in ("attainment", "weeks", "lengths", "backlog", "hours", "left-out"):
        assert sheet(desk, name) is not None
    assert desk.client.get("/desk/reports/nothing.csv").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "weeks=3&until=x&m=nothing&by=nothing&page=-1&s=nothing",
        "weeks=99999999999999999999&page=0&hour=24&over=1e9&upto=-1",
        "until=9999-12-31&week=2026-W99&late=W&at=2026",
        "until=0001-01-01&week=0001-W01&late=9999-W52",
        "at=0001-01-01T00:00:00%2B23:59",
        "at=9999-12-31T23:59:59-23:59",
        "by=agent&in=nobody%40acme.example&s=decided",
        "by=organization&in=nothing&s=decided",
        "by=team&in=%00%27%22%3C&s=decided&hour=1&over=0&upto=0",
        "page=9999&week=2026-W48",
    ],
)
def test_nonsense_in_the_address_does_no_harm(desk: Any, query: str) -> None:
    desk.write()
    log_in(desk)
    for path in ("", "/list", "/hours.csv"):
        get(desk, f"/desk/reports{path}?{query}")


@pytest.mark.parametrize("path", ["", "/list", "/hours.csv"])
def test_nobody_sees_reports_without_a_session(desk: Any, path: str) -> None:
    desk.write()
    answer = desk.client.get(f"/desk/reports{path}")
    assert answer.status_code == 401
    assert "Printer" not in answer.text


def test_no_cell_is_a_formula(busy: Any) -> None:
    tags = {row["tag"] for row in sheet(busy, "attainment", "weeks=26&by=tag")}
    assert "'=initech" in tags
    assert not [tag for tag in tags if tag[:1] in ("=", "+", "-", "@")]
