"""A delivery report that somebody's mail program passes on to his other mailbox.

A mailbox that forwards all it gets to the desk forwards its bounces, too, under its
owner's name. A person who asks about a bounce sends the same: so all must agree (the
owner writes to himself, got the report, wrote the mail that came back, adds no question)
and the desk still takes it for a bounce only if it returns a letter of its own.
"""

from dataclasses import replace

from mailroom.message import bounce_text, dsn
from mailroom.message.address import local_part
from mailroom.message.automatic import is_no_reply
from mailroom.message.model import Bounce, BounceType, Mailbox, Message

_MOST_WORDS = 30  # characters that a rule of a mail program may put above
_MOST_TEXT = 200_000
_FAILED = {"failed", "delayed"}


def marked(message: Message) -> Message:
    """Return the message, with the bounce in it if it passes one on to its writer."""
    found = message.forwarded
    if found is None or found.attached or message.bounce or message.automatic:
        return message
    lines = message.reply_text.splitlines()
    words = "\n".join(line for line in lines if not line.startswith(">"))
    asks = len(words) > _MOST_WORDS or any(mark in words for mark in "?？؟\n")
    if asks or len(message.senders) != 1 or len(message.to) != 1:
        return message
    author, addressee = message.senders[0], message.to[0]
    got_it = author.key in {mailbox.key for mailbox in found.to}
    if not got_it or not _is_one_person(author, addressee):
        return message
    return replace(message, bounce=_read(found.text[:_MOST_TEXT], author))


def _is_one_person(one: Mailbox, other: Mailbox) -> bool:
    """Return whether two mailboxes have one local part and names that agree."""
    name = local_part(one.address).lower()
    if one.key == other.key or name != local_part(other.address).lower():
        return False
    first, second = (set(_words(mailbox.name)) for mailbox in (one, other))
    agree = bool(first and second) and (first <= second or second <= first)
    return agree and not is_no_reply(one.address)


def _words(name: str) -> list[str]:
    return name.lower().replace(",", " ").split()


def _read(text: str, author: Mailbox) -> Bounce | None:
    """Return the RFC 3464 fields in a text that ends with the author's own mail."""
    notice = bounce_text.split(text)
    failed = [d for d in dsn.deliveries(text) if d.action in _FAILED and d.address]
    fields = dict(_fields(notice.returned))
    wrote_it = dsn.first_address(fields.get("from", "")).lower() == author.key
    if not failed or not wrote_it:
        return None
    hard = [d for d in failed if d.action == "failed" and d.status[:1] != "4"]
    first = (hard or failed)[0]
    return Bounce(
        type=BounceType.HARD if hard else BounceType.SOFT,
        recipients=tuple(dict.fromkeys(d.address for d in failed)),
        status=first.status or None,
        diagnostic=first.diagnostic or None,
        original_message_id=fields.get("message-id", "").strip("<> \t") or None,
        evidence=("fields of RFC 3464, passed on to a mailbox of the same person",),
        passed_on=True,
    )


def _fields(returned: str) -> list[tuple[str, str]]:
    """Return the fields of a header in a text, the topmost of a name last."""
    pairs = [line.partition(":") for line in returned.splitlines()[:500]]
    named = [(name.strip().lower(), value.strip()) for name, _, value in pairs]
    return named[::-1]
