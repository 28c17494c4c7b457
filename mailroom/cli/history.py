"""`mailroom import`: old mail becomes tickets with the clocks they would have had."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from mailroom.app import build, open_store
from mailroom.cli.archive import archived, files_of, places
from mailroom.cli.copy import is_copy, read
from mailroom.cli.group import config_option
from mailroom.cli.output import print_json
from mailroom.cli.progress import watched
from mailroom.clock import utcnow
from mailroom.config import Config, load
from mailroom.desk.act import Outcome
from mailroom.desk.archive.copy import copy_in
from mailroom.desk.archive.history import Archived, Clock, Import
from mailroom.errors import ConfigError
from mailroom.gateway.trust import DoorTrust, TrustJudge
from mailroom.worker import stopped

KNOWN = "KNOWN"  # taken by an earlier run, or twice in the archive


@click.command("import")
@config_option
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--notify",
    is_flag=True,
    help="Write to customers and agents about mail younger than ack_max_age.",
)
@click.option(
    "--sent-by",
    metavar="AGENT",
    help="Mail from our own mailboxes was written by this agent.",
)
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def import_command(
    config_path: Path, path: Path, notify: bool, sent_by: str | None, as_json: bool
) -> None:
    """Take an archive in: an mbox file, a Maildir, .eml files, or a folder of them.

    Or a folder that `mailroom export` has written: then it becomes the same desk.

    Each mail counts from when it arrived: its topmost Received date, else its mbox From
    line, else its Date. The archive is believed: mail from an agent's address counts as
    that agent's. Nobody is written to. A run that was cut off is simply run again: what
    was taken is passed over. The desk must not run meanwhile.
    """
    config = load(config_path, os.environ)
    if sent_by is not None:
        config = _sent_by(config, sent_by)
    with stopped(config):
        if is_copy(path):
            _copy(config, path)
            return
        counts = _import(config, path, notify)
    if as_json:
        print_json(dict(counts))
        return
    known = counts.pop(KNOWN, 0)
    told = ", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "nothing"
    click.echo(f"taken in: {told}; known before: {known}")


def _copy(config: Config, folder: Path) -> None:
    store = open_store(config)
    try:
        count = copy_in(store, read(folder, store.layout()))
    finally:
        store.close()
    click.echo(f"taken in: {count} rows")


def _import(config: Config, path: Path, notify: bool) -> Counter[str]:
    until = utcnow()
    files = files_of(path)
    found = [p for file in watched(files, len(files), "files") for p in places(file)]
    read = (archived(p, until) for p in watched(found, len(found), "mails read"))
    mails = sorted(filter(None, read), key=lambda mail: mail.at)
    if not mails:
        raise ConfigError(f"{path}: no mail in it")
    clock = Clock(until)  # the rules must be sound today
    app = build(config, now=clock.now)
    clock.at = mails[0].at
    try:
        since = until - config.ack_max_age if notify else None
        judge = TrustJudge({"import": DoorTrust()})
        return _run(Import(app.office, judge, clock, until, since), mails)
    finally:
        app.store.close()


def _run(work: Import, mails: list[Archived]) -> Counter[str]:
    counts = _count(work.begin())
    counts += _count(watched(work.take(mails), len(mails), "mails taken in"))
    work.finish()
    return counts


def _count(outcomes: Iterable[Outcome | None]) -> Counter[str]:
    return Counter(o.disposition.value if o is not None else KNOWN for o in outcomes)


def _sent_by(config: Config, address: str) -> Config:
    """Return the configuration in which our mailboxes' addresses are an agent's, too."""
    ours = tuple(a for box in config.mailboxes for a in box.addresses)
    wanted = address.lower()
    if not any(wanted in map(str.lower, agent.addresses) for agent in config.agents):
        raise ConfigError(f"--sent-by {address}: no such agent in mailroom.toml")
    agents = tuple(
        agent.model_copy(update={"aliases": (*agent.aliases, *ours)})
        if wanted in map(str.lower, agent.addresses)
        else agent
        for agent in config.agents
    )
    return config.model_copy(update={"agents": agents})
