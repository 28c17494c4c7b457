"""A customer who does not answer, asks for the status, or cannot be reached."""

from datetime import timedelta

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
PENDING = '\n[pending]\nremind_after = "3 days"\nsolve_after = "7 days"\n'


def test_silent_customer_is_reminded_once_and_then_solved_by_mailroom(
    make_desk, text_of
):
    desk = make_desk(config=PENDING)
    desk.write(JANE)
    desk.answer(ANN, "#pending\nWhich printer is it?")
    desk.pass_time(timedelta(days=3, minutes=1))
    desk.pass_time(timedelta(days=1))
    assert desk.ticket().status == "pending"
    mails = desk.received("jane@customer.example")
    assert len(mails) == 3
    assert "have not heard from you" in text_of(mails[-1])
    desk.pass_time(timedelta(days=3))
    assert desk.ticket().status == "solved"
    (solve,) = [e for e in desk.app.store.events(1001) if e.kind == "solve"]
    assert solve.actor == "mailroom"


def test_reminder_changes_no_clock(make_desk):
    desk = make_desk(config=PENDING)
    desk.write(JANE)
    desk.answer(ANN, "#pending\nWhich printer is it?")
    before = desk.clock_of("resolution").remaining
    desk.pass_time(timedelta(days=4))
    assert desk.clock_of("resolution").state == "paused"
    assert desk.clock_of("resolution").remaining == before


def test_answer_after_the_reminder_stops_the_solving(make_desk):
    desk = make_desk(config=PENDING)
    desk.write(JANE)
    desk.answer(ANN, "#pending\nWhich printer is it?")
    desk.pass_time(timedelta(days=4))
    desk.answer(JANE, "It is the blue printer in the hall.")
    desk.pass_time(timedelta(days=20))
    assert desk.ticket().status == "open"


def test_status_as_the_whole_mail_is_answered_with_the_state(desk, text_of):
    desk.write(JANE)
    desk.answer(JANE, "Status")
    text = text_of(desk.received("jane@customer.example")[-1])
    assert "we are working on it" in text
    assert "first answer by" in text
    assert len(desk.app.store.comments(1001)) == 1


def test_hard_bounced_customer_gets_no_more_mail_until_he_writes(desk):
    desk.write(JANE)
    sent = desk.received("jane@customer.example")[-1]
    raw = (
        "From: MAILER-DAEMON@mx.example\r\nTo: support@acme.example\r\n"
        "Subject: Undelivered\r\nMessage-ID: <b1@mx.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nCould not deliver.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; jane@customer.example\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{sent.as_string()}\r\n--b--\r\n"
    )
    desk.send(raw.encode(), "support@acme.example", "")
    before = len(desk.received("jane@customer.example"))
    notification = desk.received("ann@acme.example")[0]
    desk.write(ANN, notification["Reply-To"], text="Use water.")
    assert len(desk.received("jane@customer.example")) == before
    reasons = [e.data for e in desk.app.store.events(1001) if e.kind == "suppressed"]
    assert "bounced" in reasons[-1]["reason"]
    desk.write(
        JANE, subject="Re: Printer [#1001]", text="I have a new address now, ok?"
    )
    desk.write(ANN, notification["Reply-To"], text="Use water, please.")
    assert len(desk.received("jane@customer.example")) == before + 1


def test_web_form_opens_the_ticket_for_whom_it_wrote(make_desk):
    desk = make_desk(
        config="",
        name="forms",
    )
    desk.write(
        "Support <support@acme.example>",
        headers="Reply-To: Jane Doe <jane@customer.example>\r\n",
        reverse_path="www@acme.example",
    )
    ticket = desk.ticket()
    people = desk.app.store.people([ticket.requester])
    assert people[ticket.requester].address == "jane@customer.example"
    assert len(desk.received("jane@customer.example")) == 1


def test_burst_of_breaches_is_folded_into_one_mail_a_person(desk, text_of):
    for number in range(30):
        desk.write(
            f"C{number} <c{number}@customer{number}.example>", subject=f"No {number}"
        )
    before = len(desk.received("chief@acme.example"))
    desk.pass_time(timedelta(hours=4, minutes=1))
    desk.pass_time(timedelta(seconds=61))
    mails = desk.received("chief@acme.example")[before:]
    assert len(mails) == 6
    assert "25 more escalations" in mails[-1]["Subject"]
    assert text_of(mails[-1]).count("Breach of first reply") == 25
