"""`make bench`: whole-process times of what an analyst waits for, and the school lists beside pandas.

Prints a table and writes build/bench.json. The twelve reports are those of the city in both languages; the
national list is fifteen workbooks of 50,000 schools and 40 columns, one of which pandas reads too, with openpyxl.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench_schools import time_against_pandas, time_city, time_national, write_lists
from tests.conftest import ROOT, copy_project

HPEDU = [sys.executable, "-c", "from hpedu.cli import main; main()"]


def measure(command: list[str], home: Path) -> float:
    """Seconds a command takes, interpreter start included; its output is dropped, its failure is not."""
    environment = os.environ | {"HPEDU_HOME": str(home)}
    started = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = copy_project(Path(folder) / "project").root
        figures = {
            "import_hpedu_seconds": measure([sys.executable, "-c", "import hpedu"], home),
            "help_seconds": measure([*HPEDU, "--help"], home),
            "ingest_seconds": measure([*HPEDU, "ingest"], home),
            "ingest_no_change_seconds": measure([*HPEDU, "ingest"], home),
            "reports_seconds": measure([*HPEDU, "report"], home),
            "no_change_seconds": measure([*HPEDU, "report"], home),
        }
        figures |= time_city(Path(folder))
        lists = write_lists(Path(folder))
        national, beside = time_national(lists), time_against_pandas(lists[0])
        figures |= national | beside
        figures |= {
            "national_ingest_seconds": national["national_list_seconds"],
            "national_ingest_peak_mb": national["national_list_peak_mb"],
            "ingest_ratio": beside["times_faster"],
        }
    for name, seconds in figures.items():
        print(f"{name:<28} {seconds:8.2f}")
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    place = ROOT / "build" / "bench.json"
    place.parent.mkdir(exist_ok=True)
    rounded = {name: round(seconds, 3) for name, seconds in figures.items()}
    place.write_text(json.dumps(rounded | {"machine": machine}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
