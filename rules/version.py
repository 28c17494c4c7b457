"""Content hashes and stored forms of what a decision was made with.

Policies and escalation paths turn into plain JSON values and back; calendars have
`Calendar.version()` and `Calendar.from_version()`. A document's key is the hash of its
canonical JSON, so equal content has one key, whatever file it was written in.
"""

import json
from collections.abc import Mapping
from functools import singledispatch
from hashlib import sha256
from typing import Any

from rules.duration import Duration
from rules.policy import (
    Changes,
    EscalationPath,
    Metric,
    OnChange,
    Policy,
    Reopen,
    Step,
    Target,
)
from rules.step import Point

Document = dict[str, Any]  # plain JSON values


def content_hash(document: Mapping[str, Any]) -> str:
    """Return 16 hex digits of the SHA-256 of the document's canonical JSON."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:16]


@singledispatch
def canonical(value: object) -> Document:
    """Return a policy or an escalation path as plain JSON values."""
    raise TypeError(f"no stored form for {type(value).__name__}")


@canonical.register
def _(policy: Policy) -> Document:
    return {
        "name": policy.name,
        "calendar": policy.calendar,
        "escalation": policy.escalation,
        "promise": [str(metric) for metric in policy.promise],
        "on_change": str(policy.on_change),
        "reopen": str(policy.reopen),
        "default": policy.default,
        "targets": {
            str(metric): {
                "within": {p: str(span) for p, span in target.within.items()},
                "pause_in": sorted(target.pause_in),
            }
            for metric, target in policy.targets.items()
        },
    }


@canonical.register
def _(path: EscalationPath) -> Document:
    return {"name": path.name, "steps": [_step_document(s) for s in path.steps]}


def _step_document(step: Step) -> Document:
    return {
        "at": str(step.at),
        "notify": list(step.notify),
        "metrics": [str(metric) for metric in step.metrics],
        "set": {
            "priority": step.set.priority,
            "team": step.set.team,
            "assignee": step.set.assignee,
            "tags": list(step.set.tags),
        },
        "unless_acknowledged": step.unless_acknowledged,
        "quiet": step.quiet,
    }


def policy_from(document: Mapping[str, Any]) -> Policy:
    """Return the policy that `canonical` made this document of."""
    return Policy(
        name=document["name"],
        calendar=document["calendar"],
        escalation=document["escalation"],
        promise=tuple(map(Metric, document["promise"])),
        on_change=OnChange(document["on_change"]),
        reopen=Reopen(document["reopen"]),
        default=document["default"],
        targets={
            Metric(metric): Target(
                {p: Duration.parse(span) for p, span in target["within"].items()},
                frozenset(target["pause_in"]),
            )
            for metric, target in document["targets"].items()
        },
    )


def path_from(document: Mapping[str, Any]) -> EscalationPath:
    """Return the escalation path that `canonical` made this document of."""
    steps = tuple(map(_step_from, document["steps"]))
    return EscalationPath(name=document["name"], steps=steps)


def _step_from(document: Mapping[str, Any]) -> Step:
    changes = document["set"]
    return Step(
        at=Point.parse(document["at"]),
        notify=tuple(document["notify"]),
        metrics=tuple(map(Metric, document["metrics"])),
        set=Changes(**{**changes, "tags": tuple(changes["tags"])}),
        unless_acknowledged=document["unless_acknowledged"],
        quiet=document["quiet"],
    )
