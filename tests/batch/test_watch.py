"""A watch makes what a saved file touches, says so, and goes on until Ctrl-C, whatever it meets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from hpedu.batch import watch as watching
from hpedu.batch.build import INTERRUPTED, Batch, Settings, lock_project
from hpedu.batch.plan import Run
from hpedu.batch.progress import Lines
from hpedu.batch.watch import watch
from hpedu.errors import Refused
from hpedu.folders import HOME_VARIABLE, Project, write_whole
from hpedu.registry.load import forget_registry
from hpedu.texts import Sayable
from tests.batch.test_nothing_stale import PLAN, Runner, write_cells, write_project
from tests.conftest import ROOT

Step = Callable[[Project], object]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None) -> Iterator[Project]:
    project = write_project(Project(tmp_path / "project"))
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(watching, "BUSY_SECONDS", 0.01)
    yield project
    forget_registry()


class Watcher:
    """Watches a project; after each batch or refusal it takes the next step, and then presses Ctrl-C."""

    def __init__(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project = project
        self.engines: list[Runner] = []
        self.open = 0
        self.said: list[str] = []
        self.made: list[list[Run]] = []
        monkeypatch.setattr(watching, "open_engine", self.open_engine)

    @contextmanager
    def open_engine(self, settings: Settings, project: Project) -> Iterator[Runner]:
        self.engines.append(Runner(project))
        self.open += 1
        try:
            yield self.engines[-1]
        finally:
            self.open -= 1

    def go(self, *steps: Step, make_plan: Callable[[], list[Run]] = lambda: PLAN) -> int:
        waiting = list(steps)

        def show(batch: Batch) -> None:
            self.made.append([outcome.run for outcome in batch.outcomes])

        class Said(Lines):
            def say(_, line: Sayable) -> None:
                self.said.append(line.say("en"))
                if self.said[-1].startswith("Watching"):
                    if not waiting:
                        raise KeyboardInterrupt
                    waiting.pop(0)(self.project)

        return watch(self.project, make_plan, Settings(), Said(sys.stdout, "en"), show)


@pytest.fixture
def watcher(project: Project, monkeypatch: pytest.MonkeyPatch) -> Watcher:
    return Watcher(project, monkeypatch)


def edit(name: str, old: str, new: str) -> Step:
    def change(project: Project) -> None:
        path = project.root / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return change


def test_only_what_a_saved_file_touches_is_made_again(watcher: Watcher) -> None:
    status = watcher.go(
        edit("data/raw/primary.csv", ",100,", ",101,"),
        edit("data/raw/kindergarten.csv", ",50,", ",51,"),
        lambda project: write_cells(project, "overview", "import hpedu\nprint(hpedu.newest_year())"),
    )
    assert status == 0
    assert watcher.made == [PLAN, PLAN[:1], [], PLAN[1:]]
    assert [line for line in watcher.said if line.startswith("Changed")] == [
        "Changed just now: data/raw/primary.csv (files: 1)",
        "Changed just now: data/raw/kindergarten.csv (files: 1)",
        "Changed just now: notebooks/overview.ipynb (files: 1)",
    ]
    assert watcher.said[-1] == "The watch has ended."
    assert (len(watcher.engines), watcher.open) == (1, 0)


def test_a_row_of_the_registry_is_read_by_a_new_engine(watcher: Watcher) -> None:
    head, city = (ROOT / "hpedu/registry/territories.csv").read_text(encoding="utf-8").splitlines()[:2]
    renamed = city.replace("Hai Phong City", "The City")
    watcher.go(lambda project: write_whole(project.registry / "territories.csv", f"{head}\n{renamed}\n".encode()))
    assert watcher.made == [PLAN, PLAN]
    assert (len(watcher.engines), watcher.open) == (2, 0)
    page = watcher.project.reports / PLAN[1].page
    assert "The City" in page.read_text(encoding="utf-8")


def test_a_file_half_edited_is_told_and_its_next_version_is_read(watcher: Watcher) -> None:
    place = Path("data/registry/measures.csv")
    watcher.go(
        lambda project: write_whole(project.root / place, b"id,nothing\nx,y\n"),
        lambda project: (project.root / place).unlink(),
    )
    assert any(line.startswith("The registry is not whole") for line in watcher.said)
    assert watcher.made[0] == PLAN
    assert len(watcher.made) == 2


def test_another_batch_is_waited_for(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    other = lock_project(watcher.project)
    other.__enter__()
    monkeypatch.setattr(watching.time, "sleep", lambda seconds: end(other) if watcher.said else None)
    assert watcher.go() == 0
    assert "Another hpedu report is at work" in watcher.said[0]
    assert watcher.made == [PLAN]


def end(lock: object) -> None:
    next(lock.gen, None)  # type: ignore[attr-defined]


def test_what_was_loaded_makes_no_page_once_hpedu_has_changed(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = iter(["as loaded", "as loaded", "edited"])
    monkeypatch.setattr(watching, "digest_package", lambda: next(digests))
    with pytest.raises(Refused, match="hpedu itself has changed"):
        watcher.go(edit("data/raw/primary.csv", ",100,", ",101,"))
    assert watcher.made == [PLAN]
    assert watcher.open == 0


def test_a_batch_that_was_interrupted_ends_the_watch(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Runner, run: Run) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return run_really(self, run)

    run_really = Runner.run
    monkeypatch.setattr(Runner, "run", interrupt)
    assert watcher.go() == INTERRUPTED
    # The one under way was finished.
    assert watcher.made == [PLAN[:1]]


def test_the_command_is_ended_by_ctrl_c_and_leaves_no_process(project: Project) -> None:
    command = [sys.executable, "-c", "from hpedu.cli import main; main()", "--language", "en", "watch"]
    command += ["--group", "general", "--language", "vi"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Watching"):
                break
        started = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "The watch has ended.\n"
    assert process.returncode == 0
    assert psutil.wait_procs(started, timeout=60)[1] == []
