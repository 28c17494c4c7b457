"""Is a proved domain the From's own? Identifier alignment (RFC 7489 3.1, relaxed).

With the `[auth]` extra the organisational domain comes from the public suffix list.
Without it only the same domain, or one directly above or below the other, counts, and
nothing that is a single label or a well-known registry's second level.
"""

from collections.abc import Callable
from functools import lru_cache

from mailroom.message.address import a_labels

_REGISTRY_LABELS = frozenset(
    {"ac", "co", "com", "edu", "gob", "gov", "go", "gv", "ltd", "mil", "ne", "net"}
    | {"nom", "or", "org", "plc", "sch"}
)


def are_aligned(proved: str, claimed: str) -> bool:
    """Whether two domains belong to one organisation, as far as can be known."""
    proved, claimed = a_labels(proved), a_labels(claimed)
    if not proved or not claimed:
        return False
    if proved == claimed:
        return True
    suffixes = _public_suffixes()
    if suffixes is not None:
        organisation = suffixes(claimed)
        return organisation is not None and organisation == suffixes(proved)
    upper, lower = sorted((proved, claimed), key=len)
    return lower.endswith("." + upper) and not _may_be_registry(upper)


def organisational_domain(domain: str) -> str:
    """The domain that was registered, as well as it can be told."""
    domain = a_labels(domain)
    suffixes = _public_suffixes()
    return (suffixes(domain) or domain) if suffixes is not None else domain


def likely_organisation(domain: str) -> str:
    """The domain that was probably registered, told by its form alone.

    For budgets, where who invents names below a domain must gain nothing by it, and
    where taking two organisations for one does little harm.
    """
    labels = a_labels(domain).split(".")
    two = ".".join(labels[-2:])
    return ".".join(labels[-3:]) if _may_be_registry(two) else two


def _may_be_registry(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) < 2 or (
        len(labels) == 2 and (labels[0] in _REGISTRY_LABELS or len(labels[0]) < 3)
    )


@lru_cache(maxsize=1)
def _public_suffixes() -> Callable[[str], str | None] | None:
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        return None
    found: Callable[[str], str | None] = PublicSuffixList().privatesuffix
    return lru_cache(maxsize=10_000)(found)
