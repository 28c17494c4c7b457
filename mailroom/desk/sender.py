"""The port to the relay: what `dispatch` asks of whatever carries mail away.

`gateway.relay` implements it over SMTP (RFC 5321) and into a Maildir. Per-recipient
results are values; only a session that cannot go on is an error.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one mail. The three groups hold every recipient exactly once."""

    accepted: tuple[str, ...] = ()
    deferred: Mapping[str, str] = field(default_factory=dict)  # recipient -> 4yz answer
    refused: Mapping[str, str] = field(default_factory=dict)  # recipient -> 5yz answer
    answer: str = ""  # the relay's answer to the data, for the ledger


class Session(Protocol):
    """An open way to the relay, kept for a batch."""

    def send(
        self, mail_from: str | None, rcpt_to: Sequence[str], raw: bytes
    ) -> Delivery:
        """Hand over one mail. `mail_from` None is the null reverse-path.

        Raises DeliveryDeferred when the connection is lost or refused: nothing is known
        to have been taken, and later mails of this session will not be either.
        """


class Sender(Protocol):
    """Something that opens sessions to the relay."""

    def session(self) -> AbstractContextManager[Session]:
        """Connect (lazily); DeliveryDeferred when that fails for now."""
