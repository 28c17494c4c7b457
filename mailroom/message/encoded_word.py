"""Encoded words in header fields (RFC 2047), as senders really write them.

Beyond the RFC: words inside quotes and joined to other text, characters split over
several words, raw spaces and question marks in the Q encoding, a word without its end,
a language tag (RFC 2231 5), unknown charset names, broken base64.
"""

import binascii
import re

from mailroom.message import charset

_WORD = re.compile(
    r"=\?([^?\s=]{0,60})\?([bBqQ])\?"
    r"((?:[^?=\n]++|=(?!\?[^?\s=]{0,60}\?[bBqQ]\?)|\?(?!=)|\?=(?=[0-9A-F]{2}))*+)"
    r"(?:\?=|=$)?"
)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")


def decode(value: str) -> str:
    """Return the field body with every encoded word replaced by its characters."""
    if "=?" not in value:
        return value
    out: list[str] = []
    pending: list[bytes] = []  # words of one charset in a row: characters may be split
    label, end = "", 0
    for word in _WORD.finditer(value):
        between = value[end : word.start()]
        if not pending or between.strip() or word.group(1).lower() != label:
            out.append(charset.decode(b"".join(pending), label) if pending else "")
            # White space between two encoded words is not shown (RFC 2047 6.2).
            out.append(between if between.strip() or not end else "")
            pending, label = [], word.group(1).lower()
        pending.append(_octets(word.group(2), word.group(3)))
        end = word.end()
    if pending:
        out.append(charset.decode(b"".join(pending), label))
    out.append(value[end:])
    return "".join(out).replace("\0", "")


def _octets(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        raw = text.encode("utf-8", "surrogateescape")
        return binascii.a2b_qp(raw, header=True)
    digits = _NOT_BASE64.sub("", text)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + "=" * (-len(digits) % 4))
