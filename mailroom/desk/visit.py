"""The web's few writes: asking for one's links (logins and ratings come here too).

The answer of the page is the same for every address; who has tickets gets them by mail,
who has none gets nothing. Budgets are kept in the store, so they survive a restart.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailroom.desk.casefile import keep, load
from mailroom.desk.letters.link import has_link, is_good, link
from mailroom.desk.letters.post import Letter, queue, words
from mailroom.desk.office import Office
from mailroom.desk.pages.login import mail_link
from mailroom.desk.rating import can_rate, score_of
from mailroom.message.address import normalize
from mailroom.message.model import Mailbox
from mailroom.setting import is_loopback
from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind, PersonId, Ticket
from mailroom.ticket.page import read_page_token
from mailroom.ticket.token import NO_TICKET, Permission, Token

MOST_RATINGS = 10
LINKS_PER_ADDRESS = 3
LINKS_PER_PEER = 20
LINKS_PER_PROXY = 500  # who asks from the loopback is our own proxy, or a trial
SPAN = timedelta(hours=1)
MOST_LINKS = 20


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visitor of the pages may cause."""

    office: Office

    def ask_for_links(self, address: str, peer: str) -> None:
        """Mail somebody the links of their tickets; silent where there is nothing."""
        office, now = self.office, self.office.now()
        store, key = office.store, normalize(address)
        with store.transaction():
            if not self._may_ask(peer, now):
                return
            person = store.find_person(key)
            if person is None:
                return
            ids = store.tickets_of(person.id, MOST_LINKS)
            cases = [load(office, id, now) for id in ids]
            found = [
                case
                for case in cases
                if case is not None
                and not case.ticket.spam
                and has_link(office, case, person.id, now)
            ]
            if not found:
                return
            if not store.spend(f"links:{key}", now, SPAN, LINKS_PER_ADDRESS):
                return
            lines = [self._line(case, person.id) for case in found]
            self._send(person.address, [case.ticket for case in found], lines)

    def ask_to_log_in(self, address: str, peer: str) -> None:
        """Mail an agent a link to the desk; silent for everybody else."""
        with self.office.store.transaction():
            if not self._may_ask(peer, self.office.now()):
                return
        mail_link(self.office, address)

    def _may_ask(self, peer: str, now: datetime) -> bool:
        """Spend one of a peer's questions; many people share a proxy of ours."""
        shared = not peer or is_loopback(peer)
        most = LINKS_PER_PROXY if shared else LINKS_PER_PEER
        return self.office.store.spend(f"links-peer:{peer}", now, SPAN, most)

    def rate(self, token: str, score: int) -> bool:
        """Keep how a customer says we did (1 poor to 5 great); the last answer counts.

        False: the link is not good, or this ticket is not to be rated (by them).
        """
        office, now = self.office, self.office.now()
        named = read_page_token(token, office.keys.accepted(now))
        if named is None:
            return False
        id, person = named.ticket, named.person
        with office.store.transaction():
            case = load(office, id, now)
            if case is None or not is_good(office, case, named, now):
                return False
            if not can_rate(office, case.ticket, person):
                return False
            if not office.store.spend(f"rate:{id}:{person}", now, SPAN, MOST_RATINGS):
                return True
            if score_of(case, person) != score:
                case.add(Kind.RATED, now, actor=person, person=person, score=score)
                keep(office, case, now)
        return True

    def _line(self, case: Case, person: PersonId) -> dict[str, str]:
        ticket = case.ticket
        return {
            "number": self.office.number(ticket.id),
            "subject": ticket.subject,
            "status": ticket.status.value,
            "url": link(self.office, case, person),
        }

    def _send(
        self, address: str, tickets: list[Ticket], lines: list[dict[str, str]]
    ) -> None:
        office, now = self.office, self.office.now()
        box = office.book.mailbox(tickets[0].mailbox)
        language = office.letters.language(box.language)
        letter = Letter(
            name="links",
            dedupe_key=f"links:{normalize(address)}:{now.isoformat()}",
            to=(Mailbox(address),),
            reasons={address: "asked for their links"},
            mailbox=tickets[0].mailbox,
            token=Token(NO_TICKET, Permission.CUSTOMER),
        )
        written = words(office, "links", language, {"tickets": lines}, box.address)
        queue(office, None, letter, written, now)
