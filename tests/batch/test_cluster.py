"""A real scheduler with two worker processes, one of which is killed midway; and what refuses a cluster."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hpedu.batch.cluster import (
    ClusterDiffers,
    NoCluster,
    Snapshot,
    compare_versions,
    open_cluster,
    place_inputs,
    take_snapshot,
)
from hpedu.batch.engine import open_local
from hpedu.batch.plan import Engine, Run
from hpedu.folders import Project
from hpedu.store import prepare
from tests.batch.kill_rounds import make_project
from tests.batch.test_engine import write_notebook

distributed = pytest.importorskip("distributed")

PAGE = """
import time
from hpedu.present.page.display import PageHead
time.sleep({seconds})
PageHead("t", "s", language, "continuing", territory, 2025)"""
WAIT_SECONDS = 120


def start(*command: str, folder: Path) -> subprocess.Popen[bytes]:
    """A process of the cluster; its own session, so that it is killed without its caller."""
    log = (folder / "log.txt").open("ab")
    return subprocess.Popen(
        [sys.executable, "-m", *command], stdout=log, stderr=log, cwd=folder, start_new_session=True
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("home")
    for folder in ("data/raw", "data/processed", "notebooks"):
        (root / folder).mkdir(parents=True)
    (root / "data/raw/datapackage.json").write_text("{}", encoding="utf-8")
    project = Project(root)
    write_notebook(project, PAGE.format(seconds=1))
    write_notebook(project, "raise ValueError('no such thing')", group="overview")
    return project


@dataclass
class Cluster:
    """A scheduler and two workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def start_cluster(folder: Path) -> Iterator[Cluster]:
    """Start a cluster for a while."""
    found = folder / "scheduler.json"
    scheduler = start(
        *("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
        *("--scheduler-file", str(found)),
        folder=folder,
    )
    options = ("--scheduler-file", str(found), "--nthreads", "1", "--no-nanny", "--no-dashboard")
    workers = [
        start("distributed.cli.dask_worker", *options, "--local-directory", str(folder), folder=folder)
        for _ in range(2)
    ]
    try:
        until = time.monotonic() + WAIT_SECONDS
        while not found.exists() and time.monotonic() < until:
            time.sleep(0.05)
        with distributed.Client(scheduler_file=str(found), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=WAIT_SECONDS)
            address = client.scheduler.address
        yield Cluster(address, scheduler, workers)
    finally:
        for process in [*workers, scheduler]:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with start_cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


def make_runs(count: int) -> list[Run]:
    return [Run(2025, f"place_{number}", "en", "continuing") for number in range(count)]


class TestCluster:
    def test_a_failing_report_brings_its_notebook_home(self, home: Project, cluster: Cluster) -> None:
        with open_cluster(cluster.address, home) as engine:
            outcome = engine.run(Run(2025, "hai_phong", "vi", "overview"))
        assert str(outcome.error) == "cell 2: ValueError: no such thing"
        assert "no such thing" in (home.root / outcome.notebook).read_text(encoding="utf-8")
        assert not (home.reports / outcome.run.page).exists()

    def test_tables_go_along_and_are_taken_as_they_are(
        self, cluster: Cluster, tmp_path: Path, fresh_tables: None
    ) -> None:
        """data/raw stays at home: a worker could not make them again."""
        project = make_project(tmp_path / "project")
        prepare(project)
        with open_cluster(cluster.address, project) as engine:
            outcome = engine.run(Run(2025, "hai_phong", "vi", "general"))
        assert (outcome.error, outcome.inputs) == ("", {"newest_year": "2025"})

    def test_a_lost_worker_s_reports_are_done_by_the_other(self, home: Project, cluster: Cluster) -> None:
        runs = make_runs(6)
        with open_cluster(cluster.address, home) as engine, ThreadPoolExecutor(6) as pool:
            assert engine.workers == 2
            going = [pool.submit(engine.run, run) for run in runs]
            wait_for_page(home, runs, engine)
            cluster.workers[0].kill()
            outcomes = [each.result(timeout=WAIT_SECONDS) for each in going]
        assert [outcome.error for outcome in outcomes] == [""] * 6
        pages = [(home.reports / run.page).read_text(encoding="utf-8") for run in runs]
        assert all(page.rstrip().endswith("</html>") for page in pages)
        with open_local("papermill", home) as plain:
            assert not plain.run(runs[0]).failed
        assert (home.reports / runs[0].page).read_text(encoding="utf-8") == pages[0]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_scheduler_killed_or_frozen_ends_the_batch_with_a_sentence(
    home: Project, tmp_path: Path, number: int
) -> None:
    # In a process of its own: nothing of the client may keep it from ending.
    code = """
import sys
from hpedu.batch import cluster
from hpedu.batch.plan import Run
from hpedu.folders import Project
from pathlib import Path
cluster.LOOK_SECONDS = 2
with cluster.open_cluster(sys.argv[1], Project(Path(sys.argv[2]))) as engine:
    print("open", flush=True)
    print(engine.run(Run(2025, "place", "en", "higher")))
"""
    write_notebook(home, "import time; time.sleep(600)", group="higher")
    with start_cluster(tmp_path) as cluster:
        command = [sys.executable, "-c", code, cluster.address, str(home.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as batch:
            assert batch.stdout is not None
            assert batch.stdout.readline() == "open\n"
            time.sleep(1)
            cluster.scheduler.send_signal(number)
            printed, errors = batch.communicate(timeout=WAIT_SECONDS)
    assert (batch.returncode, printed) == (1, "")
    assert "NoCluster: No cluster to run reports on" in errors
    assert "the scheduler no longer answers. Finished pages stand" in errors


def wait_for_page(home: Project, runs: list[Run], engine: Engine) -> None:
    """Until the first page is there: both workers are at work, and work is left."""
    until = time.monotonic() + WAIT_SECONDS
    while not any((home.reports / run.page).exists() for run in runs) and time.monotonic() < until:
        time.sleep(0.02)


def test_nobody_at_the_address(home: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpedu.batch.cluster.CONNECT_SECONDS", 0.2)
    with (
        pytest.raises(NoCluster, match="reports on at tcp://127"),
        open_cluster("tcp://127.0.0.1:9", home),
    ):
        pass


def test_somebody_who_never_answers(home: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpedu.batch.cluster.CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(NoCluster, match="scheduler no longer answers"), open_cluster(address, home):
            pass


def test_encryption_without_certificates(home: Project) -> None:
    with pytest.raises(NoCluster, match="TLS"), open_cluster("tls://127.0.0.1:9", home):
        pass


@pytest.mark.parametrize(
    "address",
    ["http://x", "tcp://", "tcp://host", "local; rm -rf /", "host:8786", "tcp://host:8786/x", "", "tcp://a b:1"],
)
def test_what_is_no_address(home: Project, address: str) -> None:
    with pytest.raises(NoCluster, match="an address is tcp://HOST:PORT"), open_cluster(address, home):
        pass


def test_all_differences_are_listed_at_once() -> None:
    here = {"hpedu": "a", "python": "3.11.7", "polars": "2.1.0"}
    there = {
        "tcp://one": dict(here),
        "tcp://two": {"hpedu": "b", "python": "3.11.7"},
        "tcp://three": ModuleNotFoundError("No module named 'hpedu'"),
    }
    differences = compare_versions(here, there)
    assert differences == [
        "tcp://two: hpedu b ≠ a",
        "tcp://two: polars – ≠ 2.1.0",
        "tcp://three: ModuleNotFoundError: No module named 'hpedu'",
    ]
    assert all(difference in str(ClusterDiffers(differences)) for difference in differences)


def test_half_a_snapshot_is_no_project(home: Project, tmp_path: Path) -> None:
    snapshot, contents = take_snapshot(home)
    assert set(snapshot.files) >= {"notebooks/continuing.ipynb", "data/raw/datapackage.json"}
    lost = Snapshot(snapshot.files | {"data/processed/values.parquet": "0" * 64}, {})
    with pytest.raises(KeyError):
        place_inputs(lost, contents, Project(tmp_path))
    assert not (tmp_path / "data/raw/datapackage.json").exists()
    place_inputs(snapshot, contents, Project(tmp_path))
    assert (tmp_path / "data/raw/datapackage.json").read_text(encoding="utf-8") == "{}"
