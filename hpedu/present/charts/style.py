"""Hold how charts look: colours, the width of words, ticks, the place of labels."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from hpedu.decoding import read_toml
from hpedu.texts import Language, count_decimals, format_number

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
LOOKS = read_toml(__file__, "looks.toml")
COLOURS: dict[str, str] = LOOKS["colours"]
SERIES = tuple(LOOKS["series"])
PARTS: dict[str, str] = LOOKS["parts"]
DASHES: dict[str, list[int]] = {name: look["dash"] for name, look in LOOKS["series"].items()}
SHAPES_OF: dict[str, str] = {name: look["shape"] for name, look in LOOKS["series"].items()}

LETTER = 0.58  # of the size of type: the mean width of a letter, in the wider ones of the fonts


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round values that enclose `low` to `high`, in about `count` steps of 1, 2, 2.5 or 5."""
    span = (high - low) or abs(high) or 1.0
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if first == last:
        last += 1
    return [round(index * step, 10) for index in range(first, last + 1)]


def write_ticks(ticks: Sequence[float], language: Language) -> list[tuple[float, str]]:
    """Write ticks with as many decimals as the finest of them has."""
    decimals = max(map(count_decimals, ticks))
    return [(tick, format_number(tick, decimals, language)) for tick in ticks]


def text_width(text: str, size: float = 12, *, bold: bool = False) -> float:
    """Estimate the width of a line, in pixels."""
    return LETTER * size * len(text) * (1.12 if bold else 1)


def wrap(text: str, room: float, *, size: float = 12, bold: bool = False) -> list[str]:
    """Break words into lines that fit into `room` pixels, between words."""
    letters = max(1, int(room / text_width("x", size, bold=bold)))
    return textwrap.wrap(text, letters, break_long_words=False) or [text]


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


def theme(language: Language) -> dict[str, Any]:
    """Return the Vega-Lite `config` of an analyst's own charts, with numbers as in `language`."""
    decimal, thousands = (",", ".") if language == "vi" else (".", ",")
    number = {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", "\N{NO-BREAK SPACE}₫"]}
    said = {
        "labelColor": COLOURS["quiet"],
        "labelFontSize": 12,
        "titleColor": COLOURS["quiet"],
        "titleFontSize": 12,
    }
    return {
        "background": COLOURS["paper"],
        "font": FONT,
        "locale": {"number": number | {"minus": "\N{MINUS SIGN}"}},
        "view": {"stroke": None},
        "axis": {**said, "titleFontWeight": "normal", "gridColor": COLOURS["grid"], "labelPadding": 5},
        "legend": {"labelFontSize": 12, "labelLimit": 320, "orient": "top", "title": None},
        "range": {"category": [COLOURS[name] for name in SERIES]},
        "title": {"anchor": "start", "color": COLOURS["ink"], "fontSize": 15, "fontWeight": 600, "offset": 12},
        "text": {"color": COLOURS["ink"], "fontSize": 12},
    }
