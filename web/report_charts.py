"""Charts of reports, drawn at the server as SVG that needs no script and no style.

Columns stand in a picture of their own that is stretched to the page's width; words and
lines stand over it at percentages, so that they are neither stretched nor scaled. What a
chart shows is in the table under it, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

HEIGHT = 200  # of the columns, in the picture's own units
SLOT = 20  # the width of one column and its room
_LABELS = 6  # below the columns, at most: what a phone has room for
_ALL = 8  # so many are labelled each; a phone hides every other
_VALUES = 13  # columns, at most, that have their number above them
_FEW = 6
MOST_APART = 26  # columns, at most, with room between them


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A word in a chart: `x` in percent of the width, `y` in percent of the height."""

    x: float = 0.0
    y: float = 0.0
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Columns, or a line over an area where the values are a level and not counts.

    `paths`: (class, SVG path data) in a picture `width` by HEIGHT.
    """

    width: int
    paths: tuple[tuple[str, str], ...]
    dots: tuple[Mark, ...] = ()
    labels: tuple[Mark, ...]
    values: tuple[Mark, ...] = ()
    grid: tuple[Mark, ...]

    @property
    def is_crowded(self) -> bool:
        """Whether a phone has no room for the numbers above the columns."""
        return self.width > _FEW * SLOT


def shares(labels: Sequence[str], parts: Sequence[tuple[int, int] | None]) -> Chart:
    """Draw what part of each column is good (of 100 per cent); None draws nothing."""
    wholes = [sum(part) if part is not None else 0 for part in parts]
    good = [
        part[0] / whole * HEIGHT if part is not None and whole else 0
        for part, whole in zip(parts, wholes, strict=True)
    ]
    return Chart(
        width=SLOT * len(parts),
        paths=(
            ("rail", _bars([0 if whole else 2 for whole in wholes])),
            ("overdue part", _bars([HEIGHT if whole else 0 for whole in wholes])),
            ("running", _bars(good)),
        ),
        labels=_labels(labels),
        grid=(Mark(y=0, text="100 %"), Mark(y=50, text=""), Mark(y=100, text="")),
    )


def columns(kind: str, labels: Sequence[str], values: Sequence[int]) -> Chart:
    """Draw a count a column."""
    top = _top(max(values, default=0))
    return Chart(
        width=SLOT * len(values),
        paths=((kind, _bars([value / top * HEIGHT for value in values])),),
        labels=_labels(labels),
        values=_values(values, top),
        grid=_grid(top),
    )


def level(labels: Sequence[str], values: Sequence[int]) -> Chart:
    """Draw a level over time: a line through its values, the area below washed."""
    if len(values) < 2:
        return columns("running", labels, values)
    top = _top(max(values))
    spots = [
        (SLOT // 2 + place * SLOT, round(HEIGHT - value / top * HEIGHT))
        for place, value in enumerate(values)
    ]
    line = "L".join(f"{x} {y}" for x, y in spots)
    area = f"M{spots[0][0]} {HEIGHT}L{line}L{spots[-1][0]} {HEIGHT}Z"
    few = len(values) <= _VALUES
    return Chart(
        width=SLOT * len(values),
        paths=(("area", area), ("line", f"M{line}")),
        dots=_values(values, top) if few else (),
        labels=_labels(labels),
        values=_values(values, top),
        grid=_grid(top),
    )


def _bars(heights: Sequence[float]) -> str:
    """Return columns as path data, which says little: a page has hundreds of them."""
    if len(heights) > MOST_APART:
        return _steps([round(height) for height in heights])
    width = SLOT * 2 // 5 if len(heights) <= _FEW else SLOT * 7 // 10
    left = (SLOT - width) // 2
    return "".join(
        f"M{place * SLOT + left} {HEIGHT}h{width}v-{high}h-{width}z"
        for place, height in enumerate(heights)
        if (high := round(height))
    )


def _steps(heights: Sequence[int]) -> str:
    """Return columns without room between them, as one outline."""
    parts, before = [f"M0 {HEIGHT}"], 0
    for place, height in enumerate(heights):
        if height != before:
            parts.append(f"H{place * SLOT}V{HEIGHT - height}")
        before = height
    parts.append(f"H{len(heights) * SLOT}V{HEIGHT}z")
    return "".join(parts) if any(heights) else ""


def _middle(place: int, count: int) -> float:
    return round((place + 0.5) / count * 100, 2)


def _labels(labels: Sequence[str]) -> tuple[Mark, ...]:
    every = ceil(len(labels) / _LABELS) if len(labels) > _ALL else 1
    return tuple(
        Mark(x=_middle(place, len(labels)), text=label)
        for place, label in enumerate(labels)
        if place % every == 0
    )


def _values(values: Sequence[int], top: int) -> tuple[Mark, ...]:
    if len(values) > _VALUES:
        return ()
    return tuple(
        Mark(
            x=_middle(place, len(values)),
            y=round(100 - value / top * 100, 2),
            text=f"{value}",
        )
        for place, value in enumerate(values)
        if value
    )


def _grid(top: int) -> tuple[Mark, ...]:
    return (Mark(y=0, text=f"{top}"), Mark(y=50, text=""), Mark(y=100, text=""))


def _top(most: int) -> int:
    """Return a round number that is not below any value."""
    if most <= 4:
        return max(most, 1)
    step = int(10 ** floor(log10(most)))
    rounds = (step * part // 10 for part in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80))
    return next((one for one in rounds if one >= most), 10 * step)
