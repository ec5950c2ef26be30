"""From a sheet to cells with labels: what each value of a table stands under and beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hpedu.ingest.cells import Cell
from hpedu.ingest.tables.blocks import Block, find_blocks
from hpedu.ingest.tables.columns import ColumnRole, Columns, sort_columns
from hpedu.ingest.tables.grid import Grid, address, is_blank
from hpedu.ingest.tables.header_paths import HeaderPaths, join_lines
from hpedu.ingest.tables.header_words import find_unit, is_worded
from hpedu.ingest.tables.row_labels import label_rows
from hpedu.ingest.tables.row_roles import RowRole

__all__ = ["Block", "RestCell", "RestRole", "Table", "find_blocks", "read_block", "read_grid"]

RestRole = Literal["title", "letterhead", "unit", "header", "label", "note", "text"]
"""What a cell without a value is there for; `text` stands in a sheet that has no table."""

_REST: Mapping[RowRole, RestRole] = {
    "blank": "text",
    "letterhead": "letterhead",
    "title": "title",
    "unit": "unit",
    "header": "header",
    "numbering": "header",
    "section": "label",
    "banner": "label",
    "data": "label",
    "note": "note",
    "text": "text",
}
_MAY_SAY_UNIT = ("letterhead", "title", "header")  # beside other things


@dataclass(frozen=True, slots=True)
class RestCell:
    """A cell in which something is printed that is no value."""

    sheet: str
    address: str
    printed: str
    role: RestRole


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read. `cells` and `rest` together are every cell of the block in which something stands.

    Labels of a cell: `title`; `column`, header tiers joined by " / "; `row`, label columns joined likewise;
    `parent`, the sections and groups the row is under, joined likewise; `unit`, of the row, the column or the
    table; `index`, the number or mark of the row, and `code`, where the table has them. What a table does not
    say is "".
    """

    title: str
    cells: list[Cell]
    rest: list[RestCell]


def read_grid(grid: Grid) -> list[Table]:
    """All tables of a sheet. Each cell in which something stands is in exactly one of them, once."""
    return [read_block(block) for block in find_blocks(grid)]


def read_block(block: Block) -> Table:
    """Read one table: values are what stands in rows with values, behind their labels and below the header."""
    reader = _BlockReader(block)
    table = Table(block.title, [], [])
    for row, role in block.numbered():
        reader.enter(row, role)
        for column, printed in enumerate(block.grid.rows[row]):
            if is_blank(printed):
                continue
            place = address(row, column)
            if reader.is_value(role, column):
                table.cells.append(Cell(block.grid.sheet, place, printed, reader.labels(row, column)))
            else:
                table.rest.append(
                    RestCell(block.grid.sheet, place, printed, reader.rest_role(role, column, printed))
                )
    return table


class _BlockReader:
    """Goes down the rows of a block; `enter` takes in what holds from a row on: its header, its unit."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._headers = _header_groups(block)
        self._numbering = set(block.rows("numbering"))
        self._columns = _sort_columns(block, next(iter(self._headers.values()), []))
        self._values = self._columns.of("value")
        self._groups = {column: self._columns.labels_of(column) for column in self._values}
        self._rows = {group: label_rows(block, self._columns, group) for group in set(self._groups.values())}
        self._paths = HeaderPaths(block.grid, [], [], self._values)
        self._names: dict[int, str] = {}
        marked: tuple[ColumnRole, ...] = ("index", "code", "unit")
        self._marked = [(role, columns) for role in marked if (columns := self._columns.of(role))]
        self._marks: dict[ColumnRole, str] = {}
        self._table_unit = self._unit = ""  # of the table, and of the part of it under a banner
        self._above: RowRole = "blank"

    def enter(self, row: int, role: RowRole) -> None:
        """Take in a row before its cells are read: a header or unit that holds from here on, marks of the row."""
        texts = self._block.grid.rows[row]
        if row in self._headers:
            tiers = [tier for tier in self._headers[row] if tier not in self._numbering]
            counts = [tier for tier in self._headers[row] if tier in self._numbering]
            self._paths = HeaderPaths(self._block.grid, tiers, counts, self._values)
            self._names = {column: self._paths.path(column) for column in self._values}
        if role in ("unit", "banner"):
            printed = join_lines(" ".join(text for text in texts if not is_blank(text)))
            own = printed if role == "unit" else find_unit(printed)
            goes_on = role == self._above == "banner"  # its second line, in English
            self._unit = own or (self._unit if goes_on else self._table_unit)
            self._table_unit = self._unit if role == "unit" else self._table_unit
        elif role in _MAY_SAY_UNIT:
            for text in texts:
                if is_worded("unit_line", text):
                    self._unit = self._table_unit = join_lines(text)
        self._above = role
        self._marks = {role: join_lines(" ".join(texts[c] for c in columns)) for role, columns in self._marked}

    def is_value(self, role: RowRole, column: int) -> bool:
        return role == "data" and self._columns.roles[column] == "value"

    def labels(self, row: int, column: int) -> dict[str, str]:
        label = self._rows[self._groups[column]][row]
        labels = {
            "title": self._block.title,
            "column": self._names.get(column, ""),
            "row": label.row,
            "parent": label.parent,
            "unit": self._paths.unit(column) or self._unit,
        }
        labels.update((role, mark) for role, mark in self._marks.items() if role != "unit" or mark)
        if labels.get("index") == label.row:  # "TỔNG SỐ" set over index and label is the label
            labels["index"] = ""
        return labels

    def rest_role(self, role: RowRole, column: int, printed: str) -> RestRole:
        if role in _MAY_SAY_UNIT and is_worded("unit_line", printed):
            return "unit"
        return "note" if role == "data" and self._columns.roles[column] == "note" else _REST[role]


def _header_groups(block: Block) -> dict[int, list[int]]:
    """Each header of the block, by its first row: its rows, up to the next row with values or labels."""
    groups: dict[int, list[int]] = {}
    current: list[int] = []
    for row, role in block.numbered():
        if role in ("header", "numbering"):
            if not current:
                groups[row] = current
            current.append(row)
        elif role in ("data", "section", "banner"):
            current = []
    return groups


def _sort_columns(block: Block, header: list[int]) -> Columns:
    rows = block.grid.rows
    headers = ["\n".join(rows[r][c] for r in header if not is_blank(rows[r][c])) for c in range(block.grid.width)]
    return sort_columns([rows[row] for row in block.rows("data")], headers)
