"""Each warning, and its sound opposite: what looks like it and is none."""

from datetime import UTC, datetime

import pytest

from rules.lint import lint
from rules.loader import load_texts

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def rule(name: str, lines: str) -> str:
    return f'[[rule]]\nname = "{name}"\n{lines}\n'


def warnings(text: str, *, tested: bool = False) -> list[str]:
    """All warnings, those about untested rules only if asked for."""
    found = lint(load_texts({"a.toml": text}, NOW), ["tier1"], ["ann@desk.example"])
    return [str(w) for w in found if tested or "no test expects" not in str(w)]


def expecting(*names: str) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        '[[test]]\nname = "t"\nat = 2026-11-27T14:30:00Z\nmail = {}\n'
        f"expect = {{ rules = [{listed}] }}\n"
    )


STOP = 'stop = true\npriority = "low"'

QUIET = [
    rule(
        "a", 'domains = ["acme.com"]\nwhen = \'$under(sender.domain, "eu.acme.com")\''
    ),
    rule(
        "a",
        'when = \'$under(sender.domain, "a.com") or $under(sender.domain, "b.com")\'',
    ),
    rule("a", "when = 'sender.known and not (size > 3)'"),
    rule("a", 'when = \'reply\'\non = ["customer_reply", "opened"]'),
    rule("a", "when = 'not reply'"),
    rule("a", "when = 'size > 3 and size < 5'"),
    rule("a", 'when = \'subject == "a" or subject == "b"\''),
    rule("a", 'when = \'not (subject == "a" and text == "b")\''),
    rule("a", "when = 'ticket.team != \"tier1\" and ticket.team != null'"),
    rule("a", 'from = ["*@eu.acme.com", "*@x.y"]\ndomains = ["acme.com"]'),
    rule("a", "when = 'sender.domain == \"xn--bcher-kva.example\"'"),
    rule("a", 'when = \'sender.name == "ACME" and subject == "ACME"\''),
    rule("a", 'to = ["a@x.y"]') + rule("b", 'to = ["b@x.y"]\ntags = ["t"]'),
    rule("a", f'domains = ["eu.acme.com"]\n{STOP}')
    + rule("b", 'domains = ["acme.com"]'),
    rule("a", f'keywords = ["x"]\n{STOP}') + rule("b", 'keywords = ["x", "y"]'),
    rule("a", f'on = ["customer_reply"]\n{STOP}') + rule("b", 'tags = ["t"]'),
    rule("a", f"when = 'sender.known'\n{STOP}")
    + rule("b", "when = 'sender.known or size > 3'\ntags = [\"t\"]"),
    rule("a", 'priority = "low"') + rule("b", 'priority = "high"\ntags = ["t"]'),
    rule("a", 'priority = "low"') + rule("b", 'team = "tier1"'),
    rule("a", 'domains = ["a.com"]\npriority = "low"') + rule("b", 'priority = "high"'),
    rule("a", "when = '\"[EXTERNAL]\" in subject'"),
    rule("a", "when = 'sender.domain in [\"acme.com\"]'"),
    rule("a", "when = '\"vip\" in ticket.tags'"),
    rule("a", "when = 'sender.address.ends_with(\"@acme.com\")'"),
    rule("a", "when = 'attachments.length > 0 and subject.ends_with(\"acme\")'"),
    rule("a", "when = 'ticket.status == \"open\" and ticket.team == null'"),
    rule("a", "when = 'headers&[\"list-id\"] == null'"),
    rule("a", 'team = "tier1"\nassignee = "Ann@desk.example"'),
    '[policy.p]\ndefault = true\nfirst_reply = "4h"\n',
    '[policy.p]\nfirst_reply = "4h"\n' + rule("a", 'policy = "p"'),
    '[policy.p]\ndefault = true\nfirst_reply = { urgent = "1h", high = "2h", normal = "3h", low = "4h" }\nescalation = "l"\n'  # noqa: E501
    '[[escalation.l]]\nat = "breach"\nnotify = ["team"]\nset = { priority = "urgent" }\n',
    '[policy.p]\ndefault = true\nfirst_reply = "4h"\nresolution = "9h"\nescalation = "l"\n'
    '[[escalation.l]]\nat = "breach"\nnotify = ["team:tier1"]\nset = { priority = "low" }\n',
]


@pytest.mark.parametrize("text", QUIET, ids=range(len(QUIET)))
def test_sound_rules_get_no_warning(text: str) -> None:
    assert warnings(text) == []


GOLD = '[policy.p]\ndefault = true\nfirst_reply = { urgent = "30m", high = "4h", normal = "4h", low = "4h" }\nescalation = "l"\n'  # noqa: E501
LOUD = [
    (
        rule("a", 'domains = ["acme.com"]\nwhen = \'sender.domain == "globex.com"\''),
        'a.toml:1:1: rule "a" can never match: no sender\'s domain is under both '
        '`$under(sender.domain, "acme.com")` and `sender.domain == "globex.com"`',
    ),
    (
        rule("a", "when = 'sender.known and size > 3 and not sender.known'"),
        'a.toml:1:1: rule "a" can never match: '
        "`sender.known` is both wanted and refused",
    ),
    (
        rule("a", "when = '1 == 2'"),
        'a.toml:1:1: rule "a" can never match: `1 == 2` is never true',
    ),
    (rule("a", "when = 'reply or 1 == 1'"), "a.toml:3:18: `1 == 1` is always true"),
    (
        rule("a", STOP) + rule("b", 'domains = ["x.y"]'),
        'a.toml:5:1: rule "b" is never reached: "a" stops before it',
    ),
    (
        rule("a", f'domains = ["acme.com"]\n{STOP}')
        + rule("b", "domains = [\"eu.acme.com\"]\nwhen = 'sender.known'"),
        'a.toml:6:1: rule "b" is never reached: "a" stops before it',
    ),
    (
        rule("a", f'keywords = ["x", "y"]\n{STOP}') + rule("b", 'keywords = ["Y"]'),
        'a.toml:6:1: rule "b" is never reached: "a" stops before it',
    ),
    (
        rule("a", f"when = 'sender.known'\n{STOP}")
        + rule("b", "when = 'size > 3 and sender.known'"),
        'a.toml:6:1: rule "b" is never reached: "a" stops before it',
    ),
    (
        rule("a", 'priority = "low"')
        + rule("b", 'domains = ["x.y"]\npriority = "high"'),
        'a.toml:4:1: rule "b" is shadowed: "a" comes first and sets the same',
    ),
    (
        rule("a", "when = '\"art\" in subject'"),
        'a.toml:3:15: `"art" in subject`: `in` also finds parts of words; '
        'did you mean $mentions(subject, "art")?',
    ),
    (
        rule("a", "when = 'sender.domain in \"acme.com\"'"),
        'a.toml:3:23: `sender.domain in "acme.com"`: `in` on a string finds parts of it; '
        "write == or [...]",
    ),
    (
        rule("a", "when = 'sender.domain.ends_with(\"acme.com\")'"),
        'a.toml:3:23: `ends_with` takes "evilacme.com" too; '
        'did you mean $under(sender.domain, "acme.com")?',
    ),
    (
        rule("a", "when = 'headers&[\"List-Id\"] != null'"),
        'a.toml:3:18: header names are in lower case; write "list-id"',
    ),
    (
        rule("a", 'when = \'headers["x-spam"] == "yes"\''),
        'a.toml:3:16: fails for a mail without that field; write headers&["x-spam"]',
    ),
    (
        rule("a", 'team = "teir1"'),
        'a.toml:3:8: no team "teir1" in mailroom.toml; did you mean "tier1"?',
    ),
    (
        rule("a", 'assignee = "bob@desk.example"'),
        'a.toml:3:12: no agent "bob@desk.example" in mailroom.toml; '
        'did you mean "ann@desk.example"?',
    ),
    (
        rule("a", 'when = \'ticket.team in ["tier1", "teir1"]\''),
        'a.toml:3:35: no team "teir1" in mailroom.toml; did you mean "tier1"?',
    ),
    (
        rule("a", "when = 'ticket.assignee != \"bob@desk.example\"'"),
        'a.toml:3:29: no agent "bob@desk.example" in mailroom.toml; '
        'did you mean "ann@desk.example"?',
    ),
    (
        '[policy.p]\nfirst_reply = "4h"\n',
        'a.toml:1:1: policy "p" is used by no rule, no organization and no default',
    ),
    (
        '[[escalation.l]]\nat = "breach"\nnotify = ["team"]\n',
        'a.toml:1:1: escalation path "l" is used by no policy, rule or organization',
    ),
    (
        '[policy.p]\ndefault = true\nfirst_reply = { urgent = "1h", low = "4h" }\n',
        'a.toml:3:1: policy "p" has no first_reply target for high, normal',
    ),
    (
        '[policy.p]\ndefault = true\nfirst_reply = "4h"\nescalation = "l"\n'
        '[[escalation.l]]\nat = "breach"\nset = { tags = ["late"] }\n',
        'a.toml:5:1: escalation path "l" notifies nobody',
    ),
    (
        '[policy.p]\ndefault = true\nfirst_reply = "4h"\nescalation = "l"\n'
        '[[escalation.l]]\nat = "breach"\nnotify = ["team:tier2"]\n',
        'a.toml:7:11: no team "tier2" in mailroom.toml; did you mean "tier1"?',
    ),
]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("when = 'size > 10 and size < 5'", "`size > 10` and `size < 5`"),
        ("when = 'size > 10 and size < 11'", "`size > 10` and `size < 11`"),
        ("when = '5 < size and not (size > 3)'", "`5 < size` and `not size > 3`"),
        ("when = 'size < 0'", "`size < 0` is never true"),
        (
            'when = \'(subject == "a" or subject == "b") and subject == "c"\'',
            "none of its alternatives can hold",
        ),
        (
            "when = 'sender.domain == \"ACME.com\"'",
            'seen in lower case with A-labels; write "acme.com"',
        ),
        (
            "when = 'sender.address == \"Jo@Bücher.example\"'",
            'write "jo@xn--bcher-kva.example"',
        ),
        ("when = 'subject.as_lower == \"ABC\"'", 'write "abc"'),
        ("when = 'ticket.status == \"opne\"'", "is never true"),
        (
            'domains = ["acme.com"]\nwhen = \'sender.domain in ["x.y", "z.y"]\'',
            "never hold together",
        ),
        ('domains = ["acme.com"]\nfrom = ["*@x.y"]', "never hold together"),
        ("when = 'reply'", "the mail that opens a ticket is no reply"),
        ("on = [\"agent_reply\"]\nwhen = 'not reply'", "what comes later is a reply"),
        ("when = 'not (sender.known or size >= 0)'", "never"),
    ],
)
def test_rule_that_contradicts_itself_can_never_match(lines: str, why: str) -> None:
    found = warnings(rule("a", lines))
    assert 'rule "a" can never match: ' in found[0]
    assert why in found[0]


def test_shadow_names_the_rule_that_stops_at_that_event() -> None:
    late = rule("late", "on = [\"customer_reply\"]\nstop = true\nwhen = 'size > 0'")
    found = warnings(late + rule("all", "stop = true") + rule("b", 'tags = ["t"]'))
    assert found == [
        'a.toml:9:1: rule "b" is never reached: "all" stops before it',
    ]


@pytest.mark.parametrize(("text", "expected"), LOUD, ids=range(len(LOUD)))
def test_warning_is_given_in_its_place(text: str, expected: str) -> None:
    assert warnings(text) == [expected]


def test_step_that_breaches_at_once_is_named_with_the_figures() -> None:
    step = '[[escalation.l]]\nat = "75%"\nnotify = ["team"]\nset = { priority = "urgent" }\n'
    found = warnings(GOLD + step)
    assert len(found) == 3  # from high, normal and low
    assert found[0] == (
        'a.toml:8:20: policy "p", priority high to urgent: first_reply has run 3h by then, '
        "and first_reply has only 30m: it may breach at once"
    )
    assert (
        warnings(GOLD.replace("[policy.p]", '[policy.p]\non_change = "restart"') + step)
        == []
    )


def test_step_that_takes_every_target_away_is_named() -> None:
    policy = (
        '[policy.p]\ndefault = true\nfirst_reply = { high = "1h" }\nescalation = "l"\n'
    )
    first = (
        '[[escalation.l]]\nat = "50%"\nnotify = ["team"]\nset = { priority = "low" }\n'
    )
    second = '[[escalation.l]]\nat = "breach"\nnotify = ["team"]\n'
    found = warnings(policy + first + second)
    words = 'after this step nothing can fire: policy "p" has no target for low'
    assert f"a.toml:8:20: {words}" in found
    assert f"a.toml:8:20: {words}" in warnings(
        policy + first
    )  # nor a breach of its own
    after = policy + first.replace("50%", "breach") + second
    assert not any("nothing can fire" in warning for warning in warnings(after))


def test_rule_that_no_test_expects_is_named() -> None:
    text = rule("a", 'tags = ["x"]') + rule("b", 'tags = ["y"]')
    assert warnings(text + expecting("b"), tested=True) == [
        'a.toml:2:8: no test expects rule "a"'
    ]
    assert warnings(text + expecting("a", "b"), tested=True) == []


def test_names_of_teams_are_checked_only_where_they_are_known() -> None:
    text = rule("a", 'team = "teir1"') + expecting("a")
    assert lint(load_texts({"a.toml": text}, NOW)) == ()
