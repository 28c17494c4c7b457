"""`explain`: a ticket's policy and deadlines, from the decisions and events it has.

Rule sets and calendars come from the versions kept with the decisions, never from what
is in force now.
"""

from collections.abc import Callable
from datetime import datetime

from mailroom.desk.casefile import load
from mailroom.desk.office import Office
from mailroom.errors import StoreError
from mailroom.store.contract import Decision as Kept
from mailroom.ticket.case import Case
from mailroom.ticket.explanation import Explanation, Look, explain
from mailroom.ticket.model import PersonId, TicketId
from rules.decision import Decision
from rules.errors import RulesError
from rules.facts import Facts
from rules.loader import load_texts
from rules.ruleset import RuleSet


def explain_ticket(office: Office, id: TicketId, now: datetime) -> Explanation | None:
    """Explain a ticket as of `now`; None: there is no such ticket. Writes nothing."""
    case = load(office, id, now)
    return explain_case(office, case, now) if case is not None else None


def explain_case(office: Office, case: Case, now: datetime) -> Explanation:
    """Explain an open case, with what it has gained already.

    StoreError: the ticket names a version that is not stored any more.
    """
    sets: dict[str, RuleSet | None] = {}
    looks = [
        _look(office, kept, sets) for kept in office.store.decisions(case.ticket.id)
    ]
    try:
        return explain(case, looks, office.rules.versions, now, _address_of(office))
    except KeyError as error:
        raise StoreError(
            f"ticket {case.ticket.id} names version {error}, which is not stored;"
            " `mailroom verify` lists what is missing"
        ) from error


def _look(office: Office, kept: Kept, sets: dict[str, RuleSet | None]) -> Look:
    if kept.ruleset not in sets:
        sets[kept.ruleset] = _rule_set(office, kept)
    return Look(
        at=kept.at,
        key=kept.ruleset,
        facts=Facts.from_json(kept.facts["json"]),
        decision=Decision.from_plain(kept.outcome),
        rule_set=sets[kept.ruleset],
    )


def _rule_set(office: Office, kept: Kept) -> RuleSet | None:
    """Return the rule set of a decision with the calendars that it had then."""
    if kept.ruleset == office.rules.edition.key:
        return office.rules.edition.ruleset
    document = office.store.version(kept.ruleset)
    if document is None:
        return None
    try:
        calendars = {
            name: office.rules.versions.calendar(key)
            for name, key in document.get("calendars", {}).items()
        }
        return load_texts(document["files"], kept.at, calendars=calendars)
    except (RulesError, KeyError):
        return None


def _address_of(office: Office) -> Callable[[PersonId], str]:
    def address_of(id: PersonId) -> str:
        found = office.store.people([id]).get(id)
        return found.address if found is not None else f"person {id}"

    return address_of
