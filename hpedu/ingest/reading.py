"""Read an opened file (a form, a school list, or tables that have layouts) into observations and issues."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from hpedu.ingest.boundary import is_national
from hpedu.ingest.corrections import FORM, correct
from hpedu.ingest.doubts import set_aside_repeated
from hpedu.ingest.forms.design import ASIDE, PASTED
from hpedu.ingest.forms.filled import find_aside, find_cover, is_form, read_form
from hpedu.ingest.interpret import Found, Progress, Reading, interpret, stay_silent
from hpedu.ingest.layouts import find_broken, find_layout, load_layouts
from hpedu.ingest.panel import is_panel, read_panel
from hpedu.ingest.quarantine import Refusals, refuse_all, refuse_many, set_aside_row
from hpedu.ingest.schema import Cell, RawTable, Resource, column_index
from hpedu.ingest.schools.lists import find_lacking, read_schools
from hpedu.ingest.screen import report
from hpedu.ingest.sheet.grid import Grid
from hpedu.ingest.sheet.headers import Table, read_grid
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.source import TABLES, Source, explain
from hpedu.ingest.words.vietnamese import convert_legacy, detect_legacy
from hpedu.registry import Registry

_MOST_ROWS = 100_000
"""No table made for the eye has more."""

_HEADING = ("title", "letterhead", "unit", "header", "text")


def read_file(source: Source, resource: Resource, registry: Registry, progress: Progress = stay_silent) -> Reading:
    """Read a file. A table without a layout is set aside whole, cell by cell.

    Raises `Unreadable` if the file is of a kind hpedu does not read, or holds no table.
    """
    if is_panel(source.data):
        return read_panel(source, resource, registry)
    if is_form(source):
        form = _correct_form(read_form(source, resource, registry), resource, registry)
        pasted = _read_tables(_find_pasted(source), source, resource, registry, progress)
        # A book of invented figures holds no others.
        cover = find_cover(source.grids, registry)
        invented = {"status": "synthetic"} if cover and cover.synthetic else {}
        form.observations += [row | invented for row in pasted.observations]
        form.issues += pasted.issues
        form.met |= pasted.met
        form.issues += report(source.remarks, resource.path, registry)
        return replace(form, tables=pasted.tables)
    schools = read_schools(source, resource.path, registry, resource.published)
    if schools is not None:
        return schools
    reading = _read_tables(find_tables(source), source, resource, registry, progress)
    reading.issues += report(source.remarks, resource.path, registry)
    return reading


def _find_pasted(source: Source) -> list[Found]:
    """Return the tables pasted into a form, each with its layout, without what the form says over them."""
    grids = []
    for grid in source.grids:
        if find_aside(grid) == PASTED:
            head = next(number for number, row in enumerate(grid.rows) if any(text in ASIDE for text in row))
            blank = [[""] * grid.width for _ in grid.rows[: head + 2]]
            grids.append(replace(grid, rows=blank + grid.rows[head + 2 :]))
    return [_find(table) for table in _list_tables(grids) if table.cells]


def _read_tables(
    tables: list[Found], source: Source, resource: Resource, registry: Registry, progress: Progress
) -> Reading:
    reading = Reading(tables=tables)
    fixed = any(found.layout and found.layout.territory.startswith("=") for found in tables)
    national = fixed and is_national([found.table for found in tables], registry)
    lacking = find_lacking(source, registry) if any(found.layout is None for found in tables) else {}
    for found in tables:
        if found.layout is None:
            reading.issues += _set_aside_without_layout(found, lacking, resource, registry)
            continue
        hidden = next((cell.sheet for cell in found.table.telling[:1] if cell.sheet in source.hidden_sheets), None)
        if hidden is not None:
            reading.issues += refuse_all(found.table.cells, resource, registry, "hidden_sheet", hidden)
            continue
        table, unseen = _take_hidden(found.table, source)
        reading.issues += [set_aside_row(cell, resource, "hidden_cell", cell.address, registry) for cell in unseen]
        part = interpret(table, found.layout, resource, registry, progress, national=national)
        reading.observations += part.observations
        reading.issues += part.issues
        reading.twice |= part.twice
        reading.met |= part.met
    reading.observations, repeated = set_aside_repeated(reading.observations, reading.twice, resource, registry)
    reading.issues += repeated
    return reading


def _take_hidden(table: RawTable, source: Source) -> tuple[RawTable, list[Cell]]:
    """Return a table without the values in rows and columns that the sheet does not show, and those."""
    facts = source.facts.get(table.cells[0].sheet) if table.cells and source.format == "workbook" else None
    if facts is None or not (facts.hidden_rows or facts.hidden_columns):
        return table, []
    seen: list[Cell] = []
    unseen: list[Cell] = []
    for cell in table.cells:
        letters = cell.address.rstrip("0123456789")
        row = int(cell.address.removeprefix(letters)) - 1
        is_hidden = row in facts.hidden_rows or column_index(letters.encode()) in facts.hidden_columns
        (unseen if is_hidden else seen).append(cell)
    return replace(table, cells=seen), unseen


def _correct_form(form: Reading, resource: Resource, registry: Registry) -> Reading:
    rows = [row | {"number": Decimal(repr(row["value"]))} for row in form.observations]
    left, issues, met = correct(FORM, rows, (), resource, registry)
    form.issues += issues
    return Reading(left, form.issues, met=met)


@contextmanager
def _keep_all() -> Iterator[None]:
    """Make many objects and look for no rings of them: there are none, and it takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_keep_all()
def find_tables(source: Source) -> list[Found]:
    """Return all tables of a file, each with its layout.

    Raises `Unreadable` if the file is of a kind hpedu does not read, or holds no table.
    """
    if not source.format:
        raise explain(source)
    tables = [source.table] if source.format in TABLES else list(_list_tables(source.grids))
    # A file that labels its values holds a table, even if that is empty.
    if source.format not in TABLES and not any(table.cells for table in tables):
        raise explain(source)
    return [_find(table) for table in tables]


def _find(table: RawTable) -> Found:
    """Return a table with its layout. A broken layout goes before any other: only it knows its tables."""
    broken = next((one for one in find_broken() if one.matches(table.title)), None)
    return Found(table, None if broken else find_layout(table.title, load_layouts()), broken)


def _list_tables(grids: list[Grid]) -> Iterator[RawTable]:
    filled = [sum(map(bool, row)) for grid in grids for row in grid.rows]
    refuse_many(sum(filled))
    refuse_many(sum(map(bool, filled)), _MOST_ROWS)
    for grid in _convert_legacy_fonts(grids):
        for table in read_grid(grid):
            yield RawTable(
                table.title, table.cells, notes=(*table.notes, *grid.around), heading=tuple(_list_heading(table))
            )


def _list_heading(table: Table) -> Iterator[str]:
    """Yield what a table says of itself as a whole: over it, and below it its source and signature."""
    for cell in table.rest:
        is_signed = any(is_worded(name, cell.printed) for name in ("signature", "source"))
        if cell.role in _HEADING or (cell.role == "footer" and is_signed):
            yield cell.printed


def _convert_legacy_fonts(grids: list[Grid]) -> list[Grid]:
    """Convert text in a legacy font encoding to Unicode, judged over the whole file before anything is cleaned."""
    encoding = detect_legacy(text for grid in grids for row in (*grid.rows, grid.around) for text in row)
    if encoding is None:
        return grids
    return [
        replace(
            grid,
            sheet=convert_legacy(grid.sheet, encoding),
            rows=[[convert_legacy(text, encoding) for text in row] for row in grid.rows],
            around=[convert_legacy(text, encoding) for text in grid.around],
        )
        for grid in grids
    ]


def _set_aside_without_layout(
    found: Found, lacking: dict[str, list[str]], resource: Resource, registry: Registry
) -> Refusals:
    """Set all cells of a table aside; a table is of one sheet."""
    cells = found.table.cells
    sheet = cells[0].sheet if cells else ""
    if found.broken:
        return refuse_all(cells, resource, registry, "broken_layout", found.broken.file)
    if sheet in lacking:
        names = ", ".join(f"“{registry.school_columns[column].name.vi}”" for column in lacking[sheet])
        return refuse_all(cells, resource, registry, "school_columns_lacking", names)
    return refuse_all(cells, resource, registry, "no_layout", found.table.title)
