"""What machines send: auto-replies and receipts are filed, bounces told to an agent.

None of them ever opens a ticket, moves a clock or is answered (RFC 3834 2). Generated
and bulk mail is ordinary mail without an acknowledgement, and is not taken here.

A bounce counts only when proved: by a Message-ID of ours in what it returns, or by the
return path it came to (VERP), whose MAC needs no database. What only looks like one is
kept in the ledger and does nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailroom.desk.act import Outcome
from mailroom.desk.casefile import flush, keep, load
from mailroom.desk.letters.answer_address import answers_to
from mailroom.desk.letters.post import queue, subject_with_number, words
from mailroom.desk.letters.tell_agents import goes_to, internal_letter
from mailroom.desk.office import Office
from mailroom.desk.reach import lose, reachable, what_was_lost
from mailroom.desk.reading import Reading
from mailroom.message.address import normalize
from mailroom.message.model import AutomaticKind, Bounce, BounceType
from mailroom.ticket.case import Case
from mailroom.ticket.model import Disposition, Kind, Person
from mailroom.ticket.token import EVERYBODY, Permission, Token, from_message_id

FILED = frozenset({AutomaticKind.AUTO_REPLIED, AutomaticKind.RECEIPT})
UNREAD = "the report could not be read"


@dataclass(frozen=True, slots=True)
class CameBack:
    """A proved bounce: the report, the letter's token, and whom it did not reach."""

    bounce: Bounce
    token: Token
    failed: tuple[str, ...]

    @property
    def is_told(self) -> bool:
        """Whether agents hear of it: a delay is only an event."""
        return self.bounce.type is BounceType.HARD or UNREAD in self.bounce.evidence


def automatic_mail(
    office: Office, reading: Reading, case: Case | None
) -> Outcome | None:
    """File an auto-reply or a receipt; None for mail that is a ticket all the same."""
    automatic = reading.message.automatic
    if automatic is not None and automatic.kind in FILED:
        reason = f"{automatic.kind}: {'; '.join(automatic.evidence)}"
    elif reading.came_back is not None and reading.agent is not None:
        # Only software answers a return path: an agent's words are not in there.
        reason = "auto-replied: an agent's answer to a return path (RFC 3834 4)"
    else:
        return None
    if case is None:
        return Outcome(Disposition.AUTO_REPLY, None, reason)
    at = reading.inbound.received_at
    case.add(Kind.AUTOMATIC, at, message=reading.inbound.id)
    keep(office, case, office.now())
    return Outcome(Disposition.AUTO_REPLY, case.ticket.id, reason)


def bounced(office: Office, reading: Reading) -> Outcome | None:
    """File a bounce of our own mail on its ticket; None: the mail is no bounce."""
    bounce = _report(reading)
    if bounce is None:
        return None
    token = _proof(office, reading, bounce)
    if token is None and bounce.passed_on:
        return None  # somebody shows us a bounce of his own
    if token is None:
        reason = "not proved: it returns no mail of ours; nothing was done"
        return Outcome(Disposition.BOUNCE, None, reason)
    now, at = office.now(), reading.inbound.received_at
    of_ticket = token.permission is not Permission.RELEASE
    case = load(office, token.ticket, now) if of_ticket else None
    back = CameBack(bounce, token, _failed(office, bounce, token, case))
    reason = f"{bounce.type} bounce of {', '.join(back.failed)} {bounce.status or ''}"
    _take_note(office, back)
    if case is None:
        return Outcome(Disposition.BOUNCE, None, reason.strip())
    person = office.store.find_person(back.failed[0]) if back.failed else None
    case.add(
        Kind.BOUNCE,
        at,
        message=reading.inbound.id,
        person=person.id if person else None,
        type=bounce.type.value,
    )
    keep(office, case, now)
    if back.is_told:
        _tell(office, reading, case, back)
    flush(office, case)
    return Outcome(Disposition.BOUNCE, case.ticket.id, reason.strip())


def _report(reading: Reading) -> Bounce | None:
    """Return the report that a mail is; one to a return path may be in any form."""
    bounce, automatic = reading.message.bounce, reading.message.automatic
    if bounce is not None or reading.came_back is None or not reading.is_null_sender:
        return bounce
    if automatic is not None and automatic.kind in FILED:
        return None  # a vacation reply has a null reverse-path, too (RFC 3834 3.3)
    return Bounce(type=BounceType.SOFT, recipients=(), evidence=(UNREAD,))


def _proof(office: Office, reading: Reading, bounce: Bounce) -> Token | None:
    """Return the token of the letter that came back, or None where nothing proves one."""
    keys = office.keys.accepted(office.now())
    returned = bounce.original_message_id
    named = from_message_id(returned, keys) if returned else None
    return reading.came_back or named


def _failed(
    office: Office, bounce: Bounce, token: Token, case: Case | None
) -> tuple[str, ...]:
    """Return whom our letter did not reach: those it went to, as far as is known.

    A report may name the address that a customer's mail is forwarded to.
    """
    person = _person(office, token)
    sent_to = {normalize(person.address)} if person is not None else set()
    reached = person.address if person is not None else ""
    if person is not None and case is not None:
        reached = answers_to(office, case.ticket.id, person)
        sent_to.add(normalize(reached))
    if case is not None and person is None:
        ledger = office.store.recipients(case.ticket.id)
        sent_to = {normalize(receipt.address) for receipt in ledger}
    named = tuple(a for a in bounce.recipients if normalize(a) in sent_to)
    return named or ((reached,) if reached else ())


def _person(office: Office, token: Token) -> Person | None:
    if token.person == EVERYBODY:
        return None
    return office.store.people([token.person]).get(token.person)


def _take_note(office: Office, back: CameBack) -> None:
    """Write no more to customers whose address failed, until they write.

    An agent's address is never muted; for a day others are told of what fails.
    """
    if back.bounce.type is not BounceType.HARD:
        return
    for address in back.failed:
        if office.audience.agent(address) is None:
            office.mute(address)
        else:
            lose(office, address, office.now())


def _tell(office: Office, reading: Reading, case: Case, back: CameBack) -> None:
    now = office.now()
    lost = what_was_lost(office, case, back.failed)
    permission = Permission.INTERNAL
    if lost and back.token.permission is Permission.PUBLIC:
        permission = Permission.PUBLIC  # whoever stands in can answer the customer
    written = words(
        office, "bounced", "en", _values(office, case, back, lost, permission)
    )
    for told in reachable(office, case, back.failed, now):
        person = office.store.person_for(told.address)
        key = f"bounced:{reading.inbound.id}:{person}"
        letter = internal_letter(office, case, told, key, "bounced", permission, person)
        if lost:
            why = f"in place of {', '.join(back.failed)}, who cannot be reached"
            letter = replace(letter, reasons={told.address: why})
        queue(office, case, letter, written, now)


def _values(
    office: Office, case: Case, back: CameBack, lost: str, permission: Permission
) -> dict[str, object]:
    bounce, ticket = back.bounce, case.ticket
    consequence = "They have not read it; try another way to reach them."
    if lost:
        consequence = "You are told in their place. What has been written so far:"
    return {
        "subject": subject_with_number(
            office, ticket, f"Not delivered: {ticket.subject}"
        ),
        "goes_to": goes_to(office, case, permission),
        "number": office.number(ticket.id),
        "address": _listed(back.failed or bounce.recipients),
        "type": "permanent" if bounce.type is BounceType.HARD else "temporary",
        "status": bounce.status or "",
        "diagnostic": " ".join((bounce.diagnostic or "").split())[:500],
        "consequence": consequence,
        "lost": lost,
    }


def _listed(addresses: Sequence[str]) -> str:
    return ", ".join(addresses) or "one of its recipients"
