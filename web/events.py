"""A ticket's log and its rules' decisions in words, for agents."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from mailroom.desk.pages.ticket_file import TicketFile
from mailroom.ticket.model import Event, PersonId
from web.texts import gettext as _

_HIDDEN = {"message", "policy", "calendar", "escalation", "sticks", "decision", "by"}


def who(file: TicketFile, actor: str) -> str:
    """Return who did something: an agent, a customer, or Mailroom itself."""
    return name_of(file, int(actor)) if actor.isdecimal() else actor


def name_of(file: TicketFile, id: int | None) -> str:
    """Return somebody's name, else their address."""
    if id is None:
        return _("nobody")
    person = PersonId(id)
    found = file.people.get(person)
    address = found.address if found is not None else f"#{id}"
    return file.agents.get(person) or (found.name if found else "") or address


def detail(file: TicketFile, event: Event) -> str:
    """Return what else the log says of an event."""
    parts = [
        f"{key} {_value(file, key, value)}"
        for key, value in event.data.items()
        if key not in _HIDDEN and value not in (None, [], "", False)
    ]
    return ", ".join(parts)


def choices(outcome: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what a decision chose: (what, value, by which rule or default)."""
    made = []
    for name in ("policy", "escalation"):
        choice = outcome.get(name)
        if isinstance(choice, Mapping):
            source = choice.get("rule") or choice.get("source") or ""
            made.append((name, str(choice.get("value") or _("none")), str(source)))
    rules = outcome.get("set_by", {})
    single = ("priority", "team", "assignee", "acknowledge", "letter", "spam")
    made += [
        (name, str(outcome[name]), str(rules.get(name, "")))
        for name in single
        if name in outcome
    ]
    return made


def excerpt(text: str) -> Markup:
    """Return a search's excerpt with the found words marked."""
    folded = str(escape(" ".join(text.split())))
    marked = folded.replace("\x02", "<mark>").replace("\x03", "</mark>")
    return Markup(marked)  # noqa: S704 - escaped above


def _value(file: TicketFile, key: str, value: object) -> str:
    if key in ("person", "author", "assignee", "requester") and isinstance(value, int):
        return name_of(file, value)
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_value(file, name, v)}" for name, v in value.items())
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value)
