"""How mail fares, for the admins' digest: waiting, failed, held, bounced, unread."""

from typing import Any
from zoneinfo import ZoneInfo

from mailroom.desk.health import account_health
from mailroom.desk.office import Office
from mailroom.notice.morning import Issue
from mailroom.ticket.model import Disposition

MOST = 5  # letters that are named
_LONGEST = 200  # characters of an answer that are quoted


def post_health(office: Office, issue: Issue) -> list[dict[str, Any]]:
    """Return what is not as it should be: {what, count, new, at, lines}; []: all is well.

    `what` is waiting, failed, held, bounced or account.
    """
    found = [_waiting(office), _failed(office, issue), _held(office, issue)]
    found += [_bounced(office, issue), *_accounts(office)]
    zone = ZoneInfo(issue.zone)
    return [
        {"new": 0, **each, "at": each["at"].astimezone(zone) if each["at"] else None}
        for each in found
        if each["count"]
    ]


def _waiting(office: Office) -> dict[str, Any]:
    """Letters that the relay has put off, or that it could not be reached for."""
    lines = office.store.messages(direction="out", disposition="DEFERRED")
    oldest = lines[0] if lines else None
    return {
        "what": "waiting",
        "count": len(lines),
        "at": oldest.at if oldest else None,
        "lines": [_cut(oldest.reason or "")] if oldest and oldest.reason else [],
    }


def _failed(office: Office, issue: Issue) -> dict[str, Any]:
    letters = office.store.lost_letters(issue.since, issue.now)
    return {
        "what": "failed",
        "count": len(letters),
        "at": issue.since,
        "lines": [
            _cut(f"{', '.join(letter.to)}: {letter.subject}: {letter.reason}")
            for letter in letters[-MOST:][::-1]
        ],
    }


def _held(office: Office, issue: Issue) -> dict[str, Any]:
    """Mail that could not be processed, or that waits for its agent's confirmation."""
    held = Disposition.QUARANTINED.value
    lines = office.store.messages(direction="in", disposition=held)
    new = [line for line in lines if line.at >= issue.since]
    return {
        "what": "held",
        "count": len(lines),
        "new": len(new),
        "at": lines[0].at if lines else None,
        "lines": [
            _cut(f"{line.sender or '(nobody)'}: {line.reason or line.subject or ''}")
            for line in lines[-MOST:][::-1]
        ],
    }


def _bounced(office: Office, issue: Issue) -> dict[str, Any]:
    counts = office.store.count_dispositions(issue.since, issue.now)
    count = counts.get(Disposition.BOUNCE.value, 0)
    return {"what": "bounced", "count": count, "at": issue.since, "lines": []}


def _accounts(office: Office) -> list[dict[str, Any]]:
    """IMAP accounts whose last look failed."""
    found = []
    for account in office.config.imap:
        seen = account_health(office.store, account.account)
        if seen is not None and not seen["ok"]:
            line = _cut(f"{account.account}: {seen['detail']}")
            found.append({"what": "account", "count": 1, "at": None, "lines": [line]})
    return found


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
