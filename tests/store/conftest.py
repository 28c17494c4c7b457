"""A fresh store for each test, of each backend there is."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailroom.store.contract import Store
from mailroom.store.sqlite import SqliteStore

BACKENDS = ("sqlite",)


@pytest.fixture(params=BACKENDS)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Open the test's database once more, as another process would."""
    assert request.param == "sqlite"
    return lambda: SqliteStore(tmp_path / "var" / "mailroom.db")


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Iterator[Store]:
    """An empty store."""
    store = open_store()
    yield store
    store.close()
