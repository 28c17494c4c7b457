"""The capability in a page's link: one ticket, one person, signed, no database needed.

`/t/<ticket>.<person>.<mac>`; person 0 is the public view, for links in mails to several
people. Whether a link has expired or was revoked is for the desk to say.
"""

from collections.abc import Sequence

from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.token import is_signed, sign

PURPOSE = "page"


def page_token(key: bytes, ticket: TicketId, person: PersonId) -> str:
    """Return the token of a person's page of a ticket."""
    subject = f"{ticket}.{person}"
    return f"{subject}.{sign(PURPOSE, subject, key)}"


def page_url(url: str, key: bytes, ticket: TicketId, person: PersonId) -> str:
    """Return the link to a person's page; "" where the desk has no pages."""
    return f"{url.rstrip('/')}/t/{page_token(key, ticket, person)}" if url else ""


def read_page_token(
    text: str, keys: Sequence[bytes]
) -> tuple[TicketId, PersonId] | None:
    """Return what a page's token says, or None where no accepted key made it."""
    parts = text.split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() for p in parts[:2]):
        return None
    if len(parts[0]) > 15 or len(parts[1]) > 15:
        return None
    if not is_signed(PURPOSE, f"{parts[0]}.{parts[1]}", parts[2], keys):
        return None
    return TicketId(int(parts[0])), PersonId(int(parts[1]))
