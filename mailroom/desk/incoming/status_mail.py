"""A customer whose whole mail is `status`: the state of the ticket comes back as text."""

from datetime import timedelta

from mailroom.desk.act import Outcome
from mailroom.desk.casefile import flush, fold
from mailroom.desk.letters.answer_address import mailbox_of
from mailroom.desk.letters.customer_letter import to_customer
from mailroom.desk.letters.post import AUTO_REPLIED, Letter, queue
from mailroom.desk.letters.tell_customers import suppress
from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.message.address import normalize
from mailroom.ticket.case import Case
from mailroom.ticket.model import Disposition
from mailroom.ticket.token import Permission, Token

WORD = "status"
PER_HOUR = 5


def status_asked(office: Office, reading: Reading, case: Case | None) -> Outcome | None:
    """Answer a participant's `status`; None: the mail says something else."""
    if case is None or reading.message.reply_text.strip().lower() != WORD:
        return None
    if reading.message.automatic is not None:
        return None
    store, now, ticket = office.store, office.now(), case.ticket
    person = store.find_person(reading.author.address)
    taking_part = {p.person for p in store.participants(ticket.id)}
    if person is None or person.id not in taking_part:
        return None
    budget = f"status:{normalize(person.address)}"
    if not store.spend(budget, now, timedelta(hours=1), PER_HOUR):
        why = "asked too often in this hour"
        suppress(case, "status", person.id, why, now)
        flush(office, case)
        return Outcome(Disposition.COMMAND, ticket.id, why)
    clocks, _ = fold(office, case, now)
    state = ticket.status.value
    written = to_customer(office, case, "status", person, clocks=clocks, status=state)
    to = mailbox_of(office, ticket.id, person)
    letter = Letter(
        name="status",
        dedupe_key=f"status:{reading.inbound.id}",
        to=(to,),
        reasons={to.address: "asked for the status"},
        mailbox=ticket.mailbox,
        token=Token(ticket.id, Permission.CUSTOMER, person.id),
        in_reply_to=reading.message.message_id,
        auto=AUTO_REPLIED,
    )
    queue(office, case, letter, written, now)
    flush(office, case)
    return Outcome(Disposition.COMMAND, ticket.id, "asked for the status")
