"""A mailbox that is fetched answers plainly until a probe has come back to it."""

import pytest

from mailroom.desk.incoming.probe import send_probe, to_be_probed
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival

JANE = "Jane Doe <jane@customer.example>"
IMAP = """
[[imap]]
host = "imap.acme.example"
user = "support@acme.example"
password_file = "pw"
"""


@pytest.fixture
def fetched(make_desk):
    """A desk whose mailbox is fed by IMAP."""
    return make_desk(config=IMAP)


def probe(desk):
    """Send the probe; return it as it left."""
    (box,) = to_be_probed(desk.app.office)
    send_probe(desk.app.office, box, desk.app.office.now())
    desk.work()
    (address,) = (a for a in desk.everybody() if a.startswith("support+probe."))
    return desk.received(address)[-1]


def fetch(desk, mail, door="imap:support@acme.example@imap.acme.example"):
    """Let a mail come by the IMAP door."""
    arrival = Arrival(
        door=door,
        envelope=Envelope(mail_from=None, rcpt_to=("support@acme.example",)),
        raw=mail.as_bytes(),
        received_at=desk.app.office.now(),
    )
    desk.app.intake.accept([arrival])
    desk.work()


def reply_address(desk):
    """Return where an answer to Jane's last letter goes."""
    last = desk.received("jane@customer.example")[-1]
    return last["Reply-To"] or last["From"]


def test_fetched_mailbox_answers_plainly_until_it_is_probed(fetched):
    fetched.write(JANE)
    assert "+" not in reply_address(fetched)
    assert fetched.return_path("jane@customer.example") == "support@acme.example"


def test_probe_that_comes_back_turns_plus_addresses_on(fetched):
    fetch(fetched, probe(fetched))
    assert fetched.ledger()[-1].disposition == "COMMAND"
    assert fetched.tickets() == []
    fetched.write(JANE)
    assert "support+1001.c" in reply_address(fetched)
    assert fetched.return_path("jane@customer.example").startswith("support+b1001.")


def test_copy_of_the_probe_in_the_sent_folder_proves_nothing(fetched):
    sent = "imap-sent:support@acme.example@imap.acme.example"
    fetch(fetched, probe(fetched), door=sent)
    fetched.write(JANE)
    assert "+" not in reply_address(fetched)


def test_forged_probe_proves_nothing(fetched):
    mail = probe(fetched)
    address = mail["To"]
    del mail["To"]
    mail["To"] = address[:20] + "aaaa" + address[24:]
    fetch(fetched, mail)
    fetched.write(JANE)
    assert "+" not in reply_address(fetched)


def test_probe_is_answered_by_nobody(fetched):
    before = fetched.everybody()
    fetch(fetched, probe(fetched))
    assert {a for a in fetched.everybody() - before if "+probe." not in a} == set()
