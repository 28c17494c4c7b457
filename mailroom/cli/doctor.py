"""`mailroom doctor`: looks at everything a desk depends on, and says what is wrong.

Each check is one line: ok, warning or failure. Exit code 1 when one failed.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import click

from mailroom.app import open_store
from mailroom.cli.desk import probe_account, probe_outgoing
from mailroom.cli.group import config_option
from mailroom.cli.output import print_json
from mailroom.clock import utcnow
from mailroom.config import Config, load
from mailroom.desk.health import account_health, last_verdict, takes_plus
from mailroom.errors import MailroomError
from mailroom.keys import load_or_create_secret
from mailroom.notice.letters import Letters
from mailroom.settings import Agent, Imap
from mailroom.store.contract import Store
from rules.errors import RuleFileError
from rules.loader import load as load_rules
from rules.zone import zone_data_version

_LITTLE = 1_000_000_000  # octets free below which we warn
_TOO_LITTLE = 100_000_000
_BUILT = datetime(2026, 11, 1, tzinfo=UTC)  # no clock can rightly show less


class Health(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    health: Health
    text: str


def _ok(check: str, text: str) -> Finding:
    return Finding(check, Health.OK, text)


def _failure(check: str, text: str) -> Finding:
    return Finding(check, Health.FAILURE, text)


@click.command
@config_option
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option("--offline", is_flag=True, help="Leave out relay and IMAP.")
def doctor_command(config_path: Path, as_json: bool, offline: bool) -> None:
    """Check configuration, rules, relay, IMAP logins, clock, disk and permissions."""
    config = load(config_path, os.environ)
    checks: list[Callable[[Config], Iterator[Finding]]] = [
        _configuration,
        _rules,
        _shadow,
        _letters,
        _data,
        _secrets,
        _disk,
        _clock,
    ]
    if (config.data / "mailroom.db").exists():
        checks += [_seen]
    if not offline:
        checks += [_relay, _accounts]
    found = [_ok("configuration", f"{config_path} is sound")]
    found += [finding for check in checks for finding in check(config)]
    if as_json:
        lines = [{"check": f.check, "health": f.health, "text": f.text} for f in found]
        print_json(lines)
    else:
        for finding in found:
            click.echo(f"{finding.health:8} {finding.check}: {finding.text}")
    failed = any(finding.health is Health.FAILURE for finding in found)
    raise click.exceptions.Exit(1 if failed else 0)


def _configuration(config: Config) -> Iterator[Finding]:
    for path in (config.smtp.tls_cert, config.smtp.tls_key):
        if path is not None and not os.access(path, os.R_OK):
            yield _failure("tls", f"{path}: cannot be read")
    for key, folder in (("letters", config.letters), ("canned", config.canned)):
        if folder.folder is not None and not folder.folder.is_dir():
            yield _failure(key, f"{folder.folder}: is no folder")
    if config.web.url.startswith("http:") and not config.relay.url.startswith(
        "maildir"
    ):
        text = f"links start with {config.web.url}; customers need https"
        yield Finding("web", Health.WARNING, text)


def _rules(config: Config) -> Iterator[Finding]:
    try:
        rules = load_rules(config.rules, utcnow())
    except RuleFileError as error:
        first = error.faults[0]
        more = f" (and {len(error.faults) - 1} more)" if len(error.faults) > 1 else ""
        yield _failure("rules", f"{first}{more}")
        return
    counts = f"{len(rules.rules)} rules, {len(rules.policies)} policies"
    yield _ok("rules", f"{config.rules}: {counts}, {len(rules.tests)} tests")
    for agent in config.agents:
        if agent.calendar and agent.calendar not in rules.calendars:
            text = f'{agent.address}: the rules have no calendar "{agent.calendar}"'
            yield _failure("agent", text)
    own, folder = Letters(config.letters.folder), config.letters.folder
    for rule in rules.rules:
        name = rule.effects.letter
        if name is not None and not any(
            own.has_own(name, box.address) for box in config.mailboxes
        ):
            where = folder if folder is not None else "a folder: [letters] names none"
            text = f'"{rule.name}": there is no letter "{name}" in {where}'
            yield _failure("rules", f"{text}; the acknowledgement is sent instead")


def _shadow(config: Config) -> Iterator[Finding]:
    """A broken set beside the live one harms nobody, so it is a warning."""
    if config.shadow is None:
        return
    try:
        rules = load_rules(config.shadow, utcnow())
    except RuleFileError as error:
        text = f"{error.faults[0]}; the live rules are not touched"
        yield Finding("shadow", Health.WARNING, text)
        return
    counts = f"{len(rules.rules)} rules beside the live ones"
    yield _ok("shadow", f"{config.shadow}: {counts}; differences are mailed daily")


def _letters(config: Config) -> Iterator[Finding]:
    """Templates of the letters folder that cannot be written: the built-in is used."""
    folder = config.letters.folder
    if folder is None or not folder.is_dir():
        return
    faults = Letters(folder).check([box.address for box in config.mailboxes])
    yield from (_failure("letters", fault) for fault in faults)
    if not faults:
        yield _ok("letters", f"{folder}: every template can be written")


def _seen(config: Config) -> Iterator[Finding]:
    """What the running desk has seen: agents' verdicts, accounts, plus addresses."""
    try:
        store = open_store(config)
    except MailroomError as error:
        yield _failure("database", str(error))
        return
    try:
        yield from (_verdict(store, agent) for agent in config.agents)
        yield from (_account(store, account) for account in config.imap)
        for box in config.mailboxes:
            if box.reply == "plain" and takes_plus(store, box.address):
                yield _ok(
                    "probe", f"{box.address}: plus addresses arrive, and are used"
                )
    finally:
        store.close()


def _verdict(store: Store, agent: Agent) -> Finding:
    seen = last_verdict(store, agent)
    if seen is None:
        return _ok("agent", f"{agent.address}: no mail of his has come yet")
    text = f"{agent.address}: {seen['at'][:16]} UTC, {seen['evidence']}"
    if seen["authenticated"]:
        return _ok("agent", f"{text} ({seen['by']})")
    advice = "such mail is held until he confirms it"
    if seen.get("proved_at"):
        advice += f" (last proved {seen['proved_at'][:16]} UTC, {seen['proved_by']})"
    return Finding("agent", Health.WARNING, f"{text}; not proved, so {advice}")


def _account(store: Store, account: Imap) -> Finding:
    seen = account_health(store, account.account)
    if seen is None:
        return _ok("imap", f"{account.account}: not read yet")
    last = f"last read {(seen['read_at'] or 'never')[:16]} UTC"
    if seen["ok"]:
        return _ok("imap", f"{account.account}: {last}")
    text = f"{account.account}: {last}; since {seen['at'][:16]} UTC {seen['detail']}"
    return Finding("imap", Health.WARNING, text)


def _data(config: Config) -> Iterator[Finding]:
    trial = config.data / f".doctor.{secrets.token_hex(4)}"
    try:
        config.data.mkdir(parents=True, exist_ok=True)
        trial.write_text("")
        trial.unlink()
        load_or_create_secret(config.data)
    except OSError as error:
        yield _failure("data", f"{config.data}: {error.strerror}")
    except MailroomError as error:
        yield _failure("data", str(error))
    else:
        yield _ok("data", f"{config.data} can be written")


def _secrets(config: Config) -> Iterator[Finding]:
    """Files that hold secrets must be readable by us, and by nobody else."""
    named = [config.relay.password_file, *(a.password_file for a in config.imap)]
    if config.relay.dkim is not None:
        named.append(config.relay.dkim.key_file)
    for path in [config.data / "secret", *(p for p in named if p is not None)]:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            yield _failure("secret", f"{path}: {error.strerror}")
            continue
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            text = f"{path}: others can read it; chmod 600 {path}"
            yield Finding("secret", Health.WARNING, text)


def _disk(config: Config) -> Iterator[Finding]:
    place = next(p for p in (config.data, *config.data.parents) if p.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / 10**9:.1f} GB free at {place}"
    low = Health.FAILURE if free < _TOO_LITTLE else Health.WARNING
    yield Finding("disk", low if free < _LITTLE else Health.OK, text)


def _clock(config: Config) -> Iterator[Finding]:
    now = utcnow()
    latest = max((p.stat().st_mtime for p in config.data.glob("*")), default=0.0)
    if now < _BUILT:
        yield _failure("clock", f"the system's clock says {now:%Y-%m-%d}")
    elif latest > now.timestamp() + 60:
        yield _failure(
            "clock", f"{config.data} was written in the future; check the clock"
        )
    else:
        text = f"{now:%Y-%m-%d %H:%M:%S} UTC, zone data {zone_data_version()}"
        yield _ok("clock", text)


def _relay(config: Config) -> Iterator[Finding]:
    try:
        yield _ok("relay", f"{_no_secret(config.relay.url)} {probe_outgoing(config)}")
    except MailroomError as error:
        yield _failure("relay", str(error))


def _accounts(config: Config) -> Iterator[Finding]:
    for account in config.imap:
        try:
            yield _ok("imap", f"{account.account}: {probe_account(config, account)}")
        except MailroomError as error:
            yield _failure("imap", f"{account.account}: {error}")


def _no_secret(url: str) -> str:
    scheme, _, rest = url.partition("//")
    return f"{scheme}//{rest.rpartition('@')[2]}" if rest else url
