"""A desk is ready once it has seen its IMAP accounts: mail counts as new from then on."""

from collections.abc import Callable
from threading import Event, Thread

import pytest

from mailroom.cli import serve
from mailroom.cli.supervisor import Life
from mailroom.gateway.imap import ImapPoller, ImapSettings
from mailroom.gateway.imap_folder import Desk


def nothing(*_: object) -> None:
    """Do nothing."""


@pytest.fixture
def poller() -> ImapPoller:
    """A poller that is never started."""
    desk = Desk(
        accept_fetched=nothing, cursor=nothing, save_cursor=nothing, now=nothing
    )  # type: ignore[arg-type]
    return ImapPoller(ImapSettings(account="a", host="h", port=1, user="u"), desk)


@pytest.fixture
def waiting(poller: ImapPoller) -> Callable[[], tuple[Thread, Life]]:
    def begin() -> tuple[Thread, Life]:
        life = Life(stop=Event(), listening=nothing, ready=nothing)
        thread = Thread(target=serve._await_first_look, args=([poller], life))
        thread.start()
        return thread, life

    return begin


def test_readiness_waits_for_the_first_look(poller, waiting) -> None:
    thread, _ = waiting()
    thread.join(0.3)
    assert thread.is_alive()
    poller.looked.set()
    thread.join(10)
    assert not thread.is_alive()


def test_stop_ends_the_wait(waiting) -> None:
    thread, life = waiting()
    life.stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_account_that_says_nothing_holds_nobody_up(waiting, monkeypatch) -> None:
    monkeypatch.setattr(serve, "FIRST_LOOK", 0.1)
    thread, _ = waiting()
    thread.join(10)
    assert not thread.is_alive()
