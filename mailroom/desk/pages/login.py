"""How agents come in to the desk's pages: a one-time link by mail, then a session.

The link alone changes nothing, for mail scanners follow links: the page behind it has a
button, and only that uses the link up. Secrets are 256 random bits, kept as digests.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from mailroom.desk.letters.post import Letter, queue, words
from mailroom.desk.office import Office
from mailroom.message.address import normalize
from mailroom.message.model import Mailbox
from mailroom.settings import Agent
from mailroom.ticket.model import PersonId
from mailroom.ticket.token import NO_TICKET, Permission, Token

LINK_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(days=7)
SPAN = timedelta(hours=1)
LINKS_PER_AGENT = 5
PATH = "/desk/login/"


@dataclass(frozen=True, slots=True)
class Visitor:
    """An agent who is logged in."""

    agent: Agent
    person: PersonId


def mail_link(office: Office, address: str) -> None:
    """Mail an agent a link to log in with; silent for everybody else."""
    agent, now = office.audience.agent(address), office.now()
    if agent is None or not agent.active:
        return
    secret = secrets.token_urlsafe(32)
    with office.store.transaction():
        budget = f"login:{normalize(agent.address)}"
        if not office.store.spend(budget, now, SPAN, LINKS_PER_AGENT):
            return
        person = office.store.person_for(agent.address, agent.name)
        office.store.add_login(digest(secret), person, now + LINK_LIFE)
        values = {
            "name": agent.name,
            "url": office.config.web.url.rstrip("/") + PATH + secret,
            "minutes": int(LINK_LIFE.total_seconds() // 60),
        }
        box = office.book.mailboxes[0]
        letter = Letter(
            name="login",
            dedupe_key=f"login:{digest(secret)}",
            to=(Mailbox(agent.address, agent.name),),
            reasons={agent.address: "asked to log in"},
            mailbox=box.address,
            token=Token(NO_TICKET, Permission.INTERNAL, person),
        )
        language = office.letters.language(box.language)
        written = words(office, "login", language, values, box.address)
        queue(office, None, letter, written, now)


def is_open(office: Office, secret: str) -> bool:
    """Whether a link may still be used; nothing is written."""
    return office.store.login(digest(secret), office.now()) is not None


def log_in(office: Office, secret: str) -> str | None:
    """Use a link up; return the secret of a new session, or None for a bad link."""
    now, session = office.now(), secrets.token_urlsafe(32)
    with office.store.transaction():
        person = office.store.take_login(digest(secret), now)
        if person is None or _agent(office, person) is None:
            return None
        office.store.add_session(digest(session), person, now, now + SESSION_LIFE)
    return session


def log_out(office: Office, session: str, *, everywhere: bool = False) -> None:
    """End a session, or all of its agent's (and the links he has not used)."""
    with office.store.transaction():
        person = office.store.session(digest(session), office.now())
        if everywhere and person is not None:
            office.store.end_sessions_of(person)
        office.store.end_session(digest(session))


def visitor(office: Office, session: str) -> Visitor | None:
    """Return whose session this is, as long as they are an active agent."""
    person = office.store.session(digest(session), office.now()) if session else None
    agent = _agent(office, person) if person is not None else None
    return Visitor(agent, person) if agent is not None and person is not None else None


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _agent(office: Office, person: PersonId) -> Agent | None:
    found = office.audience.agent(office.person(person).address)
    return found if found is not None and found.active else None
