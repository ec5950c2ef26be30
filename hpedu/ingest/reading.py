"""Any file as received -> its tables -> observations, and every cell that was set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hpedu.ingest.forms.filled import is_form, read_form
from hpedu.ingest.interpret import Reading, interpret
from hpedu.ingest.layouts import Layout, find_layout, load_layouts
from hpedu.ingest.quarantine import Unreadable, set_aside_row
from hpedu.ingest.readers import excel, fixed_width, html, jsonstat, px, pxweb, text
from hpedu.ingest.schema import Cell, RawTable, Resource
from hpedu.ingest.schools.lists import find_lacking, read_schools
from hpedu.ingest.sheet.grid import Grid, make_grid
from hpedu.ingest.sheet.headers import read_grid
from hpedu.ingest.source import explain, refuse_hopeless, told_as_damage
from hpedu.ingest.words.vietnamese import convert_legacy, detect_legacy
from hpedu.registry import Registry

TABLES: dict[str, tuple[Callable[[bytes], bool], Callable[[bytes], RawTable]]] = {
    "pxweb_csv": (pxweb.is_pxweb_csv, pxweb.read_pxweb_csv),
    "jsonstat": (jsonstat.is_jsonstat, jsonstat.read_jsonstat),
    "px": (px.is_px, px.read_px),
    "tidy_csv": (text.is_tidy_csv, text.read_tidy_csv),
}
"""Formats that say themselves what each value stands for."""

SHEETS: list[tuple[Callable[[bytes], bool], Callable[[bytes], list[Grid]]]] = [
    (excel.is_workbook, excel.read_workbook),
    (excel.is_spreadsheetml, excel.read_spreadsheetml),
    (html.is_html, html.read_html),
    (text.is_delimited, text.read_delimited),
    (fixed_width.is_plain_text, fixed_width.read_plain_text),
]
"""Formats made to be looked at: headers and labels are found by their place.

Formats are told by content, never by the ending of the name; the order is from the most to the least sure.
"""


@dataclass(frozen=True)
class Found:
    """A table of a file, and its layout if there is one."""

    table: RawTable
    layout: Layout | None


def find_tables(data: bytes) -> list[Found]:
    """All tables of a file, each with its layout.

    Raises
    ------
    Unreadable
        If the file is damaged, of a kind hpedu does not read, or holds no table.
    """
    refuse_hopeless(data)
    with told_as_damage():
        for recognise, read in TABLES.values():
            if recognise(data):
                return [_find(read(data))]
        for is_sheets, read_sheets in SHEETS:
            if is_sheets(data):
                found = [_find(table) for grid in _convert(read_sheets(data)) for table in _tables_of(grid)]
                if not any(its.table.cells for its in found):
                    raise explain(data) if is_sheets is fixed_width.is_plain_text else Unreadable("no_table")
                return found
    raise explain(data)


def read_file(data: bytes, resource: Resource, registry: Registry) -> Reading:
    """Read a file by its content. A table without a layout is set aside whole, cell by cell.

    Raises
    ------
    Unreadable
        If the file is damaged, of a kind hpedu does not read, or holds no table.
    """
    refuse_hopeless(data)
    with told_as_damage():
        if is_form(data):
            return read_form(data, resource, registry)
        if not any(recognise(data) for recognise, _ in TABLES.values()):
            schools = read_schools(data, resource, registry)
            if schools is not None:
                return schools
    reading = Reading()
    tables = find_tables(data)
    lacking = find_lacking(data, registry) if any(found.layout is None for found in tables) else {}
    for found in tables:
        if found.layout is None:
            reading.issues += [
                _without_layout(cell, found.table, lacking, resource, registry) for cell in found.table.cells
            ]
            continue
        part = interpret(found.table, found.layout, resource, registry)
        reading.observations += part.observations
        reading.issues += part.issues
    return reading


def _find(table: RawTable) -> Found:
    return Found(table, find_layout(table.title, load_layouts()))


def _tables_of(grid: Grid) -> Iterator[RawTable]:
    for table in read_grid(grid):
        yield RawTable(table.title, table.cells)


def _convert(grids: list[Grid]) -> list[Grid]:
    """Bring text in a legacy font encoding to Unicode: judged over the whole file, before anything is cleaned."""
    encoding = detect_legacy(text for grid in grids for row in grid.rows for text in row)
    if encoding is None:
        return grids
    return [
        make_grid(
            convert_legacy(grid.sheet, encoding),
            [[convert_legacy(text, encoding) for text in row] for row in grid.rows],
            grid.merged,
        )
        for grid in grids
    ]


def _without_layout(
    cell: Cell, table: RawTable, lacking: dict[str, list[str]], resource: Resource, registry: Registry
) -> dict[str, object]:
    if cell.sheet in lacking:
        names = ", ".join(f"«{registry.school_columns[column].name.vi}»" for column in lacking[cell.sheet])
        return set_aside_row(cell, resource, "school_columns_lacking", names, registry)
    return set_aside_row(cell, resource, "no_layout", table.title, registry)
