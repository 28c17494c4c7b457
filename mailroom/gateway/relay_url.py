"""Reads `[relay] url`: which relay, how to log in, and whether TLS is a must.

`maildir:`, `maildir:PATH`, `smtp://[user[:password]@]host[:port][?tls=never|always]`,
`smtps://...`. Ports by RFC 6409 and RFC 8314: 587 with a login, else 25; 465 for smtps.
"""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from mailroom.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayUrl:
    """What a relay's URL says. `tls`: never, offered (taken if offered), always."""

    scheme: str
    host: str = ""
    port: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: str = "offered"
    path: str = ""


def parse(url: str) -> RelayUrl:
    """Read a relay's URL; ConfigError says what is wrong with it, without secrets."""
    scheme, colon, rest = url.partition(":")
    if colon and scheme == "maildir":
        return RelayUrl(scheme="maildir", path=rest.removeprefix("//"))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong("the port is not a number from 1 to 65535") from None
    if parts.scheme not in ("smtp", "smtps"):
        raise _wrong(f'it begins with "{scheme}:"')
    if not parts.hostname:
        raise _wrong("it names no host")
    if parts.path not in ("", "/") or parts.fragment:
        raise _wrong("it has a path after the host")
    user = unquote(parts.username) if parts.username else None
    return RelayUrl(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _default_port(parts.scheme, user),
        user=user,
        password=unquote(parts.password) if parts.password else None,
        tls=_read_tls(parts, parts.hostname),
    )


def _read_tls(parts: SplitResult, host: str) -> str:
    options = parse_qs(parts.query, keep_blank_values=True)
    asked = options.pop("tls", [""])[-1]
    if options:
        raise _wrong(f'"?{next(iter(options))}" is not known; there is "?tls=never"')
    if asked not in ("", "never", "always"):
        raise _wrong(f'"tls={asked}" is not known; there are "never" and "always"')
    if asked:
        return asked
    return "offered" if _is_loopback(host) else "always"


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _default_port(scheme: str, user: str | None) -> int:
    if scheme == "smtps":
        return 465
    return 587 if user else 25


def _wrong(what: str) -> ConfigError:
    return ConfigError(
        f'[relay] url: {what}; write "smtp://user@host:587", "smtps://host" '
        'or "maildir:"'
    )
