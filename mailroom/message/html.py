"""HTML to text, with the ranges that markup marks as quotes or signatures."""

from dataclasses import dataclass
from html import unescape
from re import compile as pattern

from mailroom.message.model import Span

_TAG = pattern(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text of some HTML, and the ranges of it that the markup gives away."""

    text: str
    marks: tuple[Span, ...] = ()


def render(markup: str) -> Rendered:
    """Return the visible text of `markup`."""
    return Rendered(unescape(_TAG.sub("", markup)).strip())
