"""`#notspam`: what nobody was told while a ticket counted as spam is told now."""

from collections.abc import Sequence
from datetime import datetime

from mailroom.desk.letters.tell_agents import NEWS, news_of, notify
from mailroom.desk.letters.tell_customers import acknowledge
from mailroom.desk.office import Office
from mailroom.desk.reading import read_again
from mailroom.ticket.case import Case
from mailroom.ticket.model import InboundId, Kind
from rules.ledger import Clock


def tell_after_all(
    office: Office, case: Case, clocks: Sequence[Clock], by: str, now: datetime
) -> None:
    """Acknowledge the opening mail, and tell the agents of it; not the one who found it."""
    opened = next(e for e in case.log if e.kind is Kind.OPENED)
    reading = read_again(office, InboundId(opened.data["message"]))
    if reading is None:
        return
    told = any(e.data["letter"] in NEWS for e in case.events(Kind.MAIL))
    if not told:
        key = f"new:{case.ticket.id}"
        news = news_of(reading, "new ticket, no spam", reading.message.text, key)
        notify(office, case, news, clocks, now, besides=[by])
    said = [
        d.outcome for d in office.store.decisions(case.ticket.id) if d.on == "opened"
    ]
    rules = said[-1] if said else {}
    if opened.data["by"] == "customer" and rules.get("acknowledge") is not False:
        acknowledge(office, case, reading, clocks, now, rules.get("letter"))
