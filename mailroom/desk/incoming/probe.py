"""Proving plus addresses: a mail to ourselves, recognised when it comes back.

A mailbox that we fetch from may or may not take `support+anything@`; nobody can know
without trying. The probe's address is signed, so that only our own mail proves it.
"""

from datetime import datetime

from mailroom.desk.act import Outcome
from mailroom.desk.health import prove_plus, takes_plus
from mailroom.desk.letters.post import Letter, queue, words
from mailroom.desk.office import Office
from mailroom.desk.reading import Reading
from mailroom.message.model import Mailbox
from mailroom.settings import Mailbox as OurMailbox
from mailroom.ticket.model import Disposition
from mailroom.ticket.recipient import Place
from mailroom.ticket.token import NO_TICKET, Permission, Token


def to_be_probed(office: Office) -> tuple[OurMailbox, ...]:
    """Return the plain mailboxes that an IMAP account feeds."""
    config = office.config
    fed = {box.address for box in map(config.mailbox_of, config.imap) if box}
    boxes = config.mailboxes
    return tuple(b for b in boxes if b.reply == "plain" and b.address in fed)


def send_probe(office: Office, mailbox: OurMailbox, now: datetime) -> None:
    """Queue a mail to a plus address of a mailbox."""
    address = office.book.probe_address(mailbox)
    values = {"subject": "Do plus addresses arrive?", "mailbox": mailbox.address}
    letter = Letter(
        name="probe",
        dedupe_key=f"probe:{mailbox.address}:{now.isoformat()}",
        to=(Mailbox(address),),
        reasons={address: "mailroom probe"},
        mailbox=mailbox.address,
        token=Token(NO_TICKET, Permission.INTERNAL),
    )
    with office.store.transaction():
        queue(office, None, letter, words(office, "probe", "en", values), now)


def is_proven(office: Office, mailbox: OurMailbox) -> bool:
    """Whether a plus address of this mailbox was seen to arrive."""
    return takes_plus(office.store, mailbox.address)


def probe_arrived(office: Office, reading: Reading) -> Outcome | None:
    """Take our own probe back; None: the mail is none.

    A copy in a Sent folder has not arrived anywhere.
    """
    if reading.recipient.place is not Place.PROBE:
        return None
    if not reading.inbound.door.startswith("imap-sent:"):
        prove_plus(office, reading.mailbox, reading.inbound.received_at)
    reason = f"plus addresses of {reading.mailbox} arrive"
    return Outcome(Disposition.COMMAND, None, reason)
