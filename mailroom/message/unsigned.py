"""The new text of an agent's mail without what is not his answer.

Outlook and others put the same signature into both forms of a mail, but only the HTML says
what it is. A command's mail would else seem to say something: the signature. Clients that
quote without any marks leave the first line of our letter above its cut mark.
"""

import re
from collections.abc import Iterable
from itertools import takewhile

from mailroom.message.html import render
from mailroom.message.model import Message, SpanKind
from mailroom.message.quoting import split

_WORD = re.compile(r"\S+")
_SOMETHING = "<div>.</div>"  # else a mail that is nothing but signed counts as said
_NAME = re.compile(r"[^\W\d_]+")
_MOST_SIGNED = 20  # words of a line; more is a text
_MOST_BELOW = 6  # lines below the name
_NOTICE = re.compile(
    r"Your\s+reply\s+(?:goes\s+to\s+[^\n]+(?:\n[^\n]+)?|stays\s+internal)\."
)
_GREETINGS = frozenset(
    "best kind regards warm greetings cheers sincerely yours faithfully wishes and"
    " mit freundlichen freundliche besten beste herzlichen herzliche vielen viele liebe"
    " lieben grüßen grüße grüssen grüsse gruß gruss mfg vg lg".split()
)
_LONGEST = 2_000  # characters of a signature; a longer one is text


def unsigned(message: Message) -> str:
    """Return the new text; it ends where the signature begins that the HTML marks."""
    text = message.reply_text
    if message.html is None or "sign" not in message.html.lower():
        return text
    seen = render(_SOMETHING + message.html)
    spans = split(seen.text, seen, True, message.subject)
    for span in spans:
        if span.kind is SpanKind.SIGNATURE:
            cut = _above(text, seen.text[span.start : span.end][: _LONGEST + 1])
            if cut is not None:
                return cut
    return text


def above_notice(text: str) -> str:
    """Return a text without our own line, at its end, that says where a reply goes."""
    above, _, last = text.rstrip().rpartition("\n\n")
    return above.rstrip() if is_notice(last) else text


def is_notice(text: str) -> bool:
    """Whether a text is our own line that says where a reply goes."""
    return _NOTICE.fullmatch(text.strip()) is not None


def is_signature(text: str, names: Iterable[str]) -> bool:
    """Whether a text is nothing but greetings and its author's names.

    `names`: what he may sign with; a part of a name will do. Right below a line with
    his name there may be a few more, as in a letter: address, telephone.
    """
    known = {word.casefold() for name in names for word in _NAME.findall(name)}
    lines = [line for line in text.strip().splitlines() if line.strip()]
    signed = list(takewhile(lambda line: _is_signed(line, known), lines))
    named = any(_words(line) & known for line in signed)
    more = lines[len(signed) :]
    if not named or len(more) > _MOST_BELOW:
        return False
    return not more or "\n\n" not in re.sub(r"\n[ \t]+(?=\n)", "\n", text.strip())


def _words(line: str) -> set[str]:
    return {word.casefold() for word in _NAME.findall(line)}


def _is_signed(line: str, known: set[str]) -> bool:
    words = _words(line)
    return 0 < len(words) <= _MOST_SIGNED and words <= known | _GREETINGS


def _above(text: str, signature: str) -> str | None:
    """Return the text above its signature; None where it does not end with it."""
    words = _WORD.findall(signature)
    if not words or len(signature) > _LONGEST:
        return None
    found = list(_WORD.finditer(text))
    if [match[0] for match in found[-len(words) :]] != words:
        return None
    return text[: found[-len(words)].start()].rstrip()
