"""Whatever stands in a rule file, loading says so in words: no other error comes out."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.condition import Compiler
from rules.errors import Fault, RuleFileError
from rules.expression import ConditionError
from rules.lint import lint
from rules.loader import load_texts
from rules.ruleset import RuleSet
from rules.schema import rule_file_schema

NOW = datetime(2026, 11, 24, tzinfo=UTC)

strings = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        [
            *("4h", "2 days", "0m", "75%", "breach", "30m before breach", "UTC"),
            *(
                "Mon-Fri 09:00-17:00",
                "daily 00:00-24:00",
                "12-25",
                "2026-12-19 10:00-14:00",
            ),
            *(
                "urgent",
                "low",
                "none",
                "p",
                "q",
                "assignee",
                "team:x",
                "a@b.c",
                "a.com",
            ),
            *("opened", "pending", "first_reply", "first_reply breach", "running"),
            *("reply", "size > 3 and not reply", "sender.domian == 1", "Europe/Berlin"),
        ]
    ),
)
scalars = st.one_of(
    strings,
    st.integers(-3, 3),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)


def shaped(schema: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values near a JSON Schema: mostly of its shape, sometimes anything."""
    if "anyOf" in schema:
        fit = st.one_of([shaped(option, depth) for option in schema["anyOf"]])
    elif "enum" in schema:
        fit = st.sampled_from(schema["enum"])
    elif schema.get("type") == "array":
        fit = st.lists(shaped(schema["items"], depth + 1), max_size=2)
    elif "properties" in schema:
        known = {
            key: shaped(below, depth + 1) for key, below in schema["properties"].items()
        }
        needed = {key: known.pop(key) for key in schema.get("required", ())}
        fit = st.fixed_dictionaries(needed, optional=known)
    elif schema.get("type") == "object":
        names = st.sampled_from(["p", "q", "none", "always", "x y"])
        fit = st.dictionaries(
            names, shaped(schema["additionalProperties"], depth + 1), max_size=2
        )
    elif schema.get("type") == "string":
        fit = strings
    else:
        fit = scalars
    return fit if depth < 2 else st.one_of(fit, fit, fit, scalars)


def toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escapes = "".join(
            f"\\U{ord(c):08x}" if ord(c) < 32 or c in '"\\\x7f' else c for c in value
        )
        return f'"{escapes}"'
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(k)} = {toml(v)}" for k, v in value.items()) + "}"
    return repr(value)


def outcome(text: str) -> RuleSet | tuple[Fault, ...]:
    try:
        return load_texts({"a.toml": text}, NOW)
    except RuleFileError as error:
        return error.faults


def offsets(text: str) -> list[int]:
    try:
        Compiler().compile(text)
    except ConditionError as error:
        return [flaw.offset for flaw in error.flaws]
    return []


documents = shaped(rule_file_schema()).map(
    lambda document: "\n".join(
        f"{key} = {toml(value)}" for key, value in document.items()
    )
)


@settings(max_examples=250, deadline=None)
@given(documents)
def test_any_document_loads_or_is_refused_in_words(text: str) -> None:
    loaded = outcome(text)
    if isinstance(loaded, RuleSet):
        lint(loaded, [], [])
        return
    lines = text.count("\n") + 1
    assert loaded
    assert all(1 <= f.line <= lines and f.column >= 1 and f.message for f in loaded)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
@example("[a]\n[a]")
@example("a = [[[[")
def test_any_text_loads_or_is_refused_in_words(text: str) -> None:
    assert outcome(text) != ()


pieces = st.lists(
    st.sampled_from(
        [
            *(
                "sender",
                ".",
                "domain",
                "size",
                ">",
                "3",
                '"a"',
                "and",
                "or",
                "not",
                "(",
                ")",
            ),
            *(
                "in",
                "[",
                "]",
                "headers",
                "&[",
                "$mentions",
                "$open",
                ",",
                "subject",
                "text",
            ),
            *(
                "==",
                "null",
                "?",
                ":",
                "??",
                "&.",
                "ticket.tags",
                "reply",
                "{",
                "}",
                "for",
                "x",
            ),
            *(
                "$any",
                "received",
                "-",
                "+",
                "*",
                "**",
                "/",
                'd"2026"',
                'b"x"',
                "'",
                "nan",
                "#",
            ),
        ]
    ),
    max_size=9,
).map(" ".join)


@settings(max_examples=600, deadline=None)
@given(st.one_of(pieces, st.text(max_size=30)))
@example("1 / 0 == 1")
@example("2 ** 1000000000 == 1")
@example('"a" * 3')
@example("nan > nan")
@example("$any(size)")
@example("$mentions()")
@example("[x for x in size]")
def test_any_condition_compiles_or_is_refused_in_words(text: str) -> None:
    assert all(0 <= offset <= len(text) for offset in offsets(text))
