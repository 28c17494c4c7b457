"""The files of a customer's mail on their way to agents: with the news, or behind a link.

What the relay would refuse (RFC 1870) stays here; the link leads to the desk's pages,
which ask who is there, for an agent may forward what he got to anybody.
"""

from collections.abc import Sequence

from mailroom.desk.letters.enclosure import in_base64
from mailroom.desk.office import Office
from mailroom.message.model import Attachment
from mailroom.ticket.model import InboundId, TicketId

# Octets for header fields, the words in both forms, and the conversation so far.
WORDS = 20_000
A_PART = 500  # octets of a part's own header


def carried(office: Office, files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Return the files that fit into one mail, the small ones first, in their order."""
    room = max(0, office.config.relay.max_size - WORDS)
    chosen = set[int]()
    for place in sorted(range(len(files)), key=lambda place: files[place].size):
        room -= in_base64(files[place].size) + A_PART
        if room < 0:
            break
        chosen.add(place)
    return tuple(file for place, file in enumerate(files) if place in chosen)


def named(files: Sequence[Attachment]) -> str:
    """Return the files' names and sizes as words."""
    return ", ".join(f"{file.filename} ({file.size:,} bytes)" for file in files)


def ways_to(
    office: Office,
    ticket: TicketId,
    inbound: InboundId | None,
    left: Sequence[Attachment],
) -> list[str]:
    """Return how an agent gets the files that do not go along, a line each."""
    if inbound is None or not left:
        return []
    comments = [c for c in office.store.comments(ticket) if c.inbound == inbound]
    if not comments or office.config.web.listen is None:
        return [f"An admin gets them with `mailroom message {inbound} --raw`."]
    comment = comments[-1]
    page = f"{office.config.web.url.rstrip('/')}/desk/t/{ticket}/m/{comment.id}"
    parts = {row.part: place for place, row in enumerate(comment.attachments)}
    return [
        f"{file.filename}: {page}/{parts[file.part]}"
        for file in left
        if file.part in parts
    ]
