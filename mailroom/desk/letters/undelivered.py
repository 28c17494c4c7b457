"""Letters that will never arrive: the relay refused them, or five days were not enough.

An agent is told, as of a bounce: whoever waits for that letter has not got it. A letter
about a letter is never written about in its turn, so that nothing goes round.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from mailroom.desk.casefile import flush, keep, load
from mailroom.desk.letters.post import queue, subject_with_number, words
from mailroom.desk.letters.tell_agents import goes_to, internal_letter
from mailroom.desk.office import Office
from mailroom.desk.reach import lose, reachable, what_was_lost
from mailroom.notice.audience import Told
from mailroom.store.contract import Outbound
from mailroom.ticket.case import Case
from mailroom.ticket.model import Kind
from mailroom.ticket.token import Permission

log = logging.getLogger(__name__)
LETTER = "undelivered"
LONGEST_ANSWER = 300  # characters of the relay's words that are quoted


def undelivered(
    office: Office, letter: Outbound, answers: Mapping[str, str], now: datetime
) -> None:
    """Tell an agent who will not get a letter, and why. Inside a transaction.

    `answers`: the relay's last word about each recipient that was given up.
    """
    log.warning("failed outbound=%s ticket=%s", letter.id, letter.ticket)
    if letter.ticket is None or letter.letter == LETTER:
        return
    case = load(office, letter.ticket, now)
    if case is None or case.ticket.spam:
        return
    for address in answers:
        if office.audience.agent(address) is not None:
            lose(office, address, now)
        person = office.store.find_person(address)
        case.add(
            Kind.BOUNCE,
            now,
            outbound=letter.id,
            person=person.id if person else None,
            type="refused",
        )
    keep(office, case, now)
    for told in reachable(office, case, answers, now):
        _tell(office, case, letter, answers, told, now)
    flush(office, case)


def _tell(
    office: Office,
    case: Case,
    letter: Outbound,
    answers: Mapping[str, str],
    told: Told,
    now: datetime,
) -> None:
    ticket = case.ticket
    person = office.store.person_for(
        told.address, told.agent.name if told.agent else ""
    )
    values = {
        "subject": subject_with_number(
            office, ticket, f"Not delivered: {ticket.subject}"
        ),
        "goes_to": goes_to(office, case, Permission.INTERNAL),
        "number": office.number(ticket.id),
        "letter": letter.letter.replace("_", " "),
        "addresses": ", ".join(answers),
        "lost": what_was_lost(office, case, answers),
        "lines": [
            f"{address}: {' '.join(answer.split())[:LONGEST_ANSWER]}"
            for address, answer in answers.items()
        ],
    }
    key = f"{LETTER}:{letter.id}:{','.join(sorted(answers))}:{person}"
    row = internal_letter(office, case, told, key, LETTER, Permission.INTERNAL, person)
    queue(office, case, row, words(office, LETTER, "en", values), now)
