"""Draw strips: one line an indicator, a dot a place, so that it shows where one place stands among all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import altair
import polars as pl

from hpedu.present.charts import style
from hpedu.present.charts.style import (
    LINE,
    Layers,
    Rows,
    data_of,
    finish,
    legend_columns,
    unchecked,
    wrap,
)
from hpedu.present.page.display import Chart, ChartText
from hpedu.texts import format_number

ROW = 46  # pixels that a strip takes
NAME_LETTERS = 26  # in a line of the name of a strip
GREY = 4  # place of the grey among the colours
KEY_LETTERS = 50  # in a line of the key below
# Where the ends of a strip are. A line of length 1 with round ends is a dot: one path holds all dots of a strip.
WIDTH = 1000


@dataclass(frozen=True)
class Strip:
    """One indicator: the place shown (now, and then if it is known), some named places, all others."""

    name: str
    unit: str
    decimals: int
    own: float
    then: float | None
    named: dict[str, float]
    others: Sequence[float]
    quartiles: tuple[float, float, float]
    # The median of the region.
    region: float | None
    rank: str  # as it is written: 12/63

    @property
    def ends(self) -> tuple[float, float]:
        """Return the least and the largest figure of the strip."""
        known = [self.own, *self.named.values(), *self.others, *([] if self.then is None else [self.then])]
        return min(known), max(known)

    def place(self, value: float) -> int:
        """Return where between its ends a figure lies, from 0 to `WIDTH`."""
        low, high = self.ends
        return round(WIDTH * (value - low) / (high - low)) if high > low else WIDTH // 2


@unchecked()
def strips(
    rows: Sequence[Strip],
    text: ChartText,
    table: pl.DataFrame,
    *,
    own: str,
    key: Sequence[str],
    remarks: str = "",
) -> Chart:
    """Draw one strip an indicator, each on a scale of its own from its least to its largest figure.

    Parameters
    ----------
    table
        The figures, a row a strip.
    own
        The name of the place shown.
    key
        What ring, band and mark mean, a line each.

    Raises
    ------
    ValueError
        If there is no strip.
    """
    if not rows:
        raise ValueError("a chart needs at least one strip; where there is none, say so in a sentence")
    height = ROW * len(rows)
    spec = finish(_draw(rows, text, own, key), text, height=height)
    return Chart(text=text, spec=spec, table=table, remarks=remarks)


def _draw(rows: Sequence[Strip], text: ChartText, own: str, key: Sequence[str]) -> Layers:
    x_scale = altair.Scale(domain=[0, WIDTH], nice=False, zero=False, padding=10)
    # The first strip is on top.
    y_scale = altair.Scale(domain=[len(rows) - 0.5, -0.5], nice=False, zero=False)
    # One layer has the axes for all: they hold every name.
    place = {"x": altair.X("x:Q", scale=x_scale), "y": altair.Y("row:Q", scale=y_scale)}
    x_axis, y_axis = _make_axes(rows, key)
    axes = {
        "x": altair.X("x:Q", scale=x_scale, axis=x_axis),
        "y": altair.Y("row:Q", scale=y_scale, axis=y_axis),
    }
    known = [own, *dict.fromkeys(name for strip in rows for name in strip.named)]
    # The grey of the colours is that of all others here.
    bright = [colour for number, colour in enumerate(style.COLOURS) if number != GREY]
    legend = altair.Legend(columns=legend_columns(known))
    named = place | {
        "color": altair.Color(
            "place:N", scale=altair.Scale(domain=known, range=bright[: len(known)]), sort=known, legend=legend
        ),
        "shape": altair.Shape(
            "place:N",
            scale=altair.Scale(domain=known, range=list(style.SHAPES[: len(known)])),
            sort=known,
            legend=legend,
        ),
        "tooltip": [
            altair.Tooltip("place:N", title=text.say("name")),
            altair.Tooltip("words:N", title=text.say("value")),
            altair.Tooltip("rank:N", title=text.say("rank")),
        ],
    }
    numbered = list(enumerate(rows))
    bands = [
        {"row": row, "x": strip.place(strip.quartiles[0]), "x2": strip.place(strip.quartiles[2])}
        for row, strip in numbered
    ]
    dots = [{"row": row, "x": sorted(map(strip.place, strip.others))} for row, strip in numbered]
    marks = [{"row": row, "x": strip.place(strip.region)} for row, strip in numbered if strip.region is not None]
    rings = [{"row": row, "x": strip.place(strip.then)} for row, strip in numbered if strip.then is not None]
    ends = [
        {"row": row, "x": at, "words": format_number(value, strip.decimals, text.language)}
        for row, strip in numbered
        for at, value in zip((0, WIDTH), strip.ends, strict=True)
    ]
    points = _list_points(rows, text, own)
    others = [point for point in points if point["place"] != own]
    shown = [point for point in points if point["place"] == own]
    grey = {"color": style.PLAIN, "opacity": 0.55, "strokeWidth": 6, "strokeCap": "round"}
    faint = {"fontSize": 10, "color": style.QUIET_INK, "dy": 17}
    return [
        data_of(bands).mark_bar(color=style.GRID, height=18).encode(**axes, x2=altair.X2("x2:Q")),
        data_of(dots)
        .transform_flatten(["x"])
        .transform_calculate(x="[datum.x, datum.x + 1, null]")
        .transform_flatten(["x"])
        # A line that is not told the order of its points sorts them, and the gaps between dots are lost.
        .transform_window(n="row_number()")
        .mark_line(**grey)
        .encode(**place, detail="row:N", order="n:Q"),
        data_of(marks).mark_tick(color=style.INK, thickness=2, size=20, orient="vertical").encode(**place),
        data_of(rings)
        .mark_point(shape="circle", size=90, stroke=style.HIGHLIGHT, filled=False, strokeWidth=2)
        .encode(**place),
        data_of(others).mark_point(filled=True, size=55, opacity=1).encode(**named),
        data_of(shown).mark_point(filled=True, size=120, opacity=1).encode(**named),
        data_of(ends).mark_text(**faint).encode(**place, text=altair.Text("words:N")),
    ]


def _make_axes(rows: Sequence[Strip], key: Sequence[str]) -> tuple[altair.Axis, altair.Axis]:
    """Return the axes, without a scale to read: the key under the strips, and their names beside them."""
    bare = {"ticks": False, "grid": False, "domain": False}
    names = [wrap(strip.name, NAME_LETTERS).split("\n") for strip in rows]
    lines = [line for entry in key for line in wrap(entry, KEY_LETTERS).split("\n")]
    return (
        altair.Axis(title=lines, titleAnchor="start", titleLineHeight=LINE, labels=False, **bare),
        altair.Axis(
            title=None,
            values=list(range(len(rows))),
            labelExpr=f"{json.dumps(names, ensure_ascii=False)}[datum.value]",
            labelLimit=0,
            labelLineHeight=LINE - 1,
            **bare,
        ),
    )


def _list_points(rows: Sequence[Strip], text: ChartText, own: str) -> Rows:
    points: Rows = []
    for number, strip in enumerate(rows):
        for place, value in {**strip.named, own: strip.own}.items():
            written = f"{format_number(value, strip.decimals, text.language)} {strip.unit}"
            rank = strip.rank if place == own else ""
            points.append({"row": number, "x": strip.place(value), "place": place, "words": written, "rank": rank})
    return points
