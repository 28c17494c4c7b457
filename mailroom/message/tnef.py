"""Outlook's winmail.dat (MS-OXTNEF) unpacked, when tnefparse is installed.

The package is old and trusts its input: it sees at most `LARGEST` octets, and whatever
it raises means that the file stays as it came.
"""

import logging
from dataclasses import dataclass

LARGEST = 32 * 1024 * 1024
MOST_FILES = 200
MOST_UNPACKED = 64 * 1024 * 1024

_MOST_ATTRIBUTES = 5_000
_SIGNATURE = b"\x78\x9f\x3e\x22"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a winmail.dat held: named files, and the body in up to three forms."""

    files: tuple[tuple[str, bytes], ...] = ()
    text: str = ""
    html: str = ""
    rtf: bytes = b""


def is_tnef(content_type: str, filename: str) -> bool:
    """Whether type or name announce a TNEF stream."""
    return content_type.endswith("ms-tnef") or filename.lower() == "winmail.dat"


def unpack(content: bytes) -> Unpacked | None:
    """Return what the stream holds, None when it cannot be read or nobody can."""
    if not content.startswith(_SIGNATURE) or len(content) > LARGEST:
        return None
    try:
        from tnefparse import TNEF
    except ImportError:
        return None
    logging.getLogger("tnef-decode").setLevel(logging.CRITICAL + 1)
    logging.getLogger("tnefparse").setLevel(logging.CRITICAL + 1)
    try:
        stream = TNEF(_sound(content), do_checksum=False)
        unpacked = _read(stream)
    except Exception:  # the edge to a package that raises whatever it likes
        return None
    return None if unpacked == Unpacked() else unpacked


def _sound(content: bytes) -> bytes:
    """Return the stream up to what cannot be an attribute (MS-OXTNEF 2.1.3.2).

    The package would try each octet of what follows.
    """
    position = 6  # signature and key
    for _ in range(_MOST_ATTRIBUTES):
        if content[position : position + 1] not in (b"\x01", b"\x02"):
            break
        size = int.from_bytes(content[position + 5 : position + 9], "little")
        position += 9 + size + 2
    return content[:position]


def _read(stream: object) -> Unpacked:
    files: list[tuple[str, bytes]] = []
    left = MOST_UNPACKED
    for attachment in getattr(stream, "attachments", [])[:MOST_FILES]:
        data = getattr(attachment, "data", b"")
        data = bytes(data) if isinstance(data, (bytes, bytearray, memoryview)) else b""
        left -= len(data)
        if left < 0:
            break
        files.append((_file_name(attachment), data))
    return Unpacked(
        tuple(files),
        _text(_quietly(stream, "body")),
        _text(_quietly(stream, "htmlbody")),
        _octets(_quietly(stream, "rtfbody")),
    )


def _file_name(attachment: object) -> str:
    long_name = getattr(attachment, "long_filename", None)
    name = long_name() if callable(long_name) else getattr(attachment, "name", "")
    name = _text(name).replace("\0", "").strip()
    return name.replace("\\", "/").rpartition("/")[2]


def _quietly(stream: object, name: str) -> object:
    try:
        return getattr(stream, name, None)
    except Exception:  # a property that decodes as it is read
        return None


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return _text(value[0]) if value else ""
    if isinstance(value, (bytes, bytearray)):
        from mailroom.message import charset

        value = charset.decode(bytes(value))
    return value.replace("\r\n", "\n").rstrip("\0") if isinstance(value, str) else ""


def _octets(value: object) -> bytes:
    if isinstance(value, (list, tuple)):
        return _octets(value[0]) if value else b""
    if isinstance(value, str):
        return value.encode("latin-1", "replace")
    return bytes(value) if isinstance(value, (bytes, bytearray)) else b""
