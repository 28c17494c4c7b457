"""Domains and addresses as conditions compare them: lower case, IDNA A-labels.

RFC 5890 (A-labels) by way of UTS #46, as browsers and mail clients read what is typed.
"""

from collections.abc import Iterator
from functools import lru_cache

import idna


@lru_cache(maxsize=4096)
def to_ascii(domain: str) -> str:
    """Return the domain in lower-case A-labels; what is no domain comes back in lower case.

    A trailing dot goes. A name that IDNA refuses (an underscore, say) is only lowered, so
    that it still equals itself.
    """
    plain = domain.strip().rstrip(".")
    if plain.isascii():
        return plain.lower()
    try:
        return idna.encode(plain, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return plain.lower()


def normalize(address: str) -> str:
    """Return an addr-spec in lower case with the domain in A-labels."""
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return to_ascii(domain)
    return f"{local.lower()}@{to_ascii(domain)}"


def is_under(domain: str, parent: str) -> bool:
    """Is the domain the parent or below it? Both as `to_ascii` returns them."""
    return domain == parent or (
        domain.endswith(parent) and domain[-len(parent) - 1] == "."
    )


def parents(domain: str) -> Iterator[str]:
    """Yield the domain and all domains above it, longest first."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]
