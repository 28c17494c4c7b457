"""What a mail is to Mailroom once it is read: frozen values, no behaviour of I/O.

Terms are those of RFC 5321 (envelope, reverse-path) and RFC 5322 (mailbox, addr-spec,
message identifier). `raw` is always the bytes as received; nothing here replaces them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox (RFC 5322 3.4): display name, maybe empty, and addr-spec as written."""

    address: str
    name: str = ""

    @property
    def key(self) -> str:
        """The address for comparisons: lower case, the domain as IDNA A-labels."""
        from mailroom.message.address import normalize

        return normalize(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """RFC 5321 2.3.1: `mail_from is None` is the null reverse-path `<>`."""

    mail_from: str | None
    rcpt_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in order of appearance, decoded, names in lower case."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """Return the first (topmost) field of that name (lower case)."""
        for key, value in self.fields:  # half the time of a generator
            if key == name:
                return value
        return default

    def all(self, name: str) -> tuple[str, ...]:
        """Return every field of that name, topmost first."""
        return tuple(value for key, value in self.fields if key == name)

    def __contains__(self, name: object) -> bool:
        for key, _ in self.fields:  # noqa: SIM110 - as above
            if key == name:
                return True
        return False

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that is kept as a file; `content` is decoded, `part` is its path ("2.1")."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None
    inline: bool = False
    part: str = ""

    @property
    def size(self) -> int:
        """Octets of the decoded content."""
        return len(self.content)


class SpanKind(StrEnum):
    """What a range of the visible text is."""

    NEW = "new"
    QUOTE = "quote"  # earlier mail, with its "On ... wrote:" or header block
    SIGNATURE = "signature"
    FORWARD = "forward"  # a message passed on, with its header block


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range [start, end) of characters in `Message.text`, and what showed it."""

    start: int
    end: int
    kind: SpanKind
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """The original inside a forward: what its header block (or attached mail) says."""

    sender: Mailbox | None
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    subject: str | None = None
    date: datetime | None = None  # aware, or None where it could not be read
    date_text: str | None = None
    text: str = ""
    attached: bool = False  # from a message/rfc822 part
    nested: "Forwarded | None" = None  # the forward inside this forward


class AutomaticKind(StrEnum):
    """RFC 3834 and its relatives: why no person wrote this mail to us alone."""

    AUTO_REPLIED = "auto-replied"  # vacation, receipt, acknowledgement of a machine
    AUTO_GENERATED = "auto-generated"  # monitoring, cron, notifications
    BULK = "bulk"  # Precedence: bulk or junk
    LIST = "list"  # List-* (RFC 2369, RFC 2919)
    RECEIPT = "receipt"  # MDN (RFC 8098)
    ABUSE_REPORT = "abuse-report"  # ARF (RFC 5965)


@dataclass(frozen=True, slots=True)
class Automatic:
    """The verdict that a mail is automatic, and each piece of evidence for it."""

    kind: AutomaticKind
    evidence: tuple[str, ...]


class BounceType(StrEnum):
    """RFC 3463 classes 5 and 4."""

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A delivery report of failure or delay (RFC 3464 or a form of its own)."""

    type: BounceType
    recipients: tuple[str, ...]  # failing addresses
    status: str | None = None  # RFC 3463, "5.1.1"
    diagnostic: str | None = None
    original_message_id: str | None = None  # without <>, from the returned mail
    evidence: tuple[str, ...] = ()
    passed_on: bool = False  # by a person's mail program, not by a mail server


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail as read. Message-IDs are without angle brackets."""

    headers: Headers
    senders: tuple[Mailbox, ...]  # every mailbox of every From field
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    subject: str = ""
    date: datetime | None = None
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""  # the whole visible text
    html: str | None = field(default=None, repr=False)  # decoded, unsanitised
    attachments: tuple[Attachment, ...] = ()
    spans: tuple[Span, ...] = ()  # covers `text` without gap or overlap
    forwarded: Forwarded | None = None
    automatic: Automatic | None = None
    bounce: Bounce | None = None
    language: str | None = None  # ISO 639-1, from Content-Language or the text
    calendar_method: str | None = None  # of text/calendar: REQUEST, REPLY, CANCEL
    protection: tuple[str, ...] = ()  # "smime-signed", "pgp-encrypted", ...
    size: int = 0  # octets of the raw mail
    defects: tuple[str, ...] = ()  # what was wrong and read all the same

    @property
    def sender(self) -> Mailbox | None:
        """The author: the first mailbox of From."""
        return self.senders[0] if self.senders else None

    @property
    def reply_text(self) -> str:
        """The new text alone, without quoted history and signature."""
        kept = [s for s in self.spans if s.kind is SpanKind.NEW]
        written = "".join(self.text[s.start : s.end] for s in kept)
        return written.strip().strip("\ufeff\u200b").strip()
