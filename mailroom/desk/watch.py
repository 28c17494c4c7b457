"""The sweep: what falls due is recorded and told, one transaction a ticket (T5).

Due tickets are found by an index on the next instant at which something happens, so the
cost follows the number due, never the number open. A sweep twice is a sweep once: fired
steps are events, and letters have dedupe keys.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from mailroom.desk.casefile import flush, keep, load
from mailroom.desk.office import Office
from mailroom.desk.post import queue, subject_with_number, words
from mailroom.desk.promise import in_words, zone_of
from mailroom.desk.record import look_at_change
from mailroom.desk.tell_agents import goes_to, internal_letter, standing
from mailroom.desk.tell_customers import to_requester
from mailroom.notice.audience import Told
from mailroom.ticket.case import Case
from mailroom.ticket.deadline import Happening, advance
from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.token import Permission

log = logging.getLogger(__name__)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Watch:
    """Watches the clocks."""

    office: Office

    def sweep(self) -> int:
        """Handle every ticket that is due; return how many there were."""
        store, now = self.office.store, self.office.now()
        count = 0
        while ids := store.due_tickets(now, BATCH):
            for id in ids:
                self.look(id, now)
            count += len(ids)
        return count

    def look(self, id: TicketId, now: datetime) -> None:
        """Handle one ticket."""
        with self.office.store.transaction(durable=False):
            case = load(self.office, id, now)
            if case is None:
                return
            happenings = catch_up(self.office, case, now)
            keep(self.office, case, now)
            tell(self.office, case, happenings, now)
            flush(self.office, case)

    def next_at(self) -> datetime | None:
        """Return when something falls due next."""
        return self.office.store.next_due_at()


def catch_up(office: Office, case: Case, until: datetime) -> tuple[Happening, ...]:
    """Record what falls due by `until`; the caller keeps the case and then tells."""
    return advance(
        case,
        office.rules.versions,
        until,
        office.store.person_for,
        partial(look_at_change, office, by_step=True),
        office.config.close_after,
    )


def just_before(at: datetime) -> datetime:
    """Return the last instant before an event at `at`: steps at `at` come after it."""
    return at - timedelta(milliseconds=1)


def tell(
    office: Office, case: Case, happenings: Iterable[Happening], now: datetime
) -> None:
    """Queue the letters of steps that fired."""
    for happening in happenings:
        step = happening.planned.step
        log.info("escalated ticket=%s step=%s", case.ticket.id, happening.planned.name)
        key = _key(case, happening)
        if "requester" in step.notify:
            subject = subject_with_number(office, case.ticket, case.ticket.subject)
            to_requester(
                office, case, "status_update", f"{key}:requester", subject, now
            )
        assignee = _address(office, case.ticket.assignee)
        told = office.audience.notified(
            step.notify, assignee=assignee, team=case.ticket.team
        )
        for person in told:
            _escalate(office, case, happening, person, key, now)


def _key(case: Case, happening: Happening) -> str:
    planned = happening.planned
    step = f"{planned.metric}:{planned.cycle}:{planned.path}:{planned.index}"
    return f"escalation:{case.ticket.id}:{step}"


def _escalate(
    office: Office,
    case: Case,
    happening: Happening,
    told: Told,
    key: str,
    now: datetime,
) -> None:
    ticket = case.ticket
    person = office.store.person_for(
        told.address, told.agent.name if told.agent else ""
    )
    metric = happening.planned.metric.replace("_", " ")
    values = {
        **standing(office, case),
        "subject": subject_with_number(
            office, ticket, f"{_headline(happening)}: {ticket.subject}"
        ),
        "goes_to": goes_to(office, case, Permission.INTERNAL),
        "lines": _lines(office, case, happening, metric),
        "quoted": _last_words(office, case),
    }
    letter = internal_letter(
        office, case, told, f"{key}:{person}", "escalation", Permission.INTERNAL, person
    )
    queue(office, case, letter, words(office, "escalation", "en", values), now)


def _headline(happening: Happening) -> str:
    metric = happening.planned.metric.replace("_", " ")
    breached = happening.clock.breached_at is not None
    return f"{'Breach of' if breached else 'Reminder about'} {metric}"


def _lines(office: Office, case: Case, happening: Happening, metric: str) -> list[str]:
    clock, zone = happening.clock, zone_of(office, case.ticket)
    lines = [f"Step {happening.planned.name} of path {happening.planned.path}."]
    if clock.breached_at is not None:
        lines.append(f"The {metric} was due {in_words(clock.breached_at, zone)}.")
    elif clock.due is not None:
        lines.append(f"The {metric} is due {in_words(clock.due, zone)}.")
    if happening.late:
        lines.append(f"This mail is late: its time was {in_words(happening.at, zone)}.")
    tags = [
        f"{name} is now {value}"
        for name, value in (
            ("priority", happening.planned.step.set.priority),
            ("team", happening.planned.step.set.team),
            ("assignee", happening.planned.step.set.assignee),
        )
        if value
    ]
    return lines + ([f"By this step {', '.join(tags)}."] if tags else [])


def _last_words(office: Office, case: Case) -> str:
    comments = [c for c in office.store.comments(case.ticket.id) if c.public]
    if not comments:
        return ""
    lines = comments[-1].text.strip().splitlines()[:20]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _address(office: Office, person: PersonId | None) -> str | None:
    return office.store.people([person])[person].address if person is not None else None
