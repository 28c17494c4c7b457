"""Plain words for what a ticket is at: no jargon, nothing that is not known."""

from mailroom.desk.status_page import StatusPage
from mailroom.ticket.model import Comment, PersonId, Status
from rules.ledger import Clock, State
from web.texts import gettext as _


def state_words(page: StatusPage) -> str:
    """Return the state as a customer reads it."""
    if page.merged_into is not None:
        return _("Continued in another request")
    return {
        Status.NEW: _("We have it"),
        Status.OPEN: _("We are working on it"),
        Status.PENDING: _("Waiting for you"),
        Status.ON_HOLD: _("On hold"),
        Status.SOLVED: _("Solved"),
        Status.CLOSED: _("Closed"),
    }[page.ticket.status]


def state_detail(page: StatusPage) -> str:
    """Return a sentence on what that means for the customer."""
    if page.merged_into is not None:
        return _("This request was joined with another one; the work goes on there.")
    return {
        Status.NEW: _("Your message has arrived. You need not do anything."),
        Status.OPEN: _("It is our turn. You need not do anything."),
        Status.PENDING: _("We need an answer from you to go on."),
        Status.ON_HOLD: _("We wait for somebody else before we can go on."),
        Status.SOLVED: _("We think this is done. If it is not, just answer."),
        Status.CLOSED: _("This request is closed. An answer opens a new one."),
    }[page.ticket.status]


def promise_words(clock: Clock) -> str:
    """Return what is promised, before the time."""
    return {
        "first_reply": _("You will have a first answer by"),
        "next_reply": _("You will have an answer by"),
        "update": _("You will hear from us by"),
        "resolution": _("We expect to have solved it by"),
        "total_resolution": _("We expect to have solved it by"),
    }[clock.metric.value]


def metric_words(clock: Clock) -> str:
    """Return what a clock measures."""
    return {
        "first_reply": _("First answer"),
        "next_reply": _("Next answer"),
        "update": _("Next update"),
        "resolution": _("Solution"),
        "total_resolution": _("Solution"),
    }[clock.metric.value]


def clock_state(clock: Clock) -> str:
    """Return met, missed, running, paused or no longer counted."""
    if clock.state is State.BREACHED:
        return _("missed")
    return {
        State.RUNNING: _("running"),
        State.PAUSED: _("paused"),
        State.ACHIEVED: _("met"),
        State.CANCELLED: _("no longer counted"),
    }[clock.state]


def author_name(page: StatusPage, comment: Comment) -> str:
    """Return who wrote a message, as this visitor may know them."""
    if comment.author in page.agents:
        return page.agents[comment.author]
    return person_name(page, comment.author)


def person_name(page: StatusPage, id: PersonId) -> str:
    """Return a customer's name; the whole address only to named visitors."""
    person = page.people.get(id)
    if person is None:
        return _("Somebody")
    if person.name:
        return person.name
    return person.address.partition("@")[0] if page.is_public else person.address


def telling_words(page: StatusPage) -> str:
    """Return what happens when a promise is missed, from the escalation path."""
    if not page.tells:
        return _("If we miss this, this page says so.")
    wider = {"team", "manager", "admins"} & set(page.tells)
    wider |= {word for word in page.tells if word.startswith("team:") or "@" in word}
    if "requester" in page.tells:
        return _("If we miss this, you get a mail and our team is alerted at once.")
    if "manager" in wider:
        return _("If we miss this, the team and its lead are alerted at once.")
    if wider:
        return _("If we miss this, the whole team is alerted at once.")
    return _("If we miss this, the person in charge is alerted at once.")
