"""Prepare the figures of a trend chart: in order, in runs, in words, in a table."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hpedu.present.charts.axes import Break, Doubt, Goal, Route
from hpedu.present.charts.style import MARKED, every_year, explain_marks
from hpedu.present.page.display import ChartText
from hpedu.texts import MISSING

# Levels of the intervals of a projection in percent; the widest is drawn first.
LEVELS = (95, 80, 50)
BOUNDS = tuple(f"{side}{level}" for level in LEVELS for side in ("lo", "hi"))
FLAG = "‡"  # next to a figure with a remark
CROSS = "✕"  # a figure that a check contradicts
EMPTY = pl.lit([], pl.List(pl.String))
HOLLOW = ("derived", "estimated", "projected")


def prepare_points(values: pl.DataFrame, series: list[str], text: ChartText) -> pl.DataFrame:
    """Return the figures in order, each with its texts: `period`, `number`, `written`, `status_words`."""
    lacking = [pl.lit(None, pl.Float64).alias(name) for name in BOUNDS if name not in values.columns]
    lacking += [EMPTY.alias(name) for name in ("inputs", "flags") if name not in values.columns]
    lacking += [pl.lit(text.decimals).alias("decimals")] if "decimals" not in values.columns else []
    points = (
        values.drop_nulls("value")
        .with_columns(lacking)
        .select(
            "series",
            "year",
            pl.col("value", *BOUNDS).cast(pl.Float64),
            "status",
            pl.col("inputs", "flags").fill_null([]),
            pl.col("decimals").fill_null(text.decimals),
        )
        .with_columns(rank=pl.col("series").replace_strict({name: i for i, name in enumerate(series)}))
        .sort("rank", "year")
    )
    written, numbers = [], []
    for row in points.iter_rows(named=True):
        number = text.write(row["value"], row["decimals"])
        mark = "\N{NO-BREAK SPACE}" + text.say(f"mark_{row['status']}") if row["status"] in MARKED else ""
        span = write_span(row["lo80"], row["hi80"], text)
        written.append(f"{number} ({text.say('about_level', level=80)}: {span})" if span else number)
        numbers.append(number + mark + (f"\N{NO-BREAK SPACE}{FLAG}" if row["flags"] else ""))
    return points.with_columns(
        pl.Series("period", [text.name_year(year) for year in points["year"]], pl.String),
        pl.Series("number", numbers, pl.String),
        pl.Series("written", written, pl.String),
        pl.Series("status_words", [text.say(f"status_{status}") for status in points["status"]]),
    )


def write_span(low: float | None, high: float | None, text: ChartText) -> str:
    """Write the ends of an interval: `36,0 đến 38,0`; "" without one."""
    if low is None or high is None:
        return ""
    return text.say("range", low=text.write(low), high=text.write(high))


def split_runs(points: pl.DataFrame, breaks: Sequence[Break] = ()) -> pl.DataFrame:
    """Number each stretch of consecutive years of a series in `run`: no line bridges a missing year or a break."""
    starts = (pl.col("year").diff().over("series") != 1).fill_null(True)
    starts |= pl.col("year").is_in([mark.year for mark in breaks])
    return points.sort("rank", "year").with_columns(run=starts.cum_sum())


def tabulate(points: pl.DataFrame, series: list[str], text: ChartText) -> pl.DataFrame:
    """Write the figures as text: one row a year, one column a series and interval, `…` where there is none."""
    years = every_year(points)
    rows = {(row["series"], row["year"]): row for row in points.iter_rows(named=True)}
    columns = {text.year_header(): [text.name_year(year) for year in years]}
    for name in series:
        columns[name] = [rows[name, y]["number"] if (name, y) in rows else MISSING for y in years]
        for level in sorted(LEVELS):
            spans = [
                write_span(row[f"lo{level}"], row[f"hi{level}"], text) if row else ""
                for row in (rows.get((name, year)) for year in years)
            ]
            if any(spans):
                words = text.say("about_level", level=level)
                columns[words if len(series) == 1 else f"{name}: {words}"] = spans
    return pl.DataFrame(columns)


def trace(points: pl.DataFrame, table: pl.DataFrame, series: list[str]) -> list[list[list[str]]]:
    """List the cells that each figure of the table comes from, row by row; none for names and intervals."""
    inputs = {(row["series"], row["year"]): row["inputs"] for row in points.iter_rows(named=True)}
    return [
        [list(inputs.get((name, year), ())) if name in series else [] for name in table.columns]
        for year in every_year(points)
    ]


def list_flags(points: pl.DataFrame, text: ChartText) -> list[str]:
    """Say which figures are doubtful and why: `‡ Hải Phòng 2015-2016, 2016-2017: rounded`."""
    said: dict[str, dict[str, list[int]]] = {}
    for row in points.iter_rows(named=True):
        for words in dict.fromkeys(row["flags"]):
            said.setdefault(words, {}).setdefault(row["series"], []).append(row["year"])
    alone = points["series"].n_unique() == 1
    return [
        f"{FLAG} " + "; ".join(years if alone else f"{name} {years}" for name, years in where) + f": {words}"
        for words, where in (
            (words, [(name, _list_years(years, text)) for name, years in found.items()])
            for words, found in said.items()
        )
    ]


def _list_years(years: list[int], text: ChartText) -> str:
    """Write stretches of consecutive years by their ends: `2015-2016, 2018-2019 đến 2021-2022`."""
    stretches: list[list[int]] = []
    for year in sorted(years):
        if stretches and stretches[-1][-1] == year - 1:
            stretches[-1].append(year)
        else:
            stretches.append([year])
    names = [[text.name_year(year) for year in (run[0], run[-1])] for run in stretches]
    return ", ".join(low if low == high else text.say("range", low=low, high=high) for low, high in names)


def list_levels(points: pl.DataFrame) -> list[float]:
    """List all values the axis must reach: figures and the ends of their intervals."""
    return [level for column in ("value", *BOUNDS) for level in points[column].drop_nulls()]


def list_key(
    points: pl.DataFrame, target: Goal | None, route: Route | None, doubt: Doubt | None, text: ChartText
) -> list[str]:
    """Explain the forms that carry no words of their own: hollow points, crosses, bands, paths."""
    used = [status for status in HOLLOW if status in points["status"].to_list()]
    key = ["○ " + ", ".join(text.say(f"status_{status}") for status in used)] if used else []
    if points["flags"].list.len().sum():
        key.append(f"{FLAG} " + text.say("flag_key"))
    if doubt:
        readings = f" {text.say('or')} ".join(map(text.write, doubt.readings))
        key.append(f"{CROSS} " + text.say("doubt_key", year=text.name_year(doubt.year), readings=readings))
    if points["lo80"].count():
        key.append("▒ " + text.say("fan_key"))
    if target and leads_to(points, target):
        key.append("– · – " + text.say("required_path"))
    if route:
        key.append("- - - " + route.label)
    return key


def leads_to(points: pl.DataFrame, target: Goal) -> bool:
    """Return whether a path can be drawn: its series has a known point before the target's year."""
    known = points.filter((pl.col("series") == target.path_from) & (pl.col("status") != "projected"))
    return bool((known["year"].tail(1) < target.year).any())


def list_remarks(
    points: pl.DataFrame,
    table: pl.DataFrame,
    *,
    target: Goal | None,
    route: Route | None,
    breaks: Sequence[Break],
    text: ChartText,
) -> list[str]:
    """List the remarks under the table: target, second path, breaks, and what the marks mean."""
    remarks = []
    if target:
        words = target.write(text)
        remarks.append(text.say("target_remark", label=target.label, year=target.year, value=words))
    if route:
        steps = "; ".join(f"{text.name_year(year)}: {text.write(value)}" for year, value in route.points)
        remarks.append(f"{route.label}: {steps}")
    remarks += [text.say("break_remark", label=mark.label, year=text.name_year(mark.year)) for mark in breaks]
    missing = any(MISSING in row for row in table.iter_rows())
    return [
        *remarks,
        *explain_marks(points["status"], missing, text),
        *list_flags(points, text),
    ]
