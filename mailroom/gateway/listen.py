"""Where a door listens: `host:port`, `[v6]:port` or `unix:path`, and binding there.

An address that cannot be had is one clear ConfigError that names the key.
"""

import errno
import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from mailroom.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Address:
    """A place to listen: TCP host and port, or the path of a Unix socket."""

    host: str = ""
    port: int = 0
    path: Path | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse(listen: str, key: str, folder: Path = Path()) -> Address:
    """Read a `listen` value; a Unix path is relative to `folder`. `key` names it."""
    if listen.startswith("unix:"):
        path = listen.removeprefix("unix:")
        if not path:
            raise ConfigError(f'{key}: "{listen}" names no path; write "unix:PATH"')
        return Address(path=folder / path)
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ConfigError(
            f'{key}: "{listen}" is no address; write "127.0.0.1:8025", '
            '"[::1]:8025" or "unix:PATH"'
        )
    return Address(host=host, port=int(port))


def bind(address: Address, key: str, backlog: int = 1024) -> list[socket.socket]:
    """Bind and listen. ConfigError: taken, forbidden or not of this machine."""
    try:
        if address.path is not None:
            return [_bind_unix(address.path, backlog)]
        return _bind_tcp(address, backlog)
    except OSError as error:
        raise ConfigError(f'{key} = "{address}": {_explain(error)}') from error


def bound_address(sockets: list[socket.socket]) -> Address:
    """Return where the first socket listens (the port that 0 became)."""
    name = sockets[0].getsockname()
    if isinstance(name, str):
        return Address(path=Path(name))
    return Address(host=name[0], port=name[1])


def _bind_tcp(address: Address, backlog: int) -> list[socket.socket]:
    found = socket.getaddrinfo(
        address.host,
        address.port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, place in dict.fromkeys(found):
            door = socket.socket(family, kind, protocol)
            bound.append(door)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            door.bind(place)
            door.listen(backlog)
            door.setblocking(False)
            if address.port == 0:
                break  # one port of the system's choice, not one per family
    except OSError:
        close(bound)
        raise
    return bound


def _bind_unix(path: Path, backlog: int) -> socket.socket:
    _remove_stale(path)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        door.bind(str(path))
        path.chmod(0o660)
        door.listen(backlog)
        door.setblocking(False)
    except OSError:
        door.close()
        raise
    return door


def _remove_stale(path: Path) -> None:
    """Remove a socket file that nobody listens on any more."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise OSError(errno.EEXIST, "is there and no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def close(sockets: list[socket.socket], address: Address | None = None) -> None:
    """Close listening sockets, and remove the file of a Unix socket."""
    for door in sockets:
        door.close()
    if address is not None and address.path is not None:
        address.path.unlink(missing_ok=True)


def _explain(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the address is taken; stop what listens there or choose another"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "not permitted; ports below 1024 need privileges, so choose another"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return "this machine has no such address; choose one that it has"
    return f"cannot listen there ({error.strerror or error})"
