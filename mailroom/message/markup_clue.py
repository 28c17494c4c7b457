"""What elements of HTML mail tell: quoted history, signatures, forwards, hidden text.

Each client marks these in its own way; the tables name the client beside the mark.
"""

from dataclasses import dataclass
from re import IGNORECASE
from re import compile as pattern

from mailroom.message.markup import attributes
from mailroom.message.model import SpanKind

QUOTE, SIGNATURE, FORWARD = SpanKind.QUOTE, SpanKind.SIGNATURE, SpanKind.FORWARD


@dataclass(frozen=True, slots=True)
class Clue:
    """What an element is; `to_end`: so is all that follows; `outer`: only if nothing
    inside it says so more closely."""

    kind: SpanKind
    evidence: str
    to_end: bool = False
    outer: bool = False


_BY_NAME = {
    "gmail_quote": Clue(QUOTE, "gmail_quote", outer=True),  # Gmail, Samsung, K-9
    "gmail_quote_container": Clue(QUOTE, "gmail_quote", outer=True),
    "gmail_attr": Clue(QUOTE, "gmail_attr"),
    "gmail_signature": Clue(SIGNATURE, "gmail_signature"),
    "gmail_signature_prefix": Clue(SIGNATURE, "gmail_signature"),
    "moz-cite-prefix": Clue(QUOTE, "moz-cite-prefix"),  # Thunderbird
    "moz-email-headers-table": Clue(FORWARD, "moz-email-headers-table"),
    "moz-forward-container": Clue(FORWARD, "moz-forward-container"),
    "moz-signature": Clue(SIGNATURE, "moz-signature"),
    "moz-txt-sig": Clue(SIGNATURE, "moz-txt-sig"),
    "olk_src_body_section": Clue(QUOTE, "OLK_SRC_BODY_SECTION"),  # Outlook for Mac
    "divrplyfwdmsg": Clue(QUOTE, "divRplyFwdMsg", to_end=True),  # Outlook on the web
    "divrplyfwdmsg_": Clue(QUOTE, "divRplyFwdMsg", to_end=True),
    "appendonsend": Clue(QUOTE, "appendonsend", to_end=True),
    "mail-editor-reference-message-container": Clue(QUOTE, "reference-message", True),
    "signature": Clue(SIGNATURE, "Signature"),
    "signature_old": Clue(SIGNATURE, "signature_old"),  # eM Client
    "stopspelling": Clue(QUOTE, "stopSpelling", to_end=True),  # Hotmail
    "outlooksignature": Clue(SIGNATURE, "OutlookSignature"),
    "ms-outlook-mobile-signature": Clue(SIGNATURE, "ms-outlook-mobile-signature"),
    "ms-outlook-mobile-body-separator-line": Clue(SIGNATURE, "ms-outlook-mobile"),
    "applemailsignature": Clue(SIGNATURE, "AppleMailSignature"),
    "yahoo_quoted": Clue(QUOTE, "yahoo_quoted"),
    "yahoo-quoted-begin": Clue(QUOTE, "yahoo_quoted", to_end=True),
    "yahoo-signature": Clue(SIGNATURE, "yahoo-signature"),
    "protonmail_quote": Clue(QUOTE, "protonmail_quote"),
    "protonmail_signature_block": Clue(SIGNATURE, "protonmail_signature_block"),
    "tutanota_quote": Clue(QUOTE, "tutanota_quote"),
    "zmail_extra": Clue(QUOTE, "zmail_extra"),  # Zoho
    "zm-_id_-sgn": Clue(SIGNATURE, "Zm-_Id_-Sgn"),
    "zwchr": Clue(QUOTE, "zwchr", to_end=True),  # Zimbra
    "zimbra_quote": Clue(QUOTE, "zimbra_quote"),
    "quoted-content": Clue(QUOTE, "quoted-content"),  # GMX, web.de, mail.com
    "messagereplysection": Clue(QUOTE, "messageReplySection"),  # Spark
    "messagesignaturesection": Clue(SIGNATURE, "messageSignatureSection"),
    "front-blockquote": Clue(QUOTE, "front-blockquote"),
    "front-signature": Clue(SIGNATURE, "front-signature"),
    "missive_quote": Clue(QUOTE, "missive_quote"),
    "edo-reply": Clue(QUOTE, "edo-reply"),  # Edison
    "edo-signature": Clue(SIGNATURE, "edo-signature"),
    "reply-intro": Clue(QUOTE, "reply-intro"),  # Roundcube
    "_originalcontent": Clue(QUOTE, "_originalContent"),  # BlackBerry
    "composer_signature": Clue(SIGNATURE, "composer_signature"),  # Samsung
    "bloop_sign": Clue(SIGNATURE, "bloop_sign"),  # Airmail
    "mb_sig": Clue(SIGNATURE, "mb_sig"),  # Mailbird
    "sh-signature": Clue(SIGNATURE, "sh-signature"),  # Superhuman
    "qbahwrapper": Clue(QUOTE, "qbahwrapper"),  # QQ Mail
    "ntes_not_fresh_mail_sign": Clue(SIGNATURE, "ntes"),  # NetEase
    "isreplycontent": Clue(QUOTE, "isReplyContent"),
}
# A blockquote without marks: history only where an attribution stands above it.
BARE = Clue(QUOTE, "blockquote")
BY_ELEMENT = {
    "blockquote": BARE,
    "signature": Clue(SIGNATURE, "signature"),
}  # Mailspring
_PREFIXES = ("x_", "ecx", "3d")  # renamed by Outlook on the web, Hotmail; broken QP
_RENAMED = pattern(r"m_-?\d+")  # renamed by Gmail when quoting
_NUMBERED = pattern(r"[-_]?\d[\w-]*$")  # yahoo_quoted_7482910
_BORDER = pattern(
    r"border:\s*none;\s*border-top:\s*solid\s*#[0-9a-f]{6}\s*1\.0pt", IGNORECASE
)
_HIDDEN = pattern(
    r"display:\s*none|visibility:\s*hidden|mso-hide:\s*all|"
    r"(?<![\w-])(?:max-height|opacity):\s*0(?:px|pt|em)?\s*(?:;|!|$)",
    IGNORECASE,
)
_PREFORMATTED = pattern(r"white-space:\s*(?:pre|break-spaces)", IGNORECASE)
# One of these words must stand in the attributes of an element that tells anything.
HINTS = (
    *("quote", "gmail_attr", "signature", "moz-", "olk_src_body_section", "rplyfwd"),
    *("appendonsend", "reference-message", "outlook-mobile", "tutanota", "zmail_extra"),
    *("zm-_id_", "zwchr", "messagereplysection", "edo-", "reply-intro", "_sign"),
    *("_originalcontent", "bloop_", "mb_sig", "qbahwrapper", "isreplycontent"),
    *("border-top", "display", "visibility", "mso-hide", "hidden", "white-space"),
    *("max-height", "opacity", "stopspelling"),
    *("type=", "quoted"),
)


@dataclass(frozen=True, slots=True)
class Trait:
    """What attributes say of an element beside its name."""

    clue: Clue | None = None
    hidden: bool = False
    preformatted: bool = False


_PLAIN = Trait()


def trait(name: str, written: str) -> Trait:
    """Return what the attributes of a start tag, as written, say of the element."""
    have = attributes(written)
    style = have.get("style", "")
    hidden = "hidden" in have or bool(_HIDDEN.search(style))
    preformatted = bool(_PREFORMATTED.search(style))
    clue = _clue(name, have, style)
    if clue is None and not hidden and not preformatted:
        return _PLAIN
    return Trait(clue, hidden, preformatted)


def _clue(name: str, have: dict[str, str], style: str) -> Clue | None:
    if name == "blockquote":
        if have.get("type", "").lower() == "cite" or "cite" in have:
            return Clue(QUOTE, "blockquote-cite")
        if "gmail_quote" in have.get("class", ""):
            return Clue(QUOTE, "gmail_quote")
    if have.get("name", "").lower() == "quote":
        return Clue(QUOTE, "quote")  # GMX, web.de, mail.com
    words = f"{have.get('class', '')} {have.get('id', '')} {have.get('name', '')}"
    for word in words.lower().split():
        known = _BY_NAME.get(word) or _BY_NAME.get(_original(word))
        if known is not None and name not in ("a", "input", "img", "body"):
            return known
    if name == "div" and _BORDER.search(style):
        return Clue(QUOTE, "border-top", to_end=True)
    return None


def _original(word: str) -> str:
    renamed = _RENAMED.match(word)
    if renamed:
        word = word[renamed.end() :]
    for prefix in _PREFIXES:
        word = word.removeprefix(prefix)
    return _NUMBERED.sub("", word[:200]).rstrip("_")
