"""The near match of a misspelt word, for the second half of a fault's message."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, or None."""
    by_lower = {option.lower(): option for option in known}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def hint(word: str, known: Iterable[str], listing: int = 12) -> str:
    """Return `; did you mean "x"?`, or the few words there are, or nothing."""
    options = list(known)
    near = nearest(word, options)
    if near is not None:
        return f'; did you mean "{near}"?'
    if 0 < len(options) <= listing:
        return "; known: " + ", ".join(options)
    return ""
