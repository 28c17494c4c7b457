"""`mailroom tickets` and `mailroom ticket N`: what is open, and all of one ticket."""

from pathlib import Path
from typing import Any

import click

from mailroom.cli.desk import open_desk
from mailroom.cli.group import config_option
from mailroom.cli.output import plain, print_json, print_table
from mailroom.cli.shape import line_of, ticket_lines, ticket_page
from mailroom.errors import MailroomError
from mailroom.store.contract import TicketFilter
from mailroom.ticket.model import Status, TicketId

_HEADER = ("id", "status", "priority", "policy", "next due", "requester", "subject")


@click.command
@config_option
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([status.value for status in Status]),
    help="Only tickets of this status; may be given several times.",
)
@click.option("--team", help="Only tickets of this team.")
@click.option("--tag", help="Only tickets with this tag.")
def tickets_command(
    config_path: Path,
    as_json: bool,
    statuses: tuple[str, ...],
    team: str | None,
    tag: str | None,
) -> None:
    """List the tickets: all of them, unless narrowed."""
    wanted = TicketFilter(statuses=statuses or None, team=team, tag=tag)
    with open_desk(config_path) as app:
        lines = ticket_lines(app.store, app.store.tickets(wanted))
    if as_json:
        print_json(lines)
    else:
        print_table(_HEADER, [_row(line) for line in lines])


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    due = line["next_due"]
    return (
        str(line["id"]),
        line["status"] + (" (spam)" if line["spam"] else ""),
        line["priority"],
        line["policy"] or "",
        f"{due['metric']} {plain(due['due'])}" if due else "",
        line["requester"] or "",
        line["subject"],
    )


@click.command
@config_option
@click.argument("number", type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def ticket_command(config_path: Path, number: int, as_json: bool) -> None:
    """Show ticket NUMBER: its state, clocks, messages and history."""
    with open_desk(config_path) as app:
        ticket_id = TicketId(number)
        line = line_of(app.store, ticket_id)
        if line is None:
            raise MailroomError(f"there is no ticket {number}; `mailroom tickets`")
        page = ticket_page(app.store, line, app.status_url(ticket_id))
    if as_json:
        print_json(page)
    else:
        _print_page(page)


def _print_page(page: dict[str, Any]) -> None:
    click.echo(f"#{page['id']} {page['subject']}")
    for key in ("status", "priority", "policy", "requester", "assignee", "team"):
        click.echo(f"  {key}: {page[key] or '-'}")
    click.echo(f"  tags: {', '.join(page['tags']) or '-'}")
    click.echo(f"  rules: {', '.join(page['matched_rules']) or '-'}")
    click.echo(f"  page: {page['status_url']}")
    click.echo("\nclocks")
    rows = [
        (
            c["metric"],
            str(c["cycle"]),
            c["state"],
            plain(c["due"]),
            plain(c["fulfilled_at"]),
        )
        for c in page["clocks"]
    ]
    print_table(("metric", "cycle", "state", "due", "fulfilled"), rows)
    for comment in page["comments"]:
        kind = "" if comment["public"] else " (internal)"
        click.echo(f"\n{plain(comment['at'])} {comment['author']}{kind}")
        click.echo("\n".join(f"  {text}" for text in comment["text"].splitlines()))
        for attachment in comment["attachments"]:
            click.echo(f"  + {attachment['filename']} ({attachment['size']} octets)")
    click.echo("\nhistory")
    print_table(
        ("at", "what", "by"),
        [(plain(e["at"]), e["kind"], e["actor"] or "") for e in page["events"]],
    )
