"""Set phrases of mail clients, by language: markers of history and forwards, subjects'
prefixes, and the lines that mobile clients add ("Sent from my iPhone")."""

from re import IGNORECASE
from re import compile as pattern
from typing import Final

from mailroom.message.headerblock import fold, visible

REPLY_MARKERS: Final = (
    "write your reply above this line",
    "please write your reply above this line",
    "bitte antworten sie oberhalb dieser linie",
    "bitte schreiben sie ihre antwort über diese zeile",
    "antworten sie bitte oberhalb dieser zeile",
)
_ORIGINAL: Final = (
    "original message|original email|original mail|original appointment|"
    "originalnachricht|ursprüngliche nachricht|originalmeldung|urspr. nachricht|"
    "message d'origine|message d’origine|message original|message initial|"
    "mensaje original|messaggio originale|messaggio originario|"
    "oorspronkelijk bericht|origineel bericht|mensagem original|"
    "ursprungligt meddelande|originalmeddelande|ursprungsmeddelande|"
    "oprindelig meddelelse|original besked|oprindelig besked|opprinnelig melding|"
    "original melding|alkuperäinen viesti|původní zpráva|původní e-mail|"
    "pôvodná správa|eredeti üzenet|wiadomość oryginalna|oryginalna wiadomość|"
    "mesaj original|mesajul original|исходное сообщение|исходное письмо|"
    "оригинальное сообщение|вихідне повідомлення|оригінальне повідомлення|"
    "özgün ileti|orijinal mesaj|orjinal mesaj|özgün mesaj|αρχικό μήνυμα|"
    "αυθεντικό μήνυμα|元のメッセージ|original message from|原始邮件|原始郵件|原郵件|"
    "邮件原件|원본 메시지|원본 메일|"
    "הודעה מקורית|ההודעה המקורית|الرسالة الأصلية|رسالة أصلية|tin nhắn gốc|thư gốc|"
    "pesan asli|izvorna poruka|originalna poruka|izvirno sporočilo|"
    "originalno sporočilo|algne kiri|pradinis laiškas|oriģinālais ziņojums|"
    "оригинално съобщение|originele bericht|missatge original|ข้อความต้นฉบับ|"
    "courriel original|e-mail original|"
    "previous message|previous replies|vorherige nachricht|"
    "replied message|回复的原邮件|message de réponse|оригинално писмо|mesej asal|मूल संदेश|"
    "پیام اصلی|upprunaleg skilaboð|оригинална порака|jatorrizko mezua"
)
_FORWARDED: Final = (
    "forwarded message|forwarded mail|forwarded email|begin forwarded message|"
    "start of forwarded message|forwarded by|forwarded letter|fwd.msg|"
    "weitergeleitete nachricht|anfang der weitergeleiteten nachricht|"
    "anfang der weitergeleiteten e-mail|weitergeleitete e-mail|weitergeleitet von|"
    "message transféré|message transmis|message réexpédié|début du message réexpédié|"
    "début du message transféré|mensaje reenviado|inicio del mensaje reenviado|"
    "mensaje que reenvía|messaggio inoltrato|inizio messaggio inoltrato|"
    "inizio del messaggio inoltrato|messaggio inoltrato da|doorgestuurd bericht|"
    "doorgezonden bericht|begin doorgestuurd bericht|mensagem encaminhada|"
    "mensagem reencaminhada|início da mensagem reencaminhada|"
    "início da mensagem encaminhada|inicio da mensagem encaminhada|"
    "vidarebefordrat meddelande|vidarebefordrat mejl|vidarebefordrat brev|"
    "påbörjat vidarebefordrat meddelande|börja vidarebefordrat meddelande|"
    "videresendt meddelelse|videresendt besked|videresendt melding|videresendt mail|"
    "start på videresendt besked|begynnelse på videresendt melding|"
    "start på videresendt melding|videresendt e-post|välitetty viesti|"
    "edelleenlähetetty viesti|välitetty sähköposti|välitetty viesti alkaa|"
    "aloita edelleenlähetetty viesti|edelleen lähetetty viesti|přeposlaná zpráva|"
    "začátek přeposlané zprávy|přeposlaný e-mail|preposlaná správa|"
    "začiatok preposlanej správy|odoslaná správa|továbbított üzenet|"
    "továbbított levél|a továbbított levél kezdete|wiadomość przekazana dalej|"
    "przekazana wiadomość|treść przekazanej wiadomości|wiadomość przesłana dalej|"
    "początek przekazywanej wiadomości|początek przekazanej wiadomości|"
    "przesłana wiadomość|przekazywana wiadomość|mesaj redirecționat|"
    "mesaj redirectionat|începe mesajul redirecționat|început mesaj redirecționat|"
    "mesaj înaintat|пересылаемое сообщение|пересланное сообщение|пересланное письмо|"
    "начало переадресованного сообщения|перенаправленное сообщение|"
    "начало пересылаемого сообщения|переслане повідомлення|"
    "перенаправлене повідомлення|початок переадресованого повідомлення|"
    "початок листа, що пересилається|пересланий лист|iletilmiş mesaj|iletilen mesaj|"
    "yönlendirilmiş ileti|iletilmiş ileti|iletilen ileti|ileti başlangıcı|"
    "yönlendirilen ileti|προωθημένο μήνυμα|προωθημένο μήνυμα ακολουθεί|"
    "αρχή προωθημένου μηνύματος|转发的邮件|转发邮件|轉寄的郵件|轉寄郵件|已转发邮件|"
    "开始转发邮件|以下是转发的邮件|開始轉寄郵件|"
    "轉寄的信件|转发的消息|以下是轉寄的郵件|転送されたメッセージ|転送メッセージ|"
    "転送されたメール|開始 転送メッセージ|전달된 메시지|전달된 메일|"
    "전달받은 메시지|전달된 메세지|הודעה שהועברה|תחילת ההודעה שהועברה|"
    "הודעה שהועברה הלאה|"
    "رسالة معاد توجيهها|الرسالة المعاد توجيهها|رسالة محولة|"
    "بدء الرسالة المعاد توجيهها|بداية الرسالة المُعاد توجيهها|رسالة مُعاد توجيهها|"
    "thư đã chuyển tiếp|thư được chuyển tiếp|tin nhắn được chuyển tiếp|"
    "bắt đầu thư được chuyển tiếp|thư chuyển tiếp|pesan terusan|"
    "pesan yang diteruskan|mulai pesan yang diteruskan|pesan diteruskan|"
    "proslijeđena poruka|započni proslijeđenu poruku|prosleđena poruka|"
    "posredovano sporočilo|začetek posredovanega sporočila|edastatud kiri|"
    "edastatud sõnum|persiųstas laiškas|persiunčiamas laiškas|pārsūtīta vēstule|"
    "pārsūtīts ziņojums|препратено съобщение|начало на препратено съобщение|"
    "прослеђена порука|missatge reenviat|ข้อความที่ส่งต่อ|birtingaskeyti|"
    "áframsent skeyti|birtuz bidalitako mezua|message transféré de|"
    "original message (forwarded)|mensaje transferido|forwarded conversation|"
    "pārsūtīta ziņa|pārsūtītā vēstule|pārsūtītais ziņojums|tin nhắn đã chuyển tiếp|"
    "پیام هدایت شده|پیام فوروارد شده|mesej yang dimajukan|áframsend skilaboð|"
    "अग्रेषित संदेश|הודעה מועברת|התחלת ההודעה שהועברה|birbidalitako mezua|"
    "początek przesyłanej dalej wiadomości|początek przesłanej dalej wiadomości|"
    "začátek přeposílané zprávy|preposielaná správa|továbbított levél kezdete|"
    "továbbított üzenet kezdete|påbörja vidarebefordrat brev|"
    "påbörja vidarebefordrat meddelande|iletilen ileti başlangıcı|"
    "yönlendirilen ileti başlangıcı|iletilen e-posta|下面是被转发的邮件|转发邮件信息|"
    "轉寄信件|轉寄的訊息|轉寄訊息|전달된 메시지 시작|전달 메일|početak proslijeđene poruke|"
    "početak prosleđene poruke|почетак прослеђене поруке|เริ่มต้นข้อความที่ส่งต่อ|"
    "ข้อความส่งต่อ|bắt đầu thư đã được chuyển tiếp|awal pesan terusan|"
    "inici del missatge reenviat|препратено писмо|препратен имейл|correo reenviado|"
    "courriel transféré|weitergeleitete mail|пересылаемое письмо|转发信件"
)
MARKERS: Final = {
    fold(phrase): kind
    for kind, phrases in (("original", _ORIGINAL), ("forward", _FORWARDED))
    for phrase in phrases.split("|")
}
_DASHES = "-–—―‐‑_*=~─━⁃ \t\xa0>#.:：<|"
# Outlook in Danish writes VS for a forward, in Finnish for a reply: it tells nothing.
_FORWARD_PREFIXES: Final = frozenset(
    "fw|fwd|wg|tr|rv|enc|i|doorst|vb|vl|pd|tovább|továbbítva|továbbítás|ilt|ynlt|πρθ|"
    "προωθ|trs|转发|轉寄|轉發|転送|전달|הועבר|העברה|إعادة توجيه|chuyển tiếp|прен|přeposláno|"
    "preposlaná|fs|weitergeleitet|transf|renv|reenv|proslijeđeno|пересл|пересланное|"
    "edasi|persiųsta|pārsūtīts|inoltra|reencaminhado|redirecționat".split("|")
)
_REPLY_PREFIXES: Final = frozenset(
    "re|aw|antw|antwort|sv|r|rif|ref|odp|ynt|yan|yanıt|απ|απαντ|res|resp|rép|rsp|vá|válasz|"
    "atb|bls|回复|回覆|答复|答覆|返信|回信|답장|회신|תשובה|השב|رد|trả lời|odg|odgovor|отв|"
    "ответ|відп|відповідь".split("|")
)
_PREFIX = pattern(
    r"\s*+(?:\[[^\]]{1,40}\]\s*+)*+([^\s:：\[\]()][^:：\[\]()]{0,13}?)(?: ?[\[(]\d{1,3}[\])]|"
    r""
    r"\d{1,2})?+\s?[:：]"
)


_RULES: Final = frozenset("-- —— __ == ── ‐‐ –– ~~ **".split()) | {"- "}


def marker(body: str) -> str:
    """Return "original", "forward" or "" for a line like "--- Original Message ---"."""
    text = visible(body)
    if len(text) > 160:
        return ""
    if "processed by david" in text:
        return "original"  # Tobit
    bare = text.strip(_DASHES).replace("’", "'")
    kind = MARKERS.get(fold(bare))
    if kind is None and text[:6] == text[-6:] == "------" and fold(bare) == "original":
        return "original"  # QQ Mail in English
    dashed = text.lstrip("> *\t")[:2] in _RULES
    if kind is not None:
        bold = text[:1] == text[-1:] == "*"
        closed = text.rstrip(" *").endswith((":", "："))
        return kind if closed or dashed or bold or kind == "forward" else ""
    if not dashed:
        return ""
    head = fold(bare)
    for phrase in (*_split_dashes(head), *head.split(" / ")):
        if phrase.strip(_DASHES) in MARKERS:
            return MARKERS[phrase.strip(_DASHES)]
    words = head.split(" ")
    for count in range(min(len(words), 5), 0, -1):
        known = MARKERS.get(" ".join(words[:count]).strip(_DASHES))
        if known is not None and (known == "forward" or count > 1):
            return known
    return ""


_RULED = pattern(r"[-–—=*─]{5,}+\s?[^-–—=*─]{3,60}+\s?[-–—=*─]{5,}$")


def is_ruled(body: str) -> bool:
    """Tell whether a line is words between rules, as markers are in any language."""
    return _RULED.match(visible(body[:120])) is not None


def _split_dashes(text: str) -> list[str]:
    return text.replace("–", "-").split("--") if "--" in text.replace("–", "-") else []


_FORWARD_STEMS: Final = (
    *(
        "forward",
        "weiterge",
        "transf",
        "inoltr",
        "reenv",
        "encaminh",
        "doorge",
        "vidare",
    ),
    *(
        "videre",
        "přepos",
        "prepos",
        "przes",
        "przek",
        "пересыл",
        "пересл",
        "перенаправ",
    ),
    *("препра", "proslij", "prosleđ", "tovább", "edelleen", "välit", "ilet", "προωθ"),
)
_INSIDE = pattern(r"-{5,}+ ?([^-]{5,40}) ?-{5,}")


def inner_marker(body: str) -> int:
    """Return where a marker begins behind words on the same line, else 0."""
    for found in _INSIDE.finditer(body[:2000]):
        said = any(map(str.isalnum, body[: found.start()]))
        if said and fold(found[1].strip()) in MARKERS:
            return found.start()
    return 0


_END = pattern(
    r"[-–—_=*─ ]{2,}+(?:end(?: of)?|ende|fin(?: du| del)?|fine(?: del)?|slut|konec|koniec|"
    r"einde|конец|кінець|loppu|final|fim)\b([^-–—_=*─]{3,60}+)[-–—_=*─ ]{2,}$",
    IGNORECASE,
)


def is_end_marker(body: str) -> bool:
    """Tell whether a line ends a forward: "----- End forwarded message -----"."""
    found = _END.match(visible(body[:160]))
    if found is None:
        return False
    words = fold(found[1].strip())
    return words in MARKERS or any(stem in words for stem in _FORWARD_STEMS)


def glued_marker(body: str) -> tuple[str, str]:
    """Split "----- Forwarded Message ----- From: ..." into the marker's kind and the rest."""
    text = body.lstrip(" \t>*")
    if text[:2] not in ("--", "——", "──"):
        return "", ""
    inner = text.lstrip("-—─ ")
    stop = inner.find("--", 0, 120)
    if stop < 0:
        return "", ""
    kind = MARKERS.get(fold(inner[:stop].strip(_DASHES)), "")
    return kind, inner[stop:].lstrip("-—─ \t")


def is_reply_marker(body: str) -> bool:
    """Tell whether a line is Mailroom's "write your reply above this line"."""
    bare = visible(body).strip("-–—#=*_>< \t\xa0.:!").casefold()
    return bare in REPLY_MARKERS


_ABOVE = pattern(
    r"##-.{5,120}-##$|[-–—_=#*~<>\s]{2,}.{0,50}\b(?:above|below) this (?:\w+ )?line\b.{0,60}$|"
    r"(?:please )?(?:type|write|enter|add|reply|post)\b.{0,40}\babove this (?:\w+ )?line\b.{0,60}$",
    IGNORECASE,
)


def is_foreign_marker(body: str) -> bool:
    """Tell whether a line is another helpdesk's "type your reply above this line"."""
    return len(body) < 160 and _ABOVE.match(visible(body)) is not None


def subject_kind(subject: str) -> str:
    """Return "forward" or "reply" after the first prefix of a subject, else ""."""
    found = _PREFIX.match(subject[:120])
    if found is None:
        return ""
    word = fold(found[1]).rstrip(".")
    if word in _FORWARD_PREFIXES:
        return "forward"
    return "reply" if word in _REPLY_PREFIXES else ""


def without_prefix(subject: str) -> str:
    """Return a subject without its leading forward and reply prefixes."""
    for _ in range(8):
        found = _PREFIX.match(subject[:120])
        if found is None or not subject_kind(subject):
            break
        subject = subject[found.end() :].lstrip()
    return subject


_SENT_FROM = pattern(
    r"^[\W_]*(?:"
    r"(?:securely )?sent (?:from|via|with|using|by|on the (?:move|go))\b|sent fra\b|"
    r"von (?:samsung|huawei|xiaomi|sony|nokia|htc|lg)\b.* gesendet|inviata da\b|"
    r"[发發発]自(?!内心|內心|肺腑)|ارسال شده از|.{2,30} से भेजा गया|diposting dari|"
    r"someone from mobile|from my\b|"
    r"get [\w ]{2,30} for (?:android|ios|iphone|ipad|mac|windows)\b|"
    r"get outlook for|get \[?outlook|sent on the go|(?:diese nachricht wurde |"
    r"diese e-?mail wurde )?(?:gesendet|verschickt|versendet) (?:von|mit|aus|über)\b|"
    r"von mein\w+ .*gesendet|von unterwegs gesendet|"
    r"diese nachricht wurde von .{3,60} gesendet|(?:holen|laden) sie sich outlook|"
    r"outlook für \w+|envoyé (?:de|depuis|avec|à partir|via|par)\b|envoyée? d|"
    r"provenance : |télécharge[rz] outlook|obtene[rz] outlook|obtenir outlook|"
    r"enviado (?:desde|do|da|de|a partir|via|pelo|con|com)\b|obt\w+ (?:o )?outlook|"
    r"baixe o outlook|descargar outlook|inviato (?:da|dal|con|tramite)\b|"
    r"scarica outlook|ottieni outlook|(?:verstuurd|verzonden) (?:vanaf|vanuit|met|"
    r"via|van)\b|outlook voor \w+|download outlook|skickat från|skickades från|"
    r"skickat via|hämta outlook|sendt (?:fra|via|med)\b|hent outlook|få outlook|"
    r"skaff outlook|last ned outlook|lähetetty (?:[\w-]+sta|[\w-]+stä|\w+ltä|\w+lta|"
    r"laitteesta)\b|hanki outlook|hae outlook|odesláno (?:z|ze|pomocí|přes)\b|"
    r"získat outlook|odoslané (?:z|zo|cez|pomocou)\b|získať outlook|wysłan[eoy] (?:z|"
    r"ze|za pomocą|przez|przy)\b|pobierz (?:program )?outlook|trimis (?:de|din|cu|"
    r"prin)\b|obține outlook|descărcați outlook|küldve |elküldve |"
    r"(?:az )?outlook .{0,20}(?:beszerzése|letöltése)|.{2,40}-?(?:ról|ről|rol|mról|"
    r"mról|mről) küldve|отправлено (?:с|из|от|через|при)\b|отправлен[оa]? из|"
    r"послано с|скачать outlook|надіслано (?:з|із|від|через)\b|відправлено (?:з|"
    r"із)\b|изпратено от|послато са|poslano (?:s|sa|iz|z)\b|preuzmite outlook|"
    r".{2,40}(?:'?[ıiuü]?m?d[ae]n|'?t[ae]n) gönderildi|.{2,30}(?:için|for) outlook|"
    r"στάλθηκε από|εστάλη από|αποστολή από|.{2,40}から送信|"
    r".{0,30}outlook .{0,10}を入手|"
    r"发自我的|發自我的|从我的.{1,30}发送|從我的.{1,30}傳送|寄自我的|发送自|傳送自|"
    r"来自我的|获取 ?outlook|取得 ?outlook|"
    r"下载 ?outlook|.{2,40}에서 보냄|.{0,12}outlook .{0,10}다운로드|ios용 outlook|"
    r"android용 outlook|נשלח (?:מ|באמצעות)|הורד את outlook|(?:أُ|أ|ا)رسلت? من|"
    r"تم الإرسال من|مرسل من|مُرسل من|الحصول على outlook|đã gửi từ|được gửi từ|gửi từ|"
    r"tải outlook|dikirim dari|terkirim dari|dapatkan outlook|saadetud minu|"
    r"išsiųsta iš|nosūtīts no|enviat des de|ส่งจาก|sendt frå|send frá|sendt úr)",
    IGNORECASE,
)
_EXCUSE = pattern(
    r"excuse|typo|brev|brief|short|pardon|forgive|sorry|apolog|kürze|tippfehler|"
    r"fehler|entschuld|kort|feil|fejl|errori|erreurs|errores|disculp|scus|https?:|"
    r"www\.|<",
    IGNORECASE,
)


# "Get Outlook for iOS" to the end of the line: of Outlook people write as well.
_OUTLOOK = pattern(
    r"[\W_]*(?:stáhnout|získa\w+|získej\w+|pobierz|uzyskaj|obțineți|descărcați|получить|"
    r"скачать|отримати|завантажити|λήψη|αποκτήστε|baixar|skaff|nabavite|preuzmite|"
    r"pridobite|набавите|вземете|изтеглете|hankige|hanki|gaukite|iegūstiet|obteniu|รับ|"
    r"ดาวน์โหลด|tải|lấy|dapatkan|unduh|קבל|להורדת|השג|הורד|احصل|تنزيل|lähetetty|来自|來自|"
    r"取得|下載|下载|获取|(?=(?:ios|android|mac) ?[版用용])).{0,24}outlook.{0,24}?"
    r"(?:(?:ios|android|mac|windows)\S{0,5}|(?<=outlook)(?: ?を入手| ?다운로드| ?받기)?)"
    r"(?:\s*[<(\[]\S*[>)\]])?[\s.]*$",
    IGNORECASE,
)


def is_mobile_signature(body: str) -> bool:
    """Tell whether a line is one that a mobile client adds below what was written."""
    if not 6 <= len(body) <= 250:
        return False
    text = visible(body)
    if "utlook" in text and _OUTLOOK.match(text):
        return True
    found = _SENT_FROM.match(text[:160])
    if found is None or text.rstrip().endswith(("?", "？")):
        return False
    # "Sent from my desk, which is easier": a sentence goes on, a client's line does not.
    rest = text[found.end() :].strip(" \t.!>)]*_")
    for mark in (", ", ". ", "; ", "! ", "? "):
        head, cut, tail = rest.partition(mark)
        if cut and tail.strip() and not _EXCUSE.search(tail):
            return False
        rest = head
    if not text.isascii() and found.end() > 12 and not rest:
        return True
    return len(rest.split()) <= 12
