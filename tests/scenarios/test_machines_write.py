"""Auto-replies, bounces, lists and broken mail: filed, never answered, never lost."""

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_vacation_reply_opens_nothing_and_gets_no_answer(desk):
    desk.write(
        JANE, subject="Out of office", headers="Auto-Submitted: auto-replied\r\n"
    )
    assert desk.tickets() == []
    assert desk.ledger()[-1].disposition == "AUTO_REPLY"
    assert desk.everybody() == set()


def test_vacation_reply_to_an_acknowledgement_ends_there(desk):
    desk.write(JANE)
    last = desk.received("jane@customer.example")[-1]
    desk.write(
        JANE,
        last["Reply-To"].split("<")[1].rstrip(">"),
        subject="Away",
        headers=f"Auto-Submitted: auto-replied\r\nIn-Reply-To: {last['Message-ID']}\r\n",
    )
    assert len(desk.received("jane@customer.example")) == 1
    assert desk.ticket().status == "new"


def test_monitoring_alert_is_a_ticket_without_acknowledgement(desk):
    desk.write(
        "Nagios <nagios@mon.example>",
        subject="PROBLEM: web1 is DOWN",
        headers="Auto-Submitted: auto-generated\r\n",
    )
    assert len(desk.tickets()) == 1
    assert desk.received("nagios@mon.example") == []
    assert len(desk.received("ann@acme.example")) == 1
    reasons = [
        e.data["reason"] for e in desk.app.store.events(1001) if e.kind == "suppressed"
    ]
    assert reasons
    assert "automatic" in reasons[0]


def test_same_mail_twice_is_one_message(desk):
    desk.write(JANE, message_id="same@customer.example", text="once")
    first = desk.app.store.inbound_raw(1)
    desk.send(first, "support@acme.example", "jane@customer.example")
    assert len(desk.tickets()) == 1
    assert desk.ledger()[-1].disposition == "DUPLICATE"


def test_other_mail_under_a_seen_message_id_is_a_message_of_its_own(desk):
    desk.write(JANE, message_id="same@customer.example", text="once")
    desk.write(JANE, message_id="same@customer.example", text="twice")
    assert [line.disposition for line in desk.ledger()] == ["NEW_TICKET"] * 2


def test_reply_before_the_original_gives_one_ticket(desk):
    desk.write(
        "Carl <carl@customer.example>",
        text="I agree with Jane.",
        headers="In-Reply-To: <original@customer.example>\r\n",
    )
    desk.write(JANE, message_id="original@customer.example")
    assert len(desk.tickets()) == 1


def test_spam_marked_by_a_trusted_relay_is_silent(desk):
    desk.write("x@spam.example", headers="X-Spam-Flag: YES\r\n")
    assert desk.ticket().spam
    assert desk.everybody() == set()
    assert desk.clock_of("first_reply").state == "cancelled"


def test_bounce_of_our_reply_is_told_to_the_team(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    sent = desk.received("jane@customer.example")[-1]
    raw = (
        "From: MAILER-DAEMON@mx.example\r\nTo: support@acme.example\r\n"
        "Subject: Undelivered Mail\r\nMessage-ID: <b1@mx.example>\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nCould not deliver.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; jane@customer.example\r\nAction: failed\r\n"
        "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{sent.as_string()}\r\n--b--\r\n"
    )
    desk.send(raw.encode(), "support@acme.example", "")
    assert desk.ledger()[-1].disposition == "BOUNCE"
    assert desk.ledger()[-1].ticket == 1001
    assert "jane@customer.example" in text_of(desk.received("bob@acme.example")[-1])


def test_mail_that_breaks_processing_becomes_a_stub_ticket(desk, monkeypatch, text_of):
    def broken(*args: object) -> None:
        raise ValueError("boom")

    with monkeypatch.context() as patch:
        patch.setattr("mailroom.desk.reading.parse", broken)
        desk.write(JANE, subject="Broken")
    ticket = desk.ticket()
    assert ticket.subject == "Broken"
    assert desk.ledger()[-1].disposition == "QUARANTINED"
    assert desk.app.store.comments(1001)[0].attachments[0].filename == "message.eml"
    assert desk.clock_of("first_reply").state == "running"
    assert "could not be processed" in text_of(desk.received("ann@acme.example")[-1])
    told = desk.received("ann@acme.example")[-1]
    assert [part.get_filename() for part in told.walk() if part.get_filename()]
