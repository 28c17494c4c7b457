"""New text, quotes and signatures, over languages, clients and hostile input."""

from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailroom.message.html import render
from mailroom.message.model import SpanKind
from mailroom.message.quoting import split

ATTRIBUTIONS = {
    "en gmail": "On Tue, Jan 14, 2025 at 10:42 AM Jane Doe <jane@acme.example> wrote:",
    "en gmail gb": "On Tue, 14 Jan 2025 at 10:42, Jane Doe <jane@acme.example> wrote:",
    "en apple": "On 14 Jan 2025, at 10:42, Jane Doe <jane@acme.example> wrote:",
    "en thunderbird": "On 14/01/2025 10:42, Jane Doe wrote:",
    "en yahoo": "On Tuesday, January 14, 2025 at 10:42:11 AM GMT+1, Jane <j@a.example> wrote:",
    "en proton": "On Tuesday, January 14th, 2025 at 10:42 AM, Jane <j@acme.example> wrote:",
    "en outlook mac": 'On 1/14/25, 10:42 AM, "Jane Doe" <jane@acme.example> wrote:',
    "en zoho": "---- On Tue, 14 Jan 2025 10:42:11 +0100 Jane<j@acme.example> wrote ----",
    "en zoho new": "---- On Tue, 14 Jan 2025 10:42:11 +0100 Jane <j@acme.example> wrote ---",
    "en horde": "Quoting Jane Doe <jane@acme.example>:",
    "en android": "---- Jane Doe wrote ----",
    "en notes": "Jane Doe <jane@acme.example> wrote on 01/14/2025 10:42:11 AM:",
    "de gmail": "Am Di., 14. Jan. 2025 um 10:42 Uhr schrieb Jane Doe <jane@acme.example>:",
    "de thunderbird": "Am 14.01.2025 um 10:42 schrieb Jane Doe:",
    "de apple": "Am 14.01.2025 um 10:42 schrieb Jane Doe <jane@acme.example>:",
    "de notes": "Jane Doe <jane@acme.example> schrieb am 14.01.2025 10:42:11:",
    "fr gmail": "Le mar. 14 janv. 2025 à 10:42, Jane Doe <jane@acme.example> a écrit :",
    "fr thunderbird": "Le 14/01/2025 à 10:42, Jane Doe a écrit\xa0:",
    "es gmail": "El mar, 14 ene 2025 a las 10:42, Jane Doe (<jane@acme.example>) escribió:",
    "es thunderbird": "El 14/1/25 a las 10:42, Jane Doe escribió:",
    "it gmail": "Il giorno mar 14 gen 2025 alle ore 10:42 Jane <j@acme.example> ha scritto:",
    "it thunderbird": "Il 14/01/2025 10:42, Jane Doe ha scritto:",
    "nl gmail": "Op di 14 jan 2025 om 10:42 schreef Jane Doe <jane@acme.example>:",
    "nl apple": "Op 14 jan. 2025 om 10:42 heeft Jane <j@acme.example> het volgende geschreven:",
    "pt gmail": "Jane Doe <jane@acme.example> escreveu no dia terça, 14/01/2025 à(s) 10:42:",
    "pt-BR gmail": "Em ter., 14 de jan. de 2025 às 10:42, Jane <j@acme.example> escreveu:",
    "pl gmail": "wt., 14 sty 2025 o 10:42 Jane Doe <jane@acme.example> napisał(a):",
    "pl thunderbird": "W dniu 14.01.2025 o 10:42, Jane Doe pisze:",
    "sv gmail": "Den tis 14 jan. 2025 kl 10:42 skrev Jane Doe <jane@acme.example>:",
    "sv apple": "14 jan. 2025 kl. 10:42 skrev Jane Doe <jane@acme.example>:",
    "da gmail": "Den tirs. 14. jan. 2025 kl. 10.42 skrev Jane Doe <jane@acme.example>:",
    "no gmail": "tir. 14. jan. 2025 kl. 10:42 skrev Jane Doe <jane@acme.example>:",
    "fi gmail": "ti 14. tammik. 2025 klo 10.42 Jane Doe (jane@acme.example) kirjoitti:",
    "cs gmail": "út 14. 1. 2025 v 10:42 odesílatel Jane <jane@acme.example> napsal:",
    "sk gmail": "ut 14. 1. 2025 o 10:42 Jane Doe <jane@acme.example> napísal(a):",
    "hu gmail": "Jane <jane@acme.example> ezt írta (időpont: 2025. jan. 14., K, 10:42):",
    "ro gmail": "mar., 14 ian. 2025 la 10:42, Jane Doe <jane@acme.example> a scris:",
    "ru gmail": "вт, 14 янв. 2025 г. в 10:42, Jane Doe <jane@acme.example>:",
    "ru thunderbird": "14.01.2025 10:42, Jane Doe пишет:",
    "ru mail.ru": "Вторник, 14 января 2025, 10:42 +03:00 от Jane <jane@acme.example>:",
    "uk gmail": "вт, 14 січ. 2025 р. о 10:42 Jane Doe <jane@acme.example> пише:",
    "tr gmail": "Jane <jane@acme.example>, 14 Oca 2025 Sal, 10:42 tarihinde şunu yazdı:",
    "el gmail": "Στις Τρί 14 Ιαν 2025 στις 10:42 π.μ., ο χρήστης Jane <j@a.example> έγραψε:",
    "ja gmail": "2025年1月14日(火) 10:42 Jane Doe <jane@acme.example>:",
    "ja apple": "2025/01/14 10:42、Jane Doe <jane@acme.example>のメール:",
    "zh-CN gmail": "Jane Doe <jane@acme.example> 于2025年1月14日周二 10:42写道：",
    "zh-TW gmail": "Jane Doe <jane@acme.example> 於 2025年1月14日 週二 上午10:42寫道：",
    "ko gmail": "2025년 1월 14일 (화) 오전 10:42, Jane Doe <jane@acme.example>님이 작성:",
    "he gmail": "\u202bבתאריך יום ג׳, 14 בינו׳ 2025 ב-10:42 מאת "
    "\u202aJane\u202c\u200f <\u202ajane@acme.example\u202c\u200f>:\u202c",
    "ar gmail": "في الثلاثاء، 14 يناير 2025 في 10:42 ص تمت كتابة ما يلي بواسطة "
    "Jane <j@a.example>:",
    "vi gmail": "Vào Th 3, 14 thg 1, 2025 vào lúc 10:42 Jane <jane@acme.example> đã viết:",
    "id gmail": "Pada tanggal Sel, 14 Jan 2025 pukul 10.42 Jane <j@acme.example> menulis:",
    "hr gmail": "uto, 14. sij 2025. u 10:42 Jane Doe <jane@acme.example> napisao je:",
    "bg gmail": "На вт, 14.01.2025 г. в 10:42 Jane Doe <jane@acme.example> написа:",
    "et gmail": "Kontakt Jane (<j@acme.example>) kirjutas kuupäeval "
    "T, 14. jaanuar 2025 kell 10:42:",
    "lt gmail": "2025-01-14, an, 10:42 Jane Doe <jane@acme.example> rašė:",
    "lv gmail": "otrd., 2025. g. 14. janv., plkst. 10:42 — lietotājs "
    "Jane (<j@a.example>) rakstīja:",
    "sl gmail": "V V tor., 14. jan. 2025 ob 10:42 je oseba Jane <j@acme.example> napisala:",
    "ca gmail": "Missatge de Jane <jane@acme.example> del dia dt., 14 de gen. 2025 a les 10:42:",
    "th gmail": "ในวันที่ อ. 14 ม.ค. 2025 เวลา 10:42 Jane <jane@acme.example> เขียนว่า:",
    "pl apple": "Wiadomość napisana przez Jane <j@acme.example> w dniu 14 sty 2025, o godz. 10:42:",
    "gl gmail": "O mar, 14 xan 2025 ás 10:42, Jane Doe (<jane@acme.example>) escribiu:",
    "fa gmail": "در تاریخ سه‌شنبه ۱۴ ژانویهٔ ۲۰۲۵، ۱۰:۴۲ Jane <jane@acme.example> نوشت:",
    "hi gmail": "मंगल, 14 जन॰ 2025 को 10:42 am बजे को Jane <j@acme.example> ने लिखा:",
    "bn gmail": "মঙ্গল, ১৪ জানু, ২০২৫ তারিখে ১০:৪২ AM টায় তে Jane <j@a.example> লিখেছেন:",
    "ko thunderbird": "2025-01-14 오전 10:42에 Jane Doe 이(가) 쓴 글:",
    "ru roundcube": "Jane Doe писал 2025-01-14 10:42:",
    "uk roundcube": "Jane Doe писав 2025-01-14 10:42:",
    "zh-TW outlook mac": "Jane Doe <jane@acme.example> 於 2025/1/14 上午10:42 寫入：",
    "ja outlook mac": '2025/01/14 10:42 に、"Jane" <jane@acme.example> を書き込みました:',
    "de tutanota": "14. Jan. 2025, 10:42 von jane@acme.example:",
    "en the bat": "Tuesday, January 14, 2025, 10:42:11 AM, you wrote:",
    "sr gmail": "уто, 14. јан 2025. у 10:42 Jane <jane@acme.example> је написао/ла:",
}
# From, sent, to, subject as Outlook for Windows writes them.
HEADER_LABELS = {
    "en": ("From", "Sent", "To", "Subject"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "es": ("De", "Enviado el", "Para", "Asunto"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "pt": ("De", "Enviado", "Para", "Assunto"),
    "pt-BR": ("De", "Enviada em", "Para", "Assunto"),
    "pl": ("Od", "Wysłano", "Do", "Temat"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "no": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět"),
    "sk": ("Od", "Odoslané", "Komu", "Predmet"),
    "hu": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "ro": ("De la", "Trimis", "Către", "Subiect"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "uk": ("Від", "Надіслано", "Кому", "Тема"),
    "tr": ("Kimden", "Gönderildi", "Kime", "Konu"),
    "el": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh-CN": ("发件人", "发送时间", "收件人", "主题"),
    "zh-TW": ("寄件者", "寄件日期", "收件者", "主旨"),
    "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
    "he": ("מאת", "נשלח", "אל", "נושא"),
    "ar": ("من", "تم الإرسال", "إلى", "الموضوع"),
    "vi": ("Từ", "Đã gửi", "Đến", "Chủ đề"),
    "id": ("Dari", "Dikirim", "Kepada", "Subjek"),
    "hr": ("Šalje", "Poslano", "Prima", "Predmet"),
    "sl": ("Od", "Poslano", "Za", "Zadeva"),
    "bg": ("От", "Изпратено", "До", "Относно"),
    "et": ("Saatja", "Saadetud", "Adressaat", "Teema"),
    "lt": ("Nuo", "Išsiųsta", "Kam", "Tema"),
    "lv": ("No", "Nosūtīts", "Kam", "Temats"),
    "th": ("จาก", "ส่ง", "ถึง", "เรื่อง"),
    "ca": ("De", "Enviat", "Per a", "Tema"),
}
ORIGINAL_MARKERS = (
    "-----Original Message-----",
    "-------- Original Message --------",
    "-----Ursprüngliche Nachricht-----",
    "-----Message d'origine-----",
    "-----Mensaje original-----",
    "-----Messaggio originale-----",
    "-----Oorspronkelijk bericht-----",
    "-----Mensagem original-----",
    "-----Ursprungligt meddelande-----",
    "-----Oprindelig meddelelse-----",
    "-----Opprinnelig melding-----",
    "-----Alkuperäinen viesti-----",
    "-----Původní zpráva-----",
    "-----Pôvodná správa-----",
    "-----Eredeti üzenet-----",
    "-----Mesaj original-----",
    "-----Исходное сообщение-----",
    "-----Özgün İleti-----",
    "-----Αρχικό μήνυμα-----",
    "-----邮件原件-----",
    "-----原始郵件-----",
    "-----원본 메시지-----",
    "-----הודעה מקורית-----",
    "-----الرسالة الأصلية-----",
    "-----Izvorna poruka-----",
)
MOBILE = (
    "Sent from my iPhone",
    "Sent from Outlook for iOS <https://aka.ms/o0ukef>",
    "Get Outlook for Android<https://aka.ms/AAb9ysg>",
    "Sent from Yahoo Mail on Android",
    "Sent from Mail for Windows",
    "Get BlueMail for Android",
    "Sent on the move",
    "Von Samsung Mobile gesendet",
    "Inviata da Tiscali Mail",
    "Pobierz aplikację Outlook dla systemu iOS",
    "Obțineți Outlook pentru iOS",
    "Получить Outlook для iOS<https://aka.ms/o0ukef>",
    "Αποκτήστε το Outlook για iOS",
    "iOS版Outlookを入手",
    "取得 iOS 版 Outlook",
    "发自新浪邮箱客户端",
    "احصل على Outlook لـ iOS",
    "קבל את Outlook עבור iOS",
    "ارسال شده از iPhone من",
    "मेरे iPhone से भेजा गया",
    "Sent with Proton Mail secure email.",
    "Sent from my phone, please excuse brevity.",
    "Von meinem iPhone gesendet",
    "Von meinem Samsung Galaxy Smartphone gesendet.",
    "Gesendet von Mail für Windows",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Wysłane z iPhone'a",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Odesláno z iPhonu",
    "Odoslané z iPhonu",
    "Trimis de pe iPhone-ul meu",
    "Отправлено с iPhone",
    "Надіслано з iPhone",
    "iPhone'umdan gönderildi",
    "Στάλθηκε από το iPhone μου",
    "iPhoneから送信",
    "发自我的iPhone",
    "從我的 iPhone 傳送",
    "나의 iPhone에서 보냄",
    "נשלח מה-iPhone שלי",
    "تم الإرسال من الـ iPhone",
    "Đã gửi từ iPhone của tôi",
    "Dikirim dari iPhone saya",
    "Poslano s mog iPhonea",
)


def new_text(text: str, subject: str = "Re: Order") -> str:
    spans = split(text, None, False, subject=subject)
    return "".join(
        text[s.start : s.end] for s in spans if s.kind is SpanKind.NEW
    ).strip()


def new_of_html(markup: str, subject: str = "Re: Order") -> str:
    rendered = render(markup)
    spans = split(rendered.text, rendered, True, subject=subject)
    kept = [s for s in spans if s.kind is SpanKind.NEW]
    return "".join(rendered.text[s.start : s.end] for s in kept).strip()


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_attribution_begins_the_quote_below_the_reply(line: str) -> None:
    assert new_text(f"Thanks, it works.\n\n{line}\n\n> Does it?\n> Jane\n") == (
        "Thanks, it works."
    )


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_attribution_without_quote_marks_begins_the_quote(line: str) -> None:
    assert new_text(f"Thanks, it works.\n\n{line}\n\nDoes it?\nJane\n") == (
        "Thanks, it works."
    )


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_wrapped_attribution_is_joined(line: str) -> None:
    words = line.split(" ")
    cut = len(words) * 2 // 3
    wrapped = " ".join(words[:cut]) + "\n" + " ".join(words[cut:])
    assert new_text(f"Thanks, it works.\n\n{wrapped}\n\n> Does it?\n> Jane\n") == (
        "Thanks, it works."
    )


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_answer_below_an_attributed_quote_is_new(line: str) -> None:
    assert new_text(f"{line}\n> Does it?\n> Jane\n\nYes, it does.\n") == "Yes, it does."


@pytest.mark.parametrize("labels", HEADER_LABELS.values(), ids=HEADER_LABELS)
@pytest.mark.parametrize("style", ["{}: {}", "*{}:* {}", "{} : {}"])
def test_header_block_begins_the_quote(labels: tuple[str, ...], style: str) -> None:
    values = (
        "Jane Doe <jane@acme.example>",
        "14. 1. 2025 10:42",
        "Support <help@desk.example>; Bob <bob@acme.example>",
        "RE: Order 1042",
    )
    block = "\n".join(map(style.format, labels, values))
    assert new_text(f"It works.\n\n{block}\n\nDoes it?\n\nJane\n") == "It works."


@pytest.mark.parametrize("marker", ORIGINAL_MARKERS)
def test_original_message_marker_begins_the_quote(marker: str) -> None:
    block = "From: Jane <j@acme.example>\nSent: 14.01.2025 10:42\nTo: Help"
    assert new_text(f"It works.\n\n{marker}\n{block}\n\nDoes it?\n") == "It works."


@pytest.mark.parametrize("line", MOBILE)
def test_line_of_a_mobile_client_is_signature(line: str) -> None:
    text = f"It works.\n\n{line}\n\nOn 14/01/2025 10:42, Jane wrote:\n> Does it?\n"
    assert new_text(text) == "It works."
    assert new_text(f"It works.\n\n{line}\n") == "It works."


@pytest.mark.parametrize(
    "text",
    [
        "On Monday she wrote: the printer is broken.\nPlease help.",
        "On Monday she wrote:\nthe printer is broken.\nPlease help.",
        "My colleague wrote:\n\nplease send the invoice.\n\nCan you?",
        "Steps:\n1. open it\n2. close it\n\n---\n\nThen it crashes at 10:42.",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nThat is the table.",
        "The prompt shows:\n> npm install\nand nothing happens.",
        "Try this:\n\n>>> import os\n>>> os.name\n'posix'\n",
        "From: Berlin\nI travel to Rome next week.\nIs that covered?",
        "From 10:00 to 11:00 the server was down.\nSubject to change: yes.",
        "Date: tomorrow\nPlace: Rome\n\nSee you there!",
        "Sent from my desk, is much easier than from my mobile phone.",
        "I have two questions:\n\n1. When?\n2. Where?\n\nRegards,\nBob",
        "Please forward this message to Ann:\n\nthe order 12 is late.",
        "Name: Bob\nEmail: bob@acme.example\nSubject: Broken\nMessage: It is broken.",
        "To: do list\n- a\n- b",
        "We met on 14.01.2025 and the customer said: no.\nWhat now?",
        "Am 14.01.2025 um 10:42 fiel der Server aus.\nBitte prüfen: Port 443.",
        "Sent the parcel on Monday.\nDid it arrive?",
        "Please note:\n- at 10:00 John <j@acme.example> wrote:\n  nothing\n\nBob",
        "Meeting on 14.01.2025 10:00, room 2, bob@acme.example:\nagenda",
        "2025-01-14 10:00:00 ERROR mail to bob@acme.example:\n  failed",
        "Contact: bob@acme.example\nPhone: 12\nFrom: Berlin",
    ],
)
def test_ordinary_text_is_kept_whole(text: str) -> None:
    assert new_text(text, subject="Order") == text.strip()
    assert new_text(text, subject="Re: Order") == text.strip()


PROSE = (
    "On 14.01.2025 we wrote:",
    "On January 14, 2025 your colleague Mr. Smith said:",
    "On 14/01/2025 10:42 I wrote to info@desk.example:",
    "Am Montag, 14. Januar 2025 um 10:42 haben Sie geschrieben:",
    "Le 14 janvier 2025 à 10:42 vous avez écrit :",
    "El 14 de enero de 2025 me escribió su colega:",
    "14 января 2025 г. в 10:42 ваш менеджер написал:",
    "Den 14 januari 2025 skrev ni i avtalet:",
    "Op 14 januari 2025 om 10:42 schreef uw collega in de chat:",
)


@pytest.mark.parametrize("sentence", PROSE)
def test_sentence_about_a_mail_is_no_attribution(sentence: str) -> None:
    text = f"Hello,\n\n{sentence}\n\nthe part comes on Friday.\n\nIt did not."
    assert new_text(text, subject="Order") == text
    assert new_text(text) == text
    assert new_text(text, subject="Fwd: Order") == text


@pytest.mark.parametrize("sentence", PROSE)
def test_sentence_about_a_mail_above_its_quote_announces_it(sentence: str) -> None:
    quoted = "".join(f"> line {number}\n" for number in range(20))
    assert "line 7" not in new_text(f"Hello,\n\n{sentence}\n{quoted}\nIt did not.")


@pytest.mark.parametrize(
    "text",
    [
        "Please book:\n\nFrom: Berlin\nTo: Munich\nDate: 14.01.2025\nPersons: 2\n\nBob",
        "From: Berlin 10:42\nTo: Munich 14:42\nSubject: refund\n\nPlease pay it back.",
        "Invoice\n\nFrom: Acme Ltd\nTo: Bob GmbH\nDate: 14.01.2025\nSubject: Order\n\n1 lamp",
        "Order\n=====\nFrom: shop 14\nDate: 14.1.2025\nTo: home\n",
        "The headers:\n\nReceived: from mx by host; Tue, 14 Jan 2025 10:42:11 +0100\n"
        "From: Jane <j@acme.example>\nTo: h@desk.example\nSubject: Order\n"
        "Date: Tue, 14 Jan 2025 10:42:11 +0100\n\nWhy did it bounce?",
        "It must be\n> 100 EUR\nin all.\nAnd menu -> File\n> Save as does nothing",
        "Hello\n\n--\nCan you tell me the price?",
        "Question one?\n\n______________________\n\nQuestion two: does it work at night?",
        "The first machine is fine.\n--\nThe second machine is broken, and it has been so "
        "since you were here. Please send a technician to our other site as well.",
        "The diff:\n\n--- original\n+++ changed\n@@ -1 +1 @@\n-x\n+y\n\nApply it, please.",
        "Type it above this line, they said.\nWhich line?",
        "Получить Outlook для iOS на новом телефоне не удаётся",
        "谢谢你们。\n\n发自内心的感谢",
        "How do I get it?\n\nGet Outlook for iOS or for Android?",
        "First part.\n\n____________________\n\nThis is the second part of the same mail.\n\n"
        "Best regards,\nBob",
        "Was this mail ever forwarded?\n\nForwarded message:\nI do not see it.",
        "The menu says ----- Original size ----- and nothing else.",
    ],
)
def test_text_that_looks_like_mail_is_kept_whole(text: str) -> None:
    assert new_text(text, subject="Order") == text.strip()
    assert new_text(text, subject="Re: Order") == text.strip()


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_last_line_above_an_attribution_is_kept(line: str) -> None:
    assert new_text(f"It works.\nThank you!\n{line}\n> Does it?\n> Jane\n") == (
        "It works.\nThank you!"
    )


def test_words_on_the_line_of_the_attribution_are_kept() -> None:
    said = "On Tue, 14 Jan 2025 at 10:42, Jane <jane@acme.example> wrote:"
    assert new_text(f"Perfect. {said}\n> Does it?\n") == "Perfect."
    assert new_text(f"Hi,\nyes--- {said}\n> Does it?\n") == "Hi,\nyes"
    assert new_text(f"Perfect.  {said}\n\nDoes it?\n") == "Perfect."


@pytest.mark.parametrize(
    "glued",
    [
        "-----Original Message----- From: Jane <j@a.example> Sent: Tuesday, January 14, "
        "2025 10:42 AM To: Help Subject: Order Does it?",
        "-------- Original Message --------\nFrom: Jane <j@a.example>\nDate: 14.01.2025\n\nx",
    ],
)
def test_words_on_the_line_of_the_marker_are_kept(glued: str) -> None:
    assert new_text(f"Hi, it works.{glued}") == "Hi, it works."
    assert new_text(f"Hi,\nit works: {glued}") == "Hi,\nit works:"


WARNINGS = (
    "CAUTION: This email originated from outside of the organization. Do not click links "
    "or open attachments unless you know the sender.",
    "*** EXTERNAL SENDER ***\nDo not open links or attachments from senders unknown to you.",
    "You don't often get email from jane@acme.example. Learn why this is important"
    "<https://aka.ms/LearnAboutSenderIdentification>",
    "ACHTUNG: Diese E-Mail stammt von einem externen Absender. Öffnen Sie keine Anhänge.",
    "ATTENTION : ce message provient d'un expéditeur externe. Ne cliquez sur aucun lien.",
)


@pytest.mark.parametrize("warning", WARNINGS)
def test_warning_of_a_gateway_above_a_mail_is_not_its_text(warning: str) -> None:
    assert new_text(f"{warning}\n\nIt works.\n\nBob\n") == "It works.\n\nBob"
    assert new_text(f"\n{WARNINGS[0]}\n\n{warning}\n\nIt works.\n") == "It works."
    text = f"{warning}\n\nOn 14/01/2025 10:42, Jane wrote:\n> Does it?\n"
    assert "Does it" not in new_text(text)
    assert new_text(warning) == warning


@pytest.mark.parametrize(
    "text",
    [
        "Caution: the external door is broken. Do not open it.\n\nBob",
        "Attention: links in your last newsletter are broken and do not work.\n\nBob",
        "External monitors do not work with the attached cable.\n\nWhat now?",
        "We had this: CAUTION: This email originated from outside of the organization. Do "
        "not click links.\n\nWhy?",
    ],
)
def test_warning_of_a_person_is_text(text: str) -> None:
    assert new_text(text) == text


def test_quote_behind_a_byte_order_mark_is_a_quote() -> None:
    text = "On 14/01/2025 10:42, Jane wrote:\n\ufeff> Does it?\n\nIt works."
    assert new_text(text) == "It works."


def test_mail_of_tobit_david_begins_the_quote() -> None:
    text = (
        "It works.\n\nOriginal Message processed by david®\nLamp 14. Januar 2025, 10:42 Uhr\n"
        "Von Jane Doe\nAn Help\n\nDoes it?"
    )
    assert new_text(text) == "It works."


def test_name_below_a_rule_of_long_dashes_is_a_signature() -> None:
    assert new_text("好的。\n\n——————————————\n\n小满\n活动协调人\n") == "好的。"


def test_quoted_line_that_was_wrapped_is_no_answer() -> None:
    text = (
        "It works.\n\nOn 14/01/2025 10:42, Jane wrote:\n> The machine that you sent to us in "
        "the last week makes a noise that\nnobody understands.\n> Does it work?\n"
    )
    assert new_text(text) == "It works."
    asked = text.replace("that\nnobody understands", "that?\nYes, it does")
    assert "Yes, it does" in new_text(asked)


@pytest.mark.parametrize(
    "block",
    [
        "*From:* jane@acme.example [mailto:\njane@acme.example]\n*Sent:* Tuesday, January 14,"
        "\n2025 10:42 AM\n*To:* help@desk.example\n*Subject:* Order",
        "From: Jane <j@acme.example>\nSent: 14.01.2025 10:42\nTo: Ann <a@a.example>; Bob\n"
        "Maier <b@a.example>; Carl\nSmith <c@a.example>\nSubject: Order",
    ],
)
def test_header_block_with_wrapped_fields_begins_the_quote(block: str) -> None:
    assert new_text(f"It works.\n\n{block}\n\nDoes it?\n") == "It works."


@pytest.mark.parametrize(
    "marker",
    [
        "##- Please type your reply above this line -##",
        "##- Répondez au-dessus de cette ligne -##",
        "--- Reply above this line ---",
        "-- WRITE ABOVE THIS LINE TO REPLY --",
    ],
)
def test_marker_of_another_helpdesk_begins_the_quote_or_its_own_mail(
    marker: str,
) -> None:
    assert new_text(f"It works.\n\n{marker}\n\nDoes it?\n") == "It works."
    assert new_text(f"{marker}\n\nWe have repaired it.\n\nAcme\n") == (
        "We have repaired it.\n\nAcme"
    )


def test_fields_above_an_attribution_belong_to_it() -> None:
    text = (
        "It works.\n\n----------------\nКому: help (h@desk.example);\nТема: Order;\n"
        '14.01.2025, 10:42, "Jane" <j@acme.example>:\n\n> Does it?\n'
    )
    assert new_text(text) == "It works."


def test_inline_answers_are_kept_with_their_questions() -> None:
    text = (
        "Hi Jane,\n\nOn 14/01/2025 10:42, Jane wrote:\n> Does it work?\n\n"
        "Yes, since this morning it works on every machine.\n\n> And the old one?\n\n"
        "We threw it away.\n\nBob\n"
    )
    new = new_text(text)
    assert "Yes, since" in new
    assert "We threw it away." in new
    assert "wrote:" not in new


def test_long_quote_between_greeting_and_answer_is_a_quote() -> None:
    quoted = "".join(f"> line {n}\n" for n in range(40))
    text = f"Hi,\n\nOn 14/01/2025 10:42, Jane wrote:\n{quoted}\nThe answer is yes.\n"
    assert "line 7" not in new_text(text)
    assert "The answer is yes" in new_text(text)


def test_text_above_and_below_outlooks_separator() -> None:
    text = (
        "It works.\n\n________________________________\nFrom: Jane <j@a.example>\n"
        "Sent: Tuesday, January 14, 2025 10:42 AM\nTo: Help <h@d.example>\n"
        "Subject: Order\n\nDoes it?"
    )
    assert new_text(text) == "It works."


def test_delimiter_begins_the_signature() -> None:
    assert new_text("It works.\n\n-- \nBob\nAcme Ltd\n") == "It works."
    text = "It works.\n-- \nBob\n\nOn 14/01/2025 10:42, Jane wrote:\n> Does it?\n"
    assert new_text(text) == "It works."


def test_long_text_below_two_dashes_is_text() -> None:
    text = "First part\n--\n" + "More of it, said at length.\n" * 40
    assert new_text(text) == text.strip()


def test_closing_formula_with_name_is_signature() -> None:
    assert new_text("Es geht.\n\nMit freundlichen Grüßen\nBob Maier\n") == "Es geht."
    kept = "Es geht.\n\nMit freundlichen Grüßen\nBob\n\nPS: Wann kommt die Rechnung?"
    assert new_text(kept) == kept


@pytest.mark.parametrize(
    "marker",
    [
        "## Please write your reply above this line ##",
        "-- write your reply above this line --",
        "-- Bitte schreiben Sie Ihre Antwort über diese Zeile --",
    ],
)
def test_reply_marker_begins_the_quote(marker: str) -> None:
    assert new_text(
        f"Works.\n\nXyz 14.1.2025 zzz help@d.example:\n{marker}\nOld\n"
    ) == ("Works.")


def test_bare_quote_reply_has_no_new_text() -> None:
    assert new_text("On 14/01/2025 10:42, Jane wrote:\n> Does it?\n> Jane\n") == ""


def test_quote_alone_without_attribution_is_kept() -> None:
    assert new_text("> Does it?\n") == "> Does it?"


def test_forward_alone_keeps_its_words() -> None:
    text = (
        "---------- Forwarded message ---------\nFrom: Jane <j@acme.example>\n"
        "Date: Tue, 14 Jan 2025\nSubject: Order\nTo: Bob <b@acme.example>\n\nDoes it?\n"
    )
    assert new_text(text, subject="Fwd: Order") == "Does it?"


def test_forward_that_is_all_header_is_kept() -> None:
    text = "---------- Forwarded message ---------\nFrom: Jane <j@a.example>\nDate: x\n"
    assert new_text(text, subject="Fwd: Order") == text.strip()


HTML_REPLIES = {
    "gmail": '<div dir="ltr">It works.</div><br><div class="gmail_quote '
    'gmail_quote_container"><div dir="ltr" class="gmail_attr">On Tue, Jan 14, 2025 at '
    '10:42 AM Jane &lt;<a href="mailto:j@a.example">j@a.example</a>&gt; wrote:<br></div>'
    '<blockquote class="gmail_quote" style="margin:0px"><div>Does it?</div></blockquote>'
    "</div>",
    "outlook web": '<div class="elementToProof">It works.</div><div id="appendonsend">'
    '</div><hr><div id="divRplyFwdMsg" dir="ltr"><font><b>Xyz:</b> Jane<br><b>Abc:</b> '
    "Tuesday</font><div>&nbsp;</div></div><div>Does it?</div>",
    "outlook windows": "<div class=WordSection1><p class=MsoNormal>It works.<o:p></o:p>"
    "</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style='border:none;border-top:"
    "solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p class=MsoNormal><b>Avsändare:</b> "
    "Jane<br><b>Xx:</b> tisdag<br><b>Yy:</b> Bob<o:p></o:p></p></div></div>"
    "<p class=MsoNormal>Does it?<o:p></o:p></p></div>",
    "apple": '<html><body>It works.<br><div><br><blockquote type="cite"><div>On 14 Jan '
    "2025, at 10:42, Jane &lt;j@a.example&gt; wrote:</div><br><div>Does it?</div>"
    "</blockquote></div></body></html>",
    "thunderbird": '<p>It works.</p><div class="moz-cite-prefix">Qq 14.01.2025:<br></div>'
    '<blockquote type="cite" cite="mid:x@y"><p>Does it?</p></blockquote>',
    "yahoo": '<div class="ydp1yahoo-style-wrap"><div>It works.</div></div><div '
    'id="yahoo_quoted_123" class="yahoo_quoted"><div>Xx Jane:</div><div>Does it?</div>'
    "</div>",
    "proton": '<div>It works.</div><div class="protonmail_signature_block">Sent with '
    '<a href="https://proton.me/">Proton Mail</a> secure email.</div><div '
    'class="protonmail_quote">On Tuesday Jane wrote:<br><blockquote '
    'class="protonmail_quote" type="cite">Does it?</blockquote></div>',
    "zoho": '<div>It works.</div><div class="zmail_extra"><div>Jane Qq Tuesday</div>'
    "<blockquote>Does it?</blockquote></div>",
    "outlook mac": '<div>It works.</div><span id="OLK_SRC_BODY_SECTION"><div>Qq: Jane'
    "</div><div>Does it?</div></span>",
    "gmx": '<div>It works.<div>&nbsp;</div><div name="quote" style="margin:10px">'
    '<div>Gesendet: x</div><div name="quoted-content">Does it?</div></div></div>',
}


HTML_REPLIES |= {
    "hotmail": '<div>It works.<br><div><hr id="stopSpelling">Xx: j@a.example<br>Yy: help<br>'
    "<br>Does it?</div></div>",
    "em client": '<div>It works.</div><div id="signature_old">Bob</div><div>------ Original '
    'Message ------</div><div>From "Jane" &lt;j@a.example&gt;</div><div>Date 14.01.2025 10:42'
    '</div><blockquote type="cite" class="cite2">Does it?</blockquote>',
    "mailspring": "<div>It works.</div><br><signature>Bob</signature><div>On Jan 14 2025, at "
    "10:42 am, Jane &lt;j@a.example&gt; wrote:</div><blockquote>Does it?</blockquote>",
    "qq in english": "<div>It works.</div><div>------------------ Original --------------"
    "----</div><div>From: Jane</div><div>Date: Tue, Jan 14, 2025 10:42 AM</div><div>Subject: "
    "Order</div><div>Does it?</div>",
}
BARE_BLOCKS = {
    "name alone": "<div>It works.</div><div>Jane Doe wrote:</div><blockquote>Does it?"
    "</blockquote>",
    "unknown language": "<div>It works.</div><div>Dé Máirt 14 Ean 2025 ag 10:42, rinne Jane "
    "&lt;j@a.example&gt; an méid seo:</div><blockquote>Does it?</blockquote>",
}


@pytest.mark.parametrize("markup", HTML_REPLIES.values(), ids=HTML_REPLIES)
def test_markup_shows_the_quote(markup: str) -> None:
    assert new_of_html(markup) == "It works."


@pytest.mark.parametrize("markup", HTML_REPLIES.values(), ids=HTML_REPLIES)
def test_html_alternative_shows_the_quote_in_plain_text(markup: str) -> None:
    rendered = render(markup)
    plain = "It works.\n\nQq unknown words\nbefore the quote\n\n" + rendered.text[9:]
    spans = split(plain, rendered, False, subject="Re: Order")
    kept = "".join(plain[s.start : s.end] for s in spans if s.kind is SpanKind.NEW)
    assert kept.startswith("It works.")
    assert "Does it?" not in kept


def new_of_both(plain: str, markup: str) -> str:
    spans = split(plain, render(markup), False, subject="Re: Order")
    kept = "".join(plain[s.start : s.end] for s in spans if s.kind is SpanKind.NEW)
    return " ".join(kept.split())


def test_answer_below_the_quote_of_the_html_alternative_is_kept() -> None:
    quoted = "Does the machine work again? Please tell us."
    markup = f'<p>Hi.</p><blockquote type="cite">{quoted}</blockquote><p>Yes, it works.'
    assert new_of_both(f"Hi.\n\n{quoted}\n\nYes, it works.\n", markup) == (
        "Hi. Yes, it works."
    )
    below = f'<blockquote type="cite">{quoted}</blockquote><p>Yes, it works.'
    assert new_of_both(f"{quoted}\n\nYes, it works.\n", below) == "Yes, it works."


def test_answers_between_quotes_of_the_html_alternative_are_kept() -> None:
    asked = ("Does the first machine work?", "And what about the second one?")
    markup = "".join(
        f'<blockquote type="cite">{q}</blockquote><p>{a}</p>'
        for q, a in zip(asked, ("Yes, it does.", "No."), strict=True)
    )
    plain = f"{asked[0]}\nYes, it does.\n{asked[1]}\nNo.\n"
    new = new_of_both(plain, markup)
    assert "Yes, it does." in new
    assert new.endswith("No.")


def test_html_alternative_that_says_something_else_cuts_nothing() -> None:
    markup = (
        '<p>Hi.</p><blockquote type="cite">Other words than the text has</blockquote>'
    )
    plain = "Hi.\n\nThe words of the text are these.\n"
    assert new_of_both(plain, markup) == "Hi. The words of the text are these."


@pytest.mark.parametrize("markup", BARE_BLOCKS.values(), ids=BARE_BLOCKS)
def test_attribution_makes_a_quote_of_a_bare_block(markup: str) -> None:
    assert new_of_html(markup) == "It works."


def test_block_quote_without_attribution_is_text() -> None:
    said = "<p>He said:</p><blockquote>To be or not to be</blockquote><p>I agree.</p>"
    assert "To be" in new_of_html(said)


def test_answers_between_quotes_of_apple_mail_keep_their_questions() -> None:
    markup = (
        '<div>See below.</div><blockquote type="cite">On 14 Jan 2025, at 10:42, Jane '
        '&lt;j@a.example&gt; wrote:</blockquote><blockquote type="cite">Does it?</blockquote>'
        "<div>Yes, it does, on every machine since this morning.</div>"
        '<blockquote type="cite">And that?</blockquote><div>That too.</div>'
    )
    new = new_of_html(markup)
    assert "wrote:" not in new
    assert (
        new.split()
        == (
            "See below. Does it? Yes, it does, on every machine since this morning. "
            "And that? That too."
        ).split()
    )


def test_gmail_answers_between_quotes_are_new() -> None:
    markup = (
        '<div class="gmail_quote"><div class="gmail_attr">On 14 Jan 2025 at 10:42, Jane '
        '&lt;j@a.example&gt; wrote:</div><blockquote class="gmail_quote">Does it?'
        "</blockquote><div>Yes, it does since today.</div><blockquote "
        'class="gmail_quote">And that?</blockquote><div>That as well.</div></div>'
    )
    new = new_of_html(markup)
    assert "Yes, it does since today." in new
    assert "That as well." in new


PIECES = st.sampled_from(
    [
        *ATTRIBUTIONS.values(),
        *ORIGINAL_MARKERS[:3],
        *MOBILE[:4],
        *("> ", ">> a", "", "", "text", "From: a <a@b.c>", "To: b", "Subject: c"),
        *(
            "Sent: 1.1.2025",
            "-- ",
            "--",
            "________________",
            "|",
            "C> x",
            "\ufeff",
            "\t",
        ),
        *(
            "---------- Forwarded message ---------",
            "On",
            "wrote:",
            "MfG",
            "\x0b",
            "\r",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=30), st.text(max_size=9)
)
def test_spans_cover_any_text_exactly(pieces: list[str], subject: str) -> None:
    text = "\n".join(pieces)
    spans = split(text, None, False, subject=subject)
    assert "".join(text[s.start : s.end] for s in spans) == text
    assert all(a.end == b.start for a, b in pairwise(spans))
    assert all(s.start < s.end for s in spans)


@pytest.mark.parametrize("above", ["\u200e", "\ufeff\u200b", "\u202a\u202c"])
def test_line_without_anything_visible_above_an_attribution(above: str) -> None:
    line = ATTRIBUTIONS["en gmail"]
    assert new_text(f"It works.\n{above}\n{line}\n> Does it?").strip(above + "\n") == (
        "It works."
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *HTML_REPLIES.values(),
                "<p>x",
                *BARE_BLOCKS.values(),
                "<blockquote>x",
                "</div>",
                "&nbsp;",
                "1.1.2025 10:00:",
            ]
        )
    )
)
def test_spans_cover_any_rendered_text_exactly(pieces: list[str]) -> None:
    rendered = render("".join(pieces))
    spans = split(rendered.text, rendered, True)
    assert "".join(rendered.text[s.start : s.end] for s in spans) == rendered.text


def _seconds(text: str) -> float:
    """CPU time, the better of two runs: other work on the machine counts little."""
    took = []
    for _ in range(2):
        start = process_time()
        split(text, None, False)
        took.append(process_time() - start)
    return min(took)


@pytest.mark.parametrize(
    "unit",
    [
        *("On a a a ", "On a a a\n", "> ", ">\n", "> a\n", "From: a\n", "a wrote:\n"),
        *(
            "From: a\nTo: b\n",
            "-- \na\n",
            "-----Original Message-----\n",
            "\n",
            "a@b,\n",
        ),
        *("On 1.1.2025 10:00 a@b.c wrote:\n", "On 1.1.2025 wrote:\n> a\nb\n", "C>a\n"),
        "On 1.1.2025\n10:00\na@b.c\nwrote:\n",
    ],
)
def test_time_is_linear_in_the_text(unit: str) -> None:
    whole = unit * (400_000 // len(unit))
    quarter, full = _seconds(whole[: len(whole) // 4]), _seconds(whole)
    assert full < 1.5
    assert full < 8 * quarter + 0.2
