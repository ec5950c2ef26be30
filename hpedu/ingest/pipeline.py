"""Read every file of data/raw into the tables of `hpedu ingest`, whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from hpedu.digest import raw_files
from hpedu.errors import IngestError, Problem, list_problems
from hpedu.folders import Project
from hpedu.ingest import schema
from hpedu.ingest.checks import find_problems
from hpedu.ingest.derive import derive_merged, estimate_age_bands, mark_current
from hpedu.ingest.forms.filled import find_cover, is_form
from hpedu.ingest.interpret import Progress, Reading, stay_silent
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.reading import read_file
from hpedu.ingest.schema import Resource, name_cell
from hpedu.ingest.schools.lists import join_lists, read_schools, sum_schools
from hpedu.ingest.source import Source, open_source, report_damage
from hpedu.registry import Registry
from hpedu.texts import message, say

_EMPTY = pl.DataFrame(schema=schema.OBSERVATIONS)


@dataclass(frozen=True)
class Package:
    """The origin of each file of data/raw by path, and what was read already of those that state it themselves."""

    resources: dict[str, Resource]
    readings: dict[str, Reading]


def read_package(raw: Path, registry: Registry) -> dict[str, Resource]:
    """Return the resources of data/raw by path, forms and school lists included.

    Raises
    ------
    IngestError
        If the package is missing or broken, names a file that is not there, or does not name one that is (forms
        and school lists state themselves what they are).
    """
    return _open_package(raw, registry, lambda _: None).resources


def _open_package(raw: Path, registry: Registry, progress: Callable[[str], None]) -> Package:
    """Read the data package, and each file that has no entry in it. Raises as `read_package` does."""
    path = raw / "datapackage.json"
    if not path.exists():
        raise IngestError([Problem(path.name, "", message("package_missing"))])
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["resources"]
    except (json.JSONDecodeError, KeyError) as error:
        raise IngestError([Problem(path.name, "", message("package_not_one", error=repr(error)))]) from error
    problems: list[Problem] = []
    package = Package({}, {})
    for number, entry in enumerate(entries):
        try:
            resource = Resource.model_validate(entry)
        except ValidationError as error:
            problems += list_problems(error, path.name, f"resources[{number}] {entry.get('name', '')}")
            continue
        if resource.path in package.resources:
            problems.append(Problem(path.name, resource.name, message("package_twice")))
        package.resources[resource.path] = resource
    present = {file.relative_to(raw).as_posix() for file in raw_files(raw)}
    missing = sorted(package.resources.keys() - present)
    problems += [Problem(path.name, name, message("package_no_file")) for name in missing]
    for name in sorted(present - package.resources.keys()):
        progress(name)
        try:
            own = _read_own((raw / name).read_bytes(), name, registry)
        except Unreadable as error:
            problems.append(Problem(name, "", error))
            continue
        if own is None:
            problems.append(Problem(name, "", message("package_no_entry")))
        else:
            package.resources[name], package.readings[name] = own
    if problems:
        raise IngestError(problems)
    return package


def _read_own(data: bytes, name: str, registry: Registry) -> tuple[Resource, Reading] | None:
    """Return the origin and content of a form or a school list; None for any other file.

    It is taken as published in the year in which its school year ends, when it is handed in.

    Raises
    ------
    Unreadable
        If the file is damaged or no table at all.
    """
    source = open_source(data)
    if is_form(source):
        cover = find_cover(source.grids, registry)
        year = cover.year if cover else None
        resource = _describe(name, "own_form", year)
        return resource, _read_with_digest(source, resource, registry)
    with report_damage():
        reading = read_schools(source, name, registry)
    newest = None if reading is None or reading.schools is None else reading.schools["year"].max()
    if reading is None or not isinstance(newest, int):
        return None
    return _describe(name, "own_list", newest), reading


def _describe(name: str, kind: str, year: int | None) -> Resource:
    table = say(kind, "vi")
    return Resource(
        name=re.sub(r"[^a-z0-9._-]+", "-", f"own-{name.lower()}"),
        path=name,
        title=f"{table}: {Path(name).name}",
        publisher=say("own_publisher", "vi"),
        table=table,
        url="",
        published="0000" if year is None else str(year + 1),
        scope=say(f"{kind}_scope", "vi"),
        confidence="high",
        transcription=False,
        licenses=[],
    )


@dataclass(frozen=True)
class Ingested:
    """The result of an ingest.

    `observations` has the columns of `schema.OBSERVATIONS`, `issues` (cells set aside) those of `schema.ISSUES`,
    `findings` (what does not agree) those of `checks.finding.FINDINGS`, `schools` those of docs/school_list.md.
    """

    package: dict[str, Resource]
    observations: pl.DataFrame
    issues: pl.DataFrame
    findings: pl.DataFrame
    schools: pl.DataFrame
    # The numbers of files, figures published and derived, cells set aside, findings.
    counts: dict[str, int]


def ingest(project: Project, registry: Registry, progress: Callable[[str], None] = lambda _: None) -> Ingested:
    """Read every file of data/raw into tables; nothing is written (`hpedu.store` does that).

    Parameters
    ----------
    progress
        Called with the path of each file before it is read, and of a large one with the cells that are done.

    Raises
    ------
    IngestError
        If the data package is not whole or a file cannot be read at all.
    """
    package = _open_package(project.raw, registry, progress)
    readings = _read_all(project, package, registry, progress)
    schools, repeated = join_lists([r.schools for r in readings if r.schools is not None], registry)
    printed = pl.concat([_EMPTY, *(r.observations.frame() for r in readings)])
    published = mark_current(pl.concat([printed, sum_schools(schools, package.resources, registry)]))
    ages = estimate_age_bands(published, registry)
    derived = pl.concat([ages, derive_merged(pl.concat([published, ages]), registry)])
    # Marked once more, since a derived sum goes before a published bound.
    observations = mark_current(pl.concat([published, derived]))
    observations = observations.sort(*schema.SERIES_KEY, "year", "edition", "file", "cell")
    issues = pl.concat([*(r.issues.frame() for r in readings), repeated])
    findings = find_problems(published, registry)
    counts = {
        "files": len(readings),
        "published": published.height,
        "derived": derived.height,
        "set_aside": issues.height,
        "findings": findings.height,
    }
    return Ingested(package.resources, observations, issues, findings, schools, counts)


def _read_all(
    project: Project, package: Package, registry: Registry, progress: Callable[[str], None]
) -> list[Reading]:
    """Read the files that were not read already; the order of the package is that of the readings."""
    problems: list[Problem] = []
    readings: list[Reading] = []
    for path, resource in package.resources.items():
        reading = package.readings.get(path)
        if reading is None:
            progress(path)
            try:
                source = open_source((project.raw / path).read_bytes())
                tell = partial(_tell_cells, progress, path)
                reading = _read_with_digest(source, resource, registry, tell)
            except Unreadable as error:
                problems.append(Problem(path, "", error))
                continue
        problems += _find_stray_errata(reading, path, registry)
        readings.append(reading)
    if problems:
        raise IngestError(problems)
    return readings


def _tell_cells(progress: Callable[[str], None], path: str, done: int, cells: int) -> None:
    progress(f"{path}: {done} / {cells}")


def _read_with_digest(
    source: Source, resource: Resource, registry: Registry, progress: Progress = stay_silent
) -> Reading:
    reading = read_file(source, resource, registry, progress)
    reading.observations.fill("digest", source.digest)
    return reading


def _find_stray_errata(reading: Reading, path: str, registry: Registry) -> list[Problem]:
    """Find errata of a file that name a cell it does not have: a slip must leave no figure uncorrected."""
    errata = [erratum for erratum in registry.errata.values() if erratum.file == path]
    rows = (row for part in (reading.observations, reading.issues) for row in part) if errata else ()
    there = {name_cell(row["sheet"], row["cell"]) for row in rows}
    strays = [erratum for erratum in errata if erratum.cell not in there]
    return [
        Problem("errata.csv", erratum.id, message("erratum_without_cell", file=path, cell=erratum.cell))
        for erratum in strays
    ]
