"""One report: notebook and parameters in, page out. A pure call with picklable parameters and result."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Protocol

import nbformat
import papermill
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from hpedu.batch.plan import Run
from hpedu.errors import HpeduError, UnknownName
from hpedu.files import write_whole
from hpedu.paths import Project
from hpedu.present.page import UnfitNotebook, render_page

ENGINES = ("fast", "papermill")
# Without it every kernel warns on the terminal that its loopback connection is not encrypted.
KERNEL = Config({"KernelManager": {"transport_encryption": "auto"}})

Cause = Literal["", "notebook", "time", "kernel", "system"]
"""What a failure lies with: the notebook itself, a time limit, a kernel that died, the machine (a full disk)."""


class UnfinishedNotebook(HpeduError):
    """papermill returned, but not every cell of the notebook was run: a kernel died without an error."""

    def __init__(self, cells: list[int]) -> None:
        self.cells = cells
        super().__init__(cells)

    def __str__(self) -> str:
        return f"The kernel died without a word: cells {', '.join(map(str, self.cells))} were not run"


@dataclass(frozen=True)
class Limits:
    """What one report may take before it is stopped; None is no limit.

    `memory_mb` is what the kernel and its children may hold, in MiB.
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
    name: str, project: Project, *, workers: int = 1, limits: Limits | None = None
) -> Iterator[Engine]:
    """An engine, ready to run the reports of a project; what it keeps warm ends with the block.

    Parameters
    ----------
    name
        "fast" or "papermill".

    Raises
    ------
    UnknownName
        For any other name.
    """
    if name not in ENGINES:
        raise UnknownName("engine", name, ENGINES)
    yield PapermillEngine(project, workers, limits or Limits())


@dataclass(frozen=True)
class PapermillEngine:
    """papermill as it comes: a kernel started anew for each report."""

    project: Project
    workers: int = 1
    limits: Limits = Limits()
    name: str = "papermill"

    def run(self, run: Run) -> Outcome:
        return _run(run, self.project, self.limits)


def run_report(run: Run, project: Project, *, engine: str = "fast", limits: Limits | None = None) -> Outcome:
    """Execute the notebook of a run in a kernel of its own and put its page in place, whole or not at all.

    One pure call for any scheduler: what goes in and comes out can be pickled. Who runs many opens an engine
    once (`open_engine`). Never raises for what happens inside the notebook: a failure is an `Outcome`.
    """
    with open_engine(engine, project, limits=limits) as opened:
        return opened.run(run)


def _run(run: Run, project: Project, limits: Limits) -> Outcome:
    started = time.perf_counter()
    with TemporaryDirectory(prefix="hpedu-") as folder:
        executed = Path(folder) / f"{run.group}.ipynb"
        try:
            page = _execute(run, project, limits, executed)
            write_whole(project.reports / run.page, page.encode())
        except Exception as error:  # noqa: BLE001 - one report must not stop the others; kept and shown
            details = traceback.format_exc()
            kept = _keep(executed, project.build / "failed" / f"{run.id}.ipynb", project)
            seconds = time.perf_counter() - started
            return Outcome(run, seconds, _describe(error), details, kept, _find_cause(error))
    return Outcome(run, time.perf_counter() - started)


def _execute(run: Run, project: Project, limits: Limits, executed: Path) -> str:
    papermill.execute_notebook(
        str(project.notebooks / f"{run.group}.ipynb"),
        str(executed),
        parameters=run.parameters,
        progress_bar=False,
        log_output=False,
        request_save_on_cell_execute=False,
        execution_timeout=limits.cell_seconds,
        shutdown_kernel="immediate",
        config=KERNEL,
    )
    notebook: Any = nbformat.read(executed, as_version=4)
    left = [
        i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.execution_count is None
    ]
    if left:
        raise UnfinishedNotebook(left)
    page: str = render_page(notebook)
    return page


def _describe(error: Exception) -> str:
    if isinstance(error, PapermillExecutionError):
        return f"cell {error.cell_index}: {error.ename}: {error.evalue}"
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"


def _find_cause(error: Exception) -> Cause:
    if isinstance(error, CellTimeoutError):
        return "time"
    if isinstance(error, (DeadKernelError, UnfinishedNotebook)):
        return "kernel"
    if isinstance(error, OSError):
        return "system"
    if isinstance(error, (PapermillExecutionError, UnfitNotebook, NoSuchKernel, HpeduError)):
        return "notebook"
    return "kernel" if isinstance(error, RuntimeError) else "notebook"  # "Kernel died before replying"


def _keep(executed: Path, place: Path, project: Project) -> str:
    """Keep the executed notebook of a failed run; it shows the cell and its error."""
    if not executed.exists():
        return ""
    write_whole(place, executed.read_bytes())
    return place.relative_to(project.root).as_posix()
