"""Give each value of a table its labels: those over it and those of its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hpedu.ingest.schema import Cell, address
from hpedu.ingest.sheet.columns import SEPARATOR, ColumnRole, Columns, HeaderPaths, join_lines, sort_columns
from hpedu.ingest.sheet.grid import Grid, is_blank
from hpedu.ingest.sheet.header_rows import RowRole
from hpedu.ingest.sheet.outline import Line, continues, find_parents
from hpedu.ingest.sheet.regions import Block, find_blocks
from hpedu.ingest.sheet.vocabulary import find_kind, find_unit, is_worded

RestRole = Literal["title", "letterhead", "unit", "header", "corner", "label", "remark", "footer", "text"]
"""What a cell without a value is for; `text` is in a sheet that has no table, `remark` in a remarks column, a
`corner` heads a column without values."""

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
    "footer": "footer",
    "text": "text",
}
_NOTES = ("title", "letterhead", "corner", "remark", "footer")
_MAY_NAME_UNIT = ("letterhead", "title", "header")


@dataclass(frozen=True)
class RowLabel:
    """The label of a row with values, and the path of labels above it."""

    row: str
    parent: str


def label_rows(block: Block, columns: Columns, group: Sequence[int]) -> dict[int, RowLabel]:
    """Return the labels of every row with values, read in the label columns of one `group`.

    A label over two rows ("Số lớp học" and below it "Number of classes") is one label, whichever of them has
    the values.
    """
    lines: list[Line] = []
    # The rows of the grid that each line is of.
    rows: list[list[int]] = []
    for row, line in _read_lines(block, columns, group):
        if lines and rows[-1][-1] == row - 1 and continues(lines[-1], line):
            joined = f"{lines[-1].text.rstrip()} {line.text.strip()}"
            lines[-1] = replace(lines[-1], text=joined, has_values=lines[-1].has_values or line.has_values)
            rows[-1].append(row)
        else:
            lines.append(line)
            rows.append([row])
    labels: dict[int, RowLabel] = {}
    for line, parents, its_rows in zip(lines, find_parents(lines), rows, strict=True):
        label = RowLabel(join_lines(line.text), SEPARATOR.join(parents))
        labels.update(dict.fromkeys(its_rows, label))
    return labels


def _read_lines(block: Block, columns: Columns, group: Sequence[int]) -> list[tuple[int, Line]]:
    merged = _merged_labels(block.grid, group)
    # The last text of each label column, for the cells left blank under it.
    above: dict[int, str] = {}
    index = next(iter(columns.of("index")), None)
    lines = []
    for row, role in block.numbered():
        texts = block.grid.rows[row]
        if role not in ("section", "banner", "data"):
            above = {} if role == "header" else above
            continue
        if role == "banner":
            above = {}
            lines.append((row, Line(next(t for t in texts if not is_blank(t)), False, banner=True)))
            continue
        mark = texts[index] if index is not None else ""
        parts = _label_parts(texts, row, group, merged, above)
        if not parts and not is_blank(mark) and find_kind(mark) == "text":
            # "TỔNG SỐ" is set over the index and the label.
            parts, mark = [mark], ""
        has_values = role == "data" and any(not is_blank(texts[c]) for c in columns.of("value"))
        above = _carry(texts, group, above, role)
        lines.append((row, Line(SEPARATOR.join(parts), has_values, mark)))
    return lines


def _label_parts(
    texts: Sequence[str],
    row: int,
    group: Sequence[int],
    merged: dict[tuple[int, int], str],
    above: dict[int, str],
) -> list[str]:
    """Return the labels of a row, from the left; the first keeps its indent.

    A blank one with another to its right is that of the row above: the label of several rows, not merged.
    """
    own = {column: merged.get((row, column), texts[column]) for column in group}
    last = max((column for column, text in own.items() if not is_blank(text)), default=-1)
    parts = [text if not is_blank(text) else above.get(c, "") for c, text in own.items() if c <= last]
    return [text if place == 0 else join_lines(text) for place, text in enumerate(filter(str.strip, parts))]


def _carry(texts: Sequence[str], group: Sequence[int], above: dict[int, str], role: RowRole) -> dict[int, str]:
    if role == "section":
        return {}
    filled = [column for column in group if not is_blank(texts[column])]
    kept = {c: text for c, text in above.items() if not filled or c < filled[0]}
    return kept | {column: texts[column] for column in filled}


def _merged_labels(grid: Grid, group: Sequence[int]) -> dict[tuple[int, int], str]:
    """Return the text of each label cell that a merged range covers from above.

    A range over several label columns is one label: only its first column has it.
    """
    return {
        (row, merge.left): grid.rows[merge.top][merge.left]
        for merge in grid.merged
        if merge.left in group
        for row in range(merge.top, merge.bottom + 1)
    }


@dataclass(frozen=True, slots=True)
class RestCell:
    """A cell in which something is printed that is no value."""

    sheet: str
    address: str
    printed: str
    role: RestRole


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read. `cells` and `rest` together are every filled cell of the block.

    Labels of a cell: `title`; `column`, header tiers joined by " / "; `row`, label columns joined likewise;
    `parent`, the sections and groups the row is under, joined likewise; `unit`, of the row, the column or the
    table; `index`, the number or mark of the row, and `code`, where the table has them. What a table does not
    have is "".
    """

    title: str
    cells: list[Cell]
    rest: list[RestCell]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the texts that label no value and may state a unit for all."""
        return tuple(dict.fromkeys(cell.printed for cell in self.rest if cell.role in _NOTES))


def read_grid(grid: Grid) -> list[Table]:
    """Read all tables of a sheet. Each filled cell is in exactly one of them, once."""
    return [read_block(block) for block in find_blocks(grid)]


def read_block(block: Block) -> Table:
    """Read one table: values are in rows with values, behind their labels and below the header."""
    reader = _BlockReader(block)
    last = max(block.rows("data"), default=-1)
    table = Table(block.title, [], [])
    for row, role in block.numbered():
        reader.enter(row, role)
        for column, printed in enumerate(block.grid.rows[row]):
            if is_blank(printed):
                continue
            place = address(row, column)
            if role == "data" and reader.columns.roles[column] == "value":
                scale = block.grid.scales.get((row, column))
                table.cells.append(Cell(block.grid.sheet, place, printed, reader.labels(row, column), scale))
            else:
                # A label or unit with nothing under it is a remark on what is above.
                rest: RestRole = "footer" if 0 <= last < row else reader.rest_role(role, column, printed)
                table.rest.append(RestCell(block.grid.sheet, place, printed, rest))
    return table


class _BlockReader:
    """A walk down the rows of a block; `enter` takes in what holds from a row on: its header, its unit."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._headers = _header_groups(block)
        self._numbering = set(block.rows("numbering"))
        self.columns = _sort_columns(block, next(iter(self._headers.values()), []))
        self._values = self.columns.of("value")
        self._groups = {column: self.columns.labels_of(column) for column in self._values}
        self._rows = {group: label_rows(block, self.columns, group) for group in set(self._groups.values())}
        self._names: dict[int, str] = {}
        self._units: dict[int, str] = {}
        marked: tuple[ColumnRole, ...] = ("index", "code", "unit")
        self._marked = [(role, columns) for role in marked if (columns := self.columns.of(role))]
        self._marks: dict[ColumnRole, str] = {}
        # The unit of the table, and of the part of it under a banner.
        self._table_unit = self._unit = ""
        self._above: RowRole = "blank"

    def enter(self, row: int, role: RowRole) -> None:
        """Take in a row before its cells are read: a header or unit that holds from here on, marks of the row."""
        texts = self._block.grid.rows[row]
        if row in self._headers:
            tiers = [tier for tier in self._headers[row] if tier not in self._numbering]
            counts = [tier for tier in self._headers[row] if tier in self._numbering]
            paths = HeaderPaths(self._block.grid, tiers, counts, self._values)
            self._names = {column: paths.path(column) for column in self._values}
            if self._is_shifted(tiers):
                self._names = {}
            self._units = {column: paths.unit(column) for column in self._values}
        if role in ("unit", "banner"):
            printed = join_lines(" ".join(text for text in texts if not is_blank(text)))
            own = printed if role == "unit" else find_unit(printed)
            goes_on = role == self._above == "banner"  # its second line, in English
            self._unit = own or (self._unit if goes_on else self._table_unit)
            self._table_unit = self._unit if role == "unit" else self._table_unit
        elif role in _MAY_NAME_UNIT:
            for text in texts:
                if is_worded("unit_line", text):
                    self._unit = self._table_unit = join_lines(text)
        self._above = role
        self._marks = {role: join_lines(" ".join(texts[c] for c in columns)) for role, columns in self._marked}

    def _is_shifted(self, tiers: Sequence[int]) -> bool:
        """Return whether a header lacks its corner, as text where blank cells were dropped: each name is then one
        column too far left, the first is over the labels and the last column has none.
        """
        *named, last = [bool(self._names[column]) for column in self._values] or [True]
        corner = self._block.grid.rows[tiers[-1]][: self._values[0]] if tiers and self._values else []
        return not last and bool(named) and all(named) and not all(map(is_blank, corner))

    def labels(self, row: int, column: int) -> dict[str, str]:
        label = self._rows[self._groups[column]][row]
        labels = {
            "title": self._block.title,
            "column": self._names.get(column, ""),
            "row": label.row,
            "parent": label.parent,
            "unit": self._units.get(column) or self._unit,
        }
        labels.update((role, mark) for role, mark in self._marks.items() if role != "unit" or mark)
        # "TỔNG SỐ" set over index and label is the label.
        if labels.get("index") == label.row:
            labels["index"] = ""
        return labels

    def rest_role(self, role: RowRole, column: int, printed: str) -> RestRole:
        if role in _MAY_NAME_UNIT and is_worded("unit_line", printed):
            return "unit"
        if role == "header" and self.columns.roles[column] != "value":
            return "corner"
        return "remark" if role == "data" and self.columns.roles[column] == "remark" else _REST[role]


def _header_groups(block: Block) -> dict[int, list[int]]:
    """Return each header of the block, by its first row: its rows, up to the next row with values or labels."""
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
