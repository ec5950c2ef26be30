"""A batch: what is fresh is left alone, the rest is run, a failure stops nothing, the record says all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hpedu import __version__
from hpedu.batch.engine import Outcome, run_report
from hpedu.batch.office import keep_standings_of, renew_exports
from hpedu.batch.plan import Run
from hpedu.files import digest_file, digest_folders, write_whole
from hpedu.ingest.pipeline import read_record
from hpedu.outlook.kept import place_of_standings
from hpedu.paths import Project, announce_project
from hpedu.present.index import name_index, render_index
from hpedu.registry import LANGUAGES

RECORD = "build.json"
LIBRARIES = ("altair", "nbconvert", "pandas", "papermill", "polars", "vl-convert-python")


@dataclass
class Batch:
    """What a batch did."""

    index: Path  # in Vietnamese; the English one lies beside it
    fresh: list[Run] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.failed]


def run_batch(
    plan: Sequence[Run],
    project: Project,
    *,
    workers: int | None = None,
    force: bool = False,
    exports: Collection[str] = (),
    progress: Callable[[int, int, Outcome], None] = lambda *_: None,
) -> Batch:
    """Bring the planned pages up to date, then the index and the record.

    Kernels are driven from threads of this one process: jupyter_client guards its ports only within one.

    Parameters
    ----------
    workers
        Kernels at a time; by default one a core.
    force
        Run fresh reports too.
    exports
        What to write beside each page, of `hpedu.batch.office.KINDS`.
    progress
        Called after each run with how many are done, how many there are, and the outcome.
    """
    with announce_project(project):
        return _run_batch(plan, project, workers or os.cpu_count() or 1, force, exports, progress)


def _run_batch(
    plan: Sequence[Run],
    project: Project,
    workers: int,
    force: bool,
    exports: Collection[str],
    progress: Callable[[int, int, Outcome], None],
) -> Batch:
    record = read_build(project)
    inputs = describe_inputs(project)
    batch = Batch(project.reports / name_index("vi"))
    keep_standings_of(plan, project)  # before any page: a page of the year after compares with them
    stale: list[Run] = []
    for run in plan:
        fresh = not force and is_fresh(run, record, inputs, project)
        (batch.fresh if fresh else stale).append(run)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        waiting = [pool.submit(run_report, run, project) for run in stale]
        for done, future in enumerate(as_completed(waiting), start=1):
            outcome = future.result()
            batch.outcomes.append(outcome)
            progress(done, len(stale), outcome)
    _record(batch, record, inputs, exports, project)
    return batch


def describe_inputs(project: Project) -> dict[str, str]:
    """SHA-256 of all that a page is made from, but for its own notebook and parameters."""
    ingested = read_record(project) or {}
    return {
        "observations": str(ingested.get("digest", "")),
        "package": digest_file(project.raw / "datapackage.json"),
        "library": digest_folders(Path(__file__).parents[1]),
        "lock": digest_file(project.root / "requirements.lock"),
    }


def key_of(run: Run, inputs: dict[str, str], project: Project) -> str:
    """What a page was made from, as one SHA-256: equal keys mean equal pages."""
    notebook = digest_file(project.notebooks / f"{run.group}.ipynb")
    before = place_of_standings(project, run.year - 1, run.territory)
    own = {
        "notebook": notebook,
        "parameters": run.parameters,
        "last_year": digest_file(before) if before.exists() else "",
    }
    text = json.dumps(own | inputs, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_fresh(run: Run, record: dict[str, Any], inputs: dict[str, str], project: Project) -> bool:
    """Whether the page stands, untouched, made from exactly these inputs."""
    entry = record["reports"].get(run.id)
    page = project.reports / run.page
    return (
        entry is not None
        and entry["status"] == "done"
        and entry["key"] == key_of(run, inputs, project)
        and page.exists()
        and digest_file(page) == entry["sha256"]
    )


def read_build(project: Project) -> dict[str, Any]:
    """The record of the last batch, or an empty one."""
    path = project.reports / RECORD
    if not path.exists():
        return {"reports": {}}
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def _record(
    batch: Batch, record: dict[str, Any], inputs: dict[str, str], exports: Collection[str], project: Project
) -> None:
    """Write index and record. Times are no result of the data: they go to build/."""
    entries: dict[str, Any] = {
        name: entry for name, entry in record["reports"].items() if (project.reports / entry["page"]).exists()
    }
    for outcome in batch.outcomes:
        page = project.reports / outcome.run.page
        entries[outcome.run.id] = {
            "page": str(outcome.run.page),
            "parameters": outcome.run.parameters | {"group": outcome.run.group},
            "status": "failed" if outcome.failed else "done",
            "error": outcome.error,
            "exports": record["reports"].get(outcome.run.id, {}).get("exports", {}),
            "key": key_of(outcome.run, inputs, project),
            "sha256": digest_file(page) if page.exists() else "",
        }
    done = {outcome.run for outcome in batch.outcomes if not outcome.failed}
    for run in [*batch.fresh, *done]:
        before = entries[run.id].get("exports", {})
        entries[run.id]["exports"] = renew_exports(run, project, exports, before, fresh=run not in done)
    raw = (read_record(project) or {"inputs": {}})["inputs"]
    build = {
        "hpedu": __version__,
        "versions": {name: version(name) for name in LIBRARIES},
        "inputs": inputs,
        "raw": {name: digest for name, digest in raw.items() if name.startswith("raw/")},
        "reports": dict(sorted(entries.items())),
    }
    text = json.dumps(build, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_whole(project.reports / RECORD, text.encode())
    there = _existing(entries.values(), project)
    for language in LANGUAGES:
        index = render_index(there, project.reports, language)
        write_whole(project.reports / name_index(language), index.encode())
    times = {outcome.run.id: round(outcome.seconds, 3) for outcome in batch.outcomes}
    if times:
        write_whole(project.build / "times.json", json.dumps(times, indent=1, sort_keys=True).encode())


def _existing(entries: Iterable[dict[str, Any]], project: Project) -> list[dict[str, Any]]:
    return [entry for entry in entries if (project.reports / entry["page"]).exists()]
