"""Inline answers of an agent: of what they quote, only what the customers know.

Our letters to agents quote notes and name colleagues. An answer between their lines goes
to the customer with the lines above it, so that none of ours may be among them.
"""

import re
from collections.abc import Sequence

from mailroom.message.phrase import is_reply_marker
from mailroom.message.unsigned import is_notice

_WORD = re.compile(r"\w+")
_LINK = re.compile(r"\s?[<(\[](?:mailto:|https?:)[^<>()\[\]\s]*[>)\]]", re.IGNORECASE)


def known_quotes(text: str, public: Sequence[str], letters: Sequence[str]) -> str:
    """Return a text without the quoted lines that stand in no public message.

    `letters`: what the agent was told and answers; a text that quotes none of it stays
    as it is. Where nothing is known of them, every quoted line is held to be theirs.
    Clients that quote without marks are known by our first line or our cut mark; below
    it our own lines are dropped, and what is none of them is an answer.
    """
    lines, theirs, ours = text.split("\n"), _all(public), _all(letters)
    begin = next((at for at, line in enumerate(lines) if _begins(line)), len(lines))
    if not ours.strip() and any(map(is_reply_marker, lines[begin:])):
        lines = lines[:begin]
    quoted = {
        at
        for at, line in enumerate(lines)
        if _is_quoted(line) and _said(line) not in theirs
    }
    if ours.strip() and not any(_said(lines[at]) in ours for at in quoted):
        quoted = set()  # from elsewhere
    for at, line in enumerate(lines):
        wrapped = at - 1 in quoted  # and the client has set no mark before the rest
        if (wrapped or at >= begin) and _is_among(line, ours, theirs):
            quoted.add(at)
    if not quoted and len(lines) == text.count("\n") + 1:
        return text
    kept = [line for at, line in enumerate(lines) if at not in quoted]
    return "\n".join(_without_empty_quotes(kept)).strip()


def may_quote(text: str) -> bool:
    """Whether a text may hold something of a letter; else `known_quotes` leaves it."""
    return ">" in text or any(map(_begins, text.split("\n")))


def _begins(line: str) -> bool:
    """Whether a letter of ours begins here, quoted without any marks."""
    return not _is_quoted(line) and (is_notice(line) or is_reply_marker(line))


def _is_among(line: str, ours: str, theirs: str) -> bool:
    said = _said(_LINK.sub("", line))
    return bool(said.strip()) and said in ours and said not in theirs


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">") and bool(_WORD.search(line))


def _said(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _all(texts: Sequence[str]) -> str:
    return _said("\n".join(texts))


def _without_empty_quotes(lines: list[str]) -> list[str]:
    """Drop quote marks with nothing behind them that no quoted words follow."""
    kept: list[str] = []
    follows = False
    for line in reversed(lines):
        quoted = line.lstrip().startswith(">")
        follows = quoted and (follows or bool(_WORD.search(line)))
        if not quoted or follows:
            kept.append(line)
    return kept[::-1]
