"""From an edit to the page, for tests/bench.py: one report, a figure edited, a watch, and where the time goes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from hpedu.batch.engine import open_local
from hpedu.batch.plan import Run, prepare_tables
from hpedu.batch.warm import PRELOADED
from hpedu.cache import VARIABLE as CACHE_VARIABLE
from hpedu.cache import locate_cache
from hpedu.digest import PREPARED_VARIABLE, vouch
from hpedu.folders import HOME_VARIABLE, Project, announce
from tests import bench_batch as batch
from tests.conftest import ROOT, copy_project

TABLE = "nso/pxweb_2019_kindergarten.csv"
PRESCHOOL = ["--group", "preschool", "--language", "vi"]
ROW = "hai_phong,1,city,2025-07-01,,,hai_phong_old|hai_duong_old,Thành phố Hải Phòng,Hai Phong City"
WATCHING = "Watching"
REPORTS = 10

Figures = dict[str, float]


def bench_one(folder: Path) -> Figures:
    """One report from nothing, and the class that a notebook begins with."""
    project = copy_project(folder / "one")
    batch.measure([*batch.HPEDU, "report", *PRESCHOOL], project)
    command = [*batch.HPEDU, "report", *PRESCHOOL, "--force"]
    report = [sys.executable, "-c", 'import hpedu; hpedu.Report("preschool")']
    return {
        **name_both("report_class", batch.measure_both(report, project)),
        **name_both("one_report", batch.measure_both(command, project)),
        **name_both("one_report_without_cache", batch.measure_both(command, project, **{CACHE_VARIABLE: "off"})),
        **time_in_kernel(project),
        **profile_report(project),
    }


def name_both(name: str, measured: tuple[float, float]) -> Figures:
    return {f"{name}_seconds": measured[0], f"{name}_cpu": measured[1]}


def time_in_kernel(project: Project) -> Figures:
    """The preschool notebook run whole, as JupyterLab would, from a started kernel."""
    notebook = nbformat.read(project.notebooks / "preschool.ipynb", as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(project.root)}})
    with announce(HOME_VARIABLE, str(project.root)), client.setup_kernel():
        started = time.perf_counter()
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        return {"lab_preschool_seconds": time.perf_counter() - started}


def profile_report(project: Project) -> Figures:
    """Processor time of what is neither cells nor page: libraries, and a report of nothing from fork to end."""
    code = "; ".join(f"import {name}" for name in PRELOADED)
    figures = {"load_cpu": batch.measure_both([sys.executable, "-c", code], project)[1]}
    empty = project.notebooks / "empty.ipynb"
    parameters = new_code_cell("territory, year, language = '', 0, ''", metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[parameters]), empty)
    with (
        announce(HOME_VARIABLE, str(project.root)),
        announce(PREPARED_VARIABLE, vouch(prepare_tables(project).digest)),
    ):
        spent = []
        for count in (1, REPORTS + 1):
            before = batch.spent_by_children()
            with open_local("fast", project) as engine:
                for _ in range(count):
                    engine.run(Run(batch.YEAR, "hai_phong", "vi", "empty"))
            spent.append(batch.spent_by_children() - before)
    empty.unlink()
    return figures | {"empty_report_cpu": (spent[1] - spent[0]) / REPORTS}


def bench_edit(folder: Path) -> Figures:
    """One figure edited: `hpedu ingest && hpedu report`, with the cache and without.

    The first edit makes the figure contradict its table: it goes out of use; the second changes nothing in that.
    """
    figures: Figures = {}
    for cache, variables in (("", {}), ("_without_cache", {CACHE_VARIABLE: "off"})):
        project = copy_project(folder / f"edit{cache}")
        batch.measure([*batch.HPEDU, "report"], project)
        for name in (f"edit{cache}", f"edit{cache}_again"):
            edit_figure(project)
            ingest = batch.measure_both([*batch.HPEDU, "ingest"], project, **variables)
            before = list_times(project)
            report = batch.measure_both([*batch.HPEDU, "report"], project, **variables)
            figures |= name_both(f"{name}_ingest", ingest) | name_both(f"{name}_report", report)
            figures[f"{name}_pages"] = len(list_times(project) - before)
    return figures


def list_times(project: Project) -> set[tuple[Path, int]]:
    return {(page, page.stat().st_mtime_ns) for page in project.reports.glob("*/*/*/*.html")}


def edit_figure(project: Project) -> None:
    """Change the newest figure of the old city in a published table by one pupil."""
    path = project.raw / TABLE
    head, newest = path.read_text(encoding="utf-8-sig").rstrip().rsplit(";", 1)
    path.write_text(f"{head};{int(newest) + 1}\n", encoding="utf-8-sig")


def bench_watch(folder: Path) -> Figures:
    """A watch: from a saved file to its pages, of a figure, a notebook and a row of the registry."""
    project = copy_project(folder / "watch")
    figures: Figures = {}
    notebook = project.notebooks / "preschool.ipynb"
    registry = project.registry / "territories.csv"
    registry.parent.mkdir(exist_ok=True)
    head = (ROOT / "hpedu/registry/territories.csv").read_text(encoding="utf-8").splitlines()[0]
    with start_watch(project) as lines:
        edit_figure(project)
        wait_for(lines)
        for name, change in {
            "figure": lambda: edit_figure(project),
            "notebook": lambda: notebook.write_text(
                notebook.read_text(encoding="utf-8").replace(
                    "pupil_growth: float = 0.0", "pupil_growth: float = 0.00", 1
                ),
                encoding="utf-8",
            ),
            "registry": lambda: registry.write_text(f"{head}\n{ROW} 2\n", encoding="utf-8"),
        }.items():
            before, started = list_times(project), time.perf_counter()
            change()
            wait_for(lines)
            figures[f"watch_{name}_seconds"] = time.perf_counter() - started
            figures[f"watch_{name}_pages"] = len(list_times(project) - before)
    return figures


@contextmanager
def start_watch(project: Project) -> Iterator[TextIO]:
    """A watch that has made its pages, and what it says."""
    command = [*batch.HPEDU, "--language", "en", "watch"]
    environment = os.environ | {HOME_VARIABLE: str(project.root), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        wait_for(process.stdout)
        try:
            yield process.stdout
        finally:
            process.terminate()


def wait_for(lines: TextIO) -> None:
    for line in lines:
        if line.startswith(WATCHING):
            return
    raise RuntimeError("the watch has ended")


def empty_cache(project: Project) -> None:
    shutil.rmtree(locate_cache(project), ignore_errors=True)
