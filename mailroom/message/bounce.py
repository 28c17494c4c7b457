"""Find out whether a mail reports that a mail of ours was not delivered, and to whom.

Follows RFC 3464 (DSN), RFC 6522 (multipart/report), RFC 3463 (status codes), RFC 3461
(Original-Recipient). Only what the mail itself is counts: a bounce that is attached to,
forwarded in or quoted by a person's mail makes no bounce of it, nor do a challenge, a
vacation reply or a report of success.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from mailroom.message import bounce_text, dsn
from mailroom.message.automatic import is_no_reply
from mailroom.message.automatic_words import AWAY
from mailroom.message.bounce_words import (
    CHALLENGE,
    DAEMON_NAME,
    DAEMONS,
    HARD,
    INTRODUCTION,
    SOFT,
    SUBJECT,
)
from mailroom.message.dsn import Delivery
from mailroom.message.model import Bounce, BounceType, Envelope, Headers
from mailroom.message.part import Part

_MOST = 200_000  # characters of a text that are looked at
_MESSAGE_ID = re.compile(
    r"^[ \t>]{0,8}message-id[ \t]*:\s{0,80}<?([^<>\s]{1,990})", re.I | re.M
)
_IDENTIFIER = re.compile(r"<([^<>\s]{1,990})>")
_BAD_ACTIONS = {"failed", "failure", "delayed", "expired", "error"}
_GOOD_ACTIONS = {"delivered", "relayed", "expanded", "success"}


def read(
    headers: Headers, envelope: Envelope | None, root: Part, text: str
) -> Bounce | None:
    """Return the report of failure or delay that this mail is, else None.

    `text` is the visible text, asked where no plain text part is there. The type is
    hard as soon as one recipient failed for good; `recipients` are the addresses we
    wrote to, where the report names them.
    """
    is_report = root.content_type in ("multipart/report", "message/delivery-status")
    parts = list(_own_parts(root))
    daemon = _daemon(headers, envelope, parts)
    status = next((p for p in parts if _is_status(p)), None)
    if daemon is None and (status is None or not is_report):
        return None
    if AWAY.match(headers.get("subject")[:400].strip().casefold()):
        return None
    evidence = [] if daemon is None else [daemon]
    notice = bounce_text.split(_notice(parts, text))
    if status is not None:
        found = list(dsn.deliveries(_text(status)))
        evidence.append(f"{status.content_type} (RFC 3464)")
    else:
        found = list(dsn.deliveries(notice.text))
        evidence += ["fields of RFC 3464 in the text"] if found else []
    if any(d.action in _BAD_ACTIONS or d.status[:1] in ("4", "5") for d in found):
        bad = [d for d in found if d.action not in _GOOD_ACTIONS]
    elif any(d.action in _GOOD_ACTIONS for d in found):
        return None
    else:
        bad = []
    if not any(delivery.address for delivery in bad):
        bad = _named(bad, _from_text(headers, notice, parts, evidence), notice)
    if not bad or CHALLENGE.search(_reasons(bad)):
        return None
    return _bounce(bad, headers, parts, notice, evidence)


def _named(
    bad: list[Delivery], told: list[Delivery], notice: bounce_text.Notice
) -> list[Delivery]:
    """Put the names of the words to a report that has none (X.400, local accounts).

    Without any, a report that the server returns as text may have them.
    """
    if not any(delivery.address for delivery in told):
        returned = [
            d for d in dsn.deliveries(notice.returned) if d.action in _BAD_ACTIONS
        ]
        return bad or (told and (returned or told))
    if not bad:
        return told
    return [replace(bad[0], address=delivery.address) for delivery in told]


def _bounce(
    bad: list[Delivery],
    headers: Headers,
    parts: list[Part],
    notice: bounce_text.Notice,
    evidence: list[str],
) -> Bounce:
    whole = bounce_text.judge(notice.text) or (BounceType.HARD, None)
    verdicts = [_verdict(delivery, whole) for delivery in bad]
    kinds = [kind for kind, _ in verdicts]
    worst = kinds.index(BounceType.HARD) if BounceType.HARD in kinds else 0
    recipients = dict.fromkeys(d.address for d in bad if d.address)
    return Bounce(
        type=kinds[worst],
        recipients=tuple(recipients),
        status=verdicts[worst][1],
        diagnostic=bad[worst].diagnostic or None,
        original_message_id=_original(headers, parts, notice.returned),
        evidence=tuple(dict.fromkeys(evidence)),
    )


def _verdict(
    delivery: Delivery, whole: tuple[BounceType, str | None]
) -> tuple[BounceType, str | None]:
    """Return the type for one recipient and the most exact status code known.

    `whole` is what the notice as a whole says, for a recipient without a reason.
    """
    if not delivery.status:
        kind, code = bounce_text.judge(delivery.diagnostic) or whole
        return (BounceType.SOFT if delivery.action == "delayed" else kind), code
    status = delivery.status
    found = dsn.STATUS.search(delivery.diagnostic)
    if found and status.endswith(".0.0") and found[1] == status[0]:
        status = found[0]
    if delivery.action == "delayed" or status[0] == "4":
        return BounceType.SOFT, status
    full = bounce_text.is_mailbox_full(delivery.diagnostic.lower(), status)
    return (BounceType.SOFT if full else BounceType.HARD), status


def _reasons(bad: list[Delivery]) -> str:
    return " ".join(delivery.diagnostic for delivery in bad[:20]).lower()


def _daemon(
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
    if "postmaster" in author.lower() and _is_answer(headers):  # a person has that post
        return None
    if is_daemon(author):
        return f"From: {' '.join(author.split())[:100]}"
    if _is_robot_returning(author, parts):
        return "a returned mail from an address that takes no replies"
    return None


def _is_robot_returning(author: str, parts: list[Part]) -> bool:
    returns = any(part.content_type == "message/rfc822" for part in parts)
    return returns and is_no_reply(author.rpartition("<")[2].partition(">")[0])


def _domain(headers: Headers) -> str:
    """Return the domain of the sender, or ""."""
    return dsn.first_address(headers.get("from")).rpartition("@")[2]


def _is_answer(headers: Headers) -> bool:
    return bool(_SUBJECT_OF_ANSWER.match(headers.get("subject")[:20].lower()))


_SUBJECT_OF_ANSWER = re.compile(
    r"\s*(?:re|aw|fw|fwd|wg|antw|sv|vs|tr|rv|rif|i|odp|res|enc)\s?:"
)


def is_daemon(author: str) -> bool:
    """Return whether a From field is that of a mail server, or names nobody."""
    name, angle, rest = author.rpartition("<")
    address = rest.partition(">")[0] if angle else author.partition("(")[0]
    local = address.strip().lower().partition("@")[0]
    if not local:
        return "<>" in author or "mailer-daemon" in name.lower()
    if local in DAEMONS or local.startswith("microsoftexchange"):
        return True
    return bool(DAEMON_NAME.match(name.strip(' "\t').lower()))


def _own_parts(root: Part) -> Iterator[Part]:
    """Yield the parts of this mail itself, not those inside an attached mail."""
    stack = [root]
    while stack:
        part = stack.pop()
        yield part
        if part.content_type.startswith("multipart/"):
            stack.extend(reversed(part.children))


def _is_status(part: Part) -> bool:
    return part.content_type.endswith("delivery-status") and part.maintype == "message"


def _text(part: Part) -> str:
    if part.text is not None:
        return part.text[:_MOST]
    return part.payload[:_MOST].decode("utf-8", "replace")


def _notice(parts: list[Part], text: str) -> str:
    """Return what the server wrote for people: the first plain text, else all text."""
    for part in parts:
        if part.content_type == "text/plain" and part.text and part.text.strip():
            return part.text[:_MOST]
    return text[:_MOST]


def _from_text(
    headers: Headers, notice: bounce_text.Notice, parts: list[Part], evidence: list[str]
) -> list[Delivery]:
    """Read the words of the notice; None of our own addresses ever failed.

    Without an address in the notice the lone recipient of the returned mail failed.
    """
    ours = {
        a.lower() for a in dsn.addresses(headers.get("to") + " " + headers.get("from"))
    }
    failed = dsn.addresses(" ".join(headers.all("x-failed-recipients")))
    found = bounce_text.recipients(notice.text, ours)
    if not found:
        found = bounce_text.local_names(notice.text, _domain(headers))
    if failed:
        evidence.append("X-Failed-Recipients")
        return _with_reasons(failed, found, notice.text)
    shown = SUBJECT.search(headers.get("subject")[:400].lower())
    returned = _returned(parts, notice.returned)
    if not _is_plausible(
        headers, notice, parts, bool(shown), bool(returned), bool(found)
    ):
        return []
    evidence += [f"Subject: {shown[0]}"] if shown else []
    if found:
        evidence.append("failing addresses in the notice")
        return found
    if not shown or not (returned or INTRODUCTION.search(notice.text[:20_000].lower())):
        return []
    to = dsn.addresses(returned_field(returned, "to"))
    if len(to) != 1:
        return [Delivery(address="", diagnostic=" ".join(notice.text[:500].split()))]
    evidence.append("To of the returned mail")
    return [Delivery(address=to[0], diagnostic=" ".join(notice.text[:500].split()))]


def _is_plausible(
    headers: Headers,
    notice: bounce_text.Notice,
    parts: list[Part],
    shown: bool,
    returned: bool,
    named: bool,
) -> bool:
    """Return whether three of five clues are there: one of them proves nothing.

    Under a person's name all the others must be: a vacation reply has a null
    reverse-path too, speaks of whom to write to instead, and quotes the mail.
    """
    author = headers.get("from")[:1000]
    daemon = is_daemon(author) or _is_robot_returning(author, parts)
    words = notice.text[:20_000].lower()
    reasoned = _REASON.search(words) or SOFT.search(words) or HARD.search(words)
    introduced = named or INTRODUCTION.search(words)
    clues = (shown, returned, daemon, bool(reasoned), bool(introduced))
    if daemon:
        return sum(clues) >= 3
    return sum(clues) == len(clues) - 1 and not _is_answer(headers)


_REASON = re.compile(r"\b[45]\d\d[ \-]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}\b")


def _with_reasons(
    failed: list[str], found: list[Delivery], notice: str
) -> list[Delivery]:
    """Join the addresses of a field with the reasons that the notice gives for them."""
    reasons = {delivery.address.lower(): delivery.diagnostic for delivery in found}
    whole = " ".join(notice[:500].split())
    return [
        Delivery(address=a, diagnostic=reasons.get(a.lower(), whole)) for a in failed
    ]


def _returned(parts: list[Part], returned: str) -> str:
    """Return the header of the mail that came back, or ""."""
    for part in parts:
        if part.content_type in ("message/rfc822", "message/global") and part.children:
            fields = part.children[0].headers.fields[:500]
            return "".join(f"{name}: {value[:2000]}\n" for name, value in fields)
        if part.content_type.startswith("message/") and not _is_status(part):
            return _text(part)
        if part.content_type.endswith("rfc822-headers"):
            return _text(part)
    if returned or not parts:
        return returned
    later = (p for p in parts[1:] if p.content_type == "text/plain" and p.text)
    return next(
        (
            p.text[:_MOST]
            for p in later
            if p.text and _MESSAGE_ID.search(p.text[:_MOST])
        ),
        "",
    )


def returned_field(returned: str, name: str) -> str:
    """Return the body of a field in the text of a header, or ""."""
    match = re.search(
        rf"^[ \t>]{{0,8}}{name}[ \t]*:(.{{0,1000}})", returned, re.I | re.M
    )
    return match[1].strip() if match else ""


def _original(headers: Headers, parts: list[Part], returned: str) -> str | None:
    """Return the Message-ID of the returned mail; Gmail names it in In-Reply-To too."""
    if match := _MESSAGE_ID.search(_returned(parts, returned)):
        return match[1]
    answered = _IDENTIFIER.search(headers.get("in-reply-to")[:2000])
    return answered[1] if answered else None
