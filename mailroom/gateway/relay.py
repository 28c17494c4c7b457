"""Carries mail to the relay by SMTP (RFC 5321): the implementation of `desk.sender`.

One connection serves a batch; TLS is required off this machine; each recipient has a
result of its own. What the relay answered is kept word for word for the ledger.
"""

import logging
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from mailroom.desk.sender import Delivery, Sender, Session
from mailroom.errors import ConfigError, DeliveryDeferred
from mailroom.gateway import relay_url
from mailroom.gateway.maildir import MaildirRelay
from mailroom.gateway.relay_url import RelayUrl
from mailroom.gateway.signing import DkimSettings, SignedSender

log = logging.getLogger(__name__)

_LOST = (smtplib.SMTPServerDisconnected, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """How mail leaves. `only_to` restricts recipients: addresses or "@domain"."""

    url: str = "maildir:"
    password: str | None = field(default=None, repr=False)
    data: Path = Path("var")  # Maildirs are relative to it
    only_to: tuple[str, ...] = ()
    dkim: DkimSettings | None = None
    hostname: str | None = None  # for EHLO; None: this machine's name
    connect_timeout: timedelta = timedelta(seconds=15)
    timeout: timedelta = timedelta(seconds=120)
    per_connection: int = 100  # mails before a connection is opened anew
    tls_ca: Path | None = None  # certificates to trust besides the system's


def open_relay(settings: RelaySettings) -> Sender:
    """Make the sender that the settings name. ConfigError: the URL is wrong."""
    url = relay_url.parse(settings.url)
    sender: Sender
    if url.scheme == "maildir":
        sender = MaildirRelay(settings.data / (url.path or "outgoing"))
    else:
        sender = SmtpRelay(url, settings)
    if settings.dkim is not None:
        sender = SignedSender(sender, settings.dkim)
    return OnlyTo(sender, settings.only_to) if settings.only_to else sender


class SmtpRelay:
    """Opens sessions to an SMTP relay."""

    def __init__(self, url: RelayUrl, settings: RelaySettings) -> None:
        self._url = url
        self._settings = settings
        self._context = ssl.create_default_context()
        if settings.tls_ca is not None:
            try:
                self._context.load_verify_locations(settings.tls_ca)
            except OSError as error:
                raise ConfigError(
                    f"[relay] {settings.tls_ca} cannot be read as certificates "
                    f"({error.strerror}); give a PEM file"
                ) from error

    @contextmanager
    def session(self) -> Iterator["SmtpSession"]:
        """A session whose connection is opened by the first mail."""
        session = SmtpSession(self)
        try:
            yield session
        finally:
            session.close()

    def connect(self) -> smtplib.SMTP:
        """Connect, secure and log in; DeliveryDeferred when that fails for now."""
        place = f"{self._url.host}:{self._url.port}"
        try:
            smtp = self._dial()
        except smtplib.SMTPConnectError as error:
            reply = _reply(error.smtp_code, error.smtp_error)
            raise DeliveryDeferred(f"relay {place} refuses: {reply}", reply) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryDeferred(
                f"relay {place} is not reached: {_why(error)}"
            ) from error
        try:
            self._secure(smtp)
            self._log_in(smtp)
        except smtplib.SMTPResponseException as error:
            smtp.close()
            reply = _reply(error.smtp_code, error.smtp_error)
            raise DeliveryDeferred(f"relay {place} refuses: {reply}", reply) from error
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            raise DeliveryDeferred(f"relay {place} fails: {_why(error)}") from error
        except DeliveryDeferred:
            smtp.close()
            raise
        return smtp

    def _dial(self) -> smtplib.SMTP:
        wait = self._settings.connect_timeout.total_seconds()
        name = self._settings.hostname
        host, port = self._url.host, self._url.port
        if self._url.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, name, timeout=wait, context=self._context
            )
        else:
            smtp = smtplib.SMTP(host, port, name, timeout=wait)
        if smtp.sock is not None:
            smtp.sock.settimeout(self._settings.timeout.total_seconds())
        return smtp

    def _secure(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._url.scheme == "smtps" or self._url.tls == "never":
            return
        if smtp.has_extn("starttls"):
            smtp.starttls(context=self._context)
            smtp.ehlo_or_helo_if_needed()
        elif self._url.tls == "always":
            raise DeliveryDeferred(
                f"relay {self._url.host} offers no STARTTLS, and mail would go in the "
                'clear; if that is meant, add "?tls=never" to [relay] url'
            )

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        if self._url.user is None:
            return
        password = self._settings.password or self._url.password
        if password is None:
            raise DeliveryDeferred(
                f"relay {self._url.host}: [relay] url names a user and there is no "
                "password; set password_file"
            )
        smtp.login(self._url.user, password)

    @property
    def per_connection(self) -> int:
        """Mails that one connection carries."""
        return self._settings.per_connection


class SmtpSession:
    """A connection kept for a batch, opened anew after an error or many mails."""

    def __init__(self, relay: SmtpRelay) -> None:
        self._relay = relay
        self._smtp: smtplib.SMTP | None = None
        self._carried = 0

    def send(
        self, mail_from: str | None, rcpt_to: Sequence[str], raw: bytes
    ) -> Delivery:
        """Hand over one mail; see `desk.sender.Session`."""
        fresh = self._smtp is None
        try:
            return self._transact(mail_from, rcpt_to, raw)
        except _Stale:
            self._drop()
            if fresh:
                raise DeliveryDeferred("the relay hung up before the mail") from None
            # An idle connection that the relay had closed: nothing was begun on it.
            try:
                return self._transact(mail_from, rcpt_to, raw)
            except _Stale as error:
                self._drop()
                raise DeliveryDeferred("the relay hung up before the mail") from error

    def close(self) -> None:
        """Say goodbye."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None
        self._carried = 0

    def _open(self) -> smtplib.SMTP:
        if self._smtp is not None and self._carried >= self._relay.per_connection:
            self.close()
        if self._smtp is None:
            self._smtp = self._relay.connect()
        return self._smtp

    def _transact(
        self, mail_from: str | None, rcpt_to: Sequence[str], raw: bytes
    ) -> Delivery:
        smtp = self._open()
        options = _options(smtp, mail_from, rcpt_to, raw)
        try:
            code, text = smtp.mail(mail_from or "", options)
        except _LOST as error:
            raise _Stale from error
        try:
            if code != 250:
                return self._all(rcpt_to, code, text)
            delivery = self._recipients(smtp, rcpt_to)
            if not delivery.accepted:
                smtp.rset()
                return delivery
            code, text = smtp.data(raw)
        except smtplib.SMTPDataError as error:
            return self._unsent(delivery, error.smtp_code, error.smtp_error)
        except _LOST as error:
            self._drop()
            raise DeliveryDeferred(
                f"the relay hung up in mid-mail: {_why(error)}"
            ) from error
        self._carried += 1
        if code != 250:
            return self._unsent(delivery, code, text)
        return Delivery(
            accepted=delivery.accepted,
            deferred=delivery.deferred,
            refused=delivery.refused,
            answer=_reply(code, text),
        )

    def _recipients(self, smtp: smtplib.SMTP, rcpt_to: Sequence[str]) -> Delivery:
        accepted: list[str] = []
        deferred: dict[str, str] = {}
        refused: dict[str, str] = {}
        for recipient in rcpt_to:
            code, text = smtp.rcpt(recipient)
            if code in (250, 251):
                accepted.append(recipient)
                continue
            if code == 421:
                raise smtplib.SMTPServerDisconnected(_reply(code, text))
            (refused if code >= 500 else deferred)[recipient] = _reply(code, text)
        answer = next(iter((refused | deferred).values()), "")
        return Delivery(
            accepted=tuple(accepted), deferred=deferred, refused=refused, answer=answer
        )

    def _all(self, rcpt_to: Sequence[str], code: int, text: bytes) -> Delivery:
        return self._unsent(Delivery(accepted=tuple(rcpt_to)), code, text)

    def _unsent(self, delivery: Delivery, code: int, text: bytes | str) -> Delivery:
        """The whole mail failed: every accepted recipient takes this answer."""
        reply = _reply(code, text)
        if code == 421 or not self._reset():
            self._drop()
        rest: Mapping[str, str] = dict.fromkeys(delivery.accepted, reply)
        permanent = code >= 500
        return Delivery(
            deferred={**delivery.deferred, **({} if permanent else rest)},
            refused={**delivery.refused, **(rest if permanent else {})},
            answer=reply,
        )

    def _reset(self) -> bool:
        try:
            return self._smtp is not None and self._smtp.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False


class _Stale(Exception):
    """The connection was gone before this mail's first command was answered."""


class OnlyTo:
    """A sender that lets mail go to the listed recipients only (`only_to`)."""

    def __init__(self, sender: Sender, only_to: Sequence[str]) -> None:
        self._sender = sender
        self._allowed = frozenset(entry.lower() for entry in only_to)

    @contextmanager
    def session(self) -> Iterator["OnlyToSession"]:
        """A session of the sender behind, guarded."""
        with self._sender.session() as session:
            yield OnlyToSession(session, self._allowed)


class OnlyToSession:
    """A session that refuses recipients that are not listed."""

    def __init__(self, session: Session, allowed: frozenset[str]) -> None:
        self._session = session
        self._allowed = allowed

    def send(
        self, mail_from: str | None, rcpt_to: Sequence[str], raw: bytes
    ) -> Delivery:
        """Send to those who are listed; the others are refused with a clear answer."""
        listed = [recipient for recipient in rcpt_to if self._lists(recipient)]
        others = {
            recipient: "550 5.7.1 not listed in [relay] only_to, so not sent"
            for recipient in rcpt_to
            if recipient not in listed
        }
        if not listed:
            return Delivery(refused=others, answer=next(iter(others.values()), ""))
        delivery = self._session.send(mail_from, listed, raw)
        return Delivery(
            accepted=delivery.accepted,
            deferred=delivery.deferred,
            refused={**delivery.refused, **others},
            answer=delivery.answer,
        )

    def _lists(self, recipient: str) -> bool:
        address = recipient.lower()
        return address in self._allowed or (
            "@" + address.rpartition("@")[2] in self._allowed
        )


def _options(
    smtp: smtplib.SMTP, mail_from: str | None, rcpt_to: Sequence[str], raw: bytes
) -> list[str]:
    """MAIL's parameters: SIZE (RFC 1870), 8BITMIME (6152), SMTPUTF8 (6531)."""
    options = []
    if smtp.has_extn("size"):
        options.append(f"SIZE={len(raw)}")
    if smtp.has_extn("8bitmime") and not raw.isascii():
        options.append("BODY=8BITMIME")
    if not all(map(str.isascii, (mail_from or "", *rcpt_to))):
        if smtp.has_extn("smtputf8"):
            options.append("SMTPUTF8")
        smtp.command_encoding = "utf-8"
    return options


def _reply(code: int, text: bytes | str) -> str:
    """An SMTP reply on one line, as the ledger shows it."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}".strip()[:500]


def _why(error: BaseException) -> str:
    if isinstance(error, (TimeoutError, socket.timeout)):
        return "timed out"
    return " ".join(str(error).split())[:200] or type(error).__name__
