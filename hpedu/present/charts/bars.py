"""Draw bars: parts of a whole by year, and names in order of value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair
import polars as pl

from hpedu.present.charts import style
from hpedu.present.charts.style import (
    LINE,
    MERGER_YEAR,
    YEAR_LABEL,
    Layers,
    Rows,
    data_of,
    draw_merger,
    every_year,
    explain_marks,
    find_inputs,
    finish,
    legend_columns,
    lift_legend,
    nice_ticks,
    order_names,
    refuse_repeats,
    require_columns,
    title_values,
    unchecked,
    value_axis,
    wrap,
)
from hpedu.present.page.display import Chart, ChartText
from hpedu.texts import MISSING, school_year

NAME_LETTERS = 18  # in a line of the name of a bar


@unchecked()
def stacked(
    values: pl.DataFrame,
    text: ChartText,
    *,
    part_order: Sequence[str] | None = None,
    synthetic: bool = False,
) -> Chart:
    """Draw one bar a year, stacked from `values` (`part`, `year`, `value`), the first part at the bottom.

    A year that lacks a part gets no bar but `…`: the rest of a sum is not the sum. `inputs` (lists of
    `file!cell`) may say where each figure is found.

    Raises
    ------
    ValueError
        If a column is missing, no year has all parts, a part is negative or is there twice in a year, or there
        are more than six.
    """
    require_columns(values, "part", "year", "value")
    refuse_repeats(values, "part", "year")
    if (values["value"] < 0).any():
        raise ValueError("a part of a whole cannot be negative")
    stack = Stack(
        text=text,
        amounts={(part, year): amount for part, year, amount in values["part", "year", "value"].iter_rows()},
        inputs=find_inputs(values, "part", "year"),
        parts=order_names(values["part"], part_order, len(style.SEQUENCE)),
        years=every_year(values),
    )
    totals = [stack.total(year) for year in stack.years]
    if set(totals) == {None}:
        raise ValueError("no year has all parts; where there is no whole, show the parts as a trend")
    return Chart(
        text=text,
        spec=finish(draw_stack(stack), text),
        table=tabulate_stack(stack),
        synthetic=synthetic,
        remarks="; ".join(explain_marks((), None in totals, text)),
        origins=[
            [[], *([*stack.inputs.get((part, year), ())] for part in stack.parts), []] for year in stack.years
        ],
        data=values,
    )


@dataclass(frozen=True)
class Stack:
    """Parts of a whole by year, and how to write them."""

    text: ChartText
    amounts: dict[tuple[str, int], float | None]
    inputs: Mapping[tuple[Any, ...], Sequence[str]]  # of each amount, `file!cell`
    parts: list[str]
    years: list[int]

    def total(self, year: int) -> float | None:
        """Return the sum of all parts; None if one of them is missing, never a smaller sum."""
        known = [amount for part in self.parts if (amount := self.amounts.get((part, year))) is not None]
        return sum(known) if len(known) == len(self.parts) else None

    def label(self, year: int) -> str:
        """Name a year in short: `2015-16` in both languages, since an axis has no room for `2015-2016`."""
        return school_year(year, "en") if self.text.school_year else str(year)

    def pieces(self) -> Rows:
        """Return the pieces of all whole bars, each from `base` to `top`."""
        rows: Rows = []
        for year in self.years:
            if self.total(year) is None:
                continue
            base = 0.0
            for part in self.parts:
                amount = self.amounts[part, year] or 0.0
                row = {"part": part, "year": self.label(year), "period": self.text.name_year(year)}
                edges = {"base": base, "middle": base + amount / 2, "top": base + amount}
                rows.append(row | edges | {"words": self.text.write(amount)})
                base += amount
        return rows


def tabulate_stack(stack: Stack) -> pl.DataFrame:
    """Return one row a year, one column a part, and the total."""
    text = stack.text
    columns = {text.year_header(): [text.name_year(year) for year in stack.years]}
    for part in stack.parts:
        columns[part] = [text.write(stack.amounts.get((part, year))) for year in stack.years]
    columns[text.say("total")] = [text.write(stack.total(year)) for year in stack.years]
    return pl.DataFrame(columns)


def draw_stack(stack: Stack) -> Layers:
    """Draw bars, the figures in them where they fit, and the totals on top."""
    text = stack.text
    years = [stack.label(year) for year in stack.years]
    totals = [stack.total(year) for year in stack.years]
    tops: Rows = [
        {"year": year, "value": total or 0.0, "words": text.write(total) if total is not None else MISSING}
        for year, total in zip(years, totals, strict=True)
    ]
    # Labels are thinned out from the newest year back, as in a trend.
    from_last = f"({len(years) - 1} - indexof({json.dumps(years)}, datum.value))"
    shown = f"{from_last} % ceil({YEAR_LABEL} * {len(years)} / width) == 0"
    x_axis = altair.Axis(
        title=text.year_header(),
        labelAngle=0,
        labelExpr=f"{shown} ? datum.label : ''",
        labelOverlap=False,
    )
    x = altair.X("year:O", sort=years, axis=x_axis, scale=altair.Scale(paddingInner=0.18, paddingOuter=0.1))
    ticks = nice_ticks(0, 1.06 * max(row["value"] for row in tops))  # room for the totals
    scale = altair.Scale(domain=[ticks[0], ticks[-1]], nice=False)
    merged = MERGER_YEAR in stack.years[1:]
    lift = 12 + LINE * merged
    title = title_values(ticks, text)
    y_axis = value_axis(ticks, title, lift)

    def y(field: str) -> Any:
        return altair.Y(f"{field}:Q", scale=scale, axis=y_axis)

    colours = altair.Scale(domain=stack.parts, range=list(style.SEQUENCE[: len(stack.parts)]))
    legend = altair.Legend(
        columns=legend_columns(stack.parts), symbolType="square", offset=lift_legend(title, lift)
    )
    colour = altair.Color("part:N", scale=colours, sort=stack.parts, legend=legend)
    tooltip = [
        altair.Tooltip("part:N", title=text.say("part")),
        altair.Tooltip("period:N", title=text.year_header()),
        altair.Tooltip("words:N", title=text.say("value")),
    ]
    inks = dict(zip(stack.parts, map(style.ink_on, style.SEQUENCE), strict=False))
    pieces = [row | {"ink": inks[row["part"]]} for row in stack.pieces()]
    bars = data_of(pieces).mark_bar(stroke=style.BACKGROUND, strokeWidth=1)
    # Whether a figure fits is known only when the chart is drawn: a phone's bars are a third as wide.
    wide = "bandwidth('x') > 6 * length(datum.words)"
    high = "scale('y', datum.base) - scale('y', datum.top) > 15"
    inside = data_of(pieces).mark_text(fontSize=11, opacity=altair.expr(f"{wide} && {high} ? 1 : 0"))
    over = data_of(tops).mark_text(
        fontSize=11, fontWeight=600, baseline="bottom", dy=-4, opacity=altair.expr(f"{wide} ? 1 : 0")
    )
    ink = altair.Color("ink:N", scale=None)
    layers: Layers = [
        bars.encode(x=x, y=y("base"), y2=altair.Y2("top:Q"), color=colour, tooltip=tooltip),
        inside.encode(x=x, y=y("middle"), text=altair.Text("words:N"), color=ink),
        over.encode(x=x, y=y("value"), text=altair.Text("words:N")),
    ]
    if merged:
        before = altair.X("year:O", sort=years, axis=x_axis, bandPosition=0)
        layers += draw_merger({"year": stack.label(MERGER_YEAR)}, before, text, late=True, shift=-2)
    return layers


@unchecked()
def ranked(
    values: pl.DataFrame,
    text: ChartText,
    *,
    name_header: str | None = None,
    descending: bool = True,
    synthetic: bool = False,
) -> Chart:
    """Draw one horizontal bar a row of `values` (`label`, `value`, perhaps `highlight`), in order of value.

    The value is at the end of its bar; rows without one come last, with `…`. `name_header` is the heading of
    the names in the table.

    Raises
    ------
    ValueError
        If a column or every figure is missing, or a label is there twice.
    """
    require_columns(values, "label", "value")
    refuse_repeats(values, "label")
    if "highlight" not in values.columns:
        values = values.with_columns(highlight=False)
    rows = values.sort("value", descending=descending, nulls_last=True, maintain_order=True).to_dicts()
    others = style.PLAIN if values["highlight"].any() else style.HIGHLIGHT
    bars = [
        {
            "label": wrap(row["label"], NAME_LETTERS),
            "full": row["label"],
            "value": row["value"] or 0.0,
            "words": text.write(row["value"]),
            "colour": style.HIGHLIGHT if row["highlight"] else others,
            "weight": "bold" if row["highlight"] else "normal",
        }
        for row in rows
    ]
    inputs = find_inputs(values, "label")
    lines = max(bar["label"].count("\n") for bar in bars) + 1
    table = {
        name_header or text.say("name"): [bar["full"] for bar in bars],
        text.unit_label: [bar["words"] for bar in bars],
    }
    return Chart(
        text=text,
        spec=finish(draw_ranks(bars, text), text, height=len(bars) * (12 + 14 * lines)),
        table=pl.DataFrame(table),
        synthetic=synthetic,
        remarks="; ".join(explain_marks((), values["value"].has_nulls(), text)),
        origins=[[[], [*inputs.get((bar["full"],), ())]] for bar in bars],
        data=values.drop("highlight"),
    )


def draw_ranks(bars: Rows, text: ChartText) -> Layers:
    """Draw bars and their figures. There is no scale to read: every figure is written."""
    # A figure stands right of its bar, also of a negative one.
    ends = [bar | {"end": max(bar["value"], 0.0)} for bar in bars]
    low, high = min(0.0, *(bar["value"] for bar in ends)), max(bar["end"] for bar in ends)
    scale = altair.Scale(domain=[low, high or 1.0], nice=False, zero=False)
    unit_only = altair.Axis(
        title=text.unit_label,
        titleAnchor="start",
        labels=False,
        ticks=False,
        grid=False,
        domain=False,
        orient="top",
    )
    names = altair.Axis(
        title=None, labelExpr="split(datum.label, '\\n')", labelLimit=0, labelLineHeight=14, ticks=False
    )
    y = altair.Y("label:N", sort=[bar["label"] for bar in ends], axis=names, scale=altair.Scale(paddingInner=0.3))

    def x(field: str) -> Any:
        return altair.X(f"{field}:Q", scale=scale, axis=unit_only)

    tooltip = [
        altair.Tooltip("full:N", title=text.say("name")),
        altair.Tooltip("words:N", title=text.unit_label),
    ]
    colour = altair.Color("colour:N", scale=None)
    figures = data_of(ends).mark_text(align="left", dx=5, fontWeight=altair.expr("datum.weight"))
    return [
        data_of(ends).mark_bar().encode(x=x("value"), y=y, color=colour, tooltip=tooltip),
        figures.encode(x=x("end"), y=y, text=altair.Text("words:N")),
    ]
