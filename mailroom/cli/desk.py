"""How a command comes by the desk: the configuration, then all that stands on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailroom.app import App, build
from mailroom.config import Config, load
from mailroom.errors import ConfigError, StoreBusy, StoreError, StoreTooNew
from mailroom.settings import Imap


def build_desk(config: Config) -> App:
    """Build the desk. ConfigError: what it needs cannot be had."""
    try:
        return build(config)
    except (StoreBusy, StoreTooNew):
        raise
    except StoreError as error:  # the place is wrong: for a person, configuration
        raise ConfigError(str(error)) from error


@contextmanager
def open_desk(config_path: Path) -> Iterator[App]:
    """Read the configuration, build the desk, and close its store at the end."""
    app = build_desk(load(config_path, os.environ))
    try:
        yield app
    finally:
        app.store.close()


def probe_outgoing(config: Config) -> str:
    """Try the relay; return what was seen. MailroomError: why that failed."""
    from mailroom.gateway.probe import probe_relay
    from mailroom.gateway.relay import RelaySettings

    url, password = config.relay.url, config.relay.secret()
    return probe_relay(RelaySettings(url=url, password=password, data=config.data))


def probe_account(config: Config, account: Imap) -> str:
    """Log in to an IMAP account; return what was seen. MailroomError: why it failed."""
    from mailroom.cli.doors import imap_settings
    from mailroom.gateway.probe import probe_imap

    return probe_imap(imap_settings(config, account))
