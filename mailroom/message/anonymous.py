"""A mail that was read wrongly, made fit to show to strangers.

Letters become x, digits become 0, in names, addresses, text and content; what decides
how a mail is read stays: field names, MIME structure, markup, line breaks, charsets,
encodings, and the words by which quotes, forwards and reports are known.
"""

import re
from functools import lru_cache

from mailroom.message import (
    automatic_words,
    bounce_words,
    charset,
    encoded_word,
    header,
    mime,
    transfer,
)
from mailroom.message.headerblock import FIELDS
from mailroom.message.phrase import MARKERS

_KEPT_FIELDS = frozenset(
    b"mime-version content-transfer-encoding auto-submitted precedence importance "
    b"x-auto-response-suppress x-autoreply x-autorespond x-mailer user-agent "
    b"content-language x-ms-has-attach x-ms-tnef-correlator date x-priority "
    b"x-loop x-failed-recipients".split()
)
_KEPT_WORDS = frozenset(
    word
    for phrase in (*FIELDS, *MARKERS)
    for word in re.findall(r"[^\W\d_]+", phrase.lower())
) | frozenset(
    "on wrote am schrieb um le a écrit el escribió il ha scritto op schreef em escreveu "
    "skrev den dnia napisał kl re fw fwd aw wg sv tr from sent my iphone android mail "
    "the message delivery failed undeliverable returned status user unknown mailbox "
    "full report final recipient action diagnostic code smtp rfc failure notice error "
    "out of office automatic reply mon tue wed thu fri sat sun jan feb mar apr may jun "
    "jul aug sep oct nov dec utf iso windows html text plain".split()
)
_NOTICE_WORDS = frozenset(
    word
    for pattern in (
        *(bounce_words.SUBJECT, bounce_words.INTRODUCTION, bounce_words.RETURNED),
        *(bounce_words.SOFT, bounce_words.HARD, bounce_words.CHALLENGE),
        *(bounce_words.DAEMON_NAME, automatic_words.AWAY, automatic_words.MONITORING),
    )
    for word in set(re.findall(r"[^\W\d_]{4,}", pattern.pattern.lower()))
)
# Patterns for notices often hold the beginnings of words; short ones begin names too.
_BEGINNINGS = tuple(word for word in _NOTICE_WORDS if len(word) >= 6)
_MACHINES = frozenset("mailer daemon postmaster noreply no reply root bounce".split())
_CODE = r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])|(?<![\d.])[45][0-5]\d(?=[ -])"
_WORD = re.compile(rf"{_CODE}|[^\W\d_]+|\d")
_PARAMETER = re.compile(
    rb"((?:file)?name\*?[0-9]{0,3}\*?\s*=\s*)(\"[^\"]*\"|[^;\r\n]*)", re.I
)
_ENCODED = re.compile(r"=\?([^?\s]{1,60})\?[bBqQ]\?[^?]*\?=")
_TAG = re.compile(r"(<[^<>]*>)")
_PRIVATE = re.compile(
    r"\b(href|src|alt|title|content|background|value|data-[a-z-]{1,40})"
    r"(\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s>\"']+)",
    re.I,
)
_FIELD = re.compile(rb"([!-9;-~]{1,200}[ \t]*:)((?:[^\n]*\n[ \t])*[^\n]*(?:\n|\Z))")


def anonymised(raw: bytes) -> bytes:
    """Return a mail of the same form that tells nothing about who wrote what."""
    return _entity(raw, 0, len(raw), 0, "text/plain")


def _entity(raw: bytes, start: int, end: int, depth: int, default: str) -> bytes:
    fields, body = header.scan(raw, start, end)
    head = mime.entity(fields, default)
    block = _block(raw[start : min(body, end)])
    return block + _content(raw, (min(body, end), end), head, depth)


def _content(raw: bytes, span: tuple[int, int], head: mime.Entity, depth: int) -> bytes:
    kind, content = head.content_type, raw[slice(*span)]
    boundary = head.params.get("boundary", "").encode("utf-8", "surrogateescape")
    if kind.startswith("multipart/") and boundary and depth < mime.MAX_DEPTH:
        return _multipart(raw, span, head, depth)
    if kind == "message/rfc822" and not head.encoding and depth < mime.MAX_DEPTH:
        return _entity(raw, *span, depth + 1, "text/plain")
    if not kind.startswith(("text/", "message/", "multipart/")):
        return b"" if not content else b"AAAA\r\n"
    return _text(content, head)


def _multipart(
    raw: bytes, span: tuple[int, int], head: mime.Entity, depth: int
) -> bytes:
    boundary = head.params["boundary"].encode("utf-8", "surrogateescape")
    found = mime.pieces(raw, boundary, span) or []
    digest = head.content_type == "multipart/digest"
    default = "message/rfc822" if digest else "text/plain"
    out, position = b"", span[0]
    for number, (start, end) in enumerate(found):
        between = raw[position:start]
        mark = between.rfind(b"--" + boundary)
        out += between if number else _scrambled_octets(between[:mark]) + between[mark:]
        out += _entity(raw, start, end, depth + 1, default)
        position = end
    rest = raw[position : span[1]]
    close = rest.find(b"--" + boundary + b"--")
    keep = close + len(boundary) + 4 if close >= 0 else 0
    return out + rest[:keep] + _scrambled_octets(rest[keep:])


def _text(content: bytes, head: mime.Entity) -> bytes:
    label = head.params.get("charset", "")
    text = charset.decode(transfer.decode(content, head.encoding), label)
    hidden = _markup(text) if head.content_type == "text/html" else _scrambled(text)
    return _encoded(_octets(hidden, label), head.encoding)


def _octets(text: str, label: str) -> bytes:
    return text.encode(charset.codec(label) or "utf-8", "replace")


def _encoded(octets: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        from base64 import encodebytes

        return encodebytes(octets)
    if encoding == "quoted-printable":
        from binascii import b2a_qp

        return b2a_qp(octets, istext=True)
    return octets


def _block(block: bytes) -> bytes:
    out, position = b"", 0
    for found in _FIELD.finditer(block):
        out += _scrambled_octets(block[position : found.start()])
        out += found.group(1) + _field(found.group(1), found.group(2))
        position = found.end()
    return out + _scrambled_octets(block[position:])


def _field(label: bytes, body: bytes) -> bytes:
    name = label.rstrip(b" \t:").lower()
    if name in _KEPT_FIELDS:
        return body
    if name in (b"content-type", b"content-disposition"):
        return _PARAMETER.sub(
            lambda found: found.group(1) + _scrambled_octets(found.group(2)), body
        )
    return _scrambled_octets(body)


def _scrambled_octets(octets: bytes) -> bytes:
    """Hide text in a field, its encoded words opened and closed again."""
    text = octets.decode("utf-8", "surrogateescape")
    pieces, position = [], 0
    for found in _ENCODED.finditer(text):
        pieces.append(_scrambled(text[position : found.start()]))
        hidden = _scrambled(encoded_word.decode(found.group()))
        pieces.append(_word(hidden, found.group(1)))
        position = found.end()
    pieces.append(_scrambled(text[position:]))
    return "".join(pieces).encode("utf-8", "surrogateescape")


def _word(text: str, label: str) -> str:
    from base64 import b64encode

    digits = b64encode(_octets(text, label)).decode("ascii")
    return f"=?{label}?B?{digits}?="


def _markup(markup: str) -> str:
    pieces = _TAG.split(markup)
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            pieces[number] = _scrambled(piece)
        elif "=" in piece:
            pieces[number] = _PRIVATE.sub(
                lambda found: found[1] + found[2] + _scrambled(found[3]), piece
            )
    return "".join(pieces)


def _scrambled(text: str) -> str:
    return _WORD.sub(_hide, text)


def _hide(found: re.Match[str]) -> str:
    word = found.group()
    if word[0].isdigit():
        return word if len(word) > 1 else "0"
    return word if _is_kept(word.lower()) else "".join(map(_hidden_letter, word))


@lru_cache(maxsize=4096)
def _is_kept(word: str) -> bool:
    known = word in _KEPT_WORDS or word in _MACHINES or word in _NOTICE_WORDS
    return known or word.startswith(_BEGINNINGS)


def _hidden_letter(letter: str) -> str:
    if letter.isascii():
        return "X" if letter.isupper() else "x"
    for low, stand_in in (("\u4e00", "字"), ("\u3040", "あ"), ("\u0400", "ж")):
        if letter >= low:
            return stand_in
    return "é" if letter < "\u0250" else "x"
