"""What the outlook takes in: a tidy frame of yearly series. Checked once, all problems said at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import polars as pl

from hpedu.errors import Problem, ProblemsError

KEY = ["unit", "indicator"]
OPTIONAL: dict[str, pl.DataType] = {
    "lower": pl.Float64(),
    "upper": pl.Float64(),
    "break_year": pl.Int64(),
    "kind": pl.String(),
}


class SeriesError(ProblemsError):
    """A frame of series or targets that cannot be used as it stands."""


def check_series(series: pl.DataFrame, origin: int | None = None) -> pl.DataFrame:
    """A clean copy: typed, without empty values, in order of unit, indicator and year.

    Parameters
    ----------
    series
        Columns `unit`, `indicator` (text or any key), `year` (whole number), `value` (number; null, NaN and
        infinite ones are left out). Optional: `lower`, `upper` (bounds of the indicator, null for none),
        `break_year` (year of the first value that is comparable with later ones: a merger, a new definition; the
        newest if a series has several), `kind` ('count': never below 0). Other columns are left out.
    origin
        Only values up to and including this year.

    Raises
    ------
    SeriesError
        Naming every missing column, wrong type, fractional year, bounds the wrong way round, bounds or kinds that
        differ within a series, and every (unit, indicator, year) that occurs twice.
    """
    require_columns(series, [*KEY, "year", "value"], "series")
    frame = cast_columns(series, {"year": pl.Float64(), "value": pl.Float64()} | _known_options(series), "series")
    frame = frame.with_columns(pl.col(pl.Null).cast(pl.String))  # a frame of nothing has no types either
    frame = frame.with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in OPTIONAL.items() if name not in frame.columns
    ).select(*KEY, "year", "value", *OPTIONAL)
    never_negative = (pl.col("kind") == "count") & pl.col("lower").is_null()
    frame = frame.with_columns(lower=pl.when(never_negative).then(0.0).otherwise(pl.col("lower")))
    problems = [*_bad_years(frame), *_nameless(frame)]
    frame = frame.with_columns(
        pl.col("lower", "upper").fill_nan(None).replace({float("inf"): None, -float("inf"): None})
    )
    frame = frame.filter(pl.col("value").is_finite(), pl.col("year").is_finite())
    problems += [*_duplicates(frame), *_contradictions(frame)]
    if problems:
        raise SeriesError(problems)
    frame = frame.with_columns(pl.col("year").cast(pl.Int64))
    if origin is not None:
        frame = frame.filter(pl.col("year") <= origin)
    return frame.sort(*KEY, "year")


def require_columns(frame: pl.DataFrame, names: Iterable[str], what: str) -> None:
    """Raise one SeriesError that names all columns that are missing, each with the closest there is."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise SeriesError(
            Problem(
                "", what, f"column {name!r} is missing", ", ".join(get_close_matches(name, frame.columns, n=1))
            )
            for name in missing
        )


def cast_columns(frame: pl.DataFrame, kinds: Mapping[str, pl.DataType], what: str) -> pl.DataFrame:
    """Cast columns; raise one SeriesError that names all columns that hold something else."""
    problems = []
    for name, kind in kinds.items():
        try:
            frame = frame.with_columns(pl.col(name).cast(kind))
        except pl.exceptions.PolarsError:
            kept = frame[name].cast(kind, strict=False)
            bad = frame[name].filter(kept.is_null() & frame[name].is_not_null()).unique(maintain_order=True)
            problems.append(Problem("", f"{what}, column {name}", f"not a {kind}", ", ".join(map(str, bad[:5]))))
    if problems:
        raise SeriesError(problems)
    return frame


def _known_options(series: pl.DataFrame) -> dict[str, pl.DataType]:
    return {name: kind for name, kind in OPTIONAL.items() if name in series.columns}


def _where(row: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {row[name]}" for name in (*KEY, "year") if name in row)


def _bad_years(frame: pl.DataFrame) -> list[Problem]:
    bad = frame.filter(pl.col("year").is_null() | pl.col("year").is_nan() | (pl.col("year") % 1 != 0))
    return [
        Problem("", _where({k: row[k] for k in KEY}), "the year is not a whole number", str(row["year"]))
        for row in bad.iter_rows(named=True)
    ]


def _nameless(frame: pl.DataFrame) -> list[Problem]:
    bad = frame.filter(pl.any_horizontal(pl.col(KEY).is_null()))
    return [Problem("", _where(row), "unit or indicator is empty") for row in bad.iter_rows(named=True)]


def _duplicates(frame: pl.DataFrame) -> list[Problem]:
    twice = frame.group_by(*KEY, "year", maintain_order=True).agg("value").filter(pl.col("value").list.len() > 1)
    return [
        Problem("", _where(row), "more than one value for one year: keep one", ", ".join(map(str, row["value"])))
        for row in twice.iter_rows(named=True)
    ]


def _contradictions(frame: pl.DataFrame) -> list[Problem]:
    problems = []
    each = frame.group_by(KEY, maintain_order=True).agg(
        pl.col("lower", "upper", "kind").unique(maintain_order=True)
    )
    # Only the few that are wrong are looked at one by one: there may be ten thousand series.
    each = each.filter(
        pl.any_horizontal(pl.col("lower", "upper", "kind").list.len() > 1)
        | (pl.col("lower").list.first() >= pl.col("upper").list.first())
    )
    for row in each.iter_rows(named=True):
        for name in ("lower", "upper", "kind"):
            if len(row[name]) > 1:
                found = ", ".join(map(str, row[name]))
                problems.append(Problem("", _where(row), f"one series, several values of {name!r}", found))
        low, high = row["lower"][0], row["upper"][0]
        if low is not None and high is not None and low >= high:
            problems.append(Problem("", _where(row), "the lower bound is not below the upper", f"{low}, {high}"))
    return problems
