"""Read the school lists of data/raw: rows stay a wide table, sums over all lists become observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.interpret import Reading
from hpedu.ingest.records import Records
from hpedu.ingest.schema import ISSUES, Resource
from hpedu.ingest.schools.fields import list_columns
from hpedu.ingest.schools.rules import set_aside_duplicates
from hpedu.ingest.schools.sheets import CHOICE_TYPES, TYPES, find_header, find_lacking_columns, read_sheet
from hpedu.ingest.schools.totals import total_schools
from hpedu.ingest.source import SHEETS, Source
from hpedu.ingest.words.vietnamese import convert_legacy, detect_legacy
from hpedu.registry import Registry

_ENOUGH_ROWS = 200
"""Rows looked at to recognise the encoding of a sheet."""


@dataclass(frozen=True)
class SchoolList:
    """School rows (columns: `school_schema`), the issues, and the sheets that were recognised as school lists.

    Over those sheets, cells that are not empty add up: `present` = `titles` + `read` + `set_aside`.
    """

    frame: pl.DataFrame
    issues: pl.DataFrame
    sheets: tuple[str, ...]
    present: int
    # In the header row and above it.
    titles: int
    read: int
    set_aside: int


def school_schema(registry: Registry) -> dict[str, Any]:
    """Return the columns of the wide table: file, sheet, row, the number of cells read, then every column."""
    place: dict[str, Any] = {"file": pl.String, "sheet": pl.String, "row": pl.Int64, "cells": pl.Int64}
    return place | {
        name: CHOICE_TYPES.get(name, TYPES[column.kind]) for name, column in list_columns(registry).items()
    }


def read_school_list(source: Source, file: str, registry: Registry) -> SchoolList:
    """Read all school lists of a workbook, a delimited text or a web page; its other sheets are left alone.

    Text in legacy fonts (TCVN3, VNI) is recognised by the first rows of a sheet and comes out as Unicode.

    Parameters
    ----------
    file
        The path under data/raw, which the rows and issues name.

    Returns
    -------
    SchoolList
        Without sheets and rows if nothing in the file is a school list.

    Raises
    ------
    Unreadable
        If the file is damaged.
    """
    columns = school_schema(registry)
    frames, issues, names = [pl.DataFrame(schema=columns)], [pl.DataFrame(schema=schema.ISSUES)], []
    present = titles = set_aside = 0
    for name, cells in _read_sheets(source):
        header = find_header(cells, registry)
        if header is None:
            continue
        sheet = read_sheet(cells, header, file, name, columns, registry)
        frames.append(sheet.frame)
        issues.append(sheet.issues)
        names.append(name)
        present += sheet.present
        titles += sheet.titles
        set_aside += sheet.set_aside
    frame = pl.concat(frames)
    schools, repeated = set_aside_duplicates(frame, registry)
    read = int(schools["cells"].sum())
    set_aside += int(frame["cells"].sum()) - read
    return SchoolList(schools, pl.concat([*issues, repeated]), tuple(names), present, titles, read, set_aside)


def find_lacking(source: Source, registry: Registry) -> dict[str, list[str]]:
    """Find the sheets that are plainly school lists but lack required columns, and the ids of those columns."""
    found = {name: find_lacking_columns(cells, registry) for name, cells in _read_sheets(source)}
    return {name: columns for name, columns in found.items() if columns}


def may_be_school_list(source: Source) -> bool:
    """Return whether a file is of a format that school lists come in: a workbook, delimited text, a web page."""
    return source.format in SHEETS and source.format != "plain_text"


def _read_sheets(source: Source) -> Iterator[tuple[str, pl.DataFrame]]:
    for name, cells in source.frames if may_be_school_list(source) else []:
        texts = (text for row in cells.head(_ENOUGH_ROWS).rows() for text in row if text)
        encoding = detect_legacy([name, *texts])
        if encoding is None:
            yield name, cells
        else:
            convert = partial(convert_legacy, encoding=encoding)
            yield convert(name), cells.with_columns(pl.all().map_elements(convert, return_dtype=pl.String))


def read_schools(source: Source, file: str, registry: Registry) -> Reading | None:
    """Read the school rows of a file and what was set aside of them; None if it is no school list."""
    found = read_school_list(source, file, registry)
    return Reading(issues=Records(ISSUES, found.issues.to_dicts()), schools=found.frame) if found.sheets else None


def join_lists(lists: Sequence[pl.DataFrame], registry: Registry) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Join the rows of all lists, each school once a year. Returns them, and the issues of those listed twice."""
    return set_aside_duplicates(pl.concat([pl.DataFrame(schema=school_schema(registry)), *lists]), registry)


def sum_schools(schools: pl.DataFrame, resources: Mapping[str, Resource], registry: Registry) -> pl.DataFrame:
    """Sum the lists of each year to observations of the city and its communes.

    Columns `hpedu.ingest.schema.OBSERVATIONS`; `file` and `sheet` name all lists of the year, `cell` is empty: a
    sum over a column has no cell of its own.
    """
    # 270 sums over nothing would take a third of a second.
    if schools.is_empty():
        return pl.DataFrame(schema=schema.OBSERVATIONS)
    published = {path: resource.published for path, resource in resources.items()}
    names = {path: resource.name for path, resource in resources.items()}
    lists = schools.group_by("year", maintain_order=True).agg(
        pl.col("file").replace_strict(names).unique(maintain_order=True).str.join(" + ").alias("source"),
        pl.col("file").replace_strict(published).max().alias("edition"),
        pl.col("file").unique(maintain_order=True).str.join(" + "),
        pl.col("sheet").unique(maintain_order=True).str.join(" + "),
    )
    return (
        total_schools(schools, registry)
        .join(lists, on="year", how="left")
        .with_columns(
            qualifier=pl.lit(""),
            digest=pl.lit(""),
            cell=pl.lit(""),
            printed=pl.lit(""),
            step=pl.lit(1.0),
            current=pl.lit(True),
        )
        .select(pl.col(name).cast(kind) for name, kind in schema.OBSERVATIONS.items())
    )
