"""Series over the years, with the target, the path to it and the merger of 2025."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair
import polars as pl

from hpedu.present import theme
from hpedu.present.display import Chart
from hpedu.present.drawing import (
    MARKED,
    MERGER_YEAR,
    Layers,
    Rows,
    data_of,
    draw_merger,
    every_year,
    explain_marks,
    finish,
    lift_legend,
    name_year,
    order_names,
    refuse_repeats,
    require_columns,
    title_values,
    value_axis,
    write_text,
    year_header,
)
from hpedu.present.layout import (
    HEIGHT,
    LINE,
    YEAR_LABEL,
    legend_columns,
    nice_ticks,
    spread,
    text_height,
    wrap,
)
from hpedu.present.numbers import MISSING, count_decimals, format_number
from hpedu.present.wording import phrase
from hpedu.registry.models import Language

# School years are counted at 30 September: on that scale 1 July 2025 lies a quarter of a year before 2025.
MERGER_ON_SCHOOL_YEARS = MERGER_YEAR - 0.25
HOLLOW = ("derived", "estimated", "projected")
SIGNS = {">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< "}
DIRECT_LABELS = 4  # with more series than this a legend is calmer


@dataclass(frozen=True)
class Goal:
    """A target as a chart draws it. `label` holds the words only; the chart adds sign and value."""

    value: float
    year: int
    label: str
    comparison: str  # ">=", ">" or "<="

    def write(self, decimals: int, language: Language) -> str:
        """Sign and value, `≥ 48,05`: never with fewer decimals than the plan gives."""
        number = format_number(self.value, max(decimals, count_decimals(self.value)), language)
        return SIGNS.get(self.comparison, "") + number


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
    series_order: Sequence[str] | None = None,
    school_year: bool = True,
    zero: bool | None = None,
    synthetic: bool = False,
) -> Chart:
    """Draw one or more series over the years.

    `values` has the columns `series` (label), `year`, `value`, `status`, and may have `low` and `high`: an
    interval, drawn as a band. A missing year or a None breaks the line. Points are hollow where the value is
    derived, estimated or projected. A dotted path leads from the last known point of the first series to the
    `target`. The merger of 1 July 2025 is marked where the years span it. `zero` says whether the axis of
    values starts at 0; None leaves it to the data. Any value of status synthetic makes the chart synthetic.

    Raises
    ------
    ValueError
        If a column or every figure is missing, a year stands twice, or there are more than six series.
    """
    require_columns(values, "series", "year", "value", "status")
    refuse_repeats(values, "series", "year")
    series = order_names(values["series"], series_order, len(theme.COLOURS))
    points = prepare_points(values, series, language, decimals, school_year)
    ticks = choose_ticks(points, target, zero)
    plane = Plane(
        years=span_years(points, target),
        ticks=ticks,
        school_year=school_year,
        language=language,
        title=title_values(ticks, unit_label, language),
        key=explain_hollow(points, language),
    )
    layers: Layers = []
    if plane.merger is not None:
        late = plane.merger > sum(plane.years) / 2
        layers += draw_merger({"year": plane.merger}, plane.x(), late=late, language=language)
    if target:
        layers += draw_target(points, plane, target, series[0], target.write(decimals, language))
    layers += draw_series(points, plane, series)
    right = 8
    if len(series) <= DIRECT_LABELS:
        labels = place_labels(points, plane)
        layers += draw_labels(labels, plane, series)
        # Vega makes room for labels once; those inside the plot then move a little as it shrinks.
        first, last = plane.years
        right += round(60 * max(last - label["year"] for label in labels) / (last - first))
    table = tabulate(points, series, school_year, language)
    return Chart(
        spec=finish(layers, language=language, right=right),
        alt=alt,
        title=title,
        table=table,
        name=name,
        language=language,
        synthetic=synthetic or "synthetic" in points["status"].to_list(),
        note="; ".join(list_notes(points, table, target, decimals, language)),
    )


# -- the points --------------------------------------------------------------------------------------------


def prepare_points(
    values: pl.DataFrame, series: list[str], language: Language, decimals: int, school_year: bool
) -> pl.DataFrame:
    """The figures in order, each with the texts for it: `period`, `written`, `cell`, `status_words`."""
    columns = {"low": pl.Float64, "high": pl.Float64}
    values = values.with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in columns.items() if name not in values.columns
    )
    points = (
        values.drop_nulls("value")
        .select("series", "year", pl.col("value", "low", "high").cast(pl.Float64), "status")
        .with_columns(rank=pl.col("series").replace_strict({name: i for i, name in enumerate(series)}))
        .sort("rank", "year")
    )
    written, cells = [], []
    for row in points.iter_rows(named=True):
        number, low, high = (format_number(row[key], decimals, language) for key in ("value", "low", "high"))
        interval = "" if MISSING in (low, high) else f" ({phrase('range', language, low=low, high=high)})"
        mark = "\N{NO-BREAK SPACE}" + phrase(f"mark_{row['status']}", language) if row["status"] in MARKED else ""
        written.append(number + interval)
        cells.append(number + mark + interval)
    return points.with_columns(
        pl.Series("period", [name_year(year, school_year, language) for year in points["year"]]),
        pl.Series("written", written),
        pl.Series("cell", cells),
        pl.Series("status_words", [phrase(f"status_{status}", language) for status in points["status"]]),
    )


def split_runs(points: pl.DataFrame) -> pl.DataFrame:
    """Number each stretch of consecutive years of a series in `run`: no line bridges a missing year."""
    starts = (pl.col("year").diff().over("series") != 1).fill_null(True)
    return points.sort("rank", "year").with_columns(run=starts.cum_sum())


def tabulate(points: pl.DataFrame, series: list[str], school_year: bool, language: Language) -> pl.DataFrame:
    """The figures as text: one row a year, one column a series, `…` where there is none."""
    years = every_year(points)
    cells = {(row["series"], row["year"]): row["cell"] for row in points.iter_rows(named=True)}
    columns = {year_header(school_year, language): [name_year(y, school_year, language) for y in years]}
    return pl.DataFrame(columns | {s: [cells.get((s, year), MISSING) for year in years] for s in series})


def list_notes(
    points: pl.DataFrame, table: pl.DataFrame, target: Goal | None, decimals: int, language: Language
) -> list[str]:
    """What stands under the table: the target, and what the marks mean."""
    missing = any(MISSING in row for row in table.iter_rows())
    notes = explain_marks(points["status"], missing, language)
    if target:
        words = target.write(decimals, language)
        notes.insert(0, phrase("target_note", language, label=target.label, year=target.year, value=words))
    return notes


# -- the plane ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plane:
    """The coordinates of a trend chart, and what its layers need to know about them."""

    years: tuple[int, int]
    ticks: list[float]
    school_year: bool
    language: Language
    title: list[str]  # over the axis of values
    key: str  # what hollow points mean; may be empty

    @property
    def merger(self) -> float | None:
        """Where 1 July 2025 lies among the years; None if outside."""
        at = MERGER_ON_SCHOOL_YEARS if self.school_year else MERGER_YEAR
        return at if self.years[0] <= at <= self.years[1] else None

    @property
    def lift(self) -> int:
        """Pixels from the plotting area up to the title of the axis of values; the merger stands between."""
        return 12 if self.merger is None else 12 + LINE

    def x(self) -> Any:
        first, last = self.years
        # The short form in both languages: the axis has no room for 2015-2016.
        label = "datum.value + '-' + slice('' + (datum.value + 1), -2)" if self.school_year else "'' + datum.value"
        # Where labels are thinned out, they are counted from the newest year back: it keeps its own.
        shown = f"({last} - datum.value) % ceil({YEAR_LABEL} * {last - first} / width) == 0"
        axis = altair.Axis(
            title=[year_header(self.school_year, self.language), *textwrap.wrap(self.key, 50)],
            values=list(range(first, last + 1)),
            labelExpr=f"{shown} ? {label} : ''",
            labelOverlap=False,
            grid=False,
        )
        scale = altair.Scale(domain=[first, last], nice=False, zero=False, padding=14)
        return altair.X("year:Q", scale=scale, axis=axis)

    def y(self, field: str = "value") -> Any:
        scale = altair.Scale(domain=[self.ticks[0], self.ticks[-1]], nice=False, zero=False)
        axis = value_axis(self.ticks, self.title, self.lift)
        return altair.Y(f"{field}:Q", scale=scale, axis=axis)

    def to_pixel(self, value: float) -> float:
        """Pixels below the top of the plotting area."""
        return HEIGHT * (self.ticks[-1] - value) / (self.ticks[-1] - self.ticks[0])

    def to_value(self, pixel: float) -> float:
        return self.ticks[-1] - pixel / HEIGHT * (self.ticks[-1] - self.ticks[0])


def span_years(points: pl.DataFrame, target: Goal | None) -> tuple[int, int]:
    """First and last year of the chart, the target's included; never one and the same."""
    years = every_year(points) + ([target.year] if target else [])
    first, last = min(years), max(years)
    return (first, last) if first < last else (first - 1, last + 1)


def choose_ticks(points: pl.DataFrame, target: Goal | None, zero: bool | None) -> list[float]:
    """The ticks of the axis of values. With `zero` None it starts at 0 unless that flattens the lines."""
    levels = [level for column in ("value", "low", "high") for level in points[column].drop_nulls()]
    if target:
        levels.append(target.value)
    low, high = min(levels), max(levels)
    if zero is None:
        zero = low >= 0 and high - low > 0.4 * high
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    ticks = nice_ticks(low, high)
    if target and target.value > ticks[-1] - 0.1 * (ticks[-1] - ticks[0]):
        ticks.append(round(2 * ticks[-1] - ticks[-2], 10))  # room for the words over the target line
    return ticks


def explain_hollow(points: pl.DataFrame, language: Language) -> str:
    """`○ derived from its parts, projected`: the hollow statuses that occur; empty if none does."""
    used = [status for status in HOLLOW if status in points["status"].to_list()]
    return "○ " + ", ".join(phrase(f"status_{status}", language) for status in used) if used else ""


# -- the layers --------------------------------------------------------------------------------------------


def draw_series(points: pl.DataFrame, plane: Plane, series: list[str]) -> Layers:
    """Interval, lines, points, and areas that answer the pointer; series differ in colour, dash and shape."""
    legend = None
    if len(series) > DIRECT_LABELS:
        legend = altair.Legend(
            columns=legend_columns(series), symbolSize=90, offset=lift_legend(plane.title, plane.lift)
        )
    colour = altair.Color("series:N", scale=match_series(series, theme.COLOURS), legend=legend)
    dash = altair.StrokeDash("series:N", scale=match_series(series, theme.DASHES), legend=legend)
    shape = altair.Shape("series:N", scale=match_series(series, theme.SHAPES), legend=legend)
    at = {"x": plane.x(), "y": plane.y(), "color": colour}
    layers: Layers = []

    band = points.drop_nulls(["low", "high"])
    if not band.is_empty():
        area = data_of(split_runs(band)).mark_area(opacity=0.18)
        layers.append(area.encode(**at | {"y": plane.y("low")}, y2="high:Q", detail="run:N"))

    is_projected = pl.col("status") == "projected"
    known = split_runs(points.filter(~is_projected))
    if not known.is_empty():
        line = data_of(known).mark_line(strokeWidth=2.2)
        layers.append(line.encode(**at, strokeDash=dash, detail="run:N"))
    # The line of a projection sets out from the last known point, if that is of the year before.
    departs = is_projected.shift(-1, fill_value=False).over("run")
    ahead = split_runs(split_runs(points).filter(is_projected | departs))
    if not ahead.is_empty():
        line = data_of(ahead).mark_line(strokeWidth=2, strokeDash=[1, 4], strokeCap="round")
        layers.append(line.encode(**at, detail="run:N"))

    is_hollow = pl.col("status").is_in(HOLLOW)
    for dots, paint in (
        (points.filter(~is_hollow), {"filled": True}),
        (points.filter(is_hollow), {"filled": False, "fill": theme.BACKGROUND, "strokeWidth": 1.8}),
    ):
        if not dots.is_empty():
            layers.append(data_of(dots).mark_point(size=52, opacity=1, **paint).encode(**at, shape=shape))
    tooltip = [
        altair.Tooltip(f"{field}:N", title=words)
        for field, words in {
            "series": phrase("series", plane.language),
            "period": year_header(plane.school_year, plane.language),
            "written": phrase("value", plane.language),
            "status_words": phrase("status", plane.language),
        }.items()
    ]
    # A finger needs a larger point than the eye.
    touch = data_of(points).mark_circle(size=500, opacity=0)
    layers.append(touch.encode(x=plane.x(), y=plane.y(), tooltip=tooltip))
    return layers


def match_series(series: list[str], values: Sequence[Any]) -> Any:
    """Give each series its colour, dash or shape by its place in the order."""
    return altair.Scale(domain=series, range=list(values[: len(series)]))


def place_labels(points: pl.DataFrame, plane: Plane) -> Rows:
    """Name and value at the last point of each series, moved apart; `value` places the first line of text.

    A single series needs no name: the title has said it.
    """
    rows = points.group_by("series", maintain_order=True).last().to_dicts()
    for row in rows:
        number = row["written"].split(" (")[0]
        row["words"] = f"{wrap(row['series'], 16)}\n{number}" if len(rows) > 1 else number
    heights = [text_height(row["words"]) for row in rows]
    centres = spread([plane.to_pixel(row["value"]) for row in rows], heights, 0, HEIGHT)
    return [
        {key: row[key] for key in ("series", "year", "words")}
        | {"value": plane.to_value(centre - (height - LINE) / 2)}
        for row, centre, height in zip(rows, centres, heights, strict=True)
    ]


def draw_labels(labels: Rows, plane: Plane, series: list[str]) -> Layers:
    colour = altair.Color("series:N", scale=match_series(series, theme.COLOURS), legend=None)
    encoding = {"x": plane.x(), "y": plane.y(), "text": "words:N", "color": colour}
    return write_text(labels, encoding, align="left", dx=9, fontWeight=600)


def draw_target(points: pl.DataFrame, plane: Plane, target: Goal, first: str, written: str) -> Layers:
    """The line to reach, a diamond in its year, and the path to it from the last known point."""
    words = wrap(f"{target.label}: {written}", 40)
    goal = {"year": target.year, "value": target.value, "words": words}
    at = {"x": plane.x(), "y": plane.y()}
    layers = [data_of([goal]).mark_rule(color=theme.INK, strokeWidth=1.3).encode(y=plane.y())]
    known = points.filter((pl.col("series") == first) & (pl.col("status") != "projected"))
    start = known.select("year", "value").tail(1).to_dicts()
    if start and start[0]["year"] < target.year:
        path = data_of([*start, goal]).mark_line(color=theme.INK, strokeWidth=1.3, strokeDash=[1.5, 3.5])
        layers.append(path.encode(**at))
    tooltip = [altair.Tooltip("words:N", title=phrase("year", plane.language) + f" {target.year}")]
    diamond = data_of([goal]).mark_point(shape="diamond", size=130, filled=True, opacity=1, color=theme.INK)
    layers.append(diamond.encode(**at, tooltip=tooltip))

    # The words go where the series leave more room: over the line or under it.
    line = plane.to_pixel(target.value)
    above = [line - plane.to_pixel(value) for value in points["value"] if value >= target.value]
    below = [plane.to_pixel(value) - line for value in points["value"] if value < target.value]
    under = min(below, default=HEIGHT) > min(above, default=HEIGHT)
    extra = text_height(words) - LINE
    encoding = {"y": plane.y(), "text": "words:N"}
    dy = 12 if under else -10 - extra
    return layers + write_text([goal], encoding, x=4, align="left", baseline="middle", dy=dy, fontWeight=600)
