"""Tells new text from quoted history and signatures, as ranges of the kept text.

The lines are read once, top down; what announces history (an attribution, a header
block, a marker line, ">" quoting, HTML's own marks) is told by the neighbours of this
module. Nothing is removed: every character belongs to one span. Where the evidence is
thin the text stays new. Time is linear in the length of the text.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from mailroom.message import attribution, headerblock, phrase, signature
from mailroom.message.html import Rendered
from mailroom.message.line import Line, lines_of
from mailroom.message.model import Span, SpanKind

NEW, QUOTE = SpanKind.NEW, SpanKind.QUOTE
SIGNATURE, FORWARD = SpanKind.SIGNATURE, SpanKind.FORWARD
_CONTEXT = 12  # lines of a quote that an inline answer may keep above it
_RULERS = frozenset("-–—_=*─‐~<")
_HEAD = 8  # lines of a quote in which its header may begin


@dataclass(frozen=True, slots=True)
class _History:
    """Lines [first, end) of earlier mail; the quoted words begin at `body`."""

    first: int
    body: int
    end: int
    evidence: str
    sure: bool  # announced by more than ">"
    forward: bool = False


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
    marks: Sequence[Span] = ()
    if rendered is not None and text_is_rendered:
        marks = (rendered() if callable(rendered) else rendered).marks
    reader = _Reader(lines_of(text), marks, phrase.subject_kind(subject))
    reader.read()
    if rendered is not None and not text_is_rendered and not reader.histories:
        alternative = rendered() if callable(rendered) else rendered
        reader.cut(_aligned(text, alternative), alternative)
    return _spans(reader.lines, *reader.verdict())


class _Reader:
    def __init__(self, lines: list[Line], marks: Sequence[Span], subject: str) -> None:
        self.lines = lines
        self.subject = subject
        self.histories: list[_History] = []
        self.marked: list[Span | None] = [None] * len(lines)
        self.index = 0
        self.ending = -1  # the last line ahead with which an attribution may end
        self.ahead = 0
        self.seen_new = False
        self.last_quoted = -1
        self.bars = False
        if marks:
            self._lay(marks)
        for index in range(len(lines) - 1, -1, -1):
            if lines[index].depth:
                self.last_quoted = index
                break

    def _lay(self, marks: Sequence[Span]) -> None:
        """Note for each line the outermost mark that holds it."""
        starts = [line.start for line in self.lines]
        ranked = sorted(marks, key=lambda m: (m.kind is SIGNATURE, m.start, -m.end))
        for mark in ranked:
            first = bisect_left(starts, mark.start)
            if first < len(starts) and self.marked[first] is not None:
                continue  # inside one that is noted already
            if mark.evidence == "border-top" and not self._heads(first):
                continue
            for index in range(first, len(starts)):
                if starts[index] >= mark.end or self.marked[index] is not None:
                    break
                if starts[index] + len(self.lines[index].body) > mark.end:
                    break
                self.marked[index] = mark

    def _heads(self, first: int) -> bool:
        near = [line.body for line in self.lines[first : first + 4]]
        return sum(":" in body[:40] or "：" in body[:40] for body in near) >= 2

    def quoted(self, index: int) -> bool:
        line, mark = self.lines[index], self.marked[index]
        if line.depth or (mark is not None and mark.kind is not SIGNATURE):
            return True
        return self.bars and line.body[:1] == "|"

    def following(self, index: int) -> int:
        """Return the next line that is not blank."""
        while index < len(self.lines) and self.lines[index].blank:
            index += 1
        return index

    def read(self) -> None:
        """Find every piece of history, top down."""
        lines, plain = self.lines, not any(self.marked)
        while self.index < len(lines):
            line = lines[self.index]
            if line.depth or not plain or self.bars:
                quoted = self.quoted(self.index)
            else:
                quoted = False
            if not quoted and not line.body:
                self.index += 1
                continue
            found = self._block() if quoted else self._unquoted()
            if found is None:
                self.seen_new = True
                self.index += 1
            else:
                self.histories.append(found)
                self.index = found.end
                self.bars = False

    # quoted lines

    def _block(self, first: int = -1, evidence: str = "") -> _History:
        """Read the quoted lines from the present one on; `first`: its attribution."""
        start = end = self.index
        index = start
        while index < len(self.lines):
            if self.quoted(index):
                end = index + 1
            elif not self.lines[index].blank:
                break
            index += 1
        told, kind = self._head(start, end)
        mark = self.marked[start]
        evidence = evidence or told or (mark.evidence if mark is not None else "")
        forward = kind == "forward" and first < 0
        if mark is not None and mark.kind is FORWARD:
            forward = True
        if forward and self.lines[start].depth:
            end = max(end, self.last_quoted + 1)
        begins = start if first < 0 else first
        return _History(begins, start, end, evidence or ">", bool(evidence), forward)

    def _head(self, start: int, end: int) -> tuple[str, str]:
        """Return (evidence, "forward" or "reply") of what a quote begins with."""
        for index in range(start, min(end, start + _HEAD)):
            line = self.lines[index]
            if line.blank:
                continue
            marked = phrase.marker(line.body)
            below = self.following(index + 1)
            block = None
            if marked and below < end:
                block = headerblock.match(self.lines, below, marked=True)
            block = block or headerblock.match(self.lines, index)
            if marked == "forward":
                return "forward marker", "forward"
            if block is not None:
                return "header block", self._kind(block)
            if marked:
                return "original marker", "reply"
            if attribution.match(self.lines, index) is not None:
                kind = "forward" if self.subject == "forward" else "reply"
                return "attribution", kind
            if index > start + 3:
                break
        return "", "reply"

    def _kind(self, block: headerblock.HeaderBlock) -> str:
        if self.subject:
            return self.subject
        return "forward" if block.complete else "reply"

    # lines without quoting

    def _unquoted(self) -> _History | None:
        body = self.lines[self.index].body
        last = body[-1]
        if body[0] in _RULERS or last in ":：":
            found = self._marker(body)
            if found is not None:
                return found
        if body.find(":", 0, 44) > 0 or body.find("：", 0, 44) > 0:
            block = headerblock.match(self.lines, self.index)
            if block is not None:
                forward = self._kind(block) == "forward"
                return self._rest(block.end, "header block", forward)
        self._look_ahead()
        if self.index <= self.ending:
            return self._attributed()
        return None

    def _look_ahead(self) -> None:
        """Note the last line ahead, of four, with which an attribution may end."""
        while self.ahead < min(self.index + 4, len(self.lines)):
            body = self.lines[self.ahead].body
            if body and attribution.may_end(body):
                self.ending = self.ahead
            self.ahead += 1

    def _marker(self, body: str) -> _History | None:
        if phrase.is_reply_marker(body):
            return self._rest(self.index + 1, "reply marker", False, self._above())
        kind = phrase.marker(body)
        if kind:
            below = self.following(self.index + 1)
            if below >= len(self.lines):
                return None
            return self._announced(kind, below)
        kind, rest = phrase.glued_marker(body)
        if kind and headerblock.glued(rest):
            forward = kind == "forward" or self.subject != "reply"
            return self._rest(self.index + 1, "forward marker", forward)
        return None

    def _announced(self, kind: str, below: int) -> _History | None:
        """Read what follows a marker line."""
        block = headerblock.match(self.lines, below, marked=True)
        if kind == "forward":
            forward, evidence = True, "forward marker"
        else:
            forward = block is not None and self._kind(block) == "forward"
            evidence = "original marker"
        quoted = self.quoted(below)
        end = self.last_quoted + 1 if quoted and self.lines[below].depth else 0
        body = block.end if block is not None else below
        return self._rest(body, evidence, forward, end=end)

    def _above(self) -> int:
        """Return where an attribution in an unknown language above begins."""
        index = self.index - 1
        while index >= 0 and self.lines[index].blank:
            index -= 1
        if index < 0 or not self.lines[index].body.endswith((":", "：", ">")):
            return self.index
        body = self.lines[index].body
        told = "@" in body or any(map(str.isdigit, body))
        return index if told and len(body) < 300 else self.index

    def _attributed(self) -> _History | None:
        lines = self.lines
        if attribution.undated_quote_header(lines, self.index):
            end, strong, self.bars = self.index + 1, False, True
        else:
            found = attribution.match(lines, self.index)
            if found is None:
                return None
            end, strong = found.end, found.strong
        below = self.following(end)
        if below < len(lines) and lines[below].body[:1] == "|":
            self.bars = True
        first = self.index
        if below < len(lines) and self.quoted(below):
            self.index = below
            history = self._block(first, "attribution")
            if self.subject == "forward" and not self._answered(history.end):
                return _History(first, below, history.end, "attribution", True, True)
            return history
        self.bars = False
        if not strong:
            return None
        if below >= len(lines) or self.seen_new or self.subject == "forward":
            return self._rest(end, "attribution", self.subject == "forward")
        return _History(first, end, end, "attribution", sure=True)

    def _answered(self, end: int) -> bool:
        return self.following(end) < len(self.lines)

    def _rest(
        self, body: int, evidence: str, forward: bool, first: int = -1, end: int = 0
    ) -> _History:
        """History from here to the end, a rule just above it included."""
        start = first if first >= 0 else self.index
        previous = start - 1
        while previous >= 0 and self.lines[previous].blank:
            previous -= 1
        if previous >= 0 and start - previous < 4:
            above = self.lines[previous].body
            ruled = len(above) >= 5 and not above.strip("_-–—=*─ ")
            taken = self.histories[-1].end if self.histories else 0
            if ruled and previous >= taken:
                start = previous
        stop = end or len(self.lines)
        return _History(start, body, stop, evidence, True, forward)

    def cut(self, offset: int | None, rendered: Rendered) -> None:
        """Let history begin at `offset`, found by means of the HTML alternative."""
        if offset is None:
            return
        starts = [line.start for line in self.lines]
        first = bisect_left(starts, offset)
        if first < len(starts) and any(not line.blank for line in self.lines[:first]):
            evidence = next(m.evidence for m in rendered.marks if m.kind is QUOTE)
            self.histories = [_History(first, first, len(starts), evidence, True)]

    # verdict

    def verdict(self) -> tuple[list[SpanKind], list[str]]:
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
        edges = [0]
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

    def _stays(self, number: int, history: _History, written: list[int]) -> int:
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
        answers = before or (number == 0 and after > between)
        if inline and answers and size <= _CONTEXT and history.body > history.first:
            return history.body
        return history.end

    def _is_typed(self, history: _History) -> bool:
        """Tell whether ">" was typed, not quoted: a Python prompt, or "error:" above."""
        line = self.lines[history.first]
        shallow = any(
            self.lines[i].depth < 3 for i in range(history.first, history.end)
        )
        if line.depth >= 3 and line.body and not shallow:
            return True
        above = history.first - 1
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
            if history.forward:
                first = self._forwarded_body(history)
                signed, evidence = signature.find(lines, first, history.end)
                for index in range(first, history.end):
                    ours = bool(evidence) and index >= signed
                    kinds[index] = SIGNATURE if ours else NEW
                    reasons[index] = evidence if ours else ""
                return

    def _forwarded_body(self, history: _History) -> int:
        """Return where the words of a forward begin, below its header block."""
        for index in range(history.first, min(history.end, history.first + _HEAD)):
            block = headerblock.match(self.lines, index, marked=True)
            if block is not None:
                return block.end
        return history.body if history.body > history.first else history.first + 1


def _aligned(text: str, rendered: Rendered) -> int | None:
    """Return where the first quote of the HTML alternative begins in the plain text."""
    quotes = [m.start for m in rendered.marks if m.kind is QUOTE]
    if not quotes:
        return None
    start = min(quotes)
    wanted = "".join(filter(str.isalnum, rendered.text[start : start + 200]))[:80]
    if len(wanted) < 12:
        return None
    places = [index for index, character in enumerate(text) if character.isalnum()]
    found = "".join(text[index] for index in places).find(wanted)
    return None if found < 0 else text.rfind("\n", 0, places[found]) + 1


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
