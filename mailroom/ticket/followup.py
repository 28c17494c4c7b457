"""Which ticket does a mail belong to? Evidence in a fixed order; the winner is named.

1. our signed token, from the address or from a Message-ID of ours that it answers
2. In-Reply-To and References (RFC 5322 3.6.4) naming any mail that we sent or received
3. the subject tag, where the sender is a participant

Arrival order must not matter, so a mail also belongs to the ticket of a mail that answers
it, and to one of the same person that answers just what it answers. Pure: the desk gathers
the candidates, `decide` weighs them.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailroom.message.model import Message
from mailroom.message.phrase import without_prefix
from mailroom.ticket.model import TicketId
from mailroom.ticket.token import Permission, Token, from_message_id


class Clue(StrEnum):
    """What threaded a mail; shown in the message ledger."""

    ADDRESS_TOKEN = "token in address"
    MESSAGE_ID_TOKEN = "token in Message-ID"
    REFERENCES = "References"
    AWAITED = "answered before it arrived"
    SIBLING = "answers the same mail as its requester's"
    SUBJECT_TAG = "subject tag and participant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What a mail offers as evidence, before any ticket is looked up."""

    address_token: Token | None = None
    message_id_token: Token | None = None
    answered: tuple[str, ...] = ()  # In-Reply-To, then References from the last one
    message_id: str | None = None
    tagged: TicketId | None = None
    spent: TicketId | None = None  # of a token too old to count: it is only a hint

    @property
    def token(self) -> Token | None:
        """The token that counts: where the two disagree the address wins."""
        return self.address_token or self.message_id_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The ticket that a mail belongs to, if any, and others that it has to do with.

    `replies` open with an answer to this mail, or are its author's and answer the same:
    they join its ticket. The tickets that it only points at are linked.
    """

    ticket: TicketId | None = None
    clue: Clue | None = None
    replies: tuple[TicketId, ...] = ()
    weak: tuple[TicketId, ...] = ()


def clues(
    message: Message,
    address_token: Token | None,
    keys: Sequence[bytes],
    tag: re.Pattern[str] | None,
    *,
    subject_of: Callable[[TicketId], str | None] = lambda ticket: None,
    expired: Token | None = None,
) -> Clues:
    """Read the evidence of a mail.

    `tag` has one group, the number; None: no tags. `subject_of` a ticket, None where
    there is none; `expired`: a token of ours in its address that no longer counts.
    """
    answered = tuple(
        dict.fromkeys((*message.in_reply_to, *reversed(message.references)))
    )
    tokens = (from_message_id(id, keys) for id in answered)
    tagged = tag.search(message.subject) if tag is not None else None
    stale = address_token is not None and is_stale(
        message, address_token, tagged, subject_of
    )
    spent = address_token if stale else expired
    return Clues(
        address_token=None if stale else address_token,
        spent=_hint(spent) if spent is not None else None,
        message_id_token=next((t for t in tokens if t is not None), None),
        answered=answered,
        message_id=message.message_id,
        tagged=TicketId(int(tagged[1])) if tagged is not None else None,
    )


def _hint(token: Token) -> TicketId | None:
    return token.ticket if token.permission is not Permission.RELEASE else None


def is_stale(
    message: Message,
    token: Token,
    tagged: re.Match[str] | None,
    subject_of: Callable[[TicketId], str | None] = lambda ticket: None,
) -> bool:
    """Whether a customer's token probably came from an address book's autocomplete.

    That is so on a mail that answers nothing and whose subject is not the ticket's own:
    neither its tag, which our letters carry, nor its words.
    """
    if token.permission is not Permission.CUSTOMER:
        return False
    if message.in_reply_to or message.references:
        return False
    if tagged is not None:
        return int(tagged[1]) != token.ticket
    own = subject_of(token.ticket)
    return own is None or _bare(message.subject) != _bare(own)


def _bare(subject: str) -> str:
    """Return a subject as it is compared: without prefixes, case and extra spaces."""
    return " ".join(without_prefix(subject.strip()).casefold().split())


def _names_one(token: Token, exists: Mapping[TicketId, bool]) -> bool:
    """Whether a token names a ticket that there is; a release names a message."""
    return token.permission is not Permission.RELEASE and bool(exists.get(token.ticket))


def decide(
    clues: Clues,
    *,
    exists: Mapping[TicketId, bool],
    known: Mapping[str, TicketId],
    replies: Sequence[TicketId],
    own_siblings: Sequence[TicketId],
    takes_part: bool,
    related: Sequence[TicketId],
) -> Found:
    """Weigh the evidence.

    `exists`: which of the tickets named by token, tag or hint there are; `known`: tickets
    of the answered Message-IDs; `replies`: tickets that open with an answer to this mail;
    `own_siblings`: tickets of the same requester that answer exactly the same mails;
    `takes_part`: whether the sender participates in the tagged ticket; `related`: all
    tickets that the mail has to do with.
    """
    ticket, clue = _best(clues, exists, known, takes_part)
    hints = [clues.spent] if clues.spent is not None and exists[clues.spent] else []
    joined = list(replies)
    if ticket is None and replies:
        ticket, clue = replies[0], Clue.AWAITED
        joined += own_siblings
    elif ticket is None and own_siblings:
        ticket, clue = own_siblings[0], Clue.SIBLING
    return Found(
        ticket=ticket,
        clue=clue,
        replies=_others(joined, {ticket}),
        weak=_others([*hints, *related], {ticket, *joined}),
    )


def _best(
    clues: Clues,
    exists: Mapping[TicketId, bool],
    known: Mapping[str, TicketId],
    takes_part: bool,
) -> tuple[TicketId | None, Clue | None]:
    """Return what the mail's own evidence says, the strongest first."""
    for token, clue in (
        (clues.address_token, Clue.ADDRESS_TOKEN),
        (clues.message_id_token, Clue.MESSAGE_ID_TOKEN),
    ):
        if token is not None and _names_one(token, exists):
            return token.ticket, clue
    for message_id in clues.answered:
        if message_id in known:
            return known[message_id], Clue.REFERENCES
    if clues.tagged is not None and exists.get(clues.tagged) and takes_part:
        return clues.tagged, Clue.SUBJECT_TAG
    return None, None


def _others(
    tickets: Sequence[TicketId], but: Collection[TicketId | None]
) -> tuple[TicketId, ...]:
    return tuple(id for id in dict.fromkeys(tickets) if id not in but)
