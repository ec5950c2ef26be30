"""`python -m tests.batch.kill_rounds`: a batch killed in its midst, twenty times, with real kernels.

Each kill comes a moment after a number of reports that a die has chosen, on a busy machine as on an idle one.

After each kill: every page there is whole, the record can be read, no process is left. After the run that follows:
all pages are as an undisturbed batch makes them, what was finished was not run again, nothing is left over.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil

from hpedu.batch.freshness import JOURNAL, digest_notebook, read_build
from hpedu.batch.plan import Outcome, Run
from hpedu.folders import HOME_VARIABLE, Project, write_whole
from hpedu.registry import load_registry
from hpedu.texts import Message

GROUPS = [group.id for group in load_registry().groups.values() if group.page]
REPORTS = 2 * len(GROUPS)
"""In both languages."""

HEADER = "territory,place,level,measure,ownership,sex,detail,period,year,value,qualifier,unit,flags,note\n"
ROW = "hai_phong,,primary,pupils,,,,2025,2025,100,,persons,,\n"
ABOUT = {"name": "a", "path": "a.csv", "title": "t", "publisher": "p", "table": "t", "url": "u", "scope": "s"}
PARAMETERS = "territory = 'hai_phong'\nyear = 2025\nlanguage = 'vi'"
PAGE = """import hpedu
from hpedu.present.page.display import PageHead
hpedu.newest_year()
PageHead("{group} " * 20_000, "", language, "{group}", territory, year)"""
RUN = [sys.executable, "-c", "from hpedu.cli import main; main()", "report", "--json"]
PRETEND = [sys.executable, "-c", "from tests.batch.kill_rounds import pretend; pretend()", "report", "--json"]
FINISHED_AFTER = 60.0  # seconds in which the processes of a killed batch must be gone


def make_project(root: Path) -> Project:
    """Write a notebook for each group, whose report takes no time but its kernel's."""
    project = Project(root)
    project.raw.mkdir(parents=True)
    (project.raw / "a.csv").write_text(HEADER + ROW, encoding="utf-8")
    about = ABOUT | {"published": "2026", "confidence": "high", "transcription": True, "licenses": []}
    (project.raw / "datapackage.json").write_text(json.dumps({"resources": [about]}), encoding="utf-8")
    project.notebooks.mkdir()
    for group in GROUPS:
        cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in
                 enumerate((PARAMETERS, PAGE.format(group=group)))]  # fmt: skip
        cells[0].metadata["tags"] = ["parameters"]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, project.notebooks / f"{group}.ipynb")
    return project


@dataclass
class Killer:
    """Runs batches in a project, kills some, and says what is wrong afterwards."""

    project: Project
    command: list[str]
    dice: random.Random
    longest: float = 0.0  # seconds an undisturbed batch takes
    pages: dict[str, bytes] = field(default_factory=dict)
    finished_before: list[int] = field(default_factory=list)  # reports that were done at each kill

    def start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {HOME_VARIABLE: str(self.project.root)}
        root = Path(__file__).parents[2]
        return subprocess.Popen(
            self.command, env=environment, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def finish(self) -> dict[str, int]:
        """Run to the end; how many reports had each status."""
        output, _ = self.start().communicate()
        statuses = [row["status"] for row in json.loads(output)["reports"]]
        return {status: statuses.count(status) for status in set(statuses)}

    def make_stale(self, token: str) -> None:
        """Mark every notebook: every report has to be run again."""
        for path in self.project.notebooks.glob("*.ipynb"):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            notebook["metadata"]["round"] = token
            path.write_text(json.dumps(notebook), encoding="utf-8")

    def learn(self) -> None:
        """Run a batch undisturbed: how long does it take, what are its pages?"""
        self.make_stale("first")
        started = time.monotonic()
        assert self.finish() == {"done": REPORTS}
        self.longest = time.monotonic() - started
        self.pages = self.read_pages()

    def read_pages(self) -> dict[str, bytes]:
        reports = self.project.reports
        found = [path for path in sorted(reports.rglob("*.html")) if path.name != "index.html"]
        return {path.relative_to(reports).as_posix(): path.read_bytes() for path in found}

    def round(self, number: int) -> None:
        """One kill, one look, one batch that goes on, another look."""
        self.make_stale(f"round {number}")
        batch = self.start()
        self.wait_for_reports(batch, self.dice.randrange(REPORTS))
        time.sleep(self.dice.random() * self.longest / REPORTS)
        batch.send_signal(signal.SIGKILL)
        batch.communicate()
        for name, content in self.read_pages().items():
            assert content == self.pages[name], f"{name} is not whole"
        done = self.count_done()
        self.finished_before.append(done)
        assert not self.wait_for_orphans(), f"round {number}: processes are left"
        statuses = self.finish()
        assert statuses.get("failed", 0) == 0, f"round {number}: {statuses}"
        assert statuses.get("fresh", 0) == done, f"{done} were finished, {statuses}"
        assert self.read_pages() == self.pages
        assert not list(self.project.root.rglob(".*.part"))
        assert not (self.project.build / JOURNAL).exists()
        assert self.finish() == {"fresh": REPORTS}

    def wait_for_reports(self, batch: subprocess.Popen[bytes], count: int) -> None:
        """Wait until so many reports are finished, or the batch is."""
        journal = self.project.build / JOURNAL
        while count and batch.poll() is None:
            # There is none before the first report, nor after the last.
            with suppress(FileNotFoundError):
                if journal.read_bytes().count(b"\n") >= count:
                    return
            time.sleep(0.002)

    def count_done(self) -> int:
        """Reports known, to the record and the journal, to be made from the notebooks of this round."""
        now = {digest_notebook(path) for path in self.project.notebooks.glob("*.ipynb")}
        entries = read_build(self.project).reports.values()
        return sum(entry["notebook"] in now and entry["status"] == "done" for entry in entries)

    def wait_for_orphans(self) -> list[int]:
        """Processes of this project that do not end by themselves."""
        until = time.monotonic() + FINISHED_AFTER
        while (left := list(self.list_processes())) and time.monotonic() < until:
            time.sleep(0.2)
        return left

    def list_processes(self) -> Iterator[int]:
        for process in psutil.process_iter(["environ"]):
            environment = process.info["environ"] or {}
            if environment.get(HOME_VARIABLE) == str(self.project.root) and process.pid != os.getpid():
                yield process.pid


def pretend() -> None:
    """`hpedu` with an engine that only writes pages, slowly: kills hit the batch itself."""
    from hpedu.batch import build
    from hpedu.cli import main

    class Pretender:
        name, workers = "pretended", 2

        def __init__(self, project: Project) -> None:
            self.project = project

        def run(self, run: Run) -> Outcome:
            time.sleep(0.05)
            write_whole(self.project.reports / run.page, f"{run.id}\n".encode() * 50_000)
            return Outcome(run, 0.05, inputs={"newest_year": "2025"})

        def lint(self, pages: Sequence[Path]) -> list[tuple[Path, Message]]:
            return []

    @contextmanager
    def open_engine(settings: build.Settings, project: Project) -> Iterator[Pretender]:
        yield Pretender(project)

    build.open_engine = open_engine
    main()


def kill_rounds(root: Path, rounds: int, command: list[str], seed: int) -> Killer:
    """Do some rounds in a new project under `root`; raise AssertionError at the first thing wrong."""
    killer = Killer(make_project(root / "project"), command, random.Random(seed))
    killer.learn()
    for number in range(rounds):
        killer.round(number)
    return killer


if __name__ == "__main__":
    chosen = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        killed = kill_rounds(Path(folder), chosen, RUN, seed=2026)
    print(f"{chosen} kills; undisturbed, a batch takes {killed.longest:.1f} s; of {REPORTS} reports were done:")
    print(*killed.finished_before)
