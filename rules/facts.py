"""The whole vocabulary that a rule's condition may see, typed; nothing else is visible.

Addresses and domains are lower-case with the domain as IDNA A-labels (RFC 5890), header
names are lower-case, `received` is aware. The caller, who knows mail, fills these in; the
rules see them as they are here. They are stored as JSON with each decision and read back
to equal values, so that a decision can be explained and repeated later. For that, what is
unbounded in a mail is cut when facts are made, and a condition sees only what is kept:

    text        100,000 characters
    subject, each header field, name, file name     4,000 characters
    headers     300 fields; to, cc, mailboxes, attachments: 500 entries each

Lone surrogates (from broken mail) become U+FFFD, because UTF-8 cannot carry them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

MAX_TEXT = 100_000  # characters of `text` that are kept
MAX_LINE = 4_000  # characters of any other string
MAX_HEADERS = 300
MAX_ENTRIES = 500

EVENTS = ("opened", "customer_reply", "agent_reply", "changed")


def _clean(text: str, limit: int = MAX_LINE) -> str:
    """Cut to what is kept; a lone surrogate becomes U+FFFD."""
    cut = text[:limit]
    if cut.isascii():
        return cut
    return cut.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _entries(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(_clean(value) for value in tuple(values)[:MAX_ENTRIES])


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderFacts:
    """Who wrote: `sender.*` in conditions. All "" where the mail has no usable From."""

    address: str = ""  # addr-spec, lower case, A-labels
    domain: str = ""  # the part after the last "@" of `address`
    name: str = ""  # display name as written
    organization: str | None = None  # key of `[organization.KEY]`
    known: bool = False  # has written to this desk before
    authenticated: bool = False  # the trust verdict

    def __post_init__(self) -> None:
        for key in ("address", "domain", "name"):
            object.__setattr__(self, key, _clean(getattr(self, key)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFacts:
    """The ticket as it was before the look: `ticket.*` in conditions."""

    status: str = "new"
    priority: str = "normal"
    team: str | None = None  # null until set
    assignee: str | None = None  # address; null until set
    tags: tuple[str, ...] = ()
    age: timedelta = timedelta()  # elapsed time since the ticket opened
    messages: int = 1  # before the look, notes too; the opening mail counts
    reopened: int = 0  # how many times; 0 is false in a condition

    def __post_init__(self) -> None:
        object.__setattr__(self, "tags", _entries(self.tags))

    def plain(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {**_attributes(self), "age": self.age.total_seconds()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "TicketFacts":
        """Read what `plain` returned; keys it does not know are left out."""
        known = _known(cls, plain)
        return cls(**{**known, "age": timedelta(seconds=known["age"])})

    def to_json(self) -> str:
        """Return one line of JSON that `from_json` reads back to equal facts."""
        return json.dumps(self.plain(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "TicketFacts":
        """Read what `to_json` wrote. Raises as `Facts.from_json` does."""
        return cls.from_plain(json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the rules see of one mail and its ticket.

    `mailboxes` are our own mailboxes that this mail was for, in the envelope or in To
    (main address and, where it came to an alias, the alias too); the rule key `to` looks
    there. `headers` has the topmost field of each name.
    """

    sender: SenderFacts
    received: datetime  # aware; conditions see it in UTC
    recipient: str = ""  # the mailbox of the mail: first of ours in To, Cc, envelope
    mailboxes: tuple[str, ...] = ()
    to: tuple[str, ...] = ()  # addresses of To
    cc: tuple[str, ...] = ()  # addresses of Cc
    subject: str = ""  # decoded
    text: str = ""  # the new text alone, without quoted history and signature
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()  # file names
    size: int = 0  # octets of the raw mail
    language: str | None = None  # ISO 639-1
    reply: bool = False  # is a follow-up on an existing ticket
    ticket: TicketFacts = TicketFacts()

    def __post_init__(self) -> None:
        if self.received.tzinfo is None:
            raise ValueError("Facts.received must be an aware datetime")
        for key in ("recipient", "subject"):
            object.__setattr__(self, key, _clean(getattr(self, key)))
        object.__setattr__(self, "text", _clean(self.text, MAX_TEXT))
        for key in ("mailboxes", "to", "cc", "attachments"):
            object.__setattr__(self, key, _entries(getattr(self, key)))
        fields = list(self.headers.items())[:MAX_HEADERS]
        kept = {_clean(name): _clean(value) for name, value in fields}
        object.__setattr__(self, "headers", kept)

    def to_json(self) -> str:
        """Return one line of JSON that `from_json` reads back to equal facts."""
        plain = _attributes(self)
        plain["received"] = self.received.isoformat()
        plain["sender"] = _attributes(self.sender)
        plain["ticket"] = self.ticket.plain()
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Facts":
        """Read what `to_json` wrote; keys it does not know (newer ones) are left out.

        Raises ValueError (json.JSONDecodeError among them) or KeyError on other text.
        """
        plain = _known(cls, json.loads(text))
        plain["received"] = datetime.fromisoformat(plain["received"])
        plain["sender"] = SenderFacts(**_known(SenderFacts, plain["sender"]))
        plain["ticket"] = TicketFacts.from_plain(plain["ticket"])
        return cls(**plain)


def _attributes(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _known(cls: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in cls.__dataclass_fields__ if key in values}
