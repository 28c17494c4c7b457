"""Inline answers of an agent: of what they quote, only what the customers know.

Our letters to agents quote notes and name colleagues. An answer between their lines goes
to the customer with the lines above it, so that none of ours may be among them.
"""

import re
from collections.abc import Sequence

_WORD = re.compile(r"\w+")


def known_quotes(text: str, public: Sequence[str], letters: Sequence[str]) -> str:
    """Return a text without the quoted lines that stand in no public message.

    `letters`: what the agent was told and answers; a text that quotes none of it stays
    as it is. Where nothing is known of them, every quoted line is held to be theirs.
    """
    lines, known, ours = text.split("\n"), _all(public), _all(letters)
    strange = {
        at
        for at, line in enumerate(lines)
        if _is_quoted(line) and _said(line) not in known
    }
    if not any(not ours.strip() or _said(lines[at]) in ours for at in strange):
        return text
    for at in range(1, len(lines)):  # a quoted line that was wrapped without its mark
        rest = _WORD.search(lines[at]) and _said(lines[at]) in ours
        if at - 1 in strange and rest and _said(lines[at]) not in known:
            strange.add(at)
    kept = [line for at, line in enumerate(lines) if at not in strange]
    return "\n".join(_without_empty_quotes(kept)).strip()


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
