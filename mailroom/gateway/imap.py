"""Polls an IMAP account (RFC 9051): IDLE (RFC 2177) where there is, else now and then.

One thread and one connection an account. Any failure throws the connection away; the
next one is opened after a growing, jittered pause. What was taken is in the cursor, so
that a new connection goes on where the last commit was.
"""

import logging
import os
import random
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from mailroom.errors import ConfigError, MailroomError
from mailroom.gateway.imap_folder import Desk, Folder

log = logging.getLogger(__name__)

_LONGEST_IDLE = 540.0  # seconds; servers hang up after 30 minutes (RFC 2177)
_LOOK_ANYWAY = 240.0  # seconds; some servers forget to say that there is mail
_LONGEST_PAUSE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """An account. `account` names it in doors, cursors and the ledger."""

    account: str
    host: str
    port: int
    user: str
    password: str | None = field(default=None, repr=False)
    tls: str = "implicit"  # or "starttls", "never"
    oauth: bool = False  # log in by XOAUTH2 with a token, not by password
    folder: str = "INBOX"
    recipient: str | None = None  # the mailbox this account feeds
    after_fetch: str = "flag"  # or "delete", "move:FOLDER"
    since: timedelta | None = None
    sent: str | None = None
    poll: timedelta = timedelta(seconds=60)
    idle: bool = True  # False: poll even where the server can IDLE
    connect_timeout: float = 15.0
    read_timeout: float = 60.0
    first_pause: float = 1.0  # seconds before the first reconnection


@dataclass(frozen=True, slots=True)
class ImapHealth:
    """How an account fares: whether the last pass went well, when, and what was wrong."""

    account: str
    ok: bool
    at: datetime
    detail: str = ""


class _Client(IMAPClient):  # type: ignore[misc]
    """Looks for answers in the stream's buffer, too, when asked not to wait.

    What came together with the answer to IDLE is in the buffer already, and the socket
    would never be readable for it.
    """

    def _poll_socket(self, sock: object, timeout: float | None = None) -> object:
        return True if timeout == 0 else super()._poll_socket(sock, timeout)


class ImapPoller:
    """Reads an account in a thread of its own until `stop`."""

    def __init__(
        self,
        settings: ImapSettings,
        desk: Desk,
        report: Callable[[ImapHealth], None] = lambda health: None,
        token: Callable[[], str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`token` gives an OAuth 2 access token; ConfigError when it is missing."""
        if settings.oauth and token is None:
            raise ConfigError(
                f"[[imap]] {settings.account}: oauth needs the package msal (Microsoft) "
                "or google-auth (Google), which is not installed; install it, or use "
                "password_file"
            )
        self.settings = settings
        self._desk = desk
        self._report = report
        self._token = token
        self._tls = tls or ssl.create_default_context()
        self._stopped = threading.Event()
        self.looked = threading.Event()  # at the account once, or tried in vain
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(
            target=self.run, name=f"imap:{settings.account}", daemon=True
        )
        self._client: IMAPClient | None = None
        self._folders = self._name_folders()

    def _name_folders(self) -> list[Folder]:
        wanted = self.settings
        folders = [
            Folder(
                account=wanted.account,
                name=wanted.folder,
                door=f"imap:{wanted.account}",
                desk=self._desk,
                recipient=wanted.recipient,
                after=wanted.after_fetch,
                since=wanted.since,
            )
        ]
        if wanted.sent:
            sent = Folder(
                account=wanted.account,
                name=wanted.sent,
                door=f"imap-sent:{wanted.account}",
                desk=self._desk,
                after="none",
                since=wanted.since,
            )
            folders.insert(0, sent)  # the inbox stays selected for IDLE
        return folders

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Wake the thread from whatever it waits for, and wait for its end.

        A mail under way is finished; a server that says nothing is hung up on after
        half of `timeout` (seconds).
        """
        if not self._stopped.is_set():
            self._stopped.set()
            os.write(self._wake_write, b"x")
        if self._thread.is_alive():
            self._thread.join(timeout / 2)
        client = self._client
        if self._thread.is_alive() and client is not None:
            with suppress(OSError):
                client.socket().shutdown(socket.SHUT_RDWR)
            self._thread.join(timeout / 2)

    def run(self) -> None:
        """Connect, read, wait and reconnect, in this thread, until `stop`."""
        pause = self.settings.first_pause
        while not self._stopped.is_set():
            passes = 0
            try:
                with self._connect() as client:
                    for _ in self._passes(client):
                        passes += 1
            except (OSError, IMAPClientError, MailroomError) as error:
                self._failed(error)
            except Exception as error:  # the edge: a poller must outlive any mail
                log.exception("imap: %s", self.settings.account)
                self._failed(error)
            pause = (
                self.settings.first_pause if passes else min(pause * 2, _LONGEST_PAUSE)
            )
            self._stopped.wait(pause * random.uniform(0.5, 1.5))  # noqa: S311

    def _failed(self, error: Exception) -> None:
        what = "login refused" if isinstance(error, LoginError) else "failed"
        detail = f"{what}: {_one_line(error)}"
        if not self._stopped.is_set():
            log.warning("imap: %s %s", self.settings.account, detail)
        self._tell(False, detail)

    def _tell(self, ok: bool, detail: str = "") -> None:
        health = ImapHealth(self.settings.account, ok, self._desk.now(), detail)
        try:
            self._report(health)
        except MailroomError as error:
            log.warning("imap: health not kept: %s", error)
        self.looked.set()

    @contextmanager
    def _connect(self) -> Iterator[IMAPClient]:
        wanted = self.settings
        client = _Client(
            wanted.host,
            wanted.port,
            ssl=wanted.tls == "implicit",
            ssl_context=self._tls if wanted.tls == "implicit" else None,
            timeout=SocketTimeout(wanted.connect_timeout, wanted.read_timeout),
        )
        self._client = client
        try:
            client.normalise_times = False  # INTERNALDATE stays aware
            if wanted.tls == "starttls":
                client.starttls(self._tls)
            if self._token is not None and wanted.oauth:
                client.oauth2_login(wanted.user, self._token())
            else:
                client.login(wanted.user, wanted.password or "")
            for folder in self._folders:
                folder.reconnected()
            yield client
            with suppress(OSError, IMAPClientError):
                client.logout()
        finally:
            self._client = None
            with suppress(OSError, IMAPClientError):
                client.shutdown()

    def _passes(self, client: IMAPClient) -> Iterator[None]:
        """One pass through the folders after the other, with a wait between."""
        idles = self.settings.idle and client.has_capability("IDLE")
        while not self._stopped.is_set():
            for folder in self._folders:
                folder.take(client, self._stopped.is_set)
            self._tell(True)
            yield
            if self._stopped.is_set():
                return
            if idles:
                self._idle(client)
            else:
                self._stopped.wait(self.settings.poll.total_seconds())

    def _idle(self, client: IMAPClient) -> None:
        """Wait until the server speaks of new mail, `stop`, or it is time to look."""
        longest = _LOOK_ANYWAY
        if len(self._folders) > 1:  # only the selected folder is watched
            longest = self.settings.poll.total_seconds()
        until = time.monotonic() + min(longest, _LONGEST_IDLE)
        client.idle()
        # What came in one packet with the answer to IDLE waits in the reader's buffer,
        # where neither idle_check nor select would see it.
        if _is_buffered(client, self.settings.read_timeout) or any(
            map(_is_news, client.idle_check(timeout=0))
        ):
            client.idle_done()
            return
        poller = select.poll()
        poller.register(client.socket(), select.POLLIN)
        poller.register(self._wake_read, select.POLLIN)
        while not self._stopped.is_set():
            wait = until - time.monotonic()
            if wait <= 0:
                break
            ready = [descriptor for descriptor, _ in poller.poll(wait * 1000)]
            if not ready or self._wake_read in ready:
                break
            answers = client.idle_check(timeout=0)
            if not answers:
                break  # readable and nothing to read: maybe the server hung up
            if any(_is_news(answer) for answer in answers):
                break
        client.idle_done()


def _is_buffered(client: IMAPClient, read_timeout: float) -> bool:
    """Whether octets have been read from the socket that nobody has looked at yet."""
    library = client._imap
    reader = getattr(library, "file", None) or getattr(library, "_file", None)
    if reader is None:
        return False
    client.socket().setblocking(False)
    try:
        return bool(reader.peek(1))
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    finally:
        client.socket().settimeout(read_timeout)


def _is_news(answer: tuple[object, ...]) -> bool:
    """Whether an untagged answer may mean new mail, or the end (BYE)."""
    return any(word in answer for word in (b"EXISTS", b"RECENT", b"BYE"))


def _one_line(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return " ".join(str(error).split())[:200] or type(error).__name__
