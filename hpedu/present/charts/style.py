"""Share what all chart forms need: checks of the frame, axes, text with a halo, the finished spec."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import altair
import polars as pl
from altair.utils.schemapi import debug_mode

from hpedu.present.page.display import ChartText
from hpedu.texts import Language, count_decimals

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"
BACKGROUND = "#ffffff"
INK = "#1f2937"
QUIET_INK = "#4b5563"
GRID = "#e5e7eb"
WARNING = "#b00020"

# Blue and orange first: the pair that every kind of colour vision separates. All reach 4.5:1 on white, so a
# label may have the colour of its line. Dash and shape say the same as the colour, for print and for all.
COLOURS = ("#0067a5", "#b84a00", "#00724f", "#8f3a84", "#5f5f5f", "#7a5c00")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [12, 4], [5, 2, 1, 2, 1, 2])
SHAPES = ("circle", "square", "triangle-up", "cross", "triangle-down", "triangle-right")

# Parts of a whole, from dark to light: their order survives a grey copy. All reach 3:1 on white.
SEQUENCE = ("#10294d", "#1c5488", "#2e7f9e", "#5b8f5c", "#a5893a", "#cf7a4e")
HIGHLIGHT = COLOURS[0]
PLAIN = "#7b8794"

HEIGHT = 280  # of a chart's plotting area, in pixels
PHONE = 320  # width of a chart on a phone 390 pixels wide
YEAR_LABEL = 54  # pixels that the label of a year takes on its axis
LETTER = 6.6  # pixels, the mean width of a letter at 12 pixels
LINE = 15  # height of a line of text at 12 pixels
AXIS_LETTERS = 44  # of a line of an axis title, on a phone

MERGER_YEAR = 2025
MARKED = ("preliminary", "derived", "estimated", "projected", "synthetic")
WHOLE = ("$schema", "config")  # of a chart, not of its layers

Rows = list[dict[str, Any]]
Layers = list[Any]  # altair charts; altair is untyped for us


@contextmanager
def unchecked() -> Iterator[None]:
    """Let altair take every piece of a chart as it is while this lasts; also a decorator of a chart form.

    altair holds each piece against the Vega-Lite schema, most of the time of a chart. What a chart is made of
    depends on hpedu's code alone, so the tests do that, once (`test_every_form_follows_the_schema`).
    """
    with debug_mode(False):
        yield


def require_columns(values: pl.DataFrame, *columns: str) -> None:
    """Raise ValueError if the frame lacks a column or holds no figure at all."""
    missing = [column for column in columns if column not in values.columns]
    if missing:
        raise ValueError(f"a chart needs the columns {', '.join(columns)}; missing: {', '.join(missing)}")
    if values["value"].drop_nulls().is_empty():
        raise ValueError("a chart needs at least one figure; where there is none, say so in a sentence")


def refuse_repeats(values: pl.DataFrame, *key: str) -> None:
    """Raise ValueError if a key is there twice: two figures for one point would be drawn as one."""
    repeated = values.filter(values.select(key).is_duplicated())
    if not repeated.is_empty():
        raise ValueError(f"two figures for one point: {repeated.select(key).row(0)}")


def find_inputs(values: pl.DataFrame, *key: str) -> dict[tuple[Any, ...], list[str]]:
    """Return the cells (`file!cell`) that each figure comes from, by its key; {} if the frame has none."""
    if "inputs" not in values.columns:
        return {}
    return {row[:-1]: row[-1] for row in values.select(*key, "inputs").iter_rows()}


def order_names(names: pl.Series, order: Sequence[str] | None, room: int) -> list[str]:
    """Return the names in the order given, or of first appearance.

    Raises
    ------
    ValueError
        If a name is not in `order`, or there are more than `room`.
    """
    found: list[str] = names.unique(maintain_order=True).to_list()
    if order is not None:
        unknown = [name for name in found if name not in order]
        if unknown:
            raise ValueError(f"not in the order given: {', '.join(unknown)}")
        found = [name for name in order if name in found]
    if len(found) > room:
        raise ValueError(f"{len(found)} names cannot be told apart in one chart, at most {room}: split it")
    return found


def every_year(values: pl.DataFrame) -> list[int]:
    """Return all years from the first to the last with a figure, those in between without one included."""
    years: list[int] = values.drop_nulls("value")["year"].to_list()
    return list(range(min(years), max(years) + 1))


def title_values(ticks: Sequence[float], text: ChartText) -> list[str]:
    """Return the lines over the axis of values: its unit, and a warning if it does not start at 0."""
    starts_at_zero = ticks[0] <= 0 <= ticks[-1]
    warning = [] if starts_at_zero else [text.say("axis_not_zero")]
    whole = " ".join([text.unit_label, *warning])
    return [whole] if len(whole) <= AXIS_LETTERS else [*textwrap.wrap(text.unit_label, AXIS_LETTERS), *warning]


def value_axis(ticks: Sequence[float], title: list[str], lift: int = 12) -> Any:
    """Draw the axis of values; its title is horizontal, `lift` pixels above the plot."""
    return altair.Axis(
        title=title,
        titleAngle=0,
        titleAlign="left",
        titleBaseline="bottom",
        titleX=-36,
        titleY=-lift - LINE * (len(title) - 1),
        values=list(ticks),
        format=f",.{max(map(count_decimals, ticks))}f",
        domain=False,
        ticks=False,
    )


def lift_legend(title: list[str], lift: int) -> int:
    """Return how far above the plot a legend clears the title of the axis of values, in pixels."""
    return lift + LINE * (len(title) + 1)


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


def data_of(values: pl.DataFrame | Rows) -> Any:
    """Return an altair chart over rows that are inside the spec."""
    rows = values.to_dicts() if isinstance(values, pl.DataFrame) else values
    return altair.Chart(altair.Data(values=rows))


def write_text(rows: Rows, encoding: Mapping[str, Any], **mark: Any) -> Layers:
    """Write a text layer over its own white halo, so that no line crosses the letters."""
    mark = {"lineBreak": "\n", "lineHeight": LINE, **mark}
    halo = {"stroke": BACKGROUND, "strokeWidth": 4, "strokeJoin": "round", "opacity": 0.9}
    uncoloured = {channel: value for channel, value in encoding.items() if channel != "color"}
    return [
        data_of(rows).mark_text(**mark, **halo).encode(**uncoloured),
        data_of(rows).mark_text(**mark).encode(**encoding),
    ]


def draw_merger(row: dict[str, Any], x: Any, text: ChartText, *, late: bool, shift: float = 0) -> Layers:
    """Draw a dashed rule where two provinces became one city; its words are above, on the longer side."""
    rows = [row | {"words": text.say("merger")}]
    side = {"align": "right", "dx": 4} if late else {"align": "left", "dx": -4}
    words = data_of(rows).mark_text(y=-8, baseline="bottom", color=QUIET_INK, **side)
    return [
        data_of(rows).mark_rule(strokeDash=[4, 3], color=PLAIN, xOffset=shift).encode(x=x),
        words.encode(x=x, text=altair.Text("words:N")),
    ]


def wrap(text: str, letters: int) -> str:
    """Break a label into lines of at most `letters` letters, between words."""
    return "\n".join(textwrap.wrap(text, letters, break_long_words=False)) or text


def text_width(text: str) -> float:
    """Estimate the width of the widest line, in pixels."""
    return LETTER * max(map(len, text.split("\n")))


def text_height(text: str) -> float:
    """Return the height of all lines, in pixels."""
    return LINE * (text.count("\n") + 1)


def legend_columns(names: Iterable[str]) -> int:
    """Return how many legend entries fit side by side on a phone."""
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


def explain_marks(statuses: Iterable[str], missing: bool, text: ChartText) -> list[str]:
    """Return one explanation for each mark that a table uses, `…` included."""
    used = set(statuses)
    remarks = [
        f"{text.say(f'mark_{status}')}: {text.say(f'status_{status}')}" for status in MARKED if status in used
    ]
    return [*remarks, text.say("missing_remark")] if missing else remarks


def finish(layers: Layers, text: ChartText, *, height: int = HEIGHT, right: int = 8) -> dict[str, Any]:
    """Lay the layers over each other and dress them: a complete spec, as wide as its container."""
    # altair.layer copies every layer twice over; written one by one they are the same, in less than half the time.
    drawn = [layer.to_dict(validate=False) for layer in layers]
    return {
        "$schema": altair.SCHEMA_URL,
        "layer": [{key: part for key, part in layer.items() if key not in WHOLE} for layer in drawn],
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 4, "top": 8, "right": right, "bottom": 4},
        "config": theme(text.language),
    }


def theme(language: Language) -> dict[str, Any]:
    """Return the Vega-Lite `config` of every chart, with numbers as in `language` (d3 knows no Vietnamese)."""
    decimal, thousands = (",", ".") if language == "vi" else (".", ",")
    axis_text = {"labelColor": QUIET_INK, "labelFontSize": 12, "titleColor": QUIET_INK, "titleFontSize": 12}
    return {
        "aria": False,  # the page labels the picture itself, in its own language
        "background": BACKGROUND,
        "font": FONT,
        "locale": {
            "number": {
                "decimal": decimal,
                "thousands": thousands,
                "grouping": [3],
                "currency": ["", "\N{NO-BREAK SPACE}₫"],
                "minus": "\N{MINUS SIGN}",
            }
        },
        "view": {"stroke": None},
        "axis": {
            **axis_text,
            "titleFontWeight": "normal",
            "gridColor": GRID,
            "domainColor": "#6b7280",
            "tickColor": "#9ca3af",
            "labelPadding": 5,
        },
        "legend": {
            "labelColor": INK,
            "labelFontSize": 12,
            "labelLimit": 320,
            "orient": "top",
            "title": None,
            "rowPadding": 4,
            "symbolStrokeWidth": 2,
        },
        "title": {
            "anchor": "start",
            "color": INK,
            "fontSize": 15,
            "fontWeight": 600,
            "subtitleColor": WARNING,
            "subtitleFontSize": 13,
            "subtitleFontWeight": 700,
            "offset": 12,
        },
        "text": {"color": INK, "fontSize": 12},
    }


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (`#rrggbb`) as WCAG 2 defines it, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """Choose white or black letters, whichever reads better on `colour`."""
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
