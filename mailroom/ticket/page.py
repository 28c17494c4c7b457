"""The capability in a page's link: one ticket, one person, signed, no database needed.

`/t/<ticket>.<person>.<mac>`; person 0 is the public view, for links in mails to several
people. Once a person's links were revoked, those made later say how often that was:
`/t/<ticket>.<person>.<generation>.<mac>`. Whether a link has expired or was revoked is
for the desk to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.token import is_signed, sign

PURPOSE = "page"
_LONGEST = 15  # digits


@dataclass(frozen=True, slots=True)
class PageToken:
    """What a link says; `generation`: how often earlier links had been revoked."""

    ticket: TicketId
    person: PersonId
    generation: int = 0

    @property
    def subject(self) -> str:
        """What the MAC covers."""
        stem = f"{self.ticket}.{self.person}"
        return f"{stem}.{self.generation}" if self.generation else stem


def page_token(key: bytes, token: PageToken) -> str:
    """Return a page's token as it stands in a link."""
    return f"{token.subject}.{sign(PURPOSE, token.subject, key)}"


def page_url(url: str, key: bytes, token: PageToken) -> str:
    """Return the link to a page; "" where the desk has no pages."""
    return f"{url.rstrip('/')}/t/{page_token(key, token)}" if url else ""


def read_page_token(text: str, keys: Sequence[bytes]) -> PageToken | None:
    """Return what a page's token says, or None where no accepted key made it."""
    *numbers, mac = text.split(".")
    if len(numbers) not in (2, 3) or not all(map(_is_number, numbers)):
        return None
    subject = ".".join(numbers)
    if not is_signed(PURPOSE, subject, mac, keys):
        return None
    ticket, person, generation = (*map(int, numbers), 0)[:3]
    return PageToken(TicketId(ticket), PersonId(person), generation)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST
