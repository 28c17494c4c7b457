"""Calendars, policies, escalation paths and organizations out of their tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.calendar import CalendarSpec
from rules.document import Table
from rules.domain import normalize, to_ascii
from rules.duration import Duration
from rules.errors import RulesError
from rules.function import check_domain
from rules.holiday import Holiday
from rules.hours import Hours, Opening
from rules.near import hint
from rules.policy import (
    PRIORITIES,
    STATUSES,
    Changes,
    EscalationPath,
    Metric,
    OnChange,
    Organization,
    Policy,
    Reopen,
    Step,
    Target,
)
from rules.step import Point
from rules.zone import load_zone

METRICS = tuple(metric.value for metric in Metric)
PEOPLE = ("assignee", "team", "manager", "admins", "requester")


@dataclass(frozen=True, slots=True)
class Names:
    """Every name that the files declare, by kind; also of what is faulty itself."""

    calendar: Mapping[str, Any]
    policy: Mapping[str, Any]
    escalation: Mapping[str, Any]
    rule: Mapping[str, Any]

    def refer(self, kind: str) -> Callable[[str], str]:
        """Return a parser that takes only declared names of that kind."""
        known = getattr(self, kind)
        extra = {"calendar": "always", "policy": "none", "escalation": "none"}.get(kind)
        word = "escalation path" if kind == "escalation" else kind

        def parse(name: str) -> str:
            if name in known or name == extra:
                return name
            raise RulesError(f'no {word} "{name}"{hint(name, known)}')

        return parse


def domain(text: str) -> str:
    """Parse a domain into A-labels."""
    try:
        check_domain(text.strip())
    except ValueError as error:
        raise RulesError(str(error)) from error
    return to_ascii(text)


def address(text: str) -> str:
    """Parse an address: one "@", something on both sides."""
    local, at, host = text.strip().rpartition("@")
    if not at or not local or not host or " " in text.strip():
        raise RulesError(f'"{text}" is no address; write it like jane@acme.example')
    return normalize(text)


def zone(text: str) -> str:
    """Parse the name of a time zone."""
    load_zone(text)
    return text


def read_calendar(table: Table) -> CalendarSpec | None:
    """Read `[calendar.NAME]`."""
    name = str(table.path[-1])
    where = f"calendar {name}"
    table.allow(("timezone", "hours", "holidays", "extra"), where)
    if name == "always":
        table.problems.add(
            table.file, table.path, '"always" is built in; choose another name', "key"
        )
    if "timezone" not in table.values:
        table.missing("timezone", where)
    if "hours" not in table.values and "extra" not in table.values:
        table.missing("hours", where)
    before = len(table.problems.found)
    timezone = table.parsed("timezone", zone)
    hours = table.parsed_list("hours", Hours.parse)
    holidays = table.parsed_list("holidays", Holiday.parse, empty=True)
    extra = table.parsed_list("extra", Opening.parse, empty=True)
    if timezone is None or len(table.problems.found) > before:
        return None
    return CalendarSpec(
        name=name,
        timezone=timezone,
        hours=hours or (),
        holidays=holidays or (),
        extra=extra or (),
    )


def read_policy(table: Table, names: Names) -> Policy:
    """Read `[policy.NAME]`."""
    name = str(table.path[-1])
    rest = ("calendar", "escalation", "promise", "on_change", "reopen", "default")
    table.allow((*METRICS, *rest), f"policy {name}")
    if name == "none":
        table.problems.add(
            table.file, table.path, '"none" means no policy; choose another name', "key"
        )
    targets = {m: _target(table, m) for m in Metric if m.value in table.values}
    promise = table.choices("promise", METRICS)
    return Policy(
        name=name,
        targets={m: t for m, t in targets.items() if t is not None},
        calendar=table.parsed("calendar", names.refer("calendar")) or "always",
        escalation=table.parsed("escalation", names.refer("escalation")),
        promise=(Metric.FIRST_REPLY,)
        if promise is None
        else tuple(Metric(word) for word in promise),
        on_change=OnChange(table.choice("on_change", list(OnChange)) or "keep_elapsed"),
        reopen=Reopen(table.choice("reopen", list(Reopen)) or "resume"),
        default=table.flag("default") or False,
    )


def _target(table: Table, metric: Metric) -> Target | None:
    """Read `"4h"`, a table by priority, or `{ within = either, pause_in = [...] }`."""
    pause = {"pending"} if metric is Metric.RESOLUTION else set()
    value = table.values[metric.value]
    if isinstance(value, dict) and ("within" in value or "pause_in" in value):
        below = table.table(metric.value)
        assert below is not None
        below.allow(("within", "pause_in"), metric.value)
        pause_in = below.choices("pause_in", STATUSES)
        if "within" not in value:
            below.missing("within", metric.value)
            return None
        paused = frozenset(pause if pause_in is None else pause_in)
        return Target(_within(below, "within"), paused)
    return Target(_within(table, metric.value), frozenset(pause))


def _within(table: Table, key: str) -> dict[str, Duration]:
    value = table.values[key]
    if isinstance(value, str):
        span = table.parsed(key, Duration.parse)
        return dict.fromkeys(PRIORITIES, span) if span is not None else {}
    if not isinstance(value, dict):
        table.fault(key, f'"{key}" must be a duration such as "4h", not a bare value')
        return {}
    below = table.table(key)
    assert below is not None
    below.allow(PRIORITIES, key)
    if not value:
        table.fault(key, f'"{key}" has no target; leave it out')
    spans = {p: below.parsed(p, Duration.parse) for p in PRIORITIES}
    return {p: span for p, span in spans.items() if span is not None}


def read_path(name: str, tables: list[Table]) -> EscalationPath:
    """Read all `[[escalation.NAME]]`."""
    steps = [step for table in tables if (step := _step(name, table)) is not None]
    return EscalationPath(name=name, steps=tuple(steps))


def _step(name: str, table: Table) -> Step | None:
    where = f"this step of escalation {name}"
    table.allow(("at", "notify", "metrics", "set", "unless", "quiet"), where)
    if "at" not in table.values:
        table.missing("at", where)
    at = table.parsed("at", Point.parse)
    metrics = table.choices("metrics", METRICS)
    notify = table.parsed_list("notify", _person, empty=True) or ()
    unless = table.choice("unless", ("acknowledged",))
    below = table.table("set")
    changes = read_changes(below) if below is not None else Changes()
    quiet = table.flag("quiet") or False
    if table.values.get("metrics") == []:
        table.fault("metrics", '"metrics" is an empty list; leave it out for all')
    if at is None:
        return None
    return Step(
        at=at,
        notify=notify,
        metrics=tuple(m for m in Metric if metrics is None or m.value in metrics),
        set=changes,
        unless_acknowledged=unless is not None,
        quiet=quiet,
    )


def _person(text: str) -> str:
    if text in PEOPLE or (text.startswith("team:") and len(text) > len("team:")):
        return text
    if "@" in text:
        return address(text)
    known = (*PEOPLE, "team:NAME")
    raise RulesError(f'"{text}" is nobody to notify{hint(text, known)}')


def read_changes(table: Table) -> Changes:
    """Read `set = { ... }` of an escalation step."""
    table.allow(("priority", "team", "assignee", "tags"), "set")
    return Changes(
        priority=table.choice("priority", PRIORITIES),
        team=table.text("team"),
        assignee=table.parsed("assignee", normalize),
        tags=table.texts("tags", empty=True) or (),
    )


def read_organization(table: Table, names: Names) -> Organization:
    """Read `[organization.KEY]`."""
    key = str(table.path[-1])
    where = f"organization {key}"
    table.allow(Organization.__dataclass_fields__.keys() - {"key"}, where)
    if "domains" not in table.values and "addresses" not in table.values:
        message = f'{where} has neither "domains" nor "addresses"'
        table.problems.add(table.file, table.path, message, "key")
    return Organization(
        key=key,
        name=table.text("name") or key,
        domains=table.parsed_list("domains", domain) or (),
        addresses=table.parsed_list("addresses", address) or (),
        policy=table.parsed("policy", names.refer("policy")),
        escalation=table.parsed("escalation", names.refer("escalation")),
        team=table.text("team"),
        language=table.text("language"),
        timezone=table.parsed("timezone", zone),
        calendar=table.parsed("calendar", names.refer("calendar")),
    )
