"""What agents are told, and who is told it."""

from datetime import timedelta

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_who_was_notified_learns_of_the_answer_though_another_took_the_ticket(
    desk, text_of
):
    desk.write(JANE)
    desk.answer(ANN, "#take\nUse water.")
    assert "has answered Jane Doe" in text_of(desk.received("bob@acme.example")[-1])


def test_who_heard_of_nothing_hears_of_no_answer(desk):
    desk.write(JANE)
    desk.answer(ANN, "#take\nUse water.")
    assert desk.received("chief@acme.example") == []


def test_new_assignee_reads_the_whole_conversation(desk, text_of):
    desk.write(JANE, text="It is on fire.")
    desk.answer(ANN, "#assign bob")
    text = text_of(desk.received("bob@acme.example")[-1])
    assert "> It is on fire." in text
    assert "Jane Doe" in text


def test_show_ends_with_the_latest_message(desk, text_of):
    desk.write(JANE, text="It is on fire.")
    desk.answer(ANN, "#show")
    assert "> It is on fire." in text_of(desk.received("ann@acme.example")[-1])


def test_inbox_of_an_agent_shows_who_wrote(desk):
    desk.write(JANE)
    mail = desk.received("ann@acme.example")[-1]
    assert mail["From"] == "Jane Doe via Acme Support <support@acme.example>"


def test_letter_to_an_agent_is_no_answer_by_its_subject(desk):
    desk.write(JANE, subject="Printer")
    assert desk.received("ann@acme.example")[-1]["Subject"] == "Printer [#1001]"


def test_transcript_answers_once_and_names_every_fault(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#prioritty high\n#assign nobody\n#solved\nDone.")
    mail = desk.received("ann@acme.example")[-1]
    text = text_of(mail)
    assert mail["Subject"] == "Re: Printer [#1001]"
    assert "did you mean #priority?" in text
    assert "no agent, or more than one, is called nobody" in text
    assert "> #solved\r\n  not done" in text


def test_reminder_says_who_waits_for_what_until_when(desk, text_of):
    desk.write(JANE)
    desk.pass_time(timedelta(hours=3, seconds=1))
    mail = desk.received("ann@acme.example")[-1]
    text = text_of(mail)
    assert mail["Subject"] == "Reminder about first reply: Printer [#1001]"
    assert "Jane Doe waits for a first reply." in text
    assert "It is due Tue 24 Nov 2026, 13:00 (UTC)." in text


def test_breach_says_what_was_due_and_what_changed(make_desk, text_of):
    desk = make_desk(
        rules='[policy.p]\ndefault = true\nfirst_reply = "4h"\nescalation = "e"\n'
        '[[escalation.e]]\nat = "breach"\nnotify = ["admins"]\n'
        'set = { priority = "high" }\n'
    )
    desk.write(JANE)
    desk.pass_time(timedelta(hours=4, seconds=1))
    text = text_of(desk.received("chief@acme.example")[-1])
    assert "It was due Tue 24 Nov 2026, 13:00 (UTC)." in text
    assert "With this step, priority is now high." in text


def test_author_without_a_name_shows_without_looking_like_a_forgery(desk):
    desk.write("jane@customer.example")
    mail = desk.received("ann@acme.example")[-1]
    name = "jane at customer.example via Acme Support"
    assert mail["From"] in (
        f"{name} <support@acme.example>",
        f'"{name}" <support@acme.example>',
    )
