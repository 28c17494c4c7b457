"""Loading: all faults at once, each at its line and column, in plain words."""

import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.errors import RuleFileError
from rules.loader import load, load_texts
from rules.policy import Metric
from rules.positions import scan

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def faults(text: str, **more: str) -> list[str]:
    with pytest.raises(RuleFileError) as caught:
        load_texts({"a.toml": text, **{f"{k}.toml": v for k, v in more.items()}}, NOW)
    return [str(fault) for fault in caught.value.faults]


FAULTY = [
    (
        "[calender.x]\n",
        'a.toml:1:2: unknown key "calender" in a rule file; did you mean "calendar"?',
    ),
    ("x = \n", "a.toml:1:5: Invalid value"),
    ("[policy.a]\n[policy.a]\n", "a.toml:2:10: Cannot declare ('policy', 'a') twice"),
    (
        '[calendar.o]\nhours = ["Mon 09:00-17:00"]\n',
        'a.toml:1:1: calendar o has no "timezone"',
    ),
    (
        '[calendar.o]\ntimezone = "Europe/Berln"\nhours = ["Mon 09:00-17:00"]\n',
        "a.toml:2:12: 'Europe/Berln' is no time zone; did you mean Europe/Berlin?",
    ),
    (
        '[calendar.o]\ntimezone = "UTC"\nextra = ["2020-01-01 10:00-12:00"]\n',
        "a.toml:3:1: calendar 'o' does not open in the next 366 days; "
        "check its hours, holidays and extra",
    ),
    (
        '[calendar.always]\ntimezone = "UTC"\nhours = ["Mon 09:00-17:00"]\n',
        'a.toml:1:1: "always" is built in; choose another name',
    ),
    (
        '[policy.g]\ncalendar = "ofice"\n[calendar.office]\ntimezone = "UTC"\n'
        'hours = ["Mon 09:00-17:00"]\n',
        'a.toml:2:12: no calendar "ofice"; did you mean "office"?',
    ),
    (
        '[policy.g]\nfirst_reply = { urgnt = "1h" }\n',
        'a.toml:2:17: unknown key "urgnt" in first_reply; did you mean "urgent"?',
    ),
    (
        '[policy.g]\nfirst_reply = "0m"\n',
        "a.toml:2:15: the duration '0m' must be more than zero",
    ),
    (
        '[policy.g]\nfirst_replay = "1h"\n',
        'a.toml:2:1: unknown key "first_replay" in policy g; did you mean "first_reply"?',
    ),
    (
        '[policy.g]\nupdate = { within = "1h", pause_in = ["pendin"] }\n',
        'a.toml:2:39: "pendin" does not belong in pause_in; did you mean "pending"?',
    ),
    (
        "[policy.g]\nupdate = { pause_in = [] }\n",
        'a.toml:2:1: update has no "within"',
    ),
    (
        '[policy.g]\non_change = "restrat"\n',
        'a.toml:2:13: "restrat" is no on_change; did you mean "restart"?',
    ),
    (
        "[policy.g]\ndefault = true\n[policy.h]\ndefault = true\n",
        'a.toml:4:1: policy "g" is the default already',
    ),
    ("[policy.none]\n", 'a.toml:1:1: "none" means no policy; choose another name'),
    (
        '[[escalation.l]]\nnotify = ["assignee"]\n',
        'a.toml:1:1: this step of escalation l has no "at"',
    ),
    (
        '[[escalation.l]]\nat = "breach"\nnotify = ["assigne"]\n',
        'a.toml:3:11: "assigne" is nobody to notify; did you mean "assignee"?',
    ),
    (
        '[escalation.l]\nat = "breach"\n',
        'a.toml:1:1: "l" must be written as [[...l]]',
    ),
    (
        '[[escalation.l]]\nat = "breach"\nunless = "ack"\n',
        'a.toml:3:10: "ack" is no unless; known: acknowledged',
    ),
    (
        "[organization.o]\n",
        'a.toml:1:1: organization o has neither "domains" nor "addresses"',
    ),
    (
        '[organization.o]\ndomains = ["a.com"]\n[organization.p]\ndomains = ["b.com", "A.com"]\n',
        'a.toml:4:21: "a.com" belongs to organization "o" already',
    ),
    ("[[rule]]\ntags = []\n", 'a.toml:1:1: this rule has no "name"'),
    (
        '[[rule]]\nname = "x"\npolicy = "gld"\n[policy.gold]\n',
        'a.toml:3:10: no policy "gld"; did you mean "gold"?',
    ),
    (
        '[[rule]]\nname = "x"\n[[rule]]\nname = "x"\n',
        'a.toml:4:8: rule "x" is there twice',
    ),
    (
        '[[rule]]\nname = "x"\nwhen = \'sender.domian == "x"\'\n',
        'a.toml:3:16: when: unknown fact "sender.domian"; did you mean "sender.domain"?',
    ),
    (
        "[[rule]]\nname = \"x\"\nwhen = '''\nreply and\n  sizze > 3'''\n",
        'a.toml:5:3: when: unknown fact "sizze"; did you mean "size"?',
    ),
    (
        '[[rule]]\nname = "x"\nwhen = "subject == \\"a\\" and sizze > 3"\n',
        'a.toml:3:30: when: unknown fact "sizze"; did you mean "size"?',
    ),
    (
        '[[rule]]\nname = "x"\ndomains = ["a.com", "@b.com"]\n',
        'a.toml:3:21: "@b.com" is no domain; write "b.com"',
    ),
    (
        '[[rule]]\nname = "x"\nfrom = ["acme.com"]\n',
        'a.toml:3:9: "acme.com" matches no address; write it like "*@acme.com"',
    ),
    (
        '[[rule]]\nname = "x"\nkeywords = "down"\n',
        'a.toml:3:12: "keywords" must be a list of strings, not a string',
    ),
    (
        '[[rule]]\nname = "x"\non = ["openned"]\n',
        'a.toml:3:7: "openned" does not belong in on; did you mean "opened"?',
    ),
    (
        '[[rule]]\nname = "x"\nstop = "yes"\n',
        'a.toml:3:8: "stop" must be true or false, not a string',
    ),
    (
        '[[test]]\nname = "x"\nat = 2026-11-27T14:30:00\nmail = {}\n',
        'a.toml:3:6: "at" needs an offset from UTC: 2026-11-27T14:30:00+01:00 or '
        "2026-11-27T14:30:00Z",
    ),
    (
        '[[test]]\nname = "x"\nat = 9999-11-27T14:30:00Z\nmail = {}\n',
        'a.toml:3:6: "at" must be in the years 1970 to 2200',
    ),
    (
        '[[test]]\nname = "x"\nat = 2026-11-27T14:30:00Z\n',
        'a.toml:1:1: this test has no "mail"',
    ),
    (
        '[[test]]\nname = "x"\nat = 2026-11-27T14:30:00Z\nmail = {}\n'
        "[[test.then]]\nat = 2026-11-27T14:20:00Z\n",
        'a.toml:6:6: "at" is before the step above (2026-11-27T14:30:00+00:00)',
    ),
    (
        '[[test]]\nname = "x"\nat = 2026-11-27T14:30:00Z\nmail = {}\n'
        'expect = { first_reply = "runing" }\n',
        'a.toml:5:26: "runing" is no state; did you mean "running"?',
    ),
    (
        '[[test]]\nname = "x"\nat = 2026-11-27T14:30:00Z\nmail = {}\n'
        'expect = { escalations = ["first_repl breach"] }\n',
        'a.toml:5:27: "first_repl" is no metric; did you mean "first_reply"?',
    ),
    (
        '[[test]]\nname = "x"\nat = 2026-11-27T14:30:00Z\n'
        'mail = { from = "Jane", headers = { "X Y" = "1" } }\n',
        'a.toml:4:17: "Jane" has no address; write "Jane <jane@acme.example>"\n'
        'a.toml:4:37: "X Y" is no name of a header field',
    ),
]


@pytest.mark.parametrize(("text", "expected"), FAULTY, ids=[e[7:50] for _, e in FAULTY])
def test_fault_is_named_in_its_place(text: str, expected: str) -> None:
    assert faults(text) == expected.split("\n")


def test_every_fault_of_every_file_is_named_at_once() -> None:
    assert faults(
        '[[rule]]\nname = "a"\npolicy = "x"\nstop = 3\n[policy.y]\n',
        b="x = [\n",
        c='[[rule]]\nname = "a"\n[policy.y]\n',
    ) == [
        'a.toml:3:10: no policy "x"; known: y',
        'a.toml:4:8: "stop" must be true or false, not a number',
        "b.toml:2:1: Invalid value",
        'c.toml:2:8: rule "a" is there twice; it is in a.toml already',
        'c.toml:3:1: policy "y" is there twice; it is in a.toml already',
    ]


def test_two_default_policies_in_two_files_are_a_fault() -> None:
    one = "[policy.a]\ndefault = true\n"
    assert faults(one, b="[policy.b]\ndefault = true\n") == [
        'b.toml:2:1: policy "a" is the default already'
    ]


def test_files_are_read_in_bytewise_order_of_name(tmp_path: Path) -> None:
    for name in ("b.toml", "B.toml", "10.toml", "9.toml", "é.toml"):
        (tmp_path / name).write_text(f'[[rule]]\nname = "{name}"\n', encoding="utf-8")
    (tmp_path / "z.txt").write_text("no rules")
    names = [rule.name for rule in load(tmp_path, NOW).rules]
    assert names == ["10.toml", "9.toml", "B.toml", "b.toml", "é.toml"]


def test_faults_carry_the_path_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("[[rule]]\n")
    with pytest.raises(RuleFileError) as caught:
        load(path, NOW)
    assert str(caught.value) == f'{path}:1:1: this rule has no "name"'


def test_what_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(RuleFileError, match=r"no \*\.toml file in this folder"):
        load(tmp_path, NOW)
    with pytest.raises(RuleFileError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml", NOW)
    (tmp_path / "a.toml").write_bytes(b"# ok\n# \xff\n")
    with pytest.raises(RuleFileError, match=r"a\.toml:2:1: not UTF-8"):
        load(tmp_path, NOW)


def test_mail_of_a_test_must_be_there(tmp_path: Path) -> None:
    text = '[[test]]\nname = "x"\nat = 2026-11-27T14:30:00Z\nmail = "m.eml"\n'
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(RuleFileError, match=r'a\.toml:4:8: no mail "m\.eml" there'):
        load(tmp_path, NOW)
    (tmp_path / "m.eml").write_bytes(b"From: a@b.c\n\nx")
    assert load(tmp_path, NOW).tests[0].mail.path == "m.eml"


def test_targets_have_their_default_pauses_and_priorities() -> None:
    policy = load_texts(
        {
            "a": '[policy.p]\nfirst_reply = "4h"\nresolution = "2 days"\n'
            'update = { within = { low = "1h" }, pause_in = ["pending", "on_hold"] }\n'
        },
        NOW,
    ).policies["p"]
    assert policy.targets[Metric.RESOLUTION].pause_in == {"pending"}
    assert policy.targets[Metric.FIRST_REPLY].pause_in == frozenset()
    assert set(policy.targets[Metric.FIRST_REPLY].within) == {
        "urgent",
        "high",
        "normal",
        "low",
    }
    assert policy.targets[Metric.UPDATE].pause_in == {"pending", "on_hold"}
    assert set(policy.targets[Metric.UPDATE].within) == {"low"}


def test_version_changes_with_the_text_alone() -> None:
    one = load_texts({"a": "[policy.p]\n"}, NOW).version
    assert one == load_texts({"a": "[policy.p]\n"}, NOW).version
    assert one != load_texts({"a": "[policy.q]\n"}, NOW).version


def test_thousands_of_rules_load_in_seconds() -> None:
    text = "".join(
        f'[[rule]]\nname = "r{n}"\ndomains = ["c{n}.example"]\n'
        f"when = '$mentions(subject, \"w{n}\") and size > {n}'\n"
        for n in range(2000)
    )
    start = time.perf_counter()
    assert len(load_texts({"a": text}, NOW).rules) == 2000
    assert time.perf_counter() - start < 10  # about 0.7 s on a quiet machine


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    yield path, value
    if isinstance(value, dict):
        for key, below in value.items():
            yield from paths(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from paths(below, (*path, index))


scalars = st.one_of(
    st.text(st.sampled_from("ab\"'\\\n#=[]{}é."), max_size=8),
    st.integers(-5, 5),
    st.booleans(),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b c", "é", "k.k"]), inner, max_size=3),
    ),
    max_leaves=8,
)


def toml(value: Any, tight: bool) -> str:
    gap = "" if tight else " "
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if "'" not in value and "\n" not in value and len(value) % 2:
            return f"'{value}'"
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(value, list):
        inner = f",{gap}".join(toml(v, tight) for v in value)
        return f"[{gap}{inner}{gap}]" if tight else f"[ # x ]\n{inner}\n]"
    if isinstance(value, dict):
        pairs = [
            f"{toml(k + '', True)}{gap}={gap}{toml(v, tight)}" for k, v in value.items()
        ]
        return "{" + f",{gap}".join(pairs) + "}"
    return str(value)


@settings(max_examples=200, deadline=None)
@given(values, st.booleans())
def test_scanner_finds_every_key_and_value(value: Any, tight: bool) -> None:
    text = f"[t.'x']\n# c\nv = {toml(value, tight)}\n[[l]]\nw = 1\n[[l]]\nw = {toml(value, tight)}"
    found = scan(text)
    document = tomllib.loads(text)
    for path, below in paths(document):
        if path in ((), ("l",), ("t",), ("t", "x"), ("l", 0), ("l", 1)):
            continue
        start = found.values[path]
        if isinstance(below, str):
            assert text[start] in "\"'"
            line, column = found.inside(path, 0)
            assert found.place(start + 1) == (line, column)
        elif isinstance(below, bool | int):
            assert text.startswith(str(below).lower(), start)
        else:
            assert text[start] in "[{"


def test_list_of_tables_may_go_on_after_the_table_it_is_in() -> None:
    text = (
        '[[escalation.l]]\nat = "breach"\n[[test]]\n[[test.then]]\nat = 1\n'
        '[[escalation.l]]\nat = "50%"\n[[test]]\n[[test.then]]\nat = 2\n'
    )
    assert scan(text).value(("escalation", "l", 1, "at")) == (7, 6)
    assert scan(text).value(("test", 1, "then", 0, "at")) == (10, 6)
    late = "[[a.b]]\nx = 1\n[a]\ny = 2\n[[a.b]]\nx = 3\n"
    assert scan(late).value(("a", "b", 1, "x")) == (6, 5)


def test_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    text = '[policy.p]\r\ndefault = true\r\nfirst_reply = "4h"\r\n'
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load(path, NOW).default_policy == "p"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("4h", "soon").encode())
    with pytest.raises(RuleFileError) as caught:
        load(path, NOW)
    assert (caught.value.faults[0].line, caught.value.faults[0].column) == (3, 15)


def test_mail_whose_name_no_file_can_have_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(
        '[[test]]\nname = "x"\nat = 2026-11-27T14:30:00Z\n'
        f'mail = "{"x" * 5000}"\nexpect = {{ first_reply = {{ cycle = 0 }} }}\n'
    )
    with pytest.raises(RuleFileError) as caught:
        load(path, NOW)
    first, second = (str(fault.message) for fault in caught.value.faults)
    assert first.startswith('no mail "xxx')
    assert second == '"cycle" counts from 1'
