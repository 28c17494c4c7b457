"""`mailroom deliver`: one message on standard input, for pipes from any MTA or procmail.

Exit codes are those of sysexits.h, which MTAs understand. Whatever may be right later,
a wrong configuration too, is 75, so that the MTA keeps the mail and comes again.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.clock import utcnow
from mailroom.errors import MailroomError
from mailroom.message.model import Envelope
from mailroom.message.parse import parse
from mailroom.store.contract import Arrival
from rules.errors import RulesError

EX_OK, EX_USAGE, EX_DATAERR, EX_NOUSER, EX_TEMPFAIL = 0, 64, 65, 67, 75


class _PipeCommand(click.Command):
    """A command whose usage errors are told in the codes of sysexits.h."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            click.echo(f"mailroom: {error.format_message()}", err=True)
            raise click.exceptions.Exit(EX_USAGE) from error


@click.command(cls=_PipeCommand)
@config_option
@click.option(
    "-r",
    "--recipient",
    "recipients",
    metavar="RCPT",
    multiple=True,
    help="An envelope recipient; may be given several times.",
)
@click.option(
    "-f",
    "--from",
    "mail_from",
    metavar="ADDRESS",
    help="The reverse-path; <> is the null one. Default: the From_ line, $SENDER, From.",
)
def deliver_command(
    config_path: Path, recipients: tuple[str, ...], mail_from: str | None
) -> None:
    """Take one message from standard input into the in-tray.

    Exit codes: 0 kept on the disk, 65 no message, 67 not our address, 75 try again.
    """
    code = _tell_mta(lambda: _deliver(config_path, recipients, mail_from))
    raise click.exceptions.Exit(code)


def _tell_mta(deliver: Callable[[], int]) -> int:
    try:
        return deliver()
    except (MailroomError, RulesError) as error:
        click.echo(f"mailroom: {error}", err=True)
    except Exception as error:  # the edge: the MTA must keep what we could not
        click.echo(f"mailroom: not kept: {type(error).__name__}: {error}", err=True)
    return EX_TEMPFAIL


def _deliver(config_path: Path, recipients: tuple[str, ...], given: str | None) -> int:
    raw = sys.stdin.buffer.read()
    from_line, raw = _split_from_line(raw)
    if not raw.strip():
        click.echo("mailroom: there is no message on standard input", err=True)
        return EX_DATAERR
    with open_desk(config_path) as app:
        for recipient in recipients:
            if app.intake.recipient(recipient, True) == "unknown":
                click.echo(f"mailroom: {recipient} is no address of ours", err=True)
                return EX_NOUSER
        arrival = Arrival(
            door="pipe",
            envelope=Envelope(
                mail_from=_reverse_path(given, from_line, raw), rcpt_to=recipients
            ),
            raw=raw,
            received_at=utcnow(),
        )
        app.intake.accept([arrival])
    return EX_OK


def _split_from_line(raw: bytes) -> tuple[str | None, bytes]:
    """Take an mbox From_ line (RFC 4155) off the top, as procmail and others pipe it."""
    if not raw.startswith(b"From "):
        return None, raw
    line, _, rest = raw.partition(b"\n")
    return line.split()[1].decode("utf-8", "replace") if b" " in line else None, rest


def _reverse_path(given: str | None, from_line: str | None, raw: bytes) -> str | None:
    """Return who sent it; None only where somebody said that it is the null path."""
    for said in (given, from_line, os.environ.get("SENDER")):
        if said is not None:
            address = said.strip().strip("<>")
            return None if address in ("", "MAILER-DAEMON") else address
    sender = parse(raw).sender
    return sender.address if sender else "unknown"
