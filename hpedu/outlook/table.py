"""Take any table of the outlook, recognised by its columns: series, targets, parts of a merger, enrolment.

A table has a shape if it has the columns that only this shape needs; `SHAPES` is in the order of looking. What is
missing is named for the shape that comes closest.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl

from hpedu.errors import Problem
from hpedu.outlook.enrolment import project_enrolment
from hpedu.outlook.intake import (
    INPUTS,
    KEY,
    Intake,
    SeriesError,
    locate,
    name_columns,
)
from hpedu.outlook.judgement import judge
from hpedu.outlook.levels import project_levels
from hpedu.outlook.merging import merge_parts
from hpedu.outlook.open_sdg import measure_progress
from hpedu.outlook.pace import measure_pace
from hpedu.outlook.projection import project
from hpedu.texts import message

SHAPES: dict[str, tuple[str, ...]] = {
    "merger": ("place", "indicator", "year", "numerator", "whole"),
    "grades": ("grade", "year", "pupils"),
    "levels": ("level", "year", "pupils"),
    "series_with_targets": ("indicator", "year", "value", "target"),
    "series": ("indicator", "year", "value"),
}
TARGET_YEAR = 2030
"""Of targets in a table that gives them no year."""
RATES = ("rate", "ratio", "score")
DECIMAL_COMMA = r"^(-?\d+),(\d+)$"
GROUPED_OR_DECIMAL = r"^\d{1,3}\.\d{3}$"
"""1.234 is one and a quarter or more than a thousand."""


def read_table(content: bytes, name: str) -> pl.DataFrame:
    """Return a CSV as text cells: with or without a byte order mark, columns parted by commas, semicolons or tabs.

    Between semicolons `12,5` is twelve and a half.
    """
    try:
        text = content.decode("utf-8-sig")
        head = text.split("\n", 1)[0]
        mark = max(",;\t", key=head.count)
        frame = pl.read_csv(io.StringIO(text), separator=mark, infer_schema=False)
    except UnicodeDecodeError as error:
        raise SeriesError([Problem(name, "", message("intake_not_utf8"))]) from error
    except pl.exceptions.NoDataError as error:
        raise SeriesError([Problem(name, "", message("intake_empty"))]) from error
    except pl.exceptions.PolarsError as error:
        lack = message("intake_no_csv", detail=str(error).split("\n", 1)[0])
        raise SeriesError([Problem(name, "", lack)]) from error
    frame = frame.rename({column: column.strip().lower() for column in frame.columns})
    if mark != ";":
        return frame
    return frame.with_columns(pl.all().str.replace(DECIMAL_COMMA, "$1.$2"))


def recognise(columns: Sequence[str], name: str) -> str:
    """Return the shape of a table with these columns."""
    lacking = {shape: [c for c in needed if c not in columns] for shape, needed in SHAPES.items()}
    whole = [shape for shape, missing in lacking.items() if not missing]
    if whole:
        return whole[0]
    closest = min(lacking, key=lambda shape: (len(lacking[shape]) / len(SHAPES[shape]), len(lacking[shape])))
    lack = message("intake_missing_for_shape", shape=message(f"shape_{closest}"), columns=list(columns))
    raise SeriesError(
        [Problem(name, message("intake_column", column=column), lack) for column in lacking[closest]]
    )


def foresee_table(
    frame: pl.DataFrame, name: str, *, targets: pl.DataFrame | None = None, until: int = 2030
) -> pl.DataFrame:
    """Return what the outlook says of a table: a projection; with targets, a verdict on each; of parts, the whole.

    The frame is of one of `SHAPES`, as `read_table` returns it or with typed columns; its `name` is for errors.
    The parts of a merger name in `whole` what they become part of, and perhaps in `valid_from` and `valid_to` the
    years for which they do. Targets have `indicator, target` and perhaps `place, target_year, comparison,
    direction`.
    """
    frame = name_columns(frame)
    shape = recognise(frame.columns, name)
    _refuse_dots(frame, name)
    if shape == "merger":
        pairs = [c for c in ("whole", "place", "valid_from", "valid_to") if c in frame.columns]
        parts = frame.select(pairs).drop_nulls("whole").unique(maintain_order=True).rename({"place": "part"})
        return merge_parts(frame, parts)
    if shape == "grades":
        return project_enrolment(frame, until=until)
    if shape == "levels":
        return project_levels(frame, until=until)
    if shape == "series_with_targets" and targets is None:
        known = INPUTS["targets"]["needed"] | INPUTS["targets"]["may"]
        targets = (
            frame.select(c for c in frame.columns if c in known).drop_nulls("target").unique(maintain_order=True)
        )
    return project(frame, until=until) if targets is None else _judge(frame, targets)


def _refuse_dots(frame: pl.DataFrame, name: str) -> None:
    """Refuse numbers of people typed as text of which every one may be thousands with a dot, or three decimals.

    Rates with three decimals are known by their kind, or by their upper bound.
    """
    counts = frame.filter(~pl.col("kind").is_in(RATES).fill_null(False)) if "kind" in frame.columns else frame
    if "upper" in counts.columns:
        counts = counts.filter(pl.col("upper").is_null())
    problems = []
    for column in ("value", "pupils", "births", "population", "numerator", "denominator"):
        if column not in frame.columns or frame[column].dtype != pl.String:
            continue
        cells = counts[column].drop_nulls().str.strip_chars()
        cells = cells.filter(cells != "")
        if len(cells) and cells.str.contains(GROUPED_OR_DECIMAL).all():
            where = message("intake_column", column=column)
            problems.append(Problem(name, where, message("intake_dots"), cells[0]))
    if problems:
        raise SeriesError(problems)


def _judge(frame: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """Return verdict, paces and Open SDG class of every target, in one row."""
    intake = Intake()
    series, goals = intake.take_series(frame), intake.take_targets(targets)
    intake.finish()
    if "target_year" not in targets.columns:
        goals = goals.with_columns(target_year=pl.lit(TARGET_YEAR, pl.Int64))
    if "comparison" not in targets.columns:
        goals = goals.with_columns(comparison=_find_comparisons(series, goals))
    known = judge(series, goals)
    keys = [*KEY, "target_year"]
    paces = measure_pace(series, goals).select(*keys, "observed", "required", "best", "best_years")
    # Only a target with a year has a class. What has none is measured and left out, whatever its direction.
    progress = measure_progress(series, goals.drop_nulls("target_year"), direction="up")
    progress = progress.filter(pl.col("series") == "", pl.col("target_year").is_not_null())
    progress = progress.select(*keys, "class", "score", open_sdg_ratio="ratio", reason_not_measured="reason")
    for table in (paces, progress):
        typed = table.with_columns(pl.col("target_year").cast(pl.Int64))
        known = known.join(typed, on=keys, how="left", maintain_order="left", nulls_equal=True)
    return known


def _find_comparisons(series: pl.DataFrame, goals: pl.DataFrame) -> pl.Series:
    """Return comparisons made from directions, where the targets have no comparison."""
    of_series = dict(series.select("indicator", "direction").rows())
    intake = Intake()
    ways = [row["direction"] or of_series.get(row["indicator"]) for row in goals.iter_rows(named=True)]
    for row, way in zip(goals.iter_rows(named=True), ways, strict=True):
        intake.check_direction(way, ("up", "down"), "targets", locate(row, KEY))
    intake.finish()
    return pl.Series("comparison", ["<=" if way == "down" else ">=" for way in ways], pl.String)
