"""Behind a proxy: which visitor asks, and by which scheme (`[web] proxies`).

`X-Forwarded-For` and `X-Forwarded-Proto` are believed only from the listed networks. Each
proxy appends whom it heard, so the list is read from its end: the first address that is
no proxy of ours is the visitor. From anybody else, these fields are thrown away.
"""

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from mailroom.gateway.limits import Networks

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_FIELDS = ("FOR", "PROTO", "HOST", "PORT", "BY", "PREFIX")
_LOCAL = "127.0.0.1"  # who speaks through a Unix socket is on this machine


class BehindProxies:
    """A WSGI application that sees the visitor in place of our proxies."""

    def __init__(self, wsgi_app: WsgiApp, proxies: Networks) -> None:
        self._wsgi_app = wsgi_app
        self._proxies = proxies

    def __call__(
        self, environ: dict[str, Any], start: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request as one of the visitor."""
        said = {f: environ.pop(f"HTTP_X_FORWARDED_{f}", "") for f in _FIELDS}
        environ.pop("HTTP_FORWARDED", None)
        peer = _address(environ.get("REMOTE_ADDR", ""))
        if peer in self._proxies:
            environ["REMOTE_ADDR"] = self._visitor(peer, said["FOR"])
            scheme = said["PROTO"].rpartition(",")[2].strip().lower()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self._wsgi_app(environ, start)

    def _visitor(self, peer: str, forwarded_for: str) -> str:
        """Return the last address that is no proxy; what is no address ends the list."""
        seen = peer
        for text in reversed(forwarded_for.split(",")[-50:]):
            try:
                seen = str(ip_address(_without_port(text.strip())))
            except ValueError:
                break
            if seen not in self._proxies:
                break
        return seen


def _address(peer: str) -> str:
    return _LOCAL if peer in ("", "localhost") else peer


def _without_port(text: str) -> str:
    """Return an address that may stand in brackets and with a port."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
