"""The JSON Schema (draft 2020-12) of a rule file, for editors that check TOML by it.

It knows shapes and words; what names refer to and what conditions say, only the loader
knows. Words come from the same tables that the loader reads by.
"""

from typing import Any

from rules.facts import EVENTS
from rules.policy import PRIORITIES, STATUSES, OnChange, Reopen
from rules.reading import METRICS, PEOPLE
from rules.testcase import STATES, STEP_EVENTS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_ADDRESS: Schema = {"type": "string", "pattern": "@"}
_FLAG: Schema = {"type": "boolean"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_SOME: Schema = {"type": "array", "items": _TEXT, "minItems": 1}


def _words(words: Any) -> Schema:
    return {"enum": [str(word) for word in words]}


def _list_of(words: Any) -> Schema:
    return {"type": "array", "items": _words(words)}


def _table(
    properties: Schema, required: tuple[str, ...] = (), about: str = ""
) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    if required:
        schema["required"] = list(required)
    if about:
        schema["description"] = about
    return schema


def _by_name(schema: Schema, taken: str = "") -> Schema:
    """Tables by name; `taken` is a name that means something of its own."""
    named: Schema = {"type": "object", "additionalProperties": schema}
    if taken:
        named["propertyNames"] = {"not": {"const": taken}}
    return named


_DAYS = r"\d+\s*(d|days?)"
_WORK = r"(?=\d)(\d+\s*h)?\s*(\d+\s*m)?\s*(\d+\s*s)?"
_SPAN: Schema = {"type": "string", "pattern": rf"^\s*({_DAYS}|{_WORK})\s*$"}
_DURATION: Schema = {
    **_SPAN,
    "description": "Working time (30m, 4h, 1h 30m, 90s) or working days (2 days).",
    "not": {"pattern": r"^[^1-9]*$"},  # more than zero
}
_POINT: Schema = {
    "type": "string",
    "description": "75%, breach, 30m before breach, or breach + 2h.",
    "pattern": r"^\s*(\d{1,4}(\.\d{1,3})?\s*%|breach"
    rf"|(?=.*[1-9])({_DAYS}|{_WORK})\s+before\s+breach"
    rf"|breach\s*\+\s*(?=.*[1-9])({_DAYS}|{_WORK}))\s*$",
}
_PERSON: Schema = {
    "anyOf": [_words(PEOPLE), {"type": "string", "pattern": "^team:.|@"}]
}
_FIRED: Schema = {"type": "string", "pattern": rf"^\s*({'|'.join(METRICS)})\s"}
_WITHIN: Schema = {
    "anyOf": [
        _DURATION,
        {**_table(dict.fromkeys(PRIORITIES, _DURATION)), "minProperties": 1},
    ],
}
_TARGET: Schema = {
    "anyOf": [
        *_WITHIN["anyOf"],
        _table({"within": _WITHIN, "pause_in": _list_of(STATUSES)}, ("within",)),
    ],
}
# tomllib and most checkers hand over a TOML time as such or as a string.
_TIME: Schema = {
    "description": "A time with its offset: 2026-11-27T14:30:00+01:00",
    "not": {"type": ["number", "boolean", "array", "object", "null"]},
}


def rule_file_schema() -> Schema:
    """Return the schema as plain JSON values."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mailroom rule file",
        **_table(
            {
                "calendar": _by_name(_calendar(), "always"),
                "policy": _by_name(_policy(), "none"),
                "escalation": _by_name({"type": "array", "items": _step()}),
                "organization": _by_name(_organization()),
                "rule": {"type": "array", "items": _rule()},
                "test": {"type": "array", "items": _test()},
            }
        ),
    }


def _calendar() -> Schema:
    table = _table(
        {"timezone": _TEXT, "hours": _SOME, "holidays": _TEXTS, "extra": _TEXTS},
        ("timezone",),
        "Opening hours: what counts as working time.",
    )
    return {**table, "allOf": [_either("hours", "extra")]}


def _either(*keys: str) -> Schema:
    return {"anyOf": [{"required": [key]} for key in keys]}


def _policy() -> Schema:
    return _table(
        {
            **dict.fromkeys(METRICS, _TARGET),
            "calendar": _TEXT,
            "escalation": _TEXT,
            "promise": _list_of(METRICS),
            "on_change": _words(OnChange),
            "reopen": _words(Reopen),
            "default": _FLAG,
        },
        about="How long things may take.",
    )


def _step() -> Schema:
    changes = {
        "priority": _words(PRIORITIES),
        "team": _TEXT,
        "assignee": _TEXT,
        "tags": _TEXTS,
    }
    return _table(
        {
            "at": _POINT,
            "notify": {"type": "array", "items": _PERSON},
            "metrics": {**_list_of(METRICS), "minItems": 1},
            "set": _table(changes),
            "unless": _words(["acknowledged"]),
            "quiet": _FLAG,
        },
        ("at",),
        "One step of an escalation path.",
    )


def _organization() -> Schema:
    texts = ("name", "policy", "escalation", "team", "language", "timezone", "calendar")
    addresses = {"type": "array", "items": _ADDRESS, "minItems": 1}
    table = _table(
        {**dict.fromkeys(texts, _TEXT), "domains": _SOME, "addresses": addresses},
        about="A company and what its people get where no rule says otherwise.",
    )
    return {**table, "allOf": [_either("domains", "addresses")]}


def _rule() -> Schema:
    return _table(
        {
            "name": _TEXT,
            **dict.fromkeys(("domains", "keywords", "to", "from"), _SOME),
            "when": _TEXT,
            "on": {**_list_of(EVENTS), "minItems": 1},
            **dict.fromkeys(
                ("policy", "escalation", "team", "assignee", "letter"), _TEXT
            ),
            "priority": _words(PRIORITIES),
            "tags": _TEXTS,
            **dict.fromkeys(("acknowledge", "spam", "stop"), _FLAG),
        },
        ("name",),
        "What to do with the mails that match.",
    )


def _mail() -> Schema:
    one_or_more: Schema = {"anyOf": [_TEXT, _TEXTS]}
    string: Schema = {"type": "string"}
    fields: Schema = {
        "from": _ADDRESS,
        "to": one_or_more,
        "cc": one_or_more,
        "subject": string,
        "text": string,
        "headers": {"type": "object", "additionalProperties": string},
        "attachments": _TEXTS,
        "size": {"type": "integer"},
        "language": _TEXT,
        "known": _FLAG,
        "authenticated": _FLAG,
    }
    return {"anyOf": [_TEXT, _table(fields)]}


def _expect() -> Schema:
    clock = _table(
        {
            "state": _words(STATES),
            **dict.fromkeys(("due", "fulfilled_at", "breached_at"), _TIME),
            **dict.fromkeys(("elapsed", "remaining", "target"), _SPAN),
            "cycle": {"type": "integer", "minimum": 1},
        }
    )
    return _table(
        {
            "status": _words(STATUSES),
            "priority": _words(PRIORITIES),
            **dict.fromkeys(
                ("policy", "escalation", "team", "assignee", "letter"), _TEXT
            ),
            **dict.fromkeys(("acknowledge", "spam"), _FLAG),
            **dict.fromkeys(("tags", "rules"), _TEXTS),
            "escalations": {"type": "array", "items": _FIRED},
            **{metric: {"anyOf": [_words(STATES), clock]} for metric in METRICS},
        }
    )


def _test() -> Schema:
    changes = _table(
        {
            "status": _words(STATUSES),
            "priority": _words(PRIORITIES),
            **dict.fromkeys(("team", "assignee", "policy"), _TEXT),
            "tags": _TEXTS,
        }
    )
    then = _table(
        {
            "at": _TIME,
            "event": _words(STEP_EVENTS),
            "mail": _mail(),
            "set": changes,
            "expect": _expect(),
        },
        ("at",),
    )
    return _table(
        {
            "name": _TEXT,
            "at": _TIME,
            "mail": _mail(),
            "expect": _expect(),
            "then": {"type": "array", "items": then},
        },
        ("name", "at", "mail"),
        "A mail, and what must come of it; played by `mailroom rules test`.",
    )
