"""The web's door is a real waitress on a free port."""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from waitress.trigger import trigger

from mailroom.errors import ConfigError
from mailroom.gateway.http import HttpDoor


def hello(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"hello " + environ["PATH_INFO"].encode()]


def test_answers_and_closes_cleanly_with_a_kept_connection_open() -> None:
    door = HttpDoor(hello, "127.0.0.1", 0)
    door.start()
    kept = http.client.HTTPConnection("127.0.0.1", door.address.port, timeout=10)
    kept.request("GET", "/a")
    assert kept.getresponse().read() == b"hello /a"
    door.stop(5)
    assert not any(thread.name == "web" for thread in threading.enumerate())
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{door.address.port}/", timeout=2)
    kept.close()


def test_request_under_way_is_answered_before_the_close() -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        entered.set()
        go_on.wait(10)
        return hello(environ, start)

    door = HttpDoor(slow, "127.0.0.1", 0)
    door.start()
    client = http.client.HTTPConnection("127.0.0.1", door.address.port, timeout=10)
    client.request("GET", "/slow")
    assert entered.wait(5)
    stopper = threading.Thread(target=door.stop)
    stopper.start()
    go_on.set()
    assert client.getresponse().read() == b"hello /slow"
    stopper.join(10)
    assert not stopper.is_alive()


def test_closes_cleanly_when_the_loop_wakes_before_it_is_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pull = trigger._physical_pull

    def pull_twice(self: trigger) -> None:
        pull(self)  # as a request that ends in the same moment does
        while self.thunks:
            threading.Event().wait(0.001)
        pull(self)

    door = HttpDoor(hello, "127.0.0.1", 0)
    door.start()
    with urllib.request.urlopen(f"http://127.0.0.1:{door.address.port}/"):
        pass
    monkeypatch.setattr(trigger, "_physical_pull", pull_twice)
    door.stop(5)
    assert not any(thread.name == "web" for thread in threading.enumerate())


def test_says_nothing_of_the_server() -> None:
    door = HttpDoor(hello, "127.0.0.1", 0)
    door.start()
    with urllib.request.urlopen(f"http://127.0.0.1:{door.address.port}/") as answer:
        assert answer.headers["Server"] is None
    door.stop()


def test_taken_port_is_one_line_that_names_the_key() -> None:
    first = HttpDoor(hello, "127.0.0.1", 0)
    with pytest.raises(ConfigError) as caught:
        HttpDoor(hello, "127.0.0.1", first.address.port)
    first.stop()
    line = str(caught.value)
    assert line.startswith(f'[web] listen = "127.0.0.1:{first.address.port}"')
    assert "taken" in line
    assert "\n" not in line


def test_listens_on_both_addresses_of_localhost_and_closes() -> None:
    door = HttpDoor(hello, "localhost", 0)
    door.start()
    with urllib.request.urlopen(f"http://localhost:{door.address.port}/x") as answer:
        assert answer.read() == b"hello /x"
    door.stop(5)
    assert not any(thread.name == "web" for thread in threading.enumerate())


def test_serves_on_a_unix_socket_and_removes_it(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    door = HttpDoor(hello, "", 0, path=path)
    door.start()
    assert path.is_socket()
    door.stop(5)
    assert not path.exists()
