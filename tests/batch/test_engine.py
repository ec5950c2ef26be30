"""The engines: a fresh kernel for each report whichever way it starts, the same notebook and page from it."""

from __future__ import annotations

import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import psutil
import pytest
from papermill.exceptions import PapermillExecutionError

from hpedu.batch import warm
from hpedu.batch.engine import ENGINES, FastEngine, PapermillEngine, open_local, run_report
from hpedu.batch.execute import explain_failure
from hpedu.batch.plan import Engine, Limits, Outcome, Run
from hpedu.errors import UnknownName
from hpedu.folders import Project
from hpedu.texts import Message

RUN = Run(2025, "hai_phong", "vi", "continuing")
HEAD = """import hpedu
report = hpedu.Report("continuing", territory=territory, year=year, language=language)
report.head(title="t", questions=[])"""

SHOW_PARENT = "import os; raise ValueError(os.getppid())"
KILLS_PARENT = """
import os, psutil, time
assert "forkserver" in " ".join(psutil.Process(os.getppid()).cmdline())
os.kill(os.getppid(), 9)
time.sleep(600)"""
STARTS_ANOTHER = """
import os, subprocess
from pathlib import Path
other = subprocess.Popen(["sleep", "600"])
place = Path(os.environ["HPEDU_HOME"])
(place / "starting").write_text(f"{os.getppid()} {os.getpid()} {other.pid}")
(place / "starting").rename(place / "started")
while True:
    pass"""

needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="warm kernels are forked, on Linux only")


PARAMETERS = "territory = 'hai_phong'\nyear = None\nlanguage = 'vi'"


def write_notebook(
    project: Project, *sources: str, group: str = "continuing", tagged: Collection[int] = (0,)
) -> None:
    """Write a report notebook of a few cells after its parameters; those `tagged` have the tag `parameters`."""
    cells = [nbformat.v4.new_code_cell(source) for source in (PARAMETERS, *sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata["tags"] = ["parameters"] if number in tagged else []
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, project.notebooks / f"{group}.ipynb")


def fail_with(project: Project, engine: Engine, *sources: str) -> Outcome:
    """How the run of a notebook ends that shows something in its error."""
    write_notebook(project, *sources)
    return engine.run(RUN)


def read_number(outcome: Outcome) -> int:
    """The number that a notebook shows in its error."""
    return int(str(outcome.error).split()[-1])


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something another process does."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without data: these notebooks ask for none, but for one that brings its own."""
    root = tmp_path_factory.mktemp("home")
    (root / "data/raw").mkdir(parents=True)
    (root / "notebooks").mkdir()
    (root / "data/raw/datapackage.json").write_text("{}", encoding="utf-8")
    return Project(root)


@pytest.fixture(scope="module")
def fast(home: Project) -> Iterator[Engine]:
    with open_local("fast", home, workers=2) as engine:
        yield engine


class TestFast:
    pytestmark = needs_fork

    def test_it_is_the_fast_one(self, fast: Engine) -> None:
        assert isinstance(fast, FastEngine)

    def test_no_state_passes_from_one_report_to_the_next(self, home: Project, fast: Engine) -> None:
        poison = """
import builtins, os, random, sys
import numpy, pandas, polars
builtins.leak = pandas.leak = 1
os.environ["LEAK"] = "1"
sys.modules["leak"] = sys
pandas.set_option("display.max_rows", 7)
polars.Config.set_tbl_rows(3)
raise ValueError(f"{random.random()} {numpy.random.rand()}")"""
        first, second = fail_with(home, fast, poison), fail_with(home, fast, poison)
        assert "ValueError" in str(first.error)
        # Not even the same dice.
        assert not set(str(first.error).split()[3:]) & set(str(second.error).split()[3:])
        clean = """
import builtins, os, sys
import pandas
found = [hasattr(builtins, "leak"), hasattr(pandas, "leak"), "LEAK" in os.environ, "leak" in sys.modules]
found += [pandas.get_option("display.max_rows") == 7, "random" in globals(), "POLARS_FMT_MAX_ROWS" in os.environ]
raise ValueError(any(found))"""
        assert str(fail_with(home, fast, clean).error) == "cell 2: ValueError: False"

    def test_queries_run_in_every_forked_kernel(self, home: Project, fast: Engine) -> None:
        """polars hangs in a process forked after a query: none is run before the fork."""
        query = """
import polars as pl
frame = pl.DataFrame({"a": range(10_000), "b": [n % 7 for n in range(10_000)]})
raise ValueError(frame.lazy().group_by("b").agg(pl.col("a").sum()).sort("b").collect()["a"].sum())"""
        write_notebook(home, query)
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(fast.run, [RUN] * 4))
        assert [str(outcome.error) for outcome in outcomes] == ["cell 2: ValueError: 49995000"] * 4

    def test_a_kernel_finds_its_project_and_takes_its_share_of_the_cores(
        self, home: Project, fast: Engine
    ) -> None:
        show = "import os, polars; raise ValueError((os.environ['HPEDU_HOME'], polars.thread_pool_size()))"
        share = max(1, (os.cpu_count() or 1) // 2)
        assert str(fail_with(home, fast, show).error) == f"cell 2: ValueError: ({str(home.root)!r}, {share})"

    def test_a_cell_can_wait(self, home: Project, fast: Engine) -> None:
        waits = (
            "import asyncio\ntask = asyncio.create_task(asyncio.sleep(0, 'woke'))\nraise ValueError(await task)"
        )
        assert str(fail_with(home, fast, waits).error) == "cell 2: ValueError: woke"

    def test_a_notebook_that_leaves_has_not_come_to_its_end(self, home: Project, fast: Engine) -> None:
        assert fail_with(home, fast, "exit()").cause == "kernel"

    def test_what_a_cell_starts_writes_into_the_notebook(self, home: Project, fast: Engine) -> None:
        outcome = fail_with(home, fast, "!printf '%s-%s' said so\nprint('-'.join('said too'.split()))")
        said = (home.root / outcome.notebook).read_text(encoding="utf-8")
        assert "said-so" in said and "said-too" in said

    def test_a_page_refused_reads_the_same_as_in_the_plain_way(self, home: Project, fast: Engine) -> None:
        write_notebook(home, "1")
        plain = PapermillEngine(home, 1, Limits()).run(RUN)
        assert plain.failed and plain.cause == "notebook"
        assert fast.run(RUN).error == plain.error

    def test_a_forkserver_that_cannot_load_falls_back_to_plain_kernels_and_says_so(
        self, home: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "pandas.py").write_text("raise ImportError('no tables today')", encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        with open_local("fast", home) as engine, caplog.at_level(logging.WARNING):
            outcome = fail_with(home, engine, "raise ValueError('ran')")
        assert str(outcome.error) == "cell 2: ValueError: ran"
        assert [record.message for record in caplog.records if "plain kernel" in record.message]

    def test_an_import_that_starts_a_thread_ends_the_forkserver_with_its_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A fork would lose the thread, and the children hang."""
        start = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"
        (tmp_path / "altair.py").write_text(start, encoding="utf-8")
        loading = [sys.executable, "-c", "from hpedu.batch import warm; warm.PRELOADED = ['altair']; warm.load()"]
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        ended = subprocess.run(loading, capture_output=True, text=True, check=False)
        assert ended.returncode == 1
        assert "an import started threads" in ended.stderr

    def test_a_forkserver_that_dies_takes_its_kernel_along_and_another_is_started(
        self, home: Project, caplog: pytest.LogCaptureFixture
    ) -> None:
        with open_local("fast", home) as engine, caplog.at_level(logging.WARNING):
            died = fail_with(home, engine, KILLS_PARENT)
            pid = read_number(fail_with(home, engine, SHOW_PARENT))
            assert "forkserver" in " ".join(psutil.Process(pid).cmdline())
        assert died.cause == "kernel"
        assert not [record for record in caplog.records if "plain kernel" in record.message]

    @pytest.mark.parametrize(
        ("play", "arguments", "status"),
        [(sys.exit, [], 0), (sys.exit, ["why"], 1), (os.abort, [], -signal.SIGABRT), (os.chdir, ["nowhere"], 1)],
    )
    def test_a_child_says_how_it_ended(
        self, fast: Engine, play: Callable[..., None], arguments: list[str], status: int
    ) -> None:
        assert isinstance(fast, FastEngine)
        child = fast.forkserver.fork(play, *arguments, environment=dict(os.environ), folder=".")
        assert (child.wait(), child.poll()) == (status, status)

    def test_a_child_can_be_ended(self, fast: Engine) -> None:
        assert isinstance(fast, FastEngine)
        child = fast.forkserver.fork(signal.pause, environment=dict(os.environ), folder=".")
        assert child.poll() is None
        child.kill()
        assert child.wait() == -signal.SIGKILL

    def test_nothing_outlives_the_engine(self, home: Project) -> None:
        with open_local("fast", home) as engine:
            pid = read_number(fail_with(home, engine, SHOW_PARENT))
            assert "forkserver" in " ".join(psutil.Process(pid).cmdline())
        assert not psutil.pid_exists(pid)

    def test_nothing_outlives_a_process_that_is_killed(self, home: Project) -> None:
        """Not even what a kernel has started, nor a kernel that computes and hears nothing."""
        write_notebook(home, STARTS_ANOTHER)
        code = f"from tests.batch.test_engine import *; run_report(RUN, Project(Path({str(home.root)!r})))"
        started = home.root / "started"
        batch = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
        wait_until(started.exists)
        pids = [int(pid) for pid in started.read_text(encoding="utf-8").split()]
        assert all(psutil.pid_exists(pid) for pid in pids)
        batch.kill()
        batch.wait()
        wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids))


@needs_fork
def test_any_jupyter_client_can_have_a_warm_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/batch.md says for JupyterLab: a kernelspec that names the provisioner is all."""
    spec = {
        "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "warm",
        "language": "python",
        "metadata": {"kernel_provisioner": {"provisioner_name": "hpedu-warm"}},
    }
    (tmp_path / "kernels/warm").mkdir(parents=True)
    (tmp_path / "kernels/warm/kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    cell = nbformat.v4.new_code_cell("import os, sys; print(os.getppid(), 'pandas' in sys.modules)")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbclient.execute(notebook, kernel_name="warm")
    parent, loaded = notebook.cells[0].outputs[0].text.split()
    assert (psutil.Process(int(parent)).ppid(), loaded) == (os.getpid(), "True")
    own = warm.find_own()
    monkeypatch.setattr(warm, "digest_package", lambda: "the code has changed")
    assert warm.find_own() is not own
    assert not own.failure
    wait_until(lambda: not psutil.pid_exists(int(parent)))
    warm.find_own().close()


def without_times(notebook: Any) -> Any:
    """An executed notebook but for what papermill and nbclient note of time and place."""
    del notebook.metadata["papermill"]
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        cell.pop("id", None)  # of the cell of injected parameters
    return notebook


@needs_fork
def test_both_engines_give_the_same_notebook_and_page(project: Project) -> None:
    kept: dict[str, Any] = {}
    original = nbformat.read(project.notebooks / RUN.notebook, as_version=4)
    refused = {**original, "cells": [*original.cells, nbformat.v4.new_code_cell("report.head()")]}
    for name in ("papermill", "fast"):
        with open_local(name, project) as engine:
            assert engine.name == name
            nbformat.write(original, project.notebooks / RUN.notebook)
            assert not engine.run(RUN).failed
            page = (project.reports / RUN.page).read_text(encoding="utf-8")
            # Two heads are refused, once all cells have run: then the executed notebook is kept.
            nbformat.write(nbformat.from_dict(refused), project.notebooks / RUN.notebook)
            notebook = nbformat.read(project.root / engine.run(RUN).notebook, as_version=4)
            kept[name] = (page, without_times(notebook))
    assert kept["fast"] == kept["papermill"]
    assert len(kept["fast"][0]) > 10_000


ASKED = Run(2025, "hai_phong_old", "en", "continuing")
NAMED_HEAD = """from hpedu.present.page.display import PageHead
names = {"hai_phong": "Thành phố Hải Phòng", "hai_phong_old": "Hai Phong (before 1 July 2025)"}
PageHead("t", "", language, "continuing", names[territory], year or 2025)"""


@pytest.mark.parametrize("name", ["fast", "papermill"])
class TestAnswer:
    """A page is of the territory, year, language and group in its address, or it is none."""

    @pytest.fixture
    def engine(self, name: str, home: Project, fast: Engine) -> Engine:
        return fast if name == "fast" else PapermillEngine(home, 1, Limits())

    def test_what_was_asked_for_is_published(self, home: Project, engine: Engine) -> None:
        write_notebook(home, NAMED_HEAD)
        assert not engine.run(ASKED).failed

    @pytest.mark.parametrize(
        ("tagged", "again", "told"),
        [
            ([], "", "2025/hai_phong/vi/continuing; no cell has the tag `parameters`"),
            (
                [0, 1],
                PARAMETERS,
                "2025/hai_phong/vi/continuing; 2 cells have the tag `parameters`, where only one may",
            ),
            ([0], "language = 'vi'", "2025/hai_phong_old/vi/continuing"),
            ([0], "territory = 'hai_phong'", "2025/hai_phong/en/continuing"),
            ([0], "year = 2024", "2024/hai_phong_old/en/continuing"),
        ],
    )
    def test_anything_else_fails_the_report(
        self, home: Project, engine: Engine, tagged: list[int], again: str, told: str
    ) -> None:
        write_notebook(home, again, NAMED_HEAD, tagged=tagged)
        outcome = engine.run(ASKED)
        wanted = "continuing.ipynb: asked for was 2025/hai_phong_old/en/continuing, but the page head is of"
        assert str(outcome.error) == f"{wanted} {told}"
        assert isinstance(outcome.error, Message)
        assert "yêu cầu là 2025/hai_phong_old/en/continuing" in outcome.error.say("vi")
        assert outcome.cause == "notebook" and not outcome.worth_retrying
        assert (home.root / outcome.notebook).exists()

    def test_another_group_fails_too(self, home: Project, engine: Engine) -> None:
        write_notebook(home, NAMED_HEAD, group="higher")
        outcome = engine.run(replace(ASKED, group="higher"))
        assert "the page head is of 2025/hai_phong_old/en/continuing" in str(outcome.error)


@pytest.mark.parametrize("name", ["fast", "papermill"])
class TestLimits:
    @pytest.fixture
    def limited(
        self, name: str, home: Project, fast: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[Limits], Engine]:
        """The engine under other limits."""
        engine = fast if name == "fast" else PapermillEngine(home, 1, Limits())

        def limit(limits: Limits) -> Engine:
            monkeypatch.setattr(engine, "limits", limits)
            return engine

        return limit

    def test_a_report_that_takes_too_long(self, home: Project, limited: Callable[[Limits], Engine]) -> None:
        outcome = fail_with(home, limited(Limits(report_seconds=1)), "while True: pass")
        # On a busy machine no cell may have begun yet: the cell is asked for where the kernel dies of it.
        assert str(outcome.error).startswith("took longer than the 1 s a report may take")
        assert outcome.cause == "time" and not outcome.worth_retrying

    def test_a_kernel_that_grows_too_large(self, home: Project, limited: Callable[[Limits], Engine]) -> None:
        grow = "import time; a = b'x' * 700_000_000; time.sleep(600)"
        outcome = fail_with(home, limited(Limits(memory_mb=600)), grow)
        assert outcome.cause == "memory"
        assert "a report may take 600 MB; the last cell begun: cell 2 (“import time" in str(outcome.error)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses what one process asks for")
    def test_a_kernel_that_asks_for_far_too_much(self, home: Project, limited: Callable[[Limits], Engine]) -> None:
        """It is refused at once, before the machine has to find the memory."""
        outcome = fail_with(home, limited(Limits()), "import numpy; numpy.zeros(10**10).fill(1)")
        asked, last = str(outcome.error).split(";", 1)
        assert asked == "asked for more memory than the 2048 MB a report may take"
        assert last.startswith(" the last cell begun: cell 2 (“import numpy")
        assert outcome.cause == "memory" and not outcome.worth_retrying

    def test_a_kernel_that_dies(self, home: Project, limited: Callable[[Limits], Engine]) -> None:
        outcome = fail_with(home, limited(Limits()), "import os\nos._exit(0)")
        assert outcome.cause == "kernel" and outcome.worth_retrying
        assert str(outcome.error).endswith("; the last cell begun: cell 2 (“import os”)")


@pytest.mark.parametrize("name", ["fast", "papermill"])
def test_what_a_user_has_set_up_for_kernels_has_no_say(
    name: str, home: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the start-up files of IPython or Python, nor a kernel of the same name, nor what a notebook names."""
    poison = tmp_path / "profile_default/startup/00.py"
    poison.parent.mkdir(parents=True)
    poison.write_text("round = None", encoding="utf-8")
    (tmp_path / "kernels/python3").mkdir(parents=True)
    spec = {"argv": ["false"], "display_name": "another", "language": "python"}
    (tmp_path / "kernels/python3/kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    for variable, value in {"IPYTHONDIR": tmp_path, "PYTHONSTARTUP": poison, "JUPYTER_PATH": tmp_path}.items():
        monkeypatch.setenv(variable, str(value))
    write_notebook(home, "raise ValueError(round(1.4))")
    path = home.notebooks / "continuing.ipynb"
    notebook = json.loads(path.read_bytes())
    for kernelspec in ({"name": "python3"}, {"name": "gone"}, {}):
        path.write_text(json.dumps(notebook | {"metadata": {"kernelspec": kernelspec}}), encoding="utf-8")
        with open_local(name, home) as engine:
            assert str(engine.run(RUN).error) == "cell 2: ValueError: 1"


def test_a_name_that_is_no_engine(home: Project) -> None:
    with pytest.raises(UnknownName, match="Did you mean: fast"), open_local("fats", home):
        pass


def test_where_nothing_can_be_forked_papermill_does_it(home: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with open_local("fast", home) as engine:
        assert engine.name == "papermill"


def test_one_report_is_one_call_that_any_scheduler_can_send(project: Project) -> None:
    write_notebook(project, HEAD)
    call, run, place = pickle.loads(pickle.dumps((run_report, RUN, project)))
    outcome = pickle.loads(pickle.dumps(call(run, place)))
    assert outcome.error == ""
    assert (project.reports / RUN.page).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_failure_without_words_names_its_cell() -> None:
    """A line magic that is not known, and a handler of the notebook's own, leave no text behind the colon."""
    said = explain_failure(
        PapermillExecutionError(4, 4, "%nothing x\ny = 1", "CellExecutionError", "", []), Limits()
    )
    assert isinstance(said, Message)
    assert said.say("en") == "cell 4 (“%nothing x”) failed without a reason (CellExecutionError)"


def test_a_chart_of_the_analyst_s_own_is_drawn_alike_by_both_engines(project: Project) -> None:
    """Where libraries were loaded before there was a notebook, it is set up all the same."""
    points = "altair.Chart(altair.Data(values=[{'x': 1, 'y': 2}])).mark_point().encode(x='x:Q', y='y:Q')"
    write_notebook(project, HEAD, f"import altair\n{points}")
    pages = []
    for name in ENGINES:
        with open_local(name, project) as engine:
            assert engine.run(RUN).error == ""
        pages.append((project.reports / RUN.page).read_bytes())
    assert pages[0] == pages[1]
    assert b"<svg" in pages[0] and b"vega-embed" not in pages[0]
