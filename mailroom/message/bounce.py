"""Find out whether a mail reports that a mail of ours was not delivered, and to whom.

Follows RFC 3464 (DSN), RFC 6522 (multipart/report), RFC 3463 (status codes), RFC 3461
(Original-Recipient). Only what the mail itself is counts: a bounce that is attached to,
forwarded in or quoted by a person's mail makes no bounce of it, nor do a challenge, a
vacation reply or a report of success.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from mailroom.message import bounce_sender, bounce_text, dsn
from mailroom.message.automatic_words import AWAY
from mailroom.message.bounce_words import CHALLENGE, INTRODUCTION, SUBJECT
from mailroom.message.dsn import Delivery
from mailroom.message.model import Bounce, BounceType, Envelope, Headers
from mailroom.message.part import Part

_MOST = 200_000  # characters of a text that are looked at
_MESSAGE_ID = re.compile(
    r"^[ \t>]{0,8}message-id[ \t]*:\s{0,80}<?([^<>\s]{1,990})", re.I | re.M
)
_ORIGINAL_ID = re.compile(
    r"^(?:x-)?original-message-id[ \t]*:\s{0,80}<?([^<>\s]{1,990})", re.I | re.M
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
    parts = list(_own_parts(root))
    daemon = bounce_sender.evidence(headers, envelope, parts)
    parts = (daemon and _wrapped(headers, parts)) or parts
    status = next((p for p in parts if _is_status(p)), None)
    is_report = root.content_type in ("multipart/report", "message/delivery-status")
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
        told = _from_text(headers, envelope, notice, parts, evidence)
        bad = _named(bad, told, notice)
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


def _wrapped(headers: Headers, parts: list[Part]) -> list[Part] | None:
    """Return the parts of a report that a server passes on as an attached mail.

    Gateways do so with reports that go through them. What a mail server returns may be
    a report itself: not where the notice around it names addresses of its own.
    """
    if any(map(_is_status, parts)) or not bounce_sender.is_daemon(headers.get("from")):
        return None
    inner = (child for part in parts for child in part.children if child.path)
    for child in inner:
        if child.content_type == "multipart/report" and not bounce_text.recipients(
            _notice(parts, ""), set()
        ):
            below = list(_own_parts(child))
            return below if any(map(_is_status, below)) else None
    return None


def _domain(headers: Headers) -> str:
    """Return the domain of the sender, or ""."""
    return dsn.first_address(headers.get("from")).rpartition("@")[2]


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
    headers: Headers,
    envelope: Envelope | None,
    notice: bounce_text.Notice,
    parts: list[Part],
    evidence: list[str],
) -> list[Delivery]:
    """Read the words of the notice; None of our own addresses ever failed.

    Without an address in the notice the lone recipient of the returned mail failed.
    """
    shown = SUBJECT.search(headers.get("subject")[:400].lower())
    returned = _returned(parts, notice.returned)
    found = _addressed(headers, notice.text, bool(shown or returned))
    failed = dsn.addresses(" ".join(headers.all("x-failed-recipients")))
    if failed:
        evidence.append("X-Failed-Recipients")
        return _with_reasons(failed, found, notice.text)
    clues = bounce_sender.Clues(
        stated=_is_stated(parts),
        shown=bool(shown) or _is_stated(parts),
        returned=bool(returned) or any(part.children for part in parts[1:]),
        named=bool(found),
    )
    if not bounce_sender.is_plausible(headers, envelope, parts, notice.text, clues):
        return []
    evidence += [f"Subject: {shown[0]}"] if shown else []
    if found:
        evidence.append("failing addresses in the notice")
        return found
    introduced = INTRODUCTION.search(notice.text[:20_000].lower())
    if shown and (returned or introduced):
        return [_nameless(headers, notice, returned, evidence)]
    coded = returned and bounce_text.is_coded(notice.text)
    return [_nameless(headers, notice, returned, evidence)] if coded else []


def _addressed(headers: Headers, notice: str, by_lone: bool) -> list[Delivery]:
    """Return what the notice says of each address; `by_lone`: in whatever words."""
    known = dsn.addresses(headers.get("to") + " " + headers.get("from"))
    ours = {address.lower() for address in known}
    found = bounce_text.recipients(notice, ours)
    found = found or bounce_text.local_names(notice, _domain(headers))
    return found or (bounce_text.lone(notice, ours) if by_lone else [])


def _nameless(
    headers: Headers, notice: bounce_text.Notice, returned: str, evidence: list[str]
) -> Delivery:
    """Report for the lone recipient of the returned mail, else for nobody."""
    to = dsn.addresses(returned_field(returned, "to"))
    reason = " ".join(notice.text[:500].split())
    if len(to) != 1 or bounce_sender.is_list_server(headers):
        return Delivery(address="", diagnostic=reason)
    evidence.append("To of the returned mail")
    return Delivery(address=to[0], diagnostic=reason)


def _is_stated(parts: list[Part]) -> bool:
    """Return whether Content-Type calls the mail a delivery report (RFC 6522)."""
    stated = parts[0].params.get("report-type", "").lower()
    return parts[0].maintype == "multipart" and stated == "delivery-status"


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
        if part.maintype == "message" and not part.content_type.endswith(_FOR_MACHINES):
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


_FOR_MACHINES = ("delivery-status", "disposition-notification", "feedback-report")


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
    told = (p for p in parts if p.content_type.endswith(_FOR_MACHINES))
    for part in told:  # fields of RFC 8098 3.2.6 and of Gmail
        if match := _ORIGINAL_ID.search(_text(part)):
            return match[1]
    answered = _IDENTIFIER.search(headers.get("in-reply-to")[:2000])
    return answered[1] if answered else None
