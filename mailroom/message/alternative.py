"""Where the quotes that the HTML alternative marks stand in the plain text of a mail.

Asked only where the plain text shows no history itself. Both forms are compared by
their letters and digits; where they do not agree, nothing is taken for history.
"""

from bisect import bisect_left
from collections.abc import Sequence

from mailroom.message.history import History
from mailroom.message.html import Rendered
from mailroom.message.line import Line
from mailroom.message.model import Span, SpanKind

_FAR = 100_000  # characters in which the quotes are looked for
_MOST = 50  # quotes
_ENOUGH, _SAMPLE = 12, 80  # letters that tell a place


def histories(text: str, lines: Sequence[Line], rendered: Rendered) -> list[History]:
    """Return the quotes of `rendered` as lines of `text`; none if one is not found.

    A quote after which nothing new is said reaches to the end of the text.
    """
    quotes = _quotes(rendered)
    if not quotes or len(quotes) > _MOST:
        return []
    places = [index for index, char in enumerate(text[:_FAR]) if char.isalnum()]
    letters = "".join(text[index] for index in places)
    starts = [line.start for line in lines]
    found: list[History] = []
    position = 0
    for quote in quotes:
        head = _letters(rendered.text[quote.start : quote.start + 200])[:_SAMPLE]
        tail = _letters(rendered.text[quote.start : quote.end][-200:])[-_SAMPLE:]
        at = letters.find(head, position) if len(head) >= _ENOUGH else -1
        end = letters.find(tail, at) if at >= 0 else -1
        last = quote is quotes[-1] and not rendered.text[quote.end :].strip()
        if at < 0 or (end < 0 and not last):
            return []
        position = end + len(tail)
        first = bisect_left(starts, text.rfind("\n", 0, places[at]) + 1)
        stop = len(lines)
        if not last:
            stop = bisect_left(starts, places[position - 1])
        found.append(History(first, first, stop, quote.evidence, True))
    covered = {
        index for history in found for index in range(history.first, history.end)
    }
    said = any(not line.blank for i, line in enumerate(lines) if i not in covered)
    return found if said else []


def _quotes(rendered: Rendered) -> list[Span]:
    """Return the marked quotes, outermost, those without words between them as one."""
    found: list[Span] = []
    marks = (m for m in rendered.marks if m.kind is SpanKind.QUOTE and m.end > m.start)
    for mark in sorted(marks, key=lambda m: (m.start, -m.end)):
        before = found[-1] if found else None
        if before is not None and not rendered.text[before.end : mark.start].strip():
            end = max(before.end, mark.end)
            found[-1] = Span(before.start, end, before.kind, before.evidence)
        else:
            found.append(mark)
    return found


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
