"""Which mail is taken for a machine's, and, as important, which is not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.message.automatic import is_no_reply, judge
from mailroom.message.model import Automatic, AutomaticKind, Envelope, Headers
from mailroom.message.part import Part

PERSON = (("from", "Jane Doe <jane@customer.example>"), ("subject", "The printer"))
ANSWER = (("in-reply-to", "<1042.7f@acme.example>"),)


def verdict(
    *fields: tuple[str, str],
    envelope: Envelope | None = None,
    root: Part | None = None,
) -> Automatic | None:
    given_names = {name for name, _ in fields}
    kept = [field for field in PERSON if field[0] not in given_names]
    return judge(Headers((*fields, *kept)), envelope, root)


def kind(*fields: tuple[str, str]) -> AutomaticKind | None:
    found = verdict(*fields)
    return found.kind if found else None


def test_a_persons_mail_is_not_automatic() -> None:
    assert verdict() is None
    assert verdict(envelope=Envelope(mail_from="jane@customer.example")) is None


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("auto-submitted", "auto-replied", AutomaticKind.AUTO_REPLIED),
        ("auto-submitted", "Auto-Replied (vacation)", AutomaticKind.AUTO_REPLIED),
        (
            "auto-submitted",
            'auto-replied; owner-email="a@b.c"',
            AutomaticKind.AUTO_REPLIED,
        ),
        ("auto-submitted", "auto-generated", AutomaticKind.AUTO_GENERATED),
        ("auto-submitted", "auto-notified", AutomaticKind.AUTO_GENERATED),
        ("precedence", "bulk", AutomaticKind.BULK),
        ("precedence", "junk", AutomaticKind.BULK),
        ("precedence", "list", AutomaticKind.LIST),
        ("precedence", "auto_reply", AutomaticKind.AUTO_REPLIED),
        ("x-auto-response-suppress", "All", AutomaticKind.AUTO_GENERATED),
        (
            "x-auto-response-suppress",
            "DR, OOF, AutoReply",
            AutomaticKind.AUTO_GENERATED,
        ),
        ("x-autoreply", "yes", AutomaticKind.AUTO_REPLIED),
        ("x-autorespond", "Re: your mail", AutomaticKind.AUTO_REPLIED),
        ("x-autoreply-from", "jane@customer.example", AutomaticKind.AUTO_REPLIED),
        ("x-apple-action", "VACATION", AutomaticKind.AUTO_REPLIED),
        ("list-id", "Printers <printers.lists.example>", AutomaticKind.LIST),
        ("list-post", "<mailto:printers@lists.example>", AutomaticKind.LIST),
        ("list-unsubscribe", "<https://shop.example/u>", AutomaticKind.BULK),
        ("return-path", "<>", AutomaticKind.AUTO_GENERATED),
        ("x-cron-env", "<SHELL=/bin/sh>", AutomaticKind.AUTO_GENERATED),
        ("from", "Nagios <nagios@monitor.example>", AutomaticKind.AUTO_GENERATED),
        ("from", "root@web1.example (Cron Daemon)", AutomaticKind.AUTO_GENERATED),
        ("from", "Shop <no-reply@shop.example>", AutomaticKind.AUTO_GENERATED),
        (
            "subject",
            "** PROBLEM Service Alert: web1/HTTP is CRITICAL **",
            AutomaticKind.AUTO_GENERATED,
        ),
        (
            "subject",
            "[PROBLEM] http on web1 is CRITICAL!",
            AutomaticKind.AUTO_GENERATED,
        ),
        ("subject", "[FIRING:2] HighLatency (web)", AutomaticKind.AUTO_GENERATED),
        ("tls-report-domain", "acme.example", AutomaticKind.AUTO_GENERATED),
        ("x-otrs-loop", "help@desk.example", AutomaticKind.AUTO_GENERATED),
        (
            "subject",
            "Report Domain: acme.example Submitter: mx.example Report-ID: 1",
            AutomaticKind.AUTO_GENERATED,
        ),
        ("subject", "Cron <root@web1> /usr/bin/backup", AutomaticKind.AUTO_GENERATED),
    ],
)
def test_one_field_alone_shows_a_machine(
    name: str, value: str, expected: AutomaticKind
) -> None:
    found = verdict((name, value))
    assert found is not None
    assert found.kind is expected
    assert any(name.lower() in text.lower() for text in found.evidence)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto-submitted", "no"),
        ("auto-submitted", ""),
        ("precedence", "first-class"),
        ("precedence", "normal"),
        ("x-auto-response-suppress", "None"),
        ("x-autoreply", "no"),
        ("return-path", "<jane@customer.example>"),
        ("subject", "Re: Automatic reply: the printer"),
        ("subject", "AW: Abwesenheitsnotiz: Drucker"),
        ("subject", "Automatic reply: how do I switch it on?"),
        ("subject", "Out of office assistant does not work"),
        ("subject", "Abwesenheitsnotiz einrichten"),
        ("subject", "I am out of the office, can you call me?"),
        ("subject", "Réponse automatique : comment la désactiver ?"),
        ("subject", "[EXTERNAL] Out of office: how to?"),
        ("subject", "PROBLEM with the printer"),
        ("subject", "Problem: the website is down"),
        ("subject", "[CRITICAL] Service outage in our shop"),
        ("subject", "[PROBLEM] Host unreachable, please help"),
        ("subject", "[Alerting] rules do not fire"),
        ("subject", "[RESOLVED] thank you, it prints again"),
        ("subject", "** PROBLEM with the printer **"),
        ("subject", "Failed event on Monday"),
        ("from", "Leroy Jenkins <jenkins@customer.example>"),
        ("from", "Sunny Tours <vacation@tours.example>"),
        ("subject", "[Printer] is on fire"),
        ("from", "Auto Service <info@auto-replies.example>"),
        ("from", "Noreen Reply <noreen.reply@customer.example>"),
        ("from", "Jane <nagios-team@customer.example>"),
        ("x-automotive-shop", "yes"),
    ],
)
def test_an_ordinary_mail_is_left_alone(name: str, value: str) -> None:
    assert verdict((name, value)) is None


VACATION_SUBJECTS = [
    "Automatic reply: The printer",
    "Out of Office AutoReply: The printer",
    "Automatische Antwort: Der Drucker",
    "Abwesenheitsnotiz: Der Drucker",
    "Réponse automatique : L’imprimante",
    "Respuesta automática: La impresora",
    "Risposta automatica: La stampante",
    "Resposta automática: A impressora",
    "Automatisch antwoord: De printer",
    "Autosvar: Skrivaren",
    "Automatisk svar: Printeren",
    "Automaattinen vastaus: Tulostin",
    "Automatyczna odpowiedź: Drukarka",
    "Automatická odpověď: Tiskárna",
    "Automatikus válasz: A nyomtató",
    "Răspuns automat: Imprimanta",
    "Otomatik yanıt: Yazıcı",
    "Автоматический ответ: Принтер",
    "Автоматична відповідь: Принтер",
    "Αυτόματη απάντηση: Ο εκτυπωτής",
    "自動応答: プリンター",
    "自动答复: 打印机",
    "자동 회신: 프린터",
    "תגובה אוטומטית: מדפסת",
    "การตอบกลับอัตโนมัติ: เครื่องพิมพ์",
    "外出中: プリンター",
]


@pytest.mark.parametrize("subject", VACATION_SUBJECTS)
@pytest.mark.parametrize(
    "second",
    [
        ("auto-submitted", "auto-generated"),
        ("x-auto-response-suppress", "All"),
        ("return-path", "<>"),
        ("precedence", "bulk"),
        ("in-reply-to", "<1042.7f@acme.example>"),
    ],
)
def test_a_vacation_subject_with_a_second_clue_is_an_auto_reply(
    subject: str, second: tuple[str, str]
) -> None:
    assert kind(("subject", subject), second) is AutomaticKind.AUTO_REPLIED


@pytest.mark.parametrize("subject", VACATION_SUBJECTS)
def test_a_vacation_subject_alone_is_a_persons_question(subject: str) -> None:
    assert kind(("subject", subject)) is None


@pytest.mark.parametrize("subject", ["Re: " + s for s in VACATION_SUBJECTS])
def test_an_answer_to_a_vacation_reply_is_a_persons(subject: str) -> None:
    assert kind(("subject", subject), *ANSWER) is None


@pytest.mark.parametrize(
    "subject",
    [
        "AUTO: Jane Doe is out of the office (returning 12/24/2026)",
        "[Automatic reply] x",
    ],
)
def test_domino_and_bracketed_forms_need_a_second_clue_too(subject: str) -> None:
    assert kind(("subject", subject)) is None
    marked = ("auto-submitted", "auto-generated")
    assert kind(("subject", subject), marked) is AutomaticKind.AUTO_REPLIED


@pytest.mark.parametrize(
    "subject",
    [
        "【自動返信】お問い合わせ",
        "(自动回复) 打印机",
        "EXTERNAL: Automatic reply: The printer",
        "[Ext] Out of Office: The printer",
    ],
)
def test_marks_before_a_vacation_subject_hide_nothing(subject: str) -> None:
    marked = ("auto-submitted", "auto-generated")
    assert kind(("subject", subject), marked) is AutomaticKind.AUTO_REPLIED
    assert kind(("subject", subject)) is None


@pytest.mark.parametrize(
    "subject",
    [
        "On vacation Re: The printer",
        "Urlaub: Der Drucker",
        "En congés : L'imprimante",
        "Отпуск: Принтер",
        "Jane Doe is out of the office",
        "Jane Doe ist außer Haus.",
    ],
)
def test_words_of_leave_tell_the_kind_of_a_machines_mail_only(subject: str) -> None:
    written = ("subject", subject)
    assert kind(written) is None
    assert kind(written, *ANSWER) is None
    assert kind(written, ("return-path", "<>")) is AutomaticKind.AUTO_REPLIED
    generated = ("auto-submitted", "auto-generated")
    # "Holiday: Bob, 5 to 7 May" of a personnel system opens a ticket.
    assert kind(written, generated) is AutomaticKind.AUTO_GENERATED
    assert kind(written, generated, *ANSWER) is AutomaticKind.AUTO_REPLIED


def test_a_machines_answer_with_a_null_reverse_path_replies_in_any_language() -> None:
    fields = (("subject", "Zzz"), ("auto-submitted", "auto-generated"))
    null = ("return-path", "<>")
    assert kind(*fields, null) is AutomaticKind.AUTO_GENERATED
    assert kind(*fields, *ANSWER) is AutomaticKind.AUTO_GENERATED
    assert kind(*fields, null, *ANSWER) is AutomaticKind.AUTO_REPLIED


def test_a_newsletter_about_absences_is_bulk_and_no_reply() -> None:
    fields = (("subject", "Out of office: 5 tips"), ("list-unsubscribe", "<https://x>"))
    assert kind(*fields) is AutomaticKind.BULK


def test_a_null_reverse_path_alone_opens_a_ticket_that_is_not_answered() -> None:
    found = verdict(envelope=Envelope(mail_from=None))
    assert found is not None
    assert found.kind is AutomaticKind.AUTO_GENERATED
    assert found.evidence == ("null reverse-path (RFC 3834 2)",)


def test_the_envelope_is_believed_before_the_return_path() -> None:
    envelope = Envelope(mail_from="jane@customer.example")
    assert verdict(("return-path", "<>"), envelope=envelope) is None


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ("disposition-notification", AutomaticKind.RECEIPT),
        ("feedback-report", AutomaticKind.ABUSE_REPORT),
        ("delivery-status", AutomaticKind.AUTO_REPLIED),
    ],
)
def test_reports_are_known_by_their_type_or_their_parts(
    report: str, expected: AutomaticKind
) -> None:
    content_type = f"multipart/report; report-type={report}; boundary=x"
    assert kind(("content-type", content_type)) is expected
    stated = Part(content_type="multipart/report", params={"report-type": report})
    child = Part(content_type=f"message/{report}")
    unstated = Part(content_type="multipart/report", children=(child,))
    for root in (stated, unstated, child):
        found = verdict(root=root)
        assert found is not None
        assert found.kind is expected


def test_a_complaint_of_an_old_feedback_loop_is_an_abuse_report() -> None:
    subject = ("subject", "complaint about message from 192.0.2.22")
    child = Part(content_type="message/rfc822")
    root = Part(content_type="multipart/mixed", children=(child,))
    found = verdict(subject, root=root)
    assert found is not None
    assert found.kind is AutomaticKind.ABUSE_REPORT
    assert verdict(subject, root=Part(content_type="text/plain")) is None


def test_a_receipt_attached_to_a_persons_mail_is_no_receipt() -> None:
    child = Part(content_type="message/disposition-notification")
    root = Part(content_type="multipart/mixed", children=(child,))
    assert verdict(root=root) is None


def test_a_web_form_from_a_no_reply_address_with_a_reply_to_is_a_persons() -> None:
    sender = ("from", "Shop <no-reply@shop.example>")
    assert verdict(sender, ("reply-to", "jane@customer.example")) is None


def test_our_own_group_in_front_of_a_mailbox_is_no_evidence() -> None:
    fields = (*PERSON, ("list-id", "Help <help.acme.example>"), ("precedence", "list"))
    headers = Headers(fields)
    assert judge(headers, None, None) is not None
    assert judge(headers, None, None, own_lists={"help.acme.example"}) is None
    marked = Headers((*fields, ("auto-submitted", "auto-replied")))
    found = judge(marked, None, None, own_lists={"help.acme.example"})
    assert found is not None
    assert found.kind is AutomaticKind.AUTO_REPLIED


def test_the_strongest_clue_names_the_kind_and_all_are_kept() -> None:
    found = verdict(("precedence", "bulk"), ("auto-submitted", "auto-replied"))
    assert found is not None
    assert found.kind is AutomaticKind.AUTO_REPLIED
    assert found.evidence == ("Precedence: bulk", "Auto-Submitted: auto-replied")


@pytest.mark.parametrize(
    "address",
    [
        *("noreply@x.example", "no-reply@x.example", "No_Reply@x.example"),
        *("do-not-reply@x.example", "donotreply@x.example", "noreply+abc@x.example"),
        *(
            "shop-noreply@x.example",
            "mailer-daemon@x.example",
            "x-unsubscribe@x.example",
        ),
        *("nicht-antworten@x.example", "ne-pas-repondre@x.example"),
        *("no-responder@x.example", "keine-antwort@x.example"),
        *("owner-printers@lists.example", "printers-bounces@lists.example"),
        *("bounces+123=a=b@x.example", "noreply2@x.example", "never-reply@x.example"),
    ],
)
def test_addresses_that_nobody_reads(address: str) -> None:
    assert is_no_reply(address)


@pytest.mark.parametrize(
    "address",
    [
        *("jane@x.example", "norbert@x.example", "noreen.plyler@x.example", ""),
        *(
            "reply@x.example",
            "support@x.example",
            "answers@x.example",
            "no@reply.example",
        ),
        *(
            "norepl@x.example",
            "bouncer@x.example",
            "info@x.example",
            "not-ready@x.example",
        ),
    ],
)
def test_addresses_that_somebody_reads(address: str) -> None:
    assert not is_no_reply(address)


names = st.sampled_from(
    ["from", "subject", "auto-submitted", "precedence", "list-id", "x-auto-foo", "x-y"]
)


@given(st.lists(st.tuples(names, st.text(max_size=60)), max_size=12))
def test_any_header_gives_a_verdict_with_evidence_or_none(
    fields: list[tuple[str, str]],
) -> None:
    found = judge(Headers(tuple(fields)), None, None)
    assert found is None or found.evidence


@pytest.mark.parametrize(
    "fields",
    [
        tuple((f"x-auto-{n}", "yes") for n in range(100_000)),
        (("subject", "** PROBLEM " * 100_000), ("auto-submitted", "auto-generated")),
        (("from", "<a" * 500_000),),
        (("from", "no-" * 300_000 + "@x.example"),),
        (("from", "a-" * 300_000 + "bounces@x.example"),),
        (("subject", "[" * 1_000_000),),
        (("list-id", "<" * 1_000_000),),
        (("auto-submitted", " " * 1_000_000 + "x"),),
    ],
)
def test_hostile_headers_cost_little(fields: tuple[tuple[str, str], ...]) -> None:
    started = time.perf_counter()
    judge(Headers(fields), None, None)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("permission", "pnh")
def test_another_desks_letter_to_its_agents_is_generated_whatever_was_stripped(
    permission: str,
) -> None:
    id = f"<1042.{permission}17.k3x9q2mzabcd2345.0123456789ab@desk.example>"
    assert kind(("message-id", id.replace("9", "7"))) is AutomaticKind.AUTO_GENERATED


def test_another_desks_reply_to_a_customer_is_a_persons() -> None:
    id = "<1042.c17.k3x7q2mzabcd2345.0123456789ab@desk.example>"
    assert kind(("message-id", id)) is None
