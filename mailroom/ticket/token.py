"""Capabilities that ride in our addresses and Message-IDs (RFC 2104 HMAC, RFC 5233).

A token says: this ticket, this person, this permission. It is checked in constant time
without the database, is case-insensitive (addresses are folded in transit) and short:

    1042.c17.k3x9q2mzabcd2345        ticket . permission person . MAC

Person 0 stands for everybody that a mail went to. Where the token rides (reply address,
Message-ID, a page's link) is not part of the MAC, its purpose is.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NewType

from mailroom.ticket.model import PersonId, TicketId

Key = NewType("Key", bytes)
EVERYBODY = PersonId(0)
NO_TICKET = TicketId(0)  # an answer opens a ticket of its own
_MAC_LENGTH = 16  # base32 digits: 80 bits


class Permission(StrEnum):
    """What an answer with this token may be."""

    CUSTOMER = "c"  # the public side; who speaks is the From
    PUBLIC = "p"  # an agent's reply to the customer
    INTERNAL = "n"  # an agent's reply that stays internal
    RELEASE = "h"  # an agent's answer that releases held mail: `ticket` is its message


@dataclass(frozen=True, slots=True)
class Token:
    """What a valid token says."""

    ticket: TicketId
    permission: Permission
    person: PersonId = EVERYBODY

    @property
    def subject(self) -> str:
        """What the MAC covers, besides the purpose."""
        return f"{self.ticket}.{self.permission.value}{self.person}"


_PERMISSIONS = frozenset(permission.value for permission in Permission)
_UNIQUE_LENGTH = 8  # of a Message-ID's own digits in a return path
_RETURN_PATH = re.compile(
    r"b((\d{1,15})\.([cpnh])(\d{1,15})\.[0-9a-f]{8})\.([a-z2-7]{16})", re.ASCII
)


def seal(token: Token, key: bytes) -> str:
    """Return the token as text that fits an address's local part."""
    return f"{token.subject}.{_mac(token.subject, key, 'reply')}"


def unseal(text: str, keys: Sequence[bytes]) -> Token | None:
    """Return what a sealed token says, or None where no accepted key made it."""
    token = read(text)
    if token is None:
        return None
    given = text.lower().rsplit(".", 1)[1]
    good = [hmac.compare_digest(given, _mac(token.subject, k, "reply")) for k in keys]
    return token if any(good) else None


def read(text: str) -> Token | None:
    """Return what a text of the token's form claims, unproven; None: no such form."""
    parts = text.lower().split(".")
    if len(parts) != 3 or len(parts[2]) != _MAC_LENGTH or not parts[2].isascii():
        return None
    number, who = parts[0], parts[1]
    if not (_digits(number) and who[:1] in _PERMISSIONS and _digits(who[1:])):
        return None
    return Token(TicketId(int(number)), Permission(who[0]), PersonId(int(who[1:])))


def sign(purpose: str, subject: str, key: bytes) -> str:
    """Return a short MAC for another purpose (a page's link, a confirmation)."""
    return _mac(subject, key, purpose)


def is_signed(purpose: str, subject: str, mac: str, keys: Sequence[bytes]) -> bool:
    """Check, in constant time, a MAC that `sign` made with one of the keys."""
    given = mac.lower().encode("utf-8", "replace")
    good = [
        hmac.compare_digest(given, _mac(subject, key, purpose).encode()) for key in keys
    ]
    return any(good)


def message_id(token: Token, dedupe_key: str, key: bytes, domain: str) -> str:
    """Return a Message-ID (without <>) that carries the token and is fixed by its letter."""
    unique = sha256(key + dedupe_key.encode()).hexdigest()[:12]
    return f"{seal(token, key)}.{unique}@{domain}"


def return_path(message_id: str, key: bytes) -> str | None:
    """Return the detail of the return path of one of our letters (`b<mac>`), or None.

    It names the letter and whom it was for, and its MAC is checked without a database:
    `b1042.c17.0123abcd.k3x9q2mzabcd2345`.
    """
    local = message_id.partition("@")[0]
    text, _, unique = local.rpartition(".")
    token = read(text)
    if token is None:
        return None
    subject = f"{token.subject}.{unique[:_UNIQUE_LENGTH]}"
    return f"b{subject}.{_mac(subject, key, 'bounce')}"


def from_return_path(detail: str, keys: Sequence[bytes]) -> Token | None:
    """Return what a return path's detail says, or None where no key of ours made it."""
    found = _RETURN_PATH.fullmatch(detail.lower())
    if found is None:
        return None
    if not is_signed("bounce", found[1], found[5], keys):
        return None
    ticket, person = TicketId(int(found[2])), PersonId(int(found[4]))
    return Token(ticket, Permission(found[3]), person)


def is_return_path(detail: str) -> bool:
    """Whether a detail has the form of a return path, whoever made it."""
    return _RETURN_PATH.fullmatch(detail.lower()) is not None


def from_message_id(message_id: str, keys: Sequence[bytes]) -> Token | None:
    """Return the token that one of our Message-IDs carries, or None."""
    local = message_id.partition("@")[0]
    text, _, unique = local.rpartition(".")
    return unseal(text, keys) if unique else None


def _mac(subject: str, key: bytes, purpose: str) -> str:
    digest = hmac.digest(key, f"{purpose}:{subject}".encode(), "sha256")
    return b32encode(digest[:10]).decode().lower()


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15
