"""Shows a decision: each rule, each part of its condition with the values seen, the winner.

From facts alone: the same stored facts give the same explanation, whatever has changed
since. Deadlines and their arithmetic are told by `rules.ledger`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from rules.decision import Choice, Decision, Source
from rules.facts import Facts
from rules.moment import iso
from rules.part import Seen, Trace
from rules.ruleset import SINGLE, RuleSet, RuleTrace

MOST = 60  # characters of a value that are shown in text


def rule_lines(rule_set: RuleSet, facts: Facts, decision: Decision) -> list[str]:
    """Return the explanation for a terminal or a mail, at most one fact a line."""
    lines: list[str] = []
    failed = {failure.rule: failure.error for failure in decision.failed}
    for traced in rule_set.trace(facts, decision.on):
        lines.append(f"{_verdict(traced, failed)} {traced.rule.name}")
        if traced.rule.condition.root.kind == "all" and not traced.trace.parts:
            lines.append("       no condition: always")
        else:
            lines += _trace_lines(traced.trace, 1)
        effects = _effects(traced, decision)
        if traced.looked_at and traced.trace.value and effects:
            lines.append("       -> " + ", ".join(effects))
    lines.append("")
    lines += [f"policy: {_choice(decision.policy)}"]
    lines += [f"escalation: {_choice(decision.escalation)}"]
    if decision.calendar is not None:
        lines.append(f"calendar: {decision.calendar}")
    return lines


def rule_plain(rule_set: RuleSet, facts: Facts, decision: Decision) -> dict[str, Any]:
    """Return the explanation as what JSON can hold: rules in file order, and choices."""
    rules = [
        {
            "name": traced.rule.name,
            "file": traced.rule.file,
            "on": sorted(traced.rule.on),
            "looked_at": traced.looked_at,
            "expression": traced.rule.condition.text,
            "condition": _plain_trace(traced.trace),
        }
        for traced in rule_set.trace(facts, decision.on)
    ]
    return {"rules": rules, "decision": decision.to_plain()}


def _verdict(traced: RuleTrace, failed: dict[str, str]) -> str:
    if not traced.looked_at:
        return "  --  "
    if traced.rule.name in failed:
        return " fail "
    return "match " if traced.trace.value else "  no  "


def _trace_lines(trace: Trace, depth: int) -> Iterator[str]:
    pad = "   " * depth + "    "
    key = f"{trace.key}: " if trace.key else ""
    mark = {True: "yes", False: "no ", None: "?  "}[trace.value]
    if trace.kind == "leaf":
        yield f"{pad}{mark} {key}{trace.text}"
        for name, value in trace.seen:
            yield f"{pad}      {name} = {shown(value)}"
        if trace.error is not None:
            yield f"{pad}      failed: {trace.error}"
        return
    words = {"all": "all of", "any": "any of", "not": "not"}[trace.kind]
    yield f"{pad}{mark} {words}"
    for part in trace.parts:
        yield from _trace_lines(part, depth + 1)


def _effects(traced: RuleTrace, decision: Decision) -> list[str]:
    """What the rule sets, and for each what an earlier rule or an agent kept from it."""
    rule, found = traced.rule, []
    for effect in SINGLE:
        value = getattr(rule.effects, effect)
        if value is None:
            continue
        won = decision.set_by.get(effect) == rule.name
        winner = decision.set_by.get(effect, "an agent or an escalation")
        text = f"{effect} = {shown(value)}"
        found.append(text if won else f"{text} (not: {winner} set it)")
    for effect, choice in (
        ("policy", decision.policy),
        ("escalation", decision.escalation),
    ):
        value = getattr(rule.effects, effect)
        if value is None:
            continue
        won = choice is not None and choice.rule == rule.name
        found.append(f"{effect} = {value}" + ("" if won else " (not: see below)"))
    found += [f"tag {tag}" for tag in rule.effects.tags]
    return found + (["stop"] if rule.effects.stop else [])


def _choice(choice: Choice | None) -> str:
    if choice is None:
        return "as it was (an agent, an escalation or a later rule has set it)"
    value = choice.value or "none"
    if choice.source is Source.RULE:
        kept = ", for good" if choice.sticks else ""
        return f'{value} (rule "{choice.rule}"{kept})'
    return {
        Source.ORGANIZATION: f"{value} (the organization's)",
        Source.POLICY: f"{value} (the policy's)",
        Source.DEFAULT: f"{value} (the default)",
    }.get(choice.source, value)


def shown(value: Any) -> str:
    """Write a fact's value in one line, cut to what can be read."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = " ".join(value.split())
        return f'"{text[:MOST]}..."' if len(text) > MOST else f'"{text}"'
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, tuple):
        return "[" + ", ".join(shown(item) for item in value[:10]) + "]"
    return str(value)


def _plain_trace(trace: Trace) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "kind": trace.kind,
        "key": trace.key,
        "text": trace.text,
        "value": trace.value,
    }
    if trace.error is not None:
        plain["error"] = trace.error
    if trace.kind == "leaf":
        plain["seen"] = _plain_seen(trace.seen)
    else:
        plain["parts"] = [_plain_trace(part) for part in trace.parts]
    return plain


def _plain_seen(seen: Seen) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in seen}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, dict) else value
