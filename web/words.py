"""Plain words for what a ticket is at: no jargon, nothing that is not known."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mailroom.desk.pages.status_page import StatusPage
from mailroom.ticket.model import Comment, Disposition, PersonId, Status
from rules.calendar import ALWAYS, Calendar
from rules.ledger import Clock, Interval, State
from web.charts import KINDS, Lane
from web.formats import mailto, span, when
from web.texts import gettext as _


def state_words(page: StatusPage) -> str:
    """Return the state as a customer reads it."""
    if page.merged_into is not None:
        return _("Continued in another request")
    if page.ticket.spam:
        return _("Set aside")
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
    if page.ticket.spam:
        return _("This was taken for unwanted mail. If it is none, please write anew.")
    return {
        Status.NEW: _("Your message has arrived. You need not do anything."),
        Status.OPEN: _("It is our turn. You need not do anything."),
        Status.PENDING: _("We need your answer to go on; our message below says what."),
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


def metric_name(metric: str) -> str:
    """Return what a metric measures."""
    return {
        "first_reply": _("First answer"),
        "next_reply": _("Next answer"),
        "update": _("Next update"),
        "resolution": _("Solution"),
        "total_resolution": _("Solution in all"),
    }.get(metric, metric)


def metric_words(clock: Clock) -> str:
    """Return what a clock measures, and in which of its rounds."""
    name = metric_name(clock.metric.value)
    return name if clock.cycle == 1 else f"{name} ({clock.cycle})"


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
    if comment.inbound is not None and comment.inbound == page.on_behalf:
        return person_name(page, page.ticket.requester)
    if page.is_ours(comment):
        person = page.people.get(comment.author)
        return page.agents.get(comment.author) or (person.name if person else "")
    return person_name(page, comment.author)


def person_name(page: StatusPage, id: PersonId) -> str:
    """Return a customer's name; the whole address only to named visitors."""
    person = page.people.get(id)
    if person is None:
        return _("Somebody")
    if person.name:
        return person.name
    return person.address.partition("@")[0] if page.is_public else person.address


def told_at_breach(page: StatusPage, clock: Clock) -> set[str]:
    """Return whom the escalation path tells the moment this promise is missed."""
    steps = [step for step in page.at_breach if clock.metric in step.metrics]
    return {word.partition(":")[0] for step in steps for word in step.notify}


def telling_words(page: StatusPage, clock: Clock) -> str:
    """Return what happens when a promise is missed, from the escalation path."""
    told = told_at_breach(page, clock)
    if not told:
        return _("If we miss this, this page says so.")
    if told == {"requester"}:
        return _("If we miss this, you get a mail at once.")
    if "requester" in told:
        return _("If we miss this, you get a mail, and we are alerted at once.")
    if {"team", "manager"} <= told:
        return _("If we miss this, the team and its lead are alerted at once.")
    if "team" in told:
        return _("If we miss this, the whole team is alerted at once.")
    if told == {"assignee"}:
        return _("If we miss this, the person in charge is alerted at once.")
    return _("If we miss this, those in charge are alerted at once.")


def state_class(page: StatusPage) -> str:
    """Return which colour the state has: ours, yours or done."""
    if page.merged_into is not None or page.ticket.spam:
        return "done"
    status = page.ticket.status
    if status is Status.PENDING:
        return "yours"
    return "done" if status in (Status.SOLVED, Status.CLOSED) else "ours"


def next_promise(page: StatusPage) -> Clock | None:
    """Return the promise that falls due next; None where none is running."""
    running = [c for c in page.promised if c.state is State.RUNNING and c.due]
    return min(running, key=lambda clock: clock.due or clock.seen_at, default=None)


def is_missed(clock: Clock) -> bool:
    """Whether a promise is broken and still not made good."""
    return clock.state is State.BREACHED and clock.fulfilled_at is None


def missed_words(page: StatusPage, clock: Clock) -> str:
    """Return what has happened since a promise was missed."""
    told = told_at_breach(page, clock) - {"requester"}
    if "team" in told:
        return _("The team has been alerted.")
    return _("Those in charge have been alerted.") if told else ""


def remaining_words(clock: Clock) -> str:
    """Return how much working time is left."""
    left = {"span": worked(clock.remaining, clock.calendar)}
    if clock.calendar == ALWAYS:
        return _("%(span)s left.") % left
    if clock.calendar.is_open(clock.seen_at):
        return _("%(span)s of working time left.") % left
    return _("We are closed just now; %(span)s of working time left.") % left


def worked(length: timedelta, calendar: Calendar) -> str:
    """Return working time: in hours, for a day of it is no day of the calendar."""
    return span(length, days=calendar == ALWAYS)


def outcome(clock: Clock) -> str:
    """Return how a promise stands, before its time."""
    name = {"metric": metric_words(clock)}
    if clock.state is State.RUNNING:
        return _("%(metric)s: by") % name
    if clock.state is State.PAUSED:
        left = {"span": worked(clock.remaining, clock.calendar), **name}
        if clock.calendar == ALWAYS:
            return _("%(metric)s: the clock is paused, %(span)s left") % left
        return (
            _("%(metric)s: the clock is paused, %(span)s of working time left") % left
        )
    if clock.state is State.ACHIEVED:
        return _("%(metric)s: promise met,") % name
    if clock.state is State.CANCELLED:
        return _("%(metric)s: no longer counted") % name
    if clock.fulfilled_at is not None:
        return _("%(metric)s: later than promised, and we are sorry:") % name
    return _("%(metric)s: we have missed this, and we are sorry. It was due") % name


def outcome_time(clock: Clock) -> datetime | None:
    """Return the time that goes with `outcome`."""
    if clock.state is State.RUNNING:
        return clock.due
    if clock.state is State.BREACHED:
        return clock.fulfilled_at or clock.breached_at
    return clock.fulfilled_at if clock.state is State.ACHIEVED else None


def kinds_of(lanes: Sequence[Lane]) -> list[str]:
    """Return the colours that some pictures use, in one order."""
    used = {bar.kind for lane in lanes for bar in lane.bars}
    return [kind for kind in KINDS if kind in used]


def kind_words(kind: str) -> str:
    """Return what a colour of the picture means."""
    return {
        "running": _("our working time"),
        "planned": _("time left"),
        "paused": _("paused"),
        "overdue": _("late"),
        "stopped": _("solved"),
    }[kind]


def interval_words(interval: Interval) -> str:
    """Return what the clock did in an interval of its ledger."""
    word, _colon, status = interval.reason.partition(": ")
    if word == "paused" and status == "pending":
        return _("paused: waiting for you")
    return {
        "running": _("will run") if interval.planned else _("ran"),
        "overdue": _("ran on after the deadline"),
        "paused": _("paused"),
        "stopped": _("stopped: solved"),
    }.get(word, word)


def lane_words(lane: Lane, zone: str) -> str:
    """Return in a sentence what the picture of a clock shows."""
    parts = [_("Started %s.") % when(lane.start, zone)]
    if lane.due_at is not None:
        parts.append(_("Due %s.") % when(lane.due_at, zone))
    if lane.clock.fulfilled_at is not None:
        parts.append(_("Fulfilled %s.") % when(lane.clock.fulfilled_at, zone))
    return " ".join(parts)


def fold_words(kind: str) -> str:
    """Return what stands in a folded part of a message."""
    return {
        "quote": _("Earlier messages quoted"),
        "signature": _("Signature"),
        "forward": _("Forwarded message"),
    }.get(kind, _("More"))


def reply_link(page: StatusPage) -> str:
    """Return the link that opens an answer in the visitor's mail client."""
    if page.ticket.spam:
        return mailto(page.ticket.mailbox)
    return mailto(page.reply_to, page.reply_subject)


def can_say_solved(page: StatusPage) -> bool:
    """Whether there is something left to be solved."""
    done = page.ticket.status in (Status.SOLVED, Status.CLOSED)
    return not done and page.merged_into is None and not page.ticket.spam


def solved_link(page: StatusPage) -> str:
    """Return the link that opens a mail which says that all is well."""
    return mailto(page.reply_to, page.reply_subject, _("This is solved, thank you."))


STATUS_ORDER = tuple(Status)
DISPOSITIONS = {
    "in": tuple(str(name) for name in Disposition),
    "out": ("QUEUED", "SENT", "DEFERRED", "FAILED"),
}


def status_name(status: Status) -> str:
    """Return a status as agents say it."""
    return {
        Status.NEW: _("new"),
        Status.OPEN: _("open"),
        Status.PENDING: _("pending"),
        Status.ON_HOLD: _("on hold"),
        Status.SOLVED: _("solved"),
        Status.CLOSED: _("closed"),
    }[status]


def left_words(left: timedelta, *, days: bool) -> str:
    """Return working time left, or by how much a deadline is over."""
    words = span(abs(left), days=days)
    return over_words(words) if left < timedelta(0) else words


def over_words(by: str) -> str:
    """Return by how much a deadline is over."""
    return _("%s over") % by


def least_words() -> str:
    """Return the shortest span in words."""
    return span(timedelta(0))
