"""Reads the paths of MAIL and RCPT (RFC 5321 4.1.2), leniently."""

import re

_PATH = re.compile(
    r"\s*<((?:\"(?:[^\"\\]|\\.)*\"|[^<>\"])*)>(?:\s+(.*))?\Z"
    r"|\s*([^<>\s]+)(?:\s+(.*))?\Z",
    re.DOTALL,
)
_ROUTE = re.compile(r"@[^:]*:")  # obsolete source route (RFC 5321 C)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_PATH = 512  # RFC 5321 4.5.3.1.3 asks for 256; tokens and SMTPUTF8 take more


def clean(text: str) -> str:
    """Text of the peer that every store can keep: no lone surrogates, no controls."""
    if not text.isascii():
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _CONTROL.sub("?", text)[:255]


def read_path(text: str) -> tuple[str, str] | None:
    """Read `<address> parameters`, the brackets left out by some; None: malformed.

    The null path gives "". A source route is dropped, as RFC 5321 C advises.
    """
    found = _PATH.match(text)
    if found is None:
        return None
    address = found.group(1) if found.group(1) is not None else found.group(3)
    parameters = found.group(2) or found.group(4) or ""
    address = address.strip()
    if address.startswith("@"):
        address = _ROUTE.sub("", address, count=1)
    if not address:
        return "", parameters
    if not address.isascii():
        address = address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if len(address) > _LONGEST_PATH or _CONTROL.search(address):
        return None
    return address, parameters
