"""The last look at a public reply: no capability and no internal words leave with it.

A token opens a ticket to whoever holds it, so one that was not made for just those who
receive the mail stays here; so does a run of words that only notes hold. The agent is
told and nothing is sent. Tokens in addresses of ours were made plain before.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from mailroom.desk.act import Act
from mailroom.desk.letters.tell_customers import customers, missed
from mailroom.ticket.case import Case
from mailroom.ticket.command import Fault
from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.page import read_page_token
from mailroom.ticket.token import EVERYBODY, Permission, Token, unseal

SHORTEST = 4  # words of a note that is looked for as a whole
RUN = 8  # words in a row that no coincidence explains
_MOST_OCTETS = 2_000_000  # of an attachment that are looked at
_SHOWN = 60  # characters of what is refused that the agent is shown
_SEALED = re.compile(
    r"(?<![\w.])\d{1,15}\.[cpnh]?\d{1,15}(?:\.\d{1,15})?\.[a-z2-7]{16}(?![a-z2-7])",
    re.ASCII | re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def leaks(act: Act, case: Case, text: str) -> tuple[Fault, ...]:
    """Return what may not go to the customers, each with the reason.

    `text`: the reply as it would be sent. What the agent's own mail has brought to all
    of them already is past guarding.
    """
    message = act.reading.message
    reached = [m.address for m in (*message.to, *message.cc)]
    if not missed(act.office, case, reached):
        return ()
    ids = {person.id for person in customers(act.office, case)}
    return (*_tokens(act, case, text, ids), *_words(act, case, text))


def _tokens(act: Act, case: Case, text: str, people: set[PersonId]) -> Iterator[Fault]:
    places = [("your text", text)]
    for attachment in act.reading.message.attachments:
        content = attachment.content[:_MOST_OCTETS].decode("latin-1")
        places.append((attachment.filename, f"{attachment.filename}\n{content}"))
    for place, content in places:
        for sealed in dict.fromkeys(_SEALED.findall(_decoded(content))):
            named = _read(act, sealed)
            if named is not None and not _is_theirs(named, case, people):
                what = "an address or a link that was not made for its recipients"
                yield Fault(_short(sealed), f"{place} holds {what}; take it out")


def _decoded(content: str) -> str:
    """Return a text with what links and pages write otherwise: `%2B`, `&#43;`."""
    if "%" in content:
        content = f"{content}\n{unquote(content, 'latin-1')}"
    if "&" in content:
        content = f"{content}\n{unescape(content)}"
    return content


def _read(act: Act, sealed: str) -> tuple[TicketId, PersonId] | None:
    """Return what a capability opens and to whom; None: no key of ours made it."""
    office = act.office
    keys = office.keys.accepted(office.now())
    token: Token | None = unseal(sealed, keys)
    if token is None:
        page = read_page_token(sealed, keys)
        return (page.ticket, page.person) if page is not None else None
    for_customers = token.permission is Permission.CUSTOMER
    return (token.ticket, token.person) if for_customers else (TicketId(0), EVERYBODY)


def _is_theirs(
    named: tuple[TicketId, PersonId], case: Case, people: set[PersonId]
) -> bool:
    ticket, person = named
    return ticket == case.ticket.id and (person == EVERYBODY or people == {person})


def _words(act: Act, case: Case, text: str) -> tuple[Fault, ...]:
    """Return the first run of words that stands in a note and in no public message."""
    comments = act.office.store.comments(case.ticket.id)
    notes = [c.text for c in comments if not c.public]
    lengths = {RUN, *filter(_is_short, map(_count, notes))} if notes else set()
    for length in lengths:
        whole = (t for t in notes if length == RUN or _count(t) == length)
        internal = {run for t in whole for run in _runs(t, length)}
        public = {run for c in comments if c.public for run in _runs(c.text, length)}
        secret = internal - public
        for run in _runs(text, length):
            if run in secret:
                why = "these words stand in an internal note of this ticket"
                return (Fault(_short(" ".join(run)), why),)
    return ()


def _count(text: str) -> int:
    return len(_WORD.findall(text))


def _is_short(words: int) -> bool:
    """Whether a note of so many words is looked for as a whole."""
    return SHORTEST <= words < RUN


def _runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    for at in range(len(words) - length + 1):
        yield tuple(words[at : at + length])


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
