"""Draw bars: parts of a whole by year."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hpedu.present.charts.plot import Axis, Key, Label, Mark, Panel, Rule
from hpedu.present.charts.style import PARTS, nice_ticks, write_ticks
from hpedu.present.charts.trend import (
    MERGER_YEAR,
    every_year,
    explain_marks,
    order_names,
    refuse_repeats,
    short_year,
)
from hpedu.present.page.display import Chart, ChartText

WHOLE = 100  # percent
HALF = 0.4  # of a bar, in years


def stacked(
    values: pl.DataFrame,
    text: ChartText,
    *,
    part_order: Sequence[str] | None = None,
    synthetic: bool = False,
) -> Chart:
    """Draw one bar a year, stacked from `values` (`part`, `year`, `value`), the first part at the bottom.

    A year that lacks a part gets no bar: the rest of a sum is not the sum. `inputs` (lists of `file!cell`) may say
    where each figure is found. Raises `ValueError` if no year has all parts, a part is
    negative or is there twice in a year, or there are more than six.
    """
    refuse_repeats(values, "part", "year")
    if (values["value"] < 0).any():
        raise ValueError("a part of a whole cannot be negative")
    parts = order_names(values["part"], part_order, len(PARTS))
    years = every_year(values)
    lacking = [] if "inputs" in values.columns else [pl.lit([], pl.List(pl.String)).alias("inputs")]
    cells = {
        (part, year): (value, list(inputs or ()))
        for part, year, value, inputs in values.with_columns(lacking)[
            "part", "year", "value", "inputs"
        ].iter_rows()
    }
    stacks = {year: [cells.get((part, year), (None, []))[0] for part in parts] for year in years}
    totals = {year: None if None in stack else sum(filter(None, stack)) for year, stack in stacks.items()}
    whole = [year for year in years if totals[year] is not None]
    if not whole:
        raise ValueError("no year has all parts; where there is no whole, show the parts as a trend")
    highest = max(total for total in totals.values() if total is not None)
    # Shares are rounded: their sum may miss the whole by a little.
    is_share = text.unit_label == "%" and highest <= WHOLE + 1
    ticks = nice_ticks(0, WHOLE if is_share else highest)
    header = text.year_header()
    table = {header: [text.name_year(year) for year in years]}
    table |= {part: [text.write(stacks[year][place]) for year in years] for place, part in enumerate(parts)}
    table |= {text.say("total"): [text.write(totals[year]) for year in years]}
    rules = [Rule(MERGER_YEAR - 0.5, text.say("merger"))] if MERGER_YEAR in years[1:] else []
    marks, labels = [], []
    for year in whole:
        base = 0.0
        for part, look, value in zip(parts, PARTS, stacks[year], strict=False):
            top = base + (value or 0.0)
            edges = [(year - HALF, min(base, ticks[-1])), (year + HALF, min(top, ticks[-1]))]
            said = text.write(value)
            marks.append(Mark("box", edges, look, part, words=[said], ink=PARTS[look]))
            if year == whole[-1]:
                labels.append(Label((year + HALF, (base + top) / 2), f"{part}\n{said}", said, "ink", part))
            base = top
    panel = Panel(
        x=Axis(years[0] - 0.5, years[-1] + 0.5, [(year, short_year(text, year)) for year in years]),
        y=Axis(0, ticks[-1], write_ticks(ticks, text.language)),
        marks=marks,
        labels=labels,
        rules=rules,
        rows=(years[0], years[0] + 1),
    )
    key = [Key(Mark("box", (), look, part), part, narrow=True) for part, look in zip(parts, PARTS, strict=False)]
    return Chart(
        text=text,
        picture=text.frame([panel], key),
        table=pl.DataFrame(table),
        synthetic=synthetic,
        remarks="; ".join(explain_marks((), len(whole) < len(years), text)),
        origins=[[[], *(cells.get((part, year), (None, []))[1] for part in parts), []] for year in years],
        data=values,
    )
