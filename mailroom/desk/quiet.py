"""Which tickets are taken quietly: those of an archive, while it is being imported.

What an archive tells happened long ago, so nobody is written to about it. A desk that
runs beside an import, or after one that was cut off, keeps the same silence.
"""

from dataclasses import replace

from mailroom.desk.office import Office
from mailroom.ticket.case import Case
from mailroom.ticket.model import InboundId, Kind

ARCHIVE = "import"  # the door of archived mail
IMPORTED = "imported"  # why no letter is queued
UNDER_WAY = "importing"  # the fact that an import has begun and is not yet at its end


def quiet_for(office: Office, case: Case) -> Office:
    """Return the office, quiet where the ticket belongs to an import under way."""
    if (
        office.quiet
        or not office.store.recall(UNDER_WAY)
        or not _archived(office, case)
    ):
        return office
    return replace(office, quiet=IMPORTED)


def _archived(office: Office, case: Case) -> bool:
    opened = next((e for e in case.log if e.kind is Kind.OPENED), None)
    message = opened.data.get("message") if opened is not None else None
    row = office.store.inbound(InboundId(message)) if message else None
    return row is not None and row.door == ARCHIVE
