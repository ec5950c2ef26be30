"""The project's tables for whoever asks: read once, brought up to date first if data/raw has changed.

Everything a report knows of the data comes through these functions, and each notes which part was asked for
(`inputs_used`): a report stands as long as none of the parts it used has changed. Ask for no more than is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, fields
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from hpedu.errors import NoFigures
from hpedu.files import digest_file
from hpedu.ingest.editions import revisions as find_revisions
from hpedu.ingest.record import FINDINGS, ISSUES, OBSERVATIONS, SCHOOLS
from hpedu.ingest.resource import Resource
from hpedu.paths import Project, find_project
from hpedu.registry.formula import SeriesRef
from hpedu.tables.record import COMMUNE_SCHOOLS, COMMUNES, RECORD, VALUES, Prepared, prepare, read_prepared

_checked: set[Project] = set()
_used: dict[str, str | None] = {}
"""Parts asked for, with their digests; None for those that the record of the tables knows."""


def observations(*, all_editions: bool = False, levels: Iterable[str] | None = None) -> pl.DataFrame:
    """All observations of the project (columns: `hpedu.ingest.schema.OBSERVATIONS`).

    Reads data/raw first if data/processed is missing or stale.

    Parameters
    ----------
    all_editions
        Also the values that a newer edition, or a more precise print, has replaced.
    levels
        Only those of some levels of education; all by default.

    Raises
    ------
    NoProject, IngestError, RegistryError
        As their texts say.
    """
    table = _ask(OBSERVATIONS, "level", levels)
    return table if all_editions else table.filter(pl.col("current"))


def series_observations(series: Iterable[SeriesRef], territory: str) -> pl.DataFrame:
    """The current observations of some series in a whole territory."""
    wanted = list(series)
    _note(_part_of(ref, territory) for ref in wanted)
    names = [field.name for field in fields(SeriesRef)]
    refs = pl.DataFrame([astuple(ref) for ref in wanted], schema=dict.fromkeys(names, pl.String), orient="row")
    own = _read_series(territory).filter(pl.col("place") == "")
    return own.join(refs.unique(), on=names, how="semi")


class NotedSeries(Mapping[SeriesRef, dict[int, dict[str, Any]]]):
    """The series of a territory, by year; each that is looked up, there or not, is noted as used.

    Parameters
    ----------
    index
        Makes the mapping out of the current observations of the territory.
    """

    def __init__(self, territory: str, index: Callable[[pl.DataFrame], Mapping[SeriesRef, Any]]) -> None:
        self._territory = territory
        self._series = index(_read_series(territory))

    def __getitem__(self, ref: SeriesRef) -> dict[int, dict[str, Any]]:
        _note([_part_of(ref, self._territory)])
        found: dict[int, dict[str, Any]] = self._series[ref]
        return found

    def __iter__(self) -> Iterator[SeriesRef]:
        _note([f"series/{self._territory}"])
        return iter(self._series)

    def __len__(self) -> int:
        _note([f"series/{self._territory}"])
        return len(self._series)


def _read_series(territory: str) -> pl.DataFrame:
    """The current observations of a territory, without what says of a file that any of it has changed."""
    table = _read(find_project(), OBSERVATIONS)
    return table.filter(pl.col("current"), pl.col("territory") == territory).drop("digest")


def _part_of(ref: SeriesRef, territory: str) -> str:
    return "/".join(["series", territory, *astuple(ref)])


def issues(files: Iterable[str] | None = None) -> pl.DataFrame:
    """Cells of data/raw, or of some files in it, that were set aside (columns: `hpedu.ingest.schema.ISSUES`)."""
    return _ask(ISSUES, "file", files)


def schools() -> pl.DataFrame:
    """The rows of all school lists, one a school and year (columns: docs/school_list.md)."""
    return _ask(SCHOOLS)


def commune_schools(commune: str) -> pl.DataFrame:
    """The schools of one commune, named by its id (columns: `hpedu.tables.communes.COMMUNE_SCHOOLS`)."""
    return _ask(COMMUNE_SCHOOLS, "territory", [commune])


def findings() -> pl.DataFrame:
    """What does not agree among the published figures (columns `hpedu.ingest.checks.finding.FINDINGS`)."""
    return _ask(FINDINGS)


def revisions() -> pl.DataFrame:
    """Figures a later edition changed, largest relative change first (`hpedu.ingest.editions.revisions`)."""
    return find_revisions(observations(all_editions=True))


def indicator_values(
    indicators: Iterable[str] | None = None, territories: Iterable[str] | None = None
) -> pl.DataFrame:
    """All indicator values the observations allow (columns: `hpedu.indicators.VALUES`).

    Parameters
    ----------
    indicators, territories
        Only those of some indicators in some territories: both or neither are named.
    """
    if indicators is None or territories is None:
        return _ask(VALUES)
    indicators, territories = list(indicators), list(territories)
    _note(f"values/{indicator}/{territory}" for indicator in indicators for territory in territories)
    table = _read(find_project(), VALUES)
    return table.filter(pl.col("indicator").is_in(indicators), pl.col("territory").is_in(territories))


def territory_values(territory: str) -> pl.DataFrame:
    """All values of a territory, for who works out of all of them what a few look like, and `note`s these."""
    return _read(find_project(), VALUES).filter(pl.col("territory") == territory)


def commune_values(commune: str) -> pl.DataFrame:
    """The values of one commune, named by its id (columns: `hpedu.tables.communes.COMMUNE_VALUES`)."""
    return _ask(COMMUNES, "territory", [commune])


def sources(names: Iterable[str]) -> list[Resource]:
    """The files of data/raw with these names, in the order of the names."""
    wanted = sorted(set(names))
    _note(f"sources/{name}" for name in wanted)
    known = {source["name"]: source for source in _prepared(find_project()).sources}
    return [Resource.model_validate(known[name]) for name in wanted if name in known]


def file_digests(paths: Iterable[str]) -> dict[str, str]:
    """SHA-256 of files of data/raw, by "raw/" and the path."""
    parts = [f"raw/{path}" for path in paths]
    _note(parts)
    prepared = _prepared(find_project())
    return {part: prepared.digest_of(part) for part in parts}


def newest_year() -> int:
    """The newest year for which anything was counted; projections do not count as counted."""
    _note(["newest_year"])
    newest = _prepared(find_project()).newest_year
    if newest is None:
        raise NoFigures
    return newest


def note(parts: Mapping[str, str]) -> None:
    """Note that something worked out of the data was used, with a digest of it."""
    _used.update(parts)


def note_report(path: Path, project: Project) -> None:
    """Note that a file under reports/, there or not, was used."""
    _used[path.relative_to(project.root).as_posix()] = digest_file(path) if path.exists() else ""


def inputs_used() -> dict[str, str]:
    """Every part of the data that was asked for in this process, with its digest ("": there was no such part)."""
    if not _used:
        return {}
    prepared = _prepared(find_project())
    return {part: prepared.digest_of(part) if own is None else own for part, own in sorted(_used.items())}


def forget() -> None:
    """Read everything anew from here on, and forget what was asked for: for tests and long-lived processes."""
    _checked.clear()
    _used.clear()


def _ask(name: str, column: str = "", wanted: Iterable[str] | None = None) -> pl.DataFrame:
    """A table, or the rows of it that have one of the wanted values in a column; which parts it was is noted."""
    table = _read(find_project(), name)
    stem = name.removesuffix(".parquet")
    if wanted is None:
        _note([stem])
        return table
    wanted = list(wanted)
    _note(f"{stem}/{value}" for value in wanted)
    return table.filter(pl.col(column).is_in(wanted))


def _note(parts: Iterable[str]) -> None:
    _used.update(dict.fromkeys(parts))


def _prepared(project: Project) -> Prepared:
    if project not in _checked:
        prepare(project)
        _checked.add(project)
    return _load(project, _stamp(project))


def _read(project: Project, name: str) -> pl.DataFrame:
    _prepared(project)
    return _read_table(project, name, _stamp(project))


def _stamp(project: Project) -> int:
    """Changes when the tables are made again, by this process or another."""
    return (project.processed / RECORD).stat().st_mtime_ns


@cache
def _load(project: Project, stamp: int) -> Prepared:
    prepared = read_prepared(project)
    assert prepared is not None  # there is a stamp
    return prepared


@cache
def _read_table(project: Project, name: str, stamp: int) -> pl.DataFrame:
    return pl.read_parquet(project.processed / name)
