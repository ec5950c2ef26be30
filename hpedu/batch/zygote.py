"""The zygote: a process that has loaded the libraries and forks a fresh, warm child for each who asks.

    driver  --one byte and a socket-->  zygote  --fork-->  child: reads its role from the socket, and plays it

The driver keeps the other end of each socket: there it hears the child's pid, and from the zygote how it ended. A
child is forked from a process that never ran a query, a cell or a chart: nothing can leak from one to the next.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hpedu.errors import describe_error

# What kernels and pages need. Importing polars is safe before a fork; a query is not (its threads do not survive).
PRELOADED = (
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "ipykernel.iostream",
    "ipykernel.heartbeat",
    "ipykernel.parentpoller",
    "ipykernel.inprocess",
    "ipykernel.debugger",  # half of what a kernel would import at its start
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics",
    "IPython.extensions.storemagic",
    "altair",
    "pandas",
    "polars",
    "hpedu.store",
    "hpedu.present.page.page",
    "hpedu.present.report",
    "hpedu.present.commune",
    "hpedu.batch.provenance_cell",
)
READY = b"ready\n"
# The allocator brings its thread back after a fork; polars' cleaner waits for files of queries larger than memory.
HARMLESS = ("jemalloc_bg_thd", "polars-ooc-clea")


def main(descriptor: int) -> None:
    """Load, say so, and serve until the driver is gone."""
    if sys.path[0] in ("", str(Path.cwd())):
        del sys.path[0]  # as `python -m ipykernel_launcher` does: a kernel must not import from anywhere else
    control = socket.socket(fileno=descriptor)
    for name in PRELOADED:
        import_module(name)
    import_module("hpedu.registry").load_registry()
    if threads := list_threads():
        control.sendall(f"an import started threads, which a fork would lose: {', '.join(threads)}\n".encode())
        return
    gc.collect()
    gc.freeze()  # what is loaded stays shared between the children
    control.sendall(READY)
    Server(control).serve()


def list_threads() -> list[str]:
    """Names of the threads a fork must not lose, those that Python does not know of included."""
    own = str(threading.get_native_id())
    tasks = [task for task in Path("/proc/self/task").iterdir() if task.name != own]
    names = [(task / "comm").read_text(encoding="ascii").strip() for task in tasks]
    return [name for name in names if name not in HARMLESS]


class Server:
    """Forks on request and reports each child's end."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[int, socket.socket] = {}

    def serve(self) -> None:
        reading, writing = os.pipe()
        for end in (reading, writing):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing)
        with selectors.SelectSelector() as waiting:
            waiting.register(self.control, selectors.EVENT_READ)
            waiting.register(reading, selectors.EVENT_READ)
            while True:
                for key, _ in waiting.select():
                    if key.fd == reading:
                        os.read(reading, 4096)
                        self.bury()
                        continue
                    message, descriptors, _, _ = socket.recv_fds(self.control, 1, 1)
                    if not message:
                        self.end()
                        return
                    self.fork(socket.socket(fileno=descriptors[0]), (reading, writing))

    def fork(self, line: socket.socket, mine: tuple[int, ...]) -> None:
        """A child of a session of its own, so that it and all it starts can be ended together."""
        pid = os.fork()
        if pid:
            self.children[pid] = line
            return
        status = 1
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for descriptor in mine:
                os.close(descriptor)
            self.control.close()
            for other in self.children.values():
                other.close()
            self.children.clear()
            play(Connection(line.detach()))
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # noqa: BLE001 - the traceback is what the child has to say; nothing runs after it
            sys.excepthook(*sys.exc_info())
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def bury(self) -> None:
        """Tell how children ended that have."""
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            line = self.children.pop(pid)
            with contextlib.suppress(OSError), Connection(line.detach()) as connection:
                connection.send(("exit", os.waitstatus_to_exitcode(status)))

    def end(self) -> None:
        """The driver is gone: so are its children."""
        for pid in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def play(line: Connection) -> None:
    """Read a role and play it, in the environment and folder that come with it."""
    role = line.recv()
    os.environ.clear()
    os.environ.update(role["environment"])
    os.chdir(role["folder"])
    import_module("numpy.random").seed()  # the state was copied with the process; `random` sees to it itself
    line.send(("pid", os.getpid()))
    ROLES[role["name"]](line, role)


def be_kernel(line: Connection, role: dict[str, Any]) -> None:
    """An IPython kernel, as `python -m ipykernel_launcher` would be."""
    line.close()
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.close(devnull)
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"  # a kernel ends when its parent does: the zygote
    sys.argv = ["ipykernel_launcher", *role["arguments"], parent]
    import_module("ipykernel.kernelapp").launch_new_instance()


def be_printer(line: Connection, role: dict[str, Any]) -> None:
    """Turn executed notebooks into pages until nobody asks any more. The chart engine is started at once."""
    page = import_module("hpedu.present.page.page")
    page.warm_up()
    while True:
        try:
            path = line.recv()
        except EOFError:
            return
        try:
            line.send(("page", page.render_page(Path(path))))
        except Exception as error:  # noqa: BLE001 - told to who asked, who raises it
            line.send(("error", (describe_error(error), traceback.format_exc())))


ROLES: dict[str, Callable[[Connection, dict[str, Any]], None]] = {"kernel": be_kernel, "printer": be_printer}
