"""Define what ingest reads and writes: resources, labelled cells, and the columns of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from hpedu.decoding import neutralise

OBSERVATIONS: dict[str, Any] = {
    # What is counted (registry/measures.csv).
    "measure": pl.String,
    # A code of registry/codes.csv, as are ownership, sex and status.
    "level": pl.String,
    "ownership": pl.String,
    "sex": pl.String,
    # A part of the measure (age group, grade, degree); "" for the whole.
    "detail": pl.String,
    "territory": pl.String,
    # A district or one institution; "" for the whole territory.
    "place": pl.String,
    # The year in which the school year starts; of calendar figures the year itself.
    "year": pl.Int32,
    "value": pl.Float64,
    "unit": pl.String,
    "status": pl.String,
    # "", or ">", "<", "about": then the value is a bound, not a point.
    "qualifier": pl.String,
    # Codes of registry/codes.csv, dimension flag.
    "flags": pl.List(pl.String),
    # The name of the resource in data/raw/datapackage.json.
    "source": pl.String,
    # The day, month or year the source was published.
    "edition": pl.String,
    "file": pl.String,
    # SHA-256 of the file.
    "digest": pl.String,
    "sheet": pl.String,
    "cell": pl.String,
    # The cell as printed.
    "printed": pl.String,
    # A remark on the figure.
    "note": pl.String,
    # The smallest step the print shows, in `unit`: a change within it is a rounding, no revision.
    "step": pl.Float64,
    # False if a newer edition, or a more precise print, takes its place.
    "current": pl.Boolean,
}
"""Columns of observations. A row is one published figure, or one derived from published ones."""

ISSUES: dict[str, Any] = {
    "file": pl.String,
    "sheet": pl.String,
    "cell": pl.String,
    "printed": pl.String,
    # A code of registry/codes.csv, dimension reason.
    "reason": pl.String,
    # The label or name the reason is about.
    "subject": pl.String,
    "message_vi": pl.String,
    "message_en": pl.String,
}
"""Columns of issues. A row is a cell that was set aside, and why."""

MOST_CELLS = 50_000_000
"""The number of cells a file may lay out, empty ones between filled ones included. A table of all communes,
years and items has a tenth of it."""

MOST_CELLS_OF_A_PAGE = 10_000_000
"""The same for a web page, where a few letters lay out many cells."""

MOST_BYTES_OF_A_CELL = 1_000
"""The bytes a workbook may use for a cell, on the average of a part of more than a hundred megabytes."""

SERIES_FIELDS = ("measure", "level", "ownership", "sex", "detail")
"""The columns that say what is counted, wherever it is."""

SERIES_KEY = [*SERIES_FIELDS, "territory", "place"]
"""The columns that make one series; with `year` they make one figure."""


class Resource(BaseModel):
    """One file of data/raw and its origin (a Frictionless data resource with more fields)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    path: str
    title: str
    publisher: str
    # The published table or article that has the figures.
    table: str
    url: str
    # The day, month or year of publication.
    published: str = Field(pattern=r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$")
    scope: str
    confidence: Literal["high", "medium", "low"]
    # Whether the figures were typed from the source, and this is not the file as received.
    transcription: bool
    licenses: list[dict[str, str]]
    format: str = "csv"
    encoding: str = "utf-8"

    @field_validator("title", "publisher", "table", "url", "scope")
    @classmethod
    def _neutralise(cls, text: str) -> str:
        """Return a text that every page, export and terminal can show."""
        return neutralise(text)


@dataclass(frozen=True, slots=True)
class Cell:
    """One value cell as printed. `labels` maps a dimension of the table to the label printed for the cell.

    `scale` is that of `hpedu.ingest.sheet.grid.Grid`; None if the cell is text, or if the file cannot tell.
    """

    sheet: str
    address: str
    printed: str
    labels: Mapping[str, str]
    scale: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RawTable:
    """A published table before anything is understood: its title and all of its value cells.

    `is_plain` says that the format itself writes numbers like 1234.5, whatever country it comes from; `notes`
    are the texts around the values that label none of them (heads of label columns, footnotes), where a unit may
    be stated; `heading` is what is printed over the table (letterhead, title, unit line, header), and who
    published or signed it; `missing` and `none` are the marks that the format itself has for "not published" and
    for zero.
    """

    title: str
    cells: list[Cell]
    is_plain: bool = False
    notes: tuple[str, ...] = ()
    heading: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


def name_cell(sheet: str, address: str) -> str:
    """Name a cell within its file as errata and findings do: `B4`, or `Sheet1!B4` in a workbook."""
    return f"{sheet}!{address}" if sheet else address


def column_letters(index: int) -> str:
    """Return the spreadsheet name of a column, counted from 0: 0 -> A, 25 -> Z, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@lru_cache(maxsize=1 << 14)
def column_index(letters: bytes) -> int:
    """Return the number of a column, counted from 0: A -> 0, Z -> 25, AA -> 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def address(row: int, column: int) -> str:
    """Spreadsheet name of a cell, both counted from 0: (4, 2) -> "C5"."""
    return f"{column_letters(column)}{row + 1}"
