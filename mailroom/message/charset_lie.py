"""Find out that a charset label lies although the octets fit it.

Single-byte charsets and the two-byte ones of East Asia fit nearly any octets. What
betrays a wrong label is the text that comes out: no language has half of its letters
above ASCII in Latin-1, words in lower case with all but their first letter in upper
case, or ideographs inside Latin words. Whatever is not plain stays as it was labelled.
"""

import re
from collections.abc import Callable

_MOST = 20_000  # octets or characters that are looked at
_LATIN = frozenset(("cp1252", "cp1254", "cp1250", "iso8859_15", "mac_roman"))
_CYRILLIC = {"koi8_r": "cp1251", "koi8_u": "cp1251", "cp1251": "koi8_r"}
_EAST = frozenset(
    ("gb18030", "big5hkscs", "cp950", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r")
) | frozenset(("koi8_u", "cp1253", "cp1255", "cp1256", "cp874", "iso8859_5", "cp866"))
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTERS = re.compile(rb"[A-Za-z\x80-\xff]")
_TURNED = re.compile(r"\b[\u0430-\u044f\u0451][\u0410-\u042f\u0401]{2,}\b")
_USUAL = re.compile(r"\b[\u0410-\u044f\u0401\u0451][\u0430-\u044f\u0451]{2,}\b")
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_RUN = re.compile(r"[^\x00-\x7f]+")
_INSIDE = re.compile(
    r"(?<=[a-z])[^\x00-\x7f]{1,2}(?![^\x00-\x7f])"
    r"|(?<![^\x00-\x7f])[^\x00-\x7f]{1,2}(?=[a-z])"
)
# Signs that stand alone in Western texts: pound, section, degree, quotes, dashes.
_MARKS = frozenset(
    b"\x80\x82\x84\x85\x91\x92\x93\x94\x95\x96\x97\x99\xa0\xa3\xa7\xa9\xab\xae\xb0"
    b"\xb1\xb2\xb3\xb4\xb5\xb7\xbb\xbc\xbd\xbe"
)
_TWO_HIGH = re.compile(rb"[\x80-\x9f\xa1-\xff]{2}")


def truth(
    octets: bytes, named: str, text: str, detect: Callable[[bytes], str | None]
) -> str | None:
    """Return the text in the charset it really has, None to believe the label.

    `text` is what comes out by the label `named`, a Python codec; `detect` guesses a
    codec. A guess counts only if the octets fit it without loss.
    """
    named = named.replace("-", "_")
    if named in _LATIN:
        return _not_latin(octets, detect)
    if named in _CYRILLIC:
        return _turned(octets, text, _CYRILLIC[named])
    if named in ("gb18030", "big5hkscs", "cp932", "cp949", "euc_jp"):
        return _not_eastern(octets, named, text[:_MOST], detect)
    return None


def is_western_marks(octets: bytes) -> bool:
    """Return whether all that is above ASCII are lone signs, as in "20 \xa3 \x96 ok"."""
    high = set(_HIGH.findall(octets[:_MOST]))
    return {octet[0] for octet in high} <= _MARKS and not _TWO_HIGH.search(octets)


def _not_latin(octets: bytes, detect: Callable[[bytes], str | None]) -> str | None:
    """Octets with the letters of another script, under a Western label."""
    sample = octets[:_MOST]
    high = _HIGH.findall(sample)
    # Few of them may be a list of letters, or a word in capitals.
    if len(high) < 20 or len(high) * 2 < len(_LETTERS.findall(sample)):
        return None
    found = (detect(octets) or "").replace("-", "_")
    return _fitting(octets, found) if found in _EAST else None


def _turned(octets: bytes, text: str, other: str) -> str | None:
    """KOI8-R read as windows-1251, and the reverse: upper and lower case swapped."""
    sample = text[:_MOST]
    turned = len(_TURNED.findall(sample))
    if turned < 2 or turned <= len(_USUAL.findall(sample)):
        return None
    # Somebody may have typed like that: then the letters are those of a language.
    found = _fitting(octets, other) or ""
    share = _common(found[:_MOST])
    return found if share > max(0.5, _common(sample) + 0.1) else None


def _common(text: str) -> float:
    """Return the share of the commonest Cyrillic letters: three in five in words."""
    letters = [letter for letter in text.lower() if "\u0430" <= letter <= "\u0457"]
    common = sum(letter in "оеаинтсрвлкі" for letter in letters)
    return common / len(letters) if letters else 0.0


def _not_eastern(
    octets: bytes, named: str, sample: str, detect: Callable[[bytes], str | None]
) -> str | None:
    """Western text, or text of another East Asian charset, by what it comes out as."""
    runs = len(_RUN.findall(sample))
    # A Western octet swallows the letter behind it: lone ideographs inside of words.
    words = len(_ASCII_LETTER.findall(sample)) >= 3 * runs > 6
    if words and len(_INSIDE.findall(sample)) * 5 >= runs * 4:
        return _fitting(octets, "cp1252")
    total = sum(map(len, _RUN.findall(sample)))
    if named == "cp932":  # the first octet of each hiragana in EUC-JP
        return (
            _fitting(octets, "euc_jp") if sample.count("\uff64") * 4 > total else None
        )
    if len(_PRIVATE.findall(sample)) * 8 < total:
        return None
    found = (detect(octets) or "").replace("-", "_")
    return _fitting(octets, found) if found in _EAST and found != named else None


def _fitting(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except UnicodeDecodeError:
        return None
