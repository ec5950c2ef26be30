"""One report: notebook and parameters in, page out. A pure call with picklable parameters and result.

Nothing heavy is imported here: papermill loads while the warm process does (`hpedu.batch.execute`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from hpedu.batch.plan import Run
from hpedu.batch.warm import Forkserver, NoWarmStart
from hpedu.errors import UnknownName
from hpedu.folders import Project

if TYPE_CHECKING:
    from hpedu.batch.execute import PapermillEngine

ENGINES = ("fast", "papermill")
log = logging.getLogger(__name__)

Cause = Literal["", "notebook", "time", "memory", "kernel", "system"]
"""What a failure lies with: the notebook itself, a limit, a kernel that died, the machine (a full disk)."""


@dataclass(frozen=True)
class Limits:
    """What one report may take before it is stopped; None is no limit.

    `memory_mb` is what the kernel and the processes it started may hold, in MiB.
    """

    cell_seconds: int | None = 300
    report_seconds: int | None = 900
    memory_mb: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `error` is empty for a finished page."""

    run: Run
    seconds: float
    error: str = ""  # one line: cell, name and text of the error
    details: str = ""  # the traceback
    notebook: str = ""  # where the executed notebook of a failed run was kept
    cause: Cause = ""
    inputs: dict[str, str] = field(default_factory=dict)  # the parts of the data used, with their digests

    @property
    def failed(self) -> bool:
        return bool(self.error)

    @property
    def worth_retrying(self) -> bool:
        """Whether a second try may end otherwise: a notebook's own error comes back, a dead kernel may not."""
        return self.cause in ("kernel", "system")


class Engine(Protocol):
    """Runs reports, from as many threads at a time as it has `workers`."""

    @property
    def name(self) -> str: ...

    @property
    def workers(self) -> int: ...

    def run(self, run: Run) -> Outcome:
        """Run one report and put its page in place, whole or not at all; never raises for what happens in it."""


@contextmanager
def open_engine(
    name: str, project: Project, *, workers: int = 1, limits: Limits | None = None, cluster: str | None = None
) -> Iterator[Engine]:
    """An engine, ready to run the reports of a project; what it keeps warm ends with the block.

    Parameters
    ----------
    name
        "fast" or "papermill". Where the fast one cannot be (no fork), plain papermill does its work.
    workers
        Kernels at a time.
    cluster
        Address of a Dask scheduler, or "local", whose workers run the reports (`hpedu.batch.cluster`).

    Raises
    ------
    UnknownName
        For any other name.
    NoCluster, ClusterDiffers
        As their texts say.
    """
    if name not in ENGINES:
        raise UnknownName("engine", name, ENGINES)
    if cluster is None:
        with open_local(name, project, workers=workers, limits=limits) as local:
            yield local
        return
    from hpedu.batch.cluster import open_cluster  # which needs Dask, an extra

    with open_cluster(cluster, project, workers=workers, limits=limits) as remote:
        yield remote


@contextmanager
def open_local(
    name: str, project: Project, *, workers: int = 1, limits: Limits | None = None
) -> Iterator[PapermillEngine]:
    """An engine of this machine."""
    limits, forkserver = limits or Limits(), None
    if name == "fast":
        try:
            forkserver = Forkserver()
        except NoWarmStart as error:
            log.warning("Plain papermill runs the reports: %s", error)
    from hpedu.batch.execute import FastEngine, PapermillEngine  # after the forkserver: both load at the same time

    if forkserver is None:
        yield PapermillEngine(project, workers, limits)
        return
    engine = FastEngine(project, workers, limits, forkserver)
    try:
        yield engine
    finally:
        engine.close()


def run_report(run: Run, project: Project, *, engine: str = "fast", limits: Limits | None = None) -> Outcome:
    """Execute the notebook of a run in a kernel of its own and put its page in place, whole or not at all.

    One pure call for any scheduler: what goes in and comes out can be pickled. Who runs many opens an engine
    once (`open_engine`). Never raises for what happens inside the notebook: a failure is an `Outcome`.
    """
    with open_engine(engine, project, limits=limits) as opened:
        return opened.run(run)
