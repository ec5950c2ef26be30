"""reports/build.json: what each page was made from. And the journal: a killed batch loses nothing.

A line is added to the journal as each report ends; the record takes them up when the batch ends, or when the
next one begins.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hpedu.errors import HpeduError
from hpedu.files import write_whole
from hpedu.ingest.record import read_record
from hpedu.paths import Project

RECORD = "build.json"
JOURNAL = "journal.jsonl"
LIBRARIES = ("altair", "nbconvert", "pandas", "papermill", "polars", "vl-convert-python")

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
    raw = (read_record(project) or {"inputs": {}})["inputs"]
    kept = {name: entry for name, entry in record.reports.items() if (project.reports / entry["page"]).exists()}
    record.reports = dict(sorted(kept.items()))
    build = {
        "hpedu": version("hpedu"),
        "versions": {name: version(name) for name in LIBRARIES},
        "raw": {name: digest for name, digest in raw.items() if name.startswith("raw/")},
        "reports": record.reports,
        "beside": record.beside,
    }
    text = json.dumps(build, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_whole(project.reports / RECORD, text.encode())
    (project.build / JOURNAL).unlink(missing_ok=True)
    record.changed = False
