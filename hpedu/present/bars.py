"""Bars: parts of a whole by year, and places in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair
import polars as pl

from hpedu.present import theme
from hpedu.present.display import Chart
from hpedu.present.drawing import (
    Layers,
    data_of,
    every_year,
    explain_marks,
    finish,
    name_year,
    order_names,
    refuse_repeats,
    require_columns,
    value_axis,
    year_header,
)
from hpedu.present.layout import legend_columns, nice_ticks, text_width, wrap
from hpedu.present.numbers import MISSING, format_number
from hpedu.present.numbers import school_year as name_school_year
from hpedu.present.wording import phrase
from hpedu.registry.models import Language

LABEL_LETTERS = 18  # of a line of a bar's name


def stacked(
    values: pl.DataFrame,
    *,
    title: str,
    alt: str,
    name: str,
    language: Language,
    unit_label: str,
    decimals: int,
    part_order: Sequence[str] | None = None,
    school_year: bool = True,
    synthetic: bool = False,
) -> Chart:
    """Draw one bar a year, stacked from `values` (`part`, `year`, `value`), the first part at the bottom.

    A year that lacks a part gets no bar but `…`: the rest of a sum is not the sum.

    Raises
    ------
    ValueError
        If a column or all figures are missing, a part is negative or stands twice in a year, or there are more
        than six.
    """
    require_columns(values, "part", "year", "value")
    refuse_repeats(values, "part", "year")
    if (values["value"] < 0).any():
        raise ValueError("a part of a whole cannot be negative")
    parts = order_names(values["part"], part_order, len(theme.SEQUENCE))
    years = every_year(values)
    amounts = {
        (part, year): value for part, year, value in values.select("part", "year", "value").iter_rows()
    }
    by_year = {year: [amounts.get((part, year)) for part in parts] for year in years}
    bars, tops = stack_parts(by_year, parts, decimals, language, school_year)
    if not bars:
        raise ValueError("no year has all parts; where there is no whole, show the parts as a trend")
    ticks = nice_ticks(0, max(row["value"] for row in tops))
    totals = {year: None if None in known else sum(filter(None, known)) for year, known in by_year.items()}
    table = pl.DataFrame(
        {year_header(school_year, language): [name_year(year, school_year, language) for year in years]}
        | {
            part: [format_number(by_year[year][index], decimals, language) for year in years]
            for index, part in enumerate(parts)
        }
        | {phrase("total", language): [format_number(total, decimals, language) for total in totals.values()]}
    )
    return Chart(
        spec=finish(
            draw_stack(bars, tops, ticks, parts, years, unit_label, language, school_year), language=language
        ),
        alt=alt,
        title=title,
        table=table,
        name=name,
        language=language,
        synthetic=synthetic,
        note="; ".join(explain_marks((), None in totals.values(), language)),
    )


def stack_parts(
    by_year: dict[int, list[float | None]],
    parts: list[str],
    decimals: int,
    language: Language,
    school_year: bool,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The pieces of all whole bars (from `base` to `top`), and for each year what stands over its bar."""
    bars, tops = [], []
    for year, known in by_year.items():
        label = name_school_year(year, "en") if school_year else str(year)
        top = 0.0
        whole = [amount for amount in known if amount is not None]
        if len(whole) < len(parts):
            tops.append({"year": label, "value": 0.0, "words": MISSING})
            continue
        for part, amount in zip(parts, whole, strict=True):
            bars.append(
                {
                    "part": part,
                    "year": label,
                    "period": name_year(year, school_year, language),
                    "base": top,
                    "top": top + amount,
                    "middle": top + amount / 2,
                    "words": format_number(amount, decimals, language),
                }
            )
            top += amount
        tops.append({"year": label, "value": top, "words": format_number(top, decimals, language)})
    return bars, tops


def draw_stack(
    bars: list[dict[str, Any]],
    tops: list[dict[str, Any]],
    ticks: list[float],
    parts: list[str],
    years: list[int],
    unit_label: str,
    language: Language,
    school_year: bool,
) -> Layers:
    """Bars, the figures in them where they fit, and the totals on top."""
    x = altair.X(
        "year:O",
        sort=[name_school_year(year, "en") if school_year else str(year) for year in years],
        scale=altair.Scale(paddingInner=0.18, paddingOuter=0.1),
        axis=altair.Axis(
            title=year_header(school_year, language), labelAngle=0, labelOverlap="parity", labelSeparation=6
        ),
    )
    scale = altair.Scale(domain=[ticks[0], ticks[-1]], nice=False)
    axis = value_axis(ticks, unit_label, language)

    def y(field: str) -> Any:
        return altair.Y(f"{field}:Q", scale=scale, axis=axis)

    def paint(colours: Sequence[str], legend: Any) -> Any:
        return altair.Color(
            "part:N",
            scale=altair.Scale(domain=parts, range=list(colours[: len(parts)])),
            legend=legend,
            sort=parts,
        )

    tooltip = [
        altair.Tooltip("part:N", title=phrase("part", language)),
        altair.Tooltip("period:N", title=year_header(school_year, language)),
        altair.Tooltip("words:N", title=phrase("value", language)),
    ]
    legend = altair.Legend(columns=legend_columns(parts), symbolType="square", symbolStrokeWidth=0)
    pieces = data_of(bars).mark_bar(stroke=theme.BACKGROUND, strokeWidth=1)
    # Whether a figure fits is known only when the chart is drawn: a phone's bars are a third as wide.
    fits_width = "bandwidth('x') > 7 * length(datum.words) + 2"
    fits_height = "scale('y', datum.base) - scale('y', datum.top) > 15"
    inside = data_of(bars).mark_text(
        baseline="middle", opacity=altair.expr(f"{fits_width} && {fits_height} ? 1 : 0")
    )
    over = data_of(tops).mark_text(
        baseline="bottom", dy=-4, fontWeight=600, opacity=altair.expr(f"{fits_width} ? 1 : 0")
    )
    text_colours = [theme.ink_on(colour) for colour in theme.SEQUENCE]
    return [
        pieces.encode(x=x, y=y("base"), y2="top:Q", color=paint(theme.SEQUENCE, legend), tooltip=tooltip),
        inside.encode(x=x, y=y("middle"), text="words:N", color=paint(text_colours, None)),
        over.encode(x=x, y=y("value"), text="words:N"),
    ]


def ranked(
    values: pl.DataFrame,
    *,
    title: str,
    alt: str,
    name: str,
    language: Language,
    unit_label: str,
    decimals: int,
    name_header: str | None = None,
    descending: bool = True,
    synthetic: bool = False,
) -> Chart:
    """Draw one horizontal bar a row of `values` (`label`, `value`, perhaps `highlight`), in order of value.

    The value stands at the end of its bar, `…` where there is none (last). `name_header` stands over the
    names in the table.

    Raises
    ------
    ValueError
        If a column or every figure is missing, or a label stands twice.
    """
    require_columns(values, "label", "value")
    refuse_repeats(values, "label")
    if "highlight" not in values.columns:
        values = values.with_columns(highlight=pl.lit(False))
    rows = values.sort("value", descending=descending, nulls_last=True, maintain_order=True).to_dicts()
    any_highlight = any(row["highlight"] for row in rows)
    bars = [
        {
            "label": wrap(row["label"], LABEL_LETTERS),
            "full": row["label"],
            "value": row["value"] or 0.0,
            "end": max(
                row["value"] or 0.0, 0.0
            ),  # where the figure stands: right of the bar, also of a negative one
            "words": format_number(row["value"], decimals, language),
            "colour": theme.PLAIN if any_highlight and not row["highlight"] else theme.HIGHLIGHT,
            "weight": "bold" if row["highlight"] else "normal",
        }
        for row in rows
    ]
    most_lines = max(bar["label"].count("\n") for bar in bars) + 1
    table = pl.DataFrame(
        {
            name_header or phrase("name", language): [bar["full"] for bar in bars],
            unit_label: [bar["words"] for bar in bars],
        }
    )
    return Chart(
        spec=finish(
            draw_ranks(bars, unit_label, language),
            language=language,
            height=len(bars) * (12 + 14 * most_lines),
            right=max(text_width(bar["words"]) for bar in bars) + 8,
        ),
        alt=alt,
        title=title,
        table=table,
        name=name,
        language=language,
        synthetic=synthetic,
        note="; ".join(explain_marks((), values["value"].has_nulls(), language)),
    )


def draw_ranks(bars: list[dict[str, Any]], unit_label: str, language: Language) -> Layers:
    """Bars with their figures; the axis of values is left out, since every figure is written."""
    low, high = min(0.0, *(bar["value"] for bar in bars)), max(bar["end"] for bar in bars)
    scale = altair.Scale(domain=[low, high or 1.0], nice=False, zero=False)
    axis = altair.Axis(
        title=None,
        labelExpr="split(datum.label, '\\n')",
        labelLimit=0,
        domain=False,
        ticks=False,
        labelLineHeight=14,
    )
    y = altair.Y(
        "label:N", sort=[bar["label"] for bar in bars], axis=axis, scale=altair.Scale(paddingInner=0.3)
    )

    def x(field: str) -> Any:
        quiet = altair.Axis(
            title=unit_label, labels=False, ticks=False, grid=False, domain=False, orient="top"
        )
        return altair.X(f"{field}:Q", scale=scale, axis=quiet)

    tooltip = [
        altair.Tooltip("full:N", title=phrase("name", language)),
        altair.Tooltip("words:N", title=unit_label),
    ]
    data = data_of(bars)
    weight = altair.expr("datum.weight")
    return [
        data.mark_bar().encode(
            x=x("value"), y=y, color=altair.Color("colour:N", scale=None), tooltip=tooltip
        ),
        data.mark_text(align="left", baseline="middle", dx=5, fontWeight=weight).encode(
            x=x("end"), y=y, text="words:N"
        ),
    ]
