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
_UNSEEN = "\u00ad\ufe0f\u20e3\u200b\u200c\u200d\u200e\u200f\u2060\ufeff" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
_GONE = str.maketrans("", "", _UNSEEN)
_STOPS = ".,;!"  # two spaces become one of them on phones
_QUOTES = "\"'`´“”„‟‘’‚‛«»‹›"
_SIGNS = ":=—–"  # between a name and its value; keyboards make a dash of two hyphens
_LINE = re.compile(rf"#\s*([^\W\d_]+)[{_STOPS}]*(?:[\s{_SIGNS}]+(.*))?$")
_QUESTION = re.compile(r"#\s*(?:why|show|help)\s*\?+$", re.IGNORECASE)
_BEGUN = re.compile(r"#\s*([^\W\d_]+)")
_SECOND = re.compile(r"(?:^|\s)#\s?([^\W\d_]+)")
_DRESSED = re.compile(r"(?:[\W_]|\d{1,2}[.)]\s?){1,4}(#\s?([^\W\d_]+).*)$")
_FREE = frozenset({"note", "subject"})  # values that are left as written
# Of each of these a mail may have one; two would contradict each other.
_ONE_OF = (
    ("solved", "pending", "hold", "reopen", "open"),
    ("assign", "take"),
    ("spam", "notspam"),
    *((name,) for name in ("team", "priority", "policy", "requester", "subject")),
    *((name,) for name in ("merge", "away")),
)
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
        read = fault or _agrees(_read(line), commands)
        if isinstance(read, Fault):
            faults.append(read)
            continue
        commands.append(read)
        if read.name == "note":
            rest = "\n".join([read.value, *lines[at:]]).strip()
            return Commands(tuple(commands), tuple(faults), rest, note=True)
    kept = lines[at:] if commands or faults else lines
    return Commands(tuple(commands), tuple(faults), "\n".join(kept).strip())


def strays(text: str) -> tuple[Fault, ...]:
    """Return a fault for each line below the top of a text that is meant as a command.

    `#solved` after a greeting would do nothing, and go to the customer as text. What
    only begins with a number sign, like `#1042` or `# 1`, is text.
    """
    lines = (_seen(line) for line in text.splitlines() if not line.isspace())
    why = "a command stands at the very top, above all text"
    return tuple(Fault(line, why) for line in lines if _is_meant(line))


def _is_meant(line: str) -> bool:
    if not line.startswith("#"):
        return False
    if isinstance(_read(line), Command):
        return True
    begun = re.match(r"#([^\W\d_]+)(.*)$", line)  # a heading has a space there
    if begun is None:
        return False
    name, alone = begun[1].lower(), not begun[2].strip(_STOPS)
    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.8)
    return name in COMMANDS or (alone and bool(near))


def _seen(line: str) -> str:
    """Return a line as its writer saw it: plain letters, nothing invisible around.

    Nor is there anything in a command's name or value, but in what is left as written.
    """
    line = unicodedata.normalize("NFKC", line).strip(_UNSEEN + " \t")
    if not line.startswith("#"):
        return line
    plain = line.translate(_GONE)
    begun = _BEGUN.match(plain)
    if begun is None or begun[1].lower() not in _FREE:
        return plain
    rest = line[1:].lstrip(_UNSEEN + " \t")
    sign = line[: len(line) - len(rest)].translate(_GONE)
    return sign + rest if rest.lower().startswith(begun[1].lower()) else plain


def _dressed(line: str) -> Fault | None:
    """Return a fault for a command in bold, in a list or in quotes; None: it is none.

    As text it would go to the customer, whom it is not for.
    """
    match = _DRESSED.match(line)
    if match is None or line.startswith("#") or match[2].lower() not in COMMANDS:
        return None
    return Fault(line, "a command stands at the start of its line, without any marks")


def _agrees(read: Command | Fault, before: list[Command]) -> Command | Fault:
    """Return a fault for a command that says another thing than one above it."""
    if isinstance(read, Fault):
        return read
    group = next((names for names in _ONE_OF if read.name in names), ())
    for command in before:
        same = (command.name, command.value) == (read.name, read.value)
        if command.name in group and not same:
            return Fault(read.line, f"it contradicts {command.line}; keep one of them")
    return read


def _read(line: str) -> Command | Fault:
    match = _LINE.match(line.rstrip("? ") if _QUESTION.match(line) else line)
    if match is None:
        return Fault(line, _unlike(line))
    name, value = match[1].lower(), (match[2] or "").strip()
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        meant = f"; did you mean #{near[0]}?" if near else "; write #help for a list"
        return Fault(line, f"there is no command #{name}{meant}")
    if name not in _FREE:
        value = _unquoted(value.lstrip(_SIGNS + " ").rstrip(_STOPS))
    why = _wrong(name, value)
    if why:
        return Fault(line, why)
    term = read_term(value) if name == "pending" and value else None
    return Command(name, value.lower() if name == "priority" else value, line, term)


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] in _QUOTES and value[-1] in _QUOTES
    return value[1:-1].strip().rstrip(_STOPS) if quoted else value


def _unlike(line: str) -> str:
    """Say why a line that begins with a number sign is no command."""
    begun = _BEGUN.match(line)
    if begun is not None and begun[1].lower() in COMMANDS:
        name = begun[1].lower()
        return f"put a space, or nothing, after #{name}"
    return (
        "no command begins like this; write #help for a list,"
        " or begin your text with a word"
    )


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
