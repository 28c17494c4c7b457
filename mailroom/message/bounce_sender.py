"""Judge whether a mail server wrote a mail, and whether its words make a bounce of it.

Follows RFC 5321 4.5.5 (null reverse-path) and the names under which mail servers,
gateways and list servers write. A person may write about a failed delivery in the same
words: who writes decides how many other clues are needed.
"""

import re
from dataclasses import dataclass

from mailroom.message.automatic import is_no_reply
from mailroom.message.bounce_text import is_coded
from mailroom.message.bounce_words import (
    DAEMON_NAME,
    DAEMONS,
    GATEWAYS,
    HARD,
    INTRODUCTION,
    PEOPLE,
    SOFT,
)
from mailroom.message.model import Envelope, Headers
from mailroom.message.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What was seen of a report apart from its sender and its reasons."""

    stated: bool  # the media type says so
    shown: bool  # the subject or the media type does
    returned: bool  # the mail that came back, or its header
    named: bool  # addresses that failed


def evidence(
    headers: Headers, envelope: Envelope | None, parts: list[Part]
) -> str | None:
    """Say what shows that a mail server sent this, or None (RFC 5321 4.5.5)."""
    path = headers.get("return-path", "-").strip().lower()
    author = headers.get("from")[:1000].strip()
    if envelope is not None and envelope.mail_from is None:
        return "null reverse-path"
    if "x-failed-recipients" in headers:
        return "X-Failed-Recipients"
    if envelope is None and (path in ("", "<>") or "mailer-daemon" in path):
        return f"Return-Path: {path[:100]}"
    if "postmaster" in author.lower() and is_answer(headers):  # a person has that post
        return None
    if is_daemon(author) or _is_gateway(author):
        return f"From: {' '.join(author.split())[:100]}"
    if is_list_server(headers):
        return "a list server that writes to itself"
    if _is_robot_returning(author, parts):
        return "a returned mail from an address that takes no replies"
    return None


def is_plausible(
    headers: Headers,
    envelope: Envelope | None,
    parts: list[Part],
    notice: str,
    clues: Clues,
) -> bool:
    """Return whether three of five clues are there: one of them proves nothing.

    Under a person's name all the others must be: a vacation reply has a null
    reverse-path too, speaks of whom to write to instead, and quotes the mail. The same
    holds for a robot that takes no replies; a postmaster who has an envelope sender of
    his own may be a person.
    """
    author = headers.get("from")[:1000]
    words = notice[:20_000].lower()
    reasoned = bool(is_coded(words) or SOFT.search(words) or HARD.search(words))
    introduced = clues.named or bool(INTRODUCTION.search(words))
    seen = sum((clues.shown, clues.returned, reasoned, introduced))
    if clues.stated or is_daemon(author) or is_list_server(headers):
        if _is_postmaster_with_path(author, headers, envelope):
            return seen >= 3 and clues.shown
        return seen >= 2
    if _is_gateway(author):
        of_mail = clues.returned or _OF_MAIL.search(words)  # a parcel may fail, too
        named = clues.shown and clues.named and not is_answer(headers)
        return bool(of_mail and named and seen >= 3)
    if _is_robot_returning(author, parts):
        return clues.named and clues.returned and seen >= 3
    return seen == 4 and not is_answer(headers)


_OF_MAIL = re.compile(r"\b(?:e-?)?mails?\b|\bmessages?\b|smtp|nachricht|messag[ei]")


def _is_postmaster_with_path(
    author: str, headers: Headers, envelope: Envelope | None
) -> bool:
    if envelope is not None:
        path = envelope.mail_from or ""
    else:
        path = headers.get("return-path").strip(" <>")
    if "@" not in path or path.lower().startswith("mailer-daemon"):
        return False
    return _local(author) == "postmaster"


def _is_robot_returning(author: str, parts: list[Part]) -> bool:
    returns = any(part.content_type == "message/rfc822" for part in parts)
    return returns and is_no_reply(author.rpartition("<")[2].partition(">")[0])


def is_list_server(headers: Headers) -> bool:
    """Return whether the software of a mailing list writes to its own administrator."""
    if "x-mlserver" not in headers:
        return False
    author = _address(headers.get("from")[:1000])
    return bool(author) and author == _address(headers.get("to")[:1000])


def is_answer(headers: Headers) -> bool:
    """Return whether the subject begins with the mark of an answer or a forward."""
    return bool(_SUBJECT_OF_ANSWER.match(headers.get("subject")[:20].lower()))


_SUBJECT_OF_ANSWER = re.compile(
    r"\s*(?:re|aw|fw|fwd|wg|antw|sv|vs|tr|rv|rif|i|odp|res|enc)\s?:"
)


def is_daemon(author: str) -> bool:
    """Return whether a From field is that of a mail server, or names nobody."""
    name, angle, _ = author.rpartition("<")
    local = _local(author)
    if not local:
        return bool(angle) or "mailer-daemon" in name.lower()
    if local in DAEMONS or local.startswith("microsoftexchange"):
        return True
    return bool(DAEMON_NAME.match(name.strip(' "\t').lower()))


def _is_gateway(author: str) -> bool:
    """Return whether the local part is that of a filter or a relay, no person's."""
    words = set(_WORD.findall(_local(author)))
    return bool(words & GATEWAYS) and not words & PEOPLE


_WORD = re.compile(r"[a-z]{3,20}")


def _local(author: str) -> str:
    r"""Return the local part, without quotes, of "a b"@c.d or a\@b.c@d.e."""
    local = _address(author).partition("@")[0]
    return local.strip('"\\ ')


def _address(author: str) -> str:
    _, angle, rest = author.rpartition("<")
    address = rest.partition(">")[0] if angle else author.partition("(")[0]
    return address.strip().lower()
