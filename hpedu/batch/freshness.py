"""Decide whether a page is up to date: by the content of all it was made from, never by time.

What is known of each page stands in `reports/build.json`, and that of a batch under way in a journal.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hpedu.assess.recalled import PREFIX, recall_rows
from hpedu.batch.plan import Run
from hpedu.digest import ENVIRONMENT, PACKAGE, Prepared, list_versions, read_prepared
from hpedu.folders import Project, digest_file, read_record, write_whole
from hpedu.texts import Message, message

RECORD = "build.json"
JOURNAL = "journal.jsonl"

Entry = dict[str, Any]
"""The record of one page, and of the exports made with it (`make_entry`)."""

_KINDS: dict[str, type] = dict.fromkeys(("page", "status", "notebook", PACKAGE, ENVIRONMENT, "sha256"), str)
_KINDS |= {"parameters": dict, "inputs": dict}


@dataclass
class Record:
    """The record of every page under reports/."""

    reports: dict[str, Entry] = field(default_factory=dict)  # run id -> entry
    beside: dict[str, str] = field(default_factory=dict)  # what index pages and standings were made from
    changed: bool = False  # since it was read or written
    damage: Message | None = None  # to tell: there was a file that could not be read


def read_build(project: Project) -> Record:
    """Return the record of the last batch, and what the journal of an unfinished one adds to it.

    What cannot be read counts for nothing: those reports are made again.
    """
    path = project.reports / RECORD
    content = read_record(path)
    reports, beside = content.get("reports"), content.get("beside")
    record = Record()
    if isinstance(reports, dict) and isinstance(beside, dict):
        record = Record({run_id: entry for run_id, entry in reports.items() if _is_entry(entry)}, beside)
    if path.exists() and (not isinstance(reports, dict) or len(record.reports) < len(reports)):
        record.damage = message("record_damaged", file=path.relative_to(project.root).as_posix())
        record.changed = True
    for run_id, entry in _read_journal(project.build / JOURNAL):
        record.reports[run_id] = entry
        record.changed = True
    return record


def _is_entry(entry: object) -> bool:
    whole = isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in _KINDS.items())
    exports = entry.get("exports", {}) if whole and isinstance(entry, dict) else None
    return isinstance(exports, dict) and all(isinstance(one, dict) and "sha256" in one for one in exports.values())


def add_to_journal(project: Project, run_id: str, entry: Entry) -> None:
    """Record what became of one report, at once.

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
        except (ValueError, TypeError):
            continue  # the line was torn: that report is run again
        if isinstance(run_id, str) and _is_entry(entry):
            entries.append((run_id, entry))
    return entries


def write_build(record: Record, project: Project) -> None:
    """Write the record, without the pages that are no longer there, and end the journal."""
    prepared = read_prepared(project)
    made_from = prepared.made_from if prepared else {}
    there = {name: entry for name, entry in record.reports.items() if (project.reports / entry["page"]).exists()}
    record.reports = dict(sorted(there.items()))
    build = {
        "hpedu": version("hpedu"),
        "versions": list_versions(),
        "raw": {name: digest for name, digest in made_from.items() if name.startswith("raw/")},
        "reports": record.reports,
        "beside": record.beside,
    }
    text = json.dumps(build, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_whole(project.reports / RECORD, text.encode())
    (project.build / JOURNAL).unlink(missing_ok=True)
    record.changed = False


@dataclass
class State:
    """Everything a page is made from, as it is now."""

    project: Project
    prepared: Prepared
    _notebooks: dict[str, str] = field(default_factory=dict)
    _standings: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict)

    def notebook(self, name: str) -> str:
        """Return the digest of a notebook."""
        if name not in self._notebooks:
            self._notebooks[name] = digest_notebook(self.project.notebooks / name)
        return self._notebooks[name]

    def digest_of(self, part: str) -> str:
        """Return the digest of a part of the data; "" if there is no such part."""
        if part.startswith(PREFIX):
            return self._digest_standing(part)
        if part.startswith(("reports/", "data/")):
            return _digest_if_there(self.project.root / part)
        return self.prepared.digest_of(part)

    def _digest_standing(self, part: str) -> str:
        """Return the digest of `standings/YEAR/HORIZON/TERRITORY/TARGET`; all of its like are assessed at once."""
        _, year, horizon, territory, _ = part.split("/")
        asked = territory, int(year), int(horizon)
        if asked not in self._standings:
            self._standings[asked] = recall_rows(self.prepared.digest, *asked)
        return str(self._standings[asked].get(part, [""])[0])


def digest_notebook(path: Path) -> str:
    """Return SHA-256 of what is read and run in a notebook: cells and metadata, not outputs, ids and counts.

    A notebook that cannot be read has the digest "": its report is run, and fails by itself.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = [[cell["cell_type"], "".join(cell["source"]), cell.get("metadata")] for cell in notebook["cells"]]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return hashlib.sha256(json.dumps([notebook.get("metadata"), cells], sort_keys=True).encode()).hexdigest()


def make_entry(run: Run, state: State, *, inputs: dict[str, str], error: str = "") -> Entry:
    """Return what is recorded of a run that has ended: what it used, and if it failed, its `error` in a line."""
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
    """Return why a page has to be made again; None if it is untouched and made from exactly what is there now."""
    if entry is None:
        return message("stale_new")
    if entry["status"] != "done":
        return message("stale_failed")
    made_with = {name: state.prepared.made_from[name] for name in (PACKAGE, ENVIRONMENT)}
    for name, digest in {"notebook": state.notebook(run.notebook), **made_with}.items():
        if entry[name] != digest:
            return message(f"stale_{name}")
    changed = [part for part, digest in entry["inputs"].items() if state.digest_of(part) != digest]
    if changed:
        return message("stale_data", part=changed[0], count=len(changed))
    digest = _digest_if_there(state.project.reports / run.page)
    if digest == entry["sha256"]:
        return None
    return message("stale_touched" if digest else "stale_gone")


def _digest_if_there(path: Path) -> str:
    return digest_file(path) if path.exists() else ""
