"""`hpedu check FILE`: what would be read of a file, what would not, and what to do about it. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.cells import Cell
from hpedu.ingest.forms.reading import is_form
from hpedu.ingest.proposal import is_catalogue, propose_layout
from hpedu.ingest.reading import Found, find_tables, read_file
from hpedu.ingest.resource import Resource
from hpedu.ingest.schools.reading import sum_schools
from hpedu.ingest.unreadable import Unreadable
from hpedu.messages import note, say
from hpedu.registry import registry

_ADDRESS = re.compile(r"([A-Z]+)(\d+)")
SHOWN = 20
"""Kinds of issues that are listed one by one."""


@dataclass(frozen=True)
class Checked:
    """What a file holds. `observations` and `issues` have the columns of `hpedu.ingest.schema`."""

    tables: list[Found]
    observations: pl.DataFrame
    issues: pl.DataFrame
    schools: int | None = None  # rows of a school list


def check_file(path: Path) -> Checked:
    """Read a file as ingest would, without a word in the data package and without writing anything.

    Raises
    ------
    Unreadable
        If it is a folder, damaged, of a kind hpedu does not read, or holds no table.
    OSError
        If the file cannot be opened.
    """
    if path.is_dir():
        raise Unreadable("directory", file=path.name)
    data = path.read_bytes()
    resource, book = stand_in(path), registry()
    try:
        reading = read_file(data, resource, book)
    except Unreadable as error:
        raise error.of(path.name) from error
    printed = pl.DataFrame(reading.observations, schema=schema.OBSERVATIONS, orient="row")
    whole = reading.schools is not None or is_form(data)  # read by their own rules, not table by table
    if reading.schools is not None:
        printed = pl.concat([printed, sum_schools(reading.schools, {resource.path: resource}, book)])
    return Checked(
        [] if whole else find_tables(data),
        printed,
        pl.DataFrame(reading.issues, schema=schema.ISSUES, orient="row"),
        None if reading.schools is None else reading.schools.height,
    )


def read(path: str | Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The observations of a file and the cells of it that were set aside.

    Returns
    -------
    tuple of polars.DataFrame
        With the columns `hpedu.ingest.schema.OBSERVATIONS` and `hpedu.ingest.schema.ISSUES`.
    """
    checked = check_file(Path(path))
    return checked.observations, checked.issues


def stand_in(path: Path) -> Resource:
    """A resource for a file that is not in the data package: it names the file and nothing else."""
    return Resource(
        name="unnamed",
        path=path.name,
        title=path.name,
        publisher="",
        table="",
        url="",
        published="0000",
        scope="",
        confidence="low",
        transcription=False,
        licenses=[],
    )


def describe(checked: Checked, language: str) -> Iterator[str]:
    """What was found, line by line, ending with a layout to complete for each table that has none."""
    tables = [found for found in checked.tables if found.table.cells]
    lists = set(checked.issues.filter(reason="school_columns_lacking")["sheet"])
    unknown = [its for its in tables if its.layout is None and its.table.cells[0].sheet not in lists]
    catalogues = [found for found in unknown if is_catalogue(found.table)]
    for found in tables:
        yield _describe_table(found, language, catalogue=found in catalogues)
    counts = {"read": checked.observations.height, "set_aside": checked.issues.height}
    if checked.schools is None:
        yield say("check_counts", language, **counts)
    else:
        yield say("check_schools", language, schools=checked.schools, **counts)
    yield from _describe_issues(checked.issues, language)
    if len(unknown) > len(catalogues):
        yield ""
        yield say("check_next", language)
    for found in unknown:
        if found not in catalogues:
            yield ""
            yield from propose_layout(found.table, language).splitlines()


def _describe_table(found: Found, language: str, *, catalogue: bool) -> str:
    cells = found.table.cells
    state = say("check_catalogue" if catalogue else "check_no_layout", language)
    return say(
        "check_table",
        language,
        place=say("check_sheet", language, sheet=cells[0].sheet) if cells[0].sheet else "",
        title=found.table.title or note("check_no_title"),
        cells=len(cells),
        cells_at=_name_range(cells),
        layout=say("check_layout", language, layout=found.layout.id) if found.layout else state,
    )


def _name_range(cells: Sequence[Cell]) -> str:
    """`B5:G8`; for formats without columns and rows, the first cell and the last."""
    places = [_ADDRESS.fullmatch(cell.address) for cell in cells]
    found = [(place[1], int(place[2])) for place in places if place]
    if len(found) < len(places):
        return f"{cells[0].address} ... {cells[-1].address}"
    letters = sorted({column for column, _ in found}, key=lambda column: (len(column), column))
    rows = [row for _, row in found]
    return f"{letters[0]}{min(rows)}:{letters[-1]}{max(rows)}"


def _describe_issues(issues: pl.DataFrame, language: str) -> Iterator[str]:
    """Each kind of issue once, by its first cell."""
    shown = issues.filter(pl.col("reason") != "no_layout")
    kinds = shown.group_by("reason", "subject", maintain_order=True).agg(
        pl.first(f"message_{language}").alias("text"), pl.len().alias("count")
    )
    for row in kinds.head(SHOWN).iter_rows(named=True):
        times = say("check_times", language, count=row["count"] - 1) if row["count"] > 1 else ""
        yield say("check_reason", language, text=row["text"], times=times)
    if kinds.height > SHOWN:
        yield say("check_more", language, count=kinds.height - SHOWN)
