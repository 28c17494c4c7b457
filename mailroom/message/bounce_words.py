"""The phrases of mail servers: what shows a failed delivery, and what kind it was.

All are compared with text in lower case. Patterns run in linear time on lines that are
cut before. Languages: those in which the big providers write their notices.
"""

import re


def _any(words: str, before: str = "", after: str = "") -> re.Pattern[str]:
    """Compile alternatives, parted by "|" and line ends."""
    return re.compile(f"{before}(?:{'|'.join(words.strip().splitlines())}){after}")


# Who sends bounces: local parts, and display names of the form "... delivery system".
DAEMONS = {
    *("mailer-daemon", "mailer_daemon", "mailerdaemon", "mail-daemon", "maildaemon"),
    *("mail.delivery.system", "mail-delivery-system", "postmaster", "post_master"),
    *("mdaemon", "mmdf", "microsoftexchange", "delivery-daemon", "double-bounce"),
    *("mail-delivery-subsystem", "system administrator"),  # this one has no address
}
DAEMON_NAME = re.compile(
    r"mail deliver(?:y|ing)? (?:sub)?system|mailer.?daemon|postmaster\Z"
)
# Words in the local parts of filters and relays; none of the others stands beside them.
GATEWAYS = {
    *("smtp", "esmtp", "mta", "antivirus", "imss", "mailsweeper", "mimesweeper"),
    *("mailmarshal", "scanmail", "interscan", "mailserver", "mailgateway", "smtpd"),
    *("mailgate", "mailfilter", "spamfilter", "mailscanner", "ironport"),
}
PEOPLE = {"admin", "admins", "team", "support", "help", "info", "sales", "operator"}

SUBJECT = _any(r"""
undeliver|non[- ]?deliver|not delivered
deliver[a-z]* (?:status )?(?:notification|fail|has failed|problem|error|report)
deliver[a-z]* (?:delay|incomplete|temporarily)
fail\w* (?:notice|delivery|to deliver|notification|mail)|loop alert|mail loop
returned (?:mail|to sender|message)|returning message|mail system error|delayed mail
mail deliver|mail status|message status|could ?n.t be delivered|cannot be delivered
could not (?:be delivered|send)|unable to deliver|message delivery|mail failure
permanent delivery|(?:you sent|was) blocked|rejected mail
mail rejected|warning: (?:message|could not)|bounce
delivery (?:of|to)|unzustellbar|nicht zugestellt|zustellung|fehlgeschlagen
unbestellbar|nachricht nicht|non remis|non distribu|échec de la remise|non délivr
rapport de non|avis de non|no entregado|no se puede entregar|error de entrega
notificación de estado|fallo en la entrega|mancato recapito|impossibile recapitare
non recapitabile|consegna|não entregue|não foi entregue|falha na entrega
onbestelbaar|niet bezorgd|niet afgeleverd|kan ikke leveres|kunne ikke leveres
går inte att leverera|ej leverera|oleverans|uleveret|toimittamat|perille
niedostarczon|niedoręczon|nedoručiteln|nelze doručit|kézbesít|teslim edilemedi
teslimat|не доставлен|недоставлен|не может быть доставлен|не удалось доставить
не доставлено|não é possível entregar|mensagem não|nelivrabil|nu a (?:putut|fost)
δεν (?:παραδόθηκε|ήταν δυνατή)|αποτυχία παράδοσης|לא ניתן למסירה|המסירה נכשלה
לא נמסר|تعذر (?:تسليم|التسليم)|لم يتم (?:تسليم|التسليم)|فشل (?:تسليم|التسليم)
nije isporučen|neuspjela isporuka|neisporuč|ni mogoče dostaviti|nedostavljiv|nepristat
nepavyko pristatyti|nevarēja piegādāt|nepiegādā|kohaletoimetam|ei saa toimetada
no s.ha pogut lliurar|không (?:thể )?(?:gửi|chuyển)|ไม่สามารถส่ง|tidak (?:dapat |bisa )?terkirim
gagal (?:dikirim|terkirim)|tidak dapat (?:di)?kirim
配信不能|配信できません|送信エラー|エラーメール|メールエラー|エラー通知|无法送达|無法傳遞
退信|投递失败|投遞失敗|未送达|반송|전송 실패|배달되지
""")

# After these, the failing addresses follow: on the same line or on those below.
INTRODUCTION = _any(r"""
following (?:e-?mail )?(?:address|recipient|destination|list of|user|mailbox)
addresses? had |recipients? (?:has|have|had) |these recipients|this recipient
undeliverable (?:to|for)|unable to (?:deliver|send|reach)|not able to deliver
wasn.t able to deliver
could ?(?:not|n.t) (?:be delivered|deliver|be sent|send|be completed)
can ?(?:not|n.t) (?:be delivered|deliver)
(?:was|were|been|is|are) (?:not delivered|undeliverable|rejected|returned|not able)
did not reach|has not been delivered
deliver(?:y|ing)(?: of| to| your| the| failed| attempt| has)
failed (?:to deliver|recipient|address)|failure reasons?|failed addresses
addressed to|was addressed,|mailbox is full:|exceeds allowed size|postponed
(?:mail|message) (?:you )?(?:have )?sent to|rejected recipient
(?:not yet been|to which the message)|trouble delivering|did not receive
error delivering|invalid (?:final delivery userid|recipient|address)
recipients? (?:were )?affected|mail to|message to|problem(?:s)? (?:delivering|with)
non-delivered|bounced (?:address|recipient)|has been delayed
permanent (?:fatal )?error|didn.t reach|wasn.t delivered|blocked
target (?:mail )?address|not a valid|unknown (?:user|address)
zugestellt werden|zugestellt an|teslim edilemedi
nicht zustellen|folgende\w* (?:empfänger|adresse|e-mail)|empfänger
destinataires? suivant|adresses? suivante|n.a pas pu être|n.ont pas pu
siguientes? (?:destinatario|direcci)|no se (?:ha )?(?:pudo|podido|puede) entregar
seguent[ei] (?:destinatari|indirizz)|(?:non|mancato) (?:ha potuto )?(?:essere )?recapita
non è stato possibile|impossibile (?:recapitare|consegnare)|seguintes? (?:destinat|endereço)
não (?:foi possível|pôde)|volgende (?:ontvanger|geadresseerde|adres)
kunde inte levereras|kunne ikke leveres|następujących (?:adresat|odbior)
nie (?:można|udało|została|mogła)|не может быть доставлен|не удалось доставить
falha na entrega|dostarczenie .{0,40}nie powiodło|toimitus .{0,80}epäonnistui
(?:ei voitu|ei voi) toimittaa|vastaanottajille|παράδοση απέτυχε
δεν (?:παραδόθηκε|ήταν δυνατή)|livrarea nu|nu a putut fi livrat
destinatari(?:i|ilor)? |המסירה לנמענים|לא ניתן (?:היה )?למסור|לא נמסרה
تعذر تسليم|فشل التسليم|لم يتم تسليم|المستلمين التاليين|nije isporučen
isporuka .{0,40}nije|ni bilo mogoče dostaviti|nepavyko pristatyti
nevarēja piegādāt|ei saanud .{0,40}kohale|no s.ha pogut lliurar
không (?:thể )?(?:gửi|chuyển)|ไม่สามารถส่ง|tidak dapat (?:di)?kirim|gagal dikirim
не вдалося (?:доставити|виконати)|не може да бъде доставен|levering til disse
leveringen mislyktes|не было доставлено|следующ|nemohla být doručena
nepodařilo|nem sikerült|送信できません
配信できません|送信に失敗|届きません|アドレスへの|エラーのため|送信先
无法(?:送达|投递|发送)|未能送达|無法(?:傳遞|寄送)|收件人|받는 사람|전송하지
""")

# Here the notice ends and the returned mail, or the copy of its header, begins.
RETURNED = _any(
    r"""
(?:this|below|below this line|included|here|enclosed|following|attached) is (?:a|the) copy
(?:this|below|included|here|enclosed|attached) is (?:a|the|your) (?:header|original|full|returned)
(?:original|unsent|returned|undelivered|undeliverable) (?:e-?mail|message|mail|headers?)
(?:rejected|bounced|failed) (?:e-?mail|message|mail|headers?)
(?:the )?(?:message )?headers?(?: of the (?:original )?message)? (?:is )?follow
(?:the )?header of the original (?:message )?(?:is )?follow
(?:the )?body of the message|diagnostic information for administrators
text of your message|start of returned|your (?:original )?message (?:follows|is included)
ursprüngliche (?:nachricht|kopfzeilen)|message d.origine|mensaje original
messaggio originale|mensagem original|oorspronkelijk|исходное сообщение|元のメッセージ
原始邮件|원본 메시지
""",
    before=r"[\s>*=#_~+|-]{0,80}(?:the )?",
    after=r"(?!.{0,40}(?:received at|was received|could not|cannot|has been|to the foll))",
)

HEADER_LINE = re.compile(
    r"[ \t>]{0,8}(?:return-path|received|dkim-signature|domainkey-signature|x-originating-ip"
    r"|x-received|mime-version|message-id|delivered-to)\s{0,3}:",
    re.IGNORECASE,
)


# Failures that time may heal (or that say nothing of the address), and delays.
SOFT = _any(r"""
over ?quota|quota (?:exceed|limit|full|is full|reached)
exceed\w* (?:\w{1,5} )?(?:storage|local limit|quota|mailbox|limit|disk|maximum allowed)
quota
(?:mail ?(?:box|folder)|inbox|account|storage|disk)\S{0,40}(?: \S{1,80}){0,6} (?:full|overdrawn)
(?:mail ?(?:box|folder)|inbox|account|storage|disk) (?:is |has )?exceeded
mailbox full|full mailbox|disk full
insufficient (?:system )?(?:storage|disk|resources)|no space left
not enough (?:storage|space|room)|will be retried
will (?:continue to )?(?:try|retry)|still being retried|warning message only
warning only|not yet been delivered|attempts will continue
been delayed|is delayed|delayed|delivery temporarily
temporar|try again later|later attempt|greylist|graylist|rate limit
too many (?:messages|connections|recipients|concurrent)|throttl|time(?:d)?[ -]?out
retry time|too long|multiple retries|(?:failed|after) \d+ attempts|expired
(?:connection|connect\w*) (?:refused|timed|reset|failed|lost|dropped|closed|interrupted)
loop alert|mail loop|duplicated message-id
no route to host|network (?:is )?unreachable|host (?:is )?unreachable|not reachable
unable to (?:connect|establish)|could ?n.t (?:connect|establish)
wasn.t able to establish|lost connection|all hosts have been failing
service (?:temporarily|currently)|resources|postfach (?:ist )?voll|speicher
kontingent|vorübergehend|verzögert|boîte (?:aux lettres )?(?:est )?pleine|temporaire
buzón (?:está )?lleno|casella (?:è )?piena|caixa (?:de correio )?cheia
skrzynka (?:jest )?pełna|переполнен|ящик (?:получателя )?(?:полон|заполнен)|временно
отложен|一杯|いっぱい|容量|一時的|邮箱(?:已)?满|已满|사서함.{0,8}(?:가득|꽉)
""")

# Failures of the address.
HARD = _any(r"""
(?:user|recipient|mailbox|address|account|person|alias
name)\S{0,40}(?: \S{1,80}){0,4} not on\b
unrecogni[sz]ed|not (?:found|known|exist|valid|listed|recogni|available|active)
invalid|disabled|deactivated|inactive|suspended|is closed|rejected|discontinued
no (?:such )?(?:user|recipient|mailbox|address|account|person|local|alias|host|domain)
no (?:such )?(?:here|addressee|destination|directory)|bad (?:address|destination|user)
illegal (?:alias|user|address)|non-?existent|unroute?able
does ?n(?:o|')t (?:exist|have)|not (?:our|a valid|a known|a registered|listed in)
no (?:longer|such|mailbox)|unknown|host (?:or domain name )?(?:not found|unknown)
domain (?:name )?not found|could ?n.t (?:find|be found)|nxdomain
name (?:or service )?not (?:known|found)|mail exchanger
relay(?:ing)? (?:access )?denied|access denied|unbekannt|existiert nicht|inconnu
n.existe pas|desconocid|no existe|sconosciut|inesistente|não existe|desconhecid
onbekend|nieznany|nie istnieje|не существует|не найден|неизвест|недоступен
見つか|存在し
不存在|존재하지
""")

# Someone asks the sender to prove himself: no bounce, however it is wrapped.
CHALLENGE = _any(r"""
(?:sender|server|message|mail|you) (?:is )?not (?:pre-?|yet )approved
(?:sender|server|message|mail|you) requires? confirmation
(?:message|mail) (?:is )?awaiting (?:your )?(?:approval|confirmation)
x-boxbe-notice|confirm (?:that )?you(?:r message| sent| are)|challenge.?response
has been waitlisted
""")
