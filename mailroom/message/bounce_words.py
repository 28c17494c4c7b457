"""The phrases of mail servers: what shows a failed delivery, and what kind it was.

All are compared with text in lower case. Patterns run in linear time on lines that are
cut before. Languages: those in which the big providers write their notices.
"""

import re

# Who sends bounces: local parts, and display names of the form "... delivery system".
DAEMONS = {
    *("mailer-daemon", "mailer_daemon", "mailerdaemon", "mail-daemon", "maildaemon"),
    *("mail.delivery.system", "mail-delivery-system", "postmaster", "post_master"),
    *("mdaemon", "mmdf", "system", "uucp", "microsoftexchange", "delivery-daemon"),
    *("mail-delivery-subsystem", "nobody", "bounce", "bounces", "double-bounce"),
}
DAEMON_NAME = re.compile(
    r"mail (?:deliver\w*|system|server|router)|mailer.?daemon|mail delivery|delivery "
    r"(?:system|subsystem|service)|system administrator|systemadministrator|postmaster"
    r"|microsoft outlook|administrateur syst|administrador del sistema"
)

SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|not delivered|deliver[a-z]* (?:status )?(?:notification|fail"
    r"|has failed|problem|error|report|delay|incomplete|temporarily)|fail\w* (?:notice|delivery"
    r"|to deliver|notification)|returned (?:mail|to sender|message)|returning message|mail system "
    r"error|delayed mail|mail deliver|mail status|message status|could ?n.t be delivered|cannot "
    r"be delivered|could not (?:be delivered|send)|unable to deliver|message delivery|mail "
    r"failure|permanent delivery|rejected mail|mail rejected|warning: (?:message|could not)|"
    r"bounce|delivery (?:of|to)|"
    r"unzustellbar|nicht zugestellt|zustellung|fehlgeschlagen|unbestellbar|nachricht nicht|"
    r"non remis|non distribu|échec de la remise|non délivr|rapport de non|avis de non|"
    r"no entregado|no se puede entregar|error de entrega|notificación de estado|fallo en la entrega|"
    r"mancato recapito|impossibile recapitare|non recapitabile|consegna|"
    r"não entregue|não foi entregue|falha na entrega|"
    r"onbestelbaar|niet bezorgd|niet afgeleverd|kan ikke leveres|kunne ikke leveres|går inte att leverera|"
    r"ej levererad|oleverans|uleveret|toimittamat|perille|niedostarczon|niedoręczon|"
    r"nedoručiteln|nelze doručit|kézbesít|teslim edilemedi|teslimat|не доставлен|недоставлен|"
    r"не может быть доставлен|не удалось доставить|не доставлено|配信不能|配信できません|送信エラー|"
    r"エラーメール|无法送达|無法傳遞|退信|投递失败|投遞失敗|未送达|반송|전송 실패|배달되지"
)

# After these, the failing addresses follow: on the same line or on those below.
INTRODUCTION = re.compile(
    r"following (?:e-?mail )?(?:address|recipient|destination|list of|user|mailbox)|"
    r"addresses? had |recipients? (?:has|have|had) |these recipients|this recipient|"
    r"undeliverable (?:to|for)|unable to (?:deliver|send|reach)|not able to deliver|wasn.t able to "
    r"deliver|could ?(?:not|n.t) (?:be delivered|deliver|be sent|send|be completed)|can ?(?:not|n.t) "
    r"(?:be delivered|deliver)|"
    r"(?:was|were|been|is|are) (?:not delivered|undeliverable|rejected|returned|not able)|"
    r"did not reach|has not been delivered|"
    r"deliver(?:y|ing)(?: of| to| your| the| failed| attempt| has)|failed (?:to deliver|recipient"
    r"|address)|failure reasons?|failed addresses|error delivering|invalid (?:final delivery userid|"
    r"recipient|address)|recipients? (?:were )?affected|mail to|message to|problem(?:s)? (?:delivering|with)|"
    r"non-delivered|bounced (?:address|recipient)|has been delayed|permanent (?:fatal )?error|"
    r"didn.t reach|wasn.t delivered|blocked|target (?:mail )?address|not a valid|unknown (?:user|address)|"
    r"zugestellt werden|nicht zustellen|folgende\w* (?:empfänger|adresse|e-mail)|empfänger|"
    r"destinataires? suivant|adresses? suivante|n.a pas pu être|n.ont pas pu|"
    r"siguientes? (?:destinatario|direcci)|no se (?:ha )?(?:pudo|podido|puede) entregar|"
    r"seguenti? (?:destinatari|indirizz)|non è stato possibile|impossibile (?:recapitare|consegnare)|"
    r"seguintes? (?:destinat|endereço)|não (?:foi possível|pôde)|"
    r"volgende (?:ontvanger|geadresseerde|adres)|kunde inte levereras|kunne ikke leveres|"
    r"następujących (?:adresat|odbior)|nie (?:można|udało|została|mogła)|"
    r"не может быть доставлен|не удалось доставить|не было доставлено|следующ|"
    r"nemohla být doručena|nepodařilo|nem sikerült|"
    r"送信できません|配信できません|送信に失敗|届きません|アドレスへの|エラーのため|送信先|无法(?:送达|投递|发送)|未能送达|無法(?:傳遞|寄送)|收件人|받는 사람|전송하지"
)

# Here the notice ends and the returned mail, or the copy of its header, begins.
RETURNED = re.compile(
    r"[\s>*=#_~+|-]{0,80}(?:"
    r"(?:this is|below is|below this line is|included is|here is|enclosed is|following is|attached is) "
    r"(?:a|the) (?:copy|header|original|full)|"
    r"(?:the )?(?:original|unsent|returned|undelivered|undeliverable|rejected|bounced|failed) "
    r"(?:e-?mail|message|mail|headers?)(?:[ :'-]|\Z)(?!.{0,40}(?:received at|was received|could not|cannot|has been|to "
    r"the following))|"
    r"(?:the )?(?:message )?(?:headers?|header of the original)(?: of the| from the)? ?(?:original )?"
    r"(?:message )?(?:is )?follow|"
    r"(?:the )?body of the message|original message headers|diagnostic information for administrators|"
    r"non-delivered information|text of your message|start of returned|your (?:original )?message "
    r"(?:follows|is included)|bounced e-?mail|"
    r"ursprüngliche (?:nachricht|kopfzeilen)|message d.origine|mensaje original|messaggio originale|"
    r"mensagem original|oorspronkelijk|исходное сообщение|元のメッセージ|原始邮件|원본 메시지"
    r")"
)
HEADER_LINE = re.compile(
    r"[ \t>]{0,8}(?:return-path|received|dkim-signature|domainkey-signature|x-originating-ip"
    r"|x-received|mime-version|message-id|delivered-to)\s{0,3}:",
    re.IGNORECASE,
)

# Failures that time may heal (or that say nothing of the address), and delays.
SOFT = re.compile(
    r"over ?quota|quota (?:exceed|limit|full|is full|reached)|exceed\w* (?:the |its |their |his )?"
    r"(?:storage|local limit|quota|mailbox|limit|disk|maximum allowed)|quota|"
    r"(?:mail ?(?:box|folder)|inbox|account|storage|disk)\S*(?: \S{1,80}){0,4} (?:is |are |was )?(?:almost )?"
    r"(?:full|over ?quota|exceeded|overdrawn)|mailbox full|full mailbox|disk full|insufficient "
    r"(?:system )?(?:storage|disk|resources)|no space left|not enough (?:storage|space|room)|"
    r"will be retried|will (?:continue to )?(?:try|retry)|still being retried|warning message only|warning only|"
    r"has (?:not yet )?been delayed|is delayed|delayed|delivery temporarily|temporar|try again later|later attempt|"
    r"greylist|graylist|rate limit|too many (?:messages|connections|recipients|concurrent)|throttl|"
    r"time(?:d)?[ -]?out|retry time|too long|multiple retries|(?:failed|after) \d+ attempts|expired|"
    r"(?:connection|connect\w*) (?:refused|timed|reset|failed|lost|dropped|closed|interrupted)|no route to host|network "
    r"(?:is )?unreachable|host (?:is )?unreachable|not reachable|unable to (?:connect|establish)|could ?n.t (?:connect|establish)|"
    r"wasn.t able to establish|lost connection|"
    r"all hosts have been failing|service (?:temporarily|currently)|resources|"
    r"postfach (?:ist )?voll|speicher|kontingent|vorübergehend|verzögert|"
    r"boîte (?:aux lettres )?(?:est )?pleine|temporaire|buzón (?:está )?lleno|casella (?:è )?piena|caixa (?:de correio )?cheia|"
    r"skrzynka (?:jest )?pełna|переполнен|ящик (?:получателя )?(?:полон|заполнен)|временно|отложен|"
    r"一杯|いっぱい|容量|一時的|邮箱(?:已)?满|已满|사서함.{0,8}(?:가득|꽉)"
)
HARD = re.compile(
    r"(?:user|recipient|mailbox|address|account|person|alias|recipient name|addressee)\S*(?: \S{1,80}){0,3} (?:is |was |has been |does )?"
    r"(?:un(?:known|recogni)|not (?:found|known|exist|valid|listed|recogni|a valid|a known|available|active|on )"
    r"|invalid|disabled|deactivated|inactive|suspended|closed|rejected|discontinued)|"
    r"(?:no|unknown|invalid|bad|illegal|nonexistent|non-existent|inactive|disabled|unrouteable|unroutable) (?:such )?(?:user|recipient|mailbox|"
    r"address|account|person|local|alias|host|domain|here|addressee|destination|directory)|does ?n(?:o|')t (?:exist|have)|"
    r"not (?:our|a valid|a known|a registered|listed in)|no (?:longer|such|mailbox)|unknown|"
    r"host (?:or domain name )?(?:not found|unknown)|domain (?:name )?not found|could ?n.t (?:find|be found)|nxdomain|"
    r"name (?:or service )?not (?:known|found)|mail exchanger|relay(?:ing)? (?:access )?denied|access denied|"
    r"550|unbekannt|existiert nicht|inconnu|n.existe pas|desconocid|no existe|sconosciut|inesistente|"
    r"não existe|desconhecid|onbekend|nieznany|nie istnieje|не существует|не найден|неизвест|недоступен|"
    r"見つか|存在し|不存在|존재하지"
)

# Someone asks the sender to prove himself: no bounce, however it is wrapped.
CHALLENGE = re.compile(
    r"(?:sender|you(?:r server)?|server|message|mail) (?:is )?(?:not (?:pre-?approved|yet approved)"
    r"|requires? confirmation|(?:is )?awaiting (?:approval|confirmation))|x-boxbe-notice|"
    r"confirm (?:that )?you(?:r message| sent| are)|challenge.?response|has been waitlisted"
)
