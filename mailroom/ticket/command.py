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
_LINE = re.compile(r"#\s?([^\W\d_]+)(?:[\s:]+(.*))?$")
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
        line = unicodedata.normalize("NFKC", lines[at]).strip()
        if line and not line.startswith("#"):
            break
        at += 1
        if not line:
            continue
        read = _read(line)
        if isinstance(read, Fault):
            faults.append(read)
            continue
        commands.append(read)
        if read.name == "note":
            rest = "\n".join([read.value, *lines[at:]]).strip()
            return Commands(tuple(commands), tuple(faults), rest, note=True)
    rest = "\n".join(lines[at:]).strip()
    return Commands(tuple(commands), tuple(faults), rest)


def _read(line: str) -> Command | Fault:
    match = _LINE.match(line)
    if match is None:
        return Fault(line, "no command begins like this; write #help for a list")
    name, value = match[1].lower(), (match[2] or "").strip()
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        meant = f"; did you mean #{near[0]}?" if near else "; write #help for a list"
        return Fault(line, f"there is no command #{name}{meant}")
    wants = COMMANDS[name]
    if not wants and value:
        return Fault(line, f"#{name} takes no value; put text on a line of its own")
    if wants not in ("", "?") and not value:
        return Fault(line, f"#{name} needs {wants} after it")
    if name == "priority" and value.lower() not in PRIORITIES:
        return Fault(line, f"the priorities are {', '.join(PRIORITIES)}")
    if name == "pending" and value:
        term = read_term(value)
        if term is None:
            return Fault(line, "write a time like #pending 3d or #pending 4h")
        return Command(name, value, line, term)
    return Command(name, value.lower() if name == "priority" else value, line)


def read_term(text: str) -> timedelta | None:
    """Read an elapsed time like "3d", "1 day 4h", "90m"; None: not understood."""
    match = _TERM.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes = (int(group or 0) for group in match.groups())
    if days > 3650 or hours > 100_000 or minutes > 5_000_000:
        return None
    return timedelta(days=days, hours=hours, minutes=minutes) or None
