"""Commands: lines at the very top of an agent's mail that start with `#`.

The form is Zendesk's mail API: `#name value`, one a line, before the first line of
text. What cannot be understood is an error that is reported, never ignored and never
half done: nothing is carried out unless every line was understood.
"""

import difflib
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from rules.policy import PRIORITIES

# name -> what its value is: "" none, "?" optional, else a word for messages
COMMANDS = {
    "solved": "",
    "pending": "?",
    "hold": "",
    "reopen": "",
    "open": "",
    "assign": "an agent",
    "take": "",
    "team": "a team",
    "priority": "a priority",
    "tag": "a tag",
    "untag": "a tag",
    "policy": "a policy",
    "subject": "a subject",
    "note": "?",
    "requester": "an address",
    "cc": "an address, or all",
    "uncc": "an address",
    "merge": "a ticket's number",
    "split": "",
    "undo": "",
    "try": "",
    "canned": "the name of a text",
    "revoke": "an address",
    "release": "a message's number",
    "send": "",
    "away": "until when (Monday, 2026-12-24, 3d) or off",
    "ack": "",
    "spam": "",
    "notspam": "",
    "help": "",
    "show": "",
    "why": "",
}
# What clients put around words unseen: zero-width spaces, direction marks, soft hyphens.
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
_STOPS = ".,;!"  # two spaces become one of them on phones
_LINE = re.compile(rf"#[\s{_UNSEEN}]*([^\W\d_]+)[{_STOPS}]*(?:[\s:]+(.*))?$")
_SECOND = re.compile(r"(?:^|\s)#\s?([^\W\d_]+)")
_DRESSED = re.compile(r"(?:[\W_]|\d{1,2}[.)]\s?){1,4}(#\s?([^\W\d_]+).*)$")
_FREE = frozenset({"note", "subject", "away"})  # values that are left as written
_TERM = re.compile(
    r"(?:(\d+)\s*(?:d|days?))?\s*(?:(\d+)\s*(?:h|hours?))?"
    r"\s*(?:(\d+)\s*(?:m|min|minutes?))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Command:
    """One understood line; `line` is what was written."""

    name: str
    value: str
    line: str
    term: timedelta | None = None  # of #pending


@dataclass(frozen=True, slots=True)
class Fault:
    """One line that was not understood, and why."""

    line: str
    why: str


@dataclass(frozen=True, slots=True)
class Commands:
    """The block of commands, and the text below it."""

    commands: tuple[Command, ...] = ()
    faults: tuple[Fault, ...] = ()
    text: str = ""
    note: bool = False  # #note: all of it stays internal

    def has(self, name: str) -> bool:
        """Whether a command of that name is there."""
        return any(command.name == name for command in self.commands)


def parse(text: str) -> Commands:
    """Split a mail's new text into its commands and the rest."""
    lines = text.replace("\u00a0", " ").splitlines()
    commands: list[Command] = []
    faults: list[Fault] = []
    at = 0
    while at < len(lines):
        line = _seen(lines[at])
        fault = _dressed(line)
        if line and not line.startswith("#") and fault is None:
            break
        at += 1
        if not line:
            continue
        read = fault or _read(line)
        if isinstance(read, Fault):
            faults.append(read)
            continue
        commands.append(read)
        if read.name == "note":
            rest = "\n".join([read.value, *lines[at:]]).strip()
            return Commands(tuple(commands), tuple(faults), rest, note=True)
    rest = "\n".join(lines[at:]).strip()
    return Commands(tuple(commands), tuple(faults), rest)


def _seen(line: str) -> str:
    """Return a line as its writer saw it: plain letters, nothing invisible around."""
    return unicodedata.normalize("NFKC", line).strip(_UNSEEN + " \t")


def _dressed(line: str) -> Fault | None:
    """Return a fault for a command in bold, in a list or in quotes; None: it is none.

    As text it would go to the customer, whom it is not for.
    """
    match = _DRESSED.match(line)
    if match is None or line.startswith("#") or match[2].lower() not in COMMANDS:
        return None
    return Fault(line, "a command stands at the start of its line, without any marks")


def _read(line: str) -> Command | Fault:
    match = _LINE.match(line)
    if match is None:
        return Fault(line, "no command begins like this; write #help for a list")
    name, value = match[1].lower(), (match[2] or "").strip()
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        meant = f"; did you mean #{near[0]}?" if near else "; write #help for a list"
        return Fault(line, f"there is no command #{name}{meant}")
    if name not in _FREE:
        value = value.rstrip(_STOPS)
    why = _wrong(name, value)
    if why:
        return Fault(line, why)
    term = read_term(value) if name == "pending" and value else None
    return Command(name, value.lower() if name == "priority" else value, line, term)


def _wrong(name: str, value: str) -> str:
    """Return what speaks against a known command's value; "": nothing."""
    wants = COMMANDS[name]
    second = _SECOND.search(value) if name != "note" else None
    if second is not None and second[1].lower() in COMMANDS:
        return "these are two commands; put each on a line of its own"
    if not wants and value:
        return f"#{name} takes no value; put text on a line of its own"
    if wants not in ("", "?") and not value:
        return f"#{name} needs {wants} after it"
    if name == "priority" and value.lower() not in PRIORITIES:
        return f"the priorities are {', '.join(PRIORITIES)}"
    if name == "pending" and value and read_term(value) is None:
        return "write a time like #pending 3d or #pending 4h"
    return ""


def read_term(text: str) -> timedelta | None:
    """Read an elapsed time like "3d", "1 day 4h", "90m"; None: not understood."""
    match = _TERM.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes = (int(group or 0) for group in match.groups())
    if days > 3650 or hours > 100_000 or minutes > 5_000_000:
        return None
    return timedelta(days=days, hours=hours, minutes=minutes) or None
