"""Where the tables of a sheet begin and end, and what each row is there for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from hpedu.ingest.columns import sort_columns
from hpedu.ingest.grid import Grid
from hpedu.ingest.header_rows import HeaderFinder, are_alike, texts_of
from hpedu.ingest.header_words import is_note, is_worded
from hpedu.ingest.kinds import is_english
from hpedu.ingest.rows import Row, read_rows
from hpedu.ingest.text import clean_text

RowRole = Literal[
    "blank", "letterhead", "title", "unit", "header", "numbering", "section", "banner", "data", "note", "text"
]
"""`header` rows name the columns, `numbering` counts them; a `section` labels the rows under it, a `banner`
does so from over the values; `text` is a row of a sheet without any table."""

_TITLE_NUMBER = re.compile(
    r"^(?:(?:Biểu|Bảng|Table)\s*(?:số\s*)?)?\d{1,3}(?:\.\d+)*[.:)]?\s+(?=\D)", re.IGNORECASE
)
_MOST_WORDS_OF_A_NAME = 6  # "Lớp 1A", "Trường THCS Nguyễn Văn A"
_ENOUGH_ROWS = 200  # to tell the columns of a run of rows


@dataclass
class Block:
    """A table of a sheet: the role of each row of the grid from `first` on.

    `title` is its title lines in one, without the number of the table; that of the table before where this one
    goes on with other columns; the name of the sheet where there is none.
    """

    grid: Grid
    first: int
    title: str
    roles: list[RowRole] = field(default_factory=list)

    def rows(self, *roles: RowRole) -> Iterator[int]:
        """The numbers, in the grid, of the rows with one of some roles."""
        return (self.first + place for place, role in enumerate(self.roles) if role in roles)

    def numbered(self) -> Iterator[tuple[int, RowRole]]:
        """Every row of the block by its number in the grid, with its role."""
        return enumerate(self.roles, start=self.first)


def find_blocks(grid: Grid) -> list[Block]:
    """The tables of a sheet, from the top. Together they hold every row of it; an empty sheet has none."""
    finder = _BlockFinder(grid)
    runs = list(_runs(read_rows(grid)))
    for place, (gap, run) in enumerate(runs):
        finder.add(gap, run, _rows_alike(runs[place : place + _ENOUGH_ROWS]))
    return finder.blocks


def _runs(rows: Sequence[Row]) -> Iterator[tuple[list[Row], list[Row]]]:
    """Rows with values that follow one another, each run with the rows since the run before; the last is empty."""
    gap: list[Row] = []
    run: list[Row] = []
    for row in rows:
        if row.shape == "data":
            run.append(row)
            continue
        if run:
            yield gap, run
            gap, run = [], []
        gap.append(row)
    if run:
        yield gap, run
        gap = []
    yield gap, []


def _rows_alike(runs: Sequence[tuple[list[Row], list[Row]]]) -> list[Row]:
    """The first rows with values of some runs, up to where a header may stand: enough to tell their columns."""
    rows: list[Row] = []
    for place, (gap, run) in enumerate(runs):
        if len(rows) >= _ENOUGH_ROWS or (place and any(len(row.filled) > 1 for row in gap)):
            break
        rows += run
    return rows[:_ENOUGH_ROWS]


class _BlockFinder:
    """Goes down a sheet, run by run, and gives every row its role."""

    def __init__(self, grid: Grid) -> None:
        self.blocks: list[Block] = []
        self._grid = grid
        self._headers = HeaderFinder(grid)
        self._header: set[str] = set()  # the texts of the header that holds now
        self._values: tuple[int, ...] = ()  # and the columns with values under it
        self._titles: list[Row] = []  # of the table that is being read

    def add(self, gap: list[Row], run: list[Row], alike: list[Row]) -> None:
        """Take in the next run of rows with values, after the rows above it; the last run has no rows."""
        if not run:
            self._end(gap)
            return
        values = self._value_columns(gap, alike)
        header = self._headers.find(gap, values)
        before = [row for row in gap if not header or row.number < header[0]]
        notes = self._count_notes(before) if self.blocks else 0
        titles = [row for row in before[notes:] if row.shape != "blank"]
        if not self.blocks or self._heads_table(gap, header, titles, values):
            if self.blocks:
                self._give("note", before[:notes])
            self._begin(gap[notes:], header, values)
        elif header and self._is_again(gap, header):
            self._give("note", before[:notes])
            if self._is_name(titles):
                self._name_first_part()
            self._give("banner" if self._is_name(titles) else "title", before[notes:])
            self._give_header(gap[len(before) :], header, values)
        else:
            self._values = tuple(sorted({*self._values, *values}))
            self._give_body(gap)
        self._give("data", run)

    def _value_columns(self, gap: list[Row], alike: list[Row]) -> tuple[int, ...]:
        if self._values and {column for row in alike for column in row.numeric} <= set(self._values):
            return self._values
        above = [self._grid.rows[row.number] for row in gap if len(row.filled) > 1]
        headers = ["\n".join(texts[c] for texts in above if texts[c].strip()) for c in range(self._grid.width)]
        return sort_columns([self._grid.rows[row.number] for row in alike], headers).of("value")

    def _heads_table(
        self, gap: list[Row], header: Sequence[int], titles: list[Row], values: Sequence[int]
    ) -> bool:
        """Whether header rows below a table head another one; else they are the same again, or no header."""
        if not header:
            return False
        if self._is_again(gap, header):
            return bool(titles) and not self._is_name(titles) and not self._goes_on(titles)
        parted = bool(titles) or any(row.shape == "blank" for row in gap if row.number < header[0])
        last = self._grid.rows[header[-1]]
        names = {text for text in last[values[0] :] if text.strip()} if values else set()
        unlabelled = not any(text.strip() for text in last[: values[0]]) if values else False
        return (parted or unlabelled or len(header) > 1) and (len(names) > 1 or len(values) == 1)

    def _is_again(self, gap: list[Row], header: Sequence[int]) -> bool:
        return are_alike(self._names(gap, header), self._header)

    def _names(self, gap: list[Row], header: Sequence[int]) -> set[str]:
        named = [row.number for row in gap if row.number in header and row.shape != "numbering"]
        return texts_of(self._grid, named)

    def _goes_on(self, titles: list[Row]) -> bool:
        return any(is_worded("continued", self._line(row)) for row in titles)

    def _is_name(self, titles: list[Row]) -> bool:
        """Whether the lines above a repeated header only name what follows: "Lớp 1A"."""
        lines = [self._line(row) for row in titles]
        return len(lines) == 1 and not (
            len(lines[0].split()) > _MOST_WORDS_OF_A_NAME
            or is_worded("measure_title", lines[0])
            or self._goes_on(titles)
        )

    def _begin(self, gap: list[Row], header: Sequence[int], values: tuple[int, ...]) -> None:
        before = [row for row in gap if not header or row.number < header[0]]
        roles: list[RowRole] = [self._title_role(row, values) for row in before]
        self._titles = [row for row, role in zip(before, roles, strict=True) if role == "title"]
        earlier = self.blocks[-1].title if self.blocks else clean_text(self._grid.sheet)
        first = gap[0].number if gap else self._next_row()
        self.blocks.append(Block(self._grid, first, self._join_titles() or earlier, roles))
        self._header, self._values = self._names(gap, header), values
        self._give_header(gap[len(before) :], header, values)

    def _join_titles(self) -> str:
        return _TITLE_NUMBER.sub("", clean_text(" ".join(map(self._line, self._titles))))

    def _name_first_part(self) -> None:
        """Where each part of a table has its name over its header, the last title line is the first one's."""
        block = self.blocks[-1]
        if len(self._titles) > 1 and self._is_name(self._titles[-1:]):
            block.roles[self._titles.pop().number - block.first] = "banner"
            block.title = self._join_titles()

    def _next_row(self) -> int:
        return self.blocks[-1].first + len(self.blocks[-1].roles) if self.blocks else 0

    def _give_header(self, rows: list[Row], header: Sequence[int], values: tuple[int, ...]) -> None:
        for row in rows:
            if row.number in header:
                self._give("numbering" if row.shape == "numbering" else "header", [row])
            elif header and row.number < header[-1]:
                self._give("unit" if self._headers.is_unit_line(row, values) else "title", [row])
            else:
                self._give_body([row])

    def _give_body(self, rows: list[Row]) -> None:
        for row in rows:
            self._give(self._body_role(row), [row])

    def _give(self, role: RowRole, rows: list[Row]) -> None:
        self.blocks[-1].roles += ["blank" if row.shape == "blank" else role for row in rows]

    def _end(self, gap: list[Row]) -> None:
        """The rows below the last values: labels without values, then notes and signatures."""
        if not self.blocks:
            if gap:
                self.blocks.append(Block(self._grid, 0, clean_text(self._grid.sheet)))
                self._give("text", gap)
            return
        first = next((place for place, row in enumerate(gap) if self._is_note(row)), len(gap))
        self._give_body(gap[:first])
        self._give("note", gap[first:])

    def _title_role(self, row: Row, values: Sequence[int]) -> RowRole:
        if row.shape == "blank":
            return "blank"
        if any(is_worded("letterhead", self._grid.rows[row.number][column]) for column in row.filled):
            return "letterhead"
        if self._headers.is_unit_line(row, values):
            return "unit"
        return "note" if self._is_note(row) else "title"

    def _body_role(self, row: Row) -> RowRole:
        left = [column for column in row.filled if not self._values or column < self._values[0]]
        if row.shape in ("blank", "numbering", "data"):
            return row.shape
        if self._is_note(row):
            return "note"
        if self._headers.is_unit_line(row, self._values):
            return "unit"
        if len(left) == len(row.filled):
            return "section"
        return "banner" if len(row.filled) == 1 else "data"

    def _is_note(self, row: Row) -> bool:
        texts = [self._grid.rows[row.number][column] for column in row.filled]
        return row.shape == "text" and is_note(texts)

    def _count_notes(self, rows: Sequence[Row]) -> int:
        """How many rows below a table are its notes: up to the last one worded so, and its English line."""
        noted = [place for place, row in enumerate(rows) if self._is_note(row)]
        end = noted[-1] + 1 if noted else 0
        while 0 < end < len(rows) and rows[end].filled and is_english(self._line(rows[end])):
            end += 1
        return end

    def _line(self, row: Row) -> str:
        return clean_text(" ".join(self._grid.rows[row.number][column] for column in row.filled))
