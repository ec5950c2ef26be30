"""Draw strips: one line an indicator, a dot a place, so that it shows where one place stands among all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hpedu.present.charts.plot import Axis, Key, Label, Mark, Panel
from hpedu.present.charts.style import SERIES, SHAPES_OF
from hpedu.present.page.display import Chart, ChartText
from hpedu.texts import format_number

HEIGHT = 26  # of a strip
OTHERS = ("third", "fourth", "country", "first", "second", "city")
"""The colours of other places, those that no territory of the reports has first."""


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
        """Return the least and the largest figure of the strip; apart, so that there is a line between them."""
        known = [self.own, *self.named.values(), *self.others, *([] if self.then is None else [self.then])]
        low, high = min(known), max(known)
        return (low, high) if low < high else (low - 1, high + 1)


def strips(
    rows: Sequence[Strip],
    text: ChartText,
    table: pl.DataFrame,
    *,
    own: str,
    key: Sequence[str],
    look: str = SERIES[1],
    remarks: str = "",
) -> Chart:
    """Draw one strip an indicator, each on a scale of its own from its least to its largest figure.

    The table has the figures, a row a strip; `own` and `look` are the name and the colour of the place shown;
    `key` says what ring, band and mark mean, a line each. Raises `ValueError` if there is no strip.
    """
    if not rows:
        raise ValueError("a chart needs at least one strip; where there is none, say so in a sentence")
    others = dict.fromkeys(name for strip in rows for name in strip.named)
    looks = dict(zip(others, (name for name in OTHERS if name != look), strict=False))
    places = [Key(_dot([], look, own, shape="circle"), own)]
    places += [Key(_dot([], colour, name), name) for name, colour in looks.items()]
    figures = [
        (strip.name, place, value)
        for strip in rows
        for place, value in [(own, strip.own), *strip.named.items(), *((None, value) for value in strip.others)]
    ]
    return Chart(
        text=text,
        picture=text.frame(
            [_draw_strip(row, text, own, look, looks) for row in rows], places, columns=2, notes=key
        ),
        table=table,
        data=pl.DataFrame(figures, {"series": pl.String, "place": pl.String, "value": pl.Float64}, orient="row"),
        remarks=remarks,
    )


def _dot(values: Sequence[float], colour: str, series: str = "", *, shape: str = "", words: str = "") -> Mark:
    shape = shape or SHAPES_OF[colour]
    return Mark(
        "dots", [(value, 0) for value in values], colour, series, shape=shape, words=[words] if words else ()
    )


def _draw_strip(strip: Strip, text: ChartText, own: str, look: str, looks: dict[str, str]) -> Panel:
    def write(value: float) -> str:
        return format_number(value, strip.decimals, text.language)

    low, high = strip.ends
    marks = [
        Mark("box", [(strip.quartiles[0], -0.7), (strip.quartiles[2], 0.7)], "grid"),
        Mark("dots", [(value, 0) for value in sorted(strip.others)], "plain", shape="small", opacity=0.55),
    ]
    if strip.region is not None:
        marks.append(_dot([strip.region], "ink", shape="tick"))
    if strip.then is not None:
        marks.append(Mark("dots", [(strip.then, 0)], look, own, hollow=True))
    marks += [
        _dot([value], looks[name], name, words=f"{name}: {write(value)} {strip.unit}")
        for name, value in strip.named.items()
    ]
    said = write(strip.own)
    marks.append(_dot([strip.own], look, own, shape="circle", words=f"{own}: {said} {strip.unit} ({strip.rank})"))
    return Panel(
        x=Axis(low, high, [(low, write(low)), (high, write(high))]),
        y=Axis(-1, 1),
        marks=marks,
        labels=[Label((high, 0), f"{said}\n({strip.rank})", f"{said}\n({strip.rank})", look, own)],
        name=strip.name,
        height=HEIGHT,
    )
