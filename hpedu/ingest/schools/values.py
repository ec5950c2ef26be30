"""Cells of a school list as values, whole columns at a time. Each reader gives the values and what was refused.

Text is compared by its distinct values, so that 50,000 cells with "công lập" are read once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from hpedu.ingest.schools.words import MISSING, NONE, fold_words, read_choice, read_levels
from hpedu.ingest.words.years import find_year, resolve_year

LARGEST = 20_000
"""No school has more of anything; a larger number is two numbers run together, or a code."""

TYPES: dict[str, Any] = {
    "code": pl.String,
    "text": pl.String,
    "count": pl.Int64,
    "yes_no": pl.Boolean,
    "date": pl.Date,
    "choice": pl.String,
    "year": pl.Int32,
}
CHOICE_TYPES: dict[str, Any] = {"levels": pl.List(pl.String), "national_standard_level": pl.Int64}

_YEAR_WORDS = ("", "nam hoc", "school year")
_GROUPED = r"^\d{1,3}([.,]\d{3})+$"
_WHOLE = r"^(\d+)[.,]0+$"
_SERIALS = (20_000, 80_000)  # days since 30 December 1899: the years 1954 to 2119


def read_counts(cells: pl.Series) -> pl.Series:
    """Whole numbers from 0 to `LARGEST`; a dash is 0, a grouped "1.250" is 1250. Anything else is null."""
    values = cells.cast(pl.Int64, strict=False)
    if values.null_count() > (cells == "").sum():  # something is not plainly typed
        text = cells.str.replace_all(r"\s", "")
        plain = (
            pl.when(text.is_in(list(NONE)))
            .then(pl.lit("0"))
            .when(text.str.contains(_GROUPED))
            .then(text.str.replace_all("[.,]", ""))
            .otherwise(text.str.replace(_WHOLE, "$1"))
        )
        values = pl.select(plain.cast(pl.Int64, strict=False)).to_series()
    sensible = values.is_between(0, LARGEST)
    return values.alias(cells.name) if sensible.all() else values.set(~sensible, None).alias(cells.name)


def read_dates(cells: pl.Series) -> pl.Series:
    """Days written 2024-09-05, 5/9/2024, 05.09.2024 or 5-9-2024, and spreadsheet serials. Else null."""
    text = pl.col(cells.name).str.replace_all(r"\s", "")
    serial = text.cast(pl.Int64, strict=False)
    serial = pl.when(serial.is_between(*_SERIALS)).then(serial)
    day = pl.coalesce(
        text.str.to_date("%Y-%m-%d", strict=False),
        text.str.replace_all(r"[.\-]", "/").str.to_date("%d/%m/%Y", strict=False),
        pl.date(1899, 12, 30) + pl.duration(days=serial),
    )
    return cells.to_frame().select(day.alias(cells.name)).to_series()


def read_column(cells: pl.Series, column: str, kind: str) -> pl.Series:
    """The values of a column by its kind (`school_columns.csv`); null where a cell is empty or not understood."""
    if kind == "count":
        return read_counts(cells)
    if kind == "date":
        return read_dates(cells)
    if kind == "year":
        return _look_up(cells, _read_year, TYPES["year"])
    if column == "levels":
        return _look_up(cells, _list_levels, CHOICE_TYPES["levels"])
    if kind == "choice":
        return _look_up(cells, lambda text: read_choice(text, column), pl.String).cast(
            CHOICE_TYPES.get(column, pl.String)
        )
    if kind == "yes_no":
        return _look_up(cells, lambda text: read_choice(text, "yes_no"), pl.String) == "yes"
    if kind == "text":  # mostly names, each once
        text = cells.str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars()
        return text.replace("", None)
    return cells.str.replace_all(r"\s", "").replace("", None)


def is_missing(cells: pl.Series) -> pl.Series:
    """Where nothing is stated: empty, or "..", "n/a"."""
    return cells.str.to_lowercase().is_in(list(MISSING))


def _look_up(cells: pl.Series, read: Callable[[str], Any], kind: Any) -> pl.Series:
    distinct = cells.unique().drop_nulls()
    meanings = pl.Series("value", [read(text) for text in distinct], dtype=kind)
    table = pl.DataFrame([distinct.alias("text"), meanings])
    return (
        cells.to_frame("text").join(table, on="text", how="left", maintain_order="left")["value"].alias(cells.name)
    )


def _list_levels(text: str) -> list[str] | None:
    levels = read_levels(text)
    return None if levels is None else list(levels)


def _read_year(text: str) -> int | None:
    found = find_year(text)
    return resolve_year(found[0], "school_year_start") if found and fold_words(found[1]) in _YEAR_WORDS else None
