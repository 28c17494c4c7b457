"""Messages as a page shows them: new text, folded history, images, files.

A page stays small whatever people wrote: long texts are cut, with a link to the whole,
and older messages are a page of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from mailroom.message.model import Attachment, Message, SpanKind
from mailroom.message.parse import parse
from mailroom.ticket.model import AttachmentRow, Comment, CommentId
from web.formats import paragraphs
from web.place import plain

MOST_MESSAGES = 20
LONGEST_TEXT = 6_000  # characters of one message
LONGEST_HISTORY = 2_000
WHOLE_TEXT = 32_000  # characters of markup of a message on its own page
WHOLE_HISTORY = 16_000  # the same of its history; the rest is in its download
PAGE_BUDGET = 24_000  # characters of markup of all messages of a page
MOST_FILES = 20
BIG = 2_000_000  # octets of attachments: such a mail is not parsed for its history
PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
SAFE_TYPES = frozenset(
    (
        "application/pdf",
        "application/zip",
        "application/json",
        "text/plain",
        "text/csv",
        "text/calendar",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Text that is shown when somebody opens it."""

    kind: str  # quote, signature or forward
    text: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message, ready for a template."""

    comment: Comment
    text: Markup
    cut: bool = False
    folded: tuple[Folded, ...] = ()
    has_html: bool = False
    images: tuple[tuple[int, AttachmentRow], ...] = ()
    files: tuple[tuple[int, AttachmentRow], ...] = ()
    weight: int = field(default=0, compare=False)


def shown(
    comment: Comment, raw: Callable[[Comment], bytes | None], *, whole: bool = False
) -> Shown:
    """Return one message; `raw` gives its mail where its history may be seen."""
    text, cut = _cut(plain(comment.text), LONGEST_TEXT, WHOLE_TEXT if whole else None)
    message = _read(comment, raw, whole)
    folded = _history(message, comment.text, whole) if message is not None else ()
    numbered = list(enumerate(comment.attachments))[: None if whole else MOST_FILES]
    images = tuple((n, a) for n, a in numbered if is_picture(a))
    body = paragraphs(text)
    return Shown(
        comment=comment,
        text=body,
        cut=cut or len(comment.attachments) > len(numbered),
        folded=folded,
        has_html=message is not None and bool(message.html),
        images=images,
        files=tuple((n, a) for n, a in numbered if not is_picture(a)),
        weight=len(body) + sum(len(f.text) for f in folded) + 400 * len(numbered) + 600,
    )


def conversation(
    comments: Sequence[Comment],
    raw: Callable[[Comment], bytes | None],
    before: CommentId | None = None,
) -> tuple[list[Shown], CommentId | None]:
    """Return a page of messages, newest first, and where the next page begins."""
    ids = [c.id for c in comments]
    end = ids.index(before) if before in ids else len(ids)
    older = comments[:end][::-1]
    page: list[Shown] = []
    budget = PAGE_BUDGET
    for comment in older:
        made = shown(comment, raw)
        budget -= made.weight
        if page and (budget < 0 or len(page) == MOST_MESSAGES):
            return page, page[-1].comment.id
        page.append(made)
    return page, None


def is_picture(file: AttachmentRow) -> bool:
    """Whether a file is shown as a picture: inline, and of a kind browsers draw."""
    kinds = ("image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp")
    return file.inline and file.content_type in kinds and file.size > 0


def file_of(raw: bytes, comment: Comment, place: int) -> Attachment | None:
    """Return an attachment's content by its place in the comment."""
    if not 0 <= place < len(comment.attachments):
        return None
    row, found = comment.attachments[place], parse(raw).attachments
    named = [a for a in found if (a.part, a.filename) == (row.part, row.filename)]
    if place < len(found) and found[place] in named:
        return found[place]
    return named[0] if named else None


def safe_type(file: Attachment) -> str:
    """Return a type that no browser runs: pictures by their content, else octets."""
    for magic, kind in PICTURES.items():
        if file.content.startswith(magic):
            return kind
    if file.content[:4] == b"RIFF" and file.content[8:12] == b"WEBP":
        return "image/webp"
    if file.content_type in SAFE_TYPES:
        return file.content_type
    return "application/octet-stream"


def _read(
    comment: Comment, raw: Callable[[Comment], bytes | None], whole: bool
) -> Message | None:
    if not whole and sum(a.size for a in comment.attachments) > BIG:
        return None
    found = raw(comment)
    return parse(found) if found is not None else None


def _history(message: Message, kept: str, whole: bool) -> tuple[Folded, ...]:
    """Return what of a mail is not in its kept text: history, signature."""
    made: list[Folded] = []
    room = WHOLE_HISTORY
    for span in message.spans:
        text = message.text[span.start : span.end].strip()
        if span.kind is not SpanKind.NEW and text and text not in kept:
            text, cut = _cut(plain(text), LONGEST_HISTORY, room if whole else None)
            made.append(Folded(kind=span.kind.value, text=paragraphs(text)))
            room -= len(made[-1].text)
            if cut:
                break
    return tuple(made[:8])


def _cut(text: str, most: int, markup: int | None) -> tuple[str, bool]:
    """Return the text, cut to `most` characters, or to so many of `markup`."""
    text = text.strip()
    if markup is None:
        kept = text[:most]
    else:
        kept = text[: max(0, markup)]
        while len(made := paragraphs(kept)) > markup and kept:
            kept = kept[: len(kept) * markup // (len(made) + 1)]
    if len(kept) == len(text):
        return text, False
    return kept.rstrip() + " …", True
