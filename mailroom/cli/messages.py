"""`mailroom messages` and `mailroom message ID`: the ledger of all mail, in and out."""

import sys
from pathlib import Path
from typing import Any

import click

from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.cli.output import plain, print_json, print_table
from mailroom.cli.shape import message_line
from mailroom.desk.ledger import described, described_inbound
from mailroom.errors import MailroomError
from mailroom.store.contract import Inbound
from mailroom.ticket.model import InboundId, TicketId

_HEADER = ("id", "dir", "at", "disposition", "ticket", "from", "subject")


@click.command
@config_option
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option("--ticket", type=click.IntRange(min=1), help="Only those of a ticket.")
@click.option("--direction", type=click.Choice(["in", "out"]), help="Only in or out.")
def messages_command(
    config_path: Path, as_json: bool, ticket: int | None, direction: str | None
) -> None:
    """List all mail, in and out, and what became of each."""
    with open_desk(config_path) as app:
        found = app.store.messages(
            direction=direction, ticket=TicketId(ticket) if ticket else None
        )
        found = described(app.store, found)
    lines = [message_line(line) for line in found]
    print_messages(lines, as_json=as_json)


def print_messages(lines: list[dict[str, Any]], *, as_json: bool) -> None:
    """Write lines of the ledger."""
    if as_json:
        print_json(lines)
    else:
        print_table(_HEADER, [_row(line) for line in lines])


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(line["id"]),
        line["direction"],
        plain(line["at"]),
        line["disposition"] or "waiting",
        str(line["ticket"] or ""),
        line["from"] or "<>",
        line["subject"] or "",
    )


@click.command
@config_option
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@click.option("--raw", is_flag=True, help="The mail itself, octet for octet.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def message_command(config_path: Path, number: int, raw: bool, as_json: bool) -> None:
    """Show the mail that came in as ID."""
    with open_desk(config_path) as app:
        inbound = app.store.inbound(InboundId(number))
        if inbound is None:
            raise MailroomError(f"no mail came in as {number}; `mailroom messages`")
        inbound = described_inbound(app.store, inbound)
        content = app.store.inbound_raw(inbound.id) if raw else b""
    if raw:
        sys.stdout.buffer.write(content)
    elif as_json:
        print_json(_page(inbound))
    else:
        for key, value in _page(inbound).items():
            click.echo(f"{key}: {value if value not in (None, []) else '-'}")


def _page(inbound: Inbound) -> dict[str, Any]:
    return {
        "id": inbound.id,
        "direction": "in",
        "at": inbound.received_at,
        "message_id": inbound.message_id,
        "from": inbound.sender,
        "to": list(inbound.envelope.rcpt_to),
        "subject": inbound.subject,
        "ticket": inbound.ticket,
        "disposition": inbound.disposition.value if inbound.disposition else None,
        "clue": inbound.clue,
        "reason": inbound.reason,
        "mail_from": inbound.envelope.mail_from,
        "door": inbound.door,
        "peer": inbound.peer,
        "helo": inbound.helo,
        "size": inbound.size,
        "trust": dict(inbound.trust) if inbound.trust else None,
    }
