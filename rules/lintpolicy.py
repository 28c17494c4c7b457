"""Warnings about policies and escalation paths; see `rules.lint`."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from rules.document import Problem
from rules.duration import Duration
from rules.policy import PRIORITIES, EscalationPath, Metric, OnChange, Policy, Step
from rules.positions import Path
from rules.ruleset import RuleSet
from rules.step import Point

FileOf = Callable[[Path], str]
_FROM_OPENING = (Metric.FIRST_REPLY, Metric.RESOLUTION, Metric.TOTAL_RESOLUTION)


def policy_problems(rule_set: RuleSet, file_of: FileOf) -> Iterator[Problem]:
    """Yield every warning about policies and paths."""
    yield from _unused(rule_set, file_of)
    for name, policy in rule_set.policies.items():
        path: Path = ("policy", name)
        for words, at in _policy(policy):
            yield Problem(file_of(path), (*path, *at), words, "key")
    for name, ladder in rule_set.paths.items():
        path = ("escalation", name)
        file = file_of(path)
        if not any(step.notify for step in ladder.steps):
            words = f'escalation path "{name}" notifies nobody'
            yield Problem(file, path, words, "key")
        for policy in _users(rule_set, ladder):
            for index, step in enumerate(ladder.steps):
                for words in _step(policy, ladder, index, step):
                    at = (*path, index, "set", "priority")
                    yield Problem(file, at, words)


def _users(rule_set: RuleSet, path: EscalationPath) -> list[Policy]:
    """The policies that name the path; where only rules do, any policy may meet it."""
    naming = [p for p in rule_set.policies.values() if p.escalation == path.name]
    effects = [
        rule.effects for rule in rule_set.rules if rule.effects.escalation == path.name
    ]
    by_rule = [p for e in effects if (p := rule_set.policies.get(e.policy or ""))]
    return list({policy.name: policy for policy in (*naming, *by_rule)}.values())


def _unused(rule_set: RuleSet, file_of: FileOf) -> Iterator[Problem]:
    effects = [rule.effects for rule in rule_set.rules]
    companies = rule_set.organizations.values()
    policies = {e.policy for e in effects} | {c.policy for c in companies}
    paths = {e.escalation for e in effects} | {c.escalation for c in companies}
    paths |= {policy.escalation for policy in rule_set.policies.values()}
    for name, policy in rule_set.policies.items():
        if name not in policies and not policy.default:
            words = (
                f'policy "{name}" is used by no rule, no organization and no default'
            )
            yield Problem(file_of(("policy", name)), ("policy", name), words, "key")
    for name in rule_set.paths:
        if name not in paths:
            words = (
                f'escalation path "{name}" is used by no policy, rule or organization'
            )
            at: Path = ("escalation", name)
            yield Problem(file_of(at), at, words, "key")


def _policy(policy: Policy) -> Iterator[tuple[str, Path]]:
    for metric, target in policy.targets.items():
        without = [p for p in PRIORITIES if p not in target.within]
        if without and target.within:
            listed = ", ".join(without)
            words = f'policy "{policy.name}" has no {metric} target for {listed}'
            yield words, (metric.value,)


def _step(
    policy: Policy, path: EscalationPath, index: int, step: Step
) -> Iterator[str]:
    priority = step.set.priority
    if priority is None:
        return
    if _ends_all(policy, path, index, priority):
        yield (
            f'after this step nothing can fire: policy "{policy.name}" has no target '
            f"for {priority}"
        )
    elif policy.on_change is not OnChange.RESTART:
        yield from _at_once(policy, step, priority)


def _ends_all(policy: Policy, path: EscalationPath, index: int, priority: str) -> bool:
    """Do all clocks lose their target, so that no step and no breach comes any more?"""
    step = path.steps[index]
    keeps = policy.on_change is OnChange.STRICTER_ONLY or not _is_before(step.at)
    if keeps or not policy.targets:
        return False
    return not any(priority in t.within for t in policy.targets.values())


def _is_before(at: Point) -> bool:
    """Does the point lie before the breach?"""
    return at.before is not None or (at.percent is not None and at.percent < 100)


def _at_once(policy: Policy, step: Step, priority: str) -> Iterator[str]:
    """What has run when the step fires, against the targets of the new priority."""
    for metric in step.metrics:
        if metric not in policy.targets:
            continue
        for old, span in policy.targets[metric].within.items():
            if old == priority:
                continue
            for other, target in policy.targets.items():
                if not _run_alike(metric, other, step.at):
                    continue
                new = target.within.get(priority)
                run = _elapsed(step.at, span, new)
                if run is None or new is None or not _exceeds(run, new):
                    continue
                before = target.within.get(old)
                if before is None or _exceeds(run, before):
                    continue  # hidden, or breached already
                yield (
                    f'policy "{policy.name}", priority {old} to {priority}: {metric} has '
                    f"run {run} by then, and {other} has only {new}: it may breach at once"
                )


def _run_alike(metric: Metric, other: Metric, at: Point) -> bool:
    """Has the other clock run as long as this one, and can it still breach?"""
    if metric is other:
        return _is_before(at)
    return metric in _FROM_OPENING and other in _FROM_OPENING


def _elapsed(at: Point, span: Duration, new: Duration | None) -> Duration | None:
    """What has run of `span` at the point; None where the units cannot be compared."""
    if new is None or bool(span.days) != bool(new.days):
        return None
    if span.days:
        return span if at.is_breach else None
    run = span.work
    if at.percent is not None:
        run = timedelta(seconds=int(run.total_seconds() * float(at.percent) / 100))
    elif at.before is not None and not at.before.days:
        run = max(run - at.before.work, timedelta())
    elif at.after is not None and not at.after.days:
        run += at.after.work
    else:
        return None
    return Duration(work=run)


def _exceeds(run: Duration, new: Duration) -> bool:
    return run.days >= new.days if run.days else run.work >= new.work
