"""The driver's side of the zygote (`hpedu.batch.zygote`): starting it, and children that look like processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hpedu.batch.zygote import READY
from hpedu.errors import HpeduError
from hpedu.folders import HOME_VARIABLE, Project

# With these, libraries start no threads at import. Plain kernels get them, too: both kinds compute alike.
QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "_RJEM_MALLOC_CONF": "background_thread:false"}
UNFROZEN = ("-X", "frozen_modules=off")  # as kernels are started: the debugger would warn otherwise
PROVISIONER = "hpedu-warm"  # its name among jupyter_client's entry points
START_SECONDS = 120  # a machine under load imports for a minute
ANSWER_SECONDS = 60


class NoWarmStart(HpeduError):
    """Processes cannot be forked from a warm one, and why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def refuse_reason() -> str:
    """Why this system cannot fork warm processes; empty where it can.

    On macOS the system's own libraries do not survive a fork, which is why Python itself no longer forks there.
    """
    if sys.platform != "linux":
        return f"{sys.platform} cannot fork a process that has loaded its libraries"
    if not entry_points(group="jupyter_client.kernel_provisioners", name=PROVISIONER):
        return "hpedu was installed before it had warm kernels; type: pip install --no-deps --editable ."
    return ""


def describe_environment(project: Project, workers: int) -> dict[str, str]:
    """The environment of a kernel: it finds the project, and takes no more than its share of the cores.

    What the user has set himself stands.
    """
    share = str(max(1, (os.cpu_count() or 1) // workers))
    return {"POLARS_MAX_THREADS": share, **QUIET, **os.environ, HOME_VARIABLE: str(project.root)}


class Zygote:
    """A running zygote. Opened at once, it loads in the background; the first `fork` waits for it.

    Raises
    ------
    NoWarmStart
        Here, or from `fork`, if it cannot start, has ended, or does not answer.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        if reason := refuse_reason():
            raise NoWarmStart(reason)
        self.failure = ""  # why it cannot be used any more
        self._lock = threading.Lock()
        self._ready = False
        self._control, theirs = socket.socketpair()
        code = f"from hpedu.batch.zygote import main; main({theirs.fileno()})"
        self.process = subprocess.Popen(
            [sys.executable, *UNFROZEN, "-c", code],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is the driver's to hear
            env={**environment, **QUIET},  # read at import, once for all children
        )
        theirs.close()

    def fork(self, role: str, *, arguments: Sequence[str] = (), environment: dict[str, str], folder: str) -> Child:
        """A fresh process that plays a role ("kernel" or "printer")."""
        with self._lock:
            if self.failure:
                raise NoWarmStart(self.failure)
            try:
                line = self._ask_for_child()
            except OSError as error:
                self.failure = f"the warm process has ended: {error}"
                raise NoWarmStart(self.failure) from error
            except NoWarmStart as error:
                self.failure = error.reason
                raise
        message = {"name": role, "arguments": list(arguments), "environment": environment, "folder": folder}
        try:
            line.send(message)
            if not line.poll(ANSWER_SECONDS):
                raise NoWarmStart("the warm process does not answer")
            kind, pid = line.recv()
        except (OSError, EOFError) as error:
            line.close()
            raise NoWarmStart(f"the warm process has ended: {error!r}") from error
        if kind != "pid":
            line.close()
            raise NoWarmStart(f"a child of the warm process ended at once, with status {pid}")
        return Child(pid, line)

    def _ask_for_child(self) -> Connection:
        self._wait_until_ready()
        mine, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"f"], [theirs.fileno()])
        return Connection(mine.detach())

    def _wait_until_ready(self) -> None:
        if self._ready:
            return
        self._control.settimeout(START_SECONDS)
        said = b""
        while not said.endswith(b"\n"):
            part = self._control.recv(4096)
            if not part:
                raise NoWarmStart(f"the warm process did not start: status {self.process.wait()}")
            said += part
        if said != READY:
            raise NoWarmStart(said.decode().strip())
        self._control.settimeout(ANSWER_SECONDS)
        self._ready = True

    def close(self) -> None:
        """End it and every child it still has."""
        self._control.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Child:
    """A child of the zygote, as `subprocess.Popen` would show it: what a kernel provisioner asks of a process."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, line: Connection) -> None:
        self.pid, self.line = pid, line
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status, or None while it runs."""
        if self.returncode is None and self.line.poll():
            try:
                _, self.returncode = self.line.recv()
            except (EOFError, OSError):
                self.returncode = -signal.SIGKILL  # the zygote is gone, and its children go with it
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
            self.line.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            self.line.poll(left)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        """Signal it, if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Printers:
    """Processes that turn executed notebooks into pages, one used at a time by each thread that asks.

    The first is started at once, so that its chart engine warms up while the first kernel runs.
    """

    def __init__(self, zygote: Zygote, environment: dict[str, str]) -> None:
        self._zygote, self._environment = zygote, environment
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        threading.Thread(target=self._start_first, daemon=True).start()

    def render(self, notebook: str) -> tuple[str, Any]:
        """("page", its HTML) or ("error", (one line, traceback)).

        Raises
        ------
        NoWarmStart
            If the process died of it, or none can be started.
        """
        with self._lock:
            printer = self._idle.pop() if self._idle else None
        printer = printer or self._start_one()
        try:
            printer.line.send(notebook)
            answer: tuple[str, Any] = printer.line.recv()
        except (EOFError, OSError) as error:
            printer.kill()
            raise NoWarmStart("the process that renders pages has ended") from error
        if answer[0] == "exit":
            raise NoWarmStart(f"the process that renders pages ended with status {answer[1]}")
        self._give_back(printer)
        return answer

    def close(self) -> None:
        with self._lock:
            for printer in self._idle:
                printer.line.close()
            self._idle.clear()

    def _start_first(self) -> None:
        with contextlib.suppress(NoWarmStart):  # whoever asks next hears of it
            self._give_back(self._start_one())

    def _start_one(self) -> Child:
        return self._zygote.fork("printer", environment=self._environment, folder=str(Path.cwd()))

    def _give_back(self, printer: Child) -> None:
        with self._lock:
            self._idle.append(printer)
