"""School lists among the files of data/raw: rows stay a wide table, sums over all lists become observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.interpret import Reading
from hpedu.ingest.resource import Resource
from hpedu.ingest.schools.lists import may_be_school_list, read_school_list, school_schema, set_aside_duplicates
from hpedu.ingest.schools.totals import total_schools
from hpedu.registry import Registry


def read_schools(data: bytes, resource: Resource, book: Registry) -> Reading | None:
    """The school rows of a file and what was set aside of them; None if it is no school list."""
    if not may_be_school_list(data):
        return None
    found = read_school_list(data, resource.path, book)
    return Reading(issues=found.issues.to_dicts(), schools=found.frame) if found.sheets else None


def join_lists(lists: Sequence[pl.DataFrame], book: Registry) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of all lists, each school once a year, and the issues of those that stood twice."""
    return set_aside_duplicates(pl.concat([pl.DataFrame(schema=school_schema(book)), *lists]), book)


def sum_schools(schools: pl.DataFrame, resources: Mapping[str, Resource], book: Registry) -> pl.DataFrame:
    """Observations of the city and its communes, summed over the lists of each year.

    Columns `hpedu.ingest.schema.OBSERVATIONS`; `file` and `sheet` name all lists of the year, `cell` is empty: a
    sum over a column has no cell of its own.
    """
    if schools.is_empty():  # 270 sums over nothing take a third of a second
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
        total_schools(schools, book)
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


def newest_school_year(data: bytes, book: Registry) -> int | None:
    """The newest school year of a school list; None if the file is none."""
    if not may_be_school_list(data):
        return None
    found = read_school_list(data, "", book)
    newest = found.frame["year"].max() if found.sheets and not found.frame.is_empty() else None
    return newest if isinstance(newest, int) else None
