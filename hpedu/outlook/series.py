"""The tables the outlook takes in: columns checked and typed, everything wrong said at once.

Series of other cities and countries come through here, so nothing is assumed that the table does not say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

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


Kind = Literal["text", "number", "year"]
YEAR = re.compile(r"(\d{4})(?:\s*[-–/]\s*\d{2,4})?")
"""A year, or a range of years such as 2015-2016 or 2015/16: its first year counts."""
SHOWN = 5  # bad cells of one column that are named; the rest is counted

COMPARISONS = {">=": "up", ">": "up", "<=": "down", "<": "down"}


@dataclass
class Intake:
    """Tables being read: what was found wrong so far."""

    problems: list[Problem] = field(default_factory=list)

    def take(
        self, frame: pl.DataFrame, table: str, required: Mapping[str, Kind], optional: Mapping[str, Kind]
    ) -> pl.DataFrame:
        """The known columns of a table in their kinds (text, number as float, year as integer).

        Optional columns that are not there are left out; others are dropped. Required columns must be filled,
        except numbers, which may be null where nothing is known.
        """
        kinds = {**required, **optional}
        columns: dict[str, pl.Series] = {}
        for name, kind in kinds.items():
            if name in frame.columns:
                columns[name] = self._convert(frame[name], table, kind)
                blanks = frame[name].null_count() if kind != "number" and name in required else 0
                if blanks:
                    self.complain(table, f"column {name}", f"is blank in {blanks} rows")
            elif name in required:
                close = get_close_matches(name, [c for c in frame.columns if c not in kinds], n=1)
                hint = (
                    f"the closest column is {close[0]}" if close else "the columns are " + ", ".join(frame.columns)
                )
                self.complain(table, f"column {name}", f"is missing; {hint}")
        return pl.DataFrame(columns)

    def complain(self, table: str, where: str, message: str, found: str = "") -> None:
        """Note one problem."""
        self.problems.append(Problem(table, where, message, found))

    def refuse_repeats(self, frame: pl.DataFrame, table: str, keys: Sequence[str]) -> None:
        """Note every combination of `keys` that stands more than once."""
        if not set(keys) <= set(frame.columns):
            return  # a column is missing, and that was said
        counts = frame.group_by(keys, maintain_order=True).len().filter(pl.col("len") > 1)
        for row in counts.iter_rows(named=True):
            where = ", ".join(f"{key} {row[key]}" for key in keys)
            self.complain(table, where, f"stands {row['len']} times; keep one")

    def finish(self) -> None:
        """Raise `SeriesError` with all problems, if there are any."""
        if self.problems:
            raise SeriesError(self.problems)

    def _convert(self, column: pl.Series, table: str, kind: Kind) -> pl.Series:
        if kind == "text":
            return column.cast(pl.String)
        read = _read_year if kind == "year" else _read_number
        values: list[Any] = []
        bad: list[str] = []
        for place, cell in enumerate(column, start=1):
            blank = cell is None or (isinstance(cell, str) and not cell.strip())
            value = None if blank else read(cell)
            if value is None and not blank:
                bad.append(f"row {place}: {cell!r}")
            values.append(value)
        if bad:
            more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
            wanted = "a year such as 2015 or 2015-2016" if kind == "year" else "a finite number"
            found = "; ".join(bad[:SHOWN]) + more
            self.complain(table, f"column {column.name}", f"has what is not {wanted}", found)
        return pl.Series(column.name, values, pl.Int32 if kind == "year" else pl.Float64)


def _read_number(cell: Any) -> float | None:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _read_year(cell: Any) -> int | None:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    match = YEAR.fullmatch(str(cell).strip())
    return int(match[1]) if match else None


def fill_columns(frame: pl.DataFrame, columns: Mapping[str, Kind]) -> pl.DataFrame:
    """The table with all of `columns`; those it lacks are null."""
    types = {"text": pl.String, "number": pl.Float64, "year": pl.Int32}
    return frame.with_columns(
        pl.lit(None, types[kind]).alias(name) for name, kind in columns.items() if name not in frame.columns
    )


def list_series(frame: pl.DataFrame, keys: Sequence[str]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Rows with a value by series, in order of years; a series without any value is there with an empty list."""
    series: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in frame.sort("year", maintain_order=True).iter_rows(named=True):
        rows = series.setdefault(tuple(row[key] for key in keys), [])
        if row["value"] is not None:
            rows.append(row)
    return dict(sorted(series.items()))


def match_targets(
    targets: pl.DataFrame | None, series: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Targets by (unit, indicator): one without a unit holds for every unit that has the indicator.

    A target of an indicator nobody has a figure of is kept, under its own unit or "".
    """
    found: dict[tuple[str, str], list[dict[str, Any]]] = {key: [] for key in series}
    for row in targets.iter_rows(named=True) if targets is not None else ():
        unit, indicator = row["unit"], row["indicator"]
        keys = [(u, i) for u, i in series if i == indicator] if unit is None else [(unit, indicator)]
        for key in keys or [("", indicator)]:
            found.setdefault(key, []).append(row)
    return found


def tell_direction(*rows: Mapping[str, Any] | None, default: str | None = None) -> str | None:
    """The way that is progress, from the first of the rows whose `direction` or `comparison` says so."""
    for row in rows:
        if row and row.get("direction"):
            return str(row["direction"])
        if row and row.get("comparison"):
            return COMPARISONS.get(row["comparison"], str(row["comparison"]))
    return default
