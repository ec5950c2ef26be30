"""Draw series over the years, with the target, the path to it, what may come, and the merger of 2025."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import altair
import polars as pl

from hpedu.present.charts import style
from hpedu.present.charts.axes import Axes, Break, Doubt, Goal, Route, choose_ticks, span_years
from hpedu.present.charts.points import (
    BOUNDS,
    FLAG,
    HOLLOW,
    LEVELS,
    leads_to,
    list_key,
    list_levels,
    list_remarks,
    prepare_points,
    split_runs,
    tabulate,
    trace,
    write_span,
)
from hpedu.present.charts.style import (
    HEIGHT,
    LINE,
    Layers,
    Rows,
    data_of,
    draw_merger,
    finish,
    legend_columns,
    lift_legend,
    order_names,
    refuse_repeats,
    require_columns,
    spread,
    text_height,
    title_values,
    unchecked,
    wrap,
    write_text,
)
from hpedu.present.page.display import Chart, ChartText

DIRECT_LABELS = 4  # with more series than this a legend is calmer
SHADES = {95: 0.10, 80: 0.14, 50: 0.20}  # of the bands, each over the wider one
FEW = 6
CROSSED = "M-1,-1L1,1M1,-1L-1,1"  # the shape of a figure in doubt
THIN = 1.2  # a line of another place
PATH_DASH = [9, 3, 2, 3]
ROUTE_DASH = [6, 4]


@dataclass(frozen=True)
class Look:
    """The series of a chart in their order; those of other places, its `context`, are grey."""

    series: list[str]
    context: Collection[str]

    @property
    def colours(self) -> list[str]:
        """Return a colour a series."""
        own = iter(style.COLOURS)
        return [style.QUIET_INK if name in self.context else next(own) for name in self.series]


@unchecked()
def trend(
    values: pl.DataFrame,
    text: ChartText,
    *,
    target: Goal | None = None,
    route: Route | None = None,
    doubt: Doubt | None = None,
    breaks: Sequence[Break] = (),
    series_order: Sequence[str] | None = None,
    context: Collection[str] = (),
    zero: bool | None = None,
    synthetic: bool = False,
) -> Chart:
    """Draw one or more series over the years.

    `values` has the columns `series` (label), `year`, `value`, `status`. A missing year or a None breaks the line;
    so does a year of `breaks`, which is marked and named. Points are hollow where the value is derived, estimated
    or projected. Rows of status projected may carry `lo50, hi50, lo80, hi80, lo95, hi95`: a fan of three bands
    that opens at the last known point; that of 80% has an edge and is named with its ends. The dash-dotted path
    leads from the last known point of one series to the `target`; a dashed `route` is a second path to compare
    with. A figure in `doubt` is a cross for each of its readings, off the lines. Series of `context` are other
    places than the chart is about: thin, grey, and always named. `inputs` (lists of `file!cell`) say where a
    figure is found, `flags` (lists of words) what is doubtful about it: it gets a mark. The merger of 1 July 2025
    is marked where the years span it. `zero` says whether the axis of values starts at 0; None leaves it to the
    data. Any value of status synthetic makes the chart synthetic.

    Raises
    ------
    ValueError
        If a column or every figure is missing, a year is there twice, or there are more than six series.
    """
    require_columns(values, "series", "year", "value", "status")
    refuse_repeats(values, "series", "year")
    series = order_names(values["series"], series_order, len(style.COLOURS))
    look = Look(series, context)
    points = prepare_points(values, series, text)
    years = span_years(points, target, route, doubt)
    levels = list_levels(points) + ([value for _, value in route.points] if route else [])
    levels += doubt.readings if doubt else []
    ticks = choose_ticks(levels, target, zero)
    axes = Axes(
        text=text,
        years=years,
        ticks=ticks,
        title=title_values(ticks, text),
        key=list_key(points, target, route, doubt, text),
        breaks=[mark for mark in breaks if years[0] < mark.year <= years[1]],
    )
    layers: Layers = []
    if axes.merger is not None:
        late = axes.is_late(axes.merger)
        layers += draw_merger({"year": axes.merger}, axes.x(), text, late=late)
    for level, mark in enumerate(axes.breaks, start=axes.merger is not None):
        layers += draw_break(mark, axes, level)
    if route:
        layers += draw_route(route, axes)
    if target:
        layers += draw_target(points, axes, target)
    layers += draw_series(points, axes, look)
    if doubt:
        layers += draw_doubt(doubt, axes)
    right = 8
    if len(series) <= DIRECT_LABELS:
        labels = place_labels(points, axes, context)
        layers += draw_labels(labels, axes, look)
        # Vega makes room for labels once; those inside the plot then move a little as it shrinks.
        first, last = axes.years
        right += round(60 * max(last - label["year"] for label in labels) / (last - first))
    table = tabulate(points, series, text)
    remarks = list_remarks(points, table, target=target, route=route, breaks=axes.breaks, text=text)
    return Chart(
        text=text,
        spec=finish(layers, text, right=right),
        table=table,
        synthetic=synthetic or "synthetic" in points["status"].to_list(),
        remarks="; ".join(remarks),
        origins=trace(points, table, series),
        data=values,
    )


def draw_break(mark: Break, axes: Axes, level: int) -> Layers:
    """Draw two solid rules side by side, half a year before the first year of the new kind, and its words.

    The words are above the plot; `level` counts the lines of words below them, so that none cover each other.
    """
    rows = [{"year": mark.year - 0.5, "words": mark.label}]
    late = axes.is_late(mark.year)
    side = {"align": "right", "dx": 4} if late else {"align": "left", "dx": -4}
    words = data_of(rows).mark_text(y=-8 - LINE * level, baseline="bottom", color=style.QUIET_INK, **side)
    rule = {"color": style.PLAIN, "strokeWidth": 1.2}
    return [
        *(data_of(rows).mark_rule(xOffset=shift, **rule).encode(x=axes.x()) for shift in (-2, 2)),
        words.encode(x=axes.x(), text=altair.Text("words:N")),
    ]


def draw_doubt(doubt: Doubt, axes: Axes) -> Layers:
    """Draw a cross for each reading of a contradicted figure; the key under the axis says what they are."""
    rows = [{"year": doubt.year, "value": value} for value in doubt.readings]
    mark = data_of(rows).mark_point(shape=CROSSED, size=70, opacity=1, strokeWidth=2.2, color=style.WARNING)
    return [mark.encode(x=axes.x(), y=axes.y())]


def draw_route(route: Route, axes: Axes) -> Layers:
    """Draw the second path: dashed, without points, under everything that is known."""
    rows = [{"year": year, "value": value} for year, value in route.points]
    line = data_of(rows).mark_line(color=style.QUIET_INK, strokeWidth=1.3, strokeDash=ROUTE_DASH)
    return [line.encode(x=axes.x(), y=axes.y())]


def draw_target(points: pl.DataFrame, axes: Axes, target: Goal) -> Layers:
    """Draw the line to reach, a diamond in its year, and the path to it from the last known point."""
    words = wrap(f"{target.label}: {target.write(axes.text)}", 40)
    goal = {"year": target.year, "value": target.value, "words": words}
    at = {"x": axes.x(), "y": axes.y()}
    layers = [data_of([goal]).mark_rule(color=style.INK, strokeWidth=1.3).encode(y=axes.y())]
    if leads_to(points, target):
        known = points.filter((pl.col("series") == target.path_from) & (pl.col("status") != "projected"))
        start = known.select("year", "value").tail(1).to_dicts()
        path = data_of([*start, {"year": target.year, "value": target.value}])
        layers.append(path.mark_line(color=style.INK, strokeWidth=1.3, strokeDash=PATH_DASH).encode(**at))
    tooltip = [altair.Tooltip("words:N", title=axes.text.say("year") + f" {target.year}")]
    diamond = data_of([goal]).mark_point(shape="diamond", size=130, filled=True, opacity=1, color=style.INK)
    layers.append(diamond.encode(**at, tooltip=tooltip))

    # The words go where the series leave more room: over the line or under it.
    line = axes.to_pixel(target.value)
    above = [line - axes.to_pixel(value) for value in points["value"] if value >= target.value]
    below = [axes.to_pixel(value) - line for value in points["value"] if value < target.value]
    under = min(below, default=HEIGHT) > min(above, default=HEIGHT)
    extra = text_height(words) - LINE
    encoding = {"y": axes.y(), "text": altair.Text("words:N")}
    dy = 12 if under else -10 - extra
    return layers + write_text([goal], encoding, x=4, align="left", baseline="middle", dy=dy, fontWeight=600)


def draw_series(points: pl.DataFrame, axes: Axes, look: Look) -> Layers:
    """Draw bands, lines, points and areas that answer the pointer; series differ in colour, dash and shape."""
    legend, series = None, look.series
    if len(series) > DIRECT_LABELS:
        legend = altair.Legend(
            columns=legend_columns(series), symbolSize=90, offset=lift_legend(axes.title, axes.lift)
        )
    colour = altair.Color("series:N", scale=match_series(series, look.colours), legend=legend)
    dash = altair.StrokeDash("series:N", scale=match_series(series, style.DASHES), legend=legend)
    shape = altair.Shape("series:N", scale=match_series(series, style.SHAPES), legend=legend)
    at = {"x": axes.x(), "y": axes.y(), "color": colour}

    is_projected = pl.col("status") == "projected"
    # The line of a projection sets out from the last known point, if that is of the year before.
    departs = is_projected.shift(-1, fill_value=False).over("run")
    runs = split_runs(points, axes.breaks)
    ahead = split_runs(runs.filter(is_projected | departs), axes.breaks)
    layers = draw_fan(ahead, axes, look)
    known = split_runs(points.filter(~is_projected), axes.breaks)
    beside = pl.col("series").is_in(list(look.context))
    for lines, width in ((known.filter(beside), THIN), (known.filter(~beside), 2.2)):
        if not lines.is_empty():
            line = data_of(pick(lines, "run")).mark_line(strokeWidth=width)
            layers.append(line.encode(**at, strokeDash=dash, detail=altair.Detail("run:N")))
    if not ahead.is_empty():
        line = data_of(pick(ahead, "run")).mark_line(strokeWidth=2, strokeDash=[1, 4], strokeCap="round")
        layers.append(line.encode(**at, detail=altair.Detail("run:N")))

    is_hollow = pl.col("status").is_in(HOLLOW)
    for dots, paint in (
        (points.filter(~is_hollow), {"filled": True}),
        (points.filter(is_hollow), {"filled": False, "fill": style.BACKGROUND, "strokeWidth": 1.8}),
    ):
        if not dots.is_empty():
            layers.append(data_of(pick(dots)).mark_point(size=52, opacity=1, **paint).encode(**at, shape=shape))
    flagged = points.filter(pl.col("flags").list.len() > 0)
    # More would only cover the lines; the key and the table still have them.
    if 0 < flagged.height <= FEW:
        sign = data_of(pick(flagged)).mark_text(text=FLAG, dy=-11, fontWeight=700)
        layers.append(sign.encode(**at))
    tooltip = [
        altair.Tooltip(f"{field}:N", title=words)
        for field, words in {
            "series": axes.text.say("series"),
            "period": axes.text.year_header(),
            "written": axes.text.say("value"),
            "status_words": axes.text.say("status"),
        }.items()
    ]
    points = points.with_columns(status_words=pl.concat_list("status_words", "flags").list.join("; "))
    # A finger needs a larger point than the eye.
    touch = data_of(pick(points, "period", "written", "status_words")).mark_circle(size=500, opacity=0)
    layers.append(touch.encode(x=axes.x(), y=axes.y(), tooltip=tooltip))
    return layers


def pick(points: pl.DataFrame, *more: str) -> pl.DataFrame:
    """Select what a layer draws: the rest would be carried in every page for nothing."""
    return points.select("series", "year", "value", *more)


def match_series(series: list[str], values: Sequence[Any]) -> Any:
    """Give each series its colour, dash or shape by its place in the order."""
    return altair.Scale(domain=series, range=list(values[: len(series)]))


def draw_fan(ahead: pl.DataFrame, axes: Axes, look: Look) -> Layers:
    """Draw three bands one in the other, from the point a projection departs from; that of 80% has an edge."""
    # At its last known point a series is certain.
    certain = pl.col("status") != "projected"
    fan = ahead.with_columns(pl.when(certain).then("value").otherwise(name).alias(name) for name in BOUNDS)
    paint = {"scale": match_series(look.series, look.colours), "legend": None}
    layers: Layers = []
    for level in LEVELS:
        low, high = f"lo{level}", f"hi{level}"
        band = fan.drop_nulls([low, high]).filter(pl.len().over("series", "run") > 1)
        if band.filter(~certain).is_empty():
            continue
        edge = {"strokeWidth": 1.2, "strokeOpacity": 0.75} if level == 80 else {"strokeWidth": 0}
        area = data_of(band.select("series", "year", low, high, "run")).mark_area(
            fillOpacity=SHADES[level], opacity=1, **edge
        )
        at = {"x": axes.x(), "y": axes.y(low), "fill": altair.Fill("series:N", **paint)}
        if level == 80:
            at["stroke"] = altair.Stroke("series:N", **paint)
        layers.append(area.encode(**at, y2=altair.Y2(f"{high}:Q"), detail=altair.Detail("run:N")))
    return layers


def place_labels(points: pl.DataFrame, axes: Axes, context: Collection[str] = ()) -> Rows:
    """Place name and value at the last point of each series; `value` is the height of the first line.

    The labels are moved apart. A single series has its name in the title, unless it is of the `context`. A
    projection is named with the ends of its 80%.
    """
    rows = points.group_by("series", maintain_order=True).last().to_dicts()
    for row in rows:
        number = axes.text.write(row["value"], row["decimals"])
        named = len(rows) > 1 or row["series"] in context
        row["words"] = f"{wrap(row['series'], 16)}\n{number}" if named else number
        span = write_span(row["lo80"], row["hi80"], axes.text)
        if span:
            row["words"] += f"\n{axes.text.say('about_level', level=80)}:\n{span}"
    heights = [text_height(row["words"]) for row in rows]
    centres = spread([axes.to_pixel(row["value"]) for row in rows], heights, 0, HEIGHT)
    return [
        {key: row[key] for key in ("series", "year", "words")}
        | {"value": axes.to_value(centre - (height - LINE) / 2)}
        for row, centre, height in zip(rows, centres, heights, strict=True)
    ]


def draw_labels(labels: Rows, axes: Axes, look: Look) -> Layers:
    """Write the words at the end of each line, in its colour."""
    colour = altair.Color("series:N", scale=match_series(look.series, look.colours), legend=None)
    encoding = {"x": axes.x(), "y": axes.y(), "text": altair.Text("words:N"), "color": colour}
    return write_text(labels, encoding, align="left", dx=13, fontWeight=600)
