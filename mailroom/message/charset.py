"""Octets of a mail to characters, whatever they claim to be.

Order: a declared charset that is seven bits wide (ISO-2022, UTF-7) or UTF-16; UTF-8
when the octets fit it; the declared charset with the aliases of the WHATWG Encoding
Standard (ISO-8859-1 is windows-1252, GB2312 is GB18030); detection above a floor of
confidence; at last replacement characters. Nothing here raises.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

import chardet

from mailroom.message import charset_lie

_PLAIN = frozenset(
    "us-ascii|ascii|ansi_x3.4-1968|iso-ir-6|646|us|unknown|unknown-8bit|x-unknown|"
    "default|default_charset|binary|8bit|7bit|none|charset|ansi|text".split("|")
)
# Where browsers and mail clients read a label as a superset of what it names.
_ALIASES = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "l1": "cp1252",
    "cp819": "cp1252",
    "ibm819": "cp1252",
    "x-cp1252": "cp1252",
    "iso-8859-9": "cp1254",
    "latin5": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "dos-874": "cp874",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "logical": "iso8859_8",
    "visual": "iso8859_8",
    "iso-8859-6-i": "iso8859_6",
    "iso-8859-6-e": "iso8859_6",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "chinese": "gb18030",
    "csgb2312": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "euc-cn": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "cn-big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "csbig5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "csshiftjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "korean": "cp949",
    "euc-kr": "cp949",
    "windows-949": "cp949",
    "cseuckr": "cp949",
    "x-euc-jp": "euc_jp",
    "koi8-ru": "koi8_u",
    "koi8": "koi8_r",
    "koi": "koi8_r",
    "koi8_r": "koi8_r",
    "cskoi8r": "koi8_r",
    "unicode-1-1-utf-7": "utf_7",
    "x-unicode-2-0-utf-7": "utf_7",
    "unicode-1-1-utf-8": "utf_8",
    "unicode": "utf_16",
    "ucs-2": "utf_16",
    "iso-10646-ucs-2": "utf_16",
    "csunicode": "utf_16",
    "utf8mb4": "utf_8",
    "utf8mb3": "utf_8",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "csmacintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ukrainian": "mac_cyrillic",
    "cp850": "cp850",
    "dos-866": "cp866",
}
# Registered by Python as text encodings, yet no charset of any mail.
_NO_CHARSET = frozenset(
    "idna|punycode|undefined|mbcs|oem|unicode_escape|palmos|raw_unicode_escape|"
    "unicode-escape|raw-unicode-escape".split("|")
)
_WINDOWS = re.compile(r"(?:x-)?(?:windows?|win|cp|ms|ansi)[-_ ]?(125[0-8]|874)")
_ISO_8859 = re.compile(r"iso[-_ ]?8859[-_ ]?(\d{1,2})([-_]?[ei])?(?![0-9])")
_TROUBLE = re.compile(r"[\s\"'<>()\[\];,]+")
_WIDE = frozenset(("gb18030", "big5hkscs", "cp932", "cp949", "euc_jp", "euc_jis_2004"))
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\([BJI]|\$\(D)")

CONFIDENCE_FLOOR = 0.03
"""Below this chardet's answer is a guess among equals (its scale is not linear)."""

_FALLBACK = "cp1252"


def codec(label: str) -> str | None:
    """Return the Python codec for a charset label, None for unknown or plain ASCII.

    Takes labels as found in mail: quoted, with a language tag (RFC 2231 5), in any
    case, misspelt by a hyphen or with the rest of a broken header behind them.
    """
    return _codec(label[:80])


@lru_cache(maxsize=1024)
def _codec(label: str) -> str | None:
    name = _TROUBLE.sub(" ", label).strip().partition(" ")[0].lower()
    name = name.partition("*")[0].partition(":")[0].rstrip("-_=")
    if not name or name in _PLAIN or name in _NO_CHARSET:
        return None
    if name in _ALIASES:
        return _ALIASES[name]
    if found := _WINDOWS.match(name):
        return "cp" + found.group(1)
    if found := _ISO_8859.match(name):
        plain = "iso-8859-" + found.group(1)
        return _ALIASES.get(plain) or _python_name(plain)
    return _python_name(name) or _python_name(name.replace("_", "-"))


def _python_name(name: str) -> str | None:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        squeezed = name.replace("-", "").replace("_", "")
        return "utf_8" if squeezed in ("utf8", "uft8", "utf") else None
    if not getattr(found, "_is_text_encoding", True) or found.name in _NO_CHARSET:
        return None
    if found.name == "ascii":
        return None
    return _ALIASES.get(found.name, found.name)


def is_seven_bit(label: str) -> bool:
    """Whether all text in the charset of that label is in octets below 128."""
    named = codec(label) or ""
    return named in _UTF7 or named.startswith(("iso2022", "hz"))


def decode(octets: bytes, declared: str = "") -> str:
    """Return the characters of `octets`, whose charset is said to be `declared`."""
    named = codec(declared) if declared else None
    if octets.isascii():
        return _decode_ascii(octets, named)
    if named and named.startswith(_UTF16):
        text = _strictly(octets, _wide_codec(octets, named))
        if text is not None and not _looks_byteswapped(text):
            return text.removeprefix("\ufeff")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(octets, named)
    if named in _WIDE and not _surely_utf8(text):
        return _strictly(octets, named) or text
    return text.removeprefix("\ufeff")


def _decode_ascii(octets: bytes, named: str | None) -> str:
    """Seven-bit octets: plain ASCII unless escapes or shifts say otherwise."""
    escapes = named is None or not named.startswith(("iso2022", *_UTF16))
    if escapes and b"\x1b" in octets and _ISO_2022_JP.search(octets):
        return _iso_2022_jp(octets)  # whatever else is said of it
    if b"\0" in octets and octets.count(0) * 5 >= len(octets) * 2:
        named = "utf-16" if named is None or not named.startswith(_UTF16) else named
    if named in (None, "cp1252", "utf-8", "utf_8"):
        return octets.decode("ascii")
    if named.startswith("iso2022_jp"):
        return _iso_2022_jp(octets)
    if named.startswith(_UTF16):
        if b"\0" not in octets:
            return octets.decode("ascii")
        named = _wide_codec(octets, named)
    return _strictly(octets, named) or octets.decode("ascii")


_UTF16 = ("utf_16", "utf-16", "utf_32", "utf-32")


def _decode_legacy(octets: bytes, named: str | None) -> str:
    if b"\xed" in octets and (text := _cesu8(octets)):
        return text
    if named and (text := _strictly(octets, named)) is not None:
        return charset_lie.truth(octets, named, text, detect) or text
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return octets.decode("utf-16", "replace")
    if named in _WIDE or (named and named.startswith("iso2022_jp")):
        text = octets.decode(named, "replace")
        if text.count("\ufffd") * 20 <= len(text):
            return charset_lie.truth(octets, named, text, detect) or text
    text = octets.decode("utf-8", "replace")
    if text.count("\ufffd") * 2 <= sum(map(len, _NON_ASCII.findall(text))):
        return text  # UTF-8 cut or hurt in a few places
    if charset_lie.is_western_marks(octets):
        return _windows_1252(octets)
    detected = detect(octets)
    if detected and (text_detected := _strictly(octets, detected)) is not None:
        return text_detected
    if named and named not in _UTF8 and named not in _UTF7:
        return octets.decode(named, "replace")
    # Not one character of UTF-8: the label lies, and the West is the likeliest.
    is_utf8 = named in _UTF8 and _NON_ASCII.search(text)
    return text if is_utf8 else _windows_1252(octets)


def _cesu8(octets: bytes) -> str | None:
    """Return UTF-8 in which surrogate pairs were encoded one by one (UTR 26)."""
    try:
        halves = octets.decode("utf-8", "surrogatepass")
        return halves.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeError:
        return None


_UTF7 = ("utf_7", "utf-7")
_UTF8 = ("utf-8", "utf_8", "utf-8-sig")
_NON_ASCII = re.compile(r"[^\x00-\x7f\ufffd]+")


@dataclass(slots=True)
class _Thrift:
    """How often detection, which is dear, may still be asked within one mail."""

    left: int
    latest: str | None = None


_thrift: ContextVar[_Thrift | None] = ContextVar("thrift", default=None)


@contextmanager
def thrift(most: int = 100) -> Iterator[None]:
    """Ask for detection `most` times within; after that the latest answer stands."""
    token = _thrift.set(_Thrift(most))
    try:
        yield
    finally:
        _thrift.reset(token)


def is_spent() -> bool:
    """Whether detection is asked no more within this mail."""
    thrift = _thrift.get()
    return thrift is not None and thrift.left == 0


def detect(octets: bytes) -> str | None:
    """Return the codec that chardet finds above the floor of confidence."""
    thrift = _thrift.get()
    if thrift is None:
        return _detected(octets)
    if thrift.left > 0:
        thrift.left -= 1
        thrift.latest = _detected(octets) or thrift.latest
    return thrift.latest


def _detected(octets: bytes) -> str | None:
    found = chardet.detect(octets[:65536], max_bytes=65536)
    label, confidence = found["encoding"], found["confidence"]
    if not label or confidence < CONFIDENCE_FLOOR:
        return None
    return codec(label)


def _strictly(octets: bytes, name: str) -> str | None:
    if name == "cp1252":
        return _windows_1252(octets)
    try:
        text = octets.decode(name)
        if name in _UTF7:  # the one codec that lets half pairs pass
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text
    except (UnicodeError, LookupError, ValueError):
        if name == "big5hkscs":
            return _strictly(octets, "cp950")
        if name == "euc_jp":
            return _strictly(octets, "euc_jis_2004")
        return None


def _windows_1252(octets: bytes) -> str:
    """WHATWG windows-1252: the five holes of Python's codec are C1 controls."""
    try:
        return octets.decode("cp1252")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "mailroom-c1")


def _keep_c1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("mailroom-c1", _keep_c1)


def _surely_utf8(text: str) -> bool:
    """Whether text that decoded as UTF-8 cannot well be a two-byte legacy charset.

    Short runs of a two-byte charset may happen to be valid UTF-8, but then read as
    pairs of octets in the ranges below U+0800.
    """
    return any(char >= "\u0800" for char in text[:4000])


def _wide_codec(octets: bytes, named: str) -> str:
    """UTF-16 without a byte order mark: the end at which the zero octets are."""
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff") or named[-2:] in ("le", "be"):
        return named
    even, odd = octets[:2000:2].count(0), octets[1:2000:2].count(0)
    return "utf-16-be" if even >= odd else "utf-16-le"


def _looks_byteswapped(text: str) -> bool:
    return text[:1] == "\ufffe"


def _iso_2022_jp(octets: bytes) -> str:
    """ISO-2022-JP (RFC 1468) with the vendor characters real senders put into it."""
    for name in ("iso2022_jp", "iso2022_jp_2004", "iso2022_jp_ext"):
        try:
            return octets.decode(name)
        except UnicodeDecodeError:
            continue
    pieces, kanji = [], False
    for piece in re.split(rb"(\x1b(?:\$[@B]|\([BJI]))", octets):
        if piece[:1] == b"\x1b":
            kanji = piece[1:2] == b"$"
            continue
        high = bytes(byte | 0x80 for byte in piece) if kanji else piece
        pieces.append(_jis_rows(high) if kanji else high.decode("latin-1"))
    return "".join(pieces)


def _jis_rows(octets: bytes) -> str:
    """Two-byte JIS rows as Shift_JIS, whose Microsoft form has the vendor rows."""
    shifted = bytearray()
    for row, cell in zip(octets[::2], octets[1::2], strict=False):
        upper, lower = row - 0xA1, cell - 0xA1
        lead = upper // 2 + (0x81 if upper < 62 else 0xC1)
        trail = lower + (0x9F if upper % 2 else 0x40)
        shifted += bytes(
            (lead & 0xFF, (trail + (not upper % 2 and trail > 0x7E)) & 0xFF)
        )
    return shifted.decode("cp932", "replace")
