"""The year-end batch against what people do without hpedu, for tests/bench.py. All times are of whole processes.

Both baselines write the same pages from the same executed notebooks; `compare_pages` says whether they did.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from hpedu.folders import HOME_VARIABLE, PAGES_VARIABLE, Project
from tests.conftest import ROOT

BIN = Path(sys.executable).parent
HPEDU = [sys.executable, "-c", "from hpedu.cli import main; main()"]
GROUPS = ("overview", "preschool", "general", "higher", "continuing")
TERRITORIES = ("hai_phong", "hai_phong_old", "hai_duong_old")
LANGUAGES = ("vi", "en")
YEAR = 2025
MEGABYTE = 1 << 20
SAMPLE_SECONDS = 0.25
DIGEST = re.compile(r"\n?<div><dt>[^<]*</dt><dd>[0-9a-f]{12,64}</dd></div>")


def list_reports() -> list[tuple[str, str, str]]:
    """Thirty reports: (territory, language, group)."""
    return [(place, language, group) for place in TERRITORIES for language in LANGUAGES for group in GROUPS]


SAMPLE = [("hai_phong", "vi", group) for group in GROUPS]
"""What both baselines make, one of each group: all thirty of a shell loop take a quarter of an hour."""
SHARE = len(TERRITORIES) * len(LANGUAGES)  # of the sample in the thirty


def name_page(territory: str, language: str, group: str) -> str:
    return f"{YEAR}/{territory}/{language}/{group}.html"


def announce_pages() -> dict[str, str]:
    """What a batch tells its kernels of the pages it makes: to others they make no link."""
    return {PAGES_VARIABLE: " ".join(name_page(*report) for report in list_reports())}


def time_shell_loop(project: Project, folder: Path) -> float:
    """Seconds of a shell script, for the sample, of `papermill` and `jupyter nbconvert`, two commands a report."""
    lines = ["set -e"]
    for territory, language, group in SAMPLE:
        page = folder / name_page(territory, language, group)
        notebook = page.with_suffix(".ipynb")
        run = [BIN / "papermill", project.notebooks / f"{group}.ipynb", notebook]
        run += ["-p", "territory", territory, "-p", "year", YEAR, "-p", "language", language]
        convert = [BIN / "jupyter", "nbconvert", "--to", "hpedu", notebook]
        lines += [f"mkdir -p {shlex.quote(str(page.parent))}"]
        lines += [shlex.join(map(str, command)) for command in (run, convert)]
    return measure(["sh", "-c", "\n".join(lines)], project, **announce_pages())


def time_one_process(project: Project, folder: Path) -> float:
    """Seconds of one Python process that calls papermill and one exporter for each report of the sample."""
    code = "import sys; from tests.bench_batch import run_in_one_process; run_in_one_process(*sys.argv[1:])"
    return measure([sys.executable, "-c", code, str(project.root), str(folder)], project, **announce_pages())


def run_in_one_process(root: str, folder: str) -> None:
    """The second baseline."""
    import papermill

    from hpedu.present.page.page import PageExporter

    exporter = PageExporter()
    for territory, language, group in SAMPLE:
        page = Path(folder) / name_page(territory, language, group)
        page.parent.mkdir(parents=True, exist_ok=True)
        notebook = page.with_suffix(".ipynb")
        papermill.execute_notebook(
            str(Project(Path(root)).notebooks / f"{group}.ipynb"),
            str(notebook),
            parameters={"territory": territory, "year": YEAR, "language": language},
            progress_bar=False,
        )
        html, _ = exporter.from_filename(str(notebook))
        page.write_text(html, encoding="utf-8")


def time_reports(project: Project, workers: int, *options: str, **variables: str) -> tuple[float, float]:
    """Seconds, and seconds of processor time, of `hpedu report` for the thirty reports."""
    command = [*HPEDU, "report", "--year", str(YEAR), "--workers", str(workers), *options]
    for name, values in (("group", GROUPS), ("territory", TERRITORIES), ("language", LANGUAGES)):
        command += [word for value in values for word in (f"--{name}", value)]
    return measure_both(command, project, **variables)


def time_communes(project: Project, workers: int, *options: str) -> tuple[float, float]:
    """Seconds, and most MB of memory of all processes together, of `hpedu report --territory communes`."""
    command = [*HPEDU, "report", "--territory", "communes", "--workers", str(workers), *options]
    with watch_memory() as peak:
        seconds = measure(command, project)
    return seconds, peak[0]


def count_pages(project: Project) -> int:
    """Pages of communes that stand."""
    return len([page for page in project.reports.rglob("*.html") if page.parts[-3].startswith("commune_")])


def time_computing(project: Project) -> dict[str, float]:
    """Seconds of the cells alone, and of the pages alone, of the thirty in one process."""
    code = "from tests.bench_batch import run_cells; run_cells()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {HOME_VARIABLE: str(project.root)},
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def run_cells() -> None:
    """The limit: every cell of the thirty notebooks, run one after the other with everything loaded and warm."""
    import nbformat
    from IPython.core.displayhook import CapturingDisplayHook
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from nbformat.v4 import new_output

    from hpedu.folders import find_project
    from hpedu.present.page.page import render_page

    project = find_project()
    shell = InteractiveShell.instance()
    seconds = {f"{name}_{kind}": 0.0 for name in ("cells", "pages") for kind in ("seconds", "cpu")}

    def add(name: str, started: tuple[float, float]) -> None:
        for kind, now, then in zip(("seconds", "cpu"), clock(), started, strict=True):
            seconds[f"{name}_{kind}"] += now - then

    for warm in (False, True):
        for territory, language, group in list_reports() if warm else list_reports()[: len(GROUPS)]:
            notebook = nbformat.read(project.notebooks / f"{group}.ipynb", as_version=4)
            started = clock()
            for cell in notebook.cells:
                if cell.cell_type != "code":
                    continue
                values: list[dict[str, Any]] = []
                shell.display_trap.hook = CapturingDisplayHook(shell=shell, outputs=values)
                with capture_output() as captured:
                    result = shell.run_cell(cell.source, store_history=False)
                result.raise_error()
                displayed = [{"data": shown.data, "metadata": shown.metadata or {}} for shown in captured.outputs]
                cell.outputs = [
                    new_output("display_data", **output) for output in [*displayed, *values] if output["data"]
                ]
                if "parameters" in cell.metadata.get("tags", []):
                    shell.push({"territory": territory, "year": YEAR, "language": language})
            if not warm:
                render_page(notebook)
                continue
            add("cells", started)
            started = clock()
            render_page(notebook)
            add("pages", started)
    print(json.dumps(seconds))


def clock() -> tuple[float, float]:
    """The time on the wall, and that of the processor which this process has taken."""
    return time.perf_counter(), time.process_time()


def compare_pages(ours: Path, theirs: Path) -> int:
    """How many pages of the sample are the same, but for a line: only `hpedu report` notes what a page used."""
    names = [name_page(*report) for report in SAMPLE]
    return sum(_read(ours / name) == _read(theirs / name) for name in names)


def _read(page: Path) -> str:
    return DIGEST.sub("", page.read_text(encoding="utf-8"))


def measure(command: list[str], project: Project, **variables: str) -> float:
    """Seconds a command takes, interpreter start included; its output is dropped, its failure is not."""
    return measure_both(command, project, **variables)[0]


def measure_both(command: list[str], project: Project, **variables: str) -> tuple[float, float]:
    """Seconds a command takes, and those of the processor, which others at work do not lengthen."""
    environment = os.environ | {HOME_VARIABLE: str(project.root)} | variables
    started, before = time.perf_counter(), spent_by_children()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command[:6])} ... failed:\n{done.stderr[-3000:]}")
    return seconds, spent_by_children() - before


def spent_by_children() -> float:
    used = os.times()
    return used.children_user + used.children_system


@contextmanager
def watch_memory() -> Iterator[list[float]]:
    """Most MB held by all processes this one starts, shared pages counted once (PSS), sampled."""
    peak, done = [0.0], threading.Event()

    def look() -> None:
        while not done.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], sum(map(measure_pss, psutil.Process().children(recursive=True))) / MEGABYTE)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def measure_pss(process: psutil.Process) -> int:
    """Bytes a process holds, its part of what it shares; 0 once it is gone."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
