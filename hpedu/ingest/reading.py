"""Read an opened file (a form, a school list, or tables that have layouts) into observations and issues."""

from __future__ import annotations

from collections.abc import Iterator

from hpedu.ingest.forms.filled import is_form, read_form
from hpedu.ingest.interpret import Found, Progress, Reading, interpret, stay_silent
from hpedu.ingest.layouts import find_layout, load_layouts
from hpedu.ingest.quarantine import set_aside_row
from hpedu.ingest.schema import Cell, RawTable, Resource
from hpedu.ingest.schools.lists import find_lacking, read_schools
from hpedu.ingest.sheet.grid import Grid, make_grid
from hpedu.ingest.sheet.headers import read_grid
from hpedu.ingest.source import TABLES, Source, explain, report_damage
from hpedu.ingest.words.vietnamese import convert_legacy, detect_legacy
from hpedu.registry import Registry


def read_file(source: Source, resource: Resource, registry: Registry, progress: Progress = stay_silent) -> Reading:
    """Read a file. A table without a layout is set aside whole, cell by cell.

    Raises
    ------
    Unreadable
        If the file is damaged, of a kind hpedu does not read, or holds no table.
    """
    with report_damage():
        if is_form(source):
            return read_form(source, resource, registry)
        schools = read_schools(source, resource.path, registry)
    if schools is not None:
        return schools
    reading = Reading()
    reading.tables = tables = find_tables(source)
    lacking = find_lacking(source, registry) if any(found.layout is None for found in tables) else {}
    for found in tables:
        if found.layout is None:
            reading.issues += [
                _set_aside_without_layout(cell, found.table, lacking, resource, registry)
                for cell in found.table.cells
            ]
            continue
        part = interpret(found.table, found.layout, resource, registry, progress)
        reading.observations += part.observations
        reading.issues += part.issues
    return reading


def find_tables(source: Source) -> list[Found]:
    """Return all tables of a file, each with its layout.

    Raises
    ------
    Unreadable
        If the file is damaged, of a kind hpedu does not read, or holds no table.
    """
    if not source.format:
        raise explain(source)
    with report_damage():
        tables = [source.table] if source.format in TABLES else list(_list_tables(source.grids))
    # A file that labels its values holds a table, even if that is empty.
    if source.format not in TABLES and not any(table.cells for table in tables):
        raise explain(source)
    return [Found(table, find_layout(table.title, load_layouts())) for table in tables]


def _list_tables(grids: list[Grid]) -> Iterator[RawTable]:
    for grid in _convert_legacy_fonts(grids):
        for table in read_grid(grid):
            yield RawTable(table.title, table.cells)


def _convert_legacy_fonts(grids: list[Grid]) -> list[Grid]:
    """Convert text in a legacy font encoding to Unicode, judged over the whole file before anything is cleaned."""
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


def _set_aside_without_layout(
    cell: Cell, table: RawTable, lacking: dict[str, list[str]], resource: Resource, registry: Registry
) -> dict[str, object]:
    if cell.sheet in lacking:
        names = ", ".join(f"«{registry.school_columns[column].name.vi}»" for column in lacking[cell.sheet])
        return set_aside_row(cell, resource, "school_columns_lacking", names, registry)
    return set_aside_row(cell, resource, "no_layout", table.title, registry)
