"""Links to a ticket's page: one for each person, and when they end.

`#revoke` ends the links that a person has; whoever is then added again by name gets
others. A link also ends 90 days after the ticket closed, and when its person no longer
takes part.
"""

from datetime import datetime, timedelta

from mailroom.desk.office import Office
from mailroom.ticket.case import Case
from mailroom.ticket.model import Event, Kind, PersonId, Status
from mailroom.ticket.page import PageToken, page_token, page_url
from mailroom.ticket.token import EVERYBODY

LINK_LIFE = timedelta(days=90)
BY_NAME = frozenset({"#cc", "#requester"})


def link(office: Office, case: Case, person: PersonId) -> str:
    """Return a person's link; "" where there are no pages or their links are revoked."""
    if is_revoked(case, person):
        return ""
    return page_url(
        office.config.web.url, office.keys.current, _token_for(case, person)
    )


def token_of(office: Office, case: Case, person: PersonId) -> str:
    """Return the token of a person's link."""
    return page_token(office.keys.current, _token_for(case, person))


def is_good(office: Office, case: Case, token: PageToken, now: datetime) -> bool:
    """Whether a link still opens the page."""
    ended = [e.at for e in case.log if e.kind in (Kind.CLOSE, Kind.MERGE)]
    if case.ticket.status is Status.CLOSED and ended and now >= ended[-1] + LINK_LIFE:
        return False
    person = token.person
    if is_revoked(case, person) or token.generation != _generation(case, person):
        return False
    taking_part = office.store.participants(case.ticket.id)
    return person == EVERYBODY or any(p.person == person for p in taking_part)


def has_link(office: Office, case: Case, person: PersonId, now: datetime) -> bool:
    """Whether a person may have a link to the page."""
    return is_good(office, case, _token_for(case, person), now)


def is_revoked(case: Case, person: PersonId) -> bool:
    """Whether a person's links were revoked and they were not added by name since."""
    told = [
        event.kind
        for event in case.log
        if event.data.get("person") == person
        and (event.kind is Kind.REVOKED or _is_admitted(event))
    ]
    return bool(told) and told[-1] is Kind.REVOKED


def _is_admitted(event: Event) -> bool:
    return event.kind is Kind.PARTICIPANT and event.data.get("why") in BY_NAME


def _token_for(case: Case, person: PersonId) -> PageToken:
    return PageToken(case.ticket.id, person, _generation(case, person))


def _generation(case: Case, person: PersonId) -> int:
    revoked = case.events(Kind.REVOKED)
    return sum(event.data.get("person") == person for event in revoked)
