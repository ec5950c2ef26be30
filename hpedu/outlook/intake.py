"""Take in the tables of the outlook: typed columns, and everything that is wrong with them in one error.

Series of other cities and countries come through here, so nothing is assumed that a table does not state. Every
function of the outlook reads its tables with an `Intake`, so that all of them accept and refuse the same things.
The name of a place may be given in a column `unit`, as hpedu 0.1.0 called it, where there is no column `place`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

import polars as pl

from hpedu.errors import Problem, ProblemsError
from hpedu.texts import Sayable, message

Kind = Literal["text", "number", "figure", "year"]
"""What a column holds. A required number may be blank where nothing is known, a required figure may not."""
Columns = Mapping[str, Kind]

KEY = ["place", "indicator"]
COMPARISONS = {">=": "up", ">": "up", "<=": "down", "<": "down"}
SERIES_KINDS = ("rate", "ratio", "count")

SERIES: Columns = {"indicator": "text", "year": "year", "value": "number"}
SERIES_OPTIONS: Columns = {
    "place": "text",
    "series": "text",
    "kind": "text",
    "direction": "text",
    "lower": "number",
    "upper": "number",
    "limit": "number",
    "break_year": "year",
}
TARGETS: Columns = {"indicator": "text", "target": "number"}
TARGETS_OPTIONS: Columns = {
    "place": "text",
    "target_year": "year",
    "base_year": "year",
    "comparison": "text",
    "direction": "text",
}

YEAR = r"^([0-9]{4})(?:\.0+)?(?:\s*[-–/]\s*[0-9]{2,4})?$"
"""A year, or a range of years such as 2015-2016 or 2015/16: its first year counts."""
MOST_CELLS = 5
"""So many bad cells of one column are named; the rest is counted."""
TYPES = {"text": pl.String(), "number": pl.Float64(), "figure": pl.Float64(), "year": pl.Int64()}


class SeriesError(ProblemsError):
    """Tables of series, targets or pupils that cannot be used as they are."""


@dataclass
class Intake:
    """Tables being read, and what was found wrong so far."""

    problems: list[Problem] = field(default_factory=list)
    unsound: set[str] = field(default_factory=set)
    """Tables with a column that is missing or has cells that cannot be read."""

    def take(self, frame: pl.DataFrame, table: str, required: Columns, optional: Columns) -> pl.DataFrame:
        """Return the known columns of a table: text, numbers as floats, years as integers.

        A column that is not there is null, any other column is dropped. Blank cells are null, and so are numbers
        that are NaN or infinite. Required columns must be filled, except plain numbers.
        """
        frame = name_places(frame)
        kinds = {**required, **optional}
        columns = {}
        for name, kind in kinds.items():
            columns[name] = pl.Series(name, [None] * frame.height, TYPES[kind])
            if name in frame.columns:
                values, bad = _read(frame[name], kind)
                columns[name] = values
                if bad.any():
                    self._complain_of_cells(table, frame[name], bad, kind)
                blank = int((values.is_null() & ~bad).sum())
                if blank and name in required and kind != "number":
                    self._complain_of_column(table, "intake_blank", name, count=blank)
            elif name in required:
                close = get_close_matches(name, [column for column in frame.columns if column not in kinds], n=1)
                if close:
                    self._complain_of_column(table, "intake_missing_close", name, close=close[0])
                else:
                    self._complain_of_column(table, "intake_missing", name, columns=frame.columns)
        return pl.DataFrame(columns)

    def take_series(self, frame: pl.DataFrame, keys: Sequence[str] = KEY) -> pl.DataFrame:
        """Return the columns `SERIES` and `SERIES_OPTIONS` of a table of series; a place not given is "".

        A series, named by `keys`, has one value a year, one kind and one pair of bounds.
        """
        rows = self.take(frame, "series", SERIES, SERIES_OPTIONS)
        rows = rows.with_columns(pl.col("place", "series").fill_null(""))
        known = rows.drop_nulls("value")
        self.refuse_unknown(known, "series", "kind", SERIES_KINDS)
        self.refuse_repeats(known, "series", [*keys, "year"])
        self._refuse_contradictions(known, keys)
        return rows

    def take_targets(
        self, frame: pl.DataFrame, required: Columns = TARGETS, optional: Columns = TARGETS_OPTIONS
    ) -> pl.DataFrame:
        """Return the columns of a table of targets; a target without a place holds for every place."""
        goals = self.take(frame, "targets", required, optional)
        self.refuse_unknown(goals, "targets", "comparison", tuple(COMPARISONS))
        return goals

    def complain(
        self, table: str, key: str, *, where: str | Sayable = "", found: str = "", **values: object
    ) -> None:
        """Add one problem: the text `key` of `texts/outlook_input.toml` with its values."""
        self.problems.append(Problem(message(f"table_{table}"), where, message(key, **values), found))

    def refuse_unknown(self, frame: pl.DataFrame, table: str, column: str, known: Sequence[str]) -> None:
        """Add a problem if a column has values that are none of `known`."""
        unknown = frame[column].drop_nulls().unique(maintain_order=True)
        found = ", ".join(value for value in unknown if value not in known)
        if found:
            self.complain(table, "intake_unknown", where=_column(column), found=found, known=list(known))

    def refuse_repeats(self, frame: pl.DataFrame, table: str, keys: Sequence[str]) -> None:
        """Add a problem for every combination of `keys` that occurs more than once."""
        if table in self.unsound:
            return
        counts = frame.group_by(keys, maintain_order=True).len().filter(pl.col("len") > 1)
        for row in counts.iter_rows(named=True):
            self.complain(table, "intake_repeated", where=locate(row, keys), count=row["len"])

    def check_direction(self, way: str | None, known: Collection[str], table: str, where: str) -> bool:
        """Return whether a way of progress is one of `known`; add a problem if it is not."""
        if way is None:
            self.complain(table, "intake_no_direction", where=where, known=list(known))
        elif way not in known:
            self.complain(table, "intake_unknown_direction", where=where, found=way, known=list(known))
        return way in known

    def finish(self) -> None:
        """Raise `SeriesError` with all problems, if there are any."""
        if self.problems:
            raise SeriesError(self.problems)

    def _refuse_contradictions(self, frame: pl.DataFrame, keys: Sequence[str]) -> None:
        same = ("lower", "upper", "kind")
        each = frame.group_by(keys, maintain_order=True).agg(pl.col(same).unique(maintain_order=True))
        # Only the few that are wrong are looked at one by one: there may be ten thousand series.
        each = each.filter(
            pl.any_horizontal(pl.col(same).list.len() > 1)
            | (pl.col("lower").list.first() >= pl.col("upper").list.first())
        )
        for row in each.iter_rows(named=True):
            where = locate(row, keys)
            for name in same:
                if len(row[name]) > 1:
                    found = ", ".join("-" if value is None else str(value) for value in row[name])
                    self.complain("series", "intake_several_values", where=where, found=found, column=name)
            low, high = row["lower"][0], row["upper"][0]
            if low is not None and high is not None and low >= high:
                self.complain("series", "intake_bounds_turned", where=where, found=f"{low}, {high}")

    def _complain_of_column(self, table: str, key: str, name: str, **values: object) -> None:
        self.unsound.add(table)
        self.problems.append(Problem(message(f"table_{table}"), _column(name), message(key, **values)))

    def _complain_of_cells(self, table: str, column: pl.Series, bad: pl.Series, kind: Kind) -> None:
        rows = bad.arg_true().to_list()
        cells = [message("intake_cell", row=row + 1, cell=repr(column[row])) for row in rows[:MOST_CELLS]]
        if len(rows) > MOST_CELLS:
            cells.append(message("intake_more_cells", count=len(rows) - MOST_CELLS))
        key = "intake_no_year" if kind == "year" else "intake_no_number"
        self._complain_of_column(table, key, column.name, cells=cells)


def _column(name: str) -> Sayable:
    return message("intake_column", column=name)


def _read(column: pl.Series, kind: Kind) -> tuple[pl.Series, pl.Series]:
    """Return the cells as `kind`, null where they cannot be read, and which of them are neither read nor blank."""
    if kind == "text":
        values = column.cast(pl.String)
        filled = values.is_not_null()
    elif column.dtype.is_numeric():
        numbers = column.cast(pl.Float64)
        filled = numbers.is_finite().fill_null(False)
        values = pl.select(pl.when(filled).then(numbers)).to_series()
        if kind == "year":
            whole = values.is_between(1000, 9999) & (values % 1 == 0)
            values = pl.select(pl.when(whole).then(values).cast(pl.Int64)).to_series()
    else:
        text = column.cast(pl.String).str.strip_chars()
        filled = (text != "").fill_null(False)
        if kind == "year":
            values = text.str.extract(YEAR).cast(pl.Int64)
        else:
            numbers = text.cast(pl.Float64, strict=False)
            values = pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series()
    return values.alias(column.name), filled & values.is_null()


def name_places(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its column `unit` called `place`, if it has no column `place`."""
    old = "unit" in frame.columns and "place" not in frame.columns
    return frame.rename({"unit": "place"}) if old else frame


def locate(row: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return where in a table a row is, by the columns that name it and are filled: `place=a, year=2020`."""
    return ", ".join(f"{name}={row[name]}" for name in names if row[name] not in (None, ""))


def check_series(series: pl.DataFrame, origin: int | None = None) -> pl.DataFrame:
    """Return a clean copy: typed, without empty values, in order of place, indicator and year.

    Parameters
    ----------
    series
        Columns `indicator` (text), `year` (whole number or range of years), `value` (number; null, NaN and
        infinite ones are left out). Optional: `place` (text), `lower`, `upper` (bounds of the indicator, null for
        none), `break_year` (year of the first value that is comparable with later ones: a merger, a new
        definition; the newest if a series has several), `kind` (`rate`, `ratio` or `count`, which is never below
        0). Other columns are left out.
    origin
        Only values up to and including this year.

    Raises
    ------
    SeriesError
        Naming every missing column, every cell that is no number or year, unknown kinds, bounds the wrong way
        round, bounds or kinds that differ within a series, and every year of a series that occurs twice.
    """
    intake = Intake()
    rows = intake.take_series(series)
    intake.finish()
    return clean_series(rows, origin)


def clean_series(rows: pl.DataFrame, origin: int | None = None) -> pl.DataFrame:
    """Return what `check_series` returns, from rows that `Intake.take_series` found sound."""
    never_negative = (pl.col("kind") == "count") & pl.col("lower").is_null()
    known = rows.drop_nulls("value").with_columns(
        lower=pl.when(never_negative).then(0.0).otherwise(pl.col("lower"))
    )
    if origin is not None:
        known = known.filter(pl.col("year") <= origin)
    return known.select(*KEY, "year", "value", "lower", "upper", "break_year", "kind").sort(*KEY, "year")


def list_series(frame: pl.DataFrame, keys: Sequence[str]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Return the rows with a value by series, in order of years; a series without any has an empty list."""
    series: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in frame.sort("year", maintain_order=True).iter_rows(named=True):
        rows = series.setdefault(tuple(row[key] for key in keys), [])
        if row["value"] is not None:
            rows.append(row)
    return dict(sorted(series.items()))


def match_targets(
    targets: pl.DataFrame | None, series: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return targets by place and indicator: one without a place holds for every place that has the indicator.

    A target of an indicator that has no figure anywhere stays, under its own place or "".
    """
    found: dict[tuple[str, str], list[dict[str, Any]]] = {key: [] for key in series}
    for row in targets.iter_rows(named=True) if targets is not None else ():
        place, indicator = row["place"], row["indicator"]
        keys = [key for key in series if key[1] == indicator] if place is None else [(place, indicator)]
        for key in keys or [("", indicator)]:
            found.setdefault(key, []).append(row)
    return found


def find_direction(*rows: Mapping[str, Any] | None, default: str | None = None) -> str | None:
    """Return the way that is progress, from the first of the rows whose `direction` or `comparison` states it."""
    for row in rows:
        if row and row.get("direction"):
            return str(row["direction"])
        if row and row.get("comparison"):
            return COMPARISONS.get(row["comparison"])
    return default
