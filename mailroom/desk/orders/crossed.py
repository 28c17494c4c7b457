"""Crossed replies: two agents answer the same mail, and the second is held.

He gets his own words back beside the first reply; `#send` in his answer sends them after
all. `crossed_replies = "send"` in the configuration switches this off.
"""

from mailroom.desk.act import Act, Outcome
from mailroom.desk.casefile import flush
from mailroom.desk.letters.post import queue, subject_with_number, words
from mailroom.desk.letters.tell_agents import goes_to, internal_letter
from mailroom.desk.office import Office
from mailroom.notice.audience import Told
from mailroom.ticket.case import Case
from mailroom.ticket.model import Disposition, Event, InboundId, Kind, PersonId
from mailroom.ticket.token import Permission

REASON = "crossed with another agent's reply"


def crossing(act: Act, case: Case) -> Event | None:
    """Return another agent's reply that this one crosses; None: send it.

    It crosses what was answered after the notification that this mail answers.
    """
    confirmed = act.reading.verdict.by == "confirmation"
    if act.office.config.crossed_replies == "send" or confirmed:
        return None
    told = _notification(act, case)
    if told is None:
        return None
    others = [
        event
        for event in case.events(Kind.AGENT_REPLY)
        if event.at >= told.at and event.actor != str(act.agent)
    ]
    return others[-1] if others else None


def _notification(act: Act, case: Case) -> Event | None:
    """Return when the letter was queued that this mail answers."""
    answered = set(act.reading.clues.answered)
    for event in reversed(case.events(Kind.MAIL)):
        letter = act.office.store.outbound(event.data["outbound"])
        if letter is not None and letter.message_id in answered:
            return event
    return None


def hold_crossed(act: Act, case: Case, first: Event) -> Outcome:
    """Hold a reply, and return it to its author beside the first one."""
    office, inbound, now = act.office, act.reading.inbound, act.office.now()
    case.add(Kind.HELD, now, message=inbound.id, reason=REASON, agent=act.agent)
    other = office.person(first.data["author"])
    comments = office.store.comments(case.ticket.id)
    said = next((c for c in comments if c.inbound == first.data["message"]), None)
    values = {
        "subject": subject_with_number(office, case.ticket, case.ticket.subject),
        "goes_to": goes_to(office, case, Permission.INTERNAL),
        "other": other.name or other.address,
        "first": said.text.strip() if said is not None else "",
        "text": act.text,
    }
    told = Told(act.address, "wrote the held reply", act.reading.agent)
    key = f"crossed:{inbound.id}"
    letter = internal_letter(
        office, case, told, key, "crossed", Permission.INTERNAL, act.agent
    )
    written = words(office, "crossed", "en", values, case.ticket.mailbox)
    queue(office, case, letter, written, now)
    flush(office, case)
    return Outcome(Disposition.QUARANTINED, case.ticket.id, REASON)


def sent_after_all(act: Act, case: Case) -> tuple[InboundId, ...]:
    """Return the held reply that `#send` lets go, if the mail says so."""
    if not act.commands.has("send"):
        return ()
    held = held_reply(act.office, case, act.agent)
    return (held,) if held is not None else ()


def held_reply(office: Office, case: Case, agent: PersonId) -> InboundId | None:
    """Return an agent's last reply on a ticket that crossed another and still waits."""
    for event in reversed(case.events(Kind.HELD)):
        held = office.store.inbound(event.data["message"])
        own = event.data.get("agent") == agent
        if own and held is not None and held.disposition is Disposition.QUARANTINED:
            return held.id
    return None
