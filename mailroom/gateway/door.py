"""What all conversations at one listener share: its rules, bounds and patience."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from ssl import SSLContext
from typing import Protocol

from mailroom.gateway.limits import ConnectionLimits, MemoryBudget, Networks
from mailroom.gateway.replies import Answer
from mailroom.store.contract import Arrival
from mailroom.ticket.model import InboundId


class Conversation(Protocol):
    """A session as its listener sees it."""

    peer: str

    def drain(self) -> None:
        """End now if no mail is under way, else after its answer."""

    def abort(self) -> None:
        """End at once, whatever is under way."""


@dataclass(kw_only=True)
class Door:
    """What every session of one listener shares."""

    name: str  # smtp, submission, lmtp
    hostname: str
    recipient: Callable[[str, bool], str]  # (address, trusted) -> ok unknown bad_token
    submit: Callable[[Arrival], Awaitable[InboundId | None]]
    now: Callable[[], datetime]
    memory: MemoryBudget
    connections: ConnectionLimits
    max_size: int = 50_000_000  # octets
    max_recipients: int = 100
    max_refused: int = 50  # refused recipients of one session
    tls: SSLContext | None = None
    trusted: Networks = field(default_factory=Networks)
    proxies: Networks = field(default_factory=Networks)
    admits: Callable[[str], bool] = lambda peer: True
    unknown: Answer = Answer.UNKNOWN_RECIPIENT  # told about an address not ours
    names_submitter: bool = False  # MAIL FROM says who submitted
    idle: float = 300.0  # seconds a command may take to come (RFC 5321 4.5.3.2.7)
    data_idle: float = 180.0  # seconds without an octet of DATA (4.5.3.2.5)
    data_longest: float = 3600.0  # seconds that one DATA may take in all
    after_dot: float = 600.0  # seconds for the commit (4.5.3.2.6)
    draining: bool = False
    sessions: "set[Conversation]" = field(default_factory=set)
