"""Lists that rewrite the From, several mailboxes, receipts, borrowed tokens, plain `#`."""

from datetime import timedelta

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
BOB, MAX = "Bob Baker <bob@acme.example>", "Max <max@other.example>"
SALES = """
[[mailbox]]
address = "support-sales@acme.example"
also = ["support-s2@acme.example"]
"""
RECEIPT = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n"
READ = (
    "--b\r\nContent-Type: text/plain\r\n\r\nIt was read.\r\n--b\r\n"
    "Content-Type: message/disposition-notification\r\n\r\n"
    "Final-Recipient: rfc822;jane@customer.example\r\n"
    "Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--"
)


def requester(desk, number):
    person = desk.ticket(number).requester
    return desk.app.store.people([person])[person].address


@pytest.mark.parametrize(
    ("to", "cc", "mailbox"),
    [
        ("support-s2@acme.example, support@acme.example", "", "support-sales"),
        ("support@acme.example", "support-sales@acme.example", "support"),
        (
            "x@y.example",
            "support-sales@acme.example, support@acme.example",
            "support-sales",
        ),
        ("x@y.example", "", "support"),
    ],
)
def test_mailbox_is_the_first_of_ours_in_to_then_cc_then_envelope(
    make_desk, to, cc, mailbox
):
    desk = make_desk(config=SALES)
    desk.write(JANE, to, headers=f"Cc: {cc}\r\n" if cc else "")
    assert desk.ticket().mailbox == f"{mailbox}@acme.example"


@pytest.mark.parametrize(
    "field", ["X-Original-From: Jane Doe <jane@customer.example>", f"Reply-To: {JANE}"]
)
def test_list_that_writes_in_our_name_wrote_for_somebody_unproven(desk, field):
    desk.write('"Jane via Support" <support@acme.example>', headers=f"{field}\r\n")
    assert requester(desk, 1001) == "jane@customer.example"
    facts = desk.app.store.decisions(1001)[0].facts["json"]
    assert '"authenticated": false' in facts.replace('":false', '": false')


def test_list_that_writes_in_our_name_for_an_agent_proves_no_agent(desk):
    desk.write(
        '"Ann via Support" <support@acme.example>',
        headers=f"X-Original-From: {ANN}\r\n",
        text="#solved",
    )
    assert desk.ledger()[-1].disposition == "QUARANTINED"


def test_mail_in_our_own_name_is_a_ticket_and_nobody_writes_to_ourselves(desk):
    desk.write("Acme Support <support@acme.example>", subject="From ourselves")
    desk.answer(ANN, "Who was that?")
    assert len(desk.tickets()) == 1
    assert desk.received("support@acme.example") == []
    reasons = [e.data for e in desk.app.store.events(1001) if e.kind == "suppressed"]
    assert all("it is ours" in data["reason"] for data in reasons)
    assert [data["letter"] for data in reasons] == ["acknowledgement", "reply"]


def test_read_receipt_never_opens_a_ticket(desk):
    desk.write(JANE, subject="Read: Printer", headers=RECEIPT, text=READ)
    assert desk.tickets() == []
    assert desk.ledger()[-1].disposition == "AUTO_REPLY"


def test_read_receipt_on_a_ticket_moves_no_clock(desk):
    desk.write(JANE)
    desk.answer(ANN, "#pending\nWhich printer?")
    last = desk.received("jane@customer.example")[-1]
    told = len(desk.received("bob@acme.example"))
    desk.write(
        JANE,
        subject="Read: Printer",
        headers=f"In-Reply-To: {last['Message-ID']}\r\n{RECEIPT}",
        text=READ,
    )
    assert desk.ticket().status == "pending"
    assert len(desk.received("bob@acme.example")) == told


def test_reply_to_an_escalation_stays_internal_and_its_first_line_said_so(
    desk, text_of
):
    desk.write(JANE)
    desk.pass_time(timedelta(hours=4, minutes=1))
    assert text_of(desk.received("bob@acme.example")[-1]).startswith(
        "Your reply stays internal."
    )
    desk.answer(BOB, "Who is on it?")
    assert len(desk.received("jane@customer.example")) == 1
    assert not desk.app.store.comments(1001)[-1].public


def test_customers_token_in_anothers_hands_is_a_comment_under_his_own_name(
    desk, text_of
):
    desk.write(JANE)
    desk.answer(MAX, "What is this about?", to_last_of="jane@customer.example")
    comment = desk.app.store.comments(1001)[-1]
    person = desk.app.store.people([comment.author])[comment.author]
    assert (comment.public, person.address) == (True, "max@other.example")
    assert "takes no part" in text_of(desk.received("ann@acme.example")[-1])
    desk.answer(ANN, "Hello Jane.")
    assert desk.received("max@other.example") == []


def test_customers_commands_are_plain_text(desk):
    desk.write(JANE, text="#solved\r\nIt solved itself.")
    desk.answer(JANE, "#solved")
    assert desk.ticket().status == "new"
    assert desk.app.store.comments(1001)[-1].text == "#solved"
