"""Write what goes with the pages: standings before them, exports and index pages after them.

Exports are workbooks, data packages and prints. Each is made again only where something it shows has changed; the
record of the batch says what it was made from.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import Any

from hpedu.assess.recalled import recall_standings
from hpedu.batch.freshness import Record, State
from hpedu.batch.plan import Run
from hpedu.errors import check_language, describe_error
from hpedu.folders import Project, digest_file, digest_folders, name_index, write_whole
from hpedu.present.page.pdf import PrintFailed, can_print, print_pdf

KINDS = ("workbook", "package", "pdf")
FILES = {"workbook": ".xlsx", "pdf": ".pdf"}
DESCRIPTOR = "datapackage.json"
WITHOUT = ("brief", "data_quality")  # their targets and figures are those of the overview

Exports = dict[str, dict[str, str]]
"""By kind: `place` of what a reader opens, under reports/, and `sha256` of all of it; in the record of a batch
also `key`, a digest of what it was made from."""


Judged = tuple[int, str]
"""School year and territory."""


def find_stale_standings(plan: Iterable[Run], state: State, record: Record) -> list[Judged]:
    """List of what the saved standings are not up to date."""
    judged = sorted({(run.year, run.territory) for run in plan if not run.of_commune})
    return [one for one in judged if not _is_current(_name_standings(*one), [], state, record)]


def _name_standings(year: int, territory: str) -> str:
    return f"{year}/{territory}/standings.json"


def renew_standings(stale: Iterable[Judged], state: State, record: Record) -> None:
    """Save where the targets stand, before any page is made: a page of the year after compares with them."""
    for one in stale:
        save_standings_of([one], state.project)
        _remember(_name_standings(*one), [], state, record)


def save_standings_of(judged: Iterable[Judged], project: Project) -> None:
    """Save where the targets of territories stand as of school years."""
    from hpedu.assess.changes import save_standings, tabulate_standings
    from hpedu.assess.standing import HORIZON

    for year, territory in judged:
        save_standings(project, year, territory, tabulate_standings(recall_standings(territory, year, HORIZON)))


def renew_all_exports(
    fresh: Iterable[Run], done: Collection[Run], wanted: Collection[str], state: State, record: Record
) -> dict[str, str]:
    """Bring workbooks, data packages and prints up to date: those wanted now, and those made before.

    Tables show more than the page does, so they are as fresh as all of the data; a print is as fresh as its page.
    What cannot be made does not keep the others from it; the next batch tries again.

    Returns
    -------
    dict
        Why exports could not be made, by id of the report.
    """
    failures = {}
    for run in [*fresh, *done]:
        entry = record.reports[run.id]
        before = entry.get("exports", {})
        keys = dict.fromkeys(KINDS, state.prepared.digest) | {"pdf": entry["sha256"]}
        # What was made from something else, or for an older page, counts as touched.
        known = {
            kind: one if run not in done and one.get("key") == keys[kind] else one | {"sha256": ""}
            for kind, one in before.items()
        }
        made, reason = renew_exports(run, state.project, wanted, known)
        if reason:
            failures[run.id] = reason
        entry["exports"] = {kind: one | {"key": keys[kind]} for kind, one in made.items()}
        record.changed |= entry["exports"] != before
    return failures


def renew_exports(run: Run, project: Project, wanted: Iterable[str], before: Exports) -> tuple[Exports, str]:
    """Bring the exports of a report up to date: those wanted now, and those made before.

    What is as it was made is left. Nothing is left with a newer page that it may contradict: a PDF is taken away
    where nothing can print it anew.

    Returns
    -------
    tuple
        The exports there are, and without a digest those still to be made; and why they could not be.
    """
    left = {
        kind: one for kind, one in before.items() if one["sha256"] and one["sha256"] == _digest(run, project, kind)
    }
    stale = {*wanted, *before} - left.keys()
    if "pdf" in stale - set(wanted) and not can_print():
        _withdraw(run, project, ["pdf"])
        stale.remove("pdf")
    try:
        return left | write_exports(run, project, stale), ""
    except (OSError, PrintFailed) as error:
        _withdraw(run, project, stale)
        return left | _list_lacking(run, stale), describe_error(error)


def write_exports(run: Run, project: Project, kinds: Collection[str]) -> Exports:
    """Write exports of a report next to its page; the same data give the same bytes.

    Parameters
    ----------
    kinds
        Of `KINDS`: the workbook goes to `ID.xlsx`, the data package into the folder `ID-data`, the printed page to
        `ID.pdf`. Reports without tables of their own have the last one only.
    """
    tables = kinds if run.group not in WITHOUT and not run.of_commune else ()
    kinds = [kind for kind in KINDS if kind in kinds and (kind == "pdf" or kind in tables)]
    if "pdf" in kinds:
        print_pdf(project.reports / run.page, project.reports / place_of(run, "pdf"))
    if {"workbook", "package"} & set(kinds):
        _write_tables(run, project, kinds)
    return {kind: {"place": str(place_of(run, kind)), "sha256": _digest(run, project, kind)} for kind in kinds}


def _write_tables(run: Run, project: Project, kinds: Collection[str]) -> None:
    # The statistics and openpyxl come with these: only where something is written.
    from hpedu import store
    from hpedu.ingest.pipeline import read_package
    from hpedu.present.exports.package import write_package
    from hpedu.present.exports.report_tables import Scope, collect_tables
    from hpedu.present.exports.workbook import write_workbook
    from hpedu.registry import load_registry

    registry = load_registry()
    tables = collect_tables(
        Scope(run.group, run.territory, run.year, check_language(run.language)),
        values=store.indicator_values(),
        observations=store.observations(),
        resources=read_package(project.raw, registry),
        registry=registry,
    )
    if "workbook" in kinds:
        write_workbook(project.reports / place_of(run, "workbook"), tables, registry)
    if "package" in kinds:
        write_package((project.reports / place_of(run, "package")).parent, tables, registry)


def find_exports(run: Run, project: Project) -> Exports:
    """Return the exports there are of a report that the record does not know, as those to be made again."""
    return _list_lacking(run, [kind for kind in KINDS if (project.reports / place_of(run, kind)).exists()])


def _list_lacking(run: Run, kinds: Iterable[str]) -> Exports:
    return {kind: {"place": str(place_of(run, kind)), "sha256": ""} for kind in kinds}


def _withdraw(run: Run, project: Project, kinds: Iterable[str]) -> None:
    """Take away exports that could not be made anew: an old one would contradict the page."""
    for kind in kinds:
        place = project.reports / place_of(run, kind)
        if kind in FILES:
            place.unlink(missing_ok=True)
        else:
            shutil.rmtree(place.parent, ignore_errors=True)


def place_of(run: Run, kind: str) -> PurePosixPath:
    """Return where a reader opens an export of a report, under reports/."""
    if kind in FILES:
        return PurePosixPath(run.id + FILES[kind])
    return PurePosixPath(f"{run.id}-data") / DESCRIPTOR


def _digest(run: Run, project: Project, kind: str) -> str:
    path = project.reports / place_of(run, kind)
    if not path.exists():
        return ""
    return digest_file(path) if kind in FILES else digest_folders(path.parent)


def renew_indexes(state: State, record: Record) -> None:
    """Bring the index pages and the lists of communes up to date with the record."""
    reports = state.project.reports
    known = [entry for _, entry in sorted(record.reports.items())]
    entries = [entry for entry in known if (reports / entry["page"]).exists()]
    cities = [entry for entry in entries if not _is_of_commune(entry)]
    communes: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        if _is_of_commune(entry):
            communes.setdefault(entry["parameters"]["year"], []).append(entry)
    lists = {
        f"{year}/communes/{name_index('vi')}": found for year, found in sorted(communes.items(), reverse=True)
    }
    for place, found in lists.items():
        if not _is_current(place, found, state, record):
            from hpedu.present.page.index import render_commune_index

            _write_index(place, render_commune_index(found), found, state, record)
    issued = [path.name for path in sorted((reports / "issued").glob("*/issue.json"))]
    main = [*cities, *({"communes": place} for place in [*lists, *issued])]
    for language in state.prepared.languages:
        place = name_index(language)
        if not _is_current(place, main, state, record):
            # The chart and table libraries come with it.
            from hpedu.present.page.index import render_index

            html = render_index(cities, reports, check_language(language), list(lists))
            _write_index(place, html, main, state, record)


def _is_of_commune(entry: dict[str, Any]) -> bool:
    return "/communes/" in entry["page"]


def _write_index(place: str, html: str, shown: list[Any], state: State, record: Record) -> None:
    write_whole(state.project.reports / place, html.encode())
    _remember(place, shown, state, record)


def _remember(place: str, shown: list[Any], state: State, record: Record) -> None:
    record.beside[place] = _digest_making(place, shown, state)
    record.changed = True


def _is_current(place: str, shown: list[Any], state: State, record: Record) -> bool:
    path = state.project.reports / place
    return path.exists() and record.beside.get(place) == _digest_making(place, shown, state)


def _digest_making(place: str, shown: list[Any], state: State) -> str:
    """Return one digest of what a file shows, the data and code it is made from, and the file as it is there."""
    parts = [
        [[entry.get(name) for name in ("page", "status", "exports", "communes")] for entry in shown],
        state.prepared.digest,
        digest_file(state.project.reports / place),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
