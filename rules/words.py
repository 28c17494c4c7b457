"""Words and phrases in text: what `keywords` and `$mentions` compare.

Both sides are brought to one form: NFKC, case folded (ß = ss), every run of white space
one space (Unicode TR 15 and the Unicode Standard 3.13). A phrase is found where it stands
as whole words: next to its first and last character there is no letter, digit, mark or
`_`. An edge of the phrase that is none of these itself ("c++") needs no such boundary,
nor does an edge in a script that is written without spaces between words or that hangs
its particles on to them (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese).
"""

import unicodedata
from dataclasses import dataclass

# Blocks of the Unicode Standard; first and last code point, after NFKC.
SPACELESS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # CJK radicals
    (0x3005, 0x3007),  # iteration mark, closing mark, zero
    (0x3021, 0x30FF),  # Hangzhou numerals, Hiragana, Katakana
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),  # Hangul
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),  # Han, supplementary
)


def normal_form(text: str) -> str:
    """Return the form in which texts and phrases are compared."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFKC", text)
    else:
        text = text.lower()
    return " ".join(text.split())


def is_word_character(character: str) -> bool:
    """Is it a letter, a digit, a mark or `_`?"""
    return unicodedata.category(character)[0] in "LMN" or character == "_"


def _needs_boundary(edge: str) -> bool:
    code = ord(edge)
    if any(first <= code <= last for first, last in SPACELESS):
        return False
    return is_word_character(edge)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One keyword, made ready: `form` is its normal form, never empty."""

    form: str
    bound_left: bool
    bound_right: bool

    @classmethod
    def of(cls, text: str) -> "Phrase":
        """Make a phrase of a keyword as written; ValueError where nothing is left."""
        form = normal_form(text)
        if not form:
            raise ValueError("an empty keyword")
        return cls(form, _needs_boundary(form[0]), _needs_boundary(form[-1]))

    def is_in(self, text: str) -> bool:
        """Does it stand in the text, which is in normal form already?"""
        start = text.find(self.form)
        while start >= 0:
            end = start + len(self.form)
            if self._stands_alone(text, start, end):
                return True
            start = text.find(self.form, start + 1)
        return False

    def _stands_alone(self, text: str, start: int, end: int) -> bool:
        if self.bound_left and start > 0 and is_word_character(text[start - 1]):
            return False
        at_end = end >= len(text)
        return not (self.bound_right and not at_end and is_word_character(text[end]))
