"""Content-Transfer-Encoding undone (RFC 2045 6), whatever was done to the content.

What cannot be decoded is kept as it stands: a part is never empty because of one bad
octet. Time is linear in the content.
"""

import binascii
import re

_NAME = re.compile(
    r"base[-_ ]?64|quoted[-_ ]?printable|(?:x-)?uu(?:e|encode|encoded)\b", re.I
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_WORDS = re.compile(rb"(?<![A-Za-z])[A-Za-z]{2,}+ [A-Za-z]{2,}+ [A-Za-z]{2,}")
# RFC 4648 5
_URL_SAFE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9=\s]*+[-_][A-Za-z0-9_=\s-]*+")
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_PADDING = re.compile(rb"=[=\s]*")
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]+)\r?\n", re.M)


MOST_UUENCODED = 100


def name(value: str) -> str:
    """Return "base64", "quoted-printable", "uuencode" or "" for the identity."""
    found = _NAME.search(value)
    if not found:
        return ""
    kind = found.group().lower()[0]
    if kind == "b":
        return "base64"
    return "quoted-printable" if kind == "q" else "uuencode"


def decode(content: bytes, encoding: str) -> bytes:
    """Return the octets behind an encoding as `name` gives it."""
    if encoding == "quoted-printable":
        return quoted_printable(content)
    if encoding == "base64":
        return base64(content)
    if encoding == "uuencode":
        found = _UU_BEGIN.search(content)
        return uudecode(content, found.end())[0] if found else content
    return content


def quoted_printable(content: bytes) -> bytes:
    """RFC 2045 6.7; white space after a soft line break is tolerated."""
    if b"= " in content or b"=\t" in content:
        content = _SOFT_BREAK.sub(b"=\n", content)
    return binascii.a2b_qp(content)


_SOFT_BREAK = re.compile(rb"=[ \t]{1,100}\r?\n")


def base64(content: bytes) -> bytes:
    """RFC 2045 6.8; strange octets are skipped, joined streams read one by one.

    Plain words where base64 was announced (a footer that a list server put below, or
    content that never was encoded) are kept as they are.
    """
    try:
        lines = content.translate(None, b"\r\n")
        return binascii.a2b_base64(lines, strict_mode=True)
    except binascii.Error:
        pass
    footer = b""
    if words := _WORDS.search(content):
        cut = content.rfind(b"\n", 0, words.start()) + 1
        head = content[:cut]
        if len(_NOT_BASE64.sub(b"", head)) < 4:
            return content
        content, footer = head, b"\n" + content[cut:]
    elif _URL_SAFE.fullmatch(content):
        content = content.translate(_FROM_URL_SAFE)
    return b"".join(map(_digits, _PADDING.split(content))) + footer


def _digits(piece: bytes) -> bytes:
    piece = _NOT_BASE64.sub(b"", piece)
    piece = piece[: len(piece) - (len(piece) % 4 == 1)]
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))


def uudecode(content: bytes, position: int) -> tuple[bytes, int]:
    """Return the file whose lines begin at `position`, and where they end."""
    out: list[bytes] = []
    while position < len(content):
        end = content.find(b"\n", position) + 1 or len(content)
        line = content[position:end].rstrip(b"\r\n")
        if line.strip() in (b"end", b"", b"`"):
            position = end
            if line.strip() == b"end":
                break
            continue
        stated = (((line[0] - 32) & 63) + 2) // 3 * 4  # digits that the line promises
        if len(line) > 90 or len(line) < stated // 2:
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            size = ((line[0] - 32 & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                break
        position = end
    return b"".join(out), position


def uuencoded(text: str) -> list[tuple[str, int, int, bytes]]:
    """Return the files uuencoded inside a text: (name, start, end, content)."""
    if "begin " not in text:
        return []
    raw = text.encode("utf-8", "surrogateescape")
    if len(raw) != len(text):  # offsets of octets must be those of characters
        raw = text.encode("latin-1", "replace")
    found: list[tuple[str, int, int, bytes]] = []
    position = 0
    for _ in range(MOST_UUENCODED):
        begin = _UU_BEGIN.search(raw, position)
        if begin is None:
            break
        content, position = uudecode(raw, begin.end())
        if content and raw[begin.end() : position].rstrip().endswith(b"end"):
            file = begin.group(1).decode("latin-1").strip()
            found.append((file, begin.start(), position, content))
    return found
