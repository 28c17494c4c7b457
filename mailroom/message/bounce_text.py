"""Read delivery reports that are no RFC 3464 DSN, by the words of their notices.

qmail, Exim, sendmail and Postfix before DSN, Exchange, Domino, GroupWise, IMail,
Yahoo, Gmail, GMX, mail.ru, AOL, Zoho, OpenSMTPD, DragonFly and many more have one shape:
words that introduce, addresses, a reason, and a copy of the mail. Time is linear.
"""

import re
from dataclasses import dataclass

from mailroom.message.bounce_words import (
    HARD,
    HEADER_LINE,
    INTRODUCTION,
    RETURNED,
    SOFT,
)
from mailroom.message.dsn import (
    ADDR_SPEC,
    REPLY,
    STATUS,
    Delivery,
    addresses,
    first_address,
)
from mailroom.message.model import BounceType

_MOST_LINES = 400
_MOST_RECIPIENTS = 200
_REACH = 12  # lines below an introduction in which its addresses stand

_ADDRESS = rf"(?P<address>{ADDR_SPEC})"
# An address that opens a line, with what servers put round it.
_LISTED = re.compile(
    r"[\s>*•\-]{0,12}"
    r"(?:(?:recipient|rcpt(?: to)?|to|user|e-?mail|address|adresse|empfänger)"
    r"\s{0,3}:\s{0,4}|\[status: error, address: |5\d\d[ -](?:5\.\d{1,3}\.\d{1,3} )?)?"
    rf"[\"'<(\[]{{0,2}}(?:smtp:|mailto:)?{_ADDRESS}[\"'>)\]]{{0,2}}(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
# Lines that need no introduction: Postfix, qmail and sendmail, and plain labels.
_ALONE = re.compile(
    r"\s{0,4}(?:<[^<>\s@]{1,128}@[^<>\s@]{1,255}>(?:, ORCPT=\S{1,300})?:(?:\s|\Z)"
    r"|5\d\d (?:5\.\d{1,3}\.\d{1,3} )?<?[^<>\s@]{1,128}@[^<>\s@]{1,255}>?\.\.\."
    r"|(?:intended|failed|undeliverable|rejected|invalid|bounced|error)[ -]"
    r"(?:e-?mail )?(?:recipient|address|user|for)s?\s{0,3}:)",
    re.IGNORECASE,
)
# What the SMTP session says where the notice names nobody, and X.400 forms.
_SPOKEN = re.compile(
    rf"rcpt to:\s{{0,3}}<?{_ADDRESS}|smtp=(?P<x400>[^\s;@]{{1,128}}@[^\s;@]{{1,255}})",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"please (?:contact|reply|send|forward|direct|call|visit|e-?mail)|assistance"
    r"|for (?:more |further )?(?:help|information)|(?:any|further) questions"
    r"|contact (?:your|our|the)"
    r"|wenden sie sich|contacter|contactez|póngase en contacto"
)
_OWN = re.compile(
    r"\s{0,8}(?:from|sender|mail from|sent by|original sender)\s{0,3}:", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Notice:
    """The part of a report that a person reads, and the returned mail after it."""

    text: str
    returned: str = ""


def split(text: str) -> Notice:
    """Part the notice from the copy of the mail that follows it in the same text."""
    lines = text[:200_000].splitlines(keepends=True)
    offset = 0
    for number, line in enumerate(lines[:_MOST_LINES]):
        lowered = line[:200].lower()
        header = HEADER_LINE.match(lowered)
        if number and (header or RETURNED.match(lowered.rstrip())):
            return Notice(text[:offset], text[offset:200_000])
        offset += len(line)
    return Notice(text[:offset])


def recipients(notice: str, ours: set[str]) -> list[Delivery]:
    """Return the failing addresses in a notice, each with the reason that stands by it.

    `ours` are lower-case addresses that the report was sent to or from: never failing.
    """
    found: dict[str, tuple[str, int]] = {}
    introduced = 0
    lines = [line[:1000] for line in notice.splitlines()[:_MOST_LINES]]
    for number, line in enumerate(lines):
        opens = INTRODUCTION.search(line.lower())
        if opens:
            introduced = number + _REACH
        near = introduced >= number and introduced > 0
        for address in _candidates(line, opens.end() if opens else 0, near=near):
            if address.lower() not in ours and len(found) < _MOST_RECIPIENTS:
                found.setdefault(address.lower(), (address, number))
                introduced = max(introduced, number + _REACH) if near else introduced
    if not found:
        _add_spoken(found, lines, ours)
    starts = [*sorted(number for _, number in found.values()), len(lines)]
    deliveries = []
    for address, number in found.values():
        end = next(start for start in starts if start > number)
        reason = " ".join(" ".join(lines[number : min(end, number + 12)]).split())[:500]
        deliveries.append(Delivery(address=address, diagnostic=reason))
    return deliveries


def _add_spoken(
    found: dict[str, tuple[str, int]], lines: list[str], ours: set[str]
) -> None:
    """Add the recipients that the transcript of the SMTP session names."""
    for number, line in enumerate(lines):
        if match := _SPOKEN.search(line):
            address = (match["address"] or match["x400"]).strip(".")
            if address.lower() not in ours and len(found) < _MOST_RECIPIENTS:
                found.setdefault(address.lower(), (address, number))


def local_names(notice: str, domain: str) -> list[Delivery]:
    """Return failing accounts that a notice lists without their domain (AOL).

    They stand alone on indented lines right below an introduction.
    """
    found: list[Delivery] = []
    introduced = paragraph = False
    for line in notice.splitlines()[:_MOST_LINES]:
        match = _NAME.fullmatch(line)
        if match and introduced and domain:
            found.append(Delivery(address=f"{match[1]}@{domain}"))
        elif line.strip():
            opens = bool(INTRODUCTION.search(line[:1000].lower()))
            introduced = opens or (introduced and paragraph)
        paragraph = bool(line.strip())
    return found[:_MOST_RECIPIENTS]


_NAME = re.compile(r"[ \t]{1,12}([A-Za-z0-9][A-Za-z0-9._+-]{1,63})[ \t]{0,8}")


def _candidates(line: str, after: int, *, near: bool) -> list[str]:
    """Return the addresses on a line that may be those that failed."""
    if "@" not in line or _OWN.match(line) or _HELP.search(line.lower()):
        return []
    if _ALONE.match(line):
        return [first_address(line)]
    if after:  # "Unable to deliver message to: <a@b.example>"
        return addresses(line[after:])[:20] or (addresses(line) if near else [])
    if match := _LISTED.match(line):
        rest = match["rest"][:300].lower()
        if near or (REPLY.search(rest) or STATUS.search(rest) or HARD.search(rest)):
            return [match["address"].strip(".")]
    return []


def judge(reason: str) -> tuple[BounceType, str | None] | None:
    """Return hard or soft and the status code from a reason, or None if it is silent.

    A status code (RFC 3463) decides by its class, then an SMTP reply (RFC 5321 4.2.1),
    then words; but a full mailbox is soft whatever its code says.
    """
    text = reason[:20_000].lower()
    status = next((m for m in STATUS.finditer(text) if m[1] != "2"), None)
    code = status[0] if status else None
    if is_mailbox_full(text, code):
        return BounceType.SOFT, code
    exact = status is not None and not status[0].endswith(".0.0")
    if decides := status if exact else REPLY.search(text) or status:
        return (BounceType.SOFT if decides[1] == "4" else BounceType.HARD), code
    if SOFT.search(text):
        return BounceType.SOFT, code
    return (BounceType.HARD, code) if HARD.search(text) else None


_FULL = re.compile(
    r"mail ?(?:box|folder)(?: \S{1,80}){0,4} (?:is |are |was )?(?:full|over ?quota|exceeded)"
    r"|mailbox (?:\S{1,80} )?full|over ?quota|quota exceeded|exceeded (?:the |its |their )?"
    r"(?:storage|quota|local limit)|user'?s mailfolder is full|mailbox exceeded"
)


def is_mailbox_full(text: str, code: str | None) -> bool:
    """Return whether a status code or a reason in lower case says so (RFC 3463 3.3)."""
    return (code or "").endswith(".2.2") or bool(_FULL.search(text))
