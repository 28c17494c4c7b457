"""What a customer's page shows: the state of one ticket, read and never written.

A link names a ticket and a person (0: everybody a mail went to); `desk.link` says when
it ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailroom.desk.casefile import fold, load
from mailroom.desk.letters.link import has_link, is_good, token_of
from mailroom.desk.letters.post import subject_with_number
from mailroom.desk.letters.promise import zone_of
from mailroom.desk.office import Office
from mailroom.desk.rating import can_rate, score_of
from mailroom.message.address import normalize
from mailroom.ticket.case import Case
from mailroom.ticket.model import (
    Comment,
    InboundId,
    Kind,
    Person,
    PersonId,
    Ticket,
    TicketId,
)
from mailroom.ticket.page import read_page_token
from mailroom.ticket.token import EVERYBODY, Permission, Token
from rules.ledger import Clock
from rules.policy import EscalationPath, Step
from rules.sla import latest


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """All that the page needs; instants are UTC, `zone` is whose time we speak in."""

    ticket: Ticket
    number: str
    person: PersonId
    promised: tuple[Clock, ...]  # the latest cycle of each metric that is promised
    comments: tuple[Comment, ...]  # the public ones, oldest first
    people: Mapping[PersonId, Person]
    agents: Mapping[PersonId, str]  # those of `people` who are agents, by name
    from_customers: frozenset[InboundId]  # mails that customers wrote themselves
    on_behalf: InboundId | None  # the agent's forward that opened it for the requester
    zone: str
    now: datetime
    reply_to: str  # where this person's answer goes
    reply_subject: str
    merged_into: TicketId | None
    merged_token: str | None  # of the page of the ticket it went into
    at_breach: tuple[Step, ...]  # of the escalation path: what a miss brings at once
    can_rate: bool
    score: int | None  # this person's rating, if they gave one

    @property
    def is_public(self) -> bool:
        """Whether this is the view for everybody that a mail went to."""
        return self.person == EVERYBODY

    def is_ours(self, comment: Comment) -> bool:
        """Whether a message is an agent's."""
        if comment.inbound is not None and comment.inbound == self.on_behalf:
            return False
        return comment.author in self.agents or (
            comment.inbound is not None and comment.inbound not in self.from_customers
        )

    def may_unfold(self, comment: Comment) -> bool:
        """Whether the mail itself may be shown: its history, its own formatting.

        An agent's mail may quote notes below our marker, also after he has left: of it
        only the kept text is shown.
        """
        return comment.inbound in self.from_customers and not self.is_ours(comment)


def open_page(office: Office, token: str) -> StatusPage | None:
    """Return what a link shows; None for any link that is not good (any more)."""
    now = office.now()
    named = read_page_token(token, office.keys.accepted(now))
    case = load(office, named.ticket, now) if named is not None else None
    if named is None or case is None or not is_good(office, case, named, now):
        return None
    return _page(office, case, named.person, now)


def _page(office: Office, case: Case, person: PersonId, now: datetime) -> StatusPage:
    ticket, store = case.ticket, office.store
    comments = tuple(c for c in store.comments(ticket.id) if c.public)
    people = store.people({*(c.author for c in comments), ticket.requester, person})
    found, _ = fold(office, case, now)
    path = office.rules.versions.path(ticket.escalation_key)
    return StatusPage(
        ticket=ticket,
        number=office.number(ticket.id),
        person=person,
        promised=_promised(office, ticket, found),
        comments=comments,
        people=people,
        agents=_agents(office, people),
        from_customers=frozenset(_customers_mails(case)),
        on_behalf=_on_behalf(case),
        zone=zone_for(office, ticket, people),
        now=now,
        reply_to=_reply_to(office, ticket, person),
        reply_subject=subject_with_number(office, ticket, ticket.subject[:200]),
        merged_into=ticket.merged_into,
        merged_token=_merged_token(office, ticket, person, now),
        at_breach=_at_breach(path),
        can_rate=can_rate(office, ticket, person),
        score=score_of(case, person),
    )


def _promised(
    office: Office, ticket: Ticket, found: Sequence[Clock]
) -> tuple[Clock, ...]:
    if ticket.spam or ticket.merged_into is not None:  # nothing is promised any more
        return ()
    policy = office.rules.versions.policy(ticket.policy_key)
    seen = latest(found)
    return tuple(seen[m] for m in (policy.promise if policy else ()) if m in seen)


def _customers_mails(case: Case) -> Iterator[InboundId]:
    for event in case.log:
        by = event.data.get("by") if event.kind is Kind.OPENED else None
        if event.kind is Kind.CUSTOMER_REPLY or by == "customer":
            yield event.data["message"]


def _on_behalf(case: Case) -> InboundId | None:
    opened = next(iter(case.events(Kind.OPENED)), None)
    if opened is None or opened.data.get("by") != "on_behalf":
        return None
    found: InboundId = opened.data["message"]
    return found


def _agents(office: Office, people: Mapping[PersonId, Person]) -> dict[PersonId, str]:
    found = {id: office.audience.agent(who.address) for id, who in people.items()}
    return {id: agent.name for id, agent in found.items() if agent is not None}


def zone_for(office: Office, ticket: Ticket, people: Mapping[PersonId, Person]) -> str:
    """Return the requester's organization's zone, else the calendar's."""
    requester = people.get(ticket.requester)
    if requester is not None:
        key = normalize(requester.address)
        company = office.rules.edition.ruleset.organization_of(key)
        if company is not None and company.timezone:
            return company.timezone
    return zone_of(office, ticket)


def _reply_to(office: Office, ticket: Ticket, person: PersonId) -> str:
    token = Token(ticket.id, Permission.CUSTOMER, person)
    try:
        box = office.book.mailbox(ticket.mailbox)
    except KeyError:  # taken out of the configuration since
        box = office.book.mailboxes[0]
    return office.book.reply_address(box, token)


def _merged_token(
    office: Office, ticket: Ticket, person: PersonId, now: datetime
) -> str | None:
    if ticket.merged_into is None:
        return None
    into = load(office, ticket.merged_into, now)
    if into is None or not has_link(office, into, person, now):
        return None
    return token_of(office, into, person)


def _at_breach(path: EscalationPath | None) -> tuple[Step, ...]:
    steps = path.steps if path is not None else ()
    return tuple(step for step in steps if step.at.is_breach and not step.quiet)
