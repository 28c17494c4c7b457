"""`/metrics`: the desk in numbers, in the text format 0.0.4 that Prometheus reads.

Numbers alone, no address and no text. They are for our own monitoring: peers of the
networks of `[web] metrics` get them, everybody else the 404 of a page that is not there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, request

from mailroom.gateway.limits import Networks
from mailroom.store.contract_levels import Levels
from mailroom.ticket.model import Status
from web.place import desk

metrics = Blueprint("metrics", __name__)


@dataclass(frozen=True, slots=True)
class Family:
    """Samples of one name; each key is a label in the format's own writing, or ""."""

    name: str
    kind: str  # gauge or counter
    help: str
    samples: Mapping[str, float]

    def __str__(self) -> str:
        head = f"# HELP {self.name} {self.help}\n# TYPE {self.name} {self.kind}\n"
        lines = (
            f"{self.name}{key} {value:.15g}\n" for key, value in self.samples.items()
        )
        return head + "".join(lines)


@metrics.get("/metrics")
def numbers() -> Response:
    """Send the desk's numbers to our own monitoring."""
    app = desk()
    allowed = Networks(app.config.web.metrics_for, key="[web] metrics")
    if (request.remote_addr or "127.0.0.1") not in allowed:
        abort(404)
    found = _families(app.store.levels(), app.office.now())
    text = "".join(map(str, found))
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _families(levels: Levels, now: datetime) -> Iterator[Family]:
    status = {f'{{status="{s}"}}': float(levels.tickets.get(s, 0)) for s in Status}
    yield Family("mailroom_tickets", "gauge", "Tickets by status.", status)
    yield _one("overdue_clocks", "gauge", "Missed and not yet kept.", levels.overdue)
    if levels.next_due_at is not None:
        text = "Unix time of the next deadline."
        at = levels.next_due_at.timestamp()
        yield _one("next_due_timestamp_seconds", "gauge", text, at)
    yield _one("inbound_total", "counter", "Mails taken in.", levels.received)
    text = "Mails taken in and not yet processed."
    yield _one("inbound_waiting", "gauge", text, levels.waiting)
    text = "Age of the oldest of them."
    age = _age(levels.waiting_since, now)
    yield _one("inbound_oldest_waiting_seconds", "gauge", text, age)
    text = "Mails in quarantine."
    yield _one("inbound_quarantined", "gauge", text, levels.quarantined)
    yield _one("outbound_total", "counter", "Letters queued, ever.", levels.written)
    unsent = {'{state="queued"}': levels.queued, '{state="deferred"}': levels.deferred}
    yield Family("mailroom_outbound_unsent", "gauge", "Letters still to go.", unsent)
    text = "Age of the oldest of them."
    age = _age(levels.unsent_since, now)
    yield _one("outbound_oldest_unsent_seconds", "gauge", text, age)
    text = "Letters given up, ever."
    yield _one("outbound_failed_total", "counter", text, levels.failed)


def _one(name: str, kind: str, text: str, value: float) -> Family:
    return Family(f"mailroom_{name}", kind, text, {"": value})


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
