"""The three chart forms of the reports: `trend` over years, `stacked` parts by year, `ranked` bars.

Each takes a tidy frame and returns a `Chart` that fits its container in the page and 640 pixels as a picture.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair
import polars as pl

from hpedu.present import theme
from hpedu.present.display import Chart
from hpedu.present.layout import (
    HEIGHT,
    LINE,
    PHONE,
    PHONE_PLOT,
    legend_columns,
    nice_ticks,
    spread,
    text_height,
    text_width,
    wrap,
)
from hpedu.present.numbers import MISSING, count_decimals, format_number
from hpedu.present.numbers import school_year as name_school_year
from hpedu.present.wording import phrase
from hpedu.registry.models import Language

# School years are counted at 30 September: on that scale 1 July 2025 lies a quarter of a year before 2025.
MERGER_SCHOOL_YEAR, MERGER_CALENDAR_YEAR = 2024.75, 2025.0
HOLLOW = ("derived", "estimated", "projected")
MARKED = ("preliminary", "derived", "estimated", "projected", "synthetic")
SIGNS = {">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< "}
DIRECT_LABELS = 4  # with more series than this a legend is calmer

Rows = list[dict[str, Any]]
Layers = list[Any]  # altair charts; altair is not typed for us


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


# -- what all forms share --------------------------------------------------------------------------------------


def require_columns(values: pl.DataFrame, *columns: str) -> None:
    """Raise ValueError if the frame lacks a column or holds no figure at all."""
    missing = [column for column in columns if column not in values.columns]
    if missing:
        raise ValueError(f"a chart needs the columns {', '.join(columns)}; missing: {', '.join(missing)}")
    if values["value"].drop_nulls().is_empty():
        raise ValueError("a chart needs at least one figure; where there is none, say so in a sentence")


def refuse_repeats(values: pl.DataFrame, *key: str) -> None:
    """Raise ValueError if a key stands twice: two figures for one point would be drawn as one."""
    repeated = values.filter(values.select(key).is_duplicated())
    if not repeated.is_empty():
        raise ValueError(f"two figures for one point: {repeated.select(key).row(0)}")


def order_names(names: pl.Series, order: Sequence[str] | None, room: int) -> list[str]:
    """The names in the order asked for, or of first appearance.

    Raises
    ------
    ValueError
        If a name is not in `order`, or there are more than `room`.
    """
    found = names.unique(maintain_order=True).to_list()
    if order is not None:
        unknown = [name for name in found if name not in order]
        if unknown:
            raise ValueError(f"not in the order given: {', '.join(unknown)}")
        found = [name for name in order if name in found]
    if len(found) > room:
        raise ValueError(f"{len(found)} names cannot be told apart in one chart, at most {room}: split it")
    return found


def every_year(values: pl.DataFrame) -> list[int]:
    """All years from the first to the last with a figure, those in between without one included."""
    years = values.filter(pl.col("value").is_not_null())["year"].to_list()
    return list(range(min(years), max(years) + 1))


def name_year(year: int, school_year: bool, language: Language) -> str:
    return name_school_year(year, language) if school_year else str(year)


def label_year(year: int, school_year: bool) -> str:
    """`2015-16` or `2015`: the axis has no room for the Vietnamese `2015-2016`, and the short form is understood."""
    return name_year(year, school_year, "en")


def year_title(school_year: bool, language: Language) -> str:
    return phrase("school_year" if school_year else "year", language)


def value_axis(ticks: Sequence[float], unit_label: str, language: Language, lift: int = 12) -> Any:
    """The axis of values; its title stands level above it, and says so if the axis does not start at 0."""
    starts_at_zero = ticks[0] <= 0 <= ticks[-1]
    words = [unit_label] if starts_at_zero else [unit_label, phrase("axis_not_zero", language)]
    lines = textwrap.wrap(" ".join(words), 50)
    return altair.Axis(
        title=lines,
        titleAngle=0,
        titleAlign="left",
        titleBaseline="bottom",
        titleX=-36,
        titleY=-lift - LINE * (len(lines) - 1),
        values=list(ticks),
        format=f",.{max(map(count_decimals, ticks))}f",
        domain=False,
        ticks=False,
    )


def write_text(rows: Rows, encoding: Mapping[str, Any], **mark: Any) -> Layers:
    """A text layer over its own white halo, so that lines behind it do not cross the letters."""
    chart = altair.Chart(altair.Data(values=rows))
    mark = {"lineBreak": "\n", "lineHeight": LINE, **mark}
    halo = {"stroke": theme.BACKGROUND, "strokeWidth": 4, "strokeJoin": "round", "opacity": 0.9}
    plain = {channel: value for channel, value in encoding.items() if channel != "color"}
    return [
        chart.mark_text(**mark, **halo).encode(**plain),
        chart.mark_text(**mark).encode(**encoding),
    ]


def finish(layers: Layers, *, language: Language, height: int = HEIGHT, right: float = 12) -> dict[str, Any]:
    """Lay the layers over each other and dress them: a complete spec, as wide as its container."""
    spec: dict[str, Any] = altair.layer(*layers).to_dict()
    return spec | {
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 4, "top": 8, "right": round(right), "bottom": 4},
        "config": theme.theme(language),
    }


def explain_marks(statuses: Iterable[str], missing: bool, language: Language) -> list[str]:
    """One explanation for each mark that a table uses, `…` included."""
    used = set(statuses)
    notes = [
        f"{phrase(f'mark_{status}', language)}: {phrase(f'status_{status}', language)}"
        for status in MARKED
        if status in used
    ]
    return notes + [phrase("missing_note", language)] * missing


# -- trend -----------------------------------------------------------------------------------------------------


def split_runs(values: pl.DataFrame) -> pl.DataFrame:
    """Number each stretch of consecutive years of a series in `run`: no line bridges a missing year."""
    ordered = values.sort("rank", "year")
    starts = (pl.col("year").diff().over("series") != 1).fill_null(True)
    return ordered.with_columns(run=starts.cum_sum())


@dataclass(frozen=True)
class Plane:
    """The coordinates of a trend chart, and what its layers need to know about them."""

    years: tuple[int, int]
    ticks: list[float]
    school_year: bool
    language: Language
    unit_label: str
    key: str  # what hollow points mean, under the years; may be empty

    @property
    def merger(self) -> float | None:
        """Where 1 July 2025 lies on the axis of years; None if it lies outside."""
        at = MERGER_SCHOOL_YEAR if self.school_year else MERGER_CALENDAR_YEAR
        return at if self.years[0] <= at <= self.years[1] else None

    def x(self) -> Any:
        first, last = self.years
        short = "datum.value + '-' + slice('' + (datum.value + 1), -2)"
        title = year_title(self.school_year, self.language)
        axis = altair.Axis(
            title=[title, *textwrap.wrap(self.key, 50)],
            # From the newest back: where labels are thinned out, the newest year keeps its own.
            values=list(range(last, first - 1, -1)),
            format="d",
            labelExpr=short if self.school_year else "'' + datum.value",
            labelOverlap="parity",
            labelSeparation=8,
            grid=False,
        )
        scale = altair.Scale(domain=[first, last], nice=False, zero=False, padding=14)
        return altair.X("year:Q", scale=scale, axis=axis)

    def y(self, field: str = "value") -> Any:
        lift = 12 if self.merger is None else 12 + LINE
        scale = altair.Scale(domain=[self.ticks[0], self.ticks[-1]], nice=False, zero=False)
        axis = value_axis(self.ticks, self.unit_label, self.language, lift)
        return altair.Y(f"{field}:Q", scale=scale, axis=axis)

    def to_pixel(self, value: float) -> float:
        """Height of a value below the top of the plotting area."""
        return HEIGHT * (self.ticks[-1] - value) / (self.ticks[-1] - self.ticks[0])

    def to_value(self, pixel: float) -> float:
        return self.ticks[-1] - pixel / HEIGHT * (self.ticks[-1] - self.ticks[0])

    def room_right_of(self, year: float) -> float:
        """Pixels between a year and the right edge on a phone, where room is shortest."""
        first, last = self.years
        return PHONE_PLOT * (last - year) / max(1, last - first)


def choose_ticks(points: pl.DataFrame, target: Goal | None, zero: bool | None) -> list[float]:
    """The ticks of the value axis. With `zero` None it starts at 0 unless that would flatten what happens."""
    levels = [v for column in ("value", "low", "high") for v in points[column].drop_nulls().to_list()]
    if target:
        levels.append(target.value)
    low, high = min(levels), max(levels)
    if zero is None:
        zero = low >= 0 and high - low > 0.4 * high
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    ticks = nice_ticks(low, high)
    crowded = target is not None and target.value > ticks[-1] - 0.08 * (ticks[-1] - ticks[0])
    if crowded:  # the words over the target line need room as well
        ticks.append(round(2 * ticks[-1] - ticks[-2], 10))
    return ticks


def draw_lines(points: pl.DataFrame, plane: Plane, series: list[str]) -> Layers:
    """Lines, points and the areas that react to the pointer; series differ by colour, dash and shape."""
    legend: Any = None
    if len(series) > DIRECT_LABELS:
        legend = altair.Legend(columns=legend_columns(series), symbolSize=90)

    def scale(values: Sequence[Any]) -> Any:
        return altair.Scale(domain=series, range=list(values[: len(series)]))

    colour = altair.Color("series:N", scale=scale(theme.COLOURS), legend=legend)
    dash = altair.StrokeDash("series:N", scale=scale(theme.DASHES), legend=legend)
    shape = altair.Shape("series:N", scale=scale(theme.SHAPES), legend=legend)

    known = points.filter(pl.col("status") != "projected")
    # The projected line starts from the last known point, if that is the year before.
    leads_on = (pl.col("status").shift(-1) == "projected") & (pl.col("run").shift(-1) == pl.col("run"))
    ahead = split_runs(points).filter((pl.col("status") == "projected") | leads_on.fill_null(False))

    def chart(frame: pl.DataFrame) -> Any:
        return altair.Chart(altair.Data(values=frame.drop_nulls("value").to_dicts()))

    at = {"x": plane.x(), "y": plane.y()}
    layers: Layers = []
    band = points.drop_nulls(["low", "high"])
    if not band.is_empty():
        area = chart(split_runs(band)).mark_area(opacity=0.16, line=False)
        layers.append(area.encode(x=plane.x(), y=plane.y("low"), y2="high:Q", color=colour, detail="run:N"))
    layers.append(chart(split_runs(known)).mark_line(strokeWidth=2.2).encode(
        **at, color=colour, strokeDash=dash, detail="run:N"))
    if not ahead.is_empty():
        line = chart(split_runs(ahead)).mark_line(strokeWidth=2, strokeDash=[1, 4], strokeCap="round")
        layers.append(line.encode(**at, color=colour, detail="run:N"))
    hollow = pl.col("status").is_in(HOLLOW)
    for frame, fill in ((points.filter(~hollow), True), (points.filter(hollow), False)):
        if frame.is_empty():
            continue
        paint = {"filled": True} if fill else {"filled": False, "fill": theme.BACKGROUND, "strokeWidth": 1.8}
        layers.append(chart(frame).mark_point(size=52, opacity=1, **paint).encode(**at, color=colour, shape=shape))
    words = [
        altair.Tooltip(f"{field}:N", title=phrase(key, plane.language))
        for field, key in (("series", "series"), ("period", _year_key(plane.school_year)),
                           ("written", "value"), ("status_words", "status"))
    ]
    # A finger needs a larger point than the eye.
    layers.append(chart(points).mark_point(size=500, filled=True, opacity=0).encode(**at, tooltip=words))
    return layers
