"""`make bench`: what people wait for, side by side with what they do without hpedu.

    python -m tests.bench [--only start|one|edit|watch|pages|batch|communes|country|schools|tables]

Prints a table for docs/batch.md and writes build/bench.json. Thirty reports are those of a year end (5 notebooks x
3 territories x 2 languages). The baselines run one after the other, as people run them, on one report of each
notebook; their seconds are those of the sample, times six. The communes are
those of the synthetic school list (`hpedu demo`); the national list is 15 workbooks of 50,000 schools, 40 columns.
With `--only` the other figures of an earlier run stay in build/bench.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import psutil

from hpedu.cache import VARIABLE as CACHE_VARIABLE
from hpedu.digest import read_prepared
from hpedu.folders import Project
from tests import bench_batch as batch
from tests.bench_edit import bench_edit, bench_one, bench_watch, empty_cache, name_both
from tests.bench_pages import measure_page
from tests.bench_schools import measure_lists, write_country
from tests.bench_tables import measure_tables
from tests.conftest import ROOT, copy_project

PLACE = ROOT / "build" / "bench.json"
LIBRARIES = ("altair", "ipykernel", "nbconvert", "pandas", "papermill", "polars", "vl-convert-python")
Figures = dict[str, float]
WITHOUT = "_without_cache"


def bench_start(folder: Path) -> Figures:
    """What every command costs before it does anything."""
    project = copy_project(folder / "start")
    return {
        "import_hpedu_seconds": batch.measure([sys.executable, "-c", "import hpedu"], project),
        "help_seconds": batch.measure([*batch.HPEDU, "--help"], project),
        "ingest_seconds": batch.measure([*batch.HPEDU, "ingest"], project),
        "ingest_no_change_seconds": batch.measure([*batch.HPEDU, "ingest"], project),
    }


def bench_batch(folder: Path) -> Figures:
    """Thirty reports: a shell loop, one process, ours; and nothing changed."""
    project = copy_project(folder / "year_end")
    batch.measure([*batch.HPEDU, "report", "--group", "continuing"], project)  # tables made, byte code written
    empty_cache(project)
    two, two_cpu = batch.time_reports(project, 2, "--force")
    cached = batch.time_reports(project, 2, "--force")
    without = batch.time_reports(project, 2, "--force", **{CACHE_VARIABLE: "off"})
    one, _ = batch.time_reports(project, 1, "--force", **{CACHE_VARIABLE: "off"})
    no_change = min(batch.time_reports(project, 2)[0] for _ in range(3))
    computing = batch.time_computing(project)
    limit = (computing["cells_seconds"] + computing["pages_seconds"]) / 2
    process = batch.time_one_process(project, folder / "process") * batch.SHARE
    loop = batch.time_shell_loop(project, folder / "loop") * batch.SHARE
    return {
        "reports": len(batch.list_reports()),
        "shell_loop_seconds": loop,
        "papermill_seconds": process,
        "reports_seconds": two,
        "reports_cpu": two_cpu,
        **name_both("reports_cached", cached),
        **name_both("reports_without_cache", without),
        "reports_one_worker_seconds": one,
        "shell_loop_ratio": loop / two,
        "papermill_ratio": process / two,
        "no_change_seconds": no_change,
        **computing,
        "limit_seconds": limit,
        "limit_ratio": two / limit,
        "same_pages_as_shell_loop": batch.compare_pages(project.reports, folder / "loop"),
        "same_pages_as_papermill": batch.compare_pages(project.reports, folder / "process"),
    }


def bench_pages(folder: Path) -> Figures:
    """The largest page of a group, as a reader opens it."""
    project = copy_project(folder / "pages")
    batch.measure([*batch.HPEDU, "report", "--group", "general", "--language", "vi"], project)
    page = max(project.reports.rglob("general.html"), key=lambda path: path.stat().st_size)
    return measure_page(page)


def bench_communes(folder: Path) -> Figures:
    """A report for each commune and group of the synthetic school list; thirty first, for the cost of one."""
    home = folder / "demo"
    batch.measure([*batch.HPEDU, "demo", str(home)], Project(ROOT))
    project = Project(home)
    batch.measure([*batch.HPEDU, "report", "--territory", "communes", "--limit", "1"], project)
    few, _ = batch.time_communes(project, 2, "--limit", "30")
    seconds, peak = batch.time_communes(project, 2, "--force")
    count = batch.count_pages(project)
    return {
        "commune_reports": count,
        "commune_seconds": seconds,
        "commune_peak_mb": peak,
        "commune_each_of_30_seconds": few / 30,
        "commune_each_of_all_seconds": seconds / count,
    }


def bench_country(folder: Path) -> Figures:
    """Sixty reports of communes of the city, and of a synthetic country, evenly spread: does one cost more?"""
    figures: Figures = {}
    for name in ("city", "country"):
        project = Project(folder / name)
        batch.measure([*batch.HPEDU, "demo", str(project.root)], Project(ROOT))
        if name == "country":
            write_country(project)
        with batch.watch_memory() as peak:
            figures |= name_both(f"{name}_tables", batch.measure_both([*batch.HPEDU, "ingest"], project))
        figures[f"{name}_tables_peak_mb"] = peak[0]
        prepared = read_prepared(project)
        assert prepared is not None
        some = [*prepared.communes][:: len(prepared.communes) // 15][:15]
        command = [*batch.HPEDU, "report", *(word for commune in some for word in ("--territory", commune))]
        with batch.watch_memory() as peak:
            taken = batch.measure_both(command, project)
        each = tuple(seconds / batch.count_pages(project) for seconds in taken)
        figures |= name_both(f"{name}_commune_each", each) | {f"{name}_commune_peak_mb": peak[0]}
    return figures


PARTS: dict[str, Callable[[Path], Figures]] = {
    "start": bench_start,
    "one": bench_one,
    "edit": bench_edit,
    "watch": bench_watch,
    "pages": bench_pages,
    "batch": bench_batch,
    "communes": bench_communes,
    "country": bench_country,
    "schools": measure_lists,
    "tables": measure_tables,
}


def describe_machine() -> dict[str, object]:
    """What the figures were measured on; no name of machine or user."""
    model = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        lines = described.read_text(encoding="utf-8").splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_mb": psutil.virtual_memory().total // batch.MEGABYTE,
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def tabulate(figures: Figures) -> Iterator[str]:
    """Rows of a table: what was measured with the cache, and beside it the same without."""
    for name, figure in figures.items():
        if WITHOUT not in name:
            subject, _, unit = name.rpartition("_")
            twin = figures.get(f"{subject}{WITHOUT}_{unit}")
            if twin is None and "_" in subject:
                first, _, rest = name.partition("_")
                twin = figures.get(f"{first}{WITHOUT}_{rest}")
            yield f"| {name} | {figure:.2f} | {'' if twin is None else f'{twin:.2f}'} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only; repeatable")
    wanted = parser.parse_args().only or list(PARTS)
    # As hpedu is installed: what it is compiled to is kept.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    machine = describe_machine()
    before = json.loads(PLACE.read_text(encoding="utf-8")) if PLACE.exists() and len(wanted) < len(PARTS) else {}
    figures: Figures = {}
    print("| figure | with the cache | without |", "|---|---|---|", sep="\n")
    with tempfile.TemporaryDirectory() as folder:
        for part in wanted:
            place = Path(folder) / part
            place.mkdir()
            found = PARTS[part](place)
            figures |= found
            for line in tabulate(found):
                print(line, flush=True)
    print(*(f"{name}: {value}" for name, value in machine.items()), sep="; ")
    PLACE.parent.mkdir(exist_ok=True)
    rounded = {name: round(figure, 3) for name, figure in figures.items()}
    PLACE.write_text(json.dumps({**before, **rounded, "machine": machine}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
