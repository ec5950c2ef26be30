"""What a report hands to the office beside its page, and the standings that next year's compares with."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from hpedu.batch.plan import Run
from hpedu.errors import HpeduError, describe_error
from hpedu.files import digest_file, digest_folders
from hpedu.paths import Project
from hpedu.present.pdf import PrintFailed, can_print, print_pdf

KINDS = ("workbook", "package", "pdf")
FILES = {"workbook": ".xlsx", "pdf": ".pdf"}
DESCRIPTOR = "datapackage.json"
WITHOUT = "data_quality"  # its targets and figures are those of the overview

Exports = dict[str, dict[str, str]]
"""By kind: `place` of what a reader opens, under reports/, and `sha256` of all of it; in the record of a batch
also `key`, a digest of what it was made from."""


class ExportFailed(HpeduError):
    """An export could not be made; `exports` are those there are, and without a digest those still to be made."""

    def __init__(self, reason: str, exports: Exports) -> None:
        self.reason, self.exports = reason, exports
        super().__init__(reason)


def export_office(run: Run, project: Project, kinds: Collection[str]) -> Exports:
    """Write what is asked for of a report beside its page; the same data give the same bytes.

    Parameters
    ----------
    kinds
        Of `KINDS`: the workbook lies at `ID.xlsx`, the data package in the folder `ID-data`, the printed page at
        `ID.pdf`.
    """
    tables = kinds if run.group != WITHOUT and not run.of_commune else ()
    kinds = [kind for kind in KINDS if kind in kinds and (kind == "pdf" or kind in tables)]
    if "pdf" in kinds:
        print_pdf(project.reports / run.page, project.reports / place_of(run, "pdf"))
    if {"workbook", "package"} & set(kinds):
        _export_tables(run, project, kinds)
    return {kind: {"place": str(place_of(run, kind)), "sha256": _digest(run, project, kind)} for kind in kinds}


def _export_tables(run: Run, project: Project, kinds: Collection[str]) -> None:
    # The statistics and openpyxl come with these: only where something is written.
    from hpedu import data
    from hpedu.ingest.package import read_package
    from hpedu.present.export import write_package
    from hpedu.present.office import Scope, collect_tables
    from hpedu.present.workbook import write_workbook
    from hpedu.registry import registry

    book = registry()
    tables = collect_tables(
        Scope(run.group, run.territory, run.year, "vi" if run.language == "vi" else "en"),
        values=data.indicator_values(),
        observations=data.observations(),
        resources=read_package(project.raw),
        book=book,
    )
    if "workbook" in kinds:
        write_workbook(project.reports / place_of(run, "workbook"), tables, book)
    if "package" in kinds:
        write_package((project.reports / place_of(run, "package")).parent, tables, book)


def renew_exports(run: Run, project: Project, asked: Iterable[str], before: Exports, *, fresh: bool) -> Exports:
    """Bring the exports of a report up to date: those asked for now, and those made before.

    What was made before is never left beside a newer page that it may contradict: a PDF is taken away where
    nothing can print it anew. For a `fresh` report, only what is not there, or was touched, is written.

    Raises
    ------
    ExportFailed
        If one of them cannot be made; those that stood already still stand.
    """
    kinds = {*asked, *before}
    known = {kind for kind in kinds & before.keys() if before[kind]["sha256"]}  # "" is of what could not be made
    whole = {kind for kind in known if before[kind]["sha256"] == _digest(run, project, kind)}
    kept = {kind: before[kind] for kind in whole} if fresh else {}
    wanted = kinds - kept.keys()
    if "pdf" in wanted - set(asked) and not can_print():
        (project.reports / place_of(run, "pdf")).unlink(missing_ok=True)
        wanted.remove("pdf")
    try:
        return kept | export_office(run, project, wanted)
    except (OSError, PrintFailed) as error:
        _withdraw(run, project, wanted)
        lacking = {kind: {"place": str(place_of(run, kind)), "sha256": ""} for kind in wanted}
        raise ExportFailed(describe_error(error), kept | lacking) from error


def _withdraw(run: Run, project: Project, kinds: Iterable[str]) -> None:
    """Take away exports that could not be made anew: an old one would contradict the page beside it."""
    for kind in kinds:
        place = project.reports / place_of(run, kind)
        if kind in FILES:
            place.unlink(missing_ok=True)
        else:
            shutil.rmtree(place.parent, ignore_errors=True)


def place_of(run: Run, kind: str) -> PurePosixPath:
    """Where a reader opens an export of a report, under reports/."""
    if kind in FILES:
        return PurePosixPath(run.id + FILES[kind])
    return PurePosixPath(f"{run.id}-data") / DESCRIPTOR


def _digest(run: Run, project: Project, kind: str) -> str:
    path = project.reports / place_of(run, kind)
    if not path.exists():
        return ""
    return digest_file(path) if kind in FILES else digest_folders(path.parent)


def keep_standings_of(plan: Iterable[Run], project: Project) -> None:
    """Keep where the targets stand for every territory and school year of a plan."""
    from hpedu import data
    from hpedu.outlook import assess_targets
    from hpedu.outlook.changes import tabulate_standings
    from hpedu.outlook.kept import keep_standings
    from hpedu.registry import registry

    values, book = data.indicator_values(), registry()
    for year, territory in sorted({(run.year, run.territory) for run in plan}):
        standings = assess_targets(values, book, territory, year)
        keep_standings(project, year, territory, tabulate_standings(standings))
