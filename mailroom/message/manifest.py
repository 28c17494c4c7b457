"""One mail as a JSON object: what `mailroom parse` prints.

Addresses are bare strings, Message-IDs without brackets, times ISO 8601 in UTC; a value that
is absent is null.
"""

from datetime import UTC, datetime

from mailroom.message.model import (
    AutomaticKind,
    Bounce,
    BounceType,
    Forwarded,
    Mailbox,
    Message,
)

# Kinds of which the sender is a machine that must never be answered.
_NEVER_ANSWERED = frozenset(AutomaticKind)


def describe(message: Message) -> dict[str, object]:
    """Return the mail as values that `json` takes, text in full."""
    sender, bounced = message.sender, message.bounce
    return {
        "message_id": message.message_id,
        "from_addr": sender.address if sender else None,
        "from_name": sender.name if sender else None,
        "to": _addresses(message.to),
        "cc": _addresses(message.cc),
        "reply_to": _addresses(message.reply_to),
        "subject": message.subject,
        "date": _instant(message.date),
        "in_reply_to": message.in_reply_to[0] if message.in_reply_to else None,
        "references": list(message.references),
        "body_text": message.text,
        "reply_text": message.reply_text,
        "spans": [
            {"start": s.start, "end": s.end, "kind": s.kind, "evidence": s.evidence}
            for s in message.spans
        ],
        **_files(message),
        **_automatic(message, bounced),
        **_bounce(bounced),
        "is_forward": message.forwarded is not None,
        "forwarded": _forwarded(message.forwarded),
        "language": message.language,
        "calendar_method": message.calendar_method,
        "protection": list(message.protection),
        "size": message.size,
        "defects": list(message.defects),
    }


def _instant(at: datetime | None) -> str | None:
    if at is None:
        return None
    try:
        text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    except OverflowError:  # the first or last day that Python knows
        return None
    return text.replace("+00:00", "Z")


def _addresses(mailboxes: tuple[Mailbox, ...]) -> list[str]:
    return [mailbox.address for mailbox in mailboxes if mailbox.address]


def _files(message: Message) -> dict[str, object]:
    return {
        "attachments": [
            {
                "filename": file.filename,
                "content_type": file.content_type,
                "size": file.size,
                "content_id": file.content_id,
                "inline": file.inline,
            }
            for file in message.attachments
        ],
        "attachment_count": len(message.attachments),
    }


def _automatic(message: Message, bounced: Bounce | None) -> dict[str, object]:
    verdict = message.automatic
    return {
        "is_auto_reply": verdict is not None and verdict.kind in _NEVER_ANSWERED,
        "automatic": None
        if verdict is None
        else {"kind": verdict.kind, "evidence": list(verdict.evidence)},
    }


def _bounce(bounced: Bounce | None) -> dict[str, object]:
    if bounced is None:
        return {"is_bounce": False, "bounce_type": None, "bounced_address": []}
    return {
        "is_bounce": True,
        "bounce_type": "hard" if bounced.type is BounceType.HARD else "soft",
        "bounced_address": list(bounced.recipients),
        "bounce": {
            "status": bounced.status,
            "diagnostic": bounced.diagnostic,
            "original_message_id": bounced.original_message_id,
            "evidence": list(bounced.evidence),
        },
    }


def _forwarded(found: Forwarded | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "from_addr": found.sender.address if found.sender else None,
        "from_name": found.sender.name if found.sender else None,
        "to": _addresses(found.to),
        "cc": _addresses(found.cc),
        "subject": found.subject,
        "date": _instant(found.date) or found.date_text,
        "body_text": found.text,
        "attached": found.attached,
        "forwarded": _forwarded(found.nested),
    }
