"""Is this reply only a courtesy? "Thanks!" must not reopen a ticket or start a clock.

Deterministic phrase tables, English and German: the whole text must be made of them, and
one must be thanks or praise. Never a courtesy: a question mark, a digit, an attachment,
more than twelve new words, or a word that belongs to no phrase, but for names.
"""

import re
from collections.abc import Collection

from mailroom.ticket.courtesy_words import (
    HAPPY,
    NO_NAMES,
    OTHER_PHRASES,
    THANKS,
    UNHAPPY,
)

MOST_WORDS = 12
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_UNHAPPY = re.compile(rf"[{UNHAPPY}]|[:;][-o']?[(/|\\]")
_SIGNED = re.compile(r"(.*[,\n])\W*((?:[^\W\d_]+[-. ]*){1,2})\W*", re.DOTALL)


def is_courtesy(text: str, attachments: int, names: Collection[str] = ()) -> bool:
    """Return whether a reply's new text says thanks and nothing else.

    `names`: words, in lower case, that only name who writes and who is written to.
    """
    if attachments or "?" in text or any(c.isdigit() for c in text):
        return False
    if _UNHAPPY.search(text):
        return False
    words = _words(text)
    if not words:
        return any(sign in HAPPY for sign in text)
    if len(words) > MOST_WORDS:
        return False
    return _is_polite(words, names) or _is_polite(_words(_unsigned(text)), names)


def _is_polite(words: list[str], names: Collection[str]) -> bool:
    said = "".join(f"{word} " for word in words if word not in names)
    return bool(_POLITE.fullmatch(said)) and bool(_THANKS.search(f" {said}"))


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def _unsigned(text: str) -> str:
    """Return the text without a name of one or two words at its end.

    Only what stands behind a comma, or on a line of its own, in capitals is a name.
    """
    found = _SIGNED.fullmatch(text.strip())
    if found is None:
        return text
    signed = _WORD.findall(found[2])
    is_name = all(w[0].isupper() and w.casefold() not in NO_NAMES for w in signed)
    return found[1] if is_name else text


def _compiled(table: str) -> str:
    """Return a table as a pattern over words that each end with a space."""
    return "|".join(_phrase(line.split()) for line in table.strip().splitlines())


def _phrase(slots: list[str]) -> str:
    return "".join(map(_slot, slots))


def _slot(slot: str) -> str:
    """Read `one`, `one/other`, `[optional]` or `[any/number/of]*`."""
    words = "|".join(re.escape(word) for word in slot.strip("[]*").split("/"))
    count = "" if slot[0] != "[" else "*" if slot.endswith("*") else "?"
    return f"(?:(?:{words}) ){count}"


_POLITE = re.compile(f"(?:{_compiled(THANKS)}|{_compiled(OTHER_PHRASES)})+")
_THANKS = re.compile(f" (?:{_compiled(THANKS)})")
