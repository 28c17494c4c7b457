"""Tells new text from quoted history and signatures, as ranges of the kept text.

The lines are read once, top down; what announces history (an attribution, a header
block, a marker line, ">" quoting, HTML's own marks) is told by the neighbours of this
module. Nothing is removed: every character belongs to one span. Where the evidence is
thin the text stays new. Time is linear in the length of the text.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate

from mailroom.message import alternative, headerblock, phrase, signature
from mailroom.message.history import History, Reader
from mailroom.message.html import Rendered
from mailroom.message.line import Line, lines_of
from mailroom.message.model import Span, SpanKind

NEW, QUOTE = SpanKind.NEW, SpanKind.QUOTE
SIGNATURE, FORWARD = SpanKind.SIGNATURE, SpanKind.FORWARD
_CONTEXT = 12  # lines of a quote that an inline answer may keep above it
_TYPED = 2  # lines with ">" below a line of text that a person may have typed
_HEAD = 8  # lines of a forward in which its header may begin


def split(
    text: str,
    rendered: Rendered | Callable[[], Rendered] | None,
    text_is_rendered: bool,
    subject: str = "",
) -> tuple[Span, ...]:
    """Return spans that cover `text` without gap or overlap, in order.

    `text_is_rendered`: the text is `rendered.text`, so its marks hold; else `rendered`
    is the HTML alternative, whose marks show where to look in the plain text (a
    function is called only if the plain text shows no history itself). The
    `subject` (decoded) tells a forward from a reply where the text has a bare header
    block. Never raises. A forward is never left without new text: if nothing but it
    was written, the forwarded words count as new.
    """
    if not text:
        return ()
    seen = None
    if rendered is not None and text_is_rendered:
        seen = rendered() if callable(rendered) else rendered
    reader = Reader(text, lines_of(text), seen, phrase.subject_kind(subject))
    reader.read()
    if rendered is not None and not text_is_rendered and not reader.histories:
        seen = rendered() if callable(rendered) else rendered
        reader.histories = alternative.histories(text, reader.lines, seen)
    return _spans(reader.lines, *_Verdict(reader).lines_judged())


class _Verdict:
    """What each line is, once the histories are known."""

    def __init__(self, reader: Reader) -> None:
        self.lines = reader.lines
        self.marked = reader.marked
        self.histories = reader.histories
        self.following = reader.following
        self.subject = reader.subject

    def lines_judged(self) -> tuple[list[SpanKind], list[str]]:
        """Return the kind and evidence of each line."""
        count = len(self.lines)
        kinds, reasons = [NEW] * count, [""] * count
        written = list(accumulate(self._sign(kinds, reasons)))
        for number, history in enumerate(self.histories):
            start = self._stays(number, history, written)
            kind = FORWARD if history.forward else QUOTE
            for index in range(history.first, start):
                kinds[index], reasons[index] = kind, history.evidence
        self._leave_something(kinds, reasons)
        return kinds, reasons

    def _sign(self, kinds: list[SpanKind], reasons: list[str]) -> list[int]:
        """Mark signatures; return how many new lines each gap between histories has."""
        warned = self._warned()
        for index in range(warned):
            kinds[index], reasons[index] = SIGNATURE, "banner"
        edges = [warned]
        for history in self.histories:
            edges += [history.first, history.end]
        edges.append(len(self.lines))
        counts = []
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            start, evidence = signature.find(self.lines, first, end)
            if not evidence and first and end == len(self.lines):
                start, evidence = self._bare_signature(first, end)
            for index in range(start, end) if evidence else ():
                kinds[index], reasons[index] = SIGNATURE, evidence
            self._sign_marked(kinds, reasons, first, end)
            counts.append(
                sum(
                    [
                        len(self.lines[i].body)
                        for i in range(first, end)
                        if kinds[i] is NEW
                    ]
                )
            )
        return counts

    def _warned(self) -> int:
        """Return where a gateway's warning above all else ends."""
        end = signature.banner(self.lines)
        return min([end, *(history.first for history in self.histories)])

    def _bare_signature(self, first: int, end: int) -> tuple[int, str]:
        """A signature alone below a quote, with nothing said before it there."""
        start = self.following(first)
        if start >= end:
            return end, ""
        found, evidence = signature.find(
            [Line(0, 0, "x", 0), *self.lines[start:end]], 0, end - start + 1
        )
        return (start, evidence) if evidence and found == 1 else (end, "")

    def _sign_marked(
        self, kinds: list[SpanKind], reasons: list[str], first: int, end: int
    ) -> None:
        for index in range(first, end):
            mark = self.marked[index]
            if mark is not None and mark.kind is SIGNATURE:
                kinds[index], reasons[index] = SIGNATURE, mark.evidence

    def _stays(self, number: int, history: History, written: list[int]) -> int:
        """Return up to which line a history is taken out of the new text.

        `written[n]`: how many new characters stand above history n.
        """
        if history.forward:
            return history.end
        before, after = written[number], written[-1] - written[number]
        between = written[number + 1] - before  # and the next history
        size = history.end - history.body
        if not history.sure:
            if self._is_typed(history):
                return history.first
            if after:
                return history.first if size <= _CONTEXT else history.end
            return history.end if before else history.first
        inline = between > 40 or (between and number + 2 < len(written))
        if number and between and before > written[number - 1]:
            inline = True  # as the quote above was answered
        answers = before or (number == 0 and after > between)
        if inline and answers and size <= _CONTEXT:
            if history.body > history.first:
                return history.body
            return history.first if number else history.end
        return history.end

    def _is_typed(self, history: History) -> bool:
        """Tell whether ">" was typed, not quoted: a Python prompt, or "error:" above."""
        line = self.lines[history.first]
        shallow = any(
            self.lines[i].depth < 3 for i in range(history.first, history.end)
        )
        if line.depth >= 3 and line.body and not shallow:
            return True
        above = history.first - 1
        if above >= 0 and self.lines[above].body and history.end - above <= _TYPED + 1:
            return True
        while above >= 0 and self.lines[above].blank:
            above -= 1
        return above >= 0 and self.lines[above].body.endswith((":", "："))

    def _leave_something(self, kinds: list[SpanKind], reasons: list[str]) -> None:
        lines = self.lines
        if any(
            k is NEW and not line.blank for k, line in zip(kinds, lines, strict=True)
        ):
            return
        for index, kind in enumerate(kinds):
            if kind is SIGNATURE:
                kinds[index], reasons[index] = NEW, ""
        for history in self.histories:
            if history.forward or self.subject == "forward":
                first = self._forwarded_body(history)
                signed, evidence = signature.find(lines, first, history.end)
                for index in range(first, history.end):
                    ours = bool(evidence) and index >= signed
                    kinds[index] = SIGNATURE if ours else NEW
                    reasons[index] = evidence if ours else ""
                return

    def _forwarded_body(self, history: History) -> int:
        """Return where the words of a forward begin, below its header block."""
        starts = [history.body, history.first]
        for index in range(history.first, min(history.end, history.first + _HEAD)):
            block = headerblock.match(self.lines, index, marked=True)
            if block is not None:
                starts.insert(0, block.end)
                break
        said = self.lines[: history.end]
        return next(
            (s for s in starts if any(not line.blank for line in said[s:])),
            history.first,
        )


def _spans(
    lines: Sequence[Line], kinds: Sequence[SpanKind], reasons: Sequence[str]
) -> tuple[Span, ...]:
    """Join lines of one kind and evidence."""
    spans: list[Span] = []
    first = 0
    for index in range(1, len(lines) + 1):
        if (
            index == len(lines)
            or kinds[index] is not kinds[first]
            or reasons[index] != reasons[first]
        ):
            start, end = lines[first].start, lines[index - 1].end
            spans.append(Span(start, end, kinds[first], reasons[first]))
            first = index
    return tuple(spans)
