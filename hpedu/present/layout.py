"""Room in a chart: round ticks, widths of words, labels that do not cover each other. Arithmetic only."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence

HEIGHT = 280  # of a chart's plotting area, in pixels
PHONE = 320  # width of a chart on a phone 390 pixels wide
YEAR_LABEL = 54  # pixels that the label of a year takes on its axis
LETTER = 6.6  # mean width of a letter at 12 pixels; generous, since fonts differ
LINE = 15  # height of a line of text at 12 pixels


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round values that enclose `low` to `high`, in about `count` steps of 1, 2, 2.5 or 5 (tens, tenths)."""
    span = (high - low) or abs(high) or 1.0
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if first == last:
        last += 1
    return [round(index * step, 10) for index in range(first, last + 1)]


def wrap(text: str, letters: int) -> str:
    """Break a label into lines of at most `letters` letters, between words."""
    return "\n".join(textwrap.wrap(text, letters, break_long_words=False)) or text


def text_width(text: str) -> float:
    """The width of the widest line, in pixels; an estimate."""
    return LETTER * max(map(len, text.split("\n")))


def text_height(text: str) -> float:
    """The height of all lines, in pixels."""
    return LINE * (text.count("\n") + 1)


def legend_columns(names: Iterable[str]) -> int:
    """How many legend entries stand side by side on a phone."""
    symbol_and_gap = 34
    return max(1, int(PHONE // (max(map(text_width, names)) + symbol_and_gap)))


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Move the centres of labels as little as it takes until none covers another, within `low` to `high`.

    Too many labels for the room overflow at the low end.
    """
    placed = list(wanted)
    upwards = sorted(range(len(wanted)), key=lambda index: wanted[index])
    floor, ceiling = low, high
    for index in upwards:
        placed[index] = max(placed[index], floor + heights[index] / 2)
        floor = placed[index] + heights[index] / 2
    for index in reversed(upwards):
        placed[index] = min(placed[index], ceiling - heights[index] / 2)
        ceiling = placed[index] - heights[index] / 2
    return placed
