"""What Mailroom is about to send: a frozen value that `compose` turns into bytes.

Terms are those of RFC 5322. Nothing here knows of envelopes or relays.
"""

from dataclasses import dataclass
from datetime import datetime

from mailroom.message.model import Attachment, Mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One mail to be sent. Message-IDs are without angle brackets.

    `auto_submitted` is a keyword of RFC 3834 ("auto-replied", "auto-generated"), or
    None for what a person wrote; when set, the mail also asks Exchange for silence.
    An inline attachment with a `content_id` belongs to the HTML (RFC 2387).
    `headers` are further fields (name, unencoded value), none that `compose` writes.
    """

    from_: Mailbox
    to: tuple[Mailbox, ...]
    subject: str
    text: str
    message_id: str
    date: datetime  # aware
    cc: tuple[Mailbox, ...] = ()
    reply_to: Mailbox | None = None
    html: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    auto_submitted: str | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
