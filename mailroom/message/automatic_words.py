"""The words by which machines give themselves away: subjects and local parts.

Vacation subjects are those that Exchange, Outlook, Domino, GroupWise, Apple and the big
webmailers write, in the languages that they speak; alerts are those of monitoring
systems. All patterns are anchored at the start and run in linear time.
"""

import re

_AWAY = """
automatic reply|automatic response|automated reply|automated response|auto reply
auto-reply|autoreply|auto response|auto-response|autoresponse|autoresponder
autorespond|out of office|out of the office|out-of-office|ooo|vacation reply
vacation response|vacation notice|away from (?:the |my )?office|away from my mail
automatische antwort|automatische rückmeldung|automatische rueckmeldung
automatische e-mail-antwort|automatische abwesenheitsnotiz|automatisch generierte antwort
abwesenheitsnotiz|abwesenheitsmeldung|abwesenheitsnachricht|abwesenheitsbenachrichtigung
abwesenheitsassistent|abwesenheitsagent|abwesend|abwesenheit|nicht im büro|außer haus
ausser haus|autoantwort|urlaubsnotiz|urlaubsbenachrichtigung|ich bin nicht im büro
réponse automatique|reponse automatique|message d['’]absence|absence du bureau
absent du bureau|notification d['’]absence|réponse d['’]absence|absent\\(e\\)
respuesta automática|respuesta automatica|fuera de la oficina|fuera de oficina
ausencia de la oficina|aviso de ausencia|mensaje de ausencia
risposta automatica|fuori sede|fuori ufficio|fuori dall['’]ufficio|assente dall['’]ufficio
avviso di assenza|messaggio di assenza
resposta automática|resposta automatica|fora do escritório|fora do escritorio
ausência do escritório|ausência temporária|mensagem de ausência|resposta automàtica
automatisch antwoord|automatische reactie|automatische beantwoording|afwezigheidsbericht
afwezigheidsmelding|afwezigheidsassistent|niet op kantoor|afwezig
autosvar|automatiskt svar|automatisk svar|automatisk besked|frånvaromeddelande|frånvarande
frånvaro|ikke til stede|ikke på kontoret|inte på kontoret|fraværsmeddelelse|fraværende
fraværsmelding|fraværsbesked|fravær|sjálfvirkt svar
automaattinen vastaus|automaattivastaus|poissaoloilmoitus|poissaoleva|poissa
automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|poza biurem|nieobecność
nieobecny|informacja o nieobecności
automatická odpověď|automatická odpoveď|automatická odpověd|mimo kancelář
nepřítomnost|neprítomnosť|automatikus válasz|házon kívül|irodán kívül
răspuns automat|raspuns automat|în afara biroului|otomatik yanıt|otomatik cevap
ofis dışında|işyeri dışında
автоматический ответ|автоответ|автоответчик|нет на месте|вне офиса|отсутствую
отсутствие на рабочем месте|автоматична відповідь|автовідповідь|поза офісом
автоматичен отговор|извън офиса|αυτόματη απάντηση|εκτός γραφείου
automatski odgovor|automatisk svar|samodejni odgovor|odsutan|odsoten
аутоматски одговор|automatinis atsakymas|automātiskā atbilde|automātiska atbilde
automaatvastus|automaatne vastus|kontorist väljas
מענה אוטומטי|תשובה אוטומטית|מחוץ למשרד|رد تلقائي|خارج المكتب|پاسخ خودکار
स्वचालित उत्तर|ตอบกลับอัตโนมัติ|trả lời tự động|balasan otomatis|jawapan automatik
自動応答|自動返信|不在通知|不在のお知らせ|不在の自動応答|不在
自动回复|自动答复|自動回覆|自動回應|自動答覆|不在办公室|不在辦公室|외출 중|자동 회신|자동 응답
자동응답|자동회신|부재중
תגובה אוטומטית|การตอบกลับอัตโนมัติ|erantzun automatikoa|autore|vacation autoreply
외출|外出中|休暇中|休暇のお知らせ|自动应答|ตอบกลับอัตโนมัติ
"""
# What a person's vacation program may say, and a person who asks for leave as well.
_ON_LEAVE = """
(?:i am|i['’]m) (?:on|out|away|currently)|(?:currently )?on (?:annual |parental |sick )?leave
on (?:vacation|holidays?)|vacation|holiday|away|absence|absent|im urlaub|urlaub|ferien
ferienabwesenheit|ich bin (?:im|in|bis|ab)|en vacances|vacances|congés?|en congés?
de vacaciones|vacaciones|in ferie|ferie|de férias|férias|met vakantie|op vakantie|vakantie
semester|på semester|sommerferie|på ferie|lomalla|na urlopie|urlop|na dovolené|dovolená
na dovolenke|szabadságon|в отпуске|отпуск|у відпустці|tatilde|izinde|în concediu|concediu
na godišnjem|godišnji odmor|na dopustu|šventėse|atvaļinājumā|puhkusel|σε άδεια|休假|休暇
"""
# The same, said by the server of somebody, with his name before it (Domino and others).
_NAMED_AWAY = (
    r"[^:\n]{2,80}?(?: is (?:currently )?(?:out of (?:the )?office|away|on (?:vacation|leave))"
    r"| ist (?:ausser haus|nicht im (?:haus|büro)|im urlaub|abwesend)|(?: est|,) absente?(?:\(e\))?"
    r"| está (?:ausente|fuera)| è (?:assente|fuori)| is (?:afwezig|niet aanwezig))"
)
# A colon, "AutoReply:" of old Exchange and a dash end the form; "auto:" is Domino's.
AWAY = re.compile(
    r"(?:auto(?P<domino>): .|(?:"
    + "|".join(line.strip() for line in _AWAY.casefold().strip().splitlines())
    + r")(?: autoreply| auto-reply| auto reply| message| notification)?"
    r"(?:\s?(?P<colon>[:：])|\s*[-–—\](<]|\s*\Z|[ !.]))"
)

# Only for a mail that is automatic for other reasons, whose kind it tells.
ON_LEAVE = re.compile(
    rf"(?:{_NAMED_AWAY}|(?:"
    + "|".join(line.strip() for line in _ON_LEAVE.casefold().strip().splitlines())
    + r"))(?![^\W_])"
)

# Local parts under which no person writes.
MACHINES = set(
    """
    mailer-daemon mailer_daemon mail-daemon maildaemon cron crond anacron root
    nagios nagios3 nagios4 icinga icinga2 zabbix monit munin logwatch logcheck smartd
    mdadm sensu alertmanager prometheus grafana netdata centreon checkmk check_mk prtg
    librenms observium cacti ossec wazuh fail2ban apticron unattended-upgrades
    uptimerobot statuscake pingdom alert alerts alerting alarm alarms notification
    notifications majordomo listserv mailman autoresponder autoreply auto-reply
    """.split()
)

MONITORING = re.compile(
    r"(?:"
    r"\*\* (?:PROBLEM|RECOVERY|ACKNOWLEDGEMENT|FLAPPING\w*|DOWNTIME\w*) [^*]{1,200} is "
    r"(?:CRITICAL|WARNING|UNKNOWN|OK|DOWN|UP|UNREACHABLE) \*\*"
    r"|(?:PROBLEM|RECOVERY|ACKNOWLEDGEMENT) (?:Host|Service) Alert: "
    r"|\[(?:PROBLEM|RECOVERY)\] [^!]{1,200} is (?:CRITICAL|WARNING|UNKNOWN|OK|DOWN|UP)!"
    r"|\[(?:FIRING|RESOLVED):\d+\]"
    r"|Cron <[^<>\s]{1,100}@[^<>\s]{1,200}> "
    r"|Anacron job '"
    r"|Logwatch for \S{1,200} \("
    r"|monit alert -- "
    r"|SMART error \(\w+\) detected on host"
    r"|(?:DegradedArray|Fail|FailSpare|SparesMissing|RebuildFinished) event on /dev/"
    r"|Monitor is (?:DOWN|UP): "
    r"|(?:ALARM|INSUFFICIENT_DATA): \""
    r"|Report [Dd]omain: \S{1,253} Submitter: "  # DMARC aggregate (RFC 7489 7.2.1.1)
    r"|\[Netdata\] |\*\*\* SECURITY information for "
    r"|Build failed in Jenkins: |Jenkins build is back to "
    r")",
    re.DOTALL,
)
