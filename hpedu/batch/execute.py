"""The engines of one machine: papermill as it comes, and papermill over warm processes."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
import traceback
from collections.abc import Mapping
from copy import copy
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from hpedu.batch.kernels import configure_kernel, make_manager, watching
from hpedu.batch.plan import Cause, Limits, Outcome, Run
from hpedu.batch.provenance_cell import UnfinishedNotebook, add_closing, take_closing
from hpedu.batch.warm import Forkserver, NoWarmStart, Printers, describe_environment
from hpedu.errors import HpeduError, describe_error
from hpedu.folders import Project, write_whole
from hpedu.present.page.page import render_page

log = logging.getLogger(__name__)


class LimitExceeded(HpeduError):
    """A report took more time or memory than it may, and was stopped."""

    def __init__(self, verdict: str, cause: Cause) -> None:
        self.verdict, self.cause = verdict, cause
        super().__init__(verdict, cause)


class PageRefused(HpeduError):
    """An executed notebook could not become a page; `line` says why as its own error would."""

    def __init__(self, line: str, details: str) -> None:
        self.line, self.details = line, details
        super().__init__(line, details)


class PapermillEngine:
    """papermill as it comes: a kernel started anew for each report, the page rendered in this process."""

    name = "papermill"

    def __init__(self, project: Project, workers: int, limits: Limits) -> None:
        self.project, self.workers, self.limits = project, workers, limits
        self.forkserver: Forkserver | None = None
        self.environment: Mapping[str, str] = {}  # of kernels, beside that of this process

    def elsewhere(self, project: Project, limits: Limits, environment: Mapping[str, str]) -> PapermillEngine:
        """The same engine, and all it keeps warm, for another project."""
        other = copy(self)
        other.project, other.limits, other.environment = project, limits, environment
        return other

    def run(self, run: Run) -> Outcome:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="hp") as folder:
            executed = Path(folder) / f"{run.group}.ipynb"
            try:
                inputs = self._execute(run, executed)
                page = self._render(executed)
                write_whole(self.project.reports / run.page, page.encode())
            except Exception as error:  # noqa: BLE001 - one report must not stop the others; kept and shown
                details = error.details if isinstance(error, PageRefused) else traceback.format_exc()
                kept = keep_notebook(executed, run, self.project)
                seconds = time.perf_counter() - started
                return Outcome(run, seconds, tell_error(error), details, kept, find_cause(error))
        return Outcome(run, time.perf_counter() - started, inputs=inputs)

    def _execute(self, run: Run, executed: Path) -> dict[str, str]:
        """Run the notebook into the file `executed`; which parts of the data it used, with their digests."""
        original = nbformat.read(self.project.notebooks / run.notebook, as_version=4)
        environment = {**describe_environment(self.project, self.workers), **self.environment}
        with watching(self.limits) as watch:
            try:
                notebook = papermill.execute_notebook(
                    add_closing(original),
                    str(executed),
                    parameters=run.parameters,
                    progress_bar=False,
                    log_output=False,
                    request_save_on_cell_execute=False,
                    execution_timeout=self.limits.cell_seconds,
                    shutdown_kernel="immediate",
                    kernel_manager_class=make_manager(self.forkserver, environment, watch),
                    config=configure_kernel(executed.parent),
                )
            except (DeadKernelError, RuntimeError) as error:
                if watch.verdict:
                    raise LimitExceeded(watch.verdict, watch.cause) from error
                raise
        inputs = take_closing(notebook)  # papermill's word alone is not enough
        # As nbformat would write it, but on one line: with indents, Python writes JSON eight times slower.
        executed.write_text(json.dumps(notebook, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        return inputs

    def _render(self, executed: Path) -> str:
        return render_page(executed)


class FastEngine(PapermillEngine):
    """papermill over kernels forked from a warm process, and pages rendered by warm processes, too."""

    name = "fast"

    def __init__(self, project: Project, workers: int, limits: Limits, forkserver: Forkserver) -> None:
        super().__init__(project, workers, limits)
        self.forkserver = forkserver
        self._printers = Printers(forkserver, dict(os.environ))

    def _render(self, executed: Path) -> str:
        try:
            kind, answer = self._printers.render(str(executed))
        except NoWarmStart as error:
            log.warning("The page is rendered in the plain way: %s", error)
            return super()._render(executed)
        if kind == "error":
            raise PageRefused(*answer)
        page: str = answer
        return page

    def close(self) -> None:
        self._printers.close()
        if self.forkserver is not None:
            self.forkserver.close()


def tell_error(error: Exception) -> str:
    """The error of an outcome, in one line."""
    if isinstance(error, PapermillExecutionError):
        return f"cell {error.cell_index}: {error.ename}: {error.evalue}"
    return error.line if isinstance(error, PageRefused) else describe_error(error)


def find_cause(error: Exception) -> Cause:
    """What a failure lies with."""
    if isinstance(error, LimitExceeded):
        return error.cause
    if isinstance(error, CellTimeoutError):
        return "time"
    if isinstance(error, (DeadKernelError, UnfinishedNotebook)):
        return "kernel"
    if isinstance(error, OSError):
        return "system"
    if isinstance(error, RuntimeError) and not isinstance(error, PapermillExecutionError):
        return "kernel"  # "Kernel died before replying to kernel_info"
    return "notebook"


def keep_notebook(executed: Path, run: Run, project: Project) -> str:
    """Keep the executed notebook of a failed run, which shows the cell and its error; where, from the root."""
    if not executed.exists():
        return ""
    place = project.build / "failed" / f"{run.id}.ipynb"
    write_whole(place, executed.read_bytes())
    return place.relative_to(project.root).as_posix()
