"""Is this reply only a courtesy? "Thanks!" must not reopen a ticket or start a clock.

Deterministic phrase tables, English and German. Never a courtesy: a question mark, a
digit, an attachment, more than twelve new words, or any word that is not in the tables.
"""

import re

MOST_WORDS = 12
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CORE = frozenset(
    "thanks thank thx ty cheers appreciated great perfect super prima danke dankeschön"
    " besten vielen herzlichen merci dank klasse wunderbar".split()
)
_FILLER = frozenset(
    "a again all alles am an and appreciate auch aus awesome best beste bis da dann das"
    " day dear der die dir du each ein einen es excellent fixed for freundliche freundlichen"
    " für fürs funktioniert ganz geht good got great grüße gruß grüsse gruss guten have"
    " hello help helping herzliche hi hallo hilfe i ich ihnen ihr ihre is it its jetzt kind"
    " kudos lot liebe many mir mit much my nice nochmal nochmals now of ok okay perfectly"
    " problem quick quickly reply regards schnelle schnell schöne schönen schönes so solved"
    " sehr support tag team that that's the this to top und very viele warm week weekend"
    " wieder wishes wochenende wonderful working works worked wunderbar yes you your".split()
)
_REFUSALS = frozenset("no not nope never nein nicht nie kaputt broken leider".split())


def is_courtesy(text: str, attachments: int) -> bool:
    """Return whether a reply's new text says thanks and nothing else."""
    written = _WORD.findall(text)
    words = [word.casefold() for word in written]
    if attachments or "?" in text or any(c.isdigit() for c in text):
        return False
    if not words or len(words) > MOST_WORDS:
        return False
    if not any(word in _CORE for word in words):
        return False
    signed = written[-1][0].isupper() and words[-1] not in _REFUSALS
    rest = words[:-1] if signed else words  # a name, the one word no table can hold
    return all(word in _CORE or word in _FILLER for word in rest)
