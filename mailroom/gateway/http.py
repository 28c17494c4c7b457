"""The door for the web: a WSGI application behind waitress, in threads of its own."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask

from mailroom.gateway import listen

log = logging.getLogger(__name__)

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Says at WARNING that four requests are waiting: no news under load.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


# What answers to requests carry that no application ever saw.
_GUARDED = (
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("X-Robots-Tag", "noindex, nofollow, noarchive"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)


class _Refusal(ErrorTask):  # type: ignore[misc]
    """Answers what is no request (RFC 9112): plainly, and guarded like every page."""

    def execute(self) -> None:
        error = self.request.error
        self.status = f"{error.code} {error.reason}"
        body = f"{self.status}\n".encode()
        self.response_headers.extend(_GUARDED)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _Refusal


class HttpDoor:
    """Serves a WSGI application until `stop`."""

    def __init__(
        self,
        wsgi_app: WsgiApp,
        host: str,
        port: int,
        *,
        path: Path | None = None,
        threads: int = 4,
        key: str = "[web] listen",
    ) -> None:
        """Bind and listen, on a Unix socket when `path` is given.

        ConfigError names `key` when the address cannot be had.
        """
        address = listen.Address(host=host, port=port, path=path)
        self._sockets = listen.bind(address, key)
        self.address = listen.bound_address(self._sockets)
        self._map: dict[int, Any] = {}
        self._server = create_server(
            wsgi_app,
            map=self._map,
            sockets=self._sockets,
            threads=threads,
            ident=None,  # no Server header
            clear_untrusted_proxy_headers=False,  # the application judges them
            channel_timeout=60,
            max_request_body_size=1_000_000,
            asyncore_use_poll=True,
        )
        for server in self._servers():
            server.channel_class = _Channel
        self._thread = threading.Thread(
            target=self._server.run, name="web", daemon=True
        )

    def start(self) -> None:
        """Serve in a thread of its own."""
        log.info("web listens on %s", self.address)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Take no more connections, let requests under way finish, close."""
        until = time.monotonic() + timeout
        self._in_loop(self._close_listeners)
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=timeout)
        while self._is_writing() and time.monotonic() < until:
            time.sleep(0.01)
        triggers = self._triggers()
        self._in_loop(self._leave_loop)
        if self._thread.is_alive():
            self._thread.join(timeout)
        for trigger in triggers:
            trigger.close()
        listen.close(self._sockets, self.address)

    def _servers(self) -> list[BaseWSGIServer]:
        found = list(self._map.values())
        return [item for item in found if isinstance(item, BaseWSGIServer)]

    def _close_listeners(self) -> None:
        for server in self._servers():
            server.accepting = False
            wasyncore.dispatcher.close(server)

    def _leave_loop(self) -> None:
        """Close the connections, and end the loop by leaving it nothing to wait on.

        The triggers are closed by `stop`, once the loop's thread is gone: whoever
        pulls one writes to it after its work may have been done already.
        """
        triggers = self._triggers()
        for item in list(self._map.values()):
            if item not in triggers:
                item.close()
        self._map.clear()

    def _triggers(self) -> list[Any]:
        return [item for item in list(self._map.values()) if _is_trigger(item)]

    def _is_writing(self) -> bool:
        found = list(self._map.values())
        return any(
            isinstance(item, HTTPChannel) and item.total_outbufs_len for item in found
        )

    def _in_loop(self, work: Callable[[], None]) -> None:
        """Do something in the thread that waits on the sockets, or here if none does."""
        triggers = self._triggers()
        if triggers and self._thread.is_alive():
            triggers[0].pull_trigger(work)
        else:
            work()


def _is_trigger(item: object) -> bool:
    return hasattr(item, "pull_trigger") and not isinstance(item, BaseWSGIServer)
