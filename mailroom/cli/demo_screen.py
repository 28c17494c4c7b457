"""What `mailroom demo` shows: calm columns, in colours on a terminal.

Each line says when it happened, what kind of thing it is, and what it was. `click.echo`
leaves the colours out where nobody would see them.
"""

import sys
import time
from collections.abc import Sequence
from textwrap import wrap

import click

from mailroom.cli.demo_story import Words
from mailroom.message.model import Mailbox, Message

_BODY_LINES = 7
_WIDTH = 78
_COLOURS = {
    "mail in": "cyan",
    "mail out": "green",
    "ticket": "blue",
    "clock": "yellow",
    "outcome": "magenta",
}


class Screen:
    """Writes lines as things happen."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
        self._last_body: list[str] = []
        self._bar = "│" if encoding == "utf8" else "|"

    def say(self, text: str = "") -> None:
        """Write a line of the narrator."""
        click.echo(text)

    def title(self, text: str) -> None:
        """Begin a scene."""
        click.echo()
        click.secho(text, bold=True)

    def line(self, kind: str, text: str, *, alarm: bool = False) -> None:
        """Write that something happened now."""
        when = f"{time.monotonic() - self._start:6.1f} s"
        label = click.style(f"{kind:<8}", fg=_COLOURS[kind])
        shown = click.style(text, fg="red", bold=True) if alarm else text
        click.echo(f"{click.style(when, dim=True)}  {label}  {shown}")

    def mail_out(self, message: Message, to: Sequence[str]) -> None:
        """Write who got which mail, and its first lines."""
        subject = click.style(message.subject, bold=True)
        self.line("mail out", f"to {', '.join(to)}: {subject}")
        self._body(message.text)

    def mail_in(self, author: Mailbox, words: Words) -> None:
        """Write what somebody sends to the desk."""
        subject = click.style(words.subject, bold=True)
        self.line("mail in", f"from {author.name}: {subject}")
        self._body(words.text)

    def _body(self, text: str) -> None:
        written = [line for line in text.splitlines() if line.strip()]
        lines = [piece for line in written for piece in wrap(line, _WIDTH)]
        if lines == self._last_body:
            self._quote("(the same words)")
            return
        self._last_body = lines
        for line in lines[:_BODY_LINES]:
            self._quote(line)
        more = len(lines) - _BODY_LINES
        if more > 0:
            self._quote(f"... and {more} more line{'s' if more > 1 else ''}")

    def _quote(self, text: str) -> None:
        click.echo(click.style(f"{' ' * 20}{self._bar} {text}", dim=True))
