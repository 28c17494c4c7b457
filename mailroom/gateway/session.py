"""One SMTP conversation (RFC 5321): aiosmtpd's machine with our own commands.

What is ours: addresses are read leniently and recipients asked for one by one; DATA is
read as bytes up to CRLF.CRLF whatever the length of its lines, so that a bare CR or LF
never ends it; `250` comes after the commit; every reply is from `replies`; time-outs
are renewed while octets come in; a drain ends idle sessions and lets a mail under way
finish.
"""

import asyncio
import logging
from functools import cache
from ssl import SSLError
from typing import Any

from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Transaction

from mailroom.errors import MailroomError
from mailroom.gateway.content import Content
from mailroom.gateway.door import Door
from mailroom.gateway.path import clean, read_path
from mailroom.gateway.replies import Answer, for_error, for_recipient
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival

log = logging.getLogger(__name__)

_END = b".\r\n"
_LONGEST_COMMAND = 2048


class _NoHooks:
    """aiosmtpd asks a handler for hooks; ours has none but that for PROXY."""

    def __dir__(self) -> list[str]:
        return ["handle_PROXY"]

    async def handle_PROXY(
        self, server: "SmtpSession", session: Any, envelope: Any, proxy: Any
    ) -> bool:
        return server.take_proxied(proxy)


_HOOKS = _NoHooks()


class _CommandSizes(dict[str, int]):
    """Octets a command may have: the same for each, whatever its name."""

    def __missing__(self, command: str) -> int:
        return _LONGEST_COMMAND


class SmtpSession(SMTP):
    """One connection at an SMTP door."""

    line_length_limit = 65_536  # the stream's buffer; no bound to lines in DATA
    command_size_limit = _LONGEST_COMMAND
    command_size_limits = _CommandSizes()
    session: Session
    envelope: Transaction

    def __init__(self, door: Door, loop: asyncio.AbstractEventLoop) -> None:
        self.door = door
        self.peer = ""
        self._admitted = False
        self._busy = False  # a mail is being received or kept
        self._eof_while_busy = False
        self._refused = 0
        self._heard = 0.0
        self._deadline = 0.0
        self._data_until: float | None = None
        super().__init__(
            _HOOKS,
            data_size_limit=door.max_size,
            enable_SMTPUTF8=True,
            hostname=door.hostname,
            ident="Mailroom",
            tls_context=door.tls,
            timeout=door.idle,
            loop=loop,
        )

    def __dir__(self) -> list[str]:
        """The command methods only: aiosmtpd looks through all names three times."""
        kind: Any = type(self)
        return _command_methods(kind)

    # Connection and time

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the peer in, or turn it away when there are too many."""
        if self._admitted:  # STARTTLS begins anew on the same connection (RFC 3207)
            super().connection_made(transport)
            return
        name = transport.get_extra_info("peername")
        self.peer = str(name[0]) if isinstance(name, tuple) else "unix"
        refusal = self._turned_away()
        if refusal is not None:
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(refusal.line + b"\r\n")
            transport.close()
            return
        self._admitted = True
        self.door.sessions.add(self)
        if self.peer in self.door.proxies:
            self._proxy_timeout = 5.0
        super().connection_made(transport)

    def _turned_away(self) -> Answer | None:
        if self.door.draining:
            return Answer.CLOSING
        if not self.door.admits(self.peer):
            log.warning("%s: %s refused by network", self.door.name, self.peer)
            return Answer.NOT_WELCOME
        if not self.door.connections.enter(self.peer):
            log.warning("%s: too many connections, %s", self.door.name, self.peer)
            return Answer.TOO_MANY_CONNECTIONS
        return None

    def take_proxied(self, proxy: Any) -> bool:
        """The peer that our proxy names (PROXY protocol); False: too many of it."""
        if proxy.src_addr is None:
            return True  # a health check of the proxy itself
        self.door.connections.leave(self.peer)
        self._admitted = False
        self.peer = str(proxy.src_addr)
        self._admitted = self._turned_away() is None
        return self._admitted

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the session; a mail under way is cancelled unless it is committed."""
        self.door.sessions.discard(self)
        if self._admitted:
            self._admitted = False
            self.door.connections.leave(self.peer)
        if self.session is not None:
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Take octets, and note when."""
        self._heard = self.loop.time()
        if self.session is not None:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """A peer that only stops sending still gets the answer to its mail."""
        if self.session is None:
            return False
        if self._busy and self._data_until is None and self.session.ssl is None:
            self._eof_while_busy = True
            return True
        return super().eof_received()

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Move the deadline; one timer looks whether it has come."""
        self._deadline = self.loop.time() + (duration or self._timeout_duration)
        if self._timeout_handle is None:
            self._arm()
        elif self._timeout_handle.when() > self._deadline:
            self._timeout_handle.cancel()
            self._arm()

    def _arm(self) -> None:
        self._timeout_handle = self.loop.call_at(self._deadline, self._timeout_cb)

    def _timeout_cb(self) -> None:
        now = self.loop.time()
        if self._data_until is not None:  # renewed by every octet of DATA
            self._deadline = min(self._heard + self.door.data_idle, self._data_until)
        if now < self._deadline:
            self._arm()
        elif self.transport is not None:
            log.info("%s: %s timed out", self.door.name, self.peer)
            self._say_goodbye(Answer.TIMED_OUT)

    def _say_goodbye(self, answer: Answer) -> None:
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            transport.write(answer.line + b"\r\n")
            transport.close()

    def drain(self) -> None:
        """End now if no mail is under way, else after its answer."""
        if not self._busy:
            self._say_goodbye(Answer.CLOSING)

    def abort(self) -> None:
        """End at once, whatever is under way."""
        transport = self._original_transport or self.transport  # below TLS
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()

    def _set_rset_state(self) -> None:
        self.envelope = Transaction()

    def _set_post_data_state(self) -> None:
        self.envelope = Transaction()

    # Commands

    async def push(self, status: str | bytes) -> None:
        """Send one reply, or several lines of one."""
        line = status.encode("utf-8", "replace") if isinstance(status, str) else status
        self._writer.write(line + b"\r\n")
        await self._writer.drain()

    async def handle_exception(self, error: Exception) -> str:
        """Any error of ours is transient to the peer and says nothing of itself."""
        if isinstance(error, (ConnectionError, asyncio.IncompleteReadError, SSLError)):
            log.info("%s: %s broke off: %s", self.door.name, self.peer, error)
            self.abort()
        else:
            log.error("%s: %s", self.door.name, self.peer, exc_info=error)
        return Answer.LOCAL_FAULT.line.decode("ascii")

    async def smtp_EHLO(self, hostname: str | None) -> None:
        """Greet and tell what there is (RFC 5321 4.1.1.1)."""
        if not hostname:
            await self.push(Answer.BAD_SYNTAX.line)
            return
        self._set_rset_state()
        self.session.extended_smtp = True
        self.session.host_name = clean(hostname)
        offers = [self.hostname, f"SIZE {self.door.max_size}", "8BITMIME", "SMTPUTF8"]
        if self.tls_context and not self._tls_protocol:
            offers.append("STARTTLS")
        lines = [f"250-{offer}" for offer in offers] + ["250 PIPELINING"]
        await self.push("\r\n".join(lines))

    async def smtp_HELO(self, hostname: str | None) -> None:
        """Greet the old way."""
        if not hostname:
            await self.push(Answer.BAD_SYNTAX.line)
            return
        self._set_rset_state()
        self.session.extended_smtp = False
        self.session.host_name = clean(hostname)
        await self.push(f"250 {self.hostname}")

    async def smtp_RSET(self, arg: str | None) -> None:
        """Forget the mail begun (RFC 5321 4.1.1.5)."""
        self._set_rset_state()
        await self.push(Answer.RESET.line)

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Take the reverse-path (RFC 5321 4.1.1.2)."""
        await self.push(self._take_sender(arg).line)

    def _take_sender(self, arg: str | None) -> Answer:
        if not self.session.host_name:
            return Answer.HELLO_FIRST
        if self.envelope.mail_from is not None:
            return Answer.NESTED_MAIL
        if arg is None or arg[:5].upper() != "FROM:":
            return Answer.BAD_SYNTAX
        path = read_path(arg[5:])
        if path is None:
            return Answer.BAD_SENDER
        address, parameters = path
        refusal = self._weigh(parameters)
        if refusal is None:
            self.envelope.mail_from = address
        return refusal or Answer.SENDER_OK

    def _weigh(self, parameters: str) -> Answer | None:
        """Read MAIL's parameters: SIZE (RFC 1870), BODY (6152), SMTPUTF8 (6531)."""
        for parameter in parameters.upper().split():
            keyword, _, value = parameter.partition("=")
            if keyword == "SIZE":
                if not value.isdigit() or len(value) > 20:
                    return Answer.BAD_SYNTAX
                if int(value) > self.door.max_size:
                    return Answer.TOO_BIG
            elif keyword == "BODY":
                if value not in ("7BIT", "8BITMIME"):
                    return Answer.BAD_PARAMETER
            elif parameter != "SMTPUTF8":
                return Answer.BAD_PARAMETER
        return None

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Take a recipient of ours (RFC 5321 4.1.1.3); never anyone else's."""
        answer = self._take_recipient(arg)
        await self.push(answer.line)
        if answer is Answer.TOO_MANY_REFUSED and self.transport is not None:
            self.transport.close()

    def _take_recipient(self, arg: str | None) -> Answer:
        if self.envelope.mail_from is None:
            return Answer.MAIL_FIRST if self.session.host_name else Answer.HELLO_FIRST
        if arg is None or arg[:3].upper() != "TO:":
            return Answer.BAD_SYNTAX
        path = read_path(arg[3:])
        if path is None or not path[0]:
            return Answer.BAD_RECIPIENT
        address, parameters = path
        if parameters:
            return Answer.BAD_PARAMETER
        if len(self.envelope.rcpt_tos) >= self.door.max_recipients:
            return Answer.TOO_MANY_RECIPIENTS
        trusted = self._is_our_mta()
        answer = for_recipient(self.door.recipient(address, trusted))
        if answer is Answer.RECIPIENT_OK:
            self.envelope.rcpt_tos.append(address)
            return answer
        return self._refuse_recipient(trusted)

    def _is_our_mta(self) -> bool:
        """Whether the peer has accepted the mail already, so that it cannot go back."""
        return self.peer in self.door.trusted

    def _refuse_recipient(self, trusted: bool) -> Answer:
        self._refused += 1
        if self._refused > self.door.max_refused and not trusted:
            log.warning("%s: %s guesses recipients", self.door.name, self.peer)
            return Answer.TOO_MANY_REFUSED
        return self.door.unknown

    # DATA

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take a mail (RFC 5321 4.1.1.4); the good answer comes after the commit."""
        if arg:
            await self.push(Answer.BAD_SYNTAX.line)
            return
        if not self.envelope.rcpt_tos:
            await self.push(Answer.RECIPIENT_FIRST.line)
            return
        self._busy = True
        taken = Content(self.door.memory, self.door.max_size)
        try:
            await self.push(Answer.GO_AHEAD.line)
            await self._receive(taken)
            self._reset_timeout(self.door.after_dot)
            answers = await self._keep(taken)
        finally:
            self._busy = False
            self._data_until = None
            taken.give_back()
        self._set_post_data_state()
        self._reset_timeout()
        await self.push(b"\r\n".join(answers))
        if self.door.draining or self._eof_while_busy or taken.endless:
            self._say_goodbye(Answer.CLOSING)

    async def _receive(self, taken: "Content") -> None:
        """Read up to CRLF.CRLF. The stream is searched for `.CRLF`, and each find
        compared with what stands before it, so that no other line ending counts."""
        self._heard = self.loop.time()
        self._data_until = self._heard + self.door.data_longest
        reader = self._reader
        self._reset_timeout(self.door.data_idle)
        while not taken.complete and not taken.endless:
            try:
                piece = await reader.readuntil(_END)
            except asyncio.LimitOverrunError as full:
                piece = await reader.read(full.consumed)
            taken.add(piece)
        self._data_until = None

    async def _keep(self, taken: "Content") -> list[bytes]:
        """Have the mail committed; return the reply, for LMTP one a recipient."""
        if taken.refusal is not None:
            return self._answers(taken.refusal)
        sender = self.envelope.mail_from
        arrival = Arrival(
            door=self.door.name,
            envelope=Envelope(
                mail_from=sender or None, rcpt_to=tuple(self.envelope.rcpt_tos)
            ),
            raw=taken.content(),
            received_at=self.door.now(),
            peer=self.peer,
            helo=self.session.host_name,
            submitted_by=(sender or None) if self.door.names_submitter else None,
        )
        try:
            await self.door.submit(arrival)
        except MailroomError as error:
            log.error("%s: not kept, %s: %s", self.door.name, self.peer, error)
            return self._answers(for_error(error))
        return self._answers(Answer.ACCEPTED)

    def _answers(self, answer: Answer) -> list[bytes]:
        return [answer.line]


@cache
def _command_methods(kind: type) -> list[str]:
    names = [name for name in dir(kind) if name.startswith("smtp_")]
    return [name for name in names if name != "smtp_AUTH"]
