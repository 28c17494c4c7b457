"""Lines that start with `#` at the top of an agent's mail."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailroom.ticket.command import COMMANDS, parse, read_term, strays
from rules.policy import PRIORITIES


def test_commands_are_read_until_the_first_line_of_text() -> None:
    read = parse("\n#priority High\n\n#tag vip\nHello\n#solved\nbye\n")
    assert [(c.name, c.value) for c in read.commands] == [
        ("priority", "high"),
        ("tag", "vip"),
    ]
    assert read.text == "Hello\n#solved\nbye"
    assert read.faults == ()


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("#solved", "solved", ""),
        ("# solved", "solved", ""),
        ("#SOLVED  ", "solved", ""),
        ("\u00a0#solved", "solved", ""),
        ("\uff03solved", "solved", ""),  # a full-width number sign
        ("# Solved.", "solved", ""),  # two spaces on a phone
        ("#solved!", "solved", ""),
        ("#assign ann.", "assign", "ann"),
        ("#pending 3d.", "pending", "3d"),
        ("#subject It burns.", "subject", "It burns."),
        ("\u200b#solved", "solved", ""),  # a zero-width space
        ("#\u200bsolved\ufeff", "solved", ""),
        ("\u2068#tag vip\u2069", "tag", "vip"),  # direction marks
        ("#assign: ann", "assign", "ann"),
        ("#assign ann@acme.example", "assign", "ann@acme.example"),
        ("#merge #1017", "merge", "#1017"),
        ("#subject A new: subject", "subject", "A new: subject"),
    ],
)
def test_clients_change_how_a_line_looks(line: str, name: str, value: str) -> None:
    (command,) = parse(line).commands
    assert (command.name, command.value) == (name, value)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("#solvd", "did you mean #solved?"),
        ("#xyzzy", "write #help for a list"),
        ("#solved now", "#solved takes no value"),
        ("#solved. Thanks", "#solved takes no value"),
        ("#tag vip #solved", "two commands; put each on a line of its own"),
        ("#subject Printer #solved", "two commands"),
        ("*#solved*", "a command stands at the start of its line"),
        ("- #assign ann", "a command stands at the start of its line"),
        ("1. #solved", "a command stands at the start of its line"),
        ("#assign", "#assign needs an agent"),
        ("#priority huge", f"the priorities are {', '.join(PRIORITIES)}"),
        ("#pending soon", "write a time like #pending 3d"),
        ("#1042 solved", "no command begins like this"),
        ("#", "no command begins like this"),
        ("##solved", "no command begins like this"),
    ],
)
def test_what_is_not_understood_is_a_fault_with_a_reason(line: str, why: str) -> None:
    read = parse(f"{line}\nHello")
    (fault,) = read.faults
    assert why in fault.why
    assert read.commands == ()
    assert read.text == "Hello"


def test_note_takes_all_that_follows() -> None:
    read = parse("#solved\n#note he is\nright\n#priority high\n")
    assert read.note
    assert [c.name for c in read.commands] == ["solved", "note"]
    assert read.text == "he is\nright\n#priority high"


def test_faults_do_not_stop_the_reading() -> None:
    read = parse("#solvd\n#priority high\n#tag\nHello")
    assert len(read.faults) == 2
    assert read.has("priority")
    assert not read.has("solved")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("3d", timedelta(days=3)),
        ("1 day 4h", timedelta(days=1, hours=4)),
        ("90m", timedelta(minutes=90)),
        ("2 Days", timedelta(days=2)),
        ("1d2h3m", timedelta(days=1, hours=2, minutes=3)),
        ("0d", None),
        ("", None),
        ("3", None),
        ("-3d", None),
        ("3w", None),
        ("99999999999999999999d", None),
    ],
)
def test_terms_are_elapsed_time(text: str, term: timedelta | None) -> None:
    assert read_term(text) == term


@given(st.text(max_size=200))
@example("\u00ad")
def test_any_text_is_read_and_none_of_it_is_lost_or_made_up(text: str) -> None:
    read = parse(text)
    assert all(c.name in COMMANDS for c in read.commands)
    if not read.commands and not read.faults:
        shown = "\n".join(text.replace("\u00a0", " ").splitlines()).strip()
        assert read.text == shown


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Z"]), max_size=80))
def test_text_without_commands_stays_text(text: str) -> None:
    read = parse(f"Hello\n{text}")
    assert (read.commands, read.faults) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "- the printer #3 burns",
        "See #solved above.",
        "* 1st point",
        "(#hashtag) is a word",
        "5 #solved",
        "-- #1042",
    ],
)
def test_text_that_only_looks_like_a_command_is_text(text: str) -> None:
    read = parse(text)
    assert (read.faults, read.commands, read.text) == ((), (), text)


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("#note—text", "note", "text"),
        ("#note: text", "note", "text"),
        (
            "#note \U0001f468\u200d\U0001f469 text",
            "note",
            "\U0001f468\u200d\U0001f469 text",
        ),
        ("#so\u200blved", "solved", ""),
        ("#so\u00adlved", "solved", ""),
        ("#\ufe0f\u20e3solved", "solved", ""),
        ("#pending \u2013 3\u200bd", "pending", "3d"),
        ("#priority=high", "priority", "high"),
        ("#assign “ann”.", "assign", "ann"),
        ('#cc "Doe, Jane" <j@x.example>', "cc", '"Doe, Jane" <j@x.example>'),
        ("#subject “New”", "subject", "“New”"),
        ("#why?", "why", ""),
        ("#help ?", "help", ""),
        ("#away until monday.", "away", "until monday"),
    ],
)
def test_keyboards_change_how_a_line_looks(line: str, name: str, value: str) -> None:
    read = parse(line)
    assert [(c.name, c.value) for c in read.commands] == [(name, value)]


@pytest.mark.parametrize("line", ["#note-text", "#solved?", "#solved\\", "#note…text"])
def test_sign_right_behind_a_name_is_refused_with_the_name(line: str) -> None:
    (fault,) = parse(line).faults
    assert "put a space, or nothing, after #" in fault.why


def test_commands_that_contradict_each_other_are_a_fault() -> None:
    read = parse("#tag vip\n#solved\n#tag gold\n#hold\nHello")
    (fault,) = read.faults
    assert (fault.line, fault.why) == (
        "#hold",
        "it contradicts #solved; keep one of them",
    )


@pytest.mark.parametrize(
    ("line", "is_stray"),
    [
        ("#solved", True),
        ("  #Solved.", True),
        ("#note what she says", True),
        ("#solved Thanks, all done", True),
        ("#solvd", True),
        ("# Note: mind the gap", True),
        ("# Open questions", False),
        ("#1042", False),
        ("#fff", False),
        ("#hashtag", False),
        ("#solvd it is", False),
        ("> #solved", False),
        ("See #solved", False),
    ],
)
def test_what_is_meant_as_a_command_below_the_text(line: str, is_stray: bool) -> None:
    assert [fault.line for fault in strays(f"Hello\n{line}\nAnn")] == (
        [line.strip()] if is_stray else []
    )


def test_note_may_name_commands() -> None:
    read = parse("#note shall I say #solved?")
    assert (read.faults, read.text) == ((), "shall I say #solved?")


def test_tag_that_is_written_with_its_mark_is_a_tag() -> None:
    (command,) = parse("#tag #vip").commands
    assert command.value == "#vip"
