"""Times of large tables, for tests/bench.py: PX-Web files of 5 and 50 MB, unknown names, a list of pupils."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

from hpedu.folders import Project
from tests.conftest import ROOT, copy_project

_TABLE = "nso/pxweb_2019_general_pupils.csv"

_MEASURE = """
import json, resource, sys, time
from pathlib import Path
from hpedu.ingest.propose import check_file, describe
from hpedu.registry import load_registry
started = time.perf_counter()
registry = load_registry()
list(describe(check_file(Path(sys.argv[1]), registry), registry, "vi"))
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
print(json.dumps([time.perf_counter() - started, peak]))
"""

_INGEST = """
import json, resource, sys, time
from pathlib import Path
from hpedu.folders import Project
from hpedu.store import make_tables
started = time.perf_counter()
make_tables(Project(Path(sys.argv[1])))
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
print(json.dumps([time.perf_counter() - started, peak]))
"""


def measure_tables(folder: Path) -> dict[str, float]:
    """Check each file as `hpedu check` does, and ingest the largest, each in a process of its own."""
    files = {
        "pxweb_5_mb": write_pxweb(folder / "pxweb_5.csv", 5),
        "pxweb_50_mb": write_pxweb(folder / "pxweb_50.csv", 50),
        "unknown_names_2_mb": write_pxweb(folder / "unknown.csv", 2, unknown=True),
        "pupil_list_5_mb": write_pupils(folder / "pupils.csv", 5),
    }
    figures: dict[str, float] = {}
    for name, path in files.items():
        figures[f"{name}_seconds"], figures[f"{name}_peak_mb"] = _measure(_MEASURE, path)
    project = copy_project(folder / "project")
    add_copy(project, files["pxweb_50_mb"])
    figures["ingest_50_mb_seconds"], figures["ingest_50_mb_peak_mb"] = _measure(_INGEST, project.root)
    return figures


def _measure(code: str, path: Path) -> list[float]:
    command = [sys.executable, "-c", code, str(path)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    measured: list[float] = json.loads(found.stdout)
    return measured


def add_copy(project: Project, path: Path) -> None:
    """Put a file into data/raw, with the entry of the table it repeats."""
    shutil.copy(path, project.raw / "large.csv")
    package = project.raw / "datapackage.json"
    content = json.loads(package.read_text(encoding="utf-8"))
    entry = next(one for one in content["resources"] if one["path"] == _TABLE)
    content["resources"].append({**entry, "name": "large", "path": "large.csv"})
    package.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def write_pxweb(path: Path, megabytes: int, *, unknown: bool = False) -> Path:
    """Write the published table of pupils, its rows again and again; or under names nobody knows."""
    text = (ROOT / "data/raw" / _TABLE).read_text(encoding="utf-8-sig")
    head, body = text.splitlines()[:3], [line for line in text.splitlines()[3:] if line.count(";") > 1]
    count = (megabytes << 20) // (sum(map(len, body)) // len(body))
    lines = [body[n % len(body)] for n in range(count)]
    if unknown:
        lines = [f'"Place {n} of many";{line.split(";", 1)[1]}' for n, line in enumerate(lines)]
    path.write_text("\n".join([*head, *lines]), encoding="utf-8-sig")
    return path


def write_pupils(path: Path, megabytes: int) -> Path:
    """Write a list of pupils with their marks: a table for which there is no layout."""
    random = Random(1)
    lines = ["STT;Họ và tên;Ngày sinh;Lớp;Điểm toán;Điểm văn;Ghi chú"]
    for number in range(1, (megabytes << 20) // 46):
        born = f"{random.randint(1, 28)}/{random.randint(1, 12)}/2012"
        marks = f"{random.randint(1, 12)}A{random.randint(1, 9)};{random.randint(0, 10)};{random.randint(0, 10)}"
        lines.append(f"{number};Nguyễn Văn {number};{born};{marks};")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
