"""`mailroom run`, and `gateway`, `worker`, `web` alone: the processes of a desk.

What cannot be had (a port, the data folder, sound rules, a database of our version) is
found before anything is started: one line, exit code 2.
"""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from threading import Event

import click
import structlog

from mailroom import logs, worker
from mailroom.app import App
from mailroom.cli.desk import build_desk
from mailroom.cli.doors import doors_of, pollers_of, try_endpoints
from mailroom.cli.group import config_option
from mailroom.cli.supervisor import Life, Part, Supervisor, alone
from mailroom.config import load
from mailroom.errors import ConfigError
from mailroom.gateway.http import HttpDoor
from mailroom.gateway.imap import ImapPoller

log = structlog.get_logger(__name__)
FIRST_LOOK = (
    10.0  # seconds that a desk waits to see its IMAP accounts before it is ready
)
_DRAIN = timedelta(seconds=12)  # for mails under way; the supervisor waits 20 s


def _gateway(app: App, life: Life) -> None:
    loop, doors = doors_of(app)
    pollers = pollers_of(app)
    loop.start()
    for door in doors:
        life.listening(door.name, door.address)
    for poller in pollers:
        poller.start()
        life.listening("imap", poller.settings.account)
    life.on_reload.append(lambda: _reload(loop.reload_tls))
    _await_first_look(pollers, life)
    life.ready()
    life.stop.wait()
    loop.stop(_DRAIN)
    for poller in pollers:
        poller.stop(timeout=1.0)  # what it has not committed is fetched again


def _await_first_look(pollers: list[ImapPoller], life: Life) -> None:
    """Wait until each account was looked at once: mail counts as new from then on.

    One that cannot be reached, or says nothing for long, holds nobody up.
    """
    until = time.monotonic() + FIRST_LOOK
    for poller in pollers:
        while not (poller.looked.wait(0.05) or life.stop.is_set()):
            if time.monotonic() > until:
                log.warning("no first look yet", account=poller.settings.account)
                break


def _worker(app: App, life: Life) -> None:
    reload = Event()
    life.on_reload.append(reload.set)
    life.ready()
    worker.run(app, life.stop, reload)


def _in_tray(app: App, life: Life) -> None:
    reload = Event()
    life.on_reload.append(reload.set)
    life.ready()
    worker.work(app, life.stop, reload)


def _courier(app: App, life: Life) -> None:
    life.ready()
    worker.carry(app, life.stop)


def _web(app: App, life: Life) -> None:
    from web.factory import create_app  # the other parts do without Flask

    place = app.config.web.listen
    if place is None:
        raise ConfigError('[web] listen is "off"; there is nothing to run')
    door = HttpDoor(create_app(app), place.host, place.port, path=place.path)
    door.start()
    reload = Event()
    life.on_reload.append(reload.set)
    life.listening("web", door.address if place.path else f"http://{door.address}")
    life.ready()
    rules = worker.RulesOnDisk(app, reload)
    while not life.stop.wait(worker.ROUND):
        rules.look()
    door.stop()


def _reload(work: Callable[[], None]) -> None:
    """Do what SIGHUP asks; what is wrong is said, and the old stays in force."""
    try:
        work()
    except ConfigError as error:
        log.error("not reloaded, the old stays in force", reason=str(error))


_PARTS = {"gateway": _gateway, "worker": _worker, "web": _web}
_TOGETHER = {  # the worker's two trays in a process each: two cores' worth of work
    "gateway": _gateway,
    "in-tray": _in_tray,
    "courier": _courier,
    "web": _web,
}


def _prepare(config_path: Path, names: set[str], log_level: str) -> App:
    """Find all that is wrong, then build the desk."""
    logs.configure(log_level)
    config = load(config_path, os.environ)
    config.relay.secret()
    for account in config.imap:
        account.secret()
    try_endpoints(config, names)
    return build_desk(config)


def _part(app: App, name: str) -> Part:
    work = _PARTS.get(name) or _TOGETHER[name]
    return Part(name, lambda life: work(app, life))


level_option = click.option(
    "--log-level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
    default="INFO",
    show_default=True,
    help="How much the log says.",
)


@click.command
@config_option
@level_option
def run_command(config_path: Path, log_level: str) -> None:
    """Run everything: doors, IMAP pollers, worker, web. SIGTERM drains and exits 0."""
    app = _prepare(config_path, set(_PARTS), log_level)
    import_module("web.factory")  # once, before the fork
    parts = [
        _part(app, name) for name in _TOGETHER if name != "web" or app.config.web.listen
    ]
    _let_go(app)
    raise click.exceptions.Exit(Supervisor(parts).run())


def _let_go(app: App) -> None:
    """Close what must not be shared with children; each opens its own."""
    app.huey.storage.close()
    app.courier.storage.close()
    app.store.close()


def _run_alone(config_path: Path, name: str, log_level: str) -> None:
    app = _prepare(config_path, {name}, log_level)
    raise click.exceptions.Exit(alone(_part(app, name)))


@click.command
@config_option
@level_option
def gateway_command(config_path: Path, log_level: str) -> None:
    """Run the doors alone: SMTP, submission, LMTP and the IMAP pollers."""
    _run_alone(config_path, "gateway", log_level)


@click.command
@config_option
@level_option
def worker_command(config_path: Path, log_level: str) -> None:
    """Run the worker alone: tickets, letters, clocks."""
    _run_alone(config_path, "worker", log_level)


@click.command
@config_option
@level_option
def web_command(config_path: Path, log_level: str) -> None:
    """Run the pages alone."""
    _run_alone(config_path, "web", log_level)
