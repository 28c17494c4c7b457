"""The original inside a forward, over clients and languages."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailroom.message.forwarded import find, mailboxes
from mailroom.message.html import render
from mailroom.message.model import Forwarded, Headers, Mailbox, Message, SpanKind
from mailroom.message.quoting import split

JANE = Mailbox("jane@acme.example", "Jane Doe")
GMAIL = {
    "en": ("Forwarded message", "From"),
    "de": ("Forwarded message", "Von"),
    "fr": ("Forwarded message", "De"),
    "nl": ("Forwarded message", "Van"),
    "ru": ("Forwarded message", "От"),
    "ja": ("Forwarded message", "差出人"),
    "zh": ("Forwarded message", "发件人"),
    "tr": ("Forwarded message", "Gönderen"),
    "he": ("Forwarded message", "מאת"),
}
# Marker, then From, Subject, Date, To: Apple Mail.
APPLE = {
    "en": ("Begin forwarded message", "From", "Subject", "Date", "To"),
    "de": ("Anfang der weitergeleiteten Nachricht", "Von", "Betreff", "Datum", "An"),
    "fr": ("Début du message réexpédié", "De", "Objet", "Date", "À"),
    "es": ("Inicio del mensaje reenviado", "De", "Asunto", "Fecha", "Para"),
    "it": ("Inizio messaggio inoltrato", "Da", "Oggetto", "Data", "A"),
    "nl": ("Begin doorgestuurd bericht", "Van", "Onderwerp", "Datum", "Aan"),
    "pt": ("Início da mensagem reencaminhada", "De", "Assunto", "Data", "Para"),
    "sv": ("Vidarebefordrat mejl", "Från", "Ämne", "Datum", "Till"),
    "da": ("Start på videresendt besked", "Fra", "Emne", "Dato", "Til"),
    "no": ("Videresendt melding", "Fra", "Emne", "Dato", "Til"),
    "fi": (
        "Välitetty viesti alkaa",
        "Lähettäjä",
        "Aihe",
        "Päivämäärä",
        "Vastaanottaja",
    ),
    "pl": ("Początek przekazywanej wiadomości", "Od", "Temat", "Data", "Do"),
    "cs": ("Začátek přeposlané zprávy", "Od", "Předmět", "Datum", "Komu"),
    "sk": ("Začiatok preposlanej správy", "Od", "Predmet", "Dátum", "Komu"),
    "hu": ("A továbbított levél kezdete", "Feladó", "Tárgy", "Dátum", "Címzett"),
    "ro": (
        "Începe mesajul redirecționat",
        "Expeditorul",
        "Subiectul",
        "Dată",
        "Destinatarul",
    ),
    "ru": ("Начало переадресованного сообщения", "От", "Тема", "Дата", "Кому"),
    "uk": ("Початок листа, що пересилається", "Від", "Тема", "Дата", "Кому"),
    "tr": ("İleti başlangıcı", "Kimden", "Konu", "Tarih", "Kime"),
    "el": ("Αρχή προωθημένου μηνύματος", "Από", "Θέμα", "Ημερομηνία", "Προς"),
    "hr": ("Započni proslijeđenu poruku", "Šalje", "Predmet", "Datum", "Prima"),
    "ja": ("転送されたメッセージ", "差出人", "件名", "日付", "宛先"),
    "zh-TW": ("開始轉寄郵件", "寄件人", "主旨", "日期", "收件人"),
    "ko": ("전달된 메시지", "보낸 사람", "제목", "날짜", "받는 사람"),
    "vi": ("Bắt đầu thư được chuyển tiếp", "Từ", "Chủ đề", "Ngày", "Đến"),
    "th": ("เริ่มต้นข้อความที่ส่งต่อ", "จาก", "เรื่อง", "วันที่", "ถึง"),
    "ca": ("Inici del missatge reenviat", "De", "Assumpte", "Data", "Per a"),
    "id": ("Awal pesan terusan", "Dari", "Subjek", "Tanggal", "Kepada"),
    "he": ("התחלת ההודעה שהועברה", "מאת", "נושא", "תאריך", "אל"),
    "zh-CN": ("下面是被转发的邮件", "发件人", "主题", "日期", "收件人"),
}
OUTLOOK = {
    "en": ("FW", "From", "Sent", "To", "Subject"),
    "de": ("WG", "Von", "Gesendet", "An", "Betreff"),
    "fr": ("TR", "De", "Envoyé", "À", "Objet"),
    "es": ("RV", "De", "Enviado el", "Para", "Asunto"),
    "it": ("I", "Da", "Inviato", "A", "Oggetto"),
    "nl": ("FW", "Van", "Verzonden", "Aan", "Onderwerp"),
    "pt-BR": ("ENC", "De", "Enviada em", "Para", "Assunto"),
    "pl": ("PD", "Od", "Wysłano", "Do", "Temat"),
    "sv": ("VB", "Från", "Skickat", "Till", "Ämne"),
    "fi": ("VL", "Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "cs": ("FW", "Od", "Odesláno", "Komu", "Předmět"),
    "hu": ("FW", "Feladó", "Elküldve", "Címzett", "Tárgy"),
    "ro": ("FW", "De la", "Trimis", "Către", "Subiect"),
    "ru": ("FW", "От", "Отправлено", "Кому", "Тема"),
    "tr": ("İLT", "Kimden", "Gönderildi", "Kime", "Konu"),
    "el": ("ΠΡΘ", "Από", "Στάλθηκε", "Προς", "Θέμα"),
    "ja": ("転送", "差出人", "送信日時", "宛先", "件名"),
    "zh-CN": ("转发", "发件人", "发送时间", "收件人", "主题"),
    "ko": ("전달", "보낸 사람", "보낸 날짜", "받는 사람", "제목"),
    "sl": ("FW", "Od", "Poslano", "Za", "Zadeva"),
    "et": ("FW", "Saatja", "Saatmisaeg", "Adressaat", "Teema"),
    "lv": ("FW", "Sūtītājs", "Nosūtīts", "Adresāts", "Tēma"),
    "ca": ("RV", "De", "Enviat el", "Per a", "Assumpte"),
    "id": ("FW", "Dari", "Terkirim", "Ke", "Subjek"),
    "ms": ("FW", "Daripada", "Dihantar", "Kepada", "Subjek"),
    "hi": ("FW", "प्रेषक", "भेजा गया", "प्रति", "विषय"),
    "mk": ("FW", "Од", "Испратено", "До", "Наслов"),
}


def forward(text: str, subject: str = "Fwd: Order") -> Forwarded | None:
    return find(text, split(text, None, False, subject=subject), (), subject=subject)


def check(found: Forwarded | None, body: str = "Does it work?\n\nJane") -> None:
    assert found is not None
    assert found.sender == JANE
    assert [m.address for m in found.to] == ["bob@acme.example"]
    assert found.subject == "Order 1042"
    assert found.text == body


@pytest.mark.parametrize(("marker", "label"), GMAIL.values(), ids=GMAIL)
@pytest.mark.parametrize("comment", ["", "Please handle.\n\n"])
def test_forward_of_gmail(marker: str, label: str, comment: str) -> None:
    text = (
        f"{comment}---------- {marker} ---------\n{label}: Jane Doe "
        "<jane@acme.example>\nDate: Tue, Jan 14, 2025 at 10:42 AM\nSubject: Order 1042\n"
        "To: <bob@acme.example>\nCc: Ann <ann@acme.example>, eve@acme.example\n\n\n"
        "Does it work?\n\nJane\n"
    )
    found = forward(text)
    check(found)
    assert found is not None
    assert found.cc == (Mailbox("ann@acme.example", "Ann"), Mailbox("eve@acme.example"))


@pytest.mark.parametrize("words", APPLE.values(), ids=APPLE)
@pytest.mark.parametrize("quoted", ["> ", ""])
def test_forward_of_apple_mail(words: tuple[str, ...], quoted: str) -> None:
    marker, sender, subject, date, to = words
    lines = (
        f"{marker}:\n\n{sender}: Jane Doe <jane@acme.example>\n{subject}: Order 1042\n"
        f"{date}: 14 January 2025 at 10:42:11 CET\n{to}: bob@acme.example\n\n"
        "Does it work?\n\nJane"
    )
    text = "Please handle.\n\n" + "\n".join(
        f"{quoted}{line}".rstrip() for line in lines.split("\n")
    )
    found = forward(text, subject="Order 1042")
    check(found)
    assert found is not None
    assert found.date == datetime(2025, 1, 14, 9, 42, 11, tzinfo=UTC)


@pytest.mark.parametrize("words", OUTLOOK.values(), ids=OUTLOOK)
@pytest.mark.parametrize("rule", ["", "________________________________\n"])
def test_forward_of_outlook(words: tuple[str, ...], rule: str) -> None:
    prefix, sender, sent, to, subject = words
    text = (
        f"Please handle.\n\n{rule}{sender}: Jane Doe <jane@acme.example>\n"
        f"{sent}: 14.01.2025 10:42\n{to}: bob@acme.example <bob@acme.example>\n"
        f"{subject}: Order 1042\n\nDoes it work?\n\nJane\n"
    )
    check(forward(text, subject=f"{prefix}: Order 1042"))
    assert forward(text, subject="RE: Order 1042") is None


def test_forward_of_thunderbird() -> None:
    text = (
        "Please handle.\n\n-------- Weitergeleitete Nachricht --------\n"
        "Betreff: \tOrder 1042\nDatum: \tTue, 14 Jan 2025 10:42:11 +0100\n"
        "Von: \tJane Doe <jane@acme.example>\nAn: \tbob@acme.example\n\n\n"
        "Does it work?\n\nJane\n"
    )
    found = forward(text)
    check(found)
    assert found is not None
    assert found.date == datetime(2025, 1, 14, 9, 42, 11, tzinfo=UTC)


def test_forward_of_yahoo_in_one_line() -> None:
    text = (
        "Please handle.\n\n   ----- Forwarded Message ----- From: Jane Doe "
        '<jane@acme.example>To: "bob@acme.example" <bob@acme.example>Sent: Tuesday, '
        "January 14, 2025, 10:42:11 AM GMT+1Subject: Order 1042\nDoes it work?\n\nJane\n"
    )
    found = forward(text, subject="Fw: Order 1042")
    check(found)
    assert found is not None
    assert found.date == datetime(2025, 1, 14, 9, 42, 11, tzinfo=UTC)


def test_forward_of_lotus_notes() -> None:
    text = (
        "Please handle.\n\n----- Forwarded by Bob/Acme on 01/15/2025 08:00 AM -----\n\n"
        "From:\tJane Doe <jane@acme.example>\nTo:\tbob@acme.example\n"
        "Date:\t01/14/2025 10:42 AM\nSubject:\tOrder 1042\n\nDoes it work?\n\nJane\n"
    )
    check(forward(text))


def test_forward_with_doubled_addresses_of_outlook() -> None:
    text = (
        "From: Jane Doe<mailto:jane@acme.example> <jane@acme.example"
        "<mailto:jane@acme.example>> on behalf of Ops<mailto:ops@acme.example>\n"
        "Sent: 14 January 2025 10:42\nTo: bob@acme.example <bob@acme.example>\n"
        "Subject: Order 1042\n\nDoes it work?\n\nJane\n"
    )
    check(forward(text))


def test_forward_shown_by_its_attribution_alone() -> None:
    text = (
        '\ufeffOn 14/01/2025 10:42, "Jane Doe" <jane@acme.example> wrote:\n\n'
        "Does it work?\n\nJane\n"
    )
    found = forward(text, subject="FW: Order 1042")
    assert found is not None
    assert (found.sender, found.subject) == (JANE, "Order 1042")
    assert found.text == "Does it work?\n\nJane"


def test_forward_inside_a_forward() -> None:
    inner = (
        "---------- Forwarded message ---------\nFrom: Eve <eve@acme.example>\n"
        "Date: Mon, 13 Jan 2025\nSubject: Older\nTo: Jane <jane@acme.example>\n\nFirst.\n"
    )
    text = (
        "---------- Forwarded message ---------\nFrom: Jane Doe <jane@acme.example>\n"
        f"Date: Tue, 14 Jan 2025\nSubject: Order\nTo: Bob <bob@a.example>\n\nSecond.\n\n{inner}"
    )
    found = forward(text)
    assert found is not None
    assert found.nested is not None
    assert found.nested.sender == Mailbox("eve@acme.example", "Eve")
    assert found.nested.text == "First."


HTML_FORWARDS = {
    "gmail": (
        "Fwd: Order",
        '<div dir="ltr">Please handle.<br><br><div class="gmail_quote '
        'gmail_quote_container"><div dir="ltr" class="gmail_attr">---------- '
        'Forwarded message ---------<br>From: <strong class="gmail_sendername" '
        'dir="auto">Jane Doe</strong> <span dir="auto">&lt;<a '
        'href="mailto:jane@acme.example">jane@acme.example</a>&gt;</span>'
        "<br>Date: Tue, Jan 14, 2025 at 10:42 AM<br>Subject: Order 1042<br>To: "
        '&lt;<a href="mailto:bob@acme.example">bob@acme.example</a>&gt;<br>'
        '</div><br><br><div dir="ltr">Does it work?</div></div></div>',
    ),
    "apple": (
        "Fwd: Order",
        "<html><body><div>Please handle.</div><br><div><br><blockquote "
        'type="cite"><div>Begin forwarded message:</div><br '
        'class="Apple-interchange-newline"><div style="margin:0"><span>'
        "<b>From: </b></span><span>Jane Doe &lt;<a "
        'href="mailto:jane@acme.example">jane@acme.example</a>&gt;<br></span>'
        "</div><div><span><b>Subject: </b></span><span><b>Order 1042</b><br>"
        "</span></div><div><span><b>Date: </b></span><span>14 January 2025 at "
        "10:42:11 CET<br></span></div><div><span><b>To: </b></span>"
        "<span>bob@acme.example<br></span></div><br><div>Does it work?</div>"
        "</blockquote></div></body></html>",
    ),
    "thunderbird": (
        "Fwd: Order",
        '<p>Please handle.</p><div class="moz-forward-container"><br>'
        "<br>-------- Forwarded Message --------<table "
        'class="moz-email-headers-table" cellspacing="0"><tbody><tr><th '
        'valign="BASELINE" nowrap align="RIGHT">Subject: </th><td>Order '
        "1042</td></tr><tr><th>Date: </th><td>Tue, 14 Jan 2025 10:42:11 "
        "+0100</td></tr><tr><th>From: </th><td>Jane Doe <a "
        'class="moz-txt-link-rfc2396E" '
        'href="mailto:jane@acme.example">&lt;jane@acme.example&gt;</a></td>'
        "</tr><tr><th>To: </th><td>bob@acme.example</td></tr></tbody></table>"
        "<br><br><p>Does it work?</p></div>",
    ),
    "outlook": (
        "WG: Order",
        "<div class=WordSection1><p class=MsoNormal>Please handle.</p><p "
        "class=MsoNormal>&nbsp;</p><div><div "
        'style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm '
        '0cm 0cm"><p class=MsoNormal><b><span lang=EN-US>Von:</span></b><span> '
        "Jane Doe &lt;jane@acme.example&gt; <br><b>Gesendet:</b> Dienstag, 14. "
        "Januar 2025 10:42<br><b>An:</b> bob@acme.example<br><b>Betreff:</b> "
        "Order 1042<o:p></o:p></span></p></div></div><p "
        "class=MsoNormal>&nbsp;</p><p class=MsoNormal>Does it work?</p></div>",
    ),
    "owa": (
        "Fw: Order",
        '<div>Please handle.</div><hr style="display:inline-block;width:98%" '
        'tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font><b>From:</b> '
        "Jane Doe &lt;jane@acme.example&gt;<br><b>Sent:</b> Tuesday, January "
        "14, 2025 10:42 AM<br><b>To:</b> bob@acme.example "
        "&lt;bob@acme.example&gt;<br><b>Subject:</b> Order 1042</font>"
        "<div>&nbsp;</div></div><div>Does it work?</div>",
    ),
    "yahoo": (
        "Fw: Order",
        '<div>Please handle.</div><div id="ydp" class="yahoo_quoted">'
        "<div>----- Forwarded Message -----</div><div><b>From:</b> Jane Doe "
        '&lt;jane@acme.example&gt;</div><div><b>To:</b> "bob@acme.example" '
        "&lt;bob@acme.example&gt;</div><div><b>Sent:</b> Tuesday, January 14, "
        "2025, 10:42:11 AM GMT+1</div><div><b>Subject:</b> Order 1042</div>"
        "<div><br></div><div>Does it work?</div></div>",
    ),
}


@pytest.mark.parametrize(
    ("subject", "markup"), HTML_FORWARDS.values(), ids=HTML_FORWARDS
)
def test_forward_in_html_alone(subject: str, markup: str) -> None:
    rendered = render(markup)
    spans = split(rendered.text, rendered, True, subject=subject)
    check(find(rendered.text, spans, (), subject=subject), "Does it work?")
    new = [s for s in spans if s.kind is SpanKind.NEW]
    assert (
        "".join(rendered.text[s.start : s.end] for s in new).strip() == "Please handle."
    )


def test_reply_with_quoted_forward_is_no_forward() -> None:
    text = (
        "Thanks.\n\nOn 14/01/2025 10:42, Jane wrote:\n> See below.\n>\n"
        "> ---------- Forwarded message ---------\n> From: Eve <e@acme.example>\n"
        "> Date: Mon, 13 Jan 2025\n> Subject: Older\n> To: Jane\n>\n> First.\n"
    )
    assert forward(text, subject="Re: Order") is None


def test_ordinary_mail_is_no_forward() -> None:
    assert forward("Please forward this message.\n\nFrom Rome, Bob", "Hello") is None


def test_attached_mail_is_a_forward() -> None:
    original = Message(
        headers=Headers((("date", "Tue, 14 Jan 2025"),)),
        senders=(JANE,),
        subject="Order 1042",
        text="Does it work?",
    )
    text = "Please handle."
    found = find(text, split(text, None, False), (original,))
    assert found is not None
    assert found.attached
    assert (found.sender, found.subject, found.text) == (
        JANE,
        "Order 1042",
        "Does it work?",
    )


def test_mail_attached_to_a_reply_is_no_forward() -> None:
    original = Message(headers=Headers(), senders=(JANE,), text="Does it work?")
    assert find("See.", split("See.", None, False), (original,), "Re: Order") is None


@pytest.mark.parametrize(
    "above", ["________________________________\n", '<div id="divRplyFwdMsg">']
)
def test_header_block_in_a_language_unknown(above: str) -> None:
    lines = (
        "Ó: Jane Doe &lt;jane@acme.example&gt;\nSeolta: 14 Eanáir 2025 10:42\n"
        "Chuig: bob@acme.example\nÁbhar: Order 1042\n"
    )
    if above.startswith("<"):
        markup = (
            f"<p>Please.</p>{above}{lines.replace(chr(10), '<br>')}</div><p>Does it?"
        )
        rendered = render(markup)
        spans = split(rendered.text, rendered, True, subject="Fw: Order")
        check(find(rendered.text, spans, (), subject="Fw: Order"), "Does it?")
    else:
        lines = lines.replace("&lt;", "<").replace("&gt;", ">")
        check(forward(f"Please.\n\n{above}{lines}\nDoes it?\n"), "Does it?")


@pytest.mark.parametrize(
    "lines",
    [
        "Ó: Jane Doe <jane@acme.example>\nDáta: 14 Eanáir 2025 10:42\n"
        "Chuig: bob@acme.example\nÁbhar: Order 1042\n",
        "Ábhar: Order 1042\nDáta: Tue, 14 Jan 2025 10:42:11 +0100\n"
        "Ó: Jane Doe <jane@acme.example>\nChuig: bob@acme.example\n",
    ],
)
def test_header_block_below_a_marker_in_a_language_unknown(lines: str) -> None:
    text = f"Please.\n\n-------- Teachtaireacht --------\n{lines}\nDoes it?\n"
    check(forward(text), "Does it?")
    spans = split(text, None, False, subject="Fwd: Order")
    assert text[spans[0].start : spans[0].end].strip() == "Please."


def test_words_between_rules_above_text_are_text() -> None:
    text = "Hello\n\n------ Part two ------\nName: Bob\nPlace: Rome\nIt broke."
    assert [s.kind for s in split(text, None, False)] == [SpanKind.NEW]


def test_header_block_of_em_client_has_no_colons() -> None:
    text = (
        'Please.\n\n------ Forwarded Message ------\nFrom "Jane Doe" '
        '<jane@acme.example>\nTo "Bob" <bob@acme.example>\nDate 14/01/2025 10:42:11\n'
        "Subject Order 1042\n\nDoes it?\n"
    )
    check(forward(text), "Does it?")


FIELDS = (
    "Date: Tue, 14 Jan 2025 10:42:11 +0100\nFrom: Jane Doe <jane@acme.example>\n"
    "To: bob@acme.example\nSubject: Order 1042\n"
)


@pytest.mark.parametrize(
    "end",
    [
        "----- End forwarded message -----",
        "-------- Конец пересылаемого сообщения --------",
        "--- Ende der weitergeleiteten Nachricht ---",
    ],
)
def test_marker_ends_the_forward_and_words_below_it_are_new(end: str) -> None:
    text = (
        "Please.\n\n----- Forwarded message from Jane Doe <jane@acme.example> -----\n\n"
        f"{FIELDS}\nDoes it?\n\n{end}\n\nWhat do we say?\n"
    )
    check(forward(text), "Does it?")
    new = [s for s in split(text, None, False, "Fwd: x") if s.kind is SpanKind.NEW]
    assert [text[s.start : s.end].strip() for s in new] == [
        "Please.",
        "What do we say?",
    ]


def test_marker_repeated_below_the_header_is_no_text() -> None:
    marker = "============ Forwarded message ============"
    check(forward(f"Please.\n\n{marker}\n{FIELDS}{marker}\n\nDoes it?\n"), "Does it?")


def test_rule_below_the_forward_is_no_text() -> None:
    text = (
        f"----------  Forwarded Message  ----------\n\n{FIELDS}\nDoes it?\n{'-' * 41}\n"
    )
    check(forward(text), "Does it?")


def test_forward_inside_a_forward_of_outlook() -> None:
    block = "From: {}\nSent: 14.01.2025 10:42\nTo: {}\nSubject: {}\n\n{}\n\n"
    text = "Please.\n\n" + block.format(
        "Ann <ann@a.example>", "x@a.example", "FW: Order 1042", "See below."
    )
    text += block.format(
        "Jane Doe <jane@acme.example>", "bob@acme.example", "Order 1042", "Does it?"
    )
    found = forward(text, subject="FW: Order 1042")
    assert found is not None
    check(found.nested, "Does it?")
    found = forward(text.replace("FW: Order", "Order"), subject="FW: Order 1042")
    assert found is not None
    assert found.nested is None  # the mail passed on was a reply


def test_wrapped_subject_belongs_to_the_block() -> None:
    text = (
        "-------- Original Message --------\nSubject: Order 1042 of the new\nchairs\n"
        "Date: Tue, 14 Jan 2025 10:42:11 +0100\nFrom: Jane Doe <jane@acme.example>\n"
        "To: bob@acme.example\n\nDoes it work?\n"
    )
    found = forward(text)
    assert found is not None
    assert found.subject == "Order 1042 of the new chairs"
    assert found.text == "Does it work?"


def test_forward_without_comment_keeps_the_header_as_forward() -> None:
    text = (
        "---------- Forwarded message ---------\nFrom: Jane Doe <jane@acme.example>\n"
        "Date: Tue\nSubject: Order 1042\nTo: bob@acme.example\n\nDoes it work?\n"
    )
    kinds = [s.kind for s in split(text, None, False, subject="Fwd: Order 1042")]
    assert kinds == [SpanKind.FORWARD, SpanKind.NEW]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Jane Doe <j@a.example>", [("j@a.example", "Jane Doe")]),
        ('"Doe, Jane" <j@a.example>', [("j@a.example", "Doe, Jane")]),
        ("Jane [mailto:j@a.example]", [("j@a.example", "Jane")]),
        (
            "j@a.example <j@a.example>; b@a.example",
            [("j@a.example", ""), ("b@a.example", "")],
        ),
        ("Jane (j@a.example)", [("j@a.example", "Jane")]),
        (
            "b@a.example, Jane <j@a.example>",
            [("b@a.example", ""), ("j@a.example", "Jane")],
        ),
        ("Jane Doe", []),
        ("", []),
    ],
)
def test_mailboxes_as_clients_write_them(
    written: str, expected: list[tuple[str, str]]
) -> None:
    assert [(m.address, m.name) for m in mailboxes(written)] == expected


LINES = st.sampled_from(
    [
        *("---------- Forwarded message ---------", "From: a <a@b.c>", "To: b@c.d"),
        *("Subject: x", "Date: 1 Jan 2025 10:00 +99:99", "", "> From: x", "body", "> "),
        *("----- Forwarded Message ----- From: a@b To: c Sent: 1 Subject: d", "From:"),
        *(
            "On 1.1.2025 10:00 a@b.c wrote:",
            "Begin forwarded message:",
            "<mailto:>",
            "<",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(LINES, st.text(max_size=40)), max_size=25),
    st.sampled_from(["", "Fwd: x", "Re: y"]),
)
def test_no_text_raises(lines: list[str], subject: str) -> None:
    found = forward("\n".join(lines), subject)
    assert found is None or isinstance(found, Forwarded)
