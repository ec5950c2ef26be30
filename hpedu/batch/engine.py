"""Run reports on this machine: notebook and parameters in, page out. A pure call with picklable parameters.

Each report has a process of its own, the project's environment, and a watch over its time and memory. Nothing
heavy is imported here: papermill loads in the warm process (`hpedu.batch.execute`).
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from pathlib import Path

import psutil

from hpedu.batch.plan import Cause, Limits, Outcome, Run
from hpedu.batch.provenance import UnfinishedNotebook, name_last_begun
from hpedu.batch.warm import (
    Forkserver,
    NoWarmStart,
    be_linter,
    be_reporter,
    describe_environment,
    hear,
    signal_group,
    start_with_line,
)
from hpedu.errors import UnknownName, describe_error, explain_error
from hpedu.folders import Project
from hpedu.texts import Message, current_language, message

ENGINES = ("fast", "papermill")
WATCH_SECONDS = 0.5
UNUSED_MB = 1024  # what libraries and their threads ask the system for and never use
MEGABYTE = 1 << 20
log = logging.getLogger(__name__)


class PapermillEngine:
    """papermill as it comes: a kernel started anew for each report, the page rendered in this process."""

    name = "papermill"

    def __init__(self, project: Project, workers: int, limits: Limits) -> None:
        self.project, self.workers, self.limits = project, workers, limits
        self.environment: Mapping[str, str] = {}  # of reports, in addition to that of this process

    def elsewhere(self, project: Project, limits: Limits, environment: Mapping[str, str]) -> PapermillEngine:
        """Return the same engine, and all it keeps warm, for another project."""
        other = copy(self)
        other.project, other.limits, other.environment = project, limits, environment
        return other

    def run(self, run: Run) -> Outcome:
        """Run one report and put its page in place, whole or not at all."""
        with tempfile.TemporaryDirectory(prefix="hp") as folder, Watch(self.limits) as watch:
            environment = {**describe_environment(self.project, self.workers), **self.environment}
            # A profile of its own: what its user has told IPython to do at each start is not the report's.
            environment["IPYTHONDIR"] = str(Path(folder, "ipython"))
            environment.pop("PYTHONSTARTUP", None)
            outcome = self._make(run, folder, environment, watch)
            if watch.verdict is not None and outcome.cause == "kernel":
                outcome = replace(outcome, error=watch.verdict, cause=watch.cause)
            if outcome.cause in ("kernel", "time", "memory"):
                outcome = replace(outcome, error=name_last_begun(outcome.error, Path(folder)))
        return outcome

    def _make(self, run: Run, folder: str, environment: dict[str, str], watch: Watch) -> Outcome:
        from hpedu.batch.execute import make_manager, make_report

        manager = make_manager(environment, watch.begin)
        return make_report(run, self.project, Path(folder), self.limits, manager)

    def lint(self, pages: Sequence[Path]) -> list[tuple[Path, Message]]:
        """Find what would mislead a reader of finished pages."""
        from hpedu.present.page.lint import lint_folder

        return list(lint_folder(pages))


class FastEngine(PapermillEngine):
    """papermill in processes forked from a warm one: each runs a notebook within itself, and renders its page."""

    name = "fast"

    def __init__(self, project: Project, workers: int, limits: Limits, forkserver: Forkserver) -> None:
        super().__init__(project, workers, limits)
        self.forkserver = forkserver

    def _make(self, run: Run, folder: str, environment: dict[str, str], watch: Watch) -> Outcome:
        started = time.perf_counter()
        asked = run, self.project, folder, self.limits
        try:
            child, line = start_with_line(self.forkserver, be_reporter, *asked, environment=environment)
        except NoWarmStart as error:
            log.warning("A plain kernel is started, which is slower: %s", error)
            return super()._make(run, folder, environment, watch)
        watch.begin(child.pid)
        try:
            outcome: Outcome = hear(child, line)
        except (EOFError, OSError):
            seconds = time.perf_counter() - started
            return Outcome(run, seconds, explain_error(UnfinishedNotebook()), cause="kernel")
        finally:
            child.kill()  # and all it has started
        return outcome

    def lint(self, pages: Sequence[Path]) -> list[tuple[Path, Message]]:
        """Find what would mislead a reader of finished pages, in a fresh warm process for each worker."""
        shares = [pages[start :: self.workers] for start in range(min(self.workers, len(pages)))]
        try:
            linters = [
                start_with_line(self.forkserver, be_linter, *map(str, share), environment=dict(os.environ))
                for share in shares
            ]
            found = [finding for linter in linters for finding in hear(*linter)]
        except (NoWarmStart, EOFError) as error:
            log.warning("%s", describe_error(error))
            return super().lint(pages)
        return sorted(found, key=lambda one: pages.index(one[0]))


@contextmanager
def open_local(
    name: str, project: Project, *, workers: int = 1, limits: Limits | None = None
) -> Iterator[PapermillEngine]:
    """Open an engine of this machine, ready to run reports; what it keeps warm ends with the block.

    Parameters
    ----------
    name
        "fast" or "papermill". Where the fast one cannot be (no fork), plain papermill does its work.
    workers
        Kernels at a time.

    Raises
    ------
    UnknownName
        For any other name.
    """
    if name not in ENGINES:
        raise UnknownName("engine", name, ENGINES)
    limits, forkserver = limits or Limits(), None
    if name == "fast":
        try:
            forkserver = Forkserver()
        except NoWarmStart as error:
            log.warning("%s", error.say(current_language()))
    if forkserver is None:
        yield PapermillEngine(project, workers, limits)
        return
    try:
        yield FastEngine(project, workers, limits, forkserver)
    finally:
        forkserver.close()


def run_report(run: Run, project: Project, *, engine: str = "fast", limits: Limits | None = None) -> Outcome:
    """Execute the notebook of a run in a kernel of its own and put its page in place, whole or not at all.

    One pure call for any scheduler: what goes in and comes out can be pickled. To run many, open an engine once
    (`open_local`). Nothing is raised for what happens inside the notebook: a failure is an `Outcome`.
    """
    with open_local(engine, project, limits=limits) as opened:
        return opened.run(run)


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
