"""`mailroom rules check` and `calendar show`: no database, no network."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from mailroom.cli.init import starters
from mailroom.clock import utcnow

Call = Callable[..., tuple[int, str, str]]
FAULTY = '[policy.gold]\nfirst_reply = "soon"\nprioritty = 1\n'


def test_sound_rules_are_no_failure(desk: Path, call: Call) -> None:
    code, output, errors = call("rules", "check", "-c", desk)
    assert code == 0
    assert "0 faults" in errors
    assert not (desk.parent / "var").exists()
    assert "all.toml" in output  # the rule has no test: a warning


def test_warnings_are_faults_when_strict(desk: Path, call: Call) -> None:
    assert call("rules", "check", "--strict", "-c", desk)[0] == 1


def test_every_fault_is_told_with_its_place(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "a.toml"
    path.write_text(FAULTY)
    code, output, _ = call("rules", "check", path)
    assert code == 1
    assert f"{path}:2:" in output
    assert f"{path}:3:1:" in output


def test_faults_are_told_to_scripts(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "a.toml"
    path.write_text(FAULTY)
    lines = json.loads(call("rules", "check", path, "--json")[1])
    assert {"kind", "file", "line", "column", "message"} == set(lines[0])
    assert {line["kind"] for line in lines} == {"fault"}


def test_teams_are_those_of_the_configuration(desk: Path, call: Call) -> None:
    rules = desk.parent / "rules" / "all.toml"
    rules.write_text(rules.read_text() + 'team = "supprot"\n')
    output = call("rules", "check", "-c", desk)[1]
    assert "supprot" in output


def test_rules_that_are_not_there_are_told(tmp_path: Path, call: Call) -> None:
    code, _, errors = call("rules", "check", tmp_path / "none")
    assert code == 2
    assert "there are no such rules" in errors


def test_the_schema_is_json(call: Call) -> None:
    code, output, _ = call("rules", "check", "--schema")
    assert code == 0
    assert "rule" in json.loads(output)["properties"]


def test_a_calendar_is_shown_as_it_is_counted(desk: Path, call: Call) -> None:
    output = call("calendar", "show", "office", "2026", "--json", "-c", desk)[1]
    page = json.loads(output)
    assert page["hours"] == ["Mon,Tue,Wed,Thu,Fri 09:00-17:00"]
    assert page["holidays"] == ["2026-12-25"]
    december = page["months"][11]
    assert december["working_days"] == 22
    assert december["open"] == 22 * 8 * 3600
    assert "2026-12-25" in call("calendar", "show", "office", "2026", "-c", desk)[1]


def test_a_calendar_of_single_days_is_shown_in_any_year(desk: Path, call: Call) -> None:
    days = utcnow().date() + timedelta(days=30)
    (desk.parent / "rules" / "fair.toml").write_text(
        '[calendar.fair]\ntimezone = "UTC"\n'
        f'extra = ["{days} 09:00:30-24:00", "2031-05-02 22:00-02:00"]\n'
    )
    output = call("calendar", "show", "fair", "2031", "--json", "-c", desk)[1]
    assert json.loads(output)["extra"] == ["2031-05-02 22:00-02:00"]
    year = str(days.year)
    assert (
        f"{days} 09:00:30-24:00"
        in call("calendar", "show", "fair", year, "-c", desk)[1]
    )


def test_always_is_open_all_year(desk: Path, call: Call) -> None:
    output = call("calendar", "show", "always", "2028", "--json", "-c", desk)[1]
    months = json.loads(output)["months"]
    assert sum(month["open"] for month in months) == 366 * 86400


def test_a_misspelt_calendar_is_told(desk: Path, call: Call) -> None:
    code, _, errors = call("calendar", "show", "offise", "-c", desk)
    assert code == 2
    assert 'did you mean "office"?' in errors


TEST = """
[[test]]
name = "an outage is urgent"
at = 2026-11-27T14:30:00+01:00
mail = { from = "jane@customer.example", subject = "Outage", text = "Help!" }
expect = { rules = ["Outage"], priority = "urgent" }
"""


def test_tests_that_pass_are_no_failure(desk: Path, call: Call) -> None:
    (desk.parent / "rules" / "tests.toml").write_text(TEST)
    code, output, _ = call("rules", "test", "-c", desk)
    assert code == 0
    assert "ok   an outage is urgent" in output
    assert not (desk.parent / "var").exists()


def test_a_test_that_fails_says_what_happened(desk: Path, call: Call) -> None:
    (desk.parent / "rules" / "tests.toml").write_text(TEST.replace("urgent", "low"))
    code, output, _ = call("rules", "test", desk.parent / "rules", "--json")
    assert code == 1
    page = json.loads(output)
    assert page["passed"] is False
    [difference] = page["tests"][0]["differences"]
    assert "low" in difference["expected"]
    assert "urgent" in difference["actual"]


def test_faulty_rules_cannot_be_tested(tmp_path: Path, call: Call) -> None:
    (tmp_path / "a.toml").write_text(FAULTY)
    code, _, errors = call("rules", "test", tmp_path)
    assert code == 2
    assert "a.toml:2:" in errors


def test_the_starter_rules_pass_their_tests(tmp_path: Path, call: Call) -> None:
    for name in starters():
        folder = tmp_path / name
        call("init", folder, "--rules", name)
        assert (
            call("rules", "check", "--strict", "-c", folder / "mailroom.toml")[0] == 0
        )
        code, output, _ = call("rules", "test", "-c", folder / "mailroom.toml")
        assert code == 0, output
