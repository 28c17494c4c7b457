"""Text in scripts without spaces between words, as the full-text index takes it.

FTS5 takes a run of such characters for one word, and finds nothing inside of it. So each
character becomes a word of its own, parted by a character that nobody sees, and a word
that is looked for becomes a phrase of them.
"""

import re
from collections.abc import Sequence

from rules.words import SPACELESS

PART = "\u200b"  # ZERO WIDTH SPACE: parts words for FTS5's unicode61
_CHARACTER = re.compile(
    "([" + "".join(f"{chr(first)}-{chr(last)}" for first, last in SPACELESS) + "])"
)


def is_spaceless(text: str) -> bool:
    """Whether some of a text is in such a script."""
    return not text.isascii() and _CHARACTER.search(text) is not None


def parted(text: str) -> str:
    """Return a text with each such character a word of its own."""
    return _CHARACTER.sub(rf"{PART}\1{PART}", text.replace(PART, ""))


def joined(text: str) -> str:
    """Return a parted text as it was."""
    return text.replace(PART, "")


def query(words: Sequence[str]) -> str:
    """Return an FTS5 query of phrases, all of them; the last may go on."""
    return " ".join(f'"{parted(word)}"' for word in words) + "*"
