"""Who takes part: the requester, and everybody whom somebody who takes part copied.

It is the same set in whatever order the mails came: whoever joins brings along those
whom he copied on this ticket before. Not so whom an agent lets in by `#cc`: there it
counts from then on; and whom an agent took off comes back by a new mail alone.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from mailroom.desk.office import Office
from mailroom.desk.reading import copied, read_again
from mailroom.desk.record import join
from mailroom.message.model import Mailbox
from mailroom.ticket.case import Case
from mailroom.ticket.model import (
    MAILROOM,
    Comment,
    Event,
    InboundId,
    Kind,
    PersonId,
    Role,
    TicketId,
)

BY_PARTICIPANT = "copied by a participant"


def let_in(
    office: Office, case: Case, people: Iterable[Mailbox], why: str, at: datetime
) -> None:
    """Let people take part, with those whom they copied before."""
    joined = False
    before = {p.person for p in office.store.participants(case.ticket.id)}
    for mailbox in people:
        person = office.store.person_for(mailbox.address, mailbox.name)
        if person not in before:
            join(office, case, person, Role.CC, why, at)
            joined = True
    if joined:
        let_in_copied(office, case, at)


def let_in_copied(office: Office, case: Case, at: datetime) -> None:
    """Let in whom those who take part have copied so far, and whom those have."""
    comments = [c for c in _comments(office, case) if c.public and c.inbound]
    since, out = _asked_since(case), _taken_off(case)
    looked_at: set[int] = set()
    while True:
        taking_part = {p.person for p in office.store.participants(case.ticket.id)}
        fresh = [
            comment
            for comment in comments
            if comment.author in taking_part
            and comment.id not in looked_at
            and comment.at >= since.get(comment.author, comment.at)
        ]
        if not fresh:
            return
        looked_at.update(comment.id for comment in fresh)
        for mailbox in _copied_in(office, fresh):
            person = office.store.person_for(mailbox.address, mailbox.name)
            if person not in out:
                join(office, case, person, Role.CC, BY_PARTICIPANT, at)


def begin_anew(
    office: Office,
    case: Case,
    requester: PersonId,
    others: Iterable[Mailbox],
    why: str,
    at: datetime,
) -> None:
    """Let those take part who would, had another mail opened the ticket."""
    store, id = office.store, case.ticket.id
    asked = asked_in(case)
    for participant in store.participants(id):
        if participant.person not in asked:
            store.remove_participant(id, participant.person)
            case.add(Kind.PARTICIPANT_LEFT, at, person=participant.person)
    join(office, case, requester, Role.REQUESTER, "wrote the original", at)
    out = _taken_off(case)
    for mailbox in others:
        person = store.person_for(mailbox.address, mailbox.name)
        if person not in out:
            join(office, case, person, Role.CC, why, at)
    let_in_copied(office, case, at)


def asked_in(case: Case) -> list[PersonId]:
    """Return whom agents let in by a command, and did not take off again."""
    return [
        person
        for person, event in _last(case).items()
        if str(event.data.get("why", "")).startswith("#")
    ]


def _last(case: Case) -> dict[PersonId, Event]:
    """Return for each person the last event about his taking part."""
    kinds = (Kind.PARTICIPANT, Kind.PARTICIPANT_LEFT)
    return {e.data["person"]: e for e in case.log if e.kind in kinds}


def _asked_since(case: Case) -> dict[PersonId, datetime]:
    last = _last(case)
    return {person: last[person].at for person in asked_in(case)}


def _taken_off(case: Case) -> set[PersonId]:
    """Return whom an agent took off and nobody has let in since."""
    return {
        person
        for person, event in _last(case).items()
        if event.kind is Kind.PARTICIPANT_LEFT and event.actor != MAILROOM
    }


def _comments(office: Office, case: Case) -> Iterator[Comment]:
    """Yield the comments of a ticket and of those that joined it."""
    yield from office.store.comments(case.ticket.id)
    joined = [event.data["ticket"] for event in case.events(Kind.MERGED_FROM)]
    seen: set[TicketId] = {case.ticket.id}
    while joined:
        id = TicketId(joined.pop())
        if id in seen:
            continue
        seen.add(id)
        yield from office.store.comments(id)
        events = office.store.events(id)
        joined += [e.data["ticket"] for e in events if e.kind is Kind.MERGED_FROM]


def _copied_in(office: Office, comments: Iterable[Comment]) -> Iterator[Mailbox]:
    for comment in comments:
        reading = read_again(office, InboundId(comment.inbound or 0))
        if reading is None:
            continue
        author = office.store.find_person(reading.author.address)
        if (
            author is not None and author.id == comment.author
        ):  # no forward of his words
            yield from copied(office, reading)
