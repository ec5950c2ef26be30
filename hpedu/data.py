"""The project's tables for whoever asks: read once, brought up to date first if data/raw has changed."""

from __future__ import annotations

from functools import cache

import polars as pl

from hpedu.errors import HpeduError
from hpedu.indicators import compute_indicators
from hpedu.ingest.editions import revisions as find_revisions
from hpedu.ingest.pipeline import FINDINGS, ISSUES, OBSERVATIONS, SCHOOLS, ingest
from hpedu.paths import Project, find_project
from hpedu.registry import registry


class NoFigures(HpeduError, ValueError):
    """There is no counted figure at all."""


def observations(*, all_editions: bool = False) -> pl.DataFrame:
    """All observations of the project (columns: `hpedu.ingest.schema.OBSERVATIONS`).

    Reads data/raw first if data/processed is missing or stale.

    Parameters
    ----------
    all_editions
        Also the values that a newer edition, or a more precise print, has replaced.

    Raises
    ------
    NoProject, IngestError, RegistryError
        As their texts say.
    """
    table = _read(find_project(), OBSERVATIONS)
    return table if all_editions else table.filter(pl.col("current"))


def issues() -> pl.DataFrame:
    """Cells of data/raw that were set aside, and why (columns: `hpedu.ingest.schema.ISSUES`)."""
    return _read(find_project(), ISSUES)


def schools() -> pl.DataFrame:
    """The rows of all school lists, one a school and year (columns: docs/school_list.md)."""
    return _read(find_project(), SCHOOLS)


def findings() -> pl.DataFrame:
    """What does not agree among the published figures (columns: `hpedu.ingest.checks.finding.FINDINGS`)."""
    return _read(find_project(), FINDINGS)


def revisions() -> pl.DataFrame:
    """Figures a later edition changed, largest relative change first (`hpedu.ingest.editions.revisions`)."""
    return find_revisions(observations(all_editions=True))


def indicator_values() -> pl.DataFrame:
    """All indicator values the observations allow (columns: `hpedu.indicators.VALUES`)."""
    return _compute(find_project())


def newest_year(values: pl.DataFrame | None = None) -> int:
    """The newest year for which anything was counted; projections do not count as counted."""
    values = indicator_values() if values is None else values
    counted = values.filter(pl.col("status").is_in(["final", "preliminary", "derived", "synthetic"]))
    newest = counted["year"].max()
    if not isinstance(newest, int):
        raise NoFigures
    return newest


@cache
def _read(project: Project, name: str) -> pl.DataFrame:
    ingest(project)
    return pl.read_parquet(project.processed / name)


@cache
def _compute(project: Project) -> pl.DataFrame:
    return compute_indicators(_read(project, OBSERVATIONS), registry())
