"""Signed and encrypted mail: S/MIME (RFC 8551) and PGP (RFC 3156, RFC 9580).

Nothing is verified or decrypted here. The parts are named, and the text inside an
opaque S/MIME signature is brought to light, for its author meant it to be read.
"""

import re

from mailroom.message import header, mime
from mailroom.message.part import Part

_SIGNED_OID = bytes.fromhex("06092a864886f70d010702")
_ARMOR = {
    "-----BEGIN PGP MESSAGE-----": "pgp-encrypted",
    "-----BEGIN PGP SIGNED MESSAGE-----": "pgp-signed",
}
_CLEARTEXT = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Za-z-]{1,30}: [^\n]{0,100}\n){0,5}[ \t]*\n",
    re.M,
)
_SIGNATURE_BEGINS = "\n-----BEGIN PGP SIGNATURE-----"
_SIGNATURE_ENDS = "\n-----END PGP SIGNATURE-----"
_MOST_SIGNATURES = 4
_ESCAPED = re.compile(r"^- (?=-|From )", re.M)
_MIME_KINDS = {
    "enveloped-data": "smime-encrypted",
    "authenveloped-data": "smime-encrypted",
    "signed-data": "smime-signed",
    "compressed-data": "smime-compressed",
    "certs-only": "smime-certificates",
}
_DEEPEST = 12


def of_part(part: Part) -> tuple[str, ...]:
    """Return the kind of protection that a part applies to what is in it."""
    kind = part.content_type
    if kind == "multipart/signed":
        protocol = part.params.get("protocol", "").lower()
        inner = " ".join(child.content_type for child in part.children)
        return ("pgp-signed" if "pgp" in protocol + inner else "smime-signed",)
    if kind == "multipart/encrypted":
        return ("pgp-encrypted",)
    if _is_cms(part):
        stated = part.params.get("smime-type", "").lower()
        if not stated and _SIGNED_OID in part.payload[:40]:
            stated = "signed-data"
        return (_MIME_KINDS.get(stated, "smime-encrypted"),)
    return ()


def _is_cms(part: Part) -> bool:
    """Whether a part is S/MIME (RFC 8551 3.2.1: the name counts where the type hides)."""
    if part.content_type == "application/octet-stream":
        return part.params.get("name", "").lower().endswith(".p7m")
    return part.content_type in ("application/pkcs7-mime", "application/x-pkcs7-mime")


def of_text(text: str) -> tuple[str, ...]:
    """Return the kinds of PGP armour (RFC 9580 6.2) found in a text."""
    if "-----BEGIN PGP " not in text:
        return ()
    return tuple(kind for armor, kind in _ARMOR.items() if armor in text)


def unarmored(text: str) -> str:
    """Return text with cleartext signatures (RFC 9580 7) taken off what they sign.

    Lines that begin with "- " were escaped; headers end with a blank line. Where the
    armour is not whole, the text stays as it is.
    """
    for _ in range(_MOST_SIGNATURES):  # one mail may be signed by several, each around
        bare = _unarmored_once(text)
        if bare == text:
            break
        text = bare
    return text


def _unarmored_once(text: str) -> str:
    kept, position = "", 0
    for found in _CLEARTEXT.finditer(text):
        if found.start() < position:
            continue
        end = text.find(_SIGNATURE_ENDS, found.end())
        start = text.rfind(_SIGNATURE_BEGINS, found.end(), max(end, 0))
        if start < 0:
            break
        signed = _ESCAPED.sub("", text[found.end() : start])
        kept += text[position : found.start()] + signed + "\n"
        position = text.find("\n", end + 1) + 1 or len(text)
    return kept + text[position:]


def opaque_content(part: Part) -> Part | None:
    """Return the entity inside an application/pkcs7-mime signature, if it is one."""
    if not _is_cms(part) or _SIGNED_OID not in part.payload[:40]:
        return None
    content = _signed_content(part.payload)
    if not content:
        return None
    fields, start = header.scan(content)
    if not any(name == "content-type" for name, _ in fields):
        return None
    return mime.tree(
        content, mime.entity(fields), start, mime.Walk(parts=mime.MAX_PARTS - 50)
    )


def _signed_content(der: bytes) -> bytes:
    """The eContent of a CMS SignedData (RFC 5652 5.2), in BER or DER."""
    try:
        # ContentInfo > [0] > SignedData > encapContentInfo > [0] > OCTET STRING
        info = _children(der, 0, len(der))[0]
        wrapped = _children(der, *info[1:])[1]
        signed = _children(der, *wrapped[1:])[0]
        encapsulated = _children(der, *signed[1:])[2]
        tagged = _children(der, *encapsulated[1:])[1]
        octets = _children(der, *tagged[1:])[0]
    except (IndexError, ValueError):
        return b""
    return _octet_string(der, octets, 0)


def _octet_string(der: bytes, item: tuple[int, int, int], depth: int) -> bytes:
    tag, start, end = item
    if not tag & 0x20:
        return der[start:end]
    if depth > _DEEPEST:
        return b""
    try:
        inner = _children(der, start, end)
    except (IndexError, ValueError):
        return b""
    return b"".join(_octet_string(der, piece, depth + 1) for piece in inner)


def _children(der: bytes, start: int, end: int) -> list[tuple[int, int, int]]:
    """The (tag, content start, content end) of the items in a constructed value."""
    items: list[tuple[int, int, int]] = []
    position = start
    while position < end and len(items) < 100_000:
        if der[position : position + 2] == b"\0\0":
            break
        tag, inside, after = _item(der, position, end)
        close = after - 2 if der[position + 1] == 0x80 else after
        items.append((tag, inside, close))
        position = after
    return items


def _item(der: bytes, position: int, end: int) -> tuple[int, int, int]:
    """(tag, content start, offset behind) of the item at `position` (X.690 8.1)."""
    tag, size = der[position], der[position + 1]
    inside = position + 2
    if size < 0x80:
        after = inside + size
    elif size == 0x80:
        after = _indefinite_end(der, inside, end)
    else:
        width = size & 0x7F
        if width > 4:
            raise ValueError("length of a length")
        after = inside + width + int.from_bytes(der[inside : inside + width], "big")
        inside += width
    return tag, inside, min(after, end)


def _indefinite_end(der: bytes, position: int, end: int) -> int:
    """Offset behind the two zero octets that end an indefinite form, without recursion."""
    depth = 1
    while position < end and depth:
        if der[position : position + 2] == b"\0\0":
            depth -= 1
            position += 2
            continue
        size = der[position + 1]
        if size == 0x80:
            depth += 1
            position += 2
        elif size < 0x80:
            position += 2 + size
        else:
            width = size & 0x7F
            if width > 4:
                raise ValueError("length of a length")
            length = int.from_bytes(der[position + 2 : position + 2 + width], "big")
            position += 2 + width + length
    return position
