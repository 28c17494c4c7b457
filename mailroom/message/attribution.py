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
    "ने लिखा|লিখেছেন|reageerde|said|sagte"
)
_SPACED: Final = [v for v in _VERBS.split("|") if not v.isspace()]
# Words that begin an attribution; a date or a name may begin it as well.
_OPENERS: Final = frozenset(
    "on am le el il op em den dne dňa dnia w på στις pada vào في בתאריך um de al a i "
    "d. at missatge kontakt from à on: v dana dana: na ve på: 在 於 tarihinde la il "
    "in ai az ma pe ke ti to su la ti. ke. pe. to. su. ma. la. dna в під від".split()
)
# "Quoting Jane <jane@a.example>:", as Horde writes it.
_CITING: Final = frozenset(
    "quoting zitat citando citat cytowanie citeren citerar lainaus idézet missatge "
    "quote citation selon kontakt".split()
)
_ADDRESS = pattern(r"[^\s<>()\[\]:;,\"]+@[\w.-]+")
_TIME = pattern(r"(?<!\d)\d{1,2}\s?[:.hH時时시]\s?\d{2}(?!\d)")
_YEAR = pattern(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NUMERIC_DATE = pattern(r"(?<!\d)\d{1,4}[./\-]\s?\d{1,2}[./\-]\s?\d{1,4}(?!\d)")
_CJK_DATE = pattern(r"\d{1,4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}")
_NUMBER = pattern(r"\d+")
_VERBS_BY_WORD: Final = frozenset(
    word.partition("(")[0].casefold()
    for verb in _SPACED
    if verb[0].isalpha() and not "\u0e00" <= verb[0] <= "\u0e7f" and verb[0] < "\u3000"
    for word in (verb.split()[-1],)
) - {"la", "part", "de", "am", "the", "following"}
_INFIXED: Final = tuple(v for v in _SPACED if v[0] >= "\u0e00")
_WORD = pattern(r"[^\W\d_]+")
_LONGEST = 500
_CLOSING_VERBS = ("写道", "寫道")
# The characters with which an attribution may end.
LAST: Final = frozenset(":：->)*_|道\u202c\u200f\u200e")


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
        if self.dated:
            return self.addressed or (self.opened and _has_year(self.text))
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


def _begins_later(lines: Sequence[Line], found: Attribution) -> bool:
    """Tell whether words of a paragraph stand before the attribution's own first line."""
    if _opener(visible(lines[found.first].body).lstrip("* ")):
        return False
    return any(
        _opener(visible(lines[index].body).lstrip("* "))
        and match(lines, index) is not None
        for index in range(found.first + 1, found.end)
    )


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
    return Attribution(first, end, text, verb, dated, addressed, opened, closed)


def _by_name_alone(joined: str, bare: str, first: int, end: int) -> Attribution | None:
    """Read "Jane Doe wrote:", which counts only above a quote, or between dashes."""
    words = bare.split()
    if not 2 <= len(words) <= 7 or not _verb_ends(words[-1]):
        return None
    named = [w for w in words[:-1] if not w[0].islower()]
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


def _has_year(text: str) -> bool:
    return any(p.search(text) for p in (_YEAR, _NUMERIC_DATE, _CJK_DATE))


def is_dated(text: str) -> bool:
    """Tell whether a text holds a date: numeric, or a year or time with another number."""
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
