"""Read the school lists of data/raw: rows stay a wide table, sums over all lists become observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.interpret import Reading
from hpedu.ingest.quarantine import Issues
from hpedu.ingest.readers.excel import complete_frame
from hpedu.ingest.schema import Resource
from hpedu.ingest.schools import fields
from hpedu.ingest.schools.coverage import apply_coverage, measure_coverage, report_coverage
from hpedu.ingest.schools.repeats import join_repeats
from hpedu.ingest.schools.sheets import CHOICE_TYPES, HEADER_DEPTH, TYPES, Sheet, find_header, read_sheet
from hpedu.ingest.schools.totals import total_schools
from hpedu.ingest.screen import report
from hpedu.ingest.sheet.grid import Facts
from hpedu.ingest.source import SHEETS, Source
from hpedu.ingest.words.vietnamese import convert_legacy, detect_legacy
from hpedu.registry import Registry

_ENOUGH_ROWS = 200
"""Rows looked at to recognise the encoding of a sheet."""


@dataclass(frozen=True)
class SchoolList:
    """School rows (columns: `school_schema`), the issues, and the sheets that were recognised as school lists."""

    frame: pl.DataFrame
    issues: pl.DataFrame
    sheets: tuple[str, ...]


def school_schema(registry: Registry) -> dict[str, Any]:
    """Return the columns of the wide table: file, sheet, row, the number of cells read, then every column."""
    place: dict[str, Any] = {"file": pl.String, "sheet": pl.String, "row": pl.Int64, "cells": pl.Int64}
    return place | {
        name: CHOICE_TYPES.get(name, TYPES[column.kind]) for name, column in fields.list_columns(registry).items()
    }


def read_school_list(source: Source, file: str, registry: Registry, published: str = "0000") -> SchoolList:
    """Read all school lists of a workbook, a delimited text or a web page; its other sheets are left alone.

    Text in legacy fonts (TCVN3, VNI) is recognised by the first rows of a sheet and comes out as Unicode. A row
    of a school year after the list was `published` ("0000": today) is set aside, and no date in it is later.
    """
    columns = school_schema(registry)
    screened = report(source.remarks, file, registry) if may_be_school_list(source) else []
    sheets: list[tuple[str, Sheet]] = []
    for own, name, cells in _read_sheets(source):
        header = find_header(cells, registry)
        if header is not None:
            facts = source.facts.get(own, Facts())
            sheet = read_sheet(cells, header, file, name, columns, registry, published, facts=facts)
            sheets.append((name, sheet))
    frame = pl.concat([pl.DataFrame(schema=columns), *(sheet.frame for _, sheet in sheets)])
    letters = {name: sheet.letters for name, sheet in sheets}
    schools, repeated = join_repeats(frame, registry, letters=letters)
    issues = [pl.DataFrame(screened, schema=schema.ISSUES), *(sheet.issues for _, sheet in sheets), repeated]
    return SchoolList(schools, pl.concat(issues), tuple(name for name, _ in sheets))


def find_lacking(source: Source, registry: Registry) -> dict[str, list[str]]:
    """Find the sheets that are plainly school lists but lack required columns, and the ids of those columns."""
    found = {}
    for _, name, cells in _read_sheets(source):
        heads = ([text or "" for text in row] for row in cells.head(HEADER_DEPTH).rows())
        lacking = next(filter(None, (fields.find_lacking(head, registry) for head in heads)), [])
        if lacking:
            found[name] = lacking
    return found


def may_be_school_list(source: Source) -> bool:
    """Return whether a file is of a format that school lists come in: a workbook, delimited text, a web page."""
    return source.format in SHEETS and source.format != "plain_text"


def _read_sheets(source: Source) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Yield each sheet: its name as it is in the file and as it reads, and its cells."""
    for name, printed in source.frames if may_be_school_list(source) else []:
        cells = _mark_fractions(printed, source.facts.get(name, Facts()))
        texts = (text for row in cells.head(_ENOUGH_ROWS).rows() for text in row if text)
        encoding = detect_legacy([name, *texts])
        if encoding is None:
            yield name, name, cells
        else:
            convert = partial(convert_legacy, encoding=encoding)
            yield name, convert(name), cells.with_columns(pl.all().map_elements(convert, return_dtype=pl.String))


def _mark_fractions(cells: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return a sheet in which a number typed as 1.125 is "1.1250", which nobody takes for 1125."""
    places = [place for place, scale in facts.scales.items() if scale == 1]
    texts = {place: str(cells[place]) for place in places if place[0] < cells.height and place[1] < cells.width}
    parts = {place: text.partition(".") for place, text in texts.items() if "." in text}
    return complete_frame(cells, Facts(texts={p: f"{whole}.{rest:0<4}" for p, (whole, _, rest) in parts.items()}))


def read_schools(source: Source, file: str, registry: Registry, published: str = "0000") -> Reading | None:
    """Read the school rows of a file and what was set aside of them; None if it is no school list."""
    if not may_be_school_list(source):
        return None
    found = read_school_list(source, file, registry, published)
    return Reading(issues=Issues([found.issues.to_dicts()]), schools=found.frame) if found.sheets else None


def join_lists(
    lists: Sequence[pl.DataFrame], resources: Mapping[str, Resource], registry: Registry
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Join the rows of all lists, each school once a year. Returns them, and the issues of those listed twice."""
    published = {path: resource.published for path, resource in resources.items()}
    return join_repeats(pl.concat([pl.DataFrame(schema=school_schema(registry)), *lists]), registry, published)


def sum_schools(
    schools: pl.DataFrame, resources: Mapping[str, Resource], published_elsewhere: pl.DataFrame, registry: Registry
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Sum the lists of each year to observations of its communes and, as far as they cover it, of the city.

    The counts of schools among `published_elsewhere`, the observations of all other files, say whether a list
    is whole. Returned are observations (`hpedu.ingest.schema.OBSERVATIONS`), whose `file` and `sheet` name all
    lists of the year, and an issue for each level that a list does not cover.
    """
    # 270 sums over nothing would take a third of a second.
    if schools.is_empty():
        return pl.DataFrame(schema=schema.OBSERVATIONS), []
    published = {path: resource.published for path, resource in resources.items()}
    names = {path: resource.name for path, resource in resources.items()}
    lists = schools.group_by("year", maintain_order=True).agg(
        pl.col("file").replace_strict(names).unique(maintain_order=True).str.join(" + ").alias("source"),
        pl.col("file").replace_strict(published).max().alias("edition"),
        pl.col("file").unique(maintain_order=True).str.join(" + "),
        pl.col("sheet").unique(maintain_order=True).str.join(" + "),
    )
    totals = total_schools(schools, registry)
    coverage = measure_coverage(schools, totals, published_elsewhere, registry)
    files = {year: (file, sheet) for year, file, sheet in lists.select("year", "file", "sheet").iter_rows()}
    observations = (
        apply_coverage(totals, coverage, registry)
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
    return observations, report_coverage(coverage, files, registry)
