"""Who can be reached: agents' addresses are never muted, their mail goes to others.

An agent whose address has failed is not told of failures for a day, so that two dead
addresses do not tell each other of each other; mail on his tickets still goes to him.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from mailroom.desk.letters.tell_agents import history
from mailroom.desk.office import Office
from mailroom.message.address import normalize
from mailroom.notice.audience import Told
from mailroom.ticket.case import Case

LOST_FOR = timedelta(days=1)


def lose(office: Office, address: str, now: datetime) -> None:
    """Keep that an address failed; inside a transaction."""
    office.store.remember(f"lost:{normalize(address)}", now.isoformat())


def find_again(office: Office, address: str) -> None:
    """Somebody wrote from an address: it works again; inside a transaction."""
    if office.store.recall(f"lost:{normalize(address)}"):
        office.store.remember(f"lost:{normalize(address)}", "")


def reachable(
    office: Office, case: Case, lost: Iterable[str], now: datetime
) -> tuple[Told, ...]:
    """Return the assignee, else the team, else the admins; not who is out of reach."""
    missing = {normalize(address) for address in lost}
    assignee, team = office.address(case.ticket.assignee), case.ticket.team
    for circle in (
        office.audience.of_ticket(assignee, team),
        office.audience.of_ticket(None, team),
        office.audience.admins(),
    ):
        left = tuple(
            told
            for told in circle
            if normalize(told.address) not in missing
            and not _is_lost(office, told.address, now)
        )
        if left:
            return left
    return ()


def what_was_lost(office: Office, case: Case, addresses: Iterable[str]) -> str:
    """Return the conversation for whoever stands in for an agent; "": none is lost."""
    if not any(office.audience.agent(address) for address in addresses):
        return ""
    comments = office.store.comments(case.ticket.id)
    last = comments[-1].text.strip().splitlines() if comments else []
    quoted = "\n".join(f"> {line}".rstrip() for line in last)
    return "\n\n".join(filter(None, [quoted, history(office, case)]))


def _is_lost(office: Office, address: str, now: datetime) -> bool:
    kept = office.store.recall(f"lost:{normalize(address)}")
    return bool(kept) and now - datetime.fromisoformat(kept or "") < LOST_FOR
