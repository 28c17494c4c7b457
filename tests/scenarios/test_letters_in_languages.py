"""Customers are written to in the language they write, with nothing that is not theirs."""

from datetime import timedelta

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
KARL = "Karl Kunde <karl@kunde.example>"
GERMAN = (
    "Guten Tag, seit heute morgen ist der Drucker nicht mehr erreichbar. "
    "Bitte helfen Sie uns, wir können nicht arbeiten."
)
HEADERS = (
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
)
LATE = """
[policy.standard]
default = true
first_reply = "4h"
escalation = "ladder"

[[escalation.ladder]]
at = "50%"
notify = ["requester"]

[[escalation.ladder]]
at = "breach"
notify = ["requester"]
"""


def test_german_question_is_acknowledged_in_german(desk, text_of):
    desk.write(KARL, text=GERMAN, headers=HEADERS)
    text = text_of(desk.received("karl@kunde.example")[-1])
    assert text.startswith("Guten Tag Karl Kunde,")
    assert "bis Dienstag, 24. November 2026, 13:00 Uhr (UTC)." in text


def test_later_letters_keep_the_language_of_the_opening_mail(desk, text_of):
    desk.write(KARL, text=GERMAN, headers=HEADERS)
    desk.answer(ANN, "#solved")
    assert "aus unserer Sicht gelöst" in text_of(
        desk.received("karl@kunde.example")[-1]
    )


def test_language_without_a_catalogue_gives_that_of_the_mailbox(make_desk, text_of):
    desk = make_desk()
    text = "Bonjour, je ne peux pas me connecter, pouvez-vous nous aider avec ce problème ?"
    desk.write(KARL, text=text, headers=HEADERS)
    assert "Hello" in text_of(desk.received("karl@kunde.example")[-1])


def test_organizations_language_counts_where_the_mail_shows_none(make_desk, text_of):
    rules = (
        '[policy.p]\ndefault = true\nfirst_reply = "4h"\n'
        '[organization.kunde]\nname = "Kunde"\ndomains = ["kunde.example"]\n'
        'language = "de"\n'
    )
    desk = make_desk(rules=rules)
    desk.write(KARL, text="42")
    assert "Guten Tag" in text_of(desk.received("karl@kunde.example")[-1])


def test_unproven_german_gets_a_german_subject_of_ours(desk):
    desk.write(KARL, subject="Pillen", text=GERMAN, headers=HEADERS, proven=False)
    subject = desk.received("karl@kunde.example")[-1]["Subject"]
    assert subject == "Re: Ihre Nachricht an Acme Support [#1001]"


def test_update_before_the_breach_does_not_say_that_it_is_late(make_desk, text_of):
    desk = make_desk(rules=LATE)
    desk.write(JANE)
    desk.pass_time(timedelta(hours=2, seconds=2))
    early = text_of(desk.received("jane@customer.example")[-1])
    desk.pass_time(timedelta(hours=2))
    late = text_of(desk.received("jane@customer.example")[-1])
    assert "still working" in early
    assert "by Tue 24 Nov 2026, 13:00 (UTC)." in early
    assert "longer than we promised" in late


def test_update_to_an_unproven_sender_echoes_nothing_of_his(make_desk):
    desk = make_desk(rules=LATE)
    desk.write("Rich Prince <jane@customer.example>", subject="Pills", proven=False)
    desk.pass_time(timedelta(hours=5))
    mails = desk.received("jane@customer.example")
    assert len(mails) == 3
    assert not any("Pills" in mail.as_string() for mail in mails)
    assert not any("Prince" in mail.as_string() for mail in mails)
