"""How a command comes by the desk: the configuration, then all that stands on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailroom.app import App, build
from mailroom.config import load


@contextmanager
def open_desk(config_path: Path) -> Iterator[App]:
    """Read the configuration, build the desk, and close its store at the end."""
    app = build(load(config_path, os.environ))
    try:
        yield app
    finally:
        app.store.close()
