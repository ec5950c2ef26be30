"""The tables the outlook takes in: columns checked and typed, everything wrong said at once.

Series of other cities and countries come through here, so nothing is assumed that the table does not say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

import polars as pl

from hpedu.errors import Problem
from hpedu.outlook.series import SeriesError

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
