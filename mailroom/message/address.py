"""Addresses and lists of them (RFC 5322 3.4), read leniently and compared strictly.

`mailboxes` takes a field body as it stands in the mail, unfolded but with its encoded
words, so that a comma inside an encoded name parts nothing. Time is linear in its
length. Nothing here raises.
"""

import re
import unicodedata
from functools import lru_cache

import idna

from mailroom.message import encoded_word
from mailroom.message.model import Mailbox

_SHORT = 300  # the pattern for one mailbox backtracks; longer values are scanned
_SIMPLE = re.compile(
    r"(?:\"([^\"\\<>]*)\"|([^\"\\<>,;:()@=\[\]]*?))\s*"
    r"<([^\s<>()\[\]\\,;:@\"=]+@[^\s<>()\[\]\\,;:@\"=]+)>\s*\Z"
)
_BARE = re.compile(r"([^\s<>()\[\]\\,;:@\"=]+@[^\s<>()\[\]\\,;:@\"=]+)")
_AFTER_QUOTES = (
    r"(?P<angle><[^<>]*+>)"
    r"|(?P<mark>[,;:(])|(?P<literal>@\s*\[[^\[\]<>,\s]{1,60}\])"
    r"|(?P<word>(?:[^\s\",;:(<>@]++|@(?!\s*\[))++)|(?P<space>\s++)|(?P<stray>[\"<>]++|.)"
)
_TOKEN = re.compile(
    r"(?P<quoted>\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\")|" + _AFTER_QUOTES, re.DOTALL
)
# Once a quote has no partner none is looked for again: time stays linear.
_TOKEN_UNQUOTED = re.compile(_AFTER_QUOTES, re.DOTALL)
_NESTING = re.compile(r"\\.|[()]", re.DOTALL)
_QUOTED_LOCAL = re.compile(r"\"[^\"]*\"@\S+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MAILTO = re.compile(r"\[(?:mailto|smtp):([^\[\]<>]*+)\]", re.I)
_SQUARE = re.compile(r"\[([^\s\[\]<>,;@]{1,64}@[^\s\[\]<>,;@]{1,255})\]")
# A run is tried from its first character alone: time stays linear.
_ADDRESS_INSIDE = re.compile(
    r"(?<![^\s<>()\[\]\\,;:@\"'])[^\s<>()\[\]\\,;:@\"']++@[^\s<>()\[\]\\,;:@\"']+"
)

MAX_MAILBOXES = 60_000
"""What is listed beyond this in one field is not read."""


def normalize(address: str) -> str:
    """Return an address for comparisons: lower case, the domain as IDNA A-labels."""
    # RFC 5321 4.5.3.1 allows 320 octets; what is longer must not fill the memory.
    return _remembered(address) if len(address) <= 320 else _normalized(address)


def _normalized(address: str) -> str:
    address = address.strip().strip("<>").strip()
    if address.isascii():
        lowered = address.lower()
        return lowered[:-1] if lowered.endswith(".") else lowered
    address = unicodedata.normalize("NFC", address)
    local, at, domain = address.rpartition("@")
    return local.lower() + at + a_labels(domain)


_remembered = lru_cache(maxsize=4096)(_normalized)


def a_labels(domain: str) -> str:
    """Return a domain in lower case with each label in its ASCII form (RFC 5891).

    A label that IDNA does not allow is put into Punycode all the same, so that two
    spellings of one name never compare as different for that reason.
    """
    domain = domain.strip().rstrip(".").lower()
    if domain.isascii() or len(domain) > 255:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError, IndexError, ValueError):
        dotted = re.sub("[\u3002\uff0e\uff61]", ".", domain)
        return ".".join(map(_a_label, dotted.split(".")))


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.encode(label, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError, IndexError, ValueError):
        folded = unicodedata.normalize("NFKC", label).lower()
        octets = folded.encode("punycode", "replace")
        return "xn--" + octets.decode("ascii", "replace")


def domain_of(address: str) -> str:
    """Return the domain of an address in its form for comparisons, "" without one."""
    return normalize(address).rpartition("@")[2] if "@" in address else ""


def local_part(address: str) -> str:
    """Return what stands before the last @, as written."""
    return address.rpartition("@")[0] if "@" in address else address


def subaddress(address: str) -> tuple[str, str]:
    """Split `local+tag@domain` (RFC 5233) into (`local@domain`, `tag`); no tag: ""."""
    local, at, domain = address.rpartition("@")
    user, _, tag = local.partition("+")
    return (user + at + domain, tag) if user else (address, "")


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Return the mailboxes of a From, To, Cc or Reply-To field body, in its order.

    Groups give their members. A phrase without any address gives a mailbox with an
    empty address, so that a name is never lost.
    """
    value = value.strip()
    if len(value) < _SHORT and (found := _SIMPLE.match(value)):
        name = found.group(1) or found.group(2) or ""
        return (Mailbox(found.group(3), _name([name]) if name else ""),)
    if found := _BARE.fullmatch(value):
        return (Mailbox(found.group(1)),)
    if "[" in value:  # Outlook's form of an angle-addr
        value = _MAILTO.sub(r"<\1>", value)
        value = value if "<" in value else _SQUARE.sub(r"<\1>", value)
    if "\uff20" in value and "@" not in value:  # typed on a keyboard of East Asia
        value = value.replace("\uff20", "@")
    return tuple(_Reader().read(value))


class _Reader:
    """The state of one pass over a field body."""

    def __init__(self) -> None:
        self.found: list[Mailbox] = []
        self.waiting: list[str] = []  # words before a comma that were no address
        self.grouped = False
        self.alone = False  # one address is there at most, and no group ends
        self._clear()

    def _clear(self) -> None:
        self.phrase: list[str] = []
        self.quoted = False
        self.angle: str | None = None
        self.after: list[str] = []
        self.comments: list[str] = []

    def read(self, value: str) -> list[Mailbox]:
        position, open_ended, tokens = 0, False, _TOKEN
        self.alone = value.count("<") == value.count("@") == 1 and ";" not in value
        while token := tokens.match(value, position):
            if len(self.found) + len(self.waiting) > MAX_MAILBOXES:
                break
            position = token.end()
            kind, text = token.lastgroup, token.group()
            if kind == "mark" and text == "(":
                end = -1 if open_ended else _comment_end(value, position)
                open_ended = open_ended or end < 0
                if end > 0:
                    self.comments.append(value[position : end - 1])
                    position = end
            elif kind == "mark":
                self._mark(text)
            elif kind == "angle":
                self._angle(text[1:-1].strip())
            elif kind == "stray":
                tokens = _TOKEN_UNQUOTED if text[0] == '"' else tokens
            else:
                self._word(text, kind == "quoted")
        self._finish(last=True)
        return self.found

    def _mark(self, mark: str) -> None:
        if mark == ":" and self.angle is None:
            if "".join(self.phrase).strip().lower() == "mailto":
                self.phrase.clear()
            elif self.alone:  # "Support: Ann <ann@c.example>"
                self._word(mark, quoted=False)
            elif "@" not in "".join(self.phrase):
                self._clear()  # the name of a group (RFC 5322 3.4)
                self.waiting.clear()
                self.grouped = True
            else:
                self._finish()
        elif mark == ":":
            self._finish()
        else:
            self._finish(last=mark == ";" and self.grouped)
            self.grouped = self.grouped and mark != ";"

    def _angle(self, text: str) -> None:
        if self.angle is not None:
            names, self.after = self.after, []
            self._finish()
            self.phrase = names
        self.angle = text

    def _word(self, text: str, quoted: bool) -> None:
        target = self.phrase if self.angle is None else self.after
        target.append(text)
        self.quoted = self.quoted or quoted

    def _finish(self, last: bool = False) -> None:
        """Take what was gathered since the last comma as one mailbox."""
        name = "".join(self.phrase).strip()
        if self.angle is None:
            self._finish_bare(name, last)
        else:
            address = _spec(self.angle)
            if (
                name and self.comments and not self.after
            ):  # "Ann (Acme) <ann@c.example>"
                name = f"{name} ({self.comments[0]})"
            named = _name([*self.waiting, name]) if name else _name(self.waiting)
            self.waiting.clear()
            named = named or _name(["".join(self.after)]) or _name(self.comments)
            if address or named:
                self.found.append(Mailbox(address, named))
        self._clear()

    def _finish_bare(self, text: str, last: bool) -> None:
        if "@" in text or "=?" in text:
            self._flush_waiting()
            self.found.extend(_bare(text, self.comments))
        elif self.comments and text and not any(map(str.isspace, text)):
            self._flush_waiting()
            self.found.append(Mailbox(_name([text]), _name(self.comments)))
        elif text:
            self.waiting.append(text)
        if last:
            self._flush_waiting()

    def _flush_waiting(self) -> None:
        for text in self.waiting:
            name = _name([text])
            alone = not any(char.isspace() for char in name)
            self.found.append(Mailbox(name) if alone else Mailbox("", name))
        self.waiting.clear()


def _comment_end(value: str, position: int) -> int:
    """Return where the comment that was opened before `position` ends, -1: nowhere."""
    depth = 1
    for token in _NESTING.finditer(value, position):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if depth == 0:
            return token.end()
    return -1


def _spec(text: str) -> str:
    """The addr-spec out of an angle-addr, without an obsolete route (RFC 5322 4.4)."""
    if "=?" in text:
        text = encoded_word.decode(text)
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    kind, colon, rest = text.partition(":")
    text = rest if colon and kind.strip().lower() in ("mailto", "smtp") else text
    text = _join_at(text.strip())
    if any(char.isspace() for char in text) and not text.startswith('"'):
        inside = _ADDRESS_INSIDE.search(text)
        text = inside.group() if inside else "".join(text.split())
    return text.strip("<>'")


def _join_at(text: str) -> str:
    """Text without white space round its @ signs."""
    return "@".join(piece.strip() for piece in text.split("@"))


def _bare(text: str, comments: list[str]) -> list[Mailbox]:
    """Mailboxes of text without angle brackets: an address, maybe with stray words."""
    if "=?" in text and "@" not in text:
        decoded = encoded_word.decode(text)
        if "@" not in decoded:
            return [Mailbox("", _name([decoded]))]
        return list(_Reader().read(decoded.replace("=?", "= ?")))
    spec = _join_at(text)
    if spec.startswith('"') and spec.endswith('"') and "@" in spec[1:-1]:
        inner = _ESCAPE.sub(r"\1", spec[1:-1])
        return list(mailboxes(inner.replace('"', " ")))
    if not any(char.isspace() for char in spec) or _QUOTED_LOCAL.fullmatch(spec):
        return [Mailbox(spec.strip("<>'"), _name(comments))]
    words = spec.split()
    name = _name([" ".join(word for word in words if "@" not in word)])
    addresses = [word.strip("<>'\"") for word in words if "@" in word]
    return [Mailbox(addresses[0], name or _name(comments))] + [
        Mailbox(address) for address in addresses[1:]
    ]


def _name(pieces: list[str]) -> str:
    """A display name from pieces of a phrase that commas had parted."""
    text = ", ".join(pieces)
    if '"' in text:
        text = _QUOTED.sub(lambda found: _ESCAPE.sub(r"\1", found.group(1)), text)
        text = text.replace('"', "") if text.count('"') == 1 else text
    text = " ".join(encoded_word.decode(text).split())
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    return text


_QUOTED = re.compile(r"\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\"", re.DOTALL)
