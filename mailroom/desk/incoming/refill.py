"""A stub ticket whose mail can be processed after all: the same ticket is filled.

The mail goes on it as the original that was missing. Where the mail turns out to belong
to another ticket, the stub becomes part of that one.
"""

from dataclasses import replace

from mailroom.desk.act import Outcome
from mailroom.desk.casefile import flush, keep, load
from mailroom.desk.incoming.held import waits_for_confirmation
from mailroom.desk.incoming.takeover import take_over
from mailroom.desk.office import Office
from mailroom.desk.orders.merge import merge_into
from mailroom.desk.reading import Reading
from mailroom.ticket.case import Case
from mailroom.ticket.model import Disposition, Kind


def stub_of(office: Office, reading: Reading) -> Case | None:
    """Return the stub ticket that a mail has got; None: it has none."""
    inbound = reading.inbound
    if inbound.disposition is not Disposition.QUARANTINED or inbound.ticket is None:
        return None
    if waits_for_confirmation(inbound):
        return None
    return load(office, inbound.ticket, office.now())


def fill(office: Office, reading: Reading, stub: Case) -> Outcome:
    """Put a customer's mail on its stub, as the mail that opened it."""
    subject, at = reading.message.subject, reading.inbound.received_at
    if subject and subject != stub.ticket.subject:
        stub.ticket = replace(stub.ticket, subject=subject)
        stub.add(Kind.SET, at, subject=True, by="original")
    if reading.verdict.spam and not stub.ticket.spam:
        stub.add(Kind.SPAM, at, evidence=reading.verdict.spam_evidence)
    take_over(office, reading, stub, ())
    return Outcome(Disposition.NEW_TICKET, stub.ticket.id)


def settle(office: Office, stub: Case, outcome: Outcome) -> None:
    """Let a stub become part of the ticket that its mail has gone to."""
    into = outcome.ticket
    if into is None or into == stub.ticket.id or stub.ticket.merged_into is not None:
        return
    merge_into(office, stub, into, None, office.now())
    keep(office, stub, office.now())
    flush(office, stub)
