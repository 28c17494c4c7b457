"""Another rule set on a recorded history, beside what was recorded."""

import io
import json
import random
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mailroom.cli.group import run

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
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
first_reply = "{first}"
next_reply = "6h"
resolution = {{ within = {{ high = "8h", normal = "2 days" }} }}
escalation = "ladder"

[policy.gold]
first_reply = "1h"
escalation = "ladder"

[[escalation.ladder]]
at = "50%"
notify = ["assignee"]

[[escalation.ladder]]
at = "breach"
notify = ["assignee"]
set = {{ tags = ["late"], team = "tier2", priority = "high" }}

[organization.initech]
domains = ["initech.example"]

[[rule]]
name = "Initech"
domains = ["initech.example"]
team = "{team}"

[[rule]]
name = "Late replies"
when = '"late" in ticket.tags'
on = ["customer_reply", "changed"]
tags = ["seen late"]
"""
AGENTS = ("ann@acme.example", "bob@acme.example")


@dataclass(frozen=True)
class Past:
    """A desk made of an archive; `rules` writes another set beside it."""

    root: Path

    def run(self, *arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            code = run([*arguments, "-c", str(self.root / "mailroom.toml")])
        return code, out.getvalue()

    def test(self, rules: str, *more: str) -> tuple[int, Any]:
        new = self.root / f"{sha256(rules.encode()).hexdigest()}.toml"
        new.write_text(rules)
        since = ("--since", "2026-01-01", "--json")
        code, out = self.run("rules", "backtest", str(new), *since, *more)
        return code, json.loads(out)


def rules(first: str = "4h", team: str = "tier1") -> str:
    return RULES.format(first=first, team=team)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    root = tmp_path_factory.mktemp("past")
    (root / "mailroom.toml").write_text(CONFIG)
    (root / "rules.toml").write_text(rules())
    (root / "old").mkdir()
    chance = random.Random(3)
    for number in range(30):
        _conversation(root, chance, number, MONDAY + timedelta(hours=7 * number))
    made = Past(root)
    assert made.run("import", str(root / "old"))[0] == 0
    return made


def _conversation(root: Path, chance: random.Random, number: int, at: datetime) -> None:
    jane = f"jane@{chance.choice(['initech.example', 'other.example'])}"
    _write(root, f"{number}.0", jane, "support@acme.example", at, "", "Help.")
    for turn in range(1, chance.randrange(5)):
        at += timedelta(minutes=chance.randrange(10, 700))
        agent = chance.choice(AGENTS)
        sender, to = (agent, jane) if turn % 2 else (jane, "support@acme.example")
        command = chance.choice(["", "", "#pending\n", "#solved\n", "#take\n"])
        command += chance.choice(["", "#policy gold\n", "#untag late\n"])
        text = f"{command if turn % 2 else ''}What about part {number} and {turn}?"
        _write(root, f"{number}.{turn}", sender, to, at, f"{number}.{turn - 1}", text)


def _write(
    root: Path, name: str, sender: str, to: str, at: datetime, answers: str, text: str
) -> None:
    reply = f"In-Reply-To: <{answers}@x.example>\n" if answers else ""
    (root / "old" / f"{name}.eml").write_text(
        f"Received: by x; {at:%a, %d %b %Y %H:%M:%S} +0000\nFrom: {sender}\nTo: {to}\n"
        f"Message-ID: <{name}@x.example>\nSubject: Question\n{reply}\n{text}\n"
    )


def nothing(found: Any) -> bool:
    counts = (
        found[key]["count"] for key in ("routed", "breaches_gained", "breaches_lost")
    )
    same = (found["mails"][k] for k in ("acknowledgements", "escalations"))
    return (
        not any(counts)
        and not found["deadlines_moved"]
        and all(each["before"] == each["after"] for each in same)
        and all(row["before"] == row["after"] for row in found["attainment"])
    )


def test_the_same_rules_change_nothing(past: Past) -> None:
    code, found = past.test(rules())
    assert (code, found["tickets"], found["without_facts"]) == (0, 30, 0)
    assert nothing(found)


def test_the_same_rules_in_other_words_replayed_in_full_change_nothing(
    past: Past,
) -> None:
    # A second rule that says the same makes every look differ, and nothing else.
    twin = '\n[[rule]]\nname = "Twin"\nwhen = \'true\'\npriority = "normal"\n'
    assert nothing(past.test(rules() + twin)[1])


def test_steps_that_steer_nothing_end_the_same_fired_at_once(past: Past) -> None:
    calm = rules(first="2h").replace(', team = "tier2", priority = "high"', "")
    calm = calm[: calm.index('[[rule]]\nname = "Late replies"')]
    watched = (
        '\n[[rule]]\nname = "Never"\nwhen = "ticket.messages < 0"\non = ["changed"]\n'
    )
    watched += 'tags = ["never"]\n'
    assert past.test(calm)[1] == past.test(calm + watched)[1]


def test_a_stricter_target_gains_the_breaches_that_lie_between(past: Past) -> None:
    code, found = past.test(rules(first="2h"), "--fail-on", "breaches")
    assert code == 1
    assert found["breaches_lost"]["count"] == 0
    gained = [
        c for c in found["breaches_gained"]["clocks"] if c["metric"] == "first_reply"
    ]
    assert {c["ticket"] for c in gained} == _between(past, 2, 4)
    assert gained


def _between(past: Past, low: int, high: int) -> set[int]:
    """Tickets under the standard policy whose first reply took (low, high] hours."""
    found = set()
    for line in json.loads(past.run("tickets", "--json")[1]):
        page = json.loads(past.run("ticket", str(line["id"]), "--json")[1])
        for clock in page["clocks"]:
            if clock["metric"] != "first_reply" or clock["state"] == "breached":
                continue
            if low * 3600 < clock["elapsed"] <= high * 3600:
                found.add(line["id"])
    return found


def test_a_laxer_target_loses_breaches_and_its_letters(past: Past) -> None:
    code, found = past.test(rules(first="20h"), "--fail-on", "breaches")
    assert found["breaches_lost"]["count"] > 0
    assert (
        found["mails"]["escalations"]["after"] < found["mails"]["escalations"]["before"]
    )
    before, after = (
        sum(
            r[side]["achieved"]
            for r in found["attainment"]
            if r["metric"] == "first_reply"
        )
        for side in ("before", "after")
    )
    assert after > before
    assert code == (1 if found["breaches_gained"]["count"] else 0)


def test_another_team_is_told_by_ticket(past: Past) -> None:
    found = past.test(rules(team="specialists"))[1]
    lines = json.loads(past.run("tickets", "--json")[1])
    initech = {x["id"] for x in lines if x["requester"] == "jane@initech.example"}
    changed = {t["ticket"]: t for t in found["routed"]["tickets"]}
    assert changed.keys() <= initech
    teams = [t["team"] for t in changed.values() if "team" in t]
    assert {"before": "tier1", "after": "specialists"} in teams


def test_acknowledgements_that_would_not_be_sent_are_counted(past: Past) -> None:
    silent = "\n[[rule]]\nname = \"Silence\"\nwhen = 'true'\nacknowledge = false\n"
    mails = past.test(rules() + silent)[1]["mails"]
    assert mails["acknowledgements"] == {"before": 30, "after": 0}


def test_nothing_is_changed(past: Past) -> None:
    before = past.run("tickets", "--json"), past.run("ticket", "1003", "--json")
    past.test(rules(first="1h", team="others"))
    assert (
        past.run("tickets", "--json"),
        past.run("ticket", "1003", "--json"),
    ) == before


def test_the_answer_says_what_it_cannot_know(past: Past) -> None:
    new = past.root / "rules.toml"
    code, text = past.run("rules", "backtest", str(new), "--since", "2026-01-01")
    assert code == 0
    assert "30 tickets replayed" in text
    assert "would have acted differently" in text


def test_faulty_rules_are_refused_before_anything_is_read(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = past.root / "bad.toml"
    bad.write_text('[[rule]]\nname = "x"\nwhen = "sender.domian"\n')
    code = run(["rules", "backtest", str(bad), "-c", str(past.root / "mailroom.toml")])
    assert code == 2
    assert "bad.toml:3" in capsys.readouterr().err


def test_holidays_of_all_years_of_a_long_history_are_known(tmp_path: Path) -> None:
    holidays = """
[calendar.office]
timezone = "America/New_York"
hours = ["daily 09:00-17:00"]
holidays = ["US"]

[policy.standard]
default = true
calendar = "office"
first_reply = "8h"
"""
    (tmp_path / "mailroom.toml").write_text(CONFIG)
    (tmp_path / "rules.toml").write_text(holidays)
    (tmp_path / "old").mkdir()
    for year in (
        2003,
        2014,
        2025,
    ):  # from the end of the 3rd to that of the 5th of July
        asked = datetime(year, 7, 3, 21, 0, tzinfo=UTC)
        _write(
            tmp_path,
            f"{year}.0",
            "jo@x.example",
            "support@acme.example",
            asked,
            "",
            "?",
        )
        answered = asked + timedelta(days=2)
        _write(
            tmp_path,
            f"{year}.1",
            AGENTS[0],
            "jo@x.example",
            answered,
            f"{year}.0",
            "So.",
        )
    desk = Past(tmp_path)
    assert desk.run("import", str(tmp_path / "old"))[0] == 0

    def after(target: str) -> Any:
        new = tmp_path / "next.toml"
        new.write_text(holidays.replace("8h", target))
        since = ("--since", "2001-01-01", "--json")
        found = json.loads(desk.run("rules", "backtest", str(new), *since)[1])
        (row,) = [row for row in found["attainment"] if row["by"] == "policy"]
        return row["before"]["achieved"], row["after"]["achieved"]

    assert after("8h") == (3, 3)
    assert after("7h 59m") == (3, 0)
