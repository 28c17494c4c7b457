"""The trust port: is the sender who the From says? Asked between accept and process.

The verdict is found once, stored on the inbound row and never recomputed. `gateway.trust`
implements it (RFC 8601 Authentication-Results, the submission door, own checks).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from mailroom.errors import MailroomError
from mailroom.message.model import Message
from mailroom.store.contract import Inbound


class TrustPending(MailroomError):
    """No verdict for now (a DNS failure, say); ask again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Who speaks: `authenticated` only by aligned proof or by the submission door."""

    authenticated: bool = False
    by: str = "none"  # dmarc, dkim, spf, submission, internal, none
    domain: str | None = None  # the authenticated domain, as A-labels
    evidence: str = ""  # one line for people: which header or check said so
    spam: bool = False  # a trusted relay or IMAP host marked it
    spam_evidence: str = ""

    def document(self) -> dict[str, Any]:
        """The verdict as it is stored on the inbound row."""
        return asdict(self)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Verdict":
        """A stored verdict."""
        return cls(**document)


class TrustPort(Protocol):
    """Finds the verdict for one inbound mail."""

    def __call__(self, inbound: Inbound, message: Message) -> Verdict:
        """Return the verdict; TrustPending when it cannot be found for now."""
