"""Attribution lines: "On <date>, <name> wrote:" and its forms in other languages.

Grammar rather than phrases: one to four lines that end with a colon and hold a verb of
writing with a date or an address, or (Gmail in Russian, Japanese, Hebrew) a date and an
address alone. All text looked at is bounded, so time is linear in the lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from re import compile as pattern
from typing import Final

from mailroom.message.headerblock import visible
from mailroom.message.line import Line

_VERBS: Final = (
    "wrote|writes|has written|écrit|a écrit|a ecrit|schrieb|schrieb am|geschrieben|"
    "hat geschrieben|escribió|escribio|ha escrito|escribe|scritto|ha scritto|scrive|"
    "schreef|geschreven|schrijft|escreveu|escreve|skrev|skriver|skrev följande|"
    "kirjoitti|kirjoittaa|napsal|napsala|napísal|napísala|napísal(a)|napsal(a)|"
    "napisał|napisała|napisał(a)|pisze|napisao|napisala|je napisao|napisao/la|"
    "napisal|napisal/a|írta|ezt írta|scris|a scris|написал|написала|пишет|написав|"
    "написала|пише|написа|яко|на писа|yazdı|şunu yazdı|έγραψε|έγραψαν|写道|寫道|写到|"
    "のメッセージ|書きました|のメール|wrote the following|작성|썼습니다|님이 작성|"
    "작성한 글|작성했습니다|כתב|כתבה|כתב/ה|"
    "كتب|كتبت|كتابة|đã viết|viết|menulis|kirjutas|rašė|rakstīja|va escriure|"
    "ha escrit|เขียนว่า|เขียน|idatzi du|skrifaði|scríobh|shkroi|написао|написао/ла|"
    "de la part de|пользователь|schreibt|скрыл|napisao je|napisala je|नें लिखा|"
    "ने लिखा|লিখেছেন|reageerde|said|sagte|escribiu|نوشت|쓴 글|писал|писала|писав|"
    "писала|писали|napisana|napisane|написав|寫入|写入|書き込みました"
)
# From here on (Devanagari, Thai, Chinese) words are no runs of letters between spaces.
_UNSPACED: Final = "\u0900"
_SPACED: Final = [v for v in _VERBS.split("|") if not v.isspace()]
# Words that begin an attribution; a date or a name may begin it as well.
_OPENERS: Final = frozenset(
    "on am le el il op em den dne dňa dnia w på στις pada vào في בתאריך um de al a i "
    "d. at missatge kontakt from à on: v dana dana: na ve på: 在 於 tarihinde la il "
    "in ai az ma pe ke ti to su la ti. ke. pe. to. su. ma. la. dna в під від o "
    "în în. wiadomość noong در".split()
)
# "Quoting Jane <jane@a.example>:", as Horde writes it.
_CITING: Final = frozenset(
    "quoting zitat citando citat cytowanie citeren citerar lainaus idézet missatge "
    "quote citation selon kontakt".split()
)
_ADDRESS = pattern(r"(?<![^\s<>()\[\]:;,\"])[^\s<>()\[\]:;,\"@]++@[\w.-]+")
_TIME = pattern(r"(?<!\d)\d{1,2}\s?[:.hH時时시]\s?\d{2}(?!\d)")
_YEAR = pattern(r"(?<!\d)(?:19|20|25(?=[5-9])|٢٠|۲۰)\d\d(?!\d)")  # 2568 in Thailand
_NUMERIC_DATE = pattern(r"(?<!\d)\d{1,4}[./\-]\s?\d{1,2}[./\-]\s?\d{1,4}(?!\d)")
_CJK_DATE = pattern(r"\d{1,4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}")
_NUMBER = pattern(r"\d+")
_VERBS_BY_WORD: Final = frozenset(
    word.partition("(")[0].casefold()
    for verb in _SPACED
    if verb[0].isalpha() and verb[0] < _UNSPACED
    for word in (verb.split()[-1],)
) - {"la", "part", "de", "am", "the", "following"}
_INFIXED: Final = tuple(v for v in _SPACED if v[0] >= _UNSPACED)
_WORD = pattern(r"[^\W\d_]+")
_LONGEST = 500
_ENDS_OF_SENTENCES = frozenset(".!?…。！？")
# Who uses them writes prose: clients name people. Lower case, but for a few.
_PRONOUNS: Final = frozenset(
    "i I we you he she they it your our my his her their me us someone nobody ich wir "
    "Sie sie ihr Ihr er man mein meine unser unsere Ihre Ihrem nous vous votre notre "
    "yo usted ustedes nosotros su me nos nuestro nuestra io noi voi lei vostro nostro "
    "suo eu você vocês nós seu sua nosso nossa ik wij hij zij jij jullie uw onze jag vi "
    "ni du han hon er vår jeg hun min mit dere minä te hän já my vy náš váš ja wy nasz "
    "wasz я мы вы Вы он она они ваш ваша ваше наш наша ви ми ben biz siz εμείς εσείς "
    "אני אנחנו אתם أنا نحن أنتم saya kami anda tôi chúng".split()
)
_CJK_PRONOUNS: Final = ("我", "您", "你", "私", "제가", "저희")
_INNER = pattern(r"[ -](?=(?:On|Am|Le|El|Il|Em|Op|Den|Dne|W dniu|Στις|På) )")
# Tutanota: "14 Jan 2025, 10:42 by jane@acme.example:"
_TIMED_BY = pattern(
    r"\d:\d\d(?::\d\d)?,? (?:by|von|de|par|da|door|av|af|от|od|przez) [^\s:]+@[^\s:]+$"
)
_CLOSING_VERBS = ("写道", "寫道")
# The characters with which an attribution may end.
LAST: Final = frozenset(":：->)*_|道®\u202c\u200f\u200e")


@dataclass(frozen=True, slots=True)
class Attribution:
    """An attribution in lines [first, end), unfolded; `dated` and `addressed` say what
    it rests on beside its verb."""

    first: int
    end: int
    text: str
    verb: bool
    dated: bool
    addressed: bool
    opened: bool
    closed: bool = False  # ends with the address, or stands between dashes

    @property
    def strong(self) -> bool:
        """Whether it stands without any ">" after it."""
        if not self.verb:
            return self.closed
        if _is_prose(self.text):
            return False
        if self.dated:
            return self.addressed or (self.opened and is_timed(self.text))
        return self.closed or (self.addressed and len(self.text) < 160)


def match(lines: Sequence[Line], first: int) -> Attribution | None:
    """Return the attribution that begins at line `first`, if one does."""
    depth = lines[first].depth
    joined = ""
    for index in range(first, min(first + 4, len(lines))):
        line = lines[index]
        if line.blank or line.depth != depth or len(joined) + len(line.body) > _LONGEST:
            return None
        joined = f"{joined} {line.body}" if joined else line.body
        if line.body[-1] in LAST:
            found = _read(joined, first, index + 1)
            if found is not None:
                return None if _begins_later(lines, found) else found
            if line.body[-1] == ":":
                return None  # a colon ends what it announces
    return None


def inner(body: str) -> int:
    """Return where an attribution begins behind words on the same line, else 0.

    "Thanks! On Tue, 14 Jan 2025 at 10:42 Jane <jane@acme.example> wrote:"
    """
    for found in _INNER.finditer(body, 0, _LONGEST):
        before = body[: found.end()].rstrip(" -")
        if "@" in before or is_dated(before) or before.endswith((":", "：")):
            break
        if any(map(str.isalnum, before)) and _opener(body[found.end() :]):
            return len(before)
    return 0


def _begins_later(lines: Sequence[Line], found: Attribution) -> bool:
    """Tell whether words of a paragraph stand before the attribution's own first line."""
    first = visible(lines[found.first].body).lstrip("* ")
    if found.end - found.first == 1 or _opener(first):
        return False
    told = "@" in first or is_dated(first) or first[:1] == "-"
    if first.partition(" ")[0].casefold().rstrip(",:.") in _OPENERS and not told:
        told = _opener(f"{first} {visible(lines[found.first + 1].body)}")
    for index in range(found.first + 1, found.end):
        start = visible(lines[index].body).lstrip("* ")
        leads = not told and (
            first[-1:] in _ENDS_OF_SENTENCES or _leads(start) or index + 1 < found.end
        )
        if (leads or _opener(start)) and match(lines, index) is not None:
            return True
    return False


def _leads(start: str) -> bool:
    """Tell whether a line begins with a date, or with a name and an address after it."""
    if is_dated(start[:40]) and any(map(str.isdigit, start[:16])):
        return True
    address = _ADDRESS.search(start[:120])
    return address is not None and start[0] not in "<(" and address.start() > 1


def _read(joined: str, first: int, end: int) -> Attribution | None:
    text = visible(joined).strip("*_ \t\xa0-–—|")
    closed = text.endswith((":", "：")) or joined.rstrip().endswith("---")
    bare = text.rstrip(":： ")
    if not (closed or bare.endswith(_CLOSING_VERBS)):
        return None
    addressed = "@" in bare and bool(_ADDRESS.search(bare))
    dated = is_dated(bare)
    if not (addressed or dated):
        return _by_name_alone(joined, bare, first, end)
    verb = bool(_verb_ends(bare))
    opened = _opens(text, addressed)
    listed = joined[:2] in ("- ", "* ", "• ")
    if not opened or listed or text[:1] in "([#" or "://" in bare[:20]:
        return None
    if verb:
        fits = dated or _ends_with_verb(bare) or _citing(text)
    else:
        fits = _citing(text) or (dated and (_opener(text) or _date_leads(bare)))
        fits = fits and addressed
    if not fits:
        return None
    closed = bare.rstrip("\"'”").endswith((">", ")")) or _opener(text) or _citing(text)
    closed = closed or _TIMED_BY.search(bare) is not None
    return Attribution(first, end, text, verb, dated, addressed, opened, closed)


def _by_name_alone(joined: str, bare: str, first: int, end: int) -> Attribution | None:
    """Read "Jane Doe wrote:", which counts only above a quote, or between dashes."""
    words = bare.split()
    if not 2 <= len(words) <= 7 or not _verb_ends(words[-1]):
        return None
    named = [w for w in words[:-1] if not w[0].islower()]
    if not _PRONOUNS.isdisjoint((words[0], words[0].lower())):
        return None  # "He said:"
    if not named or len(words) - len(named) > 2 or words[0][0].islower():
        return None
    dashed = joined.startswith("--") and joined.endswith("--")
    return Attribution(first, end, bare, True, False, False, True, dashed)


def _citing(text: str) -> bool:
    return text.partition(" ")[0].casefold() in _CITING


def _opens(text: str, addressed: bool) -> bool:
    """Tell whether the words at the start may begin an attribution."""
    if _opener(text):
        return True
    before = _ADDRESS.search(text)
    if before is not None and before.start() <= 60:
        return True  # a name and an address
    if is_dated(text[:48]) and any(map(str.isdigit, text[:24])):
        return True  # a date, maybe after the day of the week
    return not addressed and len(text) < 120 and text[:1].isupper()


def _opener(text: str) -> bool:
    head, _, rest = text.partition(" ")
    if head.casefold().rstrip(",:") not in _OPENERS:
        return False
    return is_dated(rest[:90]) or "@" in rest[:120]


def _verb_ends(bare: str) -> list[int]:
    """Return where verbs of writing end."""
    ends = [
        found.end()
        for found in _WORD.finditer(bare)
        if found[0].casefold() in _VERBS_BY_WORD
    ]
    if not bare.isascii():
        ends += [bare.rindex(v) + len(v) for v in _INFIXED if v in bare]
    return ends


def _ends_with_verb(bare: str) -> bool:
    ends = _verb_ends(bare)
    return any(end >= len(bare) - 24 for end in ends) or (
        bare.endswith((">", ")")) and any(end <= 40 for end in ends)
    )


def _date_leads(bare: str) -> bool:
    """Tell whether a date stands before the address, as where no verb is written."""
    address = _ADDRESS.search(bare)
    return address is not None and is_dated(bare[: address.start()])


def is_timed(text: str) -> bool:
    """Tell whether a text states a day with its year and a time, as clients do."""
    if not any(p.search(text) for p in (_YEAR, _NUMERIC_DATE, _CJK_DATE)):
        return False
    return bool(_TIME.search(_NUMERIC_DATE.sub(" ", text)))


def _is_prose(text: str) -> bool:
    """Tell whether a person tells of a mail: "On 14 January we wrote:"."""
    if text.endswith(", you wrote:"):
        return False  # The Bat!
    words = text.replace(",", " ").rstrip(":： ").split()[1:]
    if not _PRONOUNS.isdisjoint(words):
        return True
    return not text.isascii() and any(word in text for word in _CJK_PRONOUNS)


def is_dated(text: str) -> bool:
    """Tell whether a text holds a date: numeric, or a year or time with another number."""
    if _NUMBER.search(text) is None:
        return False
    if _NUMERIC_DATE.search(text) or _CJK_DATE.search(text):
        return True
    numbers = len(_NUMBER.findall(text))
    if _YEAR.search(text):
        return numbers >= 2
    return bool(_TIME.search(text)) and numbers >= 3


def undated_quote_header(lines: Sequence[Line], first: int) -> bool:
    """Tell whether a line is old Gmail's "2013/7/20 Name <address>" before a quote."""
    body = lines[first].body
    if not body[:1].isdigit() or len(body) > 200 or not body.endswith((">", ">:")):
        return False
    following = lines[first + 1 : first + 3]
    quoted = any(line.depth or line.body[:1] == "|" for line in following)
    return quoted and bool(_ADDRESS.search(body)) and is_dated(body[:30])
