"""Reminders, breaches and escalations in words, to whom the path names.

For each person the first five within sixty seconds go at once; what comes then is folded
into one mail at the end of that minute, so that a burst of breaches is no mail storm.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mailroom.desk.letters.post import Letter, queue, tagged, words
from mailroom.desk.letters.promise import in_words, zone_of
from mailroom.desk.letters.tell_agents import goes_to, internal_letter, standing
from mailroom.desk.letters.tell_customers import to_requester
from mailroom.desk.letters.turn import tell_of_time
from mailroom.desk.office import Office
from mailroom.message.model import Mailbox
from mailroom.notice.audience import Told
from mailroom.ticket.case import Case
from mailroom.ticket.deadline import Happening
from mailroom.ticket.model import Kind, PersonId
from mailroom.ticket.token import NO_TICKET, Permission, Token

log = logging.getLogger(__name__)
AT_ONCE = 5
MINUTE = timedelta(seconds=60)
FOLDED = "folded escalations"  # the key of what waits for the end of a minute


def tell(
    office: Office, case: Case, happenings: Iterable[Happening], now: datetime
) -> None:
    """Queue the letters of what time did: steps that fired, terms that ended."""
    for happening in happenings:
        step = happening.planned.step
        log.info("escalated ticket=%s step=%s", case.ticket.id, happening.planned.name)
        key = _key(case, happening)
        if "requester" in step.notify:
            missed = happening.clock.breached_at is not None
            letter, letter_key = "status_update", f"{key}:requester"
            to_requester(office, case, letter, letter_key, now, missed=missed)
        assignee = _address(office, case.ticket.assignee)
        told = office.audience.notified(
            step.notify, assignee=assignee, team=case.ticket.team
        )
        for person in told:
            _escalate(office, case, happening, person, key, now)
    tell_of_time(office, case, now)


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
    if not office.store.spend(f"escalations:{person}", now, MINUTE, AT_ONCE):
        _fold(office, case, happening, person, now)
        return
    values = {
        **standing(office, case),
        **_what_happened(office, case, happening),
        "subject": tagged(office, ticket, f"{_headline(happening)}: {ticket.subject}"),
        "goes_to": goes_to(office, case, Permission.INTERNAL),
        "quoted": _last_words(office, case),
    }
    letter = internal_letter(
        office, case, told, f"{key}:{person}", "escalation", Permission.INTERNAL, person
    )
    if happening.planned.step.quiet:
        letter = replace(letter, not_before=_opening_for(office, told, now))
    written = words(office, "escalation", "en", values, case.ticket.mailbox)
    queue(office, case, letter, written, now)


def _opening_for(office: Office, told: Told, now: datetime) -> datetime | None:
    """Return when a quiet mail may reach its recipient: in his own working hours."""
    name = told.agent.calendar if told.agent is not None else None
    calendar = office.rules.edition.ruleset.calendars.get(name) if name else None
    if calendar is None or calendar.is_open(now):
        return None
    return calendar.next_opening(now)


def _headline(happening: Happening) -> str:
    metric = happening.planned.metric.replace("_", " ")
    breached = happening.clock.breached_at is not None
    return f"{'Breach of' if breached else 'Reminder about'} {metric}"


def _what_happened(office: Office, case: Case, happening: Happening) -> dict[str, Any]:
    planned, clock, zone = (
        happening.planned,
        happening.clock,
        zone_of(office, case.ticket),
    )
    customer = office.person(case.ticket.requester)
    due = clock.breached_at or clock.due
    values = (
        ("priority", planned.step.set.priority),
        ("team", planned.step.set.team),
        ("assignee", planned.step.set.assignee),
    )
    return {
        "customer": customer.name or customer.address,
        "metric": planned.metric.replace("_", " "),
        "breached": clock.breached_at is not None,
        "due": in_words(due, zone) if due is not None else "when it runs again",
        "late": happening.late,
        "at": in_words(happening.at, zone),
        "changes": [f"{name} is now {value}" for name, value in values if value],
        "step": planned.name,
        "path": planned.path,
    }


def _last_words(office: Office, case: Case) -> str:
    comments = [c for c in office.store.comments(case.ticket.id) if c.public]
    if not comments:
        return ""
    lines = comments[-1].text.strip().splitlines()[:20]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _address(office: Office, person: PersonId | None) -> str | None:
    return office.store.people([person])[person].address if person is not None else None


def _fold(
    office: Office, case: Case, happening: Happening, person: PersonId, now: datetime
) -> None:
    """Keep a line for the one mail at the end of the minute."""
    waiting = json.loads(office.store.recall(FOLDED) or "{}")
    mine = waiting.setdefault(
        str(person),
        {
            "until": (now + MINUTE).isoformat(),
            "lines": [],
            "mailbox": case.ticket.mailbox,
        },
    )
    number = office.number(case.ticket.id)
    mine["lines"].append(f"{number} {_headline(happening)}: {case.ticket.subject}")
    office.store.remember(FOLDED, json.dumps(waiting))
    reason = "folded into one mail at the end of the minute"
    case.add(Kind.SUPPRESSED, now, letter="escalation", person=person, reason=reason)


def folds_end(office: Office) -> datetime | None:
    """Return when the first folded mail is to be sent."""
    waiting = json.loads(office.store.recall(FOLDED) or "{}")
    ends = [datetime.fromisoformat(mine["until"]) for mine in waiting.values()]
    return min(ends, default=None)


def send_folded(office: Office, now: datetime) -> None:
    """Queue the folded mails whose minute has ended; inside a transaction."""
    waiting = json.loads(office.store.recall(FOLDED) or "{}")
    for person, mine in list(waiting.items()):
        if datetime.fromisoformat(mine["until"]) > now:
            continue
        del waiting[person]
        address = office.person(PersonId(int(person))).address
        agent = office.audience.agent(address)
        count = len(mine["lines"])
        values = {
            "subject": f"{count} more escalations within a minute",
            "goes_to": "Your reply opens a request of your own.",
            "lines": mine["lines"],
        }
        letter = Letter(
            name="escalations",
            dedupe_key=f"escalations:{person}:{mine['until']}",
            to=(Mailbox(address, agent.name if agent else ""),),
            reasons={address: "named by escalation paths"},
            mailbox=mine["mailbox"],
            token=Token(NO_TICKET, Permission.INTERNAL, PersonId(int(person))),
        )
        queue(office, None, letter, words(office, "escalations", "en", values), now)
    office.store.remember(FOLDED, json.dumps(waiting))
