"""Names and make of the parts that are kept as files (RFC 2183, RFC 2231)."""

import mimetypes
import re

from mailroom.message import parameter
from mailroom.message.model import Attachment
from mailroom.message.part import Part

_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")
_NAMES = {
    "text/calendar": "invite.ics",
    "application/ics": "invite.ics",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "version.asc",
    "application/pgp-keys": "key.asc",
    "application/ms-tnef": "winmail.dat",
    "message/delivery-status": "delivery-status.txt",
    "message/global-delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "message/feedback-report": "feedback-report.txt",
    "text/rfc822-headers": "headers.txt",
    "application/octet-stream": "attachment.bin",
    "text/plain": "attachment.txt",
    "text/html": "attachment.html",
    "image/jpeg": "image.jpg",
    "image/jpg": "image.jpg",
}
_LONGEST_NAME = 255


def disposition(part: Part) -> tuple[str, dict[str, str]]:
    """Return "attachment", "inline", "" or another word, and its parameters."""
    stated = part.headers.get("content-disposition")
    return parameter.read(stated) if stated else ("", {})


def stated_name(part: Part, stated: dict[str, str] | None = None) -> str:
    """Return the file name that the part gives itself, "" when it gives none."""
    if stated is None:
        stated = disposition(part)[1]
    name = stated.get("filename") or ""
    other = part.params.get("name") or ""
    if not name or (other and _is_hurt(name) and not _is_hurt(other)):
        name = other
    if not name and not part.params:
        name = stated.get("name", "")
    return _clean(name) if name else ""


def file_name(part: Part, stated: str) -> str:
    """Return the stated name, else one that fits the content."""
    if stated:
        return stated
    if part.children and part.maintype == "message":
        subject = _clean(part.children[0].headers.get("subject"))
        return (subject[:120] or "message") + ".eml"
    if part.content_type in _NAMES:
        return _NAMES[part.content_type]
    if part.maintype == "message":
        return "message.eml"
    described = _clean(part.headers.get("content-description"))
    ending = mimetypes.guess_extension(part.content_type) or ".bin"
    kind = part.maintype if part.maintype in ("image", "audio", "video") else ""
    if described and len(described) < 80:
        return described if "." in described else described + ending
    return (kind or "attachment") + ending


def make(part: Part, html: str = "") -> Attachment:
    """Return the part as a file; it is inline when it says so or the HTML shows it."""
    word, stated = disposition(part)
    content_id = part.headers.get("content-id").strip().strip("<>").strip() or None
    shown = content_id is not None and f"cid:{content_id}" in html
    return Attachment(
        filename=file_name(part, stated_name(part, stated)),
        content_type=part.content_type,
        content=part.payload,
        content_id=content_id,
        inline=shown or (word == "inline" and part.maintype == "image"),
        part=part.path,
    )


def _is_hurt(name: str) -> bool:
    """Whether some writer could not put a character of the name into its charset."""
    return "?" in name or "\ufffd" in name


def _clean(name: str) -> str:
    """One line without what no file name may hold; the last step of a path."""
    if "\\" in name[1:] and re.match(r"[A-Za-z]:\\|\\\\", name):
        name = name.rpartition("\\")[2]
    name = " ".join(_UNSAFE.sub("_", name.strip()).split())
    return name[:_LONGEST_NAME]


def from_file(name: str, content: bytes, path: str) -> Attachment:
    """Return a file that was found inside another part, its type told by its name."""
    cleaned = _clean(name) or "attachment.bin"
    guessed = mimetypes.guess_type(cleaned, strict=False)[0]
    return Attachment(
        filename=cleaned,
        content_type=guessed or "application/octet-stream",
        content=content,
        part=path,
    )
