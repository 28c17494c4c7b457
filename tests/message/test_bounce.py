"""What is read as a report of failed delivery, for whom, and what is not."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.message.bounce import read
from mailroom.message.bounce_sender import is_daemon
from mailroom.message.dsn import deliveries
from mailroom.message.model import Bounce, BounceType, Envelope, Headers
from mailroom.message.part import Part

HARD, SOFT = BounceType.HARD, BounceType.SOFT
DAEMON = (
    ("from", "Mail Delivery System <MAILER-DAEMON@mx.example>"),
    ("to", "support@acme.example"),
    ("subject", "Undelivered Mail Returned to Sender"),
)
NULL = Envelope(mail_from=None)
RETURNED = Headers((("message-id", "<1042.7f@acme.example>"), ("to", "jane@c.example")))


def text_part(text: str) -> Part:
    return Part(content_type="text/plain", payload=text.encode(), text=text)


def by_words(text: str, *fields: tuple[str, str]) -> Bounce | None:
    """Read a notice without MIME structure, from a daemon with a null path."""
    names = {name for name, _ in fields}
    headers = Headers((*fields, *[f for f in DAEMON if f[0] not in names]))
    return read(headers, NULL, text_part(text), text)


def report(
    *blocks: str, notice: str = "It failed.", returned: Headers | None = None
) -> Part:
    """Build multipart/report from per-recipient blocks."""
    status = "\n\n".join(("Reporting-MTA: dns; mx.example", *blocks))
    parts = [
        text_part(notice),
        Part(content_type="message/delivery-status", text=status),
    ]
    if returned is not None:
        inner = Part(content_type="text/plain", headers=returned)
        parts.append(Part(content_type="message/rfc822", children=(inner,)))
    return Part(content_type="multipart/report", children=tuple(parts))


def by_report(*blocks: str) -> Bounce | None:
    return read(Headers(DAEMON), NULL, report(*blocks, returned=RETURNED), "")


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "expected"),
    [
        ("failed", "5.1.1", "smtp; 550 user unknown", HARD),
        ("failed", "5.4.4", "", HARD),
        ("Failed", "5.0.0 (permanent failure)", "", HARD),
        ("failed", "4.4.7", "smtp; message expired", SOFT),
        ("delayed", "4.0.0", "", SOFT),
        ("delayed", "", "", SOFT),
        ("failed", "5.2.2", "smtp; 552 5.2.2 over quota", SOFT),
        ("failed", "5.0.0", "smtp; 552 mailbox is full", SOFT),
        ("failed", "", "smtp; 450 try again later", SOFT),
        ("failed", "", "smtp; 550 no such user", HARD),
        ("expired", "", "smtp; connection timed out", SOFT),
    ],
)
def test_the_type_follows_the_class_of_the_status(
    action: str, status: str, diagnostic: str, expected: BounceType
) -> None:
    found = by_report(
        f"Final-Recipient: rfc822; jane@c.example\nAction: {action}\n"
        f"Status: {status}\nDiagnostic-Code: {diagnostic}"
    )
    assert found is not None
    assert found.type is expected
    assert found.recipients == ("jane@c.example",)
    assert found.original_message_id == "1042.7f@acme.example"


def test_a_general_status_is_made_exact_by_the_diagnostic() -> None:
    found = by_report(
        "Final-Recipient: rfc822; jane@c.example\nAction: failed\nStatus: 5.0.0\n"
        "Diagnostic-Code: smtp; 550 5.7.1 no\n relaying here"
    )
    assert found is not None
    assert found.status == "5.7.1"
    assert found.diagnostic == "550 5.7.1 no relaying here"


def test_one_hard_failure_among_soft_ones_makes_it_hard() -> None:
    found = by_report(
        "Final-Recipient: rfc822; a@c.example\nAction: delayed\nStatus: 4.1.1",
        "Final-Recipient: rfc822; b@c.example\nAction: failed\nStatus: 5.1.1",
    )
    assert found is not None
    assert found.type is HARD
    assert found.status == "5.1.1"
    assert found.recipients == ("a@c.example", "b@c.example")


def test_the_address_we_wrote_to_is_named_not_the_one_behind_it() -> None:
    found = by_report(
        "Original-Recipient: rfc822;jane@c.example\n"
        "Final-Recipient: rfc822; jane.private@home.example\nAction: "
        "failed\nStatus: 5.1.1"
    )
    assert found is not None
    assert found.recipients == ("jane@c.example",)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_no_bounce(action: str) -> None:
    block = f"Final-Recipient: rfc822; jane@c.example\nAction: {action}\nStatus: 2.0.0"
    assert by_report(block) is None


def test_a_report_needs_no_daemon_as_its_sender() -> None:
    block = "Final-Recipient: rfc822; jane@c.example\nAction: failed\nStatus: 5.1.1"
    headers = Headers((("from", "Postal service <box@c.example>"),))
    found = read(headers, Envelope(mail_from="box@c.example"), report(block), "")
    assert found is not None


def test_a_persons_mail_with_the_parts_of_a_bounce_is_none() -> None:
    block = "Final-Recipient: rfc822; jane@c.example\nAction: failed\nStatus: 5.1.1"
    children = report(block).children
    root = Part(content_type="multipart/mixed", children=children)
    headers = Headers((("from", "Jane <jane@c.example>"), ("subject", "Fwd: failure")))
    assert read(headers, Envelope(mail_from="jane@c.example"), root, "") is None


def test_a_bounce_inside_an_attached_mail_does_not_count() -> None:
    block = "Final-Recipient: rfc822; jane@c.example\nAction: failed\nStatus: 5.1.1"
    attached = Part(content_type="message/rfc822", children=(report(block),))
    root = Part(content_type="multipart/mixed", children=(text_part("See."), attached))
    headers = Headers((("from", "Ann <ann@c.example>"),))
    assert read(headers, NULL, root, "See.") is None


@pytest.mark.parametrize(
    ("notice", "expected", "recipients", "status"),
    [
        (
            "Hi. This is the qmail-send program at mx.example.\n\n"
            "<jane@c.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n",
            HARD,
            ("jane@c.example",),
            "5.1.1",
        ),
        (
            "A message that you sent could not be delivered to one or more of its\n"
            "recipients. The following address(es) failed:\n\n  jane@c.example\n"
            "    all relevant MX records point to non-existent hosts\n",
            HARD,
            ("jane@c.example",),
            None,
        ),
        (
            "   ----- The following addresses had permanent fatal errors -----\n"
            "<jane@c.example>\n    (reason: 552 5.2.2 Over quota)\n",
            SOFT,
            ("jane@c.example",),
            "5.2.2",
        ),
        (
            "   ----- Transcript of session follows -----\n"
            "554 <jane@c.example>... 550 Host unknown\n",
            HARD,
            ("jane@c.example",),
            None,
        ),
        (
            "Your message\n  To:      Jane\ndid not reach the following "
            "recipient(s):\n\n"
            "jane@c.example on Tue, 24 Nov 2026\n    The recipient name "
            "is not recognized\n",
            HARD,
            ("jane@c.example",),
            None,
        ),
        (
            "Your message\n\n  Subject: x\n\nwas not delivered to:\n\n  "
            "jane@c.example\n\n"
            "because:\n\n  User jane not listed in Domino Directory\n",
            HARD,
            ("jane@c.example",),
            None,
        ),
        (
            "Sorry, we were unable to deliver your message to the "
            "following address.\n\n"
            "<jane@c.example>:\nRemote host said: 421 4.2.0 busy, try later\n",
            SOFT,
            ("jane@c.example",),
            "4.2.0",
        ),
        (
            "Delivery to the following recipient failed permanently:\n\n"
            "     jane@c.example\n\nTechnical details: DNS Error: Domain "
            "name not found\n",
            HARD,
            ("jane@c.example",),
            None,
        ),
        (
            "Delivery to the following recipient has been delayed:\n\n   "
            "  jane@c.example\n\n"
            "Message will be retried for 2 more day(s)\n",
            SOFT,
            ("jane@c.example",),
            None,
        ),
        (
            "Ihre Nachricht konnte an folgende Empfänger nicht zugestellt werden:\n\n"
            "jane@c.example\n\nDas Postfach ist voll.\n",
            SOFT,
            ("jane@c.example",),
            None,
        ),
        (
            "Votre message n'a pas pu être remis aux destinataires suivants :\n\n"
            "jane@c.example : utilisateur inconnu\n",
            HARD,
            ("jane@c.example",),
            None,
        ),
        (
            "次のメールアドレスへの送信に失敗しました。\njane@c.example\n550 User unknown\n",
            HARD,
            ("jane@c.example",),
            None,
        ),
        (
            "Your mail to the following recipients could not be "
            "delivered because they\n"
            "are not accepting mail with attachments:\n\n\tjane\n",
            HARD,
            ("jane@mx.example",),
            None,
        ),
        (
            "    for the following list of recipients:\n\nann@c.example: "
            "550 5.1.1 Unknown\n"
            "bob@c.example: 550 5.1.1 Unknown\n",
            HARD,
            ("ann@c.example", "bob@c.example"),
            "5.1.1",
        ),
    ],
)
def test_notices_in_words_are_read(
    notice: str, expected: BounceType, recipients: tuple[str, ...], status: str | None
) -> None:
    returned = (
        "\n--- Below this line is a copy of the message.\n\nMessage-ID: <1@acme>\n"
    )
    found = by_words(notice + returned)
    assert found is not None
    assert found.type is expected
    assert found.recipients == recipients
    assert found.status == status
    assert found.original_message_id == "1@acme"
    assert found.evidence


FORMS = [
    (
        "failed_recipients_list",
        "Undelivered Mail",
        HARD,
        (
            "Here is your list of failed recipients:\n"
            "<j@c.example>\n"
            "  550 no\n"
            "\n"
            "Here is your returned mail:\n"
            "To: z@q.example\n"
        ),
    ),
    (
        "viruswall",
        "Undelivered Mail",
        HARD,
        (
            "Message from InterScan E-Mail VirusWall NT\n"
            "** No attachment is in the original message.\n"
            "RCPT TO:<j@c.example>\n"
            " 550 unknown\n"
        ),
    ),
    (
        "interscan",
        "Undelivered Mail",
        HARD,
        (
            "Sent >>> RCPT TO:<j@c.example>\n"
            "Received <<< 550 5.1.1 <j@c.example>... user unknown\n"
            "Unable to deliver message to <j@c.example>\n"
        ),
    ),
    (
        "did_not_receive",
        "Undelivered Mail",
        HARD,
        (
            "The following addresses did NOT receive a copy of your message:\n"
            "\n"
            "> j@c.example\n"
            "\n"
            "--- Session Transcript ---\n"
            "550\n"
        ),
    ),
    (
        "intended",
        "Undelivered Mail",
        HARD,
        (
            "Your mail was undeliverable.\n"
            "Intended recipient:  j@c.example\n"
            "no such user\n"
        ),
    ),
    (
        "undaddr",
        "Undelivered Mail",
        HARD,
        ("Undeliverable Address: j@c.example\nReason: 550\n"),
    ),
    (
        "addressed",
        "Undelivered Mail",
        SOFT,
        (
            "Your message has encountered delivery problems\n"
            "to the local user j.\n"
            "(Probably) addressed to j@c.example\n"
            "mailbox full\n"
        ),
    ),
    (
        "full",
        "Undelivered Mail",
        SOFT,
        ("User's mailbox is full: <j@c.example>\nUnable to deliver mail.\n"),
    ),
    (
        "nosuch",
        "Undelivered Mail",
        HARD,
        (
            "j@c.example - no such user here.\n"
            "\n"
            "There is no user by that name at this server.\n"
        ),
    ),
    (
        "smtp_in_brackets",
        "Undelivered Mail",
        HARD,
        (
            "Message could not be delivered to some recipients.\n"
            "Recipient: [SMTP:j@c.example]\n"
            "Reason: unknown\n"
        ),
    ),
    (
        "netscape",
        "Undelivered Mail",
        HARD,
        (
            "This Message was undeliverable due to the following reason:\n"
            "\n"
            "The user(s) account is disabled.\n"
            "\n"
            "<j@c.example>\n"
            "\n"
            "Please reply to <postmaster@mx.example> if you feel this "
            "message to be in error.\n"
        ),
    ),
    (
        "x400",
        "Undelivered Mail",
        HARD,
        (
            "did not reach the following recipient(s):\n"
            "\n"
            "c=us;a= ;p=Org;o=Site;dda:SMTP=j@c.example; on Mon, 2 Dec 2013\n"
            "    The recipient name is not recognized\n"
        ),
    ),
    (
        "rejected_recipient",
        "Undelivered Mail",
        HARD,
        (
            "We had trouble delivering your message. Full details follow:\n"
            "\n"
            "Subject: 'The printer'\n"
            "1 error(s):\n"
            "\n"
            "SMTP Server <mta2.example.jp> rejected recipient <j@c.example> \n"
            "  (Error following RCPT command). It responded as follows: "
            "[550 5.1.1 User unknown]\n"
        ),
    ),
    (
        "exim warn",
        "Warning: message 1abc delayed 24 hours",
        SOFT,
        (
            "This message was created automatically by mail delivery software.\n"
            "A message that you sent has not yet been delivered to one or more of its\n"
            "recipients after more than 24 hours on the queue on mx.example.\n"
            "\n"
            "The message identifier is:     1abc-def\n"
            "\n"
            "The address to which the message has not yet been delivered is:\n"
            "\n"
            "  j@c.example\n"
            "\n"
            "No action is required on your part. Delivery attempts will continue for\n"
            "some time.\n"
        ),
    ),
    (
        "office365 html",
        "Undelivered Mail",
        HARD,
        (
            "Your message to j@c.example couldn't be delivered.\n"
            "j wasn't found at c.example.\n"
        ),
    ),
    (
        "de",
        "Unzustellbar: Drucker",
        HARD,
        (
            "Die folgende Nachricht konnte nicht zugestellt werden an:\n"
            "\n"
            "j@c.example\n"
            "\n"
            "Grund: Benutzer unbekannt\n"
        ),
    ),
    (
        "domino-de",
        "ZUSTELLUNGSFEHLER: User j",
        HARD,
        (
            "Ihr Dokument:\n"
            "  Drucker\n"
            "\n"
            "wurde nicht zugestellt an:\n"
            "\n"
            "j@c.example\n"
            "\n"
            "weil:\n"
            "\n"
            "User j nicht im Domino-Verzeichnis\n"
        ),
    ),
    (
        "fr",
        "Non remis : Imprimante",
        HARD,
        (
            "Votre message n'a pas été remis aux destinataires suivants :\n"
            "j@c.example\n"
            "adresse inconnue\n"
        ),
    ),
    (
        "es",
        "No entregado",
        HARD,
        (
            "No se pudo entregar el mensaje a los siguientes destinatarios:\n"
            "\n"
            "j@c.example\n"
            "usuario desconocido\n"
        ),
    ),
    (
        "it",
        "Mancato recapito",
        HARD,
        (
            "Impossibile recapitare il messaggio ai seguenti destinatari:\n"
            "\n"
            "j@c.example\n"
            "utente sconosciuto"
        ),
    ),
    (
        "pt",
        "Falha na entrega",
        HARD,
        (
            "Não foi possível entregar a mensagem aos seguintes destinatários:\n"
            "\n"
            "j@c.example\n"
            "usuário inexistente"
        ),
    ),
    (
        "pl",
        "Niedostarczona wiadomość",
        HARD,
        (
            "Wiadomość nie mogła zostać dostarczona do następujących odbiorców:\n"
            "\n"
            "j@c.example\n"
            "nieznany użytkownik"
        ),
    ),
    (
        "nl",
        "Onbestelbaar: printer",
        HARD,
        (
            "Uw bericht kon niet worden afgeleverd bij de volgende ontvangers:\n"
            "\n"
            "j@c.example\n"
            "onbekend"
        ),
    ),
    (
        "ru",
        "Не доставлено",
        HARD,
        (
            "Не удалось доставить сообщение следующим получателям:\n"
            "\n"
            "j@c.example\n"
            "пользователь не найден"
        ),
    ),
    (
        "zh",
        "退信",
        HARD,
        ("您的邮件无法送达以下收件人：\nj@c.example\n550 用户不存在"),
    ),
    (
        "163",
        "系统退信",
        SOFT,
        ("抱歉，您的邮件被退回来了……\n收件人邮件地址：j@c.example\n原因：邮箱已满"),
    ),
    (
        "ko",
        "전송 실패",
        HARD,
        ("다음 받는 사람에게 전송하지 못했습니다:\nj@c.example\n사용자 없음"),
    ),
    (
        "tr",
        "Teslim edilemedi",
        HARD,
        ("İletiniz şu alıcılara teslim edilemedi:\nj@c.example\n"),
    ),
    (
        "sv",
        "Ej levererat",
        HARD,
        (
            "Ditt meddelande kunde inte levereras till följande mottagare:\n"
            "j@c.example\n"
        ),
    ),
    (
        "gmail2",
        "Delivery Status Notification (Failure)",
        HARD,
        (
            "** Address not found **\n"
            "\n"
            "Your message wasn't delivered to j@c.example because the "
            "address couldn't be found. Check for typos.\n"
            "\n"
            "Learn more here: https://support.google.com/mail/?p=NoSuchUser\n"
            "The response was:\n"
            "\n"
            "550 5.1.1 The email account that you tried to reach does not exist."
        ),
    ),
    (
        "proton",
        "Undelivered Mail Returned to Sender",
        SOFT,
        (
            "Your message to j@c.example could not be delivered. 452 "
            "4.2.2 The account is over quota"
        ),
    ),
    (
        "sendmail warn",
        "Warning: could not send message for past 4 hours",
        SOFT,
        (
            "    **********************************************\n"
            "    **      THIS IS A WARNING MESSAGE ONLY      **\n"
            "    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n"
            "    **********************************************\n"
            "\n"
            "The original message was received at Mon\n"
            "from x\n"
            "\n"
            "   ----- The following addresses had transient non-fatal errors -----\n"
            "<j@c.example>\n"
            "\n"
            "   ----- Transcript of session follows -----\n"
            "<j@c.example>... Deferred: Connection timed out with c.example.\n"
            "Warning: message still undelivered after 4 hours\n"
            "Will keep trying until message is 5 days old\n"
        ),
    ),
    (
        "mimecast",
        "Undelivered Mail",
        HARD,
        (
            "Your message could not be delivered.\n"
            "\n"
            "The following recipient address failed: j@c.example\n"
            "Error 554 rejected\n"
        ),
    ),
    (
        "barracuda",
        "**Message you sent blocked by our bulk email filter**",
        HARD,
        (
            "Your message to: j@c.example\n"
            "was blocked by our Spam Firewall. The email you sent with "
            "the following subject has NOT BEEN DELIVERED:\n"
            "\n"
            "Subject: printer\n"
        ),
    ),
]


@pytest.mark.parametrize(
    ("subject", "expected", "notice"), [f[1:] for f in FORMS], ids=[f[0] for f in FORMS]
)
def test_forms_of_many_servers_and_languages_are_read(
    subject: str, expected: BounceType, notice: str
) -> None:
    found = by_words(notice, ("subject", subject))
    assert found is not None
    assert found.recipients == ("j@c.example",)
    assert found.type is expected


RETURNED_COPY = (
    "\nReceived: from mx.acme.example\nFrom: <support@acme.example>\n"
    "To: <j@c.example>\nMessage-ID: <1042.7f@acme.example>\n"
)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Não é possível entregar: Re", "Falha na entrega para estes destinatários:"),
        ("Niedostarczalne: Re", "Dostarczenie nie powiodło się dla tych adresatów:"),
        ("Ei voi toimittaa: Re", "Toimitus näille vastaanottajille epäonnistui:"),
        ("Δεν παραδόθηκε: Re", "Η παράδοση απέτυχε προς αυτούς τους παραλήπτες:"),
        ("Nelivrabil: Re", "Livrarea nu a reușit pentru acești destinatari:"),
        ("Tidak terkirim", "Pesan Anda tidak dapat dikirim ke:"),
        ("Zzz", "Words of a language that no table has:"),
    ],
)
def test_a_code_an_address_and_the_returned_mail_need_no_known_words(
    subject: str, words: str
) -> None:
    text = (
        f"{words}\n\nj@c.example<mailto:j@c.example>\nXyz\n\n"
        f"Server returned '550 5.1.1 xyz'\n{RETURNED_COPY}"
    )
    found = by_words(text, ("subject", subject))
    assert found is not None
    assert (found.type, found.recipients) == (HARD, ("j@c.example",))
    assert found.original_message_id == "1042.7f@acme.example"


@pytest.mark.parametrize(
    "line",
    [
        " Local mailbox j@c.example is unavailable: user not found",
        "Sorry. The user <j@c.example> does not exist.",
        "undeliverable  to j@c.example",
        "-- 5.1.1 j@c.example: Recipient address rejected",
        "  an undisclosed address\n    (generated from j@c.example)",
        "real@behind.example\n    (expanded from: <j@c.example>)",
        "They do not accept mail from ann@other.example.\nFailed recipient: j@c.example",
    ],
)
def test_the_address_that_failed_is_found_in_sentences_too(line: str) -> None:
    text = f"We could not deliver your message.\n\n{line}\n{RETURNED_COPY}"
    found = by_words(text)
    assert found is not None
    assert found.recipients == ("j@c.example",)


def test_the_only_address_of_a_coded_notice_failed_whatever_the_words() -> None:
    text = "Zzz yyy j@c.example xxx.\n550 5.1.1 www\nZzz: help@mx.example\n"
    assert by_words(text.replace("Zzz: help@mx.example\n", "")) is not None
    assert by_words(text) is None
    summary = ("subject", "Daily summary")
    assert by_words("Of 90 mails one failed (j@c.example 550 www)", summary) is None


FILTERED = (
    "Your mail could not be delivered to the following recipients:\n\n"
    "j@c.example\n\nDelivery attempts will continue to be made for 5 days.\n"
)
GATEWAY = Envelope(mail_from="filter@c.example")


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Antivirus_for_SMTP_Gateways@c.example", SOFT),
        ("imss@c.example", SOFT),
        ("Shop <smtp@c.example>", SOFT),
        ("smtp-admin@c.example", None),  # people have such addresses
        ("smtp-team <mta.support@c.example>", None),
    ],
)
def test_filters_on_the_way_send_bounces_too(
    author: str, expected: BounceType | None
) -> None:
    fields = (("from", author), ("subject", "Delivery failure notification"))
    found = read(Headers(fields), GATEWAY, text_part(FILTERED), FILTERED)
    assert (found and found.type) == expected


def test_a_parcel_that_was_not_delivered_is_no_bounce() -> None:
    text = "A parcel for j@c.example could not be delivered: address unknown.\n"
    fields = (("from", "smtp@shop.example"), ("subject", "Undeliverable parcel"))
    assert read(Headers(fields), GATEWAY, text_part(text), text) is None


def test_a_postmaster_with_an_envelope_sender_may_be_a_person() -> None:
    text = "We cannot deliver to j@c.example: 451 4.7.1 greylisted. Could you look?"
    fields = (("from", "Bob <postmaster@c.example>"), ("subject", "A problem"))
    path = Envelope(mail_from="postmaster@c.example")
    assert read(Headers(fields), path, text_part(text), text) is None
    shown = (fields[0], ("subject", "Undeliverable mail"))
    text = f"Undeliverable:\n\n<j@c.example>: 550 unknown\n{RETURNED_COPY}"
    assert read(Headers(shown), path, text_part(text), text) is not None


def test_a_web_form_that_passes_on_a_mail_about_a_delivery_is_no_bounce() -> None:
    root = Part(
        content_type="multipart/mixed",
        children=(
            text_part("Delivery of my order failed, address unknown. 550 euros!"),
            Part(
                content_type="message/rfc822",
                children=(Part(content_type="text/plain", headers=RETURNED),),
            ),
        ),
    )
    fields = (("from", "Shop <noreply@shop.example>"), ("subject", "Delivery failed"))
    assert read(Headers(fields), GATEWAY, root, "") is None


def test_a_report_that_a_gateway_passes_on_as_an_attached_mail_is_read() -> None:
    block = "Final-Recipient: rfc822; jane@c.example\nAction: failed\nStatus: 5.1.1"
    inner = replace(report(block, returned=RETURNED), path="1.1")
    mail = Part(content_type="message/rfc822", children=(inner,), path="1")
    root = Part(content_type="multipart/mixed", children=(mail,))
    fields = (("from", "postmaster@c.example"), ("subject", "Notification"))
    found = read(Headers(fields), NULL, root, "")
    assert found is not None
    assert (found.recipients, found.status) == (("jane@c.example",), "5.1.1")
    assert found.original_message_id == "1042.7f@acme.example"


def test_a_report_without_readable_fields_is_read_by_its_words() -> None:
    root = Part(
        content_type="multipart/report",
        params={"report-type": "delivery-status"},
        children=(
            text_part("A message could not be delivered to:\njane@c.example\n"),
            Part(content_type="message/delivery-status", text="gone\n"),
        ),
    )
    found = read(Headers((("subject", "Utilisateur"),)), NULL, root, "")
    assert found is not None
    assert found.recipients == ("jane@c.example",)


def test_the_message_id_may_stand_in_the_fields_of_the_report() -> None:
    root = report(
        "X-Original-Message-ID: <1042.7f@acme.example>",
        "Final-Recipient: rfc822; jane@c.example\nAction: failed\nStatus: 5.1.1",
    )
    found = read(Headers(DAEMON), NULL, root, "")
    assert found is not None
    assert found.original_message_id == "1042.7f@acme.example"


def test_a_list_server_tells_its_administrator_of_a_loop() -> None:
    fields = (
        ("from", "team-admin@lists.example"),
        ("to", "team-admin@lists.example"),
        ("subject", "Loop Alert: Duplicated Message-ID (team ML)"),
    )
    text = f"Duplicated Message-ID.\n\nOriginal mail as follows:\n{RETURNED_COPY}"
    path = Envelope(mail_from="team-admin@lists.example")
    assert read(Headers(fields), path, text_part(text), text) is None
    server = Headers((*fields, ("x-mlserver", "fml 4.0")))
    found = read(server, path, text_part(text), text)
    assert found is not None
    assert (found.type, found.recipients) == (SOFT, ())


def test_our_own_address_in_the_notice_did_not_fail() -> None:
    found = by_words(
        "A message sent by\n  <support@acme.example>\ncould not be delivered to the "
        "following addresses:\n\n  jane@c.example\n    550 unknown user\n"
    )
    assert found is not None
    assert found.recipients == ("jane@c.example",)


def test_addresses_in_the_returned_mail_did_not_fail() -> None:
    found = by_words(
        "<jane@c.example>: 550 unknown user\n\n----- Original message -----\n"
        "To: jane@c.example\nCc: ann@c.example\n\n<bob@c.example>: hello\n"
    )
    assert found is not None
    assert found.recipients == ("jane@c.example",)


def test_the_lone_recipient_of_the_returned_mail_failed_where_nobody_is_named() -> None:
    found = by_words(
        "Your message could not be delivered.\n\n--- Original message follows.\n"
        "To: Jane <jane@c.example>\nMessage-ID: <1@acme>\n"
    )
    assert found is not None
    assert found.recipients == ("jane@c.example",)


def test_failed_recipients_may_stand_in_the_header() -> None:
    found = by_words(
        "No words that we know.", ("x-failed-recipients", "a@c.example, b@c.example")
    )
    assert found is not None
    assert found.recipients == ("a@c.example", "b@c.example")


def test_fields_of_a_report_are_read_in_text_too() -> None:
    found = by_words(
        "An error occurred.\n\nFinal-Recipient: rfc822; jane@c.example\n"
        "Action: failed\nStatus: 5.1.1\n"
    )
    assert found is not None
    assert (found.type, found.status) == (HARD, "5.1.1")


def test_the_answered_message_stands_in_where_nothing_came_back() -> None:
    found = by_words("<jane@c.example>: 550 unknown user", ("in-reply-to", "<1@acme>"))
    assert found is not None
    assert found.original_message_id == "1@acme"


BOUNCE_TEXT = "could not be delivered to:\n\n<bob@c.example>: 550 5.1.1 unknown user\n"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        # A person asks about, quotes or forwards a bounce.
        ({"from": "Jane <jane@c.example>", "subject": "failure notice"}, BOUNCE_TEXT),
        (
            {"from": "Jane <jane@c.example>", "subject": "Fwd: Undeliverable"},
            BOUNCE_TEXT,
        ),
        (
            {"from": "Jane <postmaster@c.example>", "subject": "Re: Undeliverable"},
            BOUNCE_TEXT,
        ),
        (
            {"from": "Jane <postmaster@c.example>", "subject": "A question"},
            "How are you?",
        ),
        ({"from": "", "subject": "A ticket"}, "I am an unknown user."),
        (
            {"from": "Mail Delivery <ann@post.example>", "subject": "Delivery failed"},
            BOUNCE_TEXT,
        ),
    ],
)
def test_a_persons_mail_is_no_bounce(fields: dict[str, str], text: str) -> None:
    envelope = Envelope(mail_from="jane@c.example")
    headers = Headers(tuple(fields.items()))
    assert read(headers, envelope, text_part(text), text) is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "Automatic reply: Undeliverable",
            "Unable to reach me? Mail to bob@c.example, 550.",
        ),
        (
            "Re: Delivery problem",
            "I am unavailable. Send your mail to bob@c.example instead.",
        ),
        (
            "Delivery problem",
            "I am unavailable. Send your mail to bob@c.example instead.",
        ),
        ("Your ticket", "We could not deliver an answer yet. mail to bob@c.example"),
    ],
)
def test_an_autoresponder_with_a_null_path_is_no_bounce(
    subject: str, text: str
) -> None:
    headers = Headers((("from", "Jane <jane@c.example>"), ("subject", subject)))
    assert read(headers, NULL, text_part(text), text) is None


@pytest.mark.parametrize(
    "diagnostic",
    ["X-Gate; sender not pre-approved", "smtp; 550 your server requires confirmation"],
)
def test_a_challenge_is_no_bounce(diagnostic: str) -> None:
    block = "Final-Recipient: rfc822; jane@c.example\nAction: failed\nStatus: 4.7.0"
    assert by_report(f"{block}\nDiagnostic-Code: {diagnostic}") is None


def test_an_empty_notice_of_a_daemon_names_nobody_and_is_none() -> None:
    assert by_words("some test") is None


def test_a_report_that_names_no_mail_address_gets_it_from_the_words() -> None:
    block = "Final-Recipient: x400; /G=Jane/S=Doe/\nAction: failed\nStatus: 5.1.1"
    notice = "Your message did not reach the following recipient:\n\njane@c.example\n"
    found = read(Headers(DAEMON), NULL, report(block, notice=notice), notice)
    assert found is not None
    assert found.recipients == ("jane@c.example",)
    assert found.status == "5.1.1"


def test_a_report_that_names_nobody_at_all_is_still_a_bounce() -> None:
    found = by_report("Final-Recipient: local; jane\nAction: failed\nStatus: 5.1.1")
    assert found is not None
    assert found.type is HARD


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("MAILER-DAEMON@x.example", True),
        ("MAILER-DAEMON (Mail Delivery System)", True),
        ("postmaster@x.example (Jim)", True),
        ("Mail Delivery Subsystem <mailer-daemon@x.example>", True),
        ("<>", True),
        ('"Courier mail server at c.example" <@c.example>', True),
        ("System Administrator", True),
        ('<"System Administrator"@x.example>', True),
        ("System Administrator <admin@x.example>", False),
        ("Microsoft Outlook <MicrosoftExchange329e71ec88ae@x.example>", True),
        ("", False),
        ("Delivery Service <info@parcel.example>", False),
        ("Jane Doe <jane@x.example>", False),
    ],
)
def test_daemons_are_known_by_address_or_name(author: str, expected: bool) -> None:
    assert is_daemon(author) is expected


def test_blocks_without_blank_lines_are_parted_by_their_fields() -> None:
    found = list(
        deliveries(
            "Final-Recipient: rfc822; a@c.example\nAction: failed\n"
            "Final-Recipient: rfc822; b@c.example\nAction: delayed\n"
        )
    )
    assert [(d.address, d.action) for d in found] == [
        ("a@c.example", "failed"),
        ("b@c.example", "delayed"),
    ]


def test_an_action_above_the_recipient_is_meant_for_it() -> None:
    [found] = deliveries("Action: failed\n\nFinal-Recipient: rfc822; a@c.example\n")
    assert found.action == "failed"


@given(st.text(max_size=2000))
def test_any_notice_and_any_report_are_read_without_error(text: str) -> None:
    by_words(text)
    by_report(text)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "x",
            " ",
            "\n",
            "<",
            "@",
            '"',
            "5.5.5.",
            "a@b.c ",
            "<a@b.c>:\n",
            "account a b ",
        ),
        *(
            "following address a@b.c\n",
            "mailbox user delivery ",
            "Message-ID:\n ",
            "> ",
        ),
        *(
            "Final-Recipient: rfc822; a@b.c\nAction: failed\n\n",
            "Final-Recipient:\n x\n",
        ),
        *("-----", "original message ", "mail box full is ", "следующ почтовый "),
        *("user a@b.c ", "  (generated from ", "from a@b.c ", "toimitus ", "550 "),
        *(
            "mailboxa",
            "usera",
            "x  ",
            "x-original-message-id:\n",
            "a@b.c<mailto:",
            "message sent to ",
        ),
    ],
)
def test_hostile_notices_cost_little(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.perf_counter()
    by_words(text)
    by_report(text)
    assert time.perf_counter() - started < 2
