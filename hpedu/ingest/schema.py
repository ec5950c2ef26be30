"""Define what ingest reads and writes: resources, labelled cells, and the columns of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

OBSERVATIONS: dict[str, Any] = {
    "measure": pl.String,  # what is counted (registry/measures.csv)
    "level": pl.String,  # registry/codes.csv, dimension level; so are ownership, sex and status
    "ownership": pl.String,
    "sex": pl.String,
    "detail": pl.String,  # a part of the measure (age group, grade, degree); "" for the whole
    "territory": pl.String,
    "place": pl.String,  # a district or one institution; "" for the whole territory
    "year": pl.Int32,  # year in which the school year starts; calendar figures: the year itself
    "value": pl.Float64,
    "unit": pl.String,
    "status": pl.String,
    "qualifier": pl.String,  # "", ">", "<" or "about": then the value is a bound, not a point
    "flags": pl.List(pl.String),  # registry/codes.csv, dimension flag
    "source": pl.String,  # name of the resource in data/raw/datapackage.json
    "edition": pl.String,  # day, month or year the source was published
    "file": pl.String,
    "digest": pl.String,  # SHA-256 of the file
    "sheet": pl.String,
    "cell": pl.String,
    "printed": pl.String,  # the cell as printed
    "note": pl.String,
    "step": pl.Float64,  # smallest step the print shows, in `unit`; tells a rounding from a revision
    "current": pl.Boolean,  # False where a newer edition or a more precise print of it stands
}
"""One row an observation: one published figure, or one derived from published ones."""

ISSUES: dict[str, Any] = {
    "file": pl.String,
    "sheet": pl.String,
    "cell": pl.String,
    "printed": pl.String,
    "reason": pl.String,  # registry/codes.csv, dimension reason
    "subject": pl.String,  # the label or name the reason is about
    "message_vi": pl.String,
    "message_en": pl.String,
}
"""One row a cell that was set aside, and why."""

SERIES_KEY = ["measure", "level", "ownership", "sex", "detail", "territory", "place"]
"""The columns that make one series; with `year` they make one figure."""


class Resource(BaseModel):
    """One file of data/raw and its origin (a Frictionless data resource with fields of our own)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    path: str
    title: str
    publisher: str
    table: str  # the published table or article the figures stand in
    url: str
    published: str = Field(pattern=r"^\d{4}(-\d{2}){0,2}$")  # day, month or year of publication
    scope: str
    confidence: Literal["high", "medium", "low"]
    transcription: bool  # figures transcribed by us, not the file as received
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


@dataclass(frozen=True, slots=True)
class RawTable:
    """A published table before anything is understood: its title and all of its value cells.

    `is_plain` says that the format itself writes numbers like 1234.5, whatever country it comes from.
    """

    title: str
    cells: list[Cell]
    is_plain: bool = False


def name_cell(sheet: str, address: str) -> str:
    """A cell within its file, as errata and findings call it: `B4`, or `Sheet1!B4` in a workbook."""
    return f"{sheet}!{address}" if sheet else address


def column_letters(index: int) -> str:
    """Spreadsheet name of a column, counted from 0: 0 -> A, 25 -> Z, 26 -> AA."""
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
