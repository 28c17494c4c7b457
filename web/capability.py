"""Capabilities in other people's text are not passed on by a page.

A quoted header or footer may carry the reply address or the link of one person; on a page
that others read, the address becomes the mailbox's plain one and the link loses its token.
"""

import re

from mailroom.ticket.recipient import AddressBook

_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]\\/=]{1,64}@[\w.-]{1,255}")
_LINK = re.compile(r"/(t|desk/login)/[\w.-]{10,}")


def plain(book: AddressBook, text: str) -> str:
    """Return the text without tokens, in time linear in its length."""
    if "@" in text:
        text = _ADDRESS.sub(lambda found: book.plain(found[0]), text)
    return _LINK.sub(r"/\1/…", text)
