"""Bounces of our own mail, by either return path; and what only looks like one."""

from datetime import timedelta

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def report(
    failed: str,
    *,
    to: str = "support@acme.example",
    returned: str = "",
    status: str = "5.1.1",
    action: str = "failed",
) -> bytes:
    """Return a delivery report (RFC 3464) with or without the mail it is about."""
    whole = (
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{returned}\r\n" if returned else ""
    )
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\n"
        "Subject: Undelivered Mail\r\nMessage-ID: <b1@mx.example>\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nCould not deliver.\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {failed}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 no such user\r\n\r\n{whole}--b--\r\n"
    ).encode()


@pytest.fixture
def answered(desk):
    """A desk whose agent has answered Jane."""
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    return desk


def test_return_path_names_the_letter_and_is_checked_without_the_database(answered):
    path = answered.return_path("jane@customer.example")
    assert path.startswith("support+b1001.")
    seen = answered.app.office.book.judge(path.upper())
    assert seen.place == "return_path"
    assert seen.token.ticket == 1001


def test_bounce_to_its_return_path_counts_without_the_returned_mail(answered, text_of):
    path = answered.return_path("jane@customer.example")
    answered.send(report("jane@customer.example", to=path), path, "")
    assert answered.ledger()[-1].disposition == "BOUNCE"
    assert answered.ledger()[-1].ticket == 1001
    told = text_of(answered.received("bob@acme.example")[-1])
    assert "jane@customer.example" in told
    assert answered.app.office.is_muted("jane@customer.example")


def test_hard_bounced_customer_receives_nothing_until_she_writes(answered):
    path = answered.return_path("jane@customer.example")
    answered.send(report("jane@customer.example", to=path), path, "")
    before = len(answered.received("jane@customer.example"))
    answered.answer(ANN, "Are you there?", to_last_of="ann@acme.example")
    assert len(answered.received("jane@customer.example")) == before
    answered.write(JANE, subject="Re: Printer [#1001]", text="I am back.")
    answered.answer(ANN, "Good.", to_last_of="ann@acme.example")
    assert len(answered.received("jane@customer.example")) > before


def test_soft_bounce_mutes_and_tells_nobody(answered):
    path = answered.return_path("jane@customer.example")
    before = len(answered.received("bob@acme.example"))
    soft = report("jane@customer.example", to=path, status="4.2.2", action="delayed")
    answered.send(soft, path, "")
    assert answered.ledger()[-1].disposition == "BOUNCE"
    assert not answered.app.office.is_muted("jane@customer.example")
    assert len(answered.received("bob@acme.example")) == before


def test_bounce_that_returns_our_mail_counts_at_the_plain_mailbox(make_desk):
    desk = make_desk(relay_keys='return_path = "mailbox"')
    desk.write(JANE)
    desk.answer(ANN, "Use water.")
    assert desk.return_path("jane@customer.example") == "support@acme.example"
    sent = desk.received("jane@customer.example")[-1].as_string()
    desk.send(
        report("jane@customer.example", returned=sent), "support@acme.example", ""
    )
    assert desk.ledger()[-1].ticket == 1001
    assert desk.app.office.is_muted("jane@customer.example")


def test_unproved_bounce_is_in_the_ledger_and_does_nothing(answered):
    tickets = len(answered.tickets())
    forged = report("jane@customer.example", returned="Message-ID: <x@y>\r\n\r\nhi")
    answered.send(forged, "support@acme.example", "")
    assert answered.ledger()[-1].disposition == "BOUNCE"
    assert answered.ledger()[-1].ticket is None
    assert "not proved" in answered.ledger()[-1].reason
    assert not answered.app.office.is_muted("jane@customer.example")
    assert len(answered.tickets()) == tickets


def test_proved_bounce_mutes_only_who_was_written_to(answered):
    path = answered.return_path("jane@customer.example")
    answered.send(report("victim@other.example", to=path), path, "")
    assert not answered.app.office.is_muted("victim@other.example")


def test_forged_return_path_is_refused_at_the_door(answered):
    path = answered.return_path("jane@customer.example")
    forged = path.replace("b1001", "b1002")
    assert answered.app.intake.recipient(path, False) == "ok"
    assert answered.app.intake.recipient(forged, False) == "bad_token"
    assert answered.app.intake.recipient(forged, True) == "ok"


def test_report_in_no_known_form_to_a_return_path_is_told(answered, text_of):
    path = answered.return_path("jane@customer.example")
    raw = (
        "From: Post <post@mx.example>\r\nSubject: Hm\r\nMessage-ID: <h@mx>\r\n\r\n"
        "Nope.\r\n"
    )
    answered.send(raw.encode(), path, "")
    assert answered.ledger()[-1].disposition == "BOUNCE"
    assert "jane@customer.example" in text_of(answered.received("bob@acme.example")[-1])
    assert not answered.app.office.is_muted("jane@customer.example")


def test_vacation_reply_to_a_return_path_is_no_bounce(answered):
    path = answered.return_path("jane@customer.example")
    raw = (
        f"From: {JANE}\r\nSubject: Away\r\nMessage-ID: <v@customer.example>\r\n"
        "Auto-Submitted: auto-replied\r\n\r\nI am on holiday.\r\n"
    )
    answered.send(raw.encode(), path, "")
    assert answered.ledger()[-1].disposition == "AUTO_REPLY"
    assert answered.ledger()[-1].ticket == 1001
    assert not answered.app.office.is_muted("jane@customer.example")


def test_customers_words_to_a_return_path_go_on_the_ticket(answered):
    path = answered.return_path("jane@customer.example")
    answered.write(JANE, path, subject="Hello", text="It burns again.")
    assert answered.ledger()[-1].disposition == "FOLLOW_UP"
    assert answered.ledger()[-1].ticket == 1001


def test_agents_answer_to_a_return_path_is_no_reply_to_the_customer(answered):
    path = answered.return_path("ann@acme.example")
    before = len(answered.received("jane@customer.example"))
    answered.write(ANN, path, subject="Away", text="I am on holiday.")
    assert answered.ledger()[-1].disposition == "AUTO_REPLY"
    assert len(answered.received("jane@customer.example")) == before


def test_answer_to_the_return_path_of_a_confirmation_releases_nothing(desk):
    desk.write(JANE)
    desk.answer(ANN, "Use water.", proven=False)
    path = desk.return_path("ann@acme.example")
    desk.write(ANN, path, subject="Away", text="I am on holiday.", proven=False)
    assert len(desk.received("jane@customer.example")) == 1
    assert "QUARANTINED" in [line.disposition for line in desk.ledger()]


def test_agents_mail_that_bounces_goes_to_the_team_and_he_is_never_muted(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#take\n#note mine")
    desk.write(JANE, subject="Re: Printer [#1001]", text="The fire is blue now.")
    path = desk.return_path("ann@acme.example")
    desk.send(report("ann@acme.example", to=path), path, "")
    told = desk.received("bob@acme.example")[-1]
    assert "The fire is blue now." in text_of(told)
    assert not desk.app.office.is_muted("ann@acme.example")
    desk.answer("Bob Baker <bob@acme.example>", "Step back.")
    assert text_of(desk.received("jane@customer.example")[-1]).startswith("Step back.")
    before = len(desk.received("ann@acme.example"))
    desk.write(JANE, subject="Re: Printer [#1001]", text="And now?")
    assert len(desk.received("ann@acme.example")) == before + 1


def test_when_the_whole_team_bounces_the_admins_are_told_and_it_ends_there(desk):
    desk.write(JANE)
    for agent in ("ann", "bob", "bob", "chief"):
        path = desk.return_path(f"{agent}@acme.example")
        raw = report(f"{agent}@acme.example", to=path)
        desk.send(raw.replace(b"b1@mx", f"{agent}{path[-4:]}@mx".encode()), path, "")
    count = len(desk.received("chief@acme.example"))
    assert count >= 1
    desk.pass_time(timedelta(minutes=1))
    assert len(desk.received("chief@acme.example")) == count


def test_null_sender_without_a_report_opens_a_ticket_that_is_not_answered(desk):
    desk.write("Web <shop@shop.example>", subject="Order 7", reverse_path="")
    assert len(desk.tickets()) == 1
    assert desk.received("shop@shop.example") == []


def passed_on(author: str, message_id: str) -> bytes:
    """Return a bounce that the mail program of `author` passes on to support@."""
    owner = f"Support <{author}>"
    return (
        f"From: {owner}\r\nTo: Support <support@acme.example>\r\n"
        "Subject: Fwd: Returned mail\r\nMessage-ID: <p1@mx.example>\r\n\r\n"
        "Begin forwarded message:\r\n\r\n"
        "> From: Mail Delivery Subsystem <MAILER-DAEMON>\r\n"
        f"> To: <{author}>\r\n> Subject: Returned mail\r\n>\r\n"
        "> Final-Recipient: rfc822; jane@customer.example\r\n> Action: failed\r\n"
        "> Status: 5.1.1\r\n>\r\n> Received: from app\r\n"
        f"> Message-ID: <{message_id}>\r\n> From: {owner}\r\n"
        "> To: jane@customer.example\r\n"
    ).encode()


def test_a_bounce_of_his_own_that_somebody_passes_on_opens_a_ticket(answered):
    mail = passed_on("support@shop.example", "x@shop.example")
    answered.send(mail, "support@acme.example", "support@shop.example")
    assert answered.ledger()[-1].disposition == "NEW_TICKET"


def test_a_bounce_of_ours_that_a_mailbox_passes_on_counts(answered):
    letter = answered.received("jane@customer.example")[-1]
    mail = passed_on("support@shop.example", letter["Message-ID"].strip("<>"))
    answered.send(mail, "support@acme.example", "support@shop.example")
    assert answered.ledger()[-1].disposition == "BOUNCE"
    assert answered.ledger()[-1].ticket == 1001
