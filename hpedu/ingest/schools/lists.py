"""The department's school list: one row a school and year, read into a wide typed table with every doubt named.

Columns are known by their headers (`school_columns.csv`, docs/school_list.md), wherever the header row stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.readers.excel import is_spreadsheetml, is_workbook, read_frames, read_spreadsheetml
from hpedu.ingest.readers.html import is_html, read_html
from hpedu.ingest.readers.text import is_delimited, read_delimited
from hpedu.ingest.schools.checks import set_aside_duplicates
from hpedu.ingest.schools.columns import describe_columns, list_columns, recognise_school_list
from hpedu.ingest.schools.sheet import find_header, find_lacking_columns, read_sheet
from hpedu.ingest.schools.values import CHOICE_TYPES, TYPES
from hpedu.ingest.words.legacy import convert_legacy, detect_legacy
from hpedu.registry import Registry

__all__ = [
    "SchoolList",
    "describe_columns",
    "find_lacking",
    "may_be_school_list",
    "read_school_list",
    "recognise_school_list",
    "school_schema",
    "set_aside_duplicates",
]

_ENOUGH_ROWS = 200  # to tell the encoding of a sheet


@dataclass(frozen=True)
class SchoolList:
    """School rows (columns: `school_schema`), the issues, and the sheets that were recognised as school lists.

    Over those sheets, cells that are not empty add up: `present` = `titles` + `read` + `set_aside`.
    """

    frame: pl.DataFrame
    issues: pl.DataFrame
    sheets: tuple[str, ...]
    present: int
    titles: int  # in the header row and above
    read: int
    set_aside: int


def school_schema(book: Registry) -> dict[str, Any]:
    """Columns of the wide table: where the row stands, how many cells it was read from, then every column."""
    place: dict[str, Any] = {"file": pl.String, "sheet": pl.String, "row": pl.Int64, "cells": pl.Int64}
    return place | {
        name: CHOICE_TYPES.get(name, TYPES[column.kind]) for name, column in list_columns(book).items()
    }


def read_school_list(data: bytes, file: str, book: Registry) -> SchoolList:
    """Read all school lists of a workbook, a delimited text or a web page; its other sheets are left alone.

    Text in the fonts of old (TCVN3, VNI) is told by the first rows of a sheet and comes out as Unicode.

    Parameters
    ----------
    data, file
        The content, and the path under data/raw to name in the issues.

    Returns
    -------
    SchoolList
        Without sheets and rows if nothing in the file is a school list.

    Raises
    ------
    ValueError
        If the file is damaged, locked, or of none of these kinds.
    """
    columns = school_schema(book)
    frames, issues, names = [pl.DataFrame(schema=columns)], [pl.DataFrame(schema=schema.ISSUES)], []
    present = titles = set_aside = 0
    for name, cells in _read_sheets(data):
        header = find_header(cells, book)
        if header is None:
            continue
        sheet = read_sheet(cells, header, file, name, columns, book)
        frames.append(sheet.frame)
        issues.append(sheet.issues)
        names.append(name)
        present, titles, set_aside = (
            present + sheet.present,
            titles + sheet.titles,
            set_aside + sheet.set_aside,
        )
    frame = pl.concat(frames)
    kept, repeated = set_aside_duplicates(frame, book)
    set_aside += int(frame["cells"].sum()) - int(kept["cells"].sum())
    return SchoolList(
        kept, pl.concat([*issues, repeated]), tuple(names), present, titles, int(kept["cells"].sum()), set_aside
    )


def find_lacking(data: bytes, book: Registry) -> dict[str, list[str]]:
    """Of the sheets that are plainly school lists but cannot be read as such, the required columns they lack."""
    if not may_be_school_list(data):
        return {}
    found = {name: find_lacking_columns(cells, book) for name, cells in _read_sheets(data)}
    return {name: columns for name, columns in found.items() if columns}


def may_be_school_list(data: bytes) -> bool:
    """Whether a file is of a kind that school lists come in: a workbook, delimited text, a web page."""
    return any(recognise(data) for recognise in (is_workbook, is_spreadsheetml, is_html, is_delimited))


def _read_sheets(data: bytes) -> Iterator[tuple[str, pl.DataFrame]]:
    sheets = read_frames(data) if is_workbook(data) else _read_grids(data)
    for name, cells in sheets:
        texts = (text for row in cells.head(_ENOUGH_ROWS).rows() for text in row if text)
        encoding = detect_legacy([name, *texts])
        if encoding is None:
            yield name, cells
        else:
            convert = partial(convert_legacy, encoding=encoding)
            yield convert(name), cells.with_columns(pl.all().map_elements(convert, return_dtype=pl.String))


def _read_grids(data: bytes) -> Iterator[tuple[str, pl.DataFrame]]:
    read = read_spreadsheetml if is_spreadsheetml(data) else read_html if is_html(data) else read_delimited
    for grid in read(data):
        names = [f"column_{i}" for i in range(grid.width)]
        yield grid.sheet, pl.DataFrame(grid.rows, schema=dict.fromkeys(names, pl.String), orient="row")
