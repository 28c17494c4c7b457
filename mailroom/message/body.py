"""What of a MIME tree is read on screen, and what is kept as a file.

multipart/alternative shows its plain text (RFC 2046 5.1.4 would show the last form;
a ticket shows text, and keeps the HTML for those who ask); every other multipart shows
its parts in order. Text that stands where nobody expects it is shown as well. HTML
without a plain form is rendered. What is not shown is an attachment.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import escape, unescape

from mailroom.message import attachment, flowed, protection, tnef, transfer
from mailroom.message.html import Rendered, render
from mailroom.message.model import Attachment
from mailroom.message.part import Part

_SHOWN = frozenset(
    ("text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown")
)
_TAG = re.compile(r"<(?:/?[A-Za-z][A-Za-z0-9:-]{0,30}[\s/>]|[!?])")
_STUB = re.compile(r"\bhtml\b|^\s*this is a multi-?part message", re.I)
_WORD = re.compile(r"<[^<>]{0,2000}>|https?://\S+|(\w{2,})")
_DOCUMENT = re.compile(r"\s*(?:<!doctype html|<html[\s>])", re.I)
# Forms for programs of one maker; the others say the same.
_OTHER_FORMS = frozenset(("text/x-amp-html", "text/watch-html"))
_ENRICHED = re.compile(
    r"<param>[^<]{0,1000}</param>|<(?!<)/?[A-Za-z][^<>]{0,200}>", re.I
)
_FAR = 100_000  # characters of HTML whose words are counted
_BLANK = " \t\r\n\f\v\xa0\u200b\ufeff"
_METHOD = re.compile(r"^METHOD[^:\n]{0,100}:\s*([A-Za-z-]+)", re.M | re.I)


Rendering = Rendered | Callable[[], Rendered] | None
"""The HTML as text: done, to be done when asked for, or none."""


@dataclass(frozen=True, slots=True)
class Body:
    """The visible content of a mail and its files."""

    text: str = ""
    html: str | None = None
    rendered: Rendering = None
    text_is_rendered: bool = False
    attachments: tuple[Attachment, ...] = ()
    calendar_method: str | None = None
    protection: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """Something to show: as text, as HTML or as either."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class _Gathered:
    """Parts that are not shown, in order, and what else came to light."""

    files: list[Part] = field(default_factory=list)
    extra: list[Attachment] = field(default_factory=list)
    protection: list[str] = field(default_factory=list)
    calendar_method: str | None = None


def read(root: Part) -> Body:
    """Return text, HTML and attachments of the tree below `root`."""
    gathered = _Gathered()
    pieces = _show(root, gathered, is_root=True)
    files = [file for file in gathered.files if not _unpack(file, gathered, pieces)]
    if not any(_says_something(piece) for piece in pieces):
        pieces = _promoted(files) or _report_text(root) or pieces
    text, html, rendered, is_rendered = _joined(pieces)
    text, found = _without_uuencoded(text) if not is_rendered else (text, [])
    inline_protection = protection.of_text(text)
    if inline_protection and not is_rendered:
        text = protection.unarmored(text)
    made = [attachment.make(part, html or "") for part in files]
    return Body(
        text=text,
        html=html,
        rendered=rendered,
        text_is_rendered=is_rendered,
        attachments=(*made, *gathered.extra, *found),
        calendar_method=gathered.calendar_method,
        protection=tuple(dict.fromkeys([*gathered.protection, *inline_protection])),
    )


def _show(part: Part, gathered: _Gathered, is_root: bool = False) -> list[_Piece]:
    """Return what to show of this part; the rest goes to `gathered`."""
    gathered.protection.extend(protection.of_part(part))
    kind = part.content_type
    if part.maintype == "multipart":
        return _show_multipart(part, gathered)
    if kind in ("text/calendar", "application/ics"):
        gathered.calendar_method = gathered.calendar_method or _method(part)
    inner = protection.opaque_content(part)
    if inner is not None:
        gathered.files.append(part)
        return _show(inner, gathered)
    if kind not in _SHOWN or _is_file(part, is_root):
        gathered.files.append(part)
        return []
    return [_piece(part)]


def _show_multipart(part: Part, gathered: _Gathered) -> list[_Piece]:
    kind = part.content_type
    if kind == "multipart/alternative":
        return _alternative(part, gathered)
    children = part.children
    if kind == "multipart/appledouble":
        children = tuple(
            child for child in children if child.content_type != "application/applefile"
        )
    pieces: list[_Piece] = []
    for child in children:
        pieces.extend(_show(child, gathered))
    return pieces


def _alternative(part: Part, gathered: _Gathered) -> list[_Piece]:
    """One piece with the first plain form and the last HTML form."""
    text: str | None = None
    html: str | None = None
    for child in part.children:
        if child.content_type in _OTHER_FORMS:
            continue
        pieces = [piece for piece in _show(child, gathered) if _says_something(piece)]
        if not pieces:
            continue
        if any(piece.html is not None for piece in pieces):
            html = _as_html(pieces)
        if text is None and all(piece.text is not None for piece in pieces):
            text = _as_text(pieces)
    if text is not None and html is not None and _is_stub(text, html):
        text = None
    return [_Piece(text, html)] if text is not None or html is not None else []


def _is_stub(text: str, html: str) -> bool:
    """Whether the plain form leaves out what the HTML says.

    It only says that one needs a program that shows HTML, or where to find the mail, or
    it ends early: the HTML has far more words.
    """
    if len(text) >= 300 or text.count("\n") >= 6:
        return False
    if _STUB.search(text):
        return True
    if len(html) < 2 * len(text) + 60:
        return False
    return _words(render(html[:_FAR]).text) > 2 * _words(text) + 12


def _words(text: str) -> int:
    """How many words a text has, links apart."""
    return sum(1 for word in _WORD.findall(text) if word)


def _is_file(part: Part, is_root: bool) -> bool:
    """Whether a text is a file; a mail's only part must call itself so by both."""
    word, stated = attachment.disposition(part)
    named = bool(attachment.stated_name(part, stated))
    if is_root:
        return word == "attachment" and named
    return word == "attachment" or named


def _piece(part: Part) -> _Piece:
    text = part.text or ""
    kind = part.content_type
    if kind == "text/html":
        # Some programs put this label on plain text: its lines must not run together.
        return _Piece(html=text) if _TAG.search(text) else _Piece(text=unescape(text))
    if kind == "text/plain" and _is_document(text):
        return _Piece(html=text)
    if kind in ("text/enriched", "text/richtext"):
        return _Piece(text=_ENRICHED.sub("", text).replace("<<", "<"))
    if part.params.get("format", "").lower() == "flowed":
        text = flowed.unflow(text, part.params.get("delsp", "").lower() == "yes")
    return _Piece(text=text)


def _is_document(text: str) -> bool:
    """Whether plain text is a whole HTML document, its type left out by a program."""
    return _DOCUMENT.match(text) is not None and "</" in text


def _says_something(piece: _Piece) -> bool:
    return bool((piece.text or piece.html or "").strip(_BLANK))


def _promoted(files: list[Part]) -> list[_Piece]:
    """The text of a mail that has none but in a named part or an attached mail."""
    for part in files:
        word, stated = attachment.disposition(part)
        nameless = not attachment.stated_name(part, stated)
        if part.content_type in _SHOWN and (
            not part.path or nameless or word != "attachment"
        ):
            return [_piece(part)]
    return []


def _report_text(root: Part) -> list[_Piece]:
    """The text of a mail that is nothing but one part for machines."""
    alone = root.text is not None and not root.children
    return [_Piece(text=root.text)] if alone else []


def _joined(pieces: list[_Piece]) -> tuple[str, str | None, Rendering, bool]:
    """(text, html, its rendering, whether the text is that rendering)."""
    if not any(piece.html is not None for piece in pieces):
        return _as_text(pieces), None, None, False
    html = _as_html(pieces)
    if all(piece.text is not None for piece in pieces if _says_something(piece)):
        # Asked for only when the text alone does not show its history.
        return _as_text(pieces), html, partial(render, html), False
    rendered = render(html)
    return rendered.text, html, rendered, True


def _as_text(pieces: list[_Piece]) -> str:
    out = ""
    for piece in pieces:
        if out and not out.endswith("\n"):
            out += "\n"
        out += piece.text or ""
    return out


def _as_html(pieces: list[_Piece]) -> str:
    out: list[str] = []
    for piece in pieces:
        if piece.html is not None:
            out.append(piece.html)
        elif piece.text and piece.text.strip():
            lines = escape(piece.text, quote=False).replace("\n", "<br>\n")
            out.append(f"<div>{lines}</div>")
    return "\n".join(out)


def _method(part: Part) -> str | None:
    stated = part.params.get("method", "")
    if not stated and (found := _METHOD.search(part.text or "", 0, 20_000)):
        stated = found.group(1)
    return stated.strip().upper() or None


def _unpack(part: Part, gathered: _Gathered, pieces: list[_Piece]) -> bool:
    """Put the files of a winmail.dat in its place; False when it stays as it is."""
    if not tnef.is_tnef(part.content_type, attachment.stated_name(part)):
        return False
    unpacked = tnef.unpack(part.payload)
    if unpacked is None:
        return False
    if not any(_says_something(piece) for piece in pieces):
        pieces.append(_Piece(unpacked.text or None, unpacked.html or None))
    files = [*unpacked.files, *([("body.rtf", unpacked.rtf)] if unpacked.rtf else [])]
    for name, content in files:
        gathered.extra.append(attachment.from_file(name, content, part.path))
    return True


def _without_uuencoded(text: str) -> tuple[str, list[Attachment]]:
    """Text without the files that were uuencoded into it, and these files."""
    files: list[Attachment] = []
    kept, position = "", 0
    for name, start, end, content in transfer.uuencoded(text):
        kept += text[position:start]
        position = end
        files.append(attachment.from_file(name, content, ""))
    return (kept + text[position:], files) if files else (text, [])
