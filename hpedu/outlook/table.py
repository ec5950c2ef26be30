"""Any table the outlook takes, told by its columns: series, with targets, parts of a merger, enrolment by grade.

A table has a shape if it has the columns that only this shape needs; `SHAPES` is in the order of looking. What is
missing is said for the shape that comes closest.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import polars as pl

from hpedu.errors import Problem
from hpedu.outlook.enrolment import project_enrolment
from hpedu.outlook.judgement import judge
from hpedu.outlook.levels import project_levels
from hpedu.outlook.merging import merge_parts
from hpedu.outlook.open_sdg import measure_progress
from hpedu.outlook.pace import measure_pace
from hpedu.outlook.projection import project
from hpedu.outlook.series import Intake, Kind, SeriesError

SHAPES: dict[str, tuple[str, ...]] = {
    "parts of a merger": ("unit", "indicator", "year", "numerator", "whole"),
    "enrolment by grade": ("grade", "year", "pupils"),
    "enrolment by level": ("level", "year", "pupils"),
    "series with targets": ("indicator", "year", "value", "target"),
    "series": ("indicator", "year", "value"),
}
SERIES_OPTIONS: dict[str, Kind] = {
    "unit": "text",
    "lower": "number",
    "upper": "number",
    "break_year": "year",
    "kind": "text",
    "direction": "text",
    "limit": "number",
}
GOALS = ("unit", "indicator", "target", "target_year", "comparison", "direction", "base_year")
GOAL_KINDS: dict[str, Kind] = {
    "unit": "text",
    "target_year": "year",
    "base_year": "year",
    "comparison": "text",
    "direction": "text",
}
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")


def read_table(content: bytes, name: str) -> pl.DataFrame:
    """A CSV as text cells: with or without a byte order mark, commas, semicolons or tabs between the columns.

    Between semicolons `12,5` is twelve and a half.

    Raises
    ------
    SeriesError
        If it is not UTF-8, or no table.
    """
    try:
        text = content.decode("utf-8-sig")
        head = text.split("\n", 1)[0]
        mark = max(",;\t", key=head.count)
        frame = pl.read_csv(io.StringIO(text), separator=mark, infer_schema=False)
    except (UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise SeriesError([Problem(name, "", str(error).split("\n", 1)[0])]) from error
    frame = frame.rename({column: column.strip().lower() for column in frame.columns})
    if mark != ";":
        return frame
    return frame.with_columns(
        pl.when(pl.col(c).str.contains(f"^{DECIMAL_COMMA.pattern}$"))
        .then(pl.col(c).str.replace(",", ".", literal=True))
        .otherwise(pl.col(c))
        .alias(c)
        for c in frame.columns
    )


def recognise(columns: Sequence[str], name: str) -> str:
    """The shape of a table with these columns.

    Raises
    ------
    SeriesError
        For no shape at all: what the closest one lacks.
    """
    lacking = {shape: [c for c in needed if c not in columns] for shape, needed in SHAPES.items()}
    whole = [shape for shape, missing in lacking.items() if not missing]
    if whole:
        return whole[0]
    closest = min(lacking, key=lambda shape: (len(lacking[shape]) / len(SHAPES[shape]), len(lacking[shape])))
    there = f"the columns are {', '.join(columns)}"
    raise SeriesError(
        Problem(name, f"column {column}", f"is missing for {closest}; {there}") for column in lacking[closest]
    )


def foresee_table(
    frame: pl.DataFrame, name: str, *, targets: pl.DataFrame | None = None, until: int = 2030
) -> pl.DataFrame:
    """What the outlook says of a table: a projection; with targets, where each stands; of parts, the whole.

    Parameters
    ----------
    frame
        Of one of `SHAPES`, as `read_table` returns it or with typed columns. The parts of a merger name in
        `whole` what they become part of, and perhaps in `valid_from` and `valid_to` the years for which they do.
    name
        What to call the table in errors.
    targets
        `indicator, target` and perhaps `unit, target_year, comparison, direction`.

    Raises
    ------
    SeriesError
        For a table of no shape, or with everything wrong in it.
    """
    shape = recognise(frame.columns, name)
    if shape == "parts of a merger":
        pairs = [c for c in ("whole", "unit", "valid_from", "valid_to") if c in frame.columns]
        parts = frame.select(pairs).drop_nulls("whole").unique(maintain_order=True).rename({"unit": "part"})
        return merge_parts(frame, parts)
    if shape == "enrolment by grade":
        return project_enrolment(frame, until=until)
    if shape == "enrolment by level":
        return project_levels(frame, until=until)
    if shape == "series with targets" and targets is None:
        goals = [c for c in GOALS if c in frame.columns]
        targets = frame.select(goals).drop_nulls("target").unique(maintain_order=True)
    series = _read_series(frame)
    return project(series, until=until) if targets is None else _judge(series, targets)


def _read_series(frame: pl.DataFrame) -> pl.DataFrame:
    taken = Intake()
    series = taken.take(frame, "series", {"indicator": "text", "year": "year", "value": "number"}, SERIES_OPTIONS)
    taken.finish()
    unit = pl.col("unit").fill_null("") if "unit" in series.columns else pl.lit("").alias("unit")
    return series.with_columns(unit)


def _judge(series: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """Verdict, paces and Open SDG class of every target, side by side."""
    taken = Intake()
    goals = taken.take(targets, "targets", {"indicator": "text", "target": "number"}, GOAL_KINDS)
    taken.finish()
    if "target_year" not in goals.columns:
        goals = goals.with_columns(target_year=pl.lit(2030, pl.Int32))
    if "comparison" not in goals.columns:
        way = _tell_ways(series, goals)
        goals = goals.with_columns(comparison=way)
    known = judge(series, goals)
    keys = ["unit", "indicator", "target_year"]
    paces = measure_pace(series, goals).select(*keys, "observed", "required", "best", "best_years")
    progress = measure_progress(series, goals).filter(pl.col("series") == "")
    progress = progress.select(*keys, "class", "score", open_sdg_ratio="ratio", reason_not_measured="reason")
    for table in (paces, progress):
        typed = table.with_columns(pl.col("target_year").cast(pl.Int64))
        known = known.join(typed, on=keys, how="left", maintain_order="left", nulls_equal=True)
    return known


def _tell_ways(series: pl.DataFrame, goals: pl.DataFrame) -> pl.Series:
    """Comparisons from directions, where the targets have no comparison."""
    of_series = dict(series.select("indicator", "direction").rows()) if "direction" in series.columns else {}
    taken = Intake()
    found = []
    for row in goals.iter_rows(named=True):
        way = row.get("direction") or of_series.get(row["indicator"])
        if way not in ("up", "down"):
            taken.complain(
                "targets", row["indicator"], "needs a comparison (>=, >, <=, <) or a direction (up, down)"
            )
        found.append("<=" if way == "down" else ">=")
    taken.finish()
    return pl.Series("comparison", found)
