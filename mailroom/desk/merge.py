"""Merging: one ticket goes on as part of another, and nothing is lost.

The merged ticket keeps its number, its messages and its log; mail to it lands in the
other, whose participants it brings along. Its open clocks are cancelled.
"""

from datetime import datetime

from mailroom.desk.casefile import keep, load
from mailroom.desk.link import is_revoked
from mailroom.desk.office import Office
from mailroom.desk.record import join
from mailroom.ticket.case import Case
from mailroom.ticket.model import MAILROOM, Kind, PersonId, Role, TicketId


def merge_into(
    office: Office,
    case: Case,
    into: TicketId,
    agent: PersonId | None,
    at: datetime,
    *,
    target: Case | None = None,
) -> None:
    """Merge `case` into another ticket; the caller keeps `case`.

    `agent` None: it happens by itself. A `target` that is given the caller keeps, too.
    """
    store = office.store
    given = target is not None
    target = target or load(office, into, case.recorded_at)
    if target is None:
        return
    actor = agent if agent is not None else MAILROOM
    case.add(Kind.MERGE, at, actor=actor, into=into)
    target.add(Kind.MERGED_FROM, at, actor=actor, ticket=case.ticket.id)
    for participant in store.participants(case.ticket.id):
        person = participant.person
        join(office, target, person, Role.CC, "merged ticket", at)
        if is_revoked(case, person) and person != target.ticket.requester:
            target.add(Kind.REVOKED, at, actor=actor, person=person)
    store.link(case.ticket.id, into)
    if not given:
        keep(office, target, office.now())
