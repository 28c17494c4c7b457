"""`[[rule]]` and `[[test]]` out of their tables."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rules.condition import Compiler
from rules.decision import Effects
from rules.document import Table
from rules.domain import normalize
from rules.duration import Duration
from rules.errors import RulesError
from rules.expression import ConditionError
from rules.facts import EVENTS
from rules.near import hint
from rules.part import Condition, Part
from rules.policy import PRIORITIES, STATUSES, Metric
from rules.reading import METRICS, Names, address, domain
from rules.ruleset import Rule
from rules.step import Point
from rules.sugar import domains_part, from_part, keywords_part, to_part
from rules.testcase import (
    STATES,
    STEP_EVENTS,
    Expected,
    ExpectedClock,
    TestCase,
    TestMail,
    TestStep,
)
from rules.words import Phrase

CONDITIONS = ("domains", "keywords", "to", "from", "when")
EFFECTS = tuple(Effects.__dataclass_fields__)


def read_rule(table: Table, names: Names, compiler: Compiler) -> Rule | None:
    """Read `[[rule]]`."""
    table.allow(("name", *CONDITIONS, "on", *EFFECTS), "this rule")
    if "name" not in table.values:
        table.missing("name", "this rule")
    name = table.text("name")
    parts = _parts(table, compiler)
    effects = Effects(
        policy=table.parsed("policy", names.refer("policy")),
        escalation=table.parsed("escalation", names.refer("escalation")),
        priority=table.choice("priority", PRIORITIES),
        team=table.text("team"),
        assignee=table.parsed("assignee", normalize),
        acknowledge=table.flag("acknowledge"),
        letter=table.text("letter"),
        tags=table.texts("tags", empty=True) or (),
        spam=table.flag("spam"),
        stop=table.flag("stop") or False,
    )
    events = table.choices("on", EVENTS)
    if table.values.get("on") == []:
        table.fault("on", '"on" is an empty list: this rule is never looked at')
    if name is None:
        return None
    return Rule(
        name=name,
        condition=Condition.of(tuple(parts)),
        effects=effects,
        on=frozenset(events or ("opened",)),
        file=table.file,
        index=int(table.path[1]),
    )


def _parts(table: Table, compiler: Compiler) -> list[Part]:
    parts = []
    if domains := table.parsed_list("domains", domain):
        parts.append(domains_part(domains))
    if keywords := table.parsed_list("keywords", _keyword):
        parts.append(keywords_part(keywords))
    if mailboxes := table.parsed_list("to", address):
        parts.append(to_part(mailboxes))
    if globs := table.parsed_list("from", _glob):
        parts.append(from_part(globs))
    text = table.text("when")
    if text is not None:
        try:
            parts.append(compiler.compile(text))
        except ConditionError as error:
            for flaw in error.flaws:
                path = (*table.path, "when")
                table.problems.add(
                    table.file, path, f"when: {flaw.message}", inside=flaw.offset
                )
    return parts


def _keyword(text: str) -> str:
    Phrase.of(text)
    return text


def _glob(text: str) -> str:
    if "@" not in text and text != "*":
        meant = f'"*@{text}"' if "*" not in text else '"*@acme.example"'
        raise RulesError(f'"{text}" matches no address; write it like {meant}')
    return text


MAIL = (
    *("from", "to", "cc", "subject", "text", "headers", "attachments"),
    *("size", "language", "known", "authenticated"),
)
SETS = ("status", "priority", "team", "assignee", "tags", "policy")
FLAGS = ("acknowledge", "spam")
LISTS = ("tags", "rules", "escalations")
WORDS = ("status", "priority", "policy", "escalation", "team", "assignee", "letter")
_FIELD_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322 3.6.8
FIRST_YEAR, LAST_YEAR = 1970, 2200  # that a test may tell of
CLOCK = tuple(ExpectedClock.__dataclass_fields__)


def read_test(table: Table, names: Names) -> TestCase | None:
    """Read `[[test]]` with its `[[test.then]]`."""
    table.allow(("name", "at", "mail", "expect", "then"), "this test")
    for key in ("name", "at", "mail"):
        if key not in table.values:
            table.missing(key, "this test")
    name, at = table.text("name"), _instant(table, "at")
    mail = _mail(table, "mail") if "mail" in table.values else None
    expect = _expect(table, names)
    steps, latest = [], at
    for below in table.tables("then"):
        step = _then(below, names)
        if step is None:
            continue
        if latest is not None and step.at < latest:
            below.fault("at", f'"at" is before the step above ({latest.isoformat()})')
        latest = step.at
        steps.append(step)
    if name is None or at is None or mail is None:
        return None
    return TestCase(
        name=name,
        at=at,
        mail=mail,
        expect=expect,
        then=tuple(steps),
        file=table.file,
        index=int(table.path[1]),
    )


def _then(table: Table, names: Names) -> TestStep | None:
    table.allow(("at", "event", "mail", "set", "expect"), "this step")
    if "at" not in table.values:
        table.missing("at", "this step")
    at, event = _instant(table, "at"), table.choice("event", STEP_EVENTS)
    mail = _mail(table, "mail") if "mail" in table.values else None
    if mail is not None and event not in (None, "customer_reply"):
        table.fault("mail", f'a mail is a "customer_reply", not "{event}"', "key")
    below = table.table("set")
    changes = _set(below, names) if below is not None else {}
    expect = _expect(table, names)
    if at is None:
        return None
    if mail is not None and event is None:
        event = "customer_reply"
    return TestStep(at=at, event=event, mail=mail, set=changes, expect=expect)


def _instant(table: Table, key: str) -> datetime | None:
    value = table.typed(key, datetime, "a time such as 2026-11-27T14:30:00+01:00")
    if value is not None and value.tzinfo is None:
        shown = value.isoformat()
        table.fault(key, f'"{key}" needs an offset from UTC: {shown}+01:00 or {shown}Z')
        return None
    if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
        table.fault(key, f'"{key}" must be in the years {FIRST_YEAR} to {LAST_YEAR}')
        return None
    return value


def _one_or_more(table: Table, key: str) -> tuple[str, ...] | None:
    if isinstance(table.values.get(key), str):
        value = table.text(key)
        return (value,) if value is not None else None
    return table.texts(key, empty=True)


def _mail(table: Table, key: str) -> TestMail | None:
    if isinstance(table.values[key], str):
        return TestMail(path=table.text(key))
    below = table.table(key)
    if below is None:
        return None
    below.allow(MAIL, "mail")
    headers = below.table("headers")
    fields = (
        {name: headers.string(name) or "" for name in headers.values}
        if headers is not None
        else None
    )
    for name in fields or ():
        if _FIELD_NAME.fullmatch(name) is None and headers is not None:
            headers.fault(name, f'"{name}" is no name of a header field', "key")
    sender = below.text("from")
    if sender is not None and "@" not in sender:
        below.fault(
            "from", f'"{sender}" has no address; write "Jane <jane@acme.example>"'
        )
    return TestMail(
        sender=sender,
        to=_one_or_more(below, "to"),
        cc=_one_or_more(below, "cc"),
        subject=below.string("subject"),
        text=below.string("text"),
        headers=fields,
        attachments=below.texts("attachments", empty=True),
        size=below.typed("size", int, "a number"),
        language=below.text("language"),
        known=below.flag("known"),
        authenticated=below.flag("authenticated"),
    )


def _set(table: Table, names: Names) -> Mapping[str, Any]:
    table.allow(SETS, "set")
    found = {
        "status": table.choice("status", STATUSES),
        "priority": table.choice("priority", PRIORITIES),
        "team": table.text("team"),
        "assignee": table.parsed("assignee", normalize),
        "tags": table.texts("tags", empty=True),
        "policy": table.parsed("policy", names.refer("policy")),
    }
    return {key: value for key, value in found.items() if value is not None}


def _expect(table: Table, names: Names) -> Expected:
    below = table.table("expect")
    if below is None:
        return Expected()
    below.allow((*WORDS, *FLAGS, *LISTS, *METRICS), "expect")
    values: dict[str, Any] = {
        "status": below.choice("status", STATUSES),
        "priority": below.choice("priority", PRIORITIES),
        "policy": below.parsed("policy", names.refer("policy")),
        "escalation": below.parsed("escalation", names.refer("escalation")),
        "team": below.text("team"),
        "assignee": below.parsed("assignee", normalize),
        "letter": below.text("letter"),
        "tags": below.texts("tags", empty=True),
        "rules": below.parsed_list("rules", names.refer("rule"), empty=True),
        "escalations": below.parsed_list("escalations", _fired, empty=True),
        **{key: below.flag(key) for key in FLAGS},
    }
    clocks = {m: _clock(below, m.value) for m in Metric if m.value in below.values}
    return Expected(
        values={key: value for key, value in values.items() if value is not None},
        clocks={m: clock for m, clock in clocks.items() if clock is not None},
    )


def _fired(text: str) -> str:
    metric, _, at = text.strip().partition(" ")
    if metric not in METRICS:
        raise RulesError(f'"{metric}" is no metric{hint(metric, METRICS)}')
    return f"{metric} {Point.parse(at)}"


def _clock(table: Table, key: str) -> ExpectedClock | None:
    if isinstance(table.values[key], str):
        state = table.text(key)
        if state is not None and state not in STATES:
            table.fault(key, f'"{state}" is no state{hint(state, STATES)}')
        return ExpectedClock(state=state)
    below = table.table(key)
    if below is None:
        return None
    below.allow(CLOCK, key)

    cycle = below.typed("cycle", int, "a number")
    if cycle is not None and cycle < 1:
        below.fault("cycle", '"cycle" counts from 1')

    def span(text: str) -> Duration:
        return Duration.parse(text, zero=True)

    return ExpectedClock(
        state=below.choice("state", STATES),
        due=_instant(below, "due"),
        elapsed=below.parsed("elapsed", span),
        remaining=below.parsed("remaining", span),
        target=below.parsed("target", span),
        fulfilled_at=_instant(below, "fulfilled_at"),
        breached_at=_instant(below, "breached_at"),
        cycle=cycle,
    )
