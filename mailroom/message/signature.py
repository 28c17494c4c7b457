"""Where a signature begins in what a person wrote: "-- " (RFC 3676 4.3), underscores,
lines of mobile clients, and a closing formula with the name right below it."""

from collections.abc import Sequence
from re import IGNORECASE
from re import compile as pattern

from mailroom.message.line import Line
from mailroom.message.phrase import is_mobile_signature

_DELIMITERS = frozenset(("--", "—", "––", "—-", "-—", "——"))
_MOST_LINES = 20  # a longer "signature" is text
_MOST_UNDER_RULE = 12
_RULE = pattern(r"(?:_{10,}|[—―─]{8,})$")
_SENTENCES = pattern(r"[^\W\d_]{2}[.!?][\"')]?\s+\w|[。！？]")
_MORE = pattern(r"(?:\S+\s+){5,}+\S+[.!?][\"')]?$|[^。]{8,}。")
_ASKED = pattern(r"(?:\S+\s+){3,}+\S+[?？]$|[^?？]{6,}？$")
_LEGAL = pattern(
    r"confiden|vertraulich|privileged|intended|disclaim|this (?:e-?mail|message)|"
    r"diese (?:e-?mail|nachricht)|ce (?:message|courriel)|cet e-?mail|este (?:mensaje|correo)|"
    r"questo messaggio|dit (?:bericht|e-?mail)|virus|printing|unsubscribe|registered",
    IGNORECASE,
)
_MOST_WARNINGS, _LONGEST_WARNING = 3, 6  # paragraphs; lines of each
_FORBIDS = pattern(
    r"\b(?:do not|don't|never|unless|careful|caution when|nicht|keine|ne|no|niet|geen|inte|"
    r"ikke|nie|ne\w+te|não|non|evite|avoid)\b",
    IGNORECASE,
)
_WARNS = pattern(
    r"[\W_]*(?:external|caution|warning|attention|achtung|vorsicht|warnung|extern|externe|"
    r"atención|precaución|let op|attentie|obs|varning|advarsel|uwaga|upozornění|atenção|"
    r"attenzione|this (?:e-?mail|message) (?:is|was|has|originated|came))\b",
    IGNORECASE,
)
_OUTSIDE = pattern(
    r"outside (?:of )?(?:the|your|our|this) \w+|external (?:sender|source|e-?mail|party)|"
    r"externe[nrms]? (?:absender|e-?mail|nachricht|quelle)|(?:von )?außerhalb|"
    r"expéditeur externe|extérieure?s? (?:de|à)|hors de|remitente externo|"
    r"fuera de (?:la|su|nuestra)|externe afzender|buiten (?:de|uw|onze)|utanför|udenfor|"
    r"utenfor|spoza|zewnętrzn|mimo (?:naši|vaši)|esterno|all'esterno|fora d[aeo]",
    IGNORECASE,
)
_RISKS = pattern(
    r"\blinks?\b|attach|anhäng|anlage|\bliens?\b|pièces? jointe|enlace|adjunt|bijlage|"
    r"länk|lenke|bilag|vedlegg|odnośnik|załącznik|odkaz|příloh|allegat|anexos",
    IGNORECASE,
)
_CLOSING = pattern(
    r"(?:mit (?:freundlichen|freundlichem|besten|herzlichen|vielen|lieben) gr(?:ü|ue)(?:ß|ss)\w*|"
    r"(?:freundliche|viele|beste|herzliche|liebe|schöne) gr(?:ü|ue)(?:ß|ss)e|mfg|vg|lg|"
    r"(?:bien )?cordialement|(?:meilleures|sincères|cordiales) salutations|bien à vous|"
    r"(?:un )?(?:saludo|cordial saludo)s?(?: cordiales)?|atentamente|"
    r"cordiali saluti|distinti saluti|cordialmente|met vriendelijke groeten?|mvg|"
    r"vriendelijke groeten?|atenciosamente|com os melhores cumprimentos|cumprimentos|"
    r"(?:med )?vänliga? hälsning(?:ar)?|med vänlig hälsning|mvh|"
    r"(?:med )?venlig hilsen|hilsen|(?:med )?vennlig hilsen|ystävällisin terveisin|terveisin|"
    r"s pozdravem|s přátelským pozdravem|s pozdravom|z powa[żz]aniem|pozdrawiam|"
    r"üdvözlettel|tisztelettel|cu stimă|с уважением|з повагою|saygılarımla|"
    r"με εκτίμηση|s poštovanjem|lijep pozdrav|lep pozdrav|lugupidamisega|pagarbiai|"
    r"ar cieņu|salam hormat|trân trọng|敬具|よろしくお願いいたします|此致)[\s,.!。]*$",
    IGNORECASE,
)


def find(lines: Sequence[Line], first: int, end: int) -> tuple[int, str]:
    """Return (line, evidence) where the signature of lines [first, end) begins.

    `(end, "")` if there is none. A signature never takes all of the lines: then it
    is text. Looks at the last lines only.
    """
    while end > first and lines[end - 1].blank:
        end -= 1
    start, evidence = _delimited(lines, first, end)
    mobile = _mobile(lines, first, start)
    if mobile < start:
        start, evidence = mobile, evidence or "mobile"
    closing = _closing(lines, first, start)
    if closing < start:
        start, evidence = closing, evidence or "closing"
    if all(line.blank for line in lines[first:start]):
        return end, ""
    return start, evidence


def banner(lines: Sequence[Line]) -> int:
    """Return where the warnings end that mail gateways put above a mail, else 0.

    Each is a paragraph that warns, of mail from outside, and tells not to touch links or
    files (Exchange transport rules, Google Workspace), or Microsoft's first-contact tip.
    Something must stand below: alone it is text.
    """
    past = 0
    for _ in range(_MOST_WARNINGS):
        first = past
        while first < len(lines) and lines[first].blank:
            first += 1
        start = lines[first].body if first < len(lines) else ""
        if len(start) < 40 and not _WARNS.match(start):
            break
        end = first
        while end < min(len(lines), first + _LONGEST_WARNING) and not lines[end].blank:
            end += 1
        if not _warns(" ".join(line.body for line in lines[first:end])):
            break
        past = end
    return past if past and any(not line.blank for line in lines[past:]) else 0


def _warns(said: str) -> bool:
    if not 40 <= len(said) <= 800:
        return False
    if "LearnAboutSenderIdentification" in said:
        return True
    told = (_WARNS.match(said), _OUTSIDE.search(said), _RISKS.search(said))
    return all(told) and _FORBIDS.search(said) is not None


def _delimited(lines: Sequence[Line], first: int, end: int) -> tuple[int, str]:
    best, evidence, written = end, "", 0
    for index in range(end - 1, max(first, end - 60) - 1, -1):
        body = lines[index].body
        if body in _DELIMITERS and written <= _MOST_LINES:
            if _is_prose(lines, index, end):
                break
            best, evidence = index, "delimiter"
        elif _RULE.match(body[:60]) and written <= _MOST_UNDER_RULE:
            if _is_prose(lines, index, end):
                break
            best, evidence = index, "rule"
        written += bool(body)
        if written > _MOST_LINES:
            break
    return best, evidence


def _is_prose(lines: Sequence[Line], delimiter: int, end: int) -> bool:
    """Tell whether what stands below a delimiter goes on with the text.

    A client puts a name below "-- "; a person who only parts his paragraphs says more:
    he asks, or begins with a sentence. "-- " with its blank is a client's (RFC 3676
    4.3) unless a blank line follows.
    """
    line = lines[delimiter]
    client = line.body == "--" and line.end - line.start == 4
    below = lines[delimiter + 1 : end]
    if client and below and not below[0].blank:
        return False
    said = [line.body for line in below if not line.blank]
    if not said:
        return False
    if any(_ASKED.match(body[-200:]) for body in said[:4]):
        return True
    if not line.body.startswith("-") and _MORE.match(said[0][:400]):
        return not _LEGAL.search(said[0][:400])
    start = " ".join(said[:3])[:400]  # one short sentence may be a motto
    return (
        len(start) > 120
        and said[0].count(" ") > 5
        and bool(_SENTENCES.search(start))
        and not _LEGAL.search(start)
    )


def _mobile(lines: Sequence[Line], first: int, end: int) -> int:
    start = end
    for index in range(end - 1, max(first, end - 60) - 1, -1):
        if lines[index].blank:
            continue
        if not is_mobile_signature(lines[index].body):
            break
        start = index
    return start


def _closing(lines: Sequence[Line], first: int, end: int) -> int:
    """A formula and, without a blank line between, a name: nothing said after it."""
    written = 0
    for index in range(end - 1, max(first, end - 16) - 1, -1):
        body = lines[index].body
        if body and len(body) <= 60 and _CLOSING.match(body):
            named = index + 1 < end and not lines[index + 1].blank
            return index if named else end
        if len(body) > 60 or "?" in body or written > 7:
            return end
        if body.endswith((".", "!")) and body.count(" ") > 3:
            return end
        written += bool(body)
    return end
