"""Kernels as a batch needs them: private sockets, the project's environment, and a watch over time and memory."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config

from hpedu.batch.plan import Limits
from hpedu.batch.warm import PROVISIONER, Forkserver, signal_group

SOCKET_LETTERS = 100  # the system allows some 104 for the path of a socket
WATCH_SECONDS = 0.5
ENDED_SECONDS = 0.005
MEGABYTE = 1 << 20


class BatchKernelManager(AsyncKernelManager):
    """The kernel of one report. A subclass made by `make_manager` says whose."""

    forkserver: Forkserver | None = None
    environment: dict[str, str]
    watch: Watch

    @property
    def kernel_spec(self) -> KernelSpec | None:
        spec: KernelSpec | None = super().kernel_spec
        if spec is not None and self.forkserver is not None:
            spec.metadata = {**spec.metadata, "kernel_provisioner": {"provisioner_name": PROVISIONER}}
        return spec

    async def _async_start_kernel(self, **kwargs: Any) -> None:
        await super()._async_start_kernel(**{"env": self.environment, **kwargs})
        self.watch.begin(self.provisioner.pid)  # type: ignore[union-attr]  # a local kernel has one

    start_kernel = _async_start_kernel  # as jupyter_client itself does it

    async def _async_wait(self, pollinterval: float = ENDED_SECONDS) -> None:
        await super()._async_wait(pollinterval)  # which looks ten times a second; a killed kernel ends sooner


def make_manager(
    forkserver: Forkserver | None, environment: dict[str, str], watch: Watch
) -> type[BatchKernelManager]:
    """The class of kernel manager that nbclient shall make an instance of."""
    attributes = {"forkserver": forkserver, "environment": environment, "watch": watch}
    return type("KernelManager", (BatchKernelManager,), attributes)


def configure_kernel(folder: Path) -> Config:
    """Sockets in a folder of the kernel's own: no port to race for, nothing on the network.

    Where there are none (Windows, a long path), TCP: encrypted, or each kernel would warn on the terminal.
    """
    place = str(folder / "s")
    if sys.platform == "win32" or len(place) > SOCKET_LETTERS:
        return Config({"KernelManager": {"transport_encryption": "auto"}})
    return Config(
        {"KernelManager": {"transport": "ipc", "ip": place, "connection_file": str(folder / "kernel.json")}}
    )


class Watch:
    """Stops a kernel that lives too long or grows too large; then `cause` and `verdict` say so."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cause: Literal["", "time", "memory"] = ""
        self.verdict = ""
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._started = time.monotonic()

    def begin(self, pid: int) -> None:
        """Look after a kernel that has started."""
        if self.limits.report_seconds is None and self.limits.memory_mb is None:
            return
        self._thread = threading.Thread(target=self._look, args=(pid,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, pid: int) -> None:
        while not self._done.wait(WATCH_SECONDS):
            if not psutil.pid_exists(pid):
                return
            self._judge(pid)
            if self.verdict:
                end_group(pid)
                return

    def _judge(self, pid: int) -> None:
        longest, most = self.limits.report_seconds, self.limits.memory_mb
        if longest is not None and time.monotonic() - self._started > longest:
            self.cause, self.verdict = "time", f"took longer than the {longest} s a report may take"
        if most is not None and (held := measure_memory(pid) // MEGABYTE) > most:
            self.cause, self.verdict = "memory", f"held {held} MB of memory; a report may take {most} MB"


@contextmanager
def watching(limits: Limits) -> Iterator[Watch]:
    """A watch that ends with the block."""
    watch = Watch(limits)
    try:
        yield watch
    finally:
        watch.end()


def measure_memory(pid: int) -> int:
    """Bytes that a process and those it started hold; 0 once it is gone."""
    held = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                held += one.memory_info().rss
    return held


def end_group(pid: int) -> None:
    """Kill a kernel and all it started: each kernel leads a process group of its own."""
    if hasattr(os, "killpg"):
        signal_group(pid, signal.SIGKILL)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
