"""The web's door is a real waitress on a free port."""

import http.client
import socket
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


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_what_is_no_request_gets_a_guarded_answer(request_: bytes, status: int) -> None:
    door = HttpDoor(hello, "127.0.0.1", 0)
    door.start()
    with socket.create_connection(("127.0.0.1", door.address.port), 10) as client:
        client.sendall(request_)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.status == status
        body = answer.read().decode()
    door.stop(5)
    assert body == f"{status} {answer.reason}\n"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Server"] is None
