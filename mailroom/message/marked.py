"""What the markup of a mail says of each line of its text."""

from bisect import bisect_left
from collections.abc import Sequence

from mailroom.message.html import Rendered
from mailroom.message.line import Line
from mailroom.message.model import Span, SpanKind


def marked_lines(lines: Sequence[Line], seen: Rendered | None) -> list[Span | None]:
    """Return for each line the outermost mark that holds it, or None."""
    marked: list[Span | None] = [None] * len(lines)
    if seen is None or not seen.marks:
        return marked
    starts = [line.start for line in lines]
    ranked = sorted(
        seen.marks, key=lambda m: (m.kind is SpanKind.SIGNATURE, m.start, -m.end)
    )
    for mark in ranked:
        first = bisect_left(starts, mark.start)
        if first < len(starts) and marked[first] is not None:
            continue  # inside one that is noted already
        if mark.evidence == "border-top" and not _heads(lines, first):
            continue
        for index in range(first, len(starts)):
            if starts[index] >= mark.end or marked[index] is not None:
                break
            if starts[index] + len(lines[index].body) > mark.end:
                break
            marked[index] = mark
    return marked


def _heads(lines: Sequence[Line], first: int) -> bool:
    near = [line.body for line in lines[first : first + 4]]
    return sum(":" in body[:40] or "：" in body[:40] for body in near) >= 2


def bare_blocks(lines: Sequence[Line], seen: Rendered | None) -> dict[int, Span]:
    """Return the block quotes without marks by their first lines, the outermost only."""
    blocks: dict[int, Span] = {}
    if seen is not None and seen.blocks:
        starts = [line.start for line in lines]
        for block in sorted(seen.blocks, key=lambda b: (b.start, -b.end)):
            blocks.setdefault(bisect_left(starts, block.start), block)
    return blocks
