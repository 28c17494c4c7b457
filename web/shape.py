"""A ticket's page as JSON: times ISO 8601 UTC, durations in seconds, absent = null."""

from typing import Any

from mailroom.desk.pages.status_page import StatusPage
from mailroom.ticket.model import Comment
from rules.ledger import Clock
from web.formats import iso
from web.place import plain
from web.words import author_name, state_words


def page_json(page: StatusPage) -> dict[str, Any]:
    """Return what the page says."""
    ticket = page.ticket
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status.value,
        "state": state_words(page),
        "created_at": iso(ticket.created_at),
        "updated_at": iso(ticket.updated_at),
        "timezone": page.zone,
        "promises": [_clock(clock) for clock in page.promised],
        "merged_into": page.merged_into,
        "comments": [_comment(page, comment) for comment in page.comments],
    }


def _clock(clock: Clock) -> dict[str, Any]:
    return {
        "metric": clock.metric.value,
        "cycle": clock.cycle,
        "state": clock.state.value,
        "due": iso(clock.due) if clock.due else None,
        "remaining": clock.remaining.total_seconds(),
        "fulfilled_at": iso(clock.fulfilled_at) if clock.fulfilled_at else None,
        "breached_at": iso(clock.breached_at) if clock.breached_at else None,
    }


def _comment(page: StatusPage, comment: Comment) -> dict[str, Any]:
    return {
        "at": iso(comment.at),
        "author": author_name(page, comment),
        "from_us": page.is_ours(comment),
        "text": plain(comment.text),
        "attachments": [
            {"filename": a.filename, "content_type": a.content_type, "size": a.size}
            for a in comment.attachments
        ],
    }
