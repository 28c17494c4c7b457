"""Which of our letters on a ticket a mail answers, the latest first."""

from collections.abc import Collection, Iterator

from mailroom.desk.office import Office
from mailroom.store.contract import Outbound
from mailroom.ticket.case import Case
from mailroom.ticket.model import InboundId, Kind

_LATEST = 200  # letters of a ticket that are looked at


def letters_answered(
    office: Office, case: Case, answered: Collection[str]
) -> Iterator[Outbound]:
    """Yield the letters with one of these Message-IDs."""
    if not answered:
        return
    for event in case.events(Kind.MAIL)[: -_LATEST - 1 : -1]:
        letter = office.store.outbound(event.data["outbound"])
        if letter is not None and letter.message_id in answered:
            yield letter


def message_told(letter: Outbound, kind: str) -> InboundId | None:
    """Return the message that a letter of this kind told of, by its key."""
    found, _, rest = letter.dedupe_key.partition(":")
    number = rest.partition(":")[0]
    return InboundId(int(number)) if found == kind and number.isdigit() else None
