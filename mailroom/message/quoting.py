"""Tells new text from quoted history and signatures, as ranges of the kept text."""

from mailroom.message.html import Rendered
from mailroom.message.model import Span, SpanKind


def split(
    text: str,
    rendered: Rendered | None,
    text_is_rendered: bool,
    subject: str = "",
) -> tuple[Span, ...]:
    """Return spans that cover `text` without gap or overlap, in order."""
    return (Span(0, len(text), SpanKind.NEW),) if text else ()
