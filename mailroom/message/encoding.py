"""How text and bytes are written so that any mail transport carries them unharmed.

RFC 2045 6 (transfer encodings), RFC 2047 (encoded-words), RFC 2231 (parameters).
All output is printable ASCII in lines of at most 78 characters, joined by CRLF.
"""

import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Iterator
from string import ascii_letters, digits
from typing import TypeVar
from urllib.parse import quote

LINE = 78  # RFC 5322 2.1.1, without CRLF

_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_Q_PLAIN = {c: c for c in ascii_letters + digits + "!*+-/"} | {" ": "_"}


def flatten(value: str) -> str:
    """Return `value` as one line: runs of controls and line ends become one space.

    This is what makes header injection impossible (RFC 5322 2.2: no CR or LF inside).
    Lone surrogates become "?".
    """
    if value.isascii():
        return value if value.isprintable() else _BREAKS.sub(" ", value)
    value = value.encode("utf-8", "replace").decode("utf-8")
    return _BREAKS.sub(" ", value)


def encoded_words(value: str, length: int = 75) -> list[str]:
    """Write a flat `value` as RFC 2047 encoded-words of at most `length` characters.

    Q or B, whichever is shorter; no character is split between two words.
    """
    room = length - 12  # "=?utf-8?q?" and "?="
    octets = len(value.encode("utf-8"))
    quoted = [_Q_PLAIN.get(character) or _q(character) for character in value]
    if sum(map(len, quoted)) <= (octets + 2) // 3 * 4:
        return [f"=?utf-8?q?{''.join(piece)}?=" for piece in _pieces(quoted, room)]
    characters = [character.encode("utf-8") for character in value]
    return [
        f"=?utf-8?b?{b64encode(b''.join(piece)).decode('ascii')}?="
        for piece in _pieces(characters, room // 4 * 3)
    ]


def _q(character: str) -> str:
    return "".join([f"={octet:02X}" for octet in character.encode("utf-8")])


_Sized = TypeVar("_Sized", str, bytes)


def _pieces(units: list[_Sized], room: int) -> Iterator[list[_Sized]]:
    """Cut `units` into runs of at most `room` in all."""
    start = used = 0
    for index, unit in enumerate(units):
        used += len(unit)
        if used > room:
            yield units[start:index]
            start, used = index, len(unit)
    yield units[start:]


def parameter(name: str, value: str) -> str:
    """Write one MIME parameter, on lines of its own (RFC 2045 5.1, RFC 2231).

    Short ASCII is a quoted-string; all else is percent-encoded UTF-8, in numbered
    sections where it is long.
    """
    value = flatten(value)
    room = LINE - len(name) - 8
    if value.isascii() and "=?" not in value:
        written = value.replace("\\", "\\\\").replace('"', '\\"')
        if len(written) <= room:
            return f';\r\n {name}="{written}"'
    sections: list[str] = []
    section = "utf-8''"
    for character in value:
        octets = quote(character, safe="")
        if len(section) + len(octets) > room:
            sections.append(section)
            section = ""
        section += octets
    sections.append(section)
    if len(sections) == 1:
        return f";\r\n {name}*={section}"
    numbered = enumerate(sections)
    return "".join([f";\r\n {name}*{number}*={part}" for number, part in numbered])


def transfer_text(text: str) -> tuple[str, bytes]:
    """Return the transfer encoding for a text and the encoded UTF-8, CRLF-terminated.

    Plain ASCII in short lines stays as it is. A bare CR is kept (by base64); "From " at
    the start of a line is hidden from mbox writers, "--=_" from our own boundaries.
    """
    text = text.replace("\r\n", "\n")
    if not text.endswith("\n"):
        text += "\n"
    if "\r" in text:
        return "base64", transfer_octets(_utf8(text))
    if not text.isascii():
        octets = _utf8(text)
        if 10 * (len(octets) - len(text)) > len(octets):  # shorter than "=C3=BC"
            return "base64", transfer_octets(octets.replace(b"\n", b"\r\n"))
        return "quoted-printable", _quoted_printable(octets)
    if (
        max(map(len, text.split("\n"))) > LINE
        or _CONTROL.search(text)
        or text.startswith(("From ", "--=_"))
        or "\nFrom " in text
        or "\n--=_" in text
    ):
        return "quoted-printable", _quoted_printable(text.encode("ascii"))
    return "7bit", text.replace("\n", "\r\n").encode("ascii")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _quoted_printable(octets: bytes) -> bytes:
    """Encode text with line ends LF (RFC 2045 6.7)."""
    written = b2a_qp(octets.replace(b"\n", b"\r\n"), istext=True)
    if written.startswith(b"From ") or b"\nFrom " in written:
        written = _FROM.sub(rb"=46rom=20=\r\n", written)
    return written


_FROM = re.compile(rb"^From ", re.MULTILINE)


def transfer_octets(content: bytes) -> bytes:
    """Encode any octets as base64 in lines of 76 (RFC 2045 6.8)."""
    return encodebytes(content).replace(b"\n", b"\r\n")
