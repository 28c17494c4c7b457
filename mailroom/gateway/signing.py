"""Signs outgoing mail (DKIM, RFC 6376) on its way to the relay, when a key is set.

The fields a reader sees and those that thread are signed; From twice, so that none can
be added (RFC 6376 5.4.2). Needs the `[auth]` extra.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailroom.desk.sender import Delivery, Sender, Session
from mailroom.errors import ConfigError, DeliveryDeferred

_FIELDS = (
    "from to cc subject date message-id in-reply-to references reply-to mime-version "
    "content-type auto-submitted"
).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSettings:
    """Whose key signs: `selector._domainkey.domain` holds its public half."""

    domain: str
    selector: str
    key_file: Path


class SignedSender:
    """A sender whose mails are signed before they go."""

    def __init__(self, sender: Sender, settings: DkimSettings) -> None:
        """Read the key and sign with it once; ConfigError: it cannot be used."""
        self._sender = sender
        self._settings = settings
        try:
            self._key = settings.key_file.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"[relay] dkim.key_file: {settings.key_file} cannot be read "
                f"({error.strerror}); give a private key in PEM form"
            ) from error
        self.sign(b"From: a@example.com\r\n\r\n")

    def sign(self, raw: bytes) -> bytes:
        """Return the mail with its signature on top."""
        try:
            from dkim import DKIMException
            from dkim import sign as dkim_sign
        except ImportError as error:
            raise ConfigError(
                "[relay] dkim needs the package dkimpy; "
                'run: pip install "mailroom-helpdesk[auth]"'
            ) from error
        wanted = self._settings
        there = {line.partition(b":")[0].strip().lower() for line in _head(raw)}
        fields = [name.encode() for name in _FIELDS if name.encode() in there]
        try:
            signature: bytes = dkim_sign(
                raw,
                wanted.selector.encode("ascii"),
                wanted.domain.encode("idna"),
                self._key,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=[*fields, b"from"],
            )
        except (DKIMException, ValueError, UnicodeError) as error:
            raise ConfigError(
                f"[relay] dkim.key_file: {wanted.key_file} cannot sign ({error}); "
                "give an RSA private key in PEM form"
            ) from error
        return signature + raw

    @contextmanager
    def session(self) -> Iterator["SignedSession"]:
        """A session of the sender behind; its mails are signed."""
        with self._sender.session() as session:
            yield SignedSession(self, session)


class SignedSession:
    """A session that signs."""

    def __init__(self, signer: SignedSender, session: Session) -> None:
        self._signer = signer
        self._session = session

    def send(
        self, mail_from: str | None, rcpt_to: Sequence[str], raw: bytes
    ) -> Delivery:
        """Sign and hand over one mail; a mail that cannot be signed is deferred."""
        try:
            signed = self._signer.sign(raw)
        except ConfigError as error:
            raise DeliveryDeferred(str(error)) from error
        return self._session.send(mail_from, rcpt_to, signed)


def _head(raw: bytes) -> list[bytes]:
    return raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
