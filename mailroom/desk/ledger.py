"""The message ledger as it is read: also of mail that waits, who wrote what to whom.

A row of the in-tray is only described once it is processed. Until then its header is
read here, for whoever asks what waits and why.
"""

from collections.abc import Iterable
from dataclasses import replace

from mailroom.errors import MailroomError
from mailroom.message.parse import parse
from mailroom.store.contract import Inbound, MessageLine, Store
from mailroom.ticket.model import InboundId

LONGEST_LOOK = 64_000  # octets of a mail: its header, and no more of a large one


def described(store: Store, lines: Iterable[MessageLine]) -> list[MessageLine]:
    """Return lines of the ledger with what is known of mail that waits."""
    return [_described(store, line) if _waits(line) else line for line in lines]


def described_inbound(store: Store, inbound: Inbound) -> Inbound:
    """Return a row of the in-tray with what is known of it while it waits."""
    if inbound.disposition is not None:
        return inbound
    id, sender, subject = _header(store, inbound.id)
    return replace(inbound, message_id=id, sender=sender, subject=subject)


def _waits(line: MessageLine) -> bool:
    return line.direction == "in" and line.disposition is None


def _described(store: Store, line: MessageLine) -> MessageLine:
    id, sender, subject = _header(store, InboundId(line.id))
    return replace(line, message_id=id, sender=sender, subject=subject)


def _header(store: Store, id: InboundId) -> tuple[str | None, str | None, str | None]:
    """Return Message-ID, From and Subject; Nones where they cannot be read."""
    try:
        message = parse(store.inbound_raw(id)[:LONGEST_LOOK])
    except MailroomError:
        return None, None, None
    sender = message.sender
    address = sender.address or None if sender is not None else None
    return message.message_id, address, message.subject
