"""A mail as the desk sees it: what came, who speaks, which of our addresses it meant.

This is the gather step of intake, made of the inbound row and the parsed mail alone;
which ticket it belongs to is looked up afterwards.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from mailroom.desk.office import Office
from mailroom.desk.trust import Verdict
from mailroom.message.address import mailboxes, normalize
from mailroom.message.automatic import is_no_reply
from mailroom.message.model import Mailbox, Message, SpanKind
from mailroom.message.parse import parse
from mailroom.settings import Agent
from mailroom.store.contract import Inbound
from mailroom.ticket.followup import Clues, clues
from mailroom.ticket.model import InboundId, TicketId
from mailroom.ticket.recipient import Place, Recipient
from mailroom.ticket.token import Permission, Token

MOST_ADDRESSES = 10  # more in To and Cc: nobody joins by being copied
_MAILTO = re.compile(r"<mailto:([^?>]{1,320})", re.IGNORECASE)
_NOBODY = Mailbox("", "")
# Attached by mail clients themselves: who signed, and how to reach him.
SIGNATURES = frozenset(
    {
        "application/pgp-signature",
        "application/pgp-keys",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "text/vcard",
        "text/x-vcard",
        "text/directory",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One inbound mail, read."""

    inbound: Inbound
    raw: bytes
    message: Message
    verdict: Verdict
    author: Mailbox  # the From; an empty address where there is none
    agent: Agent | None  # the agent whose address the From is, proven or not
    mailbox: str  # main address of the mailbox that it is for
    recipient: Recipient  # the address that says most: token, control, mailbox
    clues: Clues
    came_back: Token | None = None  # of the letter whose return path it was sent to

    @property
    def is_agent(self) -> bool:
        """Whether an agent speaks: an agent's address, and authenticated."""
        return self.agent is not None and self.verdict.authenticated

    @property
    def is_null_sender(self) -> bool:
        """Whether it came from the null reverse-path, as far as the door was told."""
        if self.inbound.door.startswith("imap"):
            return self.message.headers.get("return-path", "-").strip() == "<>"
        return self.inbound.envelope.mail_from is None

    @property
    def content_key(self) -> str:
        """Equal for two copies of one mail: Message-ID, From, Date and content."""
        fields = self.message.headers
        named = (fields.get("message-id"), fields.get("from"), fields.get("date"))
        body = self.raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2].rstrip()
        key = "\0".join(named).encode("utf-8", "surrogatepass")
        return sha256(key + b"\0" + body).hexdigest()


def parse_inbound(
    inbound: Inbound, raw: bytes, own_lists: Collection[str] = ()
) -> Message:
    """Parse a mail under the envelope that its door was told.

    `own_lists`: the List-Ids of our own groups, which are no evidence of a list.

    A mailbox that we fetch from tells none: there the Return-Path that the delivering
    host wrote on top is asked (RFC 5321 4.4), and where it wrote none nothing is known.
    """
    unknown = inbound.envelope.mail_from is None and inbound.door.startswith("imap")
    return parse(raw, None if unknown else inbound.envelope, own_lists)


def read(
    office: Office,
    inbound: Inbound,
    raw: bytes,
    message: Message,
    verdict: Verdict,
    keys: tuple[bytes, ...],
) -> Reading:
    """Read one mail."""
    author = _author(inbound, message)
    written_for = _written_for(office, message)
    if written_for is not None:
        author = written_for
        verdict = replace(verdict, authenticated=False, evidence="written by a form")
    recipient, mailbox = _recipient(office, inbound, message)
    came_back = _came_back(office, inbound, message)
    expired = recipient.place is Place.EXPIRED
    found = clues(
        message,
        None if expired else recipient.token,
        keys,
        office.tag,
        subject_of=partial(_subject_of, office),
        expired=recipient.token if expired else None,
    )
    if came_back is not None and found.token is None and _threads(came_back):
        found = replace(found, message_id_token=came_back)
    return Reading(
        inbound=inbound,
        raw=raw,
        message=message,
        verdict=verdict,
        author=author,
        agent=office.audience.acting(author.address) if author.address else None,
        mailbox=mailbox,
        recipient=recipient,
        clues=found,
        came_back=came_back,
    )


def _subject_of(office: Office, ticket: TicketId) -> str | None:
    found = office.store.ticket(ticket)
    return found.subject if found is not None else None


def read_again(office: Office, message: InboundId) -> Reading | None:
    """Read a mail of the in-tray once more; None: there is none."""
    inbound = office.store.inbound(message)
    if inbound is None:
        return None
    raw = office.store.inbound_raw(message)
    verdict = Verdict.read(inbound.trust) if inbound.trust is not None else Verdict()
    parsed = parse_inbound(inbound, raw, office.own_lists)
    keys = office.keys.accepted(office.now())
    return read(office, inbound, raw, parsed, verdict, keys)


def speaks_for(office: Office, reading: Reading) -> Mailbox:
    """Return for whom a ticket of this mail is: its author, or whom an agent names.

    That is the sender of the mail that he forwards, else the first outsider in To or Cc.
    """
    if not reading.is_agent:
        return reading.author
    original = reading.message.forwarded
    sender = original.sender if original is not None else None
    if sender is not None and is_outsider(office, sender):
        return sender
    others = outsiders(office, reading)
    return others[0] if others else reading.author


def is_outsider(office: Office, mailbox: Mailbox) -> bool:
    """Whether somebody is neither ours nor an agent."""
    ours = office.book.is_ours(mailbox.address)
    return not ours and office.audience.agent(mailbox.address) is None


def opening_text(message: Message) -> str:
    """Return what a mail that opens a ticket says: all but the history it quotes.

    A telephone number below a signature and a forwarded mail are news to us.
    """
    kept = [span for span in message.spans if span.kind is not SpanKind.QUOTE]
    text = "".join(message.text[span.start : span.end] for span in kept).strip()
    return text or message.text


def outsiders(office: Office, reading: Reading) -> tuple[Mailbox, ...]:
    """Return who else the mail went to: no agent, none of ours, no list, no robot."""
    found: dict[str, Mailbox] = {}
    left_out = {normalize(reading.author.address), *_lists(reading.message)}
    for mailbox in (*reading.message.to, *reading.message.cc):
        key = normalize(mailbox.address)
        if key in left_out or is_no_reply(mailbox.address):
            continue
        if office.book.is_ours(mailbox.address) or office.audience.agent(key):
            continue
        found.setdefault(key, mailbox)
    return tuple(found.values())


def _lists(message: Message) -> Iterator[str]:
    """Return the addresses of the list that a mail came by (RFC 2369 3.4, RFC 2919)."""
    for found in _MAILTO.findall(message.headers.get("list-post")):
        yield normalize(found)
    id = message.headers.get("list-id").rpartition("<")[2].strip(" >")
    name, _, domain = id.partition(".")
    yield normalize(f"{name}@{domain}")


def copied(office: Office, reading: Reading) -> tuple[Mailbox, ...]:
    """Return who joins by being copied: nobody on mass mail or blind copies."""
    named = (*reading.message.to, *reading.message.cc)
    if len(named) > MOST_ADDRESSES:
        return ()
    if not any(office.book.is_ours(mailbox.address) for mailbox in named):
        return ()
    if reading.message.automatic is not None:
        return ()
    return outsiders(office, reading)


def _author(inbound: Inbound, message: Message) -> Mailbox:
    """Return the From; where it is no address, the reverse-path under its name."""
    sender = message.sender or _NOBODY
    if "@" in sender.address or not inbound.envelope.mail_from:
        return sender
    return Mailbox(inbound.envelope.mail_from, sender.name)


def _written_for(office: Office, message: Message) -> Mailbox | None:
    """Return whom a web form or a rewriting list wrote for; None: the From wrote.

    That is X-Original-From, else a single Reply-To, where the From is our own mailbox
    or one of a mailbox's `forms`.
    """
    sender = message.sender
    if sender is None:
        return None
    forms = {normalize(f) for box in office.book.mailboxes for f in box.forms}
    if not office.book.is_ours(sender.address) and sender.key not in forms:
        return None
    original = mailboxes(message.headers.get("x-original-from"))
    found = original if len(original) == 1 else message.reply_to
    if len(found) != 1 or office.book.is_ours(found[0].address):
        return None
    return found[0]


def _recipient(
    office: Office, inbound: Inbound, message: Message
) -> tuple[Recipient, str]:
    named = [mailbox.address for mailbox in (*message.to, *message.cc)]
    seen = [office.book.judge(address) for address in named]
    envelope = [office.book.judge(address) for address in inbound.envelope.rcpt_to]
    ours = [r for r in (*seen, *envelope) if r.mailbox is not None]
    main = ours[0].mailbox if ours else None
    mailbox = main or office.book.mailboxes[0].address
    for place in (Place.TOKEN, Place.CONTROL, Place.PROBE, Place.EXPIRED):
        for recipient in (*envelope, *seen):
            if recipient.place is place:
                return recipient, recipient.mailbox or mailbox
    return Recipient(Place.MAILBOX if ours else Place.UNKNOWN, main), mailbox


def _threads(came_back: Token) -> bool:
    """Whether a return path is evidence of a ticket; it never releases held mail."""
    return came_back.permission is not Permission.RELEASE


def _came_back(office: Office, inbound: Inbound, message: Message) -> Token | None:
    """Return the token of the letter whose return path this mail was sent to."""
    named = [mailbox.address for mailbox in (*message.to, *message.cc)]
    for address in (*inbound.envelope.rcpt_to, *named):
        seen = office.book.judge(address)
        if seen.place is Place.RETURN_PATH:
            return seen.token
    return None
