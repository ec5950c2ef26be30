"""Execute reports on this machine: papermill as it comes, and papermill over warm processes.

Each report has a kernel of its own, with private sockets, the project's environment, and a watch over its time and
memory. Importing this module loads papermill, nbclient and the page.
"""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import psutil
from ipykernel.kernelspec import KERNEL_NAME, make_ipkernel_cmd
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import raise_for_execution_errors
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from traitlets import Type
from traitlets.config import Config

from hpedu.batch.plan import Cause, Limits, Outcome, Run
from hpedu.batch.provenance import UnfinishedNotebook, add_provenance_cell, check_answer, take_provenance_cell
from hpedu.batch.warm import (
    PROVISIONER,
    Forkserver,
    NoWarmStart,
    Printers,
    be_linter,
    describe_environment,
    signal_group,
    start_with_line,
)
from hpedu.errors import HpeduError, describe_error, explain_error
from hpedu.folders import Project, write_whole
from hpedu.texts import Message, current_language, message

SOCKET_LETTERS = 100  # the system allows some 104 for the path of a socket
WATCH_SECONDS = 0.5
UNUSED_MB = 1024  # what libraries and their threads ask the system for and never use
ENDED_SECONDS = 0.005
LOOK_SECONDS = 0.5
LONG_SILENCE_SECONDS, SILENT_SECONDS = 0.2, 0.02  # jupyter_client's own, and instead of it
MEGABYTE = 1 << 20
log = logging.getLogger(__name__)


class KernelStopped(HpeduError):
    """The kernel of a report died, or was stopped since it took more time or memory than it may."""

    verdict: str | Message
    cause: Cause


class PageRefused(HpeduError):
    """An executed notebook could not become a page; `reason` is what its own error would say."""

    reason: str | Message
    details: str


class PapermillEngine:
    """papermill as it comes: a kernel started anew for each report, the page rendered in this process."""

    name = "papermill"

    def __init__(self, project: Project, workers: int, limits: Limits) -> None:
        self.project, self.workers, self.limits = project, workers, limits
        self.forkserver: Forkserver | None = None
        self.environment: Mapping[str, str] = {}  # of kernels, in addition to that of this process

    def elsewhere(self, project: Project, limits: Limits, environment: Mapping[str, str]) -> PapermillEngine:
        """Return the same engine, and all it keeps warm, for another project."""
        other = copy(self)
        other.project, other.limits, other.environment = project, limits, environment
        return other

    def run(self, run: Run) -> Outcome:
        """Run one report and put its page in place, whole or not at all."""
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="hp") as folder:
            executed = Path(folder) / f"{run.group}.ipynb"
            try:
                inputs = self.execute(run, executed)
                for ending, text in self._print(executed).items():
                    write_whole((self.project.reports / run.page).with_suffix(ending), text.encode())
            except Exception as error:  # noqa: BLE001 - one report must not stop the others; it is saved and shown
                details = error.details if isinstance(error, PageRefused) else traceback.format_exc()
                saved = save_notebook(executed, run, self.project)
                seconds = time.perf_counter() - started
                return Outcome(run, seconds, explain_failure(error), details, saved, find_cause(error))
        return Outcome(run, time.perf_counter() - started, inputs=inputs)

    def execute(self, run: Run, executed: Path) -> dict[str, str]:
        """Run the notebook into the file `executed`; return the parts of the data it used, with their digests."""
        original = nbformat.read(self.project.notebooks / run.notebook, as_version=4)
        environment = {**describe_environment(self.project, self.workers), **self.environment}
        # A profile of its own: what its user has told IPython to do at each start is not the report's.
        environment["IPYTHONDIR"] = str(executed.parent / "ipython")
        environment.pop("PYTHONSTARTUP", None)
        notebook = parameterize_notebook(
            load_notebook_node(add_provenance_cell(original)),
            run.parameters,
            kernel_name=KERNEL_NAME,
            language="python",
        )
        with Watch(self.limits) as watch:
            try:
                manager = make_manager(self.forkserver, environment, watch)
                run_notebook(notebook, executed, manager)
                # That papermill returned is not enough: a kernel can die without a word.
                inputs = take_provenance_cell(notebook)
            except (DeadKernelError, RuntimeError, UnfinishedNotebook) as error:
                write_notebook(notebook, executed)
                verdict = watch.verdict or message("kernel_died", said=explain_error(error))
                raise KernelStopped(name_last_begun(verdict, notebook), watch.cause or "kernel") from error
            except PapermillExecutionError as error:
                if error.ename == MemoryError.__name__:
                    refused = message("limit_asked", most=self.limits.memory_mb)
                    raise KernelStopped(name_cell(refused, error.cell_index, error.source), "memory") from error
                raise
        write_notebook(notebook, executed)
        check_answer(run, notebook)
        return inputs

    def _print(self, executed: Path) -> dict[str, str]:
        # The chart libraries come with it: not where warm processes print.
        from hpedu.present.page.page import print_pages

        return print_pages(executed)

    def lint(self, pages: Sequence[Path]) -> list[tuple[Path, Message]]:
        """Find what would mislead a reader of finished pages."""
        from hpedu.present.page.lint import lint_folder

        return list(lint_folder(pages))


class FastEngine(PapermillEngine):
    """papermill over kernels forked from a warm process, and pages rendered by warm processes, too."""

    name = "fast"

    def __init__(self, project: Project, workers: int, limits: Limits, forkserver: Forkserver) -> None:
        super().__init__(project, workers, limits)
        self.forkserver = self._server = forkserver
        self._printers = Printers(forkserver, dict(os.environ))

    def _print(self, executed: Path) -> dict[str, str]:
        try:
            kind, answer = self._printers.render(str(executed))
        except NoWarmStart as error:
            log.warning("%s", error.say(current_language()))
            return super()._print(executed)
        if kind == "error":
            raise PageRefused(*answer)
        printed: dict[str, str] = answer
        return printed

    def lint(self, pages: Sequence[Path]) -> list[tuple[Path, Message]]:
        """Find what would mislead a reader of finished pages, in a fresh warm process for each worker."""
        shares = [pages[start :: self.workers] for start in range(min(self.workers, len(pages)))]
        try:
            linters = [
                start_with_line(self._server, be_linter, *map(str, share), environment=dict(os.environ))
                for share in shares
            ]
            found = [finding for _, line in linters for finding in line.recv()]
        except (NoWarmStart, EOFError) as error:
            log.warning("%s", describe_error(error))
            return super().lint(pages)
        return sorted(found, key=lambda one: pages.index(one[0]))

    def close(self) -> None:
        """End all that is kept warm."""
        self._printers.close()
        self._server.close()


def run_notebook(notebook: NotebookNode, executed: Path, manager: type[BatchKernelManager]) -> None:
    """Do what `papermill.execute_notebook` does, in its own steps, but write only what failed.

    papermill writes every notebook with indents, for which Python takes as long as for half of the cells.
    """
    papermill_engines.execute_notebook_with_engine(
        None,
        notebook,
        kernel_name=KERNEL_NAME,
        progress_bar=False,
        log_output=False,
        shutdown_kernel="immediate",
        kernel_manager_class=manager,
        config=configure_kernel(executed.parent),
    )
    raise_for_execution_errors(notebook, str(executed))


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook as nbformat would, but on one line."""
    path.write_text(json.dumps(notebook, ensure_ascii=False, sort_keys=True), encoding="utf-8")


def explain_failure(error: Exception) -> str | Message:
    """Return the error of an outcome, in one line; what hpedu itself refuses can be said in either language."""
    if isinstance(error, PapermillExecutionError):
        if error.evalue:
            return message("cell_failed", cell=error.cell_index, name=error.ename, text=error.evalue)
        # A line magic that fails, or a handler of the notebook's own, leaves no words.
        first = error.source.strip().partition("\n")[0]
        return message("cell_wordless", cell=error.cell_index, name=error.ename, line=first)
    return error.reason if isinstance(error, PageRefused) else explain_error(error)


def name_last_begun(verdict: Message, notebook: NotebookNode) -> Message:
    """Add to a verdict the cell that papermill began last, if it began any."""
    begun = [n for n, cell in enumerate(notebook.cells) if cell.metadata.get("papermill", {}).get("start_time")]
    return name_cell(verdict, begun[-1], notebook.cells[begun[-1]].source) if begun else verdict


def name_cell(verdict: Message, cell: int, source: str) -> Message:
    """Add to a verdict a cell by its number, as papermill counts, and its first line."""
    return message("in_cell", verdict=verdict, cell=cell, line=source.strip().partition("\n")[0])


def find_cause(error: Exception) -> Cause:
    """Return what a failure lies with."""
    if isinstance(error, KernelStopped):
        return error.cause
    return "system" if isinstance(error, OSError) else "notebook"


def save_notebook(executed: Path, run: Run, project: Project) -> str:
    """Save the executed notebook of a failed run, which shows the cell and its error; return where, from the root.

    Returns "" if there is none yet.
    """
    if not executed.exists():
        return ""
    place = project.build / "failed" / f"{run.id}.ipynb"
    write_whole(place, executed.read_bytes())
    return place.relative_to(project.root).as_posix()


class BatchChannel(AsyncZMQSocketChannel):
    """A line for what a kernel publishes, on which nobody waits long for silence.

    jupyter_client listens to a new kernel until it has said nothing for 0.2 s; what it says later is of no cell.
    """

    async def get_msg(  # type: ignore[override]  # as jupyter_client itself does it
        self, timeout: float | None = None
    ) -> dict[str, Any]:
        return await super().get_msg(SILENT_SECONDS if timeout == LONG_SILENCE_SECONDS else timeout)


class ReplyChannel(AsyncZMQSocketChannel):
    """A line for a kernel's replies, which looks anew now and then.

    A widget of the notebook sends on this line while nbclient waits on it; a reply that comes in just then wakes
    nobody (pyzmq asks the operating system, which tells of a change once).
    """

    async def get_msg(  # type: ignore[override]  # as jupyter_client itself does it
        self, timeout: float | None = None
    ) -> dict[str, Any]:
        until = math.inf if timeout is None else time.monotonic() + timeout
        while (left := until - time.monotonic()) > LOOK_SECONDS:
            with suppress(Empty):
                return await super().get_msg(LOOK_SECONDS)
        return await super().get_msg(max(0.0, left))


class BatchClient(AsyncKernelClient):
    """The client of the kernel of one report."""

    iopub_channel_class = Type(BatchChannel)
    shell_channel_class = Type(ReplyChannel)


class BatchKernelManager(AsyncKernelManager):
    """The kernel of one report. A subclass made by `make_manager` has its three attributes."""

    client_factory = Type(BatchClient, klass=AsyncKernelClient)
    forkserver: Forkserver | None = None
    environment: dict[str, str]
    watch: Watch

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return an IPython kernel of this very Python, whatever the machine or the notebook calls its own."""
        warm = {} if self.forkserver is None else {"kernel_provisioner": {"provisioner_name": PROVISIONER}}
        return KernelSpec(argv=make_ipkernel_cmd(), language="python", metadata=warm)

    async def _async_start_kernel(self, **kwargs: Any) -> None:
        await super()._async_start_kernel(**{"env": self.environment, **kwargs})
        self.watch.begin(self.provisioner.pid)  # type: ignore[union-attr]  # a local kernel has one

    start_kernel = _async_start_kernel  # as jupyter_client itself does it

    async def _async_wait(self, pollinterval: float = ENDED_SECONDS) -> None:
        # jupyter_client looks ten times a second; a killed kernel ends sooner.
        await super()._async_wait(pollinterval)


def make_manager(
    forkserver: Forkserver | None, environment: dict[str, str], watch: Watch
) -> type[BatchKernelManager]:
    """Return the class of kernel manager that nbclient shall make an instance of."""
    attributes = {"forkserver": forkserver, "environment": environment, "watch": watch}
    return type("KernelManager", (BatchKernelManager,), attributes)


def configure_kernel(folder: Path) -> Config:
    """Put the sockets into a folder of the kernel's own: no port to race for, nothing on the network.

    Where that cannot be (Windows, a long path), use TCP: encrypted, or each kernel would warn on the terminal.
    """
    place = str(folder / "s")
    if sys.platform == "win32" or len(place) > SOCKET_LETTERS:
        return Config({"KernelManager": {"transport_encryption": "auto"}})
    return Config(
        {"KernelManager": {"transport": "ipc", "ip": place, "connection_file": str(folder / "kernel.json")}}
    )


class Watch:
    """A guard, as long as its block, that stops a kernel that lives too long or grows too large.

    Then `cause` and `verdict` are set.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cause: Cause = ""
        self.verdict: Message | None = None
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._started = time.monotonic()

    def begin(self, pid: int) -> None:
        """Look after a kernel that has started. Where the system can, it refuses at once what is far too much."""
        if sys.platform == "linux":
            most = (self.limits.memory_mb + UNUSED_MB) * MEGABYTE
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).rlimit(psutil.RLIMIT_DATA, (most, most))
        self._thread = threading.Thread(target=self._look, args=(pid,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, pid: int) -> None:
        while not self._done.wait(WATCH_SECONDS):
            if not psutil.pid_exists(pid):
                return
            self._judge(pid)
            if self.verdict is not None:
                end_group(pid)
                return

    def _judge(self, pid: int) -> None:
        longest, most = self.limits.report_seconds, self.limits.memory_mb
        if time.monotonic() - self._started > longest:
            self.cause, self.verdict = "time", message("limit_time", seconds=longest)
        if (held := measure_memory(pid) // MEGABYTE) > most:
            self.cause, self.verdict = "memory", message("limit_memory", held=held, most=most)


def measure_memory(pid: int) -> int:
    """Return how many bytes a process and those it started hold; 0 once it is gone."""
    held = 0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                held += one.memory_info().rss
    return held


def end_group(pid: int) -> None:
    """Kill a kernel and all it started: each kernel leads a process group of its own."""
    if hasattr(os, "killpg"):
        signal_group(pid, signal.SIGKILL)
    else:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
