"""Whether a page stands: by the content of all it was made from, never by time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hpedu.batch.plan import Run
from hpedu.digest import ENVIRONMENT, PACKAGE, Prepared, list_versions, read_prepared
from hpedu.errors import HpeduError
from hpedu.folders import Project, digest_file, write_whole
from hpedu.texts import Message, message

RECORD = "build.json"
JOURNAL = "journal.jsonl"

Entry = dict[str, Any]


class DamagedRecord(HpeduError):
    """reports/build.json cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        self.file = f"{path.parent.name}/{path.name}"
        super().__init__(path, reason)


@dataclass
class Record:
    """What is known of every page under reports/."""

    reports: dict[str, Entry] = field(default_factory=dict)  # run id -> entry
    beside: dict[str, str] = field(default_factory=dict)  # what the index pages and standings were made from
    changed: bool = False  # since it was read or written


def read_build(project: Project) -> Record:
    """The record of the last batch, and what the journal of an unfinished one adds to it.

    Raises
    ------
    DamagedRecord
        If it is no JSON, or of another shape.
    """
    path = project.reports / RECORD
    record = Record()
    if path.exists():
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            record = Record(dict(content["reports"]), dict(content.get("beside", {})))
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedRecord(path, f"{type(error).__name__}: {error}") from error
    for run_id, entry in _read_journal(project.build / JOURNAL):
        record.reports[run_id] = entry
        record.changed = True
    return record


def add_to_journal(project: Project, run_id: str, entry: Entry) -> None:
    """Keep what became of one report, at once.

    The line begins with a line break, so that one torn by a full disk or a kill does not spoil the next.
    """
    path = project.build / JOURNAL
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps([run_id, entry], sort_keys=True))


def _read_journal(path: Path) -> list[tuple[str, Entry]]:
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            run_id, entry = json.loads(line)
        except ValueError:
            continue  # the line was torn: that report is run again
        entries.append((run_id, entry))
    return entries


def write_build(record: Record, project: Project) -> None:
    """Write the record, without the pages that are no longer there, and end the journal."""
    prepared = read_prepared(project)
    raw = prepared.made_from if prepared else {}
    kept = {name: entry for name, entry in record.reports.items() if (project.reports / entry["page"]).exists()}
    record.reports = dict(sorted(kept.items()))
    build = {
        "hpedu": version("hpedu"),
        "versions": list_versions(),
        "raw": {name: digest for name, digest in raw.items() if name.startswith("raw/")},
        "reports": record.reports,
        "beside": record.beside,
    }
    text = json.dumps(build, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_whole(project.reports / RECORD, text.encode())
    (project.build / JOURNAL).unlink(missing_ok=True)
    record.changed = False


NAME = "standings.json"
PREFIX = "standings/"


@dataclass
class Standings:
    """Digests of standings, part by part, for the tables and the library as they are now."""

    project: Project
    made_from: str
    parts: dict[str, str] = field(default_factory=dict)
    changed: bool = False

    def digest_of(self, part: str) -> str:
        """The digest of `standings/YEAR/HORIZON/TERRITORY/TARGET`; all of its like are assessed if need be."""
        if part not in self.parts:
            _, year, horizon, territory, _ = part.split("/")
            self.add(_assess(int(year), int(horizon), territory))
        return self.parts.get(part, "")

    def add(self, parts: Mapping[str, str]) -> None:
        """Take over what a notebook has assessed already."""
        new = {part: digest for part, digest in parts.items() if part.startswith(PREFIX)}
        self.changed |= bool(new.keys() - self.parts.keys())
        self.parts |= new

    def keep(self) -> None:
        """Keep the digests for the next batch."""
        if self.changed:
            content = {"made_from": self.made_from, "parts": self.parts}
            write_whole(self.project.processed / NAME, json.dumps(content, indent=0, sort_keys=True).encode())
            self.changed = False


def read_standings(project: Project, prepared: Prepared) -> Standings:
    """Return the digests kept by an earlier batch if nothing the tables were made from has changed since.

    A file that cannot be read counts for nothing: what it held is assessed again.
    """
    standings = Standings(project, prepared.digest)
    path = project.processed / NAME
    if path.exists():
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            return standings
        if isinstance(content, dict) and content.get("made_from") == standings.made_from:
            standings.parts = content["parts"]
    return standings


def _assess(year: int, horizon: int, territory: str) -> dict[str, str]:
    from hpedu import store  # polars, the registry and the statistics: only where something has changed
    from hpedu.assess.standing import assess_targets, digest_standings
    from hpedu.registry import load_registry

    registry = load_registry()
    if territory not in registry.reported_territories():
        return {}
    values = store.territory_values(territory)
    return digest_standings(assess_targets(values, registry, territory, year, horizon=horizon), year, horizon)


@dataclass
class State:
    """Everything a page is made from, as it is now."""

    project: Project
    prepared: Prepared
    standings: Standings
    _notebooks: dict[str, str] = field(default_factory=dict)

    def notebook(self, name: str) -> str:
        if name not in self._notebooks:
            self._notebooks[name] = digest_notebook(self.project.notebooks / name)
        return self._notebooks[name]

    def digest_of(self, part: str) -> str:
        """The digest of a part of the data; "" if there is no such part."""
        if part.startswith(PREFIX):
            return self.standings.digest_of(part)
        if part.startswith("reports/"):
            return _digest_if_there(self.project.root / part)
        return self.prepared.digest_of(part)


def read_state(project: Project, prepared: Prepared) -> State:
    """Take the record of the tables and the standings; notebooks are digested when they are needed."""
    return State(project, prepared, read_standings(project, prepared))


def digest_notebook(path: Path) -> str:
    """Return SHA-256 of what is read and run in a notebook: cells and metadata, not outputs, ids and counts."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [[cell["cell_type"], "".join(cell["source"]), cell.get("metadata")] for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps([notebook.get("metadata"), cells], sort_keys=True).encode()).hexdigest()


def make_entry(run: Run, state: State, *, inputs: dict[str, str], error: str = "") -> Entry:
    """What the record keeps of a run that has ended; `error` is empty for one that succeeded.

    Parameters
    ----------
    inputs
        The parts of the data that were used, with their digests.
    """
    return {
        "page": str(run.page),
        "parameters": run.parameters | {"group": run.group},
        "status": "failed" if error else "done",
        "error": error,
        "notebook": state.notebook(run.notebook),
        PACKAGE: state.prepared.made_from[PACKAGE],
        ENVIRONMENT: state.prepared.made_from[ENVIRONMENT],
        "inputs": inputs,
        "sha256": _digest_if_there(state.project.reports / run.page),
    }


def explain_stale(run: Run, entry: Entry | None, state: State) -> Message | None:
    """Why a page has to be made again; None if it stands, untouched, made from exactly what is there now."""
    if entry is None or "inputs" not in entry:
        return message("stale_new")
    if entry["status"] != "done":
        return message("stale_failed")
    made_with = {name: state.prepared.made_from[name] for name in (PACKAGE, ENVIRONMENT)}
    for name, digest in {"notebook": state.notebook(run.notebook), **made_with}.items():
        if entry.get(name) != digest:
            return message(f"stale_{name}")
    changed = list(_list_changed(entry["inputs"], state))
    if changed:
        return message("stale_data", part=changed[0], count=len(changed))
    digest = _digest_if_there(state.project.reports / run.page)
    if digest == entry["sha256"]:
        return None
    return message("stale_touched" if digest else "stale_gone")


def _list_changed(inputs: dict[str, str], state: State) -> Iterable[str]:
    return (part for part, digest in inputs.items() if state.digest_of(part) != digest)


def _digest_if_there(path: Path) -> str:
    return digest_file(path) if path.exists() else ""
