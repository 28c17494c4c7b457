"""What goes along with an agent's words: files that fit, links to those that do not.

The mail stays below what the relay takes: pictures of the text go first, then as many
files as there is room for; the others are behind signed links to the ticket's page.
Pictures of the agent's signature and of the history that he quotes stay here, and so do
the card, the keys and the signatures that clients attach: they name his own address.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mailroom.desk.letters.link import link
from mailroom.desk.office import Office
from mailroom.desk.reading import SIGNATURES
from mailroom.message.encoding import transfer_text
from mailroom.message.model import Attachment, Message, SpanKind
from mailroom.message.picture import pictures
from mailroom.notice.letters import Written
from mailroom.notice.pictures import Inline
from mailroom.ticket.case import Case
from mailroom.ticket.model import PersonId
from mailroom.ticket.token import EVERYBODY

HEAD = 8_000  # octets of header fields, signature (DKIM) and trace fields on the way
A_RECIPIENT = 400  # octets that an address may take in the header
A_PART = 2_000  # octets of a part's own header, or of a link in both forms of the text
_LINE = 57  # octets of a file in one line of base64 (RFC 2045 6.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A file that is fetched from the page."""

    name: str
    size: int  # octets
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """The files of a reply."""

    files: tuple[Attachment, ...] = ()
    pictures: tuple[Inline, ...] = ()  # those of `files` that the text shows
    too_large: tuple[int, ...] = ()  # places among the mail's attachments


def enclose(office: Office, message: Message, words: Written, people: int) -> Enclosed:
    """Choose what goes along with `words` to so many people."""
    placed = pictures(message)
    own = [
        (place, file)
        for place, file in enumerate(message.attachments)
        if file.content_type not in SIGNATURES
        and (
            (seen := placed.get(file.content_id or "")) is None
            or seen.kind is SpanKind.NEW
        )
    ]
    room = office.config.relay.max_size - HEAD - A_RECIPIENT * people - _size_of(words)
    room -= A_PART * len(own)
    chosen = set[int]()
    for place, file in sorted(own, key=lambda item: (_is_file(item[1]), item[1].size)):
        if (size := in_base64(file.size)) <= room:
            chosen.add(place)
            room -= size
    carried = tuple(file for place, file in own if place in chosen)
    return Enclosed(
        files=carried,
        pictures=tuple(
            Inline(id, file.filename, placed[id].alt if id in placed else "")
            for file in carried
            if not _is_file(file) and (id := file.content_id)
        ),
        too_large=tuple(place for place, _ in own if place not in chosen),
    )


def links(
    office: Office,
    case: Case,
    person: PersonId,
    message: Message,
    places: Sequence[int],
    message_id: str,
) -> tuple[Link, ...]:
    """Return signed links to attachments of the comment that customers know by this id.

    `person` 0: everybody whom the mail goes to, who all see the public view.
    """
    page = link(office, case, person) or link(office, case, EVERYBODY)
    comments = office.store.comments(case.ticket.id)
    comment = next(c for c in reversed(comments) if c.message_id == message_id)
    files = message.attachments
    kept = {row.part: number for number, row in enumerate(comment.attachments)}
    return tuple(
        Link(
            name=files[place].filename or "attachment",
            size=files[place].size,
            url=f"{page}/m/{comment.id}/{kept[files[place].part]}",
        )
        for place in places
    )


def in_base64(size: int) -> int:
    """Return how many octets a file takes on its way (RFC 2045 6.8)."""
    return (size + _LINE - 1) // _LINE * 78


def _size_of(words: Written) -> int:
    return sum(len(transfer_text(text)[1]) for text in (words.text, words.html))


def _is_file(file: Attachment) -> bool:
    """Whether a part is more than a picture that belongs to the text."""
    return not (file.inline and file.content_id)
