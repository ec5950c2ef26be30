"""Define what ingest reads and writes: resources, labelled cells, and the columns of its tables."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import accumulate, chain
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from hpedu.decoding import neutralise
from hpedu.sums import read_columns

OBSERVATIONS = read_columns("observations")
ISSUES = read_columns("issues")

CUT = "…"
"""What readers put behind a number that a transfer may have cut short: nobody takes it for a figure then."""

MOST_ROWS, MOST_COLUMNS = 1 << 20, 1 << 14
"""The rows and columns of the largest sheet that a workbook can have."""

MOST_CELLS = 10_000_000
"""The number of cells that a few letters may lay out, empty ones between filled ones included."""

SERIES_FIELDS = ("measure", "level", "ownership", "sex", "detail")
"""The columns that say what is counted, wherever it is."""

SERIES_KEY = [*SERIES_FIELDS, "territory", "place"]
"""The columns that make one series; with `year` they make one figure."""

NO_ITEM = ("title", "unit", "index", "code", "mark")
"""Labels of a cell that never say what is counted, nor where or when."""


class Resource(BaseModel):
    """One file of data/raw and its origin (a Frictionless data resource with more fields)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    path: str
    title: str
    title_vi: str = ""
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

    @field_validator("title", "title_vi", "publisher", "table", "url", "scope")
    @classmethod
    def _neutralise(cls, text: str) -> str:
        """Return a text that every page, export and terminal can show."""
        return neutralise(text)

    def title_in(self, language: str) -> str:
        """Return the title in a language, else as it was published."""
        return (self.title_vi if language == "vi" else "") or self.title


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


@lru_cache(maxsize=1 << 18)
def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


@dataclass(frozen=True)
class Cells:
    """The value cells of long records, made when they are looked at: millions of them would fill the memory."""

    records: Sequence[Sequence[str]]
    # The line of the first record.
    line: int
    # The names of the columns that head the records, and the labels of every column.
    heads: Sequence[str]
    columns: Sequence[Mapping[str, str]]

    @cached_property
    def _ends(self) -> list[int]:
        """Return the number of cells up to the end of each record."""
        return [*accumulate(max(len(record) - len(self.heads), 0) for record in self.records)]

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, wanted: int) -> Cell:
        wanted = range(len(self))[wanted]
        number = bisect_right(self._ends, wanted)
        return self._make(number, len(self.records[number]) - (self._ends[number] - wanted))

    def __iter__(self) -> Iterator[Cell]:
        return chain.from_iterable(map(self._make_all, range(len(self.records))))

    def _make_all(self, number: int) -> Iterator[Cell]:
        return (self._make(number, column) for column in range(len(self.heads), len(self.records[number])))

    def _make(self, number: int, column: int) -> Cell:
        record = self.records[number]
        labels = {**dict(zip(self.heads, record, strict=False)), **self.columns[column]}
        return Cell("", f"{column_letters(column)}{self.line + number}", record[column], labels)

    def list_runs(self) -> Iterator[tuple[Hashable, int, Sequence[str]]]:
        """Yield record by record what its labels are known by, the number of its first cell, and the prints."""
        start = 0
        for record, end in zip(self.records, self._ends, strict=True):
            yield (len(record), *record[: len(self.heads)]), start, record[len(self.heads) :]
            start = end

    def list_telling(self) -> list[Cell]:
        """Return the cells of one record of each kind: by its labels, and by which of its cells have a figure."""
        kinds: dict[Hashable, int] = {}
        for number, (key, _, prints) in enumerate(self.list_runs()):
            kinds.setdefault((key, *map(_has_digit, prints)), number)
        return [cell for number in kinds.values() for cell in self._make_all(number)]

    def list_places(self, numbers: Sequence[int]) -> dict[str, Any]:
        """Return columns `sheet`, `cell` and `printed` of some cells, given their numbers."""
        wanted, ends = pl.Series(numbers, dtype=pl.Int64), pl.Series(self._ends, dtype=pl.Int64)
        rows = ends.search_sorted(wanted, side="right")
        columns = pl.Series([len(self.records[row]) for row in rows], dtype=pl.Int64) - ends.gather(rows) + wanted
        letters = pl.Series([column_letters(column) for column in range(len(self.columns))], dtype=pl.String)
        return {
            "sheet": pl.repeat("", len(rows), eager=True),
            "cell": letters.gather(columns) + (rows + self.line).cast(pl.String),
            "printed": [self.records[row][column] for row, column in zip(rows, columns, strict=True)],
        }


@dataclass(frozen=True)
class RawTable:
    """A published table before anything is understood: its title and all of its value cells.

    `is_plain` says that the format itself writes numbers like 1234.5, whatever country it comes from; `notes`
    are the texts around the values that label none of them (heads of label columns, footnotes), where a unit may
    be stated; `heading` is what is printed over the table (letterhead, title, unit line, header), and who
    published or signed it; `missing` and `none` are the marks that the format itself has for "not published" and
    for zero.
    """

    title: str
    cells: list[Cell] | Cells
    is_plain: bool = False
    notes: tuple[str, ...] = ()
    heading: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    @cached_property
    def telling(self) -> list[Cell]:
        """Return cells that have all labels of the table between them; of long records one of each kind."""
        return self.cells.list_telling() if isinstance(self.cells, Cells) else self.cells

    def find_prints(self) -> set[str]:
        """Return the different texts that the cells print, but for numbers that were typed as such."""
        if isinstance(self.cells, Cells):
            return set(chain.from_iterable(prints for _, _, prints in self.cells.list_runs()))
        return {cell.printed for cell in self.cells if cell.scale is None}


def list_runs(cells: list[Cell] | Cells) -> Iterator[tuple[Hashable, int, Sequence[str]]]:
    """Yield runs of cells: what their labels are known by, the number of the first one, and their prints."""
    if isinstance(cells, Cells):
        yield from cells.list_runs()
        return
    for number, cell in enumerate(cells):
        yield (cell.sheet, cell.scale, *cell.labels.items()), number, (cell.printed,)


def list_places(cells: list[Cell] | Cells, numbers: Sequence[int]) -> dict[str, Any]:
    """Return columns `sheet`, `cell` and `printed` of some cells, given their numbers."""
    if isinstance(cells, Cells):
        return cells.list_places(numbers)
    found = [cells[number] for number in numbers]
    return {
        "sheet": [cell.sheet for cell in found],
        "cell": [cell.address for cell in found],
        "printed": [cell.printed for cell in found],
    }


def name_cell(sheet: str, address: str) -> str:
    """Name a cell within its file as errata and findings do: `B4`, or `Sheet1!B4` in a workbook."""
    return f"{sheet}!{address}" if sheet else address


_PLACE = re.compile(r"(.*?\.\w+)!(.*)", re.DOTALL)


def split_place(place: str) -> tuple[str, str]:
    """Split `file!cell` or `file!sheet!cell` after the file, whose name may have such a mark, too."""
    found = _PLACE.fullmatch(place)
    return (found[1], found[2]) if found else (place, "")


@lru_cache(maxsize=1 << 14)
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
