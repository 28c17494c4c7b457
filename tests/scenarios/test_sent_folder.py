"""A Sent folder: what agents wrote to customers past the desk is on the ticket."""

import pytest

from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
DESK = "Acme Support <support@acme.example>"
CARL = "carl@customer.example"
SENT = """
[[imap]]
host = "imap.acme.example"
user = "support@acme.example"
password_file = "pw"
sent = "Sent Items"
"""


@pytest.fixture
def shared(make_desk):
    """A desk on a shared mailbox, with a ticket of Jane's."""
    desk = make_desk(config=SENT)
    desk.write(JANE, message_id="jane1@customer.example")
    return desk


def read_sent(desk, author, to, text, *, headers="", answers="jane1@customer.example"):
    """Let a mail be found in the Sent folder."""
    number = len(desk.ledger())
    at = desk.app.office.now()
    headers += f"In-Reply-To: <{answers}>\r\n" if answers else ""
    raw = (
        f"From: {author}\r\nTo: {to}\r\nSubject: Re: Printer\r\n"
        f"Message-ID: <sent{number}@mail.example>\r\n"
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\r\n{headers}\r\n{text}\r\n"
    )
    take(desk, raw.encode())


def take(desk, raw):
    """Let raw bytes come by the door of the Sent folder."""
    arrival = Arrival(
        door="imap-sent:support@acme.example@imap.acme.example",
        envelope=Envelope(mail_from=None, rcpt_to=()),
        raw=raw,
        received_at=desk.app.office.now(),
    )
    desk.app.intake.accept([arrival])
    desk.work()


def test_agents_sent_mail_to_the_customer_is_a_public_reply_sent_to_nobody(shared):
    read_sent(shared, ANN, JANE, "Use water.")
    assert len(shared.received("jane@customer.example")) == 1
    assert shared.ledger()[-1].disposition == "FOLLOW_UP"
    comment = shared.app.store.comments(1001)[-1]
    assert (comment.public, comment.text) == (True, "Use water.")
    assert shared.clock_of("first_reply").state == "achieved"
    assert shared.ticket().status == "open"


def test_it_goes_to_the_participants_whom_it_did_not_reach(shared, text_of):
    shared.answer(ANN, f"#cc {CARL}", to_last_of="ann@acme.example")
    read_sent(shared, ANN, JANE, "Use water.")
    assert len(shared.received("jane@customer.example")) == 1
    assert text_of(shared.received(CARL)[-1]).startswith("Use water.")


def test_mail_sent_from_the_shared_mailbox_itself_is_the_desks_reply(shared):
    read_sent(shared, DESK, JANE, "Use water.")
    assert len(shared.tickets()) == 1
    assert shared.clock_of("first_reply").state == "achieved"
    assert len(shared.received("jane@customer.example")) == 1


def test_customers_answer_to_a_sent_mail_goes_on_the_ticket(shared):
    read_sent(shared, DESK, JANE, "Use water.")
    id = shared.ledger()[-1].message_id
    shared.write(JANE, subject="Re: Printer", headers=f"In-Reply-To: <{id}>\r\n")
    assert shared.ledger()[-1].ticket == 1001


def test_private_mail_in_the_sent_folder_opens_nothing(shared):
    before = shared.everybody()
    read_sent(shared, ANN, "mum@home.example", "See you on Sunday.", answers="")
    assert shared.ledger()[-1].disposition == "REFUSED"
    assert len(shared.tickets()) == 1
    assert shared.everybody() == before


def test_sent_mail_about_a_ticket_to_somebody_else_is_left_alone(shared):
    read_sent(shared, ANN, "lawyer@law.example", "Is Jane right?")
    assert shared.ledger()[-1].disposition == "REFUSED"
    assert len(shared.app.store.comments(1001)) == 1


def test_our_own_letters_in_the_sent_folder_are_known(shared):
    letter = shared.received("jane@customer.example")[-1].as_bytes()
    take(shared, letter)
    assert shared.ledger()[-1].disposition == "DUPLICATE"
    assert len(shared.app.store.comments(1001)) == 1


def test_copy_that_also_came_to_us_is_one_message(shared):
    at = shared.app.office.now()
    raw = (
        f"From: {ANN}\r\nTo: {JANE}, support@acme.example\r\nSubject: Re: Printer\r\n"
        f"Message-ID: <both@acme.example>\r\nIn-Reply-To: <jane1@customer.example>\r\n"
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\r\n\r\nUse water.\r\n"
    )
    take(shared, raw.encode())
    proof = "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example\r\n"
    shared.send((proof + raw).encode(), "support@acme.example", "ann@acme.example")
    assert [line.disposition for line in shared.ledger()[-2:]] == [
        "FOLLOW_UP",
        "DUPLICATE",
    ]
    assert len(shared.app.store.comments(1001)) == 2


def test_sent_reply_that_crosses_another_is_recorded_and_not_held(shared):
    bob = "Bob Baker <bob@acme.example>"
    shared.answer(bob, "Try sand.")
    note = shared.received("ann@acme.example")[0]["Message-ID"].strip("<>")
    read_sent(shared, ANN, JANE, "Use water.", answers=note)
    assert shared.ledger()[-1].disposition == "FOLLOW_UP"
    assert shared.app.store.comments(1001)[-1].text == "Use water."


def test_sent_mail_that_answers_an_internal_letter_is_public_all_the_same(shared):
    bob = "Bob Baker <bob@acme.example>"
    shared.answer(bob, "Try sand.")
    internal = shared.received("ann@acme.example")[-1]["Message-ID"].strip("<>")
    assert internal.startswith("1001.n")
    read_sent(shared, ANN, JANE, "Better use water.", answers=internal)
    assert shared.app.store.comments(1001)[-1].public
