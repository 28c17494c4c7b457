"""An agent acts only when authenticated; everybody else is a customer at most."""

from datetime import timedelta

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_unproven_agent_mail_is_held_and_asked_about(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nSend me your password.", proven=False)
    assert desk.ledger()[-1].disposition == "QUARANTINED"
    assert len(desk.received("jane@customer.example")) == 1
    assert desk.ticket().status == "new"
    assert "could not prove" in text_of(desk.received("ann@acme.example")[-1])


def test_confirmation_releases_the_held_mail_once(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nUse water.", proven=False)
    desk.answer(ANN, "Yes, that was me.", proven=False)
    assert text_of(desk.received("jane@customer.example")[-1]).strip() == "Use water."
    assert desk.ticket().status == "solved"
    sent = len(desk.received("jane@customer.example"))
    desk.answer(ANN, "Yes, that was me.", proven=False)
    assert len(desk.received("jane@customer.example")) == sent


def test_stranger_with_an_agents_token_makes_a_flagged_internal_note(desk, text_of):
    desk.write(JANE)
    eve = "Eve <eve@evil.example>"
    desk.answer(eve, "Your account is closed.", to_last_of="ann@acme.example")
    assert len(desk.received("jane@customer.example")) == 1
    comment = desk.app.store.comments(1001)[-1]
    assert (comment.public, bool(comment.flagged)) == (False, True)
    assert desk.clock_of("first_reply").state == "running"
    assert "Careful" in text_of(desk.received("ann@acme.example")[-1])


def test_stranger_who_guesses_a_number_opens_a_ticket_of_his_own(desk):
    desk.write(JANE)
    desk.write("Eve <eve@evil.example>", subject="Re: Printer [#1001]")
    assert len(desk.tickets()) == 2


def test_participant_joins_by_the_subject_tag(desk):
    desk.write(JANE)
    desk.write(JANE, subject="Fwd: Printer [#1001]", text="One more thing.")
    assert len(desk.tickets()) == 1
    assert desk.ledger()[-1].clue == "subject tag and participant"


def test_forged_authentication_results_below_our_own_prove_nothing(desk):
    desk.write(JANE)
    forged = "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example\r\n"
    real = "Authentication-Results: mx.acme.example; dmarc=fail header.from=acme.example\r\n"
    last = desk.received("ann@acme.example")[-1]
    raw = (
        f"{real}Received: from x\r\n{forged}From: {ANN}\r\nTo: support@acme.example\r\n"
        f"Subject: Re\r\nMessage-ID: <f@x>\r\nIn-Reply-To: {last['Message-ID']}\r\n\r\n"
        "Send money.\r\n"
    )
    desk.send(raw.encode(), "support@acme.example", "x@evil.example")
    assert desk.ledger()[-1].disposition == "QUARANTINED"


def test_acknowledgement_to_an_unproven_sender_echoes_nothing_of_his(desk):
    desk.write(
        "Victim <victim@other.example>",
        subject="Buy pills",
        text="at evil.example",
        proven=False,
    )
    (mail,) = desk.received("victim@other.example")
    assert "pills" not in mail.as_string()
    assert "evil" not in mail.as_string()


def test_one_address_gets_at_most_five_acknowledgements_an_hour(desk):
    for count in range(8):
        desk.write("Victim <victim@other.example>", subject=f"{count}", proven=False)
    assert len(desk.tickets()) == 8
    assert len(desk.received("victim@other.example")) == 5


@pytest.mark.parametrize("proofs", [[True, False], [False, True]])
def test_copy_that_proves_its_agent_is_enough_whichever_comes_first(desk, proofs):
    desk.write("Jane Doe <jane@customer.example>")
    letter = desk.received("ann@acme.example")[-1]
    proof = (
        "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example"
    )
    for proven in proofs:
        raw = (
            f"{proof if proven else 'X-Trace: none'}\r\nFrom: ann@acme.example\r\n"
            f"To: support@acme.example\r\nSubject: Re: Printer\r\n"
            f"In-Reply-To: {letter['Message-ID']}\r\nMessage-ID: <twice@acme.example>\r\n"
            "Date: Tue, 24 Nov 2026 09:30:00 +0000\r\n\r\nUse water.\r\n"
        )
        desk.send(raw.encode(), "support@acme.example", "ann@acme.example")
    replies = [m.as_string() for m in desk.received("jane@customer.example")]
    assert len([mail for mail in replies if "Use water." in mail]) == 1
    assert "QUARANTINED" not in [line.disposition for line in desk.ledger()]


def test_agents_mail_that_waited_since_before_the_ticket_answers_it(desk):
    ann = "Ann Archer <ann@acme.example>"
    headers = "In-Reply-To: <first@customer.example>\r\n"
    to = "Jane Doe <jane@customer.example>, support@acme.example"
    desk.write(ann, to, text="Use water.", headers=headers, proven=False)
    desk.pass_time(timedelta(minutes=5))
    desk.write("Jane Doe <jane@customer.example>", message_id="first@customer.example")
    question = desk.received("ann@acme.example")[0]
    assert question["Subject"] == "Did you write this mail?"
    yes = f"In-Reply-To: {question['Message-ID']}\r\n"
    desk.write(ann, question["Reply-To"], text="Yes.", headers=yes)
    assert desk.ticket().answered
    assert desk.clock_of("first_reply").state == "achieved"
