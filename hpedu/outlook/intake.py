"""Take in the tables of the outlook: typed columns, and everything that is wrong with them in one error.

Series of other cities and countries come through here, so nothing is assumed that a table does not state. Every
function of the outlook reads its tables with an `Intake`, so that all of them accept and refuse the same things.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, Literal

import polars as pl

from hpedu.errors import Problem, ProblemsError
from hpedu.texts import Sayable, message

Kind = Literal["text", "number", "figure", "year"]
"""What a column holds (`inputs.toml`)."""

KEY = ["place", "indicator"]
COMPARISONS = {">=": "up", ">": "up", "<=": "down", "<": "down"}
SERIES_KINDS = ("rate", "ratio", "count", "score")
"""A score has no natural zero: its own moves, and those of the same score elsewhere, tell how far it moves."""
ALIASES = {"place": ("territory", "unique_id"), "year": ("ds",), "value": ("y",)}
"""Other names of columns, as indicator values and libraries of time series have them; the first there counts."""

INPUTS: dict[str, dict[str, dict[str, Kind]]] = tomllib.loads(
    files("hpedu.outlook").joinpath("inputs.toml").read_text(encoding="utf-8")
)

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

    def take(self, frame: object, table: str, kind: str = "") -> pl.DataFrame:
        """Return the columns that a table has by `inputs.toml`, where it is called as here, or after its `kind`.

        They are texts, floats, and years as integers. A column that is not there is null, any other column is
        dropped. Blank cells are null, and so are numbers that are NaN or infinite. None is no rows.
        """
        design = INPUTS[kind or table]
        required, kinds = design["needed"], design["needed"] | design["may"]
        if frame is None:
            return pl.DataFrame(schema={name: TYPES[held] for name, held in kinds.items()})
        frame = self.open(frame, table)
        columns = {}
        for name, held in kinds.items():
            columns[name] = pl.Series(name, [None] * frame.height, TYPES[held])
            if name in frame.columns:
                values, bad = _read(frame[name], held)
                columns[name] = values
                if bad.any():
                    self._complain_of_cells(table, frame[name], bad, held)
                blank = int((values.is_null() & ~bad).sum())
                if blank and name in required and held != "number":
                    self._complain_of_column(table, "intake_blank", name, count=blank)
            elif name in required:
                close = get_close_matches(name, [column for column in frame.columns if column not in kinds], n=1)
                if close:
                    self._complain_of_column(table, "intake_missing_close", name, close=close[0])
                else:
                    self._complain_of_column(table, "intake_missing", name, columns=frame.columns)
        return pl.DataFrame(columns)

    def open(self, frame: object, table: str) -> pl.DataFrame:
        """Return a table of polars, pandas or a mapping of columns as a frame, its columns named as here.

        Raises `SeriesError` for anything else.
        """
        match frame:
            case pl.DataFrame():
                return name_columns(frame)
            case pl.LazyFrame():
                return name_columns(frame.collect())
            case Mapping():
                return name_columns(pl.DataFrame(dict(frame), strict=False))
        to_dict = getattr(frame, "to_dict", None)
        if to_dict is None or not hasattr(frame, "columns"):
            self.complain(table, "intake_no_table", found=type(frame).__name__)
            raise SeriesError(self.problems)
        return name_columns(pl.DataFrame(to_dict("list"), strict=False))

    def take_series(self, frame: object, keys: Sequence[str] = KEY) -> pl.DataFrame:
        """Return the columns of a table of series; a place not given is "".

        A series, named by `keys`, has one value a year, one kind and one pair of bounds.
        """
        rows = self.take(frame, "series")
        rows = rows.with_columns(pl.col("place", "series").fill_null(""))
        known = rows.drop_nulls("value")
        self.refuse_unknown(known, "series", "kind", SERIES_KINDS)
        self.refuse_repeats(known, "series", [*keys, "year"])
        self._refuse_contradictions(known, keys)
        self._refuse_beyond_bounds(known, keys)
        return rows

    def take_targets(self, frame: object, kind: str = "targets") -> pl.DataFrame:
        """Return the columns of a table of targets; a target without a place holds for every place."""
        goals = self.take(frame, "targets", kind)
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

    def check_options(self, *, until: object, h: object, origin: object, level: Sequence[object]) -> None:
        """Add a problem for each option of a projection that is not the whole number it should be."""
        whole = {"until": (until, 1000, 9999), "h": (h, 1, 200), "origin": (origin, 1000, 9999)}
        shares = [("level", (share, 1, 99)) for share in level]
        for name, (value, least, most) in [*whole.items(), *shares]:
            if value is None and name != "until":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                self.complain("options", "intake_option", where=name, found=str(value), least=least, most=most)

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

    def _refuse_beyond_bounds(self, frame: pl.DataFrame, keys: Sequence[str]) -> None:
        """Add a problem for each value that its own bounds rule out: nothing can be said of such a series."""
        slack = 1e-9 * pl.max_horizontal(1.0, pl.col("value").abs())
        beyond = (pl.col("value") > pl.col("upper") + slack) | (pl.col("value") < pl.col("lower") - slack)
        rows = frame.filter(beyond & (pl.col("lower") < pl.col("upper")).fill_null(True))
        for row in rows.head(MOST_CELLS).iter_rows(named=True):
            bounds = ", ".join("-" if row[end] is None else str(row[end]) for end in ("lower", "upper"))
            where = locate(row, [*keys, "year"])
            self.complain("series", "intake_beyond_bounds", where=where, found=str(row["value"]), bounds=bounds)
        if rows.height > MOST_CELLS:
            self.complain("series", "intake_more_beyond", count=rows.height - MOST_CELLS)

    def _complain_of_column(self, table: str, key: str, name: str, **values: object) -> None:
        self.unsound.add(table)
        self.problems.append(Problem(message(f"table_{table}"), _column(name), message(key, **values)))

    def _complain_of_cells(self, table: str, column: pl.Series, bad: pl.Series, kind: Kind) -> None:
        rows = bad.arg_true().to_list()
        cells = [message("intake_cell", row=row + 1, cell=column[row]) for row in rows[:MOST_CELLS]]
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
    elif kind == "year" and column.dtype.is_temporal():
        values, filled = column.dt.year().cast(pl.Int64), column.is_not_null()
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


def name_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its columns named as here, where they bear one of their `ALIASES`."""
    found = {}
    for name, others in ALIASES.items():
        there = [other for other in others if other in frame.columns]
        if there and name not in frame.columns:
            found[there[0]] = name
    return frame.rename(found)


def locate(row: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return where in a table a row is, by the columns that name it and are filled: `place=a, year=2020`."""
    filled = {name: row[name] for name in names if row[name] not in (None, "")}
    return ", ".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}" for name, value in filled.items()
    )


def take_with_background(
    series: object, background: object, origin: int | None, taken: Intake | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the values of all series, those of other places with them, and the keys of the series asked for.

    Parameters
    ----------
    series
        Columns `indicator` (text), `year` (whole number, date or range of years), `value` (number; null, NaN and
        infinite ones are left out). Optional: `place` (text), `lower`, `upper` (bounds of the indicator, null for
        none), `break_year` (year of the first value that is comparable with later ones: a merger, a new
        definition; the newest if a series has several), `kind` (`rate`, `ratio`, `count`, which is never below 0,
        or `score`). Other columns are left out.
    background
        Series of other places, of the same columns, or None. Those of a place that is asked for are left out, and
        so are indicators that are not. Where it states no kind or bounds, those of the series hold.
    origin
        Only values up to and including this year.

    Returns
    -------
    tuple
        Columns `place, indicator, year, value, lower, upper, break_year, kind`, typed, without empty values, in
        order; and `place, indicator` of each series asked for, also of one without any value.
    """
    intake = taken or Intake()
    rows = intake.take_series(series)
    others = intake.take_series(background)
    intake.finish()
    asked = rows.select(KEY).drop_nulls().unique().sort(KEY)
    known = clean_series(rows, origin)
    about = (
        rows.drop_nulls("indicator")
        .group_by("indicator")
        .agg(pl.col(name).drop_nulls().first().alias(f"own_{name}") for name in ("kind", "lower", "upper"))
    )
    others = others.join(rows.select("place").unique(), on="place", how="anti").join(about, on="indicator")
    others = others.with_columns(
        pl.coalesce(name, f"own_{name}").alias(name) for name in ("kind", "lower", "upper")
    )
    known = pl.concat([known, clean_series(others, origin)]).sort(*KEY, "year")
    return known, asked


def clean_series(rows: pl.DataFrame, origin: int | None = None) -> pl.DataFrame:
    """Return the values of rows that `Intake.take_series` found sound, by place, indicator and year."""
    never_negative = (pl.col("kind") == "count") & pl.col("lower").is_null()
    known = rows.drop_nulls("value").with_columns(
        lower=pl.when(never_negative).then(0.0).otherwise(pl.col("lower"))
    )
    if origin is not None:
        known = known.filter(pl.col("year") <= origin)
    return known.select(*KEY, "year", "value", "lower", "upper", "break_year", "kind").sort(*KEY, "year")


Row = Mapping[str, Any]


def pair_targets(
    series: pl.DataFrame, targets: pl.DataFrame | None, keys: Sequence[str] = KEY
) -> Iterator[tuple[dict[str, str], list[Row], Row | None]]:
    """Yield the names of each series, its rows in order of years, and each of its targets, or None for none.

    A target without a place is of every place that has its indicator. One of an indicator that nobody has figures
    of comes too, with no rows, under its own place or "".
    """
    rows_of: dict[tuple[str, ...], list[Row]] = {}
    for row in series.sort("year", maintain_order=True).iter_rows(named=True):
        rows_of.setdefault(tuple(row[key] for key in keys), []).append(row)
    # A key begins with place and indicator.
    pairs = dict.fromkeys((key[0], key[1]) for key in rows_of)
    places: dict[str, list[str]] = {}
    for place, indicator in pairs:
        places.setdefault(indicator, []).append(place)
    aims: dict[tuple[str, str], list[Row]] = {}
    for goal in targets.iter_rows(named=True) if targets is not None else ():
        own = places.get(goal["indicator"], [""]) if goal["place"] is None else [goal["place"]]
        for place in own:
            aims.setdefault((place, goal["indicator"]), []).append(goal)
    for pair in aims.keys() - pairs.keys():
        rows_of[*pair, *("" for _ in keys[2:])] = []
    for key, rows in rows_of.items():
        own_aims: list[Row | None] = [*aims.get((key[0], key[1]), ())]
        for aim in own_aims or [None]:
            yield dict(zip(keys, key, strict=True)), rows, aim


def find_direction(*rows: Row | None, default: str | None = None) -> str | None:
    """Return the way that is progress, from the first of the rows whose `direction` or `comparison` states it."""
    for row in rows:
        if row and row.get("direction"):
            return str(row["direction"])
        if row and row.get("comparison"):
            return COMPARISONS.get(row["comparison"])
    return default
