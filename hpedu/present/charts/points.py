"""The figures of a trend chart: in order, in runs, in words, in a table."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hpedu.present.charts.axes import Break, Goal, Route
from hpedu.present.charts.style import MARKED, every_year, explain_marks, name_year, year_header
from hpedu.texts import MISSING, Language, format_number, say

LEVELS = (95, 80, 50)  # of the intervals of a projection, per cent; the widest is drawn first
BOUNDS = tuple(f"{side}{level}" for level in LEVELS for side in ("lo", "hi"))
FLAG = "‡"  # beside a figure that something is said about
EMPTY = pl.lit([], pl.List(pl.String))
HOLLOW = ("derived", "estimated", "projected")


def prepare_points(
    values: pl.DataFrame, series: list[str], language: Language, decimals: int, school_year: bool
) -> pl.DataFrame:
    """The figures in order, each with the texts for it: `period`, `number`, `written`, `status_words`."""
    lacking = [pl.lit(None, pl.Float64).alias(name) for name in BOUNDS if name not in values.columns]
    lacking += [EMPTY.alias(name) for name in ("inputs", "flags") if name not in values.columns]
    points = (
        values.drop_nulls("value")
        .with_columns(lacking)
        .select(
            "series",
            "year",
            pl.col("value", *BOUNDS).cast(pl.Float64),
            "status",
            pl.col("inputs", "flags").fill_null([]),
        )
        .with_columns(rank=pl.col("series").replace_strict({name: i for i, name in enumerate(series)}))
        .sort("rank", "year")
    )
    written, numbers = [], []
    for row in points.iter_rows(named=True):
        number = format_number(row["value"], decimals, language)
        mark = "\N{NO-BREAK SPACE}" + say(f"mark_{row['status']}", language) if row["status"] in MARKED else ""
        span = write_span(row["lo80"], row["hi80"], decimals, language)
        written.append(f"{number} ({say('about_level', language, level=80)}: {span})" if span else number)
        numbers.append(number + mark + (f"\N{NO-BREAK SPACE}{FLAG}" if row["flags"] else ""))
    return points.with_columns(
        pl.Series("period", [name_year(year, school_year, language) for year in points["year"]], pl.String),
        pl.Series("number", numbers, pl.String),
        pl.Series("written", written, pl.String),
        pl.Series("status_words", [say(f"status_{status}", language) for status in points["status"]]),
    )


def write_span(low: float | None, high: float | None, decimals: int, language: Language) -> str:
    """`36,0 đến 38,0`; empty without an interval."""
    if low is None or high is None:
        return ""
    ends = {"low": format_number(low, decimals, language), "high": format_number(high, decimals, language)}
    return say("range", language, **ends)


def split_runs(points: pl.DataFrame, breaks: Sequence[Break] = ()) -> pl.DataFrame:
    """Number each stretch of consecutive years of a series in `run`: no line bridges a missing year or a break."""
    starts = (pl.col("year").diff().over("series") != 1).fill_null(True)
    starts |= pl.col("year").is_in([mark.year for mark in breaks])
    return points.sort("rank", "year").with_columns(run=starts.cum_sum())


def tabulate(
    points: pl.DataFrame, series: list[str], school_year: bool, decimals: int, language: Language
) -> pl.DataFrame:
    """The figures as text: one row a year, one column a series and interval, `…` where there is none."""
    years = every_year(points)
    rows = {(row["series"], row["year"]): row for row in points.iter_rows(named=True)}
    columns = {year_header(school_year, language): [name_year(y, school_year, language) for y in years]}
    for name in series:
        columns[name] = [rows[name, y]["number"] if (name, y) in rows else MISSING for y in years]
        for level in sorted(LEVELS):
            spans = [
                write_span(row[f"lo{level}"], row[f"hi{level}"], decimals, language) if row else ""
                for row in (rows.get((name, year)) for year in years)
            ]
            if any(spans):
                words = say("about_level", language, level=level)
                columns[words if len(series) == 1 else f"{name}: {words}"] = spans
    return pl.DataFrame(columns)


def trace(points: pl.DataFrame, table: pl.DataFrame, series: list[str]) -> list[list[list[str]]]:
    """The cells that each figure of the table comes from, row by row; none for names and intervals."""
    inputs = {(row["series"], row["year"]): row["inputs"] for row in points.iter_rows(named=True)}
    return [
        [list(inputs.get((name, year), ())) if name in series else [] for name in table.columns]
        for year in every_year(points)
    ]


def list_flags(points: pl.DataFrame, school_year: bool, language: Language) -> list[str]:
    """`‡ Hải Phòng 2015-2016, 2016-2017: rounded`: what is said about which figures."""
    said: dict[str, dict[str, list[int]]] = {}
    for row in points.iter_rows(named=True):
        for words in dict.fromkeys(row["flags"]):
            said.setdefault(words, {}).setdefault(row["series"], []).append(row["year"])
    alone = points["series"].n_unique() == 1
    return [
        f"{FLAG} " + "; ".join(years if alone else f"{name} {years}" for name, years in where) + f": {words}"
        for words, where in (
            (words, [(name, _list_years(years, school_year, language)) for name, years in found.items()])
            for words, found in said.items()
        )
    ]


def _list_years(years: list[int], school_year: bool, language: Language) -> str:
    """`2015-2016, 2018-2019 đến 2021-2022`: stretches of consecutive years by their ends."""
    stretches: list[list[int]] = []
    for year in sorted(years):
        if stretches and stretches[-1][-1] == year - 1:
            stretches[-1].append(year)
        else:
            stretches.append([year])
    names = [[name_year(year, school_year, language) for year in (run[0], run[-1])] for run in stretches]
    return ", ".join(low if low == high else say("range", language, low=low, high=high) for low, high in names)


def list_levels(points: pl.DataFrame) -> list[float]:
    """All values the axis must reach: figures and the ends of their intervals."""
    return [level for column in ("value", *BOUNDS) for level in points[column].drop_nulls()]


def list_key(points: pl.DataFrame, target: Goal | None, route: Route | None, language: Language) -> list[str]:
    """What forms mean that carry no words of their own: hollow points, bands, paths."""
    used = [status for status in HOLLOW if status in points["status"].to_list()]
    key = ["○ " + ", ".join(say(f"status_{status}", language) for status in used)] if used else []
    if points["flags"].list.len().sum():
        key.append(f"{FLAG} " + say("flag_key", language))
    if points["lo80"].count():
        key.append("▒ " + say("fan_key", language))
    if target and leads_to(points, target):
        key.append("– · – " + say("required_path", language))
    if route:
        key.append("- - - " + route.label)
    return key


def leads_to(points: pl.DataFrame, target: Goal) -> bool:
    """Whether a path can be drawn: the first series has a known point before the target's year."""
    known = points.filter((pl.col("rank") == 0) & (pl.col("status") != "projected"))
    return bool((known["year"].tail(1) < target.year).any())


def list_remarks(
    points: pl.DataFrame,
    table: pl.DataFrame,
    *,
    target: Goal | None,
    route: Route | None,
    breaks: Sequence[Break],
    decimals: int,
    school_year: bool,
    language: Language,
) -> list[str]:
    """What stands under the table: target, second path, breaks, and what the marks mean."""
    remarks = []
    if target:
        words = target.write(decimals, language)
        remarks.append(say("target_remark", language, label=target.label, year=target.year, value=words))
    if route:
        steps = "; ".join(
            f"{name_year(year, school_year, language)}: {format_number(value, decimals, language)}"
            for year, value in route.points
        )
        remarks.append(f"{route.label}: {steps}")
    remarks += [
        say("break_remark", language, label=mark.label, year=name_year(mark.year, school_year, language))
        for mark in breaks
    ]
    missing = any(MISSING in row for row in table.iter_rows())
    return [
        *remarks,
        *explain_marks(points["status"], missing, language),
        *list_flags(points, school_year, language),
    ]
