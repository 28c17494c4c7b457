"""What every use case works with: store, configuration, rules in force, addresses.

Built once by `app`; frozen but for the rules in force, which a reload replaces whole.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mailroom.config import Config
from mailroom.keys import KeyRing
from mailroom.message.address import domain_of, normalize
from mailroom.notice.audience import Audience, Told
from mailroom.notice.letters import Letters
from mailroom.store.contract import Store
from mailroom.ticket.edition import Edition, Versions
from mailroom.ticket.model import Person, PersonId, Ticket, TicketId
from mailroom.ticket.recipient import AddressBook
from mailroom.ticket.token import Token, message_id


class InForce:
    """The rule set in force, and every version that a past decision names."""

    def __init__(self, edition: Edition, versions: Versions) -> None:
        self.versions = versions
        self.edition = edition
        self.renewed_in = 0  # the year in which calendars were last resolved anew
        versions.add(edition)

    def replace(self, edition: Edition) -> None:
        """Put another edition in force, all or nothing."""
        self.versions.add(edition)
        self.edition = edition

    def keep(self, store: Store) -> None:
        """Store the edition's documents where they are not yet; inside a transaction.

        Asked anew each time: a transaction that kept them may have been rolled back.
        """
        edition = self.edition
        if store.version(edition.marker) is not None:
            return
        for key, (kind, document) in edition.documents.items():
            store.add_version(key, kind, document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The furniture of the desk. `now` is read once a use case and handed down."""

    config: Config
    store: Store
    rules: InForce
    book: AddressBook
    audience: Audience
    letters: Letters
    keys: KeyRing
    now: Callable[[], datetime]
    tag: re.Pattern[str] | None = field(default=None)  # finds the subject tag
    stopping: threading.Event = field(default_factory=threading.Event)  # leave the rest
    quiet: str = ""  # why no letter is queued now (history is taken in); "": they are

    @property
    def own_lists(self) -> frozenset[str]:
        """The List-Ids of our own groups, lower case and without <>."""
        given = (id for box in self.config.mailboxes for id in box.list_ids)
        return frozenset(id.strip().strip("<>").lower() for id in given)

    def number(self, ticket: TicketId) -> str:
        """Return how people write a ticket's number: its subject tag, or #N."""
        return self.config.subject_tag.format(ticket) or f"#{ticket}"

    def message_id(self, token: Token, dedupe_key: str, mailbox: str) -> str:
        """Return the Message-ID of a letter, fixed by its dedupe key."""
        return message_id(token, dedupe_key, self.keys.current, domain_of(mailbox))

    def circle(self, ticket: Ticket) -> tuple[Told, ...]:
        """Return who is told: the assignee, else the team, else the admins.

        Those who are away are passed over, unless everybody is.
        """
        assignee = self.address(ticket.assignee)
        circles = (
            self.audience.of_ticket(assignee, ticket.team),
            self.audience.of_ticket(None, ticket.team),
            self.audience.admins(),
        )
        for circle in circles:
            here = tuple(told for told in circle if not self.is_away(told.address))
            if here:
                return here
        return circles[0]

    def set_away(self, address: str, until: datetime) -> None:
        """Pass an agent over until then."""
        self.store.remember(f"away:{normalize(address)}", until.isoformat())

    def away_until(self, address: str) -> datetime | None:
        """Return until when an agent said that he is away; None: he never did."""
        until = self.store.recall(f"away:{normalize(address)}")
        return datetime.fromisoformat(until) if until else None

    def is_away(self, address: str) -> bool:
        """Whether an agent is away now."""
        until = self.away_until(address)
        return until is not None and self.now() < until

    def zone_of_agent(self, address: str) -> str:
        """Return the zone of an agent's calendar; UTC where there is none."""
        agent = self.audience.agent(address)
        name = agent.calendar if agent is not None else None
        calendar = self.rules.edition.ruleset.calendars.get(name) if name else None
        return str(getattr(calendar, "timezone", "UTC"))

    def mute(self, address: str) -> None:
        """Write no more to a customer whose address failed for good."""
        self.store.remember(f"muted:{normalize(address)}", "1")

    def unmute(self, address: str) -> None:
        """Write again to somebody who has written."""
        if self.is_muted(address):
            self.store.remember(f"muted:{normalize(address)}", "")

    def is_muted(self, address: str) -> bool:
        """Whether mail to this address failed for good and nobody wrote from it since."""
        return bool(self.store.recall(f"muted:{normalize(address)}"))

    def canned(self, name: str) -> str | None:
        """Return a ready-made text of the [canned] folder; None: there is none."""
        folder = self.config.canned.folder
        if folder is None or not re.fullmatch(r"[\w-]{1,100}", name):
            return None
        try:
            return (folder / f"{name}.txt").read_text(encoding="utf-8")
        except OSError:
            return None

    def person(self, id: PersonId) -> Person:
        """Return somebody that an event or a ticket names."""
        return self.store.people([id])[id]

    def address(self, id: PersonId | None) -> str | None:
        """Return somebody's address; None for nobody."""
        return self.person(id).address if id is not None else None

    def is_agent(self, person: PersonId) -> bool:
        """Whether this person is one of the configured agents."""
        found = self.store.people([person]).get(person)
        return found is not None and self.audience.agent(found.address) is not None


def tag_pattern(subject_tag: str) -> re.Pattern[str] | None:
    """Return what finds a ticket's number in a subject; None: tags are switched off."""
    if not subject_tag:
        return None
    before, _, after = subject_tag.partition("{}")
    return re.compile(f"{re.escape(before)}(\\d{{1,15}}){re.escape(after)}")
