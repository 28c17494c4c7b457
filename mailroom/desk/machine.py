"""What machines send: auto-replies and receipts are filed, bounces told to an agent.

None of them ever opens a ticket, moves a clock or is answered (RFC 3834 2). Generated
and bulk mail is ordinary mail without an acknowledgement, and is not taken here.
"""

from mailroom.desk.act import Outcome
from mailroom.desk.casefile import flush, keep, load
from mailroom.desk.office import Office
from mailroom.desk.post import queue, subject_with_number, words
from mailroom.desk.reading import Reading
from mailroom.desk.tell_agents import goes_to, internal_letter
from mailroom.message.address import normalize
from mailroom.message.model import AutomaticKind, Bounce, BounceType
from mailroom.notice.audience import Told
from mailroom.ticket.case import Case
from mailroom.ticket.model import Disposition, Kind
from mailroom.ticket.token import Permission, from_message_id

FILED = frozenset({AutomaticKind.AUTO_REPLIED, AutomaticKind.RECEIPT})


def automatic_mail(
    office: Office, reading: Reading, case: Case | None
) -> Outcome | None:
    """File an auto-reply or a receipt; None for mail that is a ticket all the same."""
    automatic = reading.message.automatic
    if automatic is None or automatic.kind not in FILED:
        return None
    reason = f"{automatic.kind}: {'; '.join(automatic.evidence)}"
    if case is None:
        return Outcome(Disposition.AUTO_REPLY, None, reason)
    at = reading.inbound.received_at
    case.add(Kind.AUTOMATIC, at, message=reading.inbound.id)
    keep(office, case, office.now())
    return Outcome(Disposition.AUTO_REPLY, case.ticket.id, reason)


def bounced(office: Office, reading: Reading) -> Outcome:
    """File a bounce of our own mail on its ticket and tell an agent."""
    bounce = reading.message.bounce
    assert bounce is not None
    returned = bounce.original_message_id
    keys = office.keys.accepted(office.now())
    token = from_message_id(returned, keys) if returned else None
    case = load(office, token.ticket, office.now()) if token is not None else None
    if case is None:
        return Outcome(Disposition.BOUNCE, None, "of no mail of ours")
    at, address = reading.inbound.received_at, ", ".join(bounce.recipients)
    person = (
        office.store.find_person(bounce.recipients[0]) if bounce.recipients else None
    )
    case.add(
        Kind.BOUNCE,
        at,
        message=reading.inbound.id,
        person=person.id if person else None,
        type=bounce.type.value,
    )
    keep(office, case, office.now())
    if bounce.type is BounceType.HARD:
        _mute(office, bounce)
        _tell(office, reading, case, bounce, address)
    flush(office, case)
    reason = f"{bounce.type} bounce of {address} {bounce.status or ''}".strip()
    return Outcome(Disposition.BOUNCE, case.ticket.id, reason)


def _tell(
    office: Office, reading: Reading, case: Case, bounce: Bounce, address: str
) -> None:
    ticket = case.ticket
    people = office.store.people([ticket.assignee] if ticket.assignee else [])
    assignee = people[ticket.assignee].address if ticket.assignee else None
    values = {
        "subject": subject_with_number(
            office, ticket, f"Not delivered: {ticket.subject}"
        ),
        "goes_to": goes_to(office, case, Permission.INTERNAL),
        "number": office.number(ticket.id),
        "address": address or "its recipient",
        "type": "permanent" if bounce.type is BounceType.HARD else "temporary",
        "status": bounce.status or "",
        "diagnostic": " ".join((bounce.diagnostic or "").split())[:500],
        "consequence": "The customer has not read it; try another way to reach them.",
    }
    written = words(office, "bounced", "en", values)
    failed = {normalize(address) for address in bounce.recipients}
    for told in _reachable(office, assignee, ticket.team, failed):
        person = office.store.person_for(told.address)
        key = f"bounced:{reading.inbound.id}:{person}"
        letter = internal_letter(
            office, case, told, key, "bounced", Permission.INTERNAL, person
        )
        queue(office, case, letter, written, office.now())


def _reachable(
    office: Office, assignee: str | None, team: str | None, failed: set[str]
) -> list[Told]:
    """Return who can be told: the assignee, else the team, else the admins."""
    circles = (
        office.audience.of_ticket(assignee, team),
        office.audience.of_ticket(None, team),
        office.audience.admins(),
    )
    for circle in circles:
        left = [told for told in circle if normalize(told.address) not in failed]
        if left:
            return left
    return []


def _mute(office: Office, bounce: Bounce) -> None:
    """Write no more to customers whose address failed, until they write."""
    for address in bounce.recipients:
        if office.audience.agent(address) is None:
            office.mute(address)
