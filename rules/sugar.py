"""The keys `domains`, `keywords`, `to` and `from` of a rule, as parts of its condition.

Each is an expression of the engine's language, shown by `explain`, and has a check that
gives the same answer at once; a property test holds the two together.
"""

import json
from collections.abc import Iterable

import re2

from rules.claim import Claim
from rules.domain import normalize, parents, to_ascii
from rules.facts import Facts
from rules.function import compile_pattern
from rules.part import Keys, Part
from rules.view import View
from rules.words import Phrase


def quoted(text: str) -> str:
    """Write a string literal of the engine's language."""
    return json.dumps(text, ensure_ascii=False)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(map(quoted, values))


def domains_part(domains: Iterable[str]) -> Part:
    """`domains`: the sender's domain is one of them or below one."""
    wanted = frozenset(map(to_ascii, domains))

    def check(view: View) -> bool:
        return any(parent in wanted for parent in parents(view.facts.sender.domain))

    return Part(
        "leaf",
        f"$under(sender.domain, {_listed(sorted(wanted))})",
        "domains",
        check=check,
        look=lambda facts: (("sender.domain", facts.sender.domain),),
        names=frozenset({"sender.domain"}),
        keys=Keys(domains=wanted),
    )


def keywords_part(keywords: Iterable[str]) -> Part:
    """`keywords`: one of them stands in the subject or in the new text."""
    phrases = tuple(map(Phrase.of, keywords))
    words = _listed(phrase.form for phrase in phrases)

    def check(view: View) -> bool:
        subject, text = view.subject, view.text
        return any(p.is_in(subject) or p.is_in(text) for p in phrases)

    def look(facts: Facts) -> tuple[tuple[str, str], ...]:
        return ("subject", facts.subject), ("text", facts.text)

    return Part(
        "leaf",
        f"$mentions(subject, {words}) or $mentions(text, {words})",
        "keywords",
        check=check,
        look=look,
        names=frozenset({"subject", "text"}),
        keys=Keys(phrases=frozenset(phrase.form for phrase in phrases)),
    )


def to_part(addresses: Iterable[str]) -> Part:
    """`to`: the mail was for one of these mailboxes of ours."""
    wanted = dict.fromkeys(map(normalize, addresses))
    known = frozenset(wanted)
    return Part(
        "leaf",
        " or ".join(f"{quoted(address)} in mailboxes" for address in wanted),
        "to",
        check=lambda view: not known.isdisjoint(view.facts.mailboxes),
        look=lambda facts: (("mailboxes", facts.mailboxes),),
        names=frozenset({"mailboxes"}),
        keys=Keys(mailboxes=known),
    )


def glob_pattern(globs: Iterable[str]) -> str:
    """The RE2 pattern of address globs: `*` any characters, also dots; `?` one."""
    one = "|".join(
        "".join(_GLOB.get(c) or re2.escape(c) for c in normalize(glob))
        for glob in globs
    )
    return f"(?s)^(?:{one})$"


_GLOB = {"*": ".*", "?": "."}


def from_part(globs: Iterable[str]) -> Part:
    """`from`: the sender's whole address is like one of these globs."""
    globs = tuple(globs)
    pattern = glob_pattern(globs)
    search = compile_pattern(pattern).search
    return Part(
        "leaf",
        f"$matches(sender.address, r{chr(34)}{pattern}{chr(34)})",
        "from",
        check=lambda view: search(view.facts.sender.address) is not None,
        look=lambda facts: (("sender.address", facts.sender.address),),
        names=frozenset({"sender.address"}),
        claim=_domain_claim(globs),
    )


def _domain_claim(globs: Iterable[str]) -> Claim | None:
    """The domains that the globs leave, where each names a whole one."""
    domains = frozenset(normalize(glob).rpartition("@")[2] for glob in globs)
    if any(mark in domain for domain in domains for mark in _GLOB):
        return None
    return Claim("sender.domain", "eq", domains)
