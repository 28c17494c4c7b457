"""Whom a command's value names: addresses as people and their clients write them."""

import re

from mailroom.message.model import Mailbox

# `a@b<mailto:a@b>`, `[a@b](mailto:a@b)`, `<mailto:a@b>`: a link behind its own text
_LINK = re.compile(r"\s*[<(\[]\s*mailto:([^\s<>()\[\]?]+)[^\s<>()\[\]]*\s*[>)\]]", re.I)
_BRACKETED = re.compile(r"\[([^\s\[\]]+@[^\s\[\]]+)\]")
_LONGEST = 2_000  # characters of a value that are looked at
_ADDRESS = (
    r"[^\s<>()\[\]\\,;:\"@“”‘’]+@[^\s<>()\[\]\\,;:\"@“”‘’]+\.[^\s<>()\[\],;:\"@“”‘’.!]+"
)
_ENTRY = re.compile(
    rf"[\s,;“”‘’\"]*(?:(?P<bare>{_ADDRESS})"
    rf"|(?P<name>\"[^\"]*\"|[^<>@\",;]*?)\s*<\s*(?P<angle>{_ADDRESS})\s*>)[.!“”‘’\"]*(?=[\s,;]|$)"
)


def addressees(text: str) -> tuple[Mailbox, ...]:
    """Return the mailboxes of a value; empty where any of it is no address.

    `Jane Doe <jane@x.example>, carl@y.example` are two; so are two addresses with a
    space, a comma or a semicolon between them. What is half an address is none.
    """
    text = _LINK.sub(_shown, text[:_LONGEST])
    text = _BRACKETED.sub(r"\1", text).removeprefix("mailto:").strip(" \t,;")
    found: dict[str, Mailbox] = {}
    at = 0
    while at < len(text):
        entry = _ENTRY.match(text, at)
        if entry is None:
            return ()
        name = (entry["name"] or "").strip(' "')
        mailbox = Mailbox(entry["bare"] or entry["angle"], name)
        found.setdefault(mailbox.key, mailbox)
        at = entry.end()
    return tuple(found.values())


def _shown(link: re.Match[str]) -> str:
    """Drop a link that stands behind the address it is for; else keep its address."""
    behind = link.string[: link.start()].rstrip("]) ").lower()
    return "" if behind.endswith(link[1].lower()) else f" <{link[1]}>"
