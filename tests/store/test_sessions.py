"""Logins and sessions of the desk's pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailroom.errors import StoreError
from mailroom.store.contract import Store

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def ann(store: Store) -> Any:
    with store.transaction():
        return store.person_for("ann@acme.example", "Ann")


def test_a_login_is_good_once(store: Store, ann: Any) -> None:
    with store.transaction():
        store.add_login("d1", ann, NOW + HOUR)
    assert store.login("d1", NOW) == ann
    assert store.login("d1", NOW) == ann
    with store.transaction():
        assert store.take_login("d1", NOW) == ann
        assert store.take_login("d1", NOW) is None
    assert store.login("d1", NOW) is None


def test_a_login_expires(store: Store, ann: Any) -> None:
    with store.transaction():
        store.add_login("d1", ann, NOW + HOUR)
        assert store.take_login("d1", NOW + HOUR) is None


def test_a_session_lasts_until_it_expires_or_ends(store: Store, ann: Any) -> None:
    with store.transaction():
        store.add_session("s1", ann, NOW, NOW + HOUR)
        store.add_session("s2", ann, NOW, NOW + HOUR)
        store.end_session("s1")
    assert store.session("s1", NOW) is None
    assert store.session("s2", NOW) == ann
    assert store.session("s2", NOW + HOUR) is None


def test_all_sessions_and_logins_of_a_person_end_together(
    store: Store, ann: Any
) -> None:
    with store.transaction():
        bob = store.person_for("bob@acme.example")
        store.add_session("s1", ann, NOW, NOW + HOUR)
        store.add_session("s2", ann, NOW, NOW + HOUR)
        store.add_session("s3", bob, NOW, NOW + HOUR)
        store.add_login("d1", ann, NOW + HOUR)
        assert store.end_sessions_of(ann) == 2
    assert store.session("s1", NOW) is None
    assert store.login("d1", NOW) is None
    assert store.session("s3", NOW) == bob


def test_sessions_are_written_in_transactions_only(store: Store, ann: Any) -> None:
    with pytest.raises(StoreError):
        store.add_session("s1", ann, NOW, NOW + HOUR)
