"""`hpedu check FILE`: what would be read of a file, what would not, and what to do about it. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.forms.reading import is_form
from hpedu.ingest.proposal import propose_layout
from hpedu.ingest.reading import Found, find_tables, read_file
from hpedu.ingest.resource import Resource
from hpedu.ingest.schools.reading import sum_schools
from hpedu.ingest.unreadable import Unreadable
from hpedu.messages import note, say
from hpedu.registry import registry

SHOWN = 20
"""Kinds of issues that are listed one by one."""


@dataclass(frozen=True)
class Checked:
    """What a file holds. `observations` and `issues` have the columns of `hpedu.ingest.schema`."""

    tables: list[Found]
    observations: pl.DataFrame
    issues: pl.DataFrame


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
    for found in checked.tables:
        cells = len(found.table.cells)
        if not cells:
            continue
        layout = found.layout.id if found.layout else note("check_no_layout")
        title = found.table.title or note("check_no_title")
        yield say("check_table", language, title=title, cells=cells, layout=layout)
    read, set_aside = checked.observations.height, checked.issues.height
    yield say("check_counts", language, read=read, set_aside=set_aside)
    counts = Counter((row["reason"], row[f"message_{language}"]) for row in _distinct(checked.issues))
    for (reason, text), _ in counts.most_common(SHOWN):
        yield say("check_reason", language, reason=reason, text=text)
    if len(counts) > SHOWN:
        yield say("check_more", language, count=len(counts) - SHOWN)
    for found in checked.tables:
        if found.layout is None and found.table.cells:
            yield ""
            yield propose_layout(found.table, language)


def _distinct(issues: pl.DataFrame) -> Iterator[dict[str, str]]:
    shown = issues.filter(~pl.col("reason").is_in(["no_layout", "not_published"]))
    yield from shown.unique(["reason", "subject"], maintain_order=True).iter_rows(named=True)
