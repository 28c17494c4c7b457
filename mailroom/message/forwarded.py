"""Finds the original message inside a forward."""

from mailroom.message.model import Forwarded, Message, Span


def find(
    text: str,
    spans: tuple[Span, ...],
    attached: tuple[Message, ...],
    subject: str = "",
) -> Forwarded | None:
    """Return the original that `text` (or an attached mail) passes on, if any."""
    return None
