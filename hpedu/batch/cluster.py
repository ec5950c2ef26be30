"""Run the same reports on a Dask cluster: inputs go out by content hash, pages come back whole or not at all.

A worker writes the inputs into a project of its own, named by their digest, and runs reports there with a fast
engine that lives as long as it does. The scheduler gives a lost worker's reports, and its inputs, to another.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from hpedu.batch.engine import PapermillEngine, open_local
from hpedu.batch.plan import Engine, Limits, Outcome, Run
from hpedu.batch.warm import START_SECONDS
from hpedu.digest import PREPARED_VARIABLE, digest_package, list_versions, read_prepared, vouch
from hpedu.errors import HpeduError, describe_error
from hpedu.folders import HOME_VARIABLE, MARKER, Project, write_whole
from hpedu.texts import Message, Sayable, message


class ClusterDiffers(HpeduError):
    """Machines of a cluster have other versions than this one: their pages would not be those of this machine."""

    differences: list[str]

    def __post_init__(self) -> None:
        self.lines = "\n".join(f"  - {difference}" for difference in self.differences)


@cache
def describe_versions() -> dict[str, str]:
    """Return the versions of Python and the packages, and a digest of hpedu's own code and registry."""
    return {"hpedu": digest_package()[:12], **list_versions()}


def compare_versions(here: Mapping[str, str], there: Mapping[str, Any]) -> list[str]:
    """List every difference, a line each: worker, what, the version there and here; or what a worker raised.

    A worker without hpedu raises as soon as it is asked.
    """
    differences = []
    for worker, found in there.items():
        if isinstance(found, BaseException):
            differences.append(f"{worker}: {describe_error(found)}")
            continue
        differences += [
            f"{worker}: {name} {found.get(name, '–')} ≠ {own}"
            for name, own in here.items()
            if found.get(name) != own
        ]
    return differences


LOCAL = "local"
# What a report is made from; data/raw itself stays at home.
INPUTS = (
    *("notebooks/*.ipynb", "data/processed/*", "data/registry/**/*", "data/layouts/*"),
    *("reports/*/*/standings.json", MARKER.as_posix()),
)
ADDRESS = re.compile(r"(tcp|tls|wss?)://[^/\s:]+:\d+|(tcp|tls|wss?)://\[[0-9a-fA-F:]+\]:\d+")
CONNECT_SECONDS = 30
LOOK_SECONDS = 10
"""How long the scheduler may be silent, and how often it is looked for."""
TRIES = 3  # with workers that are lost, each of which may have taken its time


class NoCluster(HpeduError):
    """There is no cluster at an address, it has no workers, or Dask is not installed."""

    address: str
    reason: Sayable | str


@dataclass(frozen=True)
class Snapshot:
    """The inputs of a batch: path in the project -> SHA-256 of its content; and the kernels' environment."""

    files: dict[str, str]
    environment: dict[str, str]

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(sorted(self.files.items())).encode()).hexdigest()


@dataclass(frozen=True)
class Result:
    """The answer of a worker: how the run ended, and what it wrote."""

    outcome: Outcome
    files: Mapping[str, bytes]  # the page and what goes with it, by ending
    notebook: bytes | None  # the executed one of a failed run


@contextmanager
def open_cluster(
    address: str, project: Project, *, workers: int = 1, limits: Limits | None = None
) -> Iterator[Engine]:
    """Open an engine whose reports are run on a Dask cluster.

    Parameters
    ----------
    address
        Of a scheduler, such as "tcp://10.0.0.1:8786"; or "local" for a cluster of `workers` on this machine.

    Raises
    ------
    NoCluster
        If Dask is not installed, nobody answers, or no worker is there.
    ClusterDiffers
        If a worker has other versions than this machine: all differences at once.
    """
    if address != LOCAL and not ADDRESS.fullmatch(address):
        raise NoCluster(address, message("cluster_address"))
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise NoCluster(address, message("cluster_without_dask")) from error
    with ExitStack() as stack:
        place: Any = address
        if address == LOCAL:
            local = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, worker_dashboard_address=None
            )
            place = stack.enter_context(local)
        try:
            if address != LOCAL:
                # In a thread of its own: a notebook has a loop that runs already.
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(asyncio.run, _knock(address)).result()
            client = Client(place, timeout=CONNECT_SECONDS, set_as_default=False)
            stack.callback(client.close, timeout=LOOK_SECONDS)
        except TimeoutError as error:
            raise NoCluster(address, message("cluster_lost")) from error
        # Of another kind where encryption is wanted by one side only.
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            raise NoCluster(address, describe_error(error)) from error
        yield ClusterEngine(client, address, project, limits or Limits())


async def _knock(address: str) -> None:
    """Open a line to a scheduler and close it: a client that finds nobody would not end for a minute."""
    from distributed.comm import connect
    from distributed.security import Security

    # One that takes the line and says nothing would be waited for without end.
    async with asyncio.timeout(1.5 * CONNECT_SECONDS):
        line = await connect(address, timeout=CONNECT_SECONDS, **Security().get_connection_args("client"))
    await line.close()


class ClusterEngine:
    """An engine that sends each report to a worker and puts in place what comes back."""

    name = "cluster"

    def __init__(self, client: Any, address: str, project: Project, limits: Limits) -> None:
        self.client, self.address, self.project, self.limits = client, address, project, limits
        threads = client.nthreads()
        if not threads:
            raise NoCluster(address, message("cluster_without_workers"))
        self.workers = sum(threads.values())
        self.versions = describe_versions()
        found = client.run(describe_versions, on_error="return")
        if differences := compare_versions(self.versions, found):
            raise ClusterDiffers(differences)
        self.snapshot, contents = take_snapshot(project)
        # Tasks, not scattered data: what a lost worker held is made again from the scheduler's own copy.
        self.contents = {
            digest: client.submit(hold_content, content, key=f"hpedu-input-{digest}", pure=True)
            for digest, content in contents.items()
        }

    def run(self, run: Run) -> Outcome:
        """Have one report run by a worker, and put its page in place."""
        started = time.perf_counter()
        try:
            future = self.client.submit(
                run_remotely, run, self.snapshot, self.contents, self.limits, self.versions, pure=False
            )
            result = self._wait_for(future)
        except NoCluster:
            raise
        except Exception as error:  # noqa: BLE001 - what the cluster could not do is this report's outcome
            seconds = time.perf_counter() - started
            return Outcome(run, seconds, describe_error(error), traceback.format_exc(), cause="kernel")
        try:
            return self._put_in_place(result)
        except OSError as error:
            return replace(result.outcome, error=describe_error(error), cause="system")

    def _wait_for(self, future: Any) -> Result:
        """Return the result of a report, as long as the scheduler is there, and not longer than that may take.

        Raises
        ------
        NoCluster
            If the scheduler is lost, or does not answer.
        TimeoutError
            If there is no result at all.
        """
        until = time.monotonic() + TRIES * (self.limits.report_seconds + START_SECONDS)
        while True:
            try:
                result: Result = future.result(timeout=LOOK_SECONDS)
            except TimeoutError:
                if future.status != "pending" or time.monotonic() > until:
                    raise
                self._look_for_scheduler()
            except CancelledError:
                self._look_for_scheduler()
                raise
            else:
                return result

    def lint(self, pages: Sequence[Path]) -> list[tuple[Path, Message]]:
        """Find what would mislead a reader of finished pages, here: what they cite is here."""
        from hpedu.present.page.lint import lint_folder

        return list(lint_folder(pages))

    def _look_for_scheduler(self) -> None:
        """Ask the scheduler whether it is there: a frozen one keeps its line open, and says nothing."""
        try:
            self.client.sync(self.client.scheduler.identity, callback_timeout=LOOK_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise NoCluster(self.address, message("cluster_lost")) from error

    def _put_in_place(self, result: Result) -> Outcome:
        outcome = result.outcome
        for ending, content in result.files.items():
            write_whole((self.project.reports / outcome.run.page).with_suffix(ending), content)
        if result.notebook is not None:
            write_whole(self.project.root / outcome.notebook, result.notebook)
        return outcome


def take_snapshot(project: Project) -> tuple[Snapshot, dict[str, bytes]]:
    """Return the inputs of a project's reports by hash, and the content of each hash."""
    files: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    for pattern in INPUTS:
        for path in sorted(project.root.glob(pattern)):
            if path.is_file() and not path.name.startswith("."):
                content = path.read_bytes()
                digest = hashlib.sha256(content).hexdigest()
                files[path.relative_to(project.root).as_posix()] = digest
                contents[digest] = content
    here = (HOME_VARIABLE, PREPARED_VARIABLE)
    passed = {name: value for name, value in os.environ.items() if name.startswith("HPEDU_") and name not in here}
    return Snapshot(files, passed), contents


def hold_content(content: bytes) -> bytes:
    """Return one input: a task of the cluster, whose result a worker holds."""
    return content


def run_remotely(
    run: Run, snapshot: Snapshot, contents: Mapping[str, bytes], limits: Limits, versions: Mapping[str, str]
) -> Result:
    """Run one report on a worker, in a project made of the snapshot.

    Raises
    ------
    ClusterDiffers
        If this worker, which may have joined late, has other versions than the sender of the report.
    """
    from distributed import get_worker

    worker = get_worker()
    if differences := compare_versions(versions, {worker.address: describe_versions()}):
        raise ClusterDiffers(differences)
    project = Project(Path(worker.local_directory) / f"hpedu-{snapshot.digest[:16]}")
    with _lock:
        place_inputs(snapshot, contents, project)
        warm = find_engine(worker.state.nthreads)
    prepared = read_prepared(project)
    environment = dict(snapshot.environment)
    if prepared is not None:
        # The batch has looked at data/raw, which is not here.
        environment[PREPARED_VARIABLE] = vouch(prepared.digest)
    outcome = warm.elsewhere(project, limits, environment).run(run)
    page = project.reports / run.page
    made = [] if outcome.failed else page.parent.glob(f"{page.stem}.*")
    return Result(
        outcome,
        files={file.suffix: file.read_bytes() for file in made},
        notebook=(project.root / outcome.notebook).read_bytes() if outcome.notebook else None,
    )


_lock = Lock()


def place_inputs(snapshot: Snapshot, contents: Mapping[str, bytes], project: Project) -> None:
    """Write the inputs into a project, once; the marker comes last, so that half a project is none."""
    marker = MARKER.as_posix()
    if (project.root / marker).exists():
        return
    for path, digest in sorted(snapshot.files.items(), key=lambda item: item[0] == marker):
        write_whole(project.root / path, contents[digest])


@cache
def find_engine(workers: int) -> PapermillEngine:
    """Return the engine that this worker keeps warm; it ends with the worker."""
    nowhere = Project(Path())
    return ExitStack().enter_context(open_local("fast", nowhere, workers=workers))
