"""Whether an acknowledgement may go: never to machines, never round and round.

The caps of `[limits]` hold for an address, a domain with all below it, and strangers; on
top are budgets that end a loop whatever the other side's software leaves out of its mails.
All are keyed on the From, never on the reverse-path, which loops change or leave empty.
"""

from datetime import datetime, timedelta

from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.message.address import domain_of, normalize
from mailroom.message.alignment import likely_organisation
from mailroom.setting import Rate
from mailroom.ticket.model import Person, PersonId
from mailroom.ticket.token import Permission

LONGEST_WAIT = timedelta(hours=4)
A_DAY, MOST_A_DAY = timedelta(days=1), 20  # acknowledgements to one address
A_MOMENT = timedelta(hours=1)  # a letter to the same sender so long ago: an echo
_MOST_TICKETS = 10  # looked at to find out whether somebody is a customer

Answer = tuple[str | None, datetime | None]  # why not (None: do), and from when on


def may_acknowledge(
    office: Office, reading: Reading, person: Person, to: str, now: datetime
) -> Answer:
    """Return why no acknowledgement may go (None: it may), and from when on.

    `to`: where it would go, which need not be the person's own address.
    """
    reason = _refused(office, reading, now) or _echo(office, reading, to)
    if reason is not None:
        return reason, None
    address = normalize(person.address)
    reason = _too_many(office, address, now)
    if reason is None and normalize(to) != address:
        reason = _too_many(office, normalize(to), now)
    if reason is not None:
        return reason, None
    if reading.verdict.authenticated or _is_customer(office, person.id):
        return None, None
    limits, organisation = office.config.limits, likely_organisation(domain_of(address))
    return _latest(
        _in_turn(office, f"ack@{organisation}", limits.per_domain, "this domain", now),
        _in_turn(office, "ack@", limits.strangers, "strangers", now),
    )


def _refused(office: Office, reading: Reading, now: datetime) -> str | None:
    automatic = reading.message.automatic
    if automatic is not None:
        return f"automatic mail: {automatic.evidence[0]}"
    if reading.is_null_sender and reading.inbound.door != "pipe":
        return "null reverse-path"
    if "acknowledgement" not in office.book.mailbox(reading.mailbox).letters:
        return "switched off for this mailbox"
    if now - reading.inbound.received_at > office.config.ack_max_age:
        return "received too long ago"
    return None


def _echo(office: Office, reading: Reading, to: str) -> str | None:
    """A new mail to an address that a letter of ours gave its sender a moment ago.

    A person's address book does that a day later; software that answers each mail under
    a subject of its own does it at once.
    """
    token = reading.recipient.token
    if token is None or token.permission is not Permission.CUSTOMER:
        return None
    authors = {normalize(reading.author.address), normalize(to)}
    since = reading.inbound.received_at - A_MOMENT
    for receipt in office.store.recipients(token.ticket):
        if receipt.at >= since and normalize(receipt.address) in authors:
            return "it answers a letter that its sender was sent a moment ago"
    return None


def _too_many(office: Office, address: str, now: datetime) -> str | None:
    rate = office.config.limits.per_address
    if rate is None:
        return None
    if not office.store.spend(f"ack:{address}", now, rate.span, rate.count):
        return f"more than {rate.count} acknowledgements to this address"
    if not office.store.spend(f"loop:{address}", now, A_DAY, MOST_A_DAY):
        return f"more than {MOST_A_DAY} acknowledgements to this address in a day"
    return None


def _is_customer(office: Office, person: PersonId) -> bool:
    """Whether an agent has answered this person before: forged mail makes nobody known."""
    store = office.store
    tickets = map(store.ticket, store.tickets_of(person, _MOST_TICKETS))
    return any(ticket is not None and ticket.answered for ticket in tickets)


def _in_turn(
    office: Office, budget: str, rate: Rate | None, whom: str, now: datetime
) -> Answer:
    """Spend one letter of a budget, of this span or of one that comes soon enough."""
    if rate is None:
        return None, None
    for wait in range(int(LONGEST_WAIT / rate.span) + 1):
        ahead = wait * rate.span
        if office.store.spend(budget, now, rate.span, rate.count, ahead):
            return None, now + ahead
    return f"more than {rate.count} acknowledgements to {whom}", None


def _latest(*answers: Answer) -> Answer:
    """Return the first refusal, else the latest of the instants."""
    refused = next((why for why, _ in answers if why is not None), None)
    instants = [at for _, at in answers if at is not None]
    return refused, None if refused else max(instants, default=None)
