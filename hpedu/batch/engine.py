"""One report: notebook and parameters in, page out. A pure call with picklable parameters and result."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from hpedu.batch.plan import Run
from hpedu.errors import HpeduError
from hpedu.files import write_whole
from hpedu.paths import Project
from hpedu.present.page import render_page

CELL_SECONDS = 300
# Without it every kernel warns on the terminal that its loopback connection is not encrypted.
KERNEL = Config({"KernelManager": {"transport_encryption": "auto"}})


class UnfinishedNotebook(HpeduError):
    """papermill returned, but not every cell of the notebook was run: a kernel died without an error."""

    def __init__(self, cells: list[int]) -> None:
        self.cells = cells
        super().__init__(cells)

    def __str__(self) -> str:
        return f"The kernel died without a word: cells {', '.join(map(str, self.cells))} were not run"


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `error` is empty for a finished page."""

    run: Run
    seconds: float
    error: str = ""  # one line: cell, name and text of the error
    details: str = ""  # the traceback
    notebook: str = ""  # where the executed notebook of a failed run was kept

    @property
    def failed(self) -> bool:
        return bool(self.error)


def run_report(run: Run, project: Project) -> Outcome:
    """Execute the notebook of a run in a kernel of its own and put its page in place, whole or not at all.

    Never raises for what happens inside the notebook: a failure is an `Outcome` with its error.
    """
    started = time.perf_counter()
    with TemporaryDirectory(prefix="hpedu-") as folder:
        executed = Path(folder) / f"{run.group}.ipynb"
        try:
            page = _execute(run, project, executed)
            write_whole(project.reports / run.page, page.encode())
        except Exception as error:  # noqa: BLE001 - one report must not stop the others; kept and shown
            kept = _keep(executed, project.build / "failed" / f"{run.id}.ipynb", project)
            seconds = time.perf_counter() - started
            return Outcome(run, seconds, _describe(error), traceback.format_exc(), kept)
    return Outcome(run, time.perf_counter() - started)


def _execute(run: Run, project: Project, executed: Path) -> str:
    papermill.execute_notebook(
        str(project.notebooks / f"{run.group}.ipynb"),
        str(executed),
        parameters=run.parameters,
        progress_bar=False,
        log_output=False,
        request_save_on_cell_execute=False,
        execution_timeout=CELL_SECONDS,
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


def _keep(executed: Path, place: Path, project: Project) -> str:
    """Keep the executed notebook of a failed run; it shows the cell and its error."""
    if not executed.exists():
        return ""
    write_whole(place, executed.read_bytes())
    return place.relative_to(project.root).as_posix()
