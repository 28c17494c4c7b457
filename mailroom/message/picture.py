"""Where a mail's HTML shows its pictures: in the new text, a signature, or the history.

A picture is a part that the HTML names by its Content-ID (RFC 2392, RFC 2387).
"""

import re
from dataclasses import dataclass

from mailroom.message.html import render
from mailroom.message.markup import attributes
from mailroom.message.model import Message, SpanKind
from mailroom.message.quoting import split

_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_PLACE = re.compile("\ue000(\\d+)\ue001")  # private use: in no mail's text
_LONGEST_ALT = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as HTML shows it: its place's kind, and what stands for it in text."""

    kind: SpanKind
    alt: str


def pictures(message: Message) -> dict[str, Picture]:
    """Return the pictures of a mail's HTML by Content-ID; a new one before a quoted one.

    Takes time linear in the length of the HTML.
    """
    if message.html is None or "cid:" not in message.html.lower():
        return {}
    shown: list[tuple[str, str]] = []

    def mark(found: re.Match[str]) -> str:
        written = attributes(found[0][4:-1])
        source = written.get("src", "").strip()
        if source[:4].lower() != "cid:":
            return found[0]
        alt = " ".join(written.get("alt", "").split())[:_LONGEST_ALT]
        shown.append((source[4:], alt))
        return f"\ue000{len(shown) - 1}\ue001"

    seen = render(_IMAGE.sub(mark, message.html))
    placed: dict[str, Picture] = {}
    for span in split(seen.text, seen, True, message.subject):
        for place in _PLACE.finditer(seen.text, span.start, span.end):
            number = int(place[1])
            if number >= len(shown):
                continue
            id, alt = shown[number]
            if id not in placed or span.kind is SpanKind.NEW:
                placed[id] = Picture(span.kind, alt)
    return placed
