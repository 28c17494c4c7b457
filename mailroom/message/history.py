"""Finds the pieces of earlier mail in the lines of a text, from the top down.

A piece is announced by an attribution, a header block, a marker line, quoting with ">"
or the marks of HTML. Each line is looked at a bounded number of times.
"""

from dataclasses import dataclass

from mailroom.message import attribution, headerblock, phrase
from mailroom.message.html import Rendered
from mailroom.message.line import Line
from mailroom.message.marked import bare_blocks, marked_lines
from mailroom.message.model import Span, SpanKind

_RULERS = frozenset("#-–—_=*─‐~<")
# Marks of Outlook that stand above a header block.
_HEADED = frozenset(
    ("divRplyFwdMsg", "appendonsend", "border-top", "reference-message")
)
_MOST_CUTS = 8
_WIDTH = 66  # columns; a shorter line is not wrapped
_HEAD = 8  # lines of a quote in which its header may begin


@dataclass(frozen=True, slots=True)
class History:
    """Lines [first, end) of earlier mail; the quoted words begin at `body`."""

    first: int
    body: int
    end: int
    evidence: str
    sure: bool  # announced by more than ">"
    forward: bool = False


class Reader:
    """Reads lines into `histories`; `marked` holds, by line, what HTML said of it."""

    def __init__(
        self, text: str, lines: list[Line], seen: Rendered | None, subject: str
    ) -> None:
        self.text = text
        self.lines = lines
        self.subject = subject
        self.histories: list[History] = []
        self.marked: list[Span | None] = marked_lines(lines, seen)
        self.index = 0
        self.floor = 0  # where the last history ends
        self.first_new = len(lines)  # the first line that is none
        self.last_quoted = -1
        self.bars = False
        self.cuts = 0  # lines cut in two
        self.blocks = bare_blocks(lines, seen)
        for index in range(len(lines) - 1, -1, -1):
            if lines[index].depth:
                self.last_quoted = index
                break

    def _quotes_block(self, below: int) -> bool:
        """Take the bare block quote at line `below` for quoted, if there is one."""
        block = self.blocks.pop(below, None)
        if block is None or below >= len(self.lines):
            return False
        for index in range(below, len(self.lines)):
            if self.lines[index].start >= block.end:
                break
            if self.marked[index] is None:
                self.marked[index] = block
        return True

    def quoted(self, index: int) -> bool:
        line, mark = self.lines[index], self.marked[index]
        if line.depth or (mark is not None and mark.kind is not SpanKind.SIGNATURE):
            return True
        return self.bars and line.body[:1] == "|"

    def following(self, index: int) -> int:
        """Return the next line that is not blank."""
        while index < len(self.lines) and self.lines[index].blank:
            index += 1
        return index

    def read(self) -> None:
        """Find every piece of history, top down."""
        lines, last_of = self.lines, attribution.LAST
        plain = not any(self.marked) and not self.blocks
        index = 0
        while index < len(lines):
            line = lines[index]
            body = line.body
            self.index = index
            if line.depth or ((self.bars or not plain) and self.quoted(index)):
                found: History | None = self._block()
            elif not body:
                index += 1
                continue
            elif (
                body[0] in _RULERS
                or body[-1] in last_of
                or body.find(":", 0, 44) > 0
                or body.find("：", 0, 44) > 0
                or "-----" in body
            ):
                found = self._unquoted(body)
            else:
                found = None
            if found is None:
                self.first_new = min(self.first_new, index)
                index += 1
            else:
                self.histories.append(found)
                index = self.floor = found.end
                self.bars = False

    # quoted lines

    def _block(self, first: int = -1, evidence: str = "") -> History:
        """Read the quoted lines from the present one on; `first`: its attribution."""
        start = end = self.index
        lines, plain = self.lines, not self.bars and self.marked[start] is None
        for index in range(start, len(lines)):
            line = lines[index]
            if line.depth or (not plain and self.quoted(index)):
                end = index + 1
            elif line.body and not self._is_wrapped(index):
                break
        told, kind, body = "", "reply", start
        if first < 0:
            told, kind, body = self._head(start, end)
        mark = self.marked[start]
        if mark is not None and not told and mark.evidence in _HEADED:
            block = headerblock.guess(self.lines, self.following(start))
            kind = self._kind(block) if block is not None else self.subject
        evidence = evidence or told or (mark.evidence if mark is not None else "")
        forward = kind == "forward" and first < 0
        if mark is not None and mark.kind is SpanKind.FORWARD:
            forward = True
        if forward and self.lines[start].depth:
            end = max(end, self.last_quoted + 1)
        begins = start if first < 0 else first
        return History(begins, body, end, evidence or ">", bool(evidence), forward)

    def _is_wrapped(self, index: int) -> bool:
        """Tell whether a line lost its ">" when the quoted line above was wrapped."""
        lines = self.lines
        if not 0 < index < len(lines) - 1:
            return False
        above, body = lines[index - 1], lines[index].body
        if not above.depth or not lines[index + 1].depth or body[0].isupper():
            return False
        whole = len(above.body) + len(body.split(" ", 1)[0])
        return whole >= _WIDTH and above.body[-1] not in ".?!:;…。？！"

    def _head(self, start: int, end: int) -> tuple[str, str, int]:
        """Return what a quote begins with: evidence, forward or reply, and where its
        words begin."""
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
                return "forward marker", "forward", start
            if block is not None:
                return "header block", self._kind(block), start
            if marked:
                return "original marker", "reply", start
            said = attribution.match(self.lines, index)
            if said is not None:
                kind = "forward" if self.subject == "forward" else "reply"
                return "attribution", kind, said.end
            if index > start + 3:
                break
        return "", "reply", start

    def _kind(self, block: headerblock.HeaderBlock) -> str:
        if self.subject:
            return self.subject
        return "forward" if block.complete else "reply"

    # lines without quoting

    def _unquoted(self, body: str) -> History | None:
        last = body[-1]
        if "-----" in body and self._cut(self.index, phrase.inner_marker(body)):
            return None  # words stand before a marker, which is a line of its own now
        if body[0] in _RULERS or last in ":：®)":
            found = self._marker(body)
            if found is not None:
                return found
        if body.find(":", 0, 44) > 0 or body.find("：", 0, 44) > 0:
            block = headerblock.match(self.lines, self.index)
            if block is not None:
                forward = self._kind(block) == "forward"
                return self._rest(block.end, "header block", forward)
        if last not in attribution.LAST:
            return None
        end = self.index  # an attribution that ends here may begin up to 3 lines above
        for first in range(max(self.floor, end - 3), end + 1):
            if self.lines[first].body:
                inside = attribution.inner(self.lines[first].body)
                self.index = first + self._cut(first, inside)
                found = self._attributed()
                if found is not None:
                    return found
        return self._unknown(end) if self.blocks else None

    def _unknown(self, index: int) -> History | None:
        """Read an attribution in a language unknown to us above a bare block quote."""
        body = self.lines[index].body
        below = self.following(index + 1)
        told = attribution.is_timed(body) or (
            "@" in body and attribution.is_dated(body)
        )
        if not told or body[-1] not in ":：" or not self._quotes_block(below):
            return None
        self.index = below
        return self._block(index, "blockquote")

    def _cut(self, index: int, inside: int) -> int:
        """Cut a line at a character of its body; return how many lines it has more."""
        line = self.lines[index]
        if not inside or line.depth or self.cuts >= _MOST_CUTS:
            return 0
        middle = self.text.index(line.body, line.start) + inside
        self.lines[index : index + 1] = (
            Line(line.start, middle, line.body[:inside].strip(), 0),
            Line(middle, line.end, line.body[inside:].strip(), 0),
        )
        self.marked.insert(index, self.marked[index])
        self.last_quoted += self.last_quoted >= index
        self.first_new = min(self.first_new, index)
        self.cuts += 1
        return 1

    def _marker(self, body: str) -> History | None:
        if phrase.is_reply_marker(body):
            return self._rest(self.index + 1, "reply marker", False, self._above())
        if phrase.is_foreign_marker(body):
            if self.first_new == len(self.lines):  # at the top of what a helpdesk wrote
                return History(
                    self.index, self.index + 1, self.index + 1, "reply marker", True
                )
            return self._rest(self.index + 1, "reply marker", False, self._above())
        kind = phrase.marker(body)
        if kind:
            below = self.following(self.index + 1)
            if below < len(self.lines):
                return self._announced(kind, below)
        if (len(body) >= 20 and not body.strip("_")) or phrase.is_ruled(body):
            below = self.following(self.index + 1)
            known = below < len(self.lines) and headerblock.match(self.lines, below)
            block = None if known else headerblock.guess(self.lines, below)
            if block is not None:
                forward = self._kind(block) == "forward"
                return self._rest(block.end, "header block", forward)
        kind, rest = phrase.glued_marker(body)
        if kind and headerblock.glued(rest):
            forward = kind == "forward" or self.subject != "reply"
            return self._rest(self.index + 1, "forward marker", forward)
        return None

    def _announced(self, kind: str, below: int) -> History | None:
        """Read what follows a marker line."""
        block = headerblock.match(self.lines, below, marked=True)
        if kind == "forward":
            if block is None and self._is_said(below):
                return None
            forward, evidence = True, "forward marker"
        else:
            kind = self._kind(block) if block is not None else self.subject
            forward = kind == "forward"
            evidence = "original marker"
        quoted = self.quoted(below)
        end = self.last_quoted + 1 if quoted and self.lines[below].depth else 0
        body = block.end if block is not None else below
        return self._rest(body, evidence, forward, end=end)

    def _is_said(self, below: int) -> bool:
        """Tell whether "Forwarded message:" is what a person says of something."""
        if self.lines[self.index].body[:1] in _RULERS or self.subject == "forward":
            return False
        return not self.quoted(below) and attribution.match(self.lines, below) is None

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

    def _attributed(self) -> History | None:
        lines = self.lines
        if attribution.undated_quote_header(lines, self.index):
            found, end, self.bars = None, self.index + 1, True
        else:
            found = attribution.match(lines, self.index)
            if found is None:
                return None
            end = found.end
        below = self.following(end)
        if below < len(lines) and lines[below].body[:1] == "|":
            self.bars = True
        first = self._fields_above(self.index)
        if below < len(lines) and (self.quoted(below) or self._quotes_block(below)):
            self.index = below
            history = self._block(first, "attribution")
            if self.subject == "forward" and not self._answered(history.end):
                return History(first, below, history.end, "attribution", True, True)
            return history
        self.bars = False
        if found is None or not found.strong:
            return None
        if below >= len(lines) or self.first_new < first or self.subject == "forward":
            return self._rest(end, "attribution", self.subject == "forward", first)
        return History(first, end, end, "attribution", sure=True)

    def _fields_above(self, first: int) -> int:
        """Return where a rule and "To: ...; Subject: ...;" above an attribution begin."""
        for index in range(first - 1, max(self.floor, first - 5) - 1, -1):
            body = self.lines[index].body
            if len(body) >= 8 and not body.strip("-–—"):
                return index
            if not body or headerblock.field_of(body) is None:
                break
        return first

    def _answered(self, end: int) -> bool:
        return self.following(end) < len(self.lines)

    def _rest(
        self, body: int, evidence: str, forward: bool, first: int = -1, end: int = 0
    ) -> History:
        """History from here to the end, a rule just above it included."""
        start = first if first >= 0 else self.index
        previous = start - 1
        while previous >= 0 and self.lines[previous].blank:
            previous -= 1
        if previous >= 0 and start - previous < 4:
            above = self.lines[previous].body
            ruled = len(above) >= 5 and not above.strip("_-–—=*─ ")
            ruled = ruled or phrase.is_ruled(above)
            taken = self.histories[-1].end if self.histories else 0
            if ruled and previous >= taken:
                start = previous
        stop = end or (forward and self._forward_ends(body)) or len(self.lines)
        return History(start, body, stop, evidence, True, forward)

    def _forward_ends(self, body: int) -> int:
        """Return the line below "----- End forwarded message -----", or 0."""
        for index in range(len(self.lines) - 1, body, -1):
            line = self.lines[index]
            if line.body[:1] in _RULERS and phrase.is_end_marker(line.body):
                return index + 1
        return 0
