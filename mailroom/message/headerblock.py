"""Header blocks inside a text: "From: ... Sent: ... To: ... Subject: ..." of a quote.

The labels are those of Outlook, Apple Mail, Thunderbird, Gmail, Yahoo, Lotus Notes and
their kin in each language they are sold in. A block is told by its grammar (known
labels, one a line, an originator among them), never by one client's exact words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from re import IGNORECASE
from re import compile as pattern
from typing import Final
from unicodedata import normalize

from mailroom.message.line import Line

_LABELS: Final = {
    "from": (
        "from|von|absender|de|expéditeur|expediteur|da|mittente|van|afzender|från|"
        "avsändare|fra|avsender|afsender|lähettäjä|od|odesílatel|odosielateľ|nadawca|"
        "feladó|küldő|de la|expeditor|expeditorul|от|от кого|отправитель|від|"
        "відправник|kimden|gönderen|από|αποστολέας|差出人|送信者|送信元|发件人|"
        "寄件者|寄件人|發件人|보낸 사람|"
        "보낸사람|발신|מאת|من|المرسل|từ|người gửi|dari|pengirim|šalje|pošiljatelj|"
        "pošiljatel|saatja|kellelt|nuo|no|remitente|remetente|enviado por|de part de|"
        "จาก|از|شروع از|prima od|подател|пошиљалац|шаље|frá|از طرف|ze strany|"
        "siuntėjas|sūtītājs|igorlea|o|daripada|प्रेषक|од|nork"
    ),
    "to": (
        "to|an|empfänger|à|a|pour|destinataire|para|destinatario|destinatário|aan|"
        "till|mottagare|til|mottaker|modtager|vastaanottaja|kenelle|komu|pro|pre|do|"
        "adresat|címzett|către|catre|destinatar|destinatarul|la|кому|получатель|до|"
        "одержувач|kime|alıcı|προς|宛先|收件人|收件者|받는 사람|받는사람|수신|אל|ל|"
        "إلى|الى|đến|tới|"
        "người nhận|kepada|untuk|prima|za|primatelj|kellele|saaja|kam|kam:|per|ถึง|"
        "به|прима|получател|gavėjas|príjemca|příjemce|til:|прималац|adressaat|adresāts|"
        "adresātam|skirta|per a|ke|प्रति|за|nori"
    ),
    "cc": (
        "cc|kopie|kopie (cc)|kopia|kopi|kopio|copie|copie à|copia|cópia|kópia|"
        "másolat|másolatot kap|copia per conoscenza|копия|копія|копи|bilgi|κοιν|"
        "κοιν.|κοινοποίηση|抄送|副本|参照|참조|עותק|נסخة|نسخة|đồng gửi|tembusan|dw|ud|"
        "cópia para|c.c|c.c.|ccs|kop|kopija|สำเนา|kopie an|in kopie|afrit|como copia|"
        "con copia|koopia|bilgi (cc)|másolat (cc)|копие|кopija|نسخة إلى|สำเนาถึง|رونوشت|"
        "प्रतिलिपि|копија|sk|a/c|kp"
    ),
    "bcc": "bcc|cci|cco|ccn|bccs|blindkopie|dold kopia|blindkopi|piilokopio|"
    "скрытая копия|密送",
    "date": (
        "date|sent|sent on|sent at|datum|gesendet|gesendet am|date d'envoi|envoyé|"
        "envoyé le|envoye|fecha|enviado|enviado el|enviado em|enviada|enviada em|"
        "enviat|data|data invio|inviato|inviata|spedito|verzonden|verzonden op|"
        "skickat|skickad|dato|sendt|sendt den|lähetetty|päivämäärä|päiväys|pvm|"
        "odesláno|odoslané|dátum|odoslaná|wysłano|wyslano|wysłane|elküldve|küldve|"
        "küldés ideje|dată|trimis|trimisă|trimis la|data trimiterii|дата|отправлено|"
        "надіслано|відправлено|дата и время|gönderildi|gönderilme tarihi|"
        "gönderme tarihi|tarih|ημερομηνία|στάλθηκε|εστάλη|αποστολή|送信日時|日付|"
        "日時|发送时间|"
        "发送日期|日期|寄件日期|時間|时间|傳送日期|發送時間|보낸 날짜|날짜|보냄|"
        "발송일|נשלח|תאריך|تاريخ الإرسال|"
        "التاريخ|تم الإرسال|تاريخ|ngày|ngày gửi|đã gửi|tanggal|dikirim|terkirim|"
        "poslano|saadetud|kuupäev|kpv|išsiųsta|data ir laikas|nosūtīts|datums|дата:|"
        "วันที่|ส่ง|изпратено|послато|датум|sent:|sent date|când|sendt:|"
        "fecha de envío|dags|dags.|enviat el|saatmisaeg|dihantar|tarikh|भेजा गया|दिनांक|"
        "испратено|изпратен|изпратено на|poslato|ارسال شده|ส่งเมื่อ"
    ),
    "subject": (
        "subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp|ämne|emne|"
        "tittel|aihe|otsikko|předmět|predmet|temat|tárgy|subiect|subiectul|тема|konu|"
        "θέμα|件名|题目|主题|主旨|標題|主題|제목|נושא|الموضوع|موضوع|chủ đề|tiêu đề|"
        "subjek|perihal|"
        "naslov|teema|tema|temats|assumpte|เรื่อง|заглавие|относно|предмет|naslov|"
        "betr|betr.|re|gaia|efni|zadeva|tēma|विषय|наслов"
    ),
    "reply-to": (
        "reply-to|reply to|antwort an|antworten an|répondre à|responder a|"
        "responder para|rispondi a|risposta|antwoord aan|beantwoorden|svara till|"
        "svar til|vastausosoite|odpověď komu|odpovědět|odpowiedz do|válaszcím|"
        "răspunde către|răspunde la|обратный адрес|ответить|yanıtla|απάντηση σε|返信先|"
        "回复至|回覆|회신|השב אל|الرد إلى|trả lời|balas ke|odgovori na|odgovor na|"
        "відповісти"
    ),
    "other": (
        "importance|priority|wichtigkeit|priorität|importancia|importance :|"
        "prioridad|prioriteit|attachments|attachment|anlagen|anhang|anhänge|"
        "pièces jointes|pièce jointe|adjuntos|datos adjuntos|allegati|bijlagen|"
        "bilagor|bilaga|vedlegg|vedhæftede filer|liitteet|přílohy|prílohy|załączniki|"
        "mellékletek|вложения|ekler|添付ファイル|附件|첨부|קבצים מצורפים|anexos|"
        "organization|"
        "organisation|message-id|in-reply-to|references|return-path|delivered-to|"
        "user-agent|x-mailer|mime-version|content-type|resent-from|resent-to|"
        "resent-date|newsgroups|sensitivity|categories|category|posted at|"
        "conversation|sender|envoyé par|gesendet von|sent by|mailed-by|signed-by|"
        "when|where|wann|wo|prioritet|prioritatea|важность|on behalf of|"
        "im auftrag von|followup-to|mailing list|categorie|catégories|kategorien|"
        "önem|重要度|重要性|důležitost|ważność"
    ),
}


def fold(text: str) -> str:
    """Return text for comparisons without regard to case, Turkish dotted I included."""
    folded = text.casefold()
    return (
        folded if folded.isascii() else normalize("NFC", folded.replace("\u0307", ""))
    )


FIELDS: Final = {
    fold(label.strip()): field
    for field, labels in _LABELS.items()
    for label in labels.split("|")
}
_LONGEST: Final = max(map(len, FIELDS)) + 4
_MOST_LINES = 60
_COLONS = ":：﹕"
_INVISIBLE = {
    ord(c): None
    for c in "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
}
# A time of day; "14.01" in "14.01.2025" is none.
_CLOCK = pattern(r"(?<![\d.])\d{1,2}\s?[:.hH時时시点點]\s?\d{2}(?![\d.])")
# Fields that only the source of a mail shows: whoever pastes them asks about them.
_SOURCE = pattern(
    r"(?:return-path|received|dkim-signature|authentication-results|message-id|"
    r"delivered-to|mime-version|content-type|arc-[\w-]+|x-[\w-]+)\s?:",
    IGNORECASE,
)
MARKUP = "*_ \t\xa0\u202f"


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """A header block in lines [first, end): its fields with unfolded values."""

    first: int
    end: int
    fields: dict[str, str]

    @property
    def complete(self) -> bool:
        """Whether originator, subject and addressee or date are all there."""
        have = self.fields
        return "from" in have and "subject" in have and ("to" in have or "date" in have)


def visible(text: str) -> str:
    """Return text without direction marks and zero-width characters."""
    return text if text.isascii() else text.translate(_INVISIBLE)


def field_of(text: str) -> tuple[str, str] | None:
    """Return (field, value) if a line begins with a known label and a colon."""
    text = visible(text).lstrip("*_ \t\xa0•·-|")
    head = text[:_LONGEST]
    for index, character in enumerate(head):
        if character in _COLONS:
            field = FIELDS.get(fold(head[:index].strip(MARKUP)))
            if field is None:
                return None
            return field, text[index + 1 :].strip(MARKUP)
    return None


def match(
    lines: Sequence[Line], first: int, marked: bool = False
) -> HeaderBlock | None:
    """Return the header block that begins at line `first`, if one does.

    `marked`: a line such as "Original Message" or "Forwarded message" stands before
    it, so that two fields suffice. Looks at no more than 60 lines.
    """
    begun = field_of(lines[first].body)
    if begun is None and marked:
        return _bare(lines, first)
    if begun is None or begun[0] in ("cc", "bcc", "other"):
        return None
    block = _read(lines, first, begun)
    if not _convinces(block.fields, marked):
        return None
    return None if not marked and _is_source(lines, block) else block


def _read(lines: Sequence[Line], first: int, begun: tuple[str, str]) -> HeaderBlock:
    """Read fields from line `first` on, where `begun` stands."""
    fields: dict[str, str] = {begun[0]: begun[1]}
    last, latest, index = first, begun[0], first + 1
    stop = min(len(lines), first + _MOST_LINES)
    while index < stop:
        line = lines[index]
        if line.blank:
            if not _goes_on(lines, index, stop, fields):
                break
            index += 1
            continue
        found = field_of(line.body)
        if found is None:
            if lines[index - 1].blank or not (
                _continues(line.body, fields, latest)
                or (fields[latest] and index + 1 < stop and _labelled(lines[index + 1]))
            ):
                break
            more = visible(line.body).strip(MARKUP)
            fields[latest] = f"{fields[latest]} {more}".strip()
        elif found[0] in fields and found[0] != "other":
            break
        else:
            latest = found[0]
            fields[latest] = found[1]
        last, index = index, index + 1
    return HeaderBlock(first, last + 1, fields)


def _labelled(line: Line) -> bool:
    return field_of(line.body) is not None


def _is_source(lines: Sequence[Line], block: HeaderBlock) -> bool:
    """Tell whether a block is cut out of the source of a mail, as pasted by a person."""
    above = max(block.first - 30, 0)
    for index in range(block.first - 1, above - 1, -1):
        if lines[index].blank:
            break
        if _SOURCE.match(lines[index].body):
            return True
    return bool(_SOURCE.match(lines[block.end - 1].body))


def _bare(lines: Sequence[Line], first: int) -> HeaderBlock | None:
    """Return eM Client's block, whose labels have no colons: `From "Jane" <j@a.example>`."""
    fields: dict[str, str] = {}
    for line in lines[first : first + 8]:
        label, _, value = visible(line.body).partition(" ")
        field = FIELDS.get(fold(label))
        if field is None or not value or field in fields:
            break
        fields[field] = value.strip(MARKUP)
    if "@" not in fields.get("from", "") or not {"date", "subject"} <= fields.keys():
        return None
    return HeaderBlock(first, first + len(fields), fields)


def guess(lines: Sequence[Line], first: int) -> HeaderBlock | None:
    """Return a header block whose labels the table lacks, told by its form alone.

    Only for lines that something else shows to be history: three to eight lines of
    `label: value` in Outlook's order, originator, date, addressees, subject, or in
    Thunderbird's, subject, date, originator, addressees.
    """
    values: list[str] = []
    for line in lines[first : first + 8]:
        label, colon, value = visible(line.body).replace("：", ":").partition(":")
        label = label.strip(MARKUP)
        wrong = "@" in label or any(map(str.isdigit, label))
        if not colon or not 0 < len(label) <= 25 or wrong:
            break
        values.append(value.strip(MARKUP))
    if len(values) < 3:
        return None
    if "@" not in values[0]:
        if "@" not in values[2] or not any(map(str.isdigit, values[1])):
            return None
        names = ("subject", "date", "from", "to", "cc")
        return HeaderBlock(
            first, first + len(values), dict(zip(names, values, strict=False))
        )
    dates = [v for v in values[1:3] if any(map(str.isdigit, v)) and "@" not in v]
    if not dates:
        return None
    fields = {"from": values[0], "date": dates[0], "subject": values[-1]}
    named = [v for v in values[1:-1] if v not in dates]
    fields |= dict(zip(("to", "cc"), named, strict=False))
    return HeaderBlock(first, first + len(values), fields)


def _goes_on(
    lines: Sequence[Line], index: int, stop: int, fields: dict[str, str]
) -> bool:
    """Tell whether one blank line stands between two lines of a block."""
    if index + 1 >= stop or lines[index + 1].blank:
        return False
    found = field_of(lines[index + 1].body)
    if found is None:
        return False
    if {"from", "to", "subject"} <= fields.keys():
        return False
    return found[0] not in fields


def _continues(text: str, fields: dict[str, str], latest: str) -> bool:
    """Tell whether a line without label continues the field before it."""
    value = fields[latest]
    if latest in ("from", "to", "cc", "bcc", "reply-to"):
        if not value or value.endswith((";", ",", "<", '"', "[", "(", ":")):
            return True
        opened = value.rfind("<") > value.rfind(">")
        address = "@" in text and (";" in text or text.rstrip().endswith((",", ">")))
        return (opened or address) and len(text) < 1000
    return latest in ("date", "subject") and not value


def _convinces(fields: dict[str, str], marked: bool) -> bool:
    """Tell whether fields are those of a mail: "From: Berlin, To: Munich" is a journey."""
    if "from" not in fields:
        return False
    known = sum(field not in ("other", "reply-to", "bcc") for field in fields)
    if marked:
        return known >= 2
    date = fields.get("date", "")
    timed = bool(_CLOCK.search(date))
    if known >= 3:
        addressed = any("@" in fields.get(field, "") for field in ("from", "to", "cc"))
        return bool(fields["from"]) and (addressed or timed)
    dated = any(c.isdigit() for c in date)
    return dated and ("@" in fields["from"] or (timed and "subject" in fields))


def glued(text: str) -> dict[str, str]:
    """Return the fields of a block whose labels stand in one line (Yahoo's text form).

    `From: A <a@b>To: c@dSent: ...Subject: s`: a label may follow its forerunner's
    value without space. Reads at most 4,000 characters; needs an originator.
    """
    text = visible(text)[:4000]
    found: list[tuple[int, int, str]] = []
    taken: set[str] = set()
    for index, character in enumerate(text):
        if character not in _COLONS:
            continue
        label = _label_before(text, index, found[-1][1] if found else 0)
        if label is not None and label[1] not in taken:
            found.append((label[0], index + 1, label[1]))
            taken.add(label[1])
    if not found or found[0][2] != "from" or len(found) < 3:
        return {}
    ends = [start for start, _, _ in found[1:]] + [len(text)]
    return {
        field: text[value:end].strip(MARKUP)
        for (_, value, field), end in zip(found, ends, strict=True)
    }


def _label_before(text: str, colon: int, floor: int) -> tuple[int, str] | None:
    for start in range(max(floor, colon - _LONGEST), colon):
        if start > floor and text[start].islower() and text[start - 1].islower():
            continue
        word = text[start:colon]
        if word[:1].isspace():
            continue
        field = FIELDS.get(fold(word.strip(MARKUP)))
        if field is not None and field != "other":
            return start, field
    return None
