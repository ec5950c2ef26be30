"""What lies beside the reports: index pages, exports, standings. Made again only where something has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Any

from hpedu.batch.freshness import State
from hpedu.batch.office import ExportFailed, keep_standings_of, renew_exports
from hpedu.batch.plan import Run
from hpedu.batch.record import Record
from hpedu.files import digest_file, write_whole
from hpedu.present.places import name_index


def renew_standings(plan: Iterable[Run], state: State, record: Record) -> None:
    """Keep where the targets stand, before any page: a page of the year after compares with them."""
    shelves = {(run.year, run.territory): run for run in plan if not run.of_commune}
    for (year, territory), run in sorted(shelves.items()):
        place = f"{year}/{territory}/standings.json"
        if not _stands(place, [], state, record):
            keep_standings_of([run], state.project)
            _remember(place, [], state, record)


def renew_all_exports(
    fresh: Iterable[Run], done: Collection[Run], asked: Collection[str], state: State, record: Record
) -> dict[str, str]:
    """Bring workbooks, data packages and prints up to date: those asked for now, and those made before.

    Tables show more than the page does, so they are as fresh as all of the data; a print is as fresh as its page.
    What cannot be made does not keep the others from it; the next batch tries again.

    Returns
    -------
    dict
        Why exports could not be made, by id of the report.
    """
    failures = {}
    tables = hashlib.sha256(f"{state.library}/{state.lock}/{state.prepared.digest}".encode()).hexdigest()
    for run in [*fresh, *done]:
        entry = record.reports[run.id]
        before = entry.get("exports", {})
        kinds = {*asked, *before}
        if kinds:
            keys = {kind: entry["sha256"] if kind == "pdf" else tables for kind in kinds}
            known = {
                kind: one if one["key"] == keys[kind] else one | {"sha256": ""}  # as if somebody had touched it
                for kind, one in before.items()
            }
            try:
                made = renew_exports(run, state.project, asked, known, fresh=run not in done)
            except ExportFailed as error:
                failures[run.id], made = error.reason, error.exports
            entry["exports"] = {kind: one | {"key": keys[kind]} for kind, one in made.items()}
            record.changed |= entry["exports"] != before
    return failures


def renew_indexes(state: State, record: Record) -> None:
    """Bring the indexes and the lists of communes up to date with the record."""
    reports = state.project.reports
    known = [entry for _, entry in sorted(record.reports.items())]
    entries = [entry for entry in known if (reports / entry["page"]).exists()]
    cities = [entry for entry in entries if not _of_commune(entry)]
    communes: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        if _of_commune(entry):
            communes.setdefault(entry["parameters"]["year"], []).append(entry)
    lists = {
        f"{year}/communes/{name_index('vi')}": found for year, found in sorted(communes.items(), reverse=True)
    }
    for place, found in lists.items():
        if not _stands(place, found, state, record):
            from hpedu.present.commune_index import render_commune_index

            _put(place, render_commune_index(found), found, state, record)
    main = [*cities, *({"communes": place} for place in lists)]
    for language in state.prepared.languages:
        place = name_index(language)
        if not _stands(place, main, state, record):
            from hpedu.present.index import render_index  # the chart and table libraries come with it

            html = render_index(cities, reports, "vi" if language == "vi" else "en", list(lists))
            _put(place, html, main, state, record)


def _of_commune(entry: dict[str, Any]) -> bool:
    return "/communes/" in entry["page"]


def _put(place: str, html: str, shown: list[Any], state: State, record: Record) -> None:
    write_whole(state.project.reports / place, html.encode())
    _remember(place, shown, state, record)


def _remember(place: str, shown: list[Any], state: State, record: Record) -> None:
    record.beside[place] = _key(place, shown, state)
    record.changed = True


def _stands(place: str, shown: list[Any], state: State, record: Record) -> bool:
    path = state.project.reports / place
    return path.exists() and record.beside.get(place) == _key(place, shown, state)


def _key(place: str, shown: list[Any], state: State) -> str:
    """What an index page shows, what it is made by, and the page as it lies there."""
    parts = [
        [[entry.get(name) for name in ("page", "status", "exports", "communes")] for entry in shown],
        state.library,
        state.prepared.digest,
        digest_file(state.project.reports / place),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
