"""build/times.json: how long each report took, and from that how long a batch will take."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from statistics import median

from hpedu.batch.plan import Run
from hpedu.files import write_whole
from hpedu.paths import Project

TIMES = "times.json"
KEPT = 5  # newest times of each report

Times = dict[str, dict[str, list[float]]]
"""engine -> run id -> seconds, the newest last."""


def read_times(project: Project) -> Times:
    """The times of earlier batches; none if there were none, or somebody broke the file: it is only a memory."""
    path = project.build / TIMES
    if not path.exists():
        return {}
    try:
        times: Times = json.loads(path.read_text(encoding="utf-8"))
        return {engine: dict(runs) for engine, runs in times.items() if isinstance(runs, dict)}
    except ValueError:
        return {}


def add_times(project: Project, engine: str, seconds: Iterable[tuple[Run, float]]) -> None:
    """Add the times of a batch to those of earlier ones."""
    times = read_times(project)
    runs = times.setdefault(engine, {})
    for run, taken in seconds:
        runs[run.id] = [*runs.get(run.id, []), round(taken, 3)][-KEPT:]
    write_whole(project.build / TIMES, json.dumps(times, indent=1, sort_keys=True).encode())


def expect_seconds(plan: Sequence[Run], times: Times, engine: str) -> list[float] | None:
    """How long each run should take: as it did before, or as others with the same notebook; None if none was."""
    runs = times.get(engine, {})
    if not runs:
        return None
    known = {run_id: median(taken) for run_id, taken in runs.items() if taken}
    alike: dict[tuple[bool, str], list[float]] = {}
    for run_id, taken in known.items():
        alike.setdefault(_kind(run_id), []).append(taken)
    usual = median(known.values())
    return [known.get(run.id) or median(alike.get(_kind(run.id), [usual])) for run in plan]


def _kind(run_id: str) -> tuple[bool, str]:
    return "/communes/" in run_id, run_id.rpartition("/")[2]
