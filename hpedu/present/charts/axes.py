"""Set the coordinates of a trend chart: its years, its axis of values, the marks between two years."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair
import polars as pl

from hpedu.present.charts.style import (
    HEIGHT,
    LINE,
    MERGER_YEAR,
    YEAR_LABEL,
    every_year,
    nice_ticks,
    value_axis,
)
from hpedu.present.page.display import ChartText
from hpedu.texts import count_decimals, format_number

# School years are counted at 30 September: on that scale 1 July 2025 lies a quarter of a year before 2025.
MERGER_ON_SCHOOL_YEARS = MERGER_YEAR - 0.25
KEY_LETTERS = 52  # of a line of the key under the axis of years, on a phone


@dataclass(frozen=True)
class Goal:
    """A target as a chart draws it. `label` holds the words only; the chart adds sign and value.

    `path_from` is the series that has to reach it: the path needed starts at its last known point. "" for no path.
    """

    value: float
    year: int
    label: str
    sign: str  # before the value, such as "≥ "
    path_from: str = ""

    def write(self, text: ChartText) -> str:
        """Write sign and value, `≥ 48,05`: never with fewer decimals than the plan gives."""
        number = format_number(self.value, max(text.decimals, count_decimals(self.value)), text.language)
        return self.sign + number


@dataclass(frozen=True)
class Break:
    """From `year` on something else was counted: lines are cut before it, and `label` says why, in a few words."""

    year: int
    label: str


@dataclass(frozen=True)
class Route:
    """A second path to compare with, such as that of the plan year by year: pairs of year and value."""

    label: str
    points: Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Doubt:
    """A figure that a check contradicts, with all that it may be: shown, but no point of a series."""

    year: int
    readings: Sequence[float]


@dataclass(frozen=True)
class Axes:
    """The coordinates of a trend chart, and what its layers need to know about them."""

    text: ChartText
    years: tuple[int, int]
    ticks: list[float]
    title: list[str]  # over the axis of values
    key: list[str]  # what points, bands and paths mean
    breaks: Sequence[Break] = ()

    @property
    def merger(self) -> float | None:
        """Return where 1 July 2025 lies among the years; None if outside."""
        at = MERGER_ON_SCHOOL_YEARS if self.text.school_year else MERGER_YEAR
        return at if self.years[0] <= at <= self.years[1] else None

    @property
    def lift(self) -> int:
        """Return the pixels from the plot up to the title of the axis of values; the marks' words are between."""
        return 12 + LINE * ((self.merger is not None) + len(self.breaks))

    def is_late(self, year: float) -> bool:
        """Return whether a year lies in the right half, so that words next to it go to the left."""
        return year > sum(self.years) / 2

    def x(self) -> Any:
        """Return the axis of years, with the key below it."""
        first, last = self.years
        # The short form in both languages: the axis has no room for 2015-2016.
        short = "datum.value + '-' + slice('' + (datum.value + 1), -2)"
        label = short if self.text.school_year else "'' + datum.value"
        # Where labels are thinned out, they are counted from the newest year back: it keeps its own.
        shown = f"({last} - datum.value) % ceil({YEAR_LABEL} * {last - first} / width) == 0"
        key = [line for entry in self.key for line in textwrap.wrap(entry, KEY_LETTERS)]
        axis = altair.Axis(
            title=[self.text.year_header(), *key],
            values=list(range(first, last + 1)),
            labelExpr=f"{shown} ? {label} : ''",
            labelOverlap=False,
            titleAnchor="start" if key else None,
            titleLineHeight=LINE,
            grid=False,
        )
        scale = altair.Scale(domain=[first, last], nice=False, zero=False, padding=14)
        return altair.X("year:Q", scale=scale, axis=axis)

    def y(self, field: str = "value") -> Any:
        """Return the axis of values for a field of the data."""
        scale = altair.Scale(domain=[self.ticks[0], self.ticks[-1]], nice=False, zero=False)
        axis = value_axis(self.ticks, self.title, self.lift)
        return altair.Y(f"{field}:Q", scale=scale, axis=axis)

    def to_pixel(self, value: float) -> float:
        """Return how many pixels below the top of the plot a value is."""
        return HEIGHT * (self.ticks[-1] - value) / (self.ticks[-1] - self.ticks[0])

    def to_value(self, pixel: float) -> float:
        """Return the value at a pixel counted from the top of the plot."""
        return self.ticks[-1] - pixel / HEIGHT * (self.ticks[-1] - self.ticks[0])


def span_years(
    points: pl.DataFrame, target: Goal | None, route: Route | None, doubt: Doubt | None = None
) -> tuple[int, int]:
    """Return first and last year of the chart, the target's included; never one and the same."""
    years = every_year(points) + [one.year for one in (target, doubt) if one]
    years += [year for year, _ in route.points] if route else []
    first, last = min(years), max(years)
    return (first, last) if first < last else (first - 1, last + 1)


def choose_ticks(levels: Sequence[float], target: Goal | None, zero: bool | None) -> list[float]:
    """Choose the ticks of the axis of values. With `zero` None it starts at 0 unless that flattens the lines."""
    levels = [*levels, target.value] if target else levels
    low, high = min(levels), max(levels)
    if zero is None:
        zero = low >= 0 and high - low > 0.4 * high
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    ticks = nice_ticks(low, high)
    if target and target.value > ticks[-1] - 0.1 * (ticks[-1] - ticks[0]):
        # This leaves room for the words over the target line.
        ticks.append(round(2 * ticks[-1] - ticks[-2], 10))
    return ticks
