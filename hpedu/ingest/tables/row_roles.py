"""What a row without values is there for, by its wording and its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from hpedu.ingest.tables.grid import Grid
from hpedu.ingest.tables.header_rows import HeaderFinder
from hpedu.ingest.tables.header_words import is_note, is_worded
from hpedu.ingest.tables.kinds import is_english
from hpedu.ingest.tables.rows import Row
from hpedu.ingest.words.text import clean_text

RowRole = Literal[
    "blank", "letterhead", "title", "unit", "header", "numbering", "section", "banner", "data", "note", "text"
]
"""`header` rows name the columns, `numbering` counts them; a `section` labels the rows under it, a `banner`
does so from over the values; `text` is a row of a sheet without any table."""

_TITLE_NUMBER = re.compile(
    r"^(?:(?:Biểu|Bảng|Table)\s*(?:số\s*)?)?\d{1,3}(?:\.\d+)*[.:)]?\s+(?=\D)", re.IGNORECASE
)
_MOST_WORDS_OF_A_NAME = 6  # "Lớp 1A", "Trường THCS Nguyễn Văn A"


class RoleReader:
    """Reads rows of one sheet. `values` are the columns that hold values at that place."""

    def __init__(self, grid: Grid, headers: HeaderFinder) -> None:
        self._grid = grid
        self._headers = headers

    def read_above(self, row: Row, values: Sequence[int]) -> RowRole:
        """The role of a row above a header."""
        if row.shape == "blank":
            return "blank"
        if any(is_worded("letterhead", text) for text in self._texts(row)):
            return "letterhead"
        if self._headers.is_unit_line(row, values):
            return "unit"
        return "note" if self.is_note(row) else "title"

    def read_within(self, row: Row, values: Sequence[int]) -> RowRole:
        """The role of a row among rows with values. With text under a header it has values too."""
        if row.shape != "text":
            return row.shape
        if self.is_note(row):
            return "note"
        if self._headers.is_unit_line(row, values):
            return "unit"
        if not values or row.filled[-1] < values[0]:
            return "section"
        return "banner" if len(row.filled) == 1 else "data"

    def is_note(self, row: Row) -> bool:
        return row.shape == "text" and is_note(self._texts(row))

    def count_notes(self, rows: Sequence[Row]) -> int:
        """How many of the rows below a table are its notes: up to the last one worded so, and its English line."""
        noted = [place for place, row in enumerate(rows) if self.is_note(row)]
        end = noted[-1] + 1 if noted else 0
        while 0 < end < len(rows) and rows[end].filled and is_english(self._line(rows[end])):
            end += 1
        return end

    def goes_on(self, titles: Sequence[Row]) -> bool:
        """Whether title lines say that a table goes on from the page before."""
        return any(is_worded("continued", self._line(row)) for row in titles)

    def is_name(self, titles: Sequence[Row]) -> bool:
        """Whether the lines above a repeated header only name what follows: "Lớp 1A"."""
        if len(titles) != 1 or self.goes_on(titles):
            return False
        line = self._line(titles[0])
        return len(line.split()) <= _MOST_WORDS_OF_A_NAME and not is_worded("measure_title", line)

    def join_titles(self, titles: Sequence[Row]) -> str:
        """Title lines in one, without the number of the table."""
        return _TITLE_NUMBER.sub("", " ".join(filter(None, map(self._line, titles))))

    def _texts(self, row: Row) -> list[str]:
        return [self._grid.rows[row.number][column] for column in row.filled]

    def _line(self, row: Row) -> str:
        return clean_text(" ".join(self._texts(row)))
