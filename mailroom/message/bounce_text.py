"""Read delivery reports that are no RFC 3464 DSN, by the words of their notices.

qmail, Exim, sendmail and Postfix before DSN, Exchange, Domino, GroupWise, IMail,
Yahoo, Gmail, GMX, mail.ru, AOL, Zoho, OpenSMTPD, DragonFly and many more have one shape:
words that introduce, addresses, a reason, and a copy of the mail. Time is linear.
"""

import re
from collections.abc import Callable
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
    r"\s{0,3}:\s{0,4}|\[status: error, address: |(?:5\d\d[ -])?5\.\d{1,3}\.\d{1,3} "
    r"|5\d\d[ -])?"
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
# "Local mailbox a@b.example is unavailable": the address is what a sentence is about.
_TOLD_OF = re.compile(
    rf"\b(?:mailbox|user|recipient|account|address)\s{{1,3}}<?{_ADDRESS}>?\s{{1,3}}"
    r"(?:is|was|does|has|not|cannot|could|unknown|over|exceeds|exceeded)\b",
    re.IGNORECASE,
)
# Nothing but an address stands there, maybe with Outlook's link to it.
_BARE = re.compile(
    rf"[\s>*•\-]{{0,12}}<?{_ADDRESS}>?(?:\s?<mailto:[^<>\s]{{1,400}}>)?\s{{0,4}}:?\s*"
)
# Before the address that we wrote to, where a server names what it stood for.
_EXPANDED = re.compile(
    rf"\s{{1,12}}\((?:ultimately )?(?:generated|expanded) from:?\s{{0,3}}<?{_ADDRESS}>?\)",
    re.IGNORECASE,
)
_GAP = re.compile(r"(?<=[^ \t])[ \t]{2,}(?=[^ \t])")
_FROM = re.compile(r"\bfrom\s{0,3}[\"'<]?\Z", re.IGNORECASE)
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
    lines = [_GAP.sub(" ", line[:1000]) for line in notice.splitlines()[:_MOST_LINES]]
    for number, line in enumerate(lines):
        if match := _EXPANDED.match(line):
            _add_expanded(found, (match["address"].strip("."), number), ours)
            continue
        opens = INTRODUCTION.search(line.lower())
        if opens:
            introduced = number + _REACH
        near = introduced >= number and introduced > 0
        for address in _candidates(line, opens.end() if opens else 0, near=near):
            if address.lower() not in ours and len(found) < _MOST_RECIPIENTS:
                found.setdefault(address.lower(), (address, number))
                introduced = max(introduced, number + _REACH) if near else introduced
    if not found:
        _add_matches(found, lines, ours, _SPOKEN.search)
    if not found and is_coded(notice):  # in whatever language it is
        _add_matches(found, lines, ours, _BARE.fullmatch)
    starts = [*sorted(number for _, number in found.values()), len(lines)]
    deliveries = []
    for address, number in found.values():
        end = next(start for start in starts if start > number)
        reason = " ".join(" ".join(lines[number : min(end, number + 12)]).split())[:500]
        deliveries.append(Delivery(address=address, diagnostic=reason))
    return deliveries


def lone(notice: str, ours: set[str]) -> list[Delivery]:
    """Return the only address in a notice with a code, in whatever words it stands."""
    if not is_coded(notice):
        return []
    lines = [line[:1000] for line in notice.splitlines()[:_MOST_LINES]]
    told = [
        address
        for line in lines
        if "@" in line and not _OWN.match(line) and not _HELP.search(line.lower())
        for address in _not_from(line, 0)
        if address.lower() not in ours
    ]
    if len({address.lower() for address in told}) != 1:
        return []
    return [Delivery(address=told[0], diagnostic=" ".join(notice[:500].split()))]


def _add_matches(
    found: dict[str, tuple[str, int]],
    lines: list[str],
    ours: set[str],
    look: Callable[[str], re.Match[str] | None],
) -> None:
    """Add the recipients that the lines name in the form that `look` finds."""
    for number, line in enumerate(lines):
        if "@" in line and (match := look(line)):
            address = next(filter(None, match.groups()), "").strip(".")
            if address.lower() not in ours and len(found) < _MOST_RECIPIENTS:
                found.setdefault(address.lower(), (address, number))


def _add_expanded(
    found: dict[str, tuple[str, int]], seen: tuple[str, int], ours: set[str]
) -> None:
    """Put the address that we wrote to in the place of the one behind it."""
    address, number = seen
    for key, (_, line) in list(found.items()):
        if line == number - 1:
            del found[key]
    if address.lower() not in ours and len(found) < _MOST_RECIPIENTS:
        found.setdefault(address.lower(), (address, number))


def is_coded(notice: str) -> bool:
    """Return whether a reply or status code stands in a notice (RFC 5321, RFC 3463)."""
    return bool(_CODE.search(notice[:20_000]))


_CODE = re.compile(r"\b[45]\d\d[ \-]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}\b")


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
    if match := _TOLD_OF.search(line):
        return [match["address"].strip(".")]
    if after:  # "Unable to deliver message to: <a@b.example>"
        told = _not_from(line, after)
        return told or (_not_from(line, 0) if near else [])
    if match := _LISTED.match(line):
        rest = match["rest"][:300].lower()
        if near or (REPLY.search(rest) or STATUS.search(rest) or HARD.search(rest)):
            return [match["address"].strip(".")]
    return []


def _not_from(line: str, start: int) -> list[str]:
    """Return up to 20 addresses, without those that a "from" makes the sender's."""
    found: list[str] = []
    for address in addresses(line[start:])[:20]:
        start = line.find(address, start)
        if not _FROM.search(line, max(0, start - 12), max(0, start)):
            found.append(address)
    return found


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
    r"|mailbox (?:\S{1,80} )?full|over ?quota|quota (?:exceeded|violat)"
    r"|exceeded (?:the |its |their )?(?:storage|quota|local limit)|user'?s mailfolder is full"
    r"|mailbox exceeded"
)


def is_mailbox_full(text: str, code: str | None) -> bool:
    """Return whether a status code or a reason in lower case says so (RFC 3463 3.3)."""
    return (code or "").endswith(".2.2") or bool(_FULL.search(text))
