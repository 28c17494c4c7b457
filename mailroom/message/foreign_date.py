"""Dates as clients write them in quotes and forwards, in the reader's language.

RFC 5322 3.3 dates are read by the standard library; other forms only if they state a
zone, because a moment without zone is not one.
"""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from re import IGNORECASE
from re import compile as pattern
from typing import Final

_MONTHS: Final = (
    "jan genn gen ene led sty sij янв січ oca ιαν يناير tammi",
    "feb fév fev únor úno lut vel фев лют şub φεβ فبراير helmi feb",
    "mar mär mrt már břez bře ožu март мар бер μαρ مارس maalis",
    "apr avr abr kvě? dub kwi tra апр квіт кві nis απρ أبريل huhti",
    "may mai maj mag máj kvě maa maí svi мая май трав тра μαΐ μαι مايو touko",
    "jun juin giu jún červn čer cze lip июн черв чер haz ιουν يونيو kesä",
    "jul juil lug júl červenc čvc lipc srp июл лип tem ιουλ يوليو heinä",
    "aug août aoû ago aúg srpn sierp sie kolo kol авг серп сер ağu αυγ أغسطس elo",
    "sep set szept zář wrz ruj сен вер eyl σεπ سبتمبر syys",
    "oct okt ott out ott říj paź lis окт жовт жов eki οκτ أكتوبر loka",
    "nov noi lis listopad stud ноя лист kas νοε نوفمبر marras",
    "dec dez déc dic des pro gru pros дек груд гру ara δεκ ديسمبر joulu",
)
_BY_WORD: Final = {
    word.rstrip("?"): number
    for number, words in reversed(list(enumerate(_MONTHS, 1)))
    for word in words.split()
}
_ZONES: Final = {
    **{"utc": 0, "gmt": 0, "z": 0, "bst": 60, "wet": 0, "west": 60, "cet": 60},
    **{"cest": 120, "mez": 60, "mesz": 120, "eet": 120, "eest": 180, "oesz": 180},
    **{"oez": 120, "msk": 180, "ist": 330, "jst": 540, "kst": 540, "est": -300},
    **{"edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480},
    **{"pdt": -420, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780},
}
_TIME = pattern(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s?([ap])?\.?\s?m?", IGNORECASE)
_OFFSET = pattern(r"(?:UTC|GMT)?\s?([+\-−])(\d{1,2}):?(\d{2})?\)?\s*$", IGNORECASE)
_ISO = pattern(r"(\d{4})[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})")
_WORDS = pattern(r"[^\W\d_]+|\d+")


def read(written: str) -> datetime | None:
    """Return the moment that a date line states, aware and in UTC, or None."""
    written = " ".join(written[:120].split())
    try:
        parsed = parsedate_to_datetime(written)
        if parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    zone, time = _zone(written), _TIME.search(written)
    if zone is None or time is None:
        return None
    hour = int(time[1])
    if time[4]:
        hour = hour % 12 + (12 if time[4] in "pP" else 0)
    day = _day(written[: time.start()])
    if day is None:
        return None
    try:
        moment = datetime(*day, hour, int(time[2]), int(time[3] or 0), tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(written: str) -> timezone | None:
    offset = _OFFSET.search(written)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes >= 24 * 60:
            return None
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    last = written.rstrip(" ).").rpartition(" ")[2].strip("(").casefold()
    minutes_east = _ZONES.get(last)
    return None if minutes_east is None else timezone(timedelta(minutes=minutes_east))


def _day(written: str) -> tuple[int, int, int] | None:
    iso = _ISO.search(written)
    if iso is not None:
        return int(iso[1]), int(iso[2]), int(iso[3])
    numbers: list[int] = []
    month = 0
    for word in _WORDS.findall(written):
        if word.isdigit():
            numbers.append(int(word))
        else:  # the last: "mar." before it is a Tuesday in the South of Europe
            month = _month(word.casefold()) or month
    years = [n for n in numbers if 1970 <= n <= 2200]
    days = [n for n in numbers if 1 <= n <= 31]
    if not (month and years and days):
        return None
    return years[0], month, days[0]


def _month(word: str) -> int:
    for size in range(min(len(word), 8), 2, -1):
        if word[:size] in _BY_WORD:
            return _BY_WORD[word[:size]]
    return 0
