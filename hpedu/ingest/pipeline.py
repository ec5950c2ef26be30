"""`hpedu ingest`: every file of data/raw into data/processed, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from hpedu.errors import IngestError, Problem
from hpedu.files import write_whole
from hpedu.ingest import schema
from hpedu.ingest.ages import estimate_age_bands
from hpedu.ingest.cells import name_cell
from hpedu.ingest.checks import find_problems
from hpedu.ingest.editions import mark_current
from hpedu.ingest.interpret import Reading
from hpedu.ingest.merger import derive_merged
from hpedu.ingest.package import read_package
from hpedu.ingest.reading import read_file
from hpedu.ingest.record import (
    FINDINGS,
    ISSUES,
    OBSERVATIONS,
    RECORD,
    SCHOOLS,
    input_digests,
    read_record,
)
from hpedu.ingest.resource import Resource
from hpedu.ingest.schools.reading import join_lists, sum_schools
from hpedu.ingest.unreadable import Unreadable
from hpedu.messages import note
from hpedu.paths import Project
from hpedu.registry import Registry, registry


@dataclass(frozen=True)
class Ingested:
    """What an ingest found: files, observations published and derived, cells set aside, what does not agree."""

    files: int
    published: int
    derived: int
    set_aside: int
    findings: int
    fresh: bool  # nothing had changed, nothing was done


def ingest(project: Project, *, force: bool = False, progress: Callable[[str], None] = lambda _: None) -> Ingested:
    """Bring data/processed up to date with data/raw.

    Parameters
    ----------
    force
        Read everything again even if nothing changed.
    progress
        Called with the path of each file before it is read.

    Raises
    ------
    IngestError
        If the data package is not whole or a file cannot be read at all; data/processed stays as it was.
    RegistryError
        If the registry is broken.
    """
    inputs = input_digests(project)
    record = read_record(project)
    if not force and record is not None and record["inputs"] == inputs:
        return Ingested(**record["counts"], fresh=True)
    book = registry()
    package = read_package(project.raw)
    readings = _read_all(project, package, book, progress)
    schools, repeated = join_lists([r.schools for r in readings if r.schools is not None], book)
    printed = _frame([row for r in readings for row in r.observations], schema.OBSERVATIONS)
    published = mark_current(pl.concat([printed, sum_schools(schools, package, book)]))
    ages = estimate_age_bands(published, book)
    derived = pl.concat([ages, derive_merged(pl.concat([published, ages]), book)])
    observations = mark_current(pl.concat([published, derived]))  # a sum goes before a published bound
    observations = observations.sort(*schema.SERIES_KEY, "year", "edition", "file", "cell")
    issues = pl.concat([_frame([row for r in readings for row in r.issues], schema.ISSUES), repeated])
    findings = find_problems(published, book)
    counts = {
        "files": len(readings),
        "published": published.height,
        "derived": derived.height,
        "set_aside": issues.height,
        "findings": findings.height,
    }
    frames = {OBSERVATIONS: observations, ISSUES: issues, FINDINGS: findings, SCHOOLS: schools}
    tables = {name: _parquet(frame) for name, frame in frames.items()}
    record = {"inputs": inputs, "counts": counts, "digest": hashlib.sha256(tables[OBSERVATIONS]).hexdigest()}
    (project.processed / RECORD).unlink(missing_ok=True)  # without the record, half an ingest is no ingest
    for name, content in tables.items():
        write_whole(project.processed / name, content)
    write_whole(project.processed / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return Ingested(**counts, fresh=False)


def _read_all(
    project: Project, package: dict[str, Resource], book: Registry, progress: Callable[[str], None]
) -> list[Reading]:
    problems: list[Problem] = []
    readings: list[Reading] = []
    for path, resource in package.items():
        progress(path)
        content = (project.raw / path).read_bytes()
        try:
            reading = read_file(content, resource, book)
        except Unreadable as error:
            problems.append(Problem(path, "", error))
            continue
        problems += _find_stray_errata(reading, path, book)
        digest = hashlib.sha256(content).hexdigest()
        reading.observations = [row | {"digest": digest} for row in reading.observations]
        readings.append(reading)
    if problems:
        raise IngestError(problems)
    return readings


def _find_stray_errata(reading: Reading, path: str, book: Registry) -> list[Problem]:
    """Errata of a file that name a cell it does not have: a slip must leave no figure uncorrected."""
    there = {name_cell(row["sheet"], row["cell"]) for row in [*reading.observations, *reading.issues]}
    strays = [erratum for erratum in book.errata.values() if erratum.file == path and erratum.cell not in there]
    return [
        Problem("errata.csv", erratum.id, note("erratum_without_cell", file=path, cell=erratum.cell))
        for erratum in strays
    ]


def _frame(rows: list[dict[str, Any]], columns: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=columns, orient="row")


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()
