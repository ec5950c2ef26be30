"""Series over the years, with the target, the path to it, what may come, and the merger of 2025."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hpedu.present import theme
from hpedu.present.display import Chart
from hpedu.present.drawing import (
    Layers,
    draw_merger,
    finish,
    order_names,
    refuse_repeats,
    require_columns,
    title_values,
    unchecked,
)
from hpedu.present.plane import Break, Goal, Plane, Route, choose_ticks, span_years
from hpedu.present.trend_layers import (
    DIRECT_LABELS,
    draw_break,
    draw_labels,
    draw_route,
    draw_series,
    draw_target,
    place_labels,
)
from hpedu.present.trend_points import list_key, list_levels, list_notes, prepare_points, tabulate, trace
from hpedu.registry.models import Language


@unchecked()
def trend(
    values: pl.DataFrame,
    *,
    title: str,
    alt: str,
    name: str,
    language: Language,
    unit_label: str,
    decimals: int,
    target: Goal | None = None,
    route: Route | None = None,
    breaks: Sequence[Break] = (),
    series_order: Sequence[str] | None = None,
    school_year: bool = True,
    zero: bool | None = None,
    synthetic: bool = False,
) -> Chart:
    """Draw one or more series over the years.

    `values` has the columns `series` (label), `year`, `value`, `status`. A missing year or a None breaks the line;
    so does a year of `breaks`, which is marked and named. Points are hollow where the value is derived, estimated
    or projected. Rows of status projected may carry `lo50, hi50, lo80, hi80, lo95, hi95`: a fan of three bands
    that opens at the last known point; that of 80% has an edge and is named with its ends. The dash-dotted path
    leads from the last known point of the first series to the `target`; a dashed `route` is a second path to
    compare with. `inputs` (lists of `file!cell`) say where a figure stands, `flags` (lists of words) what is
    doubtful about it: it gets a mark. The merger of 1 July 2025 is marked where the years span it. `zero` says
    whether the axis of values starts at 0; None leaves it to the data. Any value of status synthetic makes the
    chart synthetic.

    Raises
    ------
    ValueError
        If a column or every figure is missing, a year stands twice, or there are more than six series.
    """
    require_columns(values, "series", "year", "value", "status")
    refuse_repeats(values, "series", "year")
    series = order_names(values["series"], series_order, len(theme.COLOURS))
    points = prepare_points(values, series, language, decimals, school_year)
    years = span_years(points, target, route)
    levels = list_levels(points) + ([value for _, value in route.points] if route else [])
    ticks = choose_ticks(levels, target, zero)
    plane = Plane(
        years=years,
        ticks=ticks,
        school_year=school_year,
        language=language,
        title=title_values(ticks, unit_label, language),
        key=list_key(points, target, route, language),
        breaks=[mark for mark in breaks if years[0] < mark.year <= years[1]],
    )
    layers: Layers = []
    if plane.merger is not None:
        late = plane.is_late(plane.merger)
        layers += draw_merger({"year": plane.merger}, plane.x(), late=late, language=language)
    for level, mark in enumerate(plane.breaks, start=plane.merger is not None):
        layers += draw_break(mark, plane, level)
    if route:
        layers += draw_route(route, plane)
    if target:
        layers += draw_target(points, plane, target, target.write(decimals, language))
    layers += draw_series(points, plane, series)
    right = 8
    if len(series) <= DIRECT_LABELS:
        labels = place_labels(points, plane, decimals)
        layers += draw_labels(labels, plane, series)
        # Vega makes room for labels once; those inside the plot then move a little as it shrinks.
        first, last = plane.years
        right += round(60 * max(last - label["year"] for label in labels) / (last - first))
    table = tabulate(points, series, school_year, decimals, language)
    notes = list_notes(
        points,
        table,
        target=target,
        route=route,
        breaks=plane.breaks,
        decimals=decimals,
        school_year=school_year,
        language=language,
    )
    return Chart(
        spec=finish(layers, language=language, right=right),
        alt=alt,
        title=title,
        table=table,
        name=name,
        language=language,
        synthetic=synthetic or "synthetic" in points["status"].to_list(),
        note="; ".join(notes),
        origins=trace(points, table, series),
        data=values,
    )
