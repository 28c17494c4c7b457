"""The SMTP door (RFC 5321): listener, limits, certificates and a stop that drains.

Mail is taken only for our own addresses, kept through the group commit, and answered
`250` when it is on disk. The conversation itself is in `session`.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from mailroom.clock import utcnow
from mailroom.errors import ConfigError
from mailroom.gateway import listen
from mailroom.gateway.door import Door
from mailroom.gateway.limits import ConnectionLimits, MemoryBudget, Networks
from mailroom.gateway.session import SmtpSession
from mailroom.store.contract import Arrival
from mailroom.ticket.model import InboundId

log = logging.getLogger(__name__)

Recipient = Callable[[str, bool], str]
Submit = Callable[[Arrival], Awaitable[InboundId | None]]

# aiosmtpd logs every command at INFO and every line of a mail at DEBUG.
logging.getLogger("mail.log").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """A listener's settings. Sizes in octets; networks in CIDR form or addresses."""

    listen: str
    key: str = "[smtp] listen"  # how errors name the address
    hostname: str = field(default_factory=socket.gethostname)
    folder: Path = Path()  # Unix sockets and certificates are relative to it
    max_size: int = 50_000_000
    tls_cert: str | None = None
    tls_key: str | None = None
    trusted_relays: tuple[str, ...] = ()
    proxy_protocol: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()  # who may submit, besides this machine
    max_connections: int = 1000
    max_per_peer: int = 50
    memory: int = 512_000_000  # octets of mail in flight


class SmtpDoor:
    """An SMTP listener on the running event loop."""

    name = "smtp"
    session_class: type[SmtpSession] = SmtpSession

    def __init__(
        self,
        settings: ListenerSettings,
        recipient: Recipient,
        submit: Submit,
        now: Callable[[], datetime] = utcnow,
    ) -> None:
        """`recipient(address, peer_is_trusted)` says "ok", "unknown" or "bad_token".

        `submit` keeps an arrival durably (`GroupCommit.submit`). ConfigError: a wrong
        address, network or certificate.
        """
        self.settings = settings
        self._address = listen.parse(settings.listen, settings.key, settings.folder)
        self._tls = _open_tls(settings)
        trusted = Networks(settings.trusted_relays, key="[smtp] trusted_relays")
        proxies = Networks(settings.proxy_protocol, key="[smtp] proxy_protocol")
        self.door = Door(
            name=self.name,
            hostname=settings.hostname,
            recipient=recipient,
            submit=submit,
            now=now,
            memory=MemoryBudget(settings.memory),
            connections=ConnectionLimits(
                settings.max_connections,
                settings.max_per_peer,
                Networks((*settings.trusted_relays, *settings.proxy_protocol)),
            ),
            max_size=settings.max_size,
            tls=self._tls,
            trusted=trusted,
            proxies=proxies,
        )
        self._sockets: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []

    def bind(self) -> None:
        """Take the address; ConfigError when it cannot be had. `start` does it too."""
        if not self._sockets:
            self._sockets = listen.bind(self._address, self.settings.key)

    @property
    def address(self) -> listen.Address:
        """Where the door listens once it is bound (the port that 0 became)."""
        return listen.bound_address(self._sockets) if self._sockets else self._address

    async def start(self) -> None:
        """Bind and serve; returns at once."""
        self.bind()
        loop = asyncio.get_running_loop()
        for door in self._sockets:
            serve = (
                loop.create_unix_server
                if door.family == socket.AF_UNIX
                else loop.create_server
            )
            server = await serve(
                lambda: self.session_class(self.door, loop), sock=door, backlog=1024
            )
            self._servers.append(server)
        log.info("%s listens on %s", self.name, self.address)

    async def stop(self, grace: timedelta = timedelta(seconds=30)) -> None:
        """Listen no more, end idle sessions by 421, wait for mails under way."""
        self.door.draining = True
        for server in self._servers:
            server.close()
        listen.close(self._sockets, self._address)
        self._servers, self._sockets = [], []
        for session in list(self.door.sessions):
            session.drain()
        until = asyncio.get_running_loop().time() + grace.total_seconds()
        while self.door.sessions and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
        for session in list(self.door.sessions):
            log.warning("%s: %s cut off in mid-mail", self.name, session.peer)
            session.abort()

    def reload_tls(self) -> None:
        """Read the certificate again (on SIGHUP); new sessions show the new one."""
        if self._tls is not None:
            _load_certificate(self._tls, self.settings)


def _open_tls(settings: ListenerSettings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _load_certificate(context, settings)
    return context


def _load_certificate(context: ssl.SSLContext, settings: ListenerSettings) -> None:
    certificate = settings.folder / (settings.tls_cert or "")
    key = settings.folder / settings.tls_key if settings.tls_key else None
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"[smtp] tls_cert = {str(certificate)!r}: cannot be used ({reason}); "
            "give a PEM certificate chain, and its key in tls_key"
        ) from error
