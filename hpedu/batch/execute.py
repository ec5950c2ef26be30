"""Execute notebooks with papermill, each in a kernel of its own, and turn them into pages.

The kernel is a process of its own, with private sockets, or the process at hand (`hpedu.batch.inside`). Importing
this module loads papermill and nbclient: where warm processes do it, the command never does.
"""

from __future__ import annotations

import json
import math
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
from ipykernel.kernelspec import KERNEL_NAME, make_ipkernel_cmd
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager, KernelManager
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
from hpedu.batch.provenance import (
    UnfinishedNotebook,
    add_provenance_cell,
    check_answer,
    note_begun,
    take_provenance_cell,
)
from hpedu.errors import explain_error
from hpedu.folders import Project, write_whole
from hpedu.present.page.page import print_pages
from hpedu.texts import Message, message

SOCKET_LETTERS = 100  # the system allows some 104 for the path of a socket
ENDED_SECONDS = 0.005
LOOK_SECONDS = 0.5
LONG_SILENCE_SECONDS, SILENT_SECONDS = 0.2, 0.02  # jupyter_client's own, and instead of it


def make_report(run: Run, project: Project, folder: Path, limits: Limits, manager: type[KernelManager]) -> Outcome:
    """Run one report and put its page in place, whole or not at all; `folder` is for what is in between."""
    started = time.perf_counter()
    executed, notebook = folder / f"{run.group}.ipynb", None
    try:
        original = nbformat.read(project.notebooks / run.notebook, as_version=4)
        notebook = run_notebook(add_provenance_cell(original), run.parameters, executed, manager)
        # That papermill returned is not enough: a kernel can die without a word.
        inputs = take_provenance_cell(notebook)
        check_answer(run, notebook)
        for ending, text in print_pages(notebook, run.group).items():
            write_whole((project.reports / run.page).with_suffix(ending), text.encode())
    except Exception as error:  # noqa: BLE001 - one report must not stop the others; it is saved and shown
        if notebook is not None:
            executed.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
        details, seconds = traceback.format_exc(), time.perf_counter() - started
        saved = save_notebook(executed, run, project)
        return Outcome(run, seconds, explain_failure(error, limits), details, saved, find_cause(error))
    return Outcome(run, time.perf_counter() - started, inputs=inputs)


def run_notebook(
    original: NotebookNode, parameters: dict[str, str | int], executed: Path, manager: type[KernelManager]
) -> NotebookNode:
    """Do what `papermill.execute_notebook` does, in its own steps, but write only what failed.

    papermill writes every notebook with indents, for which Python takes as long as for half of the cells.
    """
    notebook = parameterize_notebook(
        load_notebook_node(original), parameters, kernel_name=KERNEL_NAME, language="python"
    )
    notebook = papermill_engines.execute_notebook_with_engine(
        None,
        notebook,
        kernel_name=KERNEL_NAME,
        progress_bar=False,
        log_output=False,
        shutdown_kernel="immediate",
        kernel_manager_class=manager,
        on_cell_execute=partial(note_begun, executed.parent),
        config=configure_kernel(executed.parent),
    )
    raise_for_execution_errors(notebook, str(executed))
    return notebook


def explain_failure(error: Exception, limits: Limits) -> str | Message:
    """Return the error of an outcome, in one line; what hpedu itself refuses can be said in either language."""
    if not isinstance(error, PapermillExecutionError):
        return explain_error(error)
    if error.ename == MemoryError.__name__:
        return message("limit_asked", most=limits.memory_mb)
    if error.evalue:
        return message("cell_failed", cell=error.cell_index, name=error.ename, text=error.evalue)
    # A line magic that fails, or a handler of the notebook's own, leaves no words.
    first = error.source.strip().partition("\n")[0]
    return message("cell_wordless", cell=error.cell_index, name=error.ename, line=first)


def find_cause(error: Exception) -> Cause:
    """Return what a failure lies with."""
    if isinstance(error, PapermillExecutionError):
        return "memory" if error.ename == MemoryError.__name__ else "notebook"
    # jupyter_client: RuntimeError, "Kernel died before replying to kernel_info".
    if isinstance(error, (DeadKernelError, UnfinishedNotebook, RuntimeError)):
        return "kernel"
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
    """The kernel of one report. A subclass made by `make_manager` has its two attributes."""

    client_factory = Type(BatchClient, klass=AsyncKernelClient)
    environment: dict[str, str]
    began: Callable[[int], None]

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return an IPython kernel of this very Python, whatever the machine or the notebook calls its own."""
        return KernelSpec(argv=make_ipkernel_cmd(), language="python")

    async def _async_start_kernel(self, **kwargs: Any) -> None:
        await super()._async_start_kernel(**{"env": self.environment, **kwargs})
        self.began(self.provisioner.pid)  # type: ignore[union-attr]  # a local kernel has one

    start_kernel = _async_start_kernel  # as jupyter_client itself does it

    async def _async_wait(self, pollinterval: float = ENDED_SECONDS) -> None:
        # jupyter_client looks ten times a second; a killed kernel ends sooner.
        await super()._async_wait(pollinterval)


def make_manager(environment: dict[str, str], began: Callable[[int], None]) -> type[BatchKernelManager]:
    """Return the class of kernel manager that nbclient shall make an instance of.

    `began` is called with the process of the kernel.
    """
    attributes = {"environment": environment, "began": staticmethod(began)}
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
