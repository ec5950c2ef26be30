"""Define what ingest reads and writes: resources, labelled cells, and the columns of its tables."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, overload

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

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
    published: str = Field(pattern=r"^\d{4}(-\d{2}){0,2}$")
    scope: str
    confidence: Literal["high", "medium", "low"]
    # Whether the figures were typed from the source, and this is not the file as received.
    transcription: bool
    licenses: list[dict[str, str]]
    format: str = "csv"
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value cell as printed. `labels` maps a dimension of the table to the label printed for the cell."""

    sheet: str
    address: str
    printed: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Cells(Sequence[Cell]):
    """The value cells of a long list of records, made anew whenever they are looked at.

    Millions of cells with their addresses and labels would fill the memory; the prints alone do not. The labels
    of a cell are those of its record and those of its place in the record.
    """

    rows: Sequence[Sequence[str]]
    # The number of cells up to the end of each record.
    ends: Sequence[int]
    # Makes the cells of one record, given its number from 0.
    read_row: Callable[[int, Sequence[str]], Iterator[Cell]]

    def __iter__(self) -> Iterator[Cell]:
        for number, row in enumerate(self.rows):
            yield from self.read_row(number, row)

    def bear_all_labels(self) -> Iterator[Cell]:
        """Return cells that together have every label: the first of each record, and all of the longest."""
        longest = max(range(len(self.rows)), key=lambda number: len(self.rows[number]), default=None)
        for number, row in enumerate(self.rows):
            yield from islice(self.read_row(number, row), None if number == longest else 1)

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> list[Cell]: ...
    def __getitem__(self, index: int | slice) -> Cell | list[Cell]:
        wanted = range(len(self))[index]
        if isinstance(wanted, range):
            return [self[number] for number in wanted]
        row = bisect_right(self.ends, wanted)
        cells = list(self.read_row(row, self.rows[row]))
        return cells[wanted - self.ends[row]]


@dataclass(frozen=True, slots=True)
class RawTable:
    """A published table before anything is understood: its title and all of its value cells.

    `is_plain` says that the format itself writes numbers like 1234.5, whatever country it comes from.
    """

    title: str
    cells: Sequence[Cell]
    is_plain: bool = False


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


def column_index(letters: bytes) -> int:
    """Return the number of a column, counted from 0: A -> 0, Z -> 25, AA -> 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def address(row: int, column: int) -> str:
    """Spreadsheet name of a cell, both counted from 0: (4, 2) -> "C5"."""
    return f"{column_letters(column)}{row + 1}"
