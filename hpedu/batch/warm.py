"""Start processes warm: the standard library's forkserver forks them, with all libraries loaded.

    this process  --task-->  forkserver (has run `load`, and nothing else)  --fork-->  report, kernel or linter

A child is forked from a process that never ran a query, a cell or a chart: nothing can leak from one to the next.
It leads a session of its own, so that it and all it starts can be ended together, and ends with the process that
started it. `load` and `list_threads` run in the forkserver; `Task`, `be_reporter` and its like in a child; all
else in the process that wants children.

`multiprocessing.Process` is not used: it would run the caller's main script again in every kernel, and share one
forkserver with all other code of this process, whatever that one has loaded.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from multiprocessing import Pipe, forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from hpedu.batch.plan import Limits, Run
from hpedu.digest import digest_package
from hpedu.errors import HpeduError, describe_error
from hpedu.folders import HOME_VARIABLE, Project
from hpedu.texts import Message, message

# What kernels and pages need, with polars among what these import in turn.
PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.inprocess",
    "ipykernel.debugger",  # half of what a kernel would import at its start
    "pandas",  # which notebooks import, and hpedu only where it shows a frame
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "hpedu.present.page.page",
    "hpedu.present.report",
    "hpedu.present.commune",
    "hpedu.batch.execute",
    "hpedu.batch.inside",
    "hpedu.desk.notebook",
    "hpedu.desk.tables",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
)
# With these, libraries start no threads at import. Plain kernels get them, too: both kinds compute alike.
QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "_RJEM_MALLOC_CONF": "background_thread:false"}
# The allocator brings its thread back after a fork; polars' cleaner waits for files of queries larger than memory.
HARMLESS = ("jemalloc_bg_thd", "polars-ooc-clea")
PROVISIONER = "hpedu-warm"  # its name among jupyter_client's entry points
LAUNCHER = "ipykernel_launcher"
START_SECONDS = 120  # a machine under load imports for a minute
CLOSE_SECONDS = 10
log = logging.getLogger(__name__)


class NoWarmStart(HpeduError):
    """Processes cannot be forked from a warm one, and why."""

    reason: str | Message


def refuse_reason() -> Message | None:
    """Return why this system cannot fork warm processes; None where it can.

    On macOS the system's own libraries do not survive a fork, which is why Python itself no longer forks there.
    """
    if sys.platform != "linux":
        return message("no_fork")
    if not entry_points(group="jupyter_client.kernel_provisioners", name=PROVISIONER):
        return message("no_warm_kernels")
    return None


def describe_environment(project: Project, workers: int) -> dict[str, str]:
    """Return the environment of a kernel: it finds the project, and takes no more than its share of the cores.

    What the user has set is left as it is.
    """
    share = str(max(1, (os.cpu_count() or 1) // workers))
    return {"POLARS_MAX_THREADS": share, **QUIET, **os.environ, HOME_VARIABLE: str(project.root)}


def load() -> None:
    """Load what children need into this process, a forkserver that is starting."""
    # What is loaded stays: to look for garbage meanwhile takes a quarter of the time.
    gc.disable()
    # Ctrl-C in the terminal is for the process that started this one.
    os.setsid()
    # The debugger would warn of a frozen os.py.
    os.environ.update(QUIET, PYDEVD_DISABLE_FILE_VALIDATION="1")
    # A kernel must not import from the working folder: `python -m ipykernel_launcher` does the same.
    if sys.path[0] in ("", str(Path.cwd())):
        del sys.path[0]
    try:
        for name in PRELOADED:
            import_module(name)
    except ImportError as error:
        # multiprocessing would pass over it.
        raise SystemExit(f"no warm kernels: {describe_error(error)}") from error
    import_module("hpedu.registry").load_registry()
    import_module("hpedu.texts").read_texts()
    import_module("hpedu.present.page.blocks").load_templates()
    import_module("hpedu.present.page.page").load_frame()
    if threads := list_threads():
        raise SystemExit(f"no warm kernels: an import started threads a fork would lose: {', '.join(threads)}")
    gc.freeze()  # and shared between the children
    gc.enable()


def list_threads() -> list[str]:
    """Return the names of the threads a fork must not lose, those that Python does not know of included."""
    own = str(threading.get_native_id())
    tasks = [task for task in Path("/proc/self/task").iterdir() if task.name != own]
    names = [(task / "comm").read_text(encoding="ascii").strip() for task in tasks]
    return [name for name in names if name not in HARMLESS]


@dataclass(frozen=True)
class Task:
    """The task of a child, and the environment and folder it does it in."""

    play: Callable[..., None]
    arguments: tuple[Any, ...]
    environment: dict[str, str]
    folder: str

    def _bootstrap(self, parent_sentinel: int) -> int:
        """Do it and return the exit status: what the forkserver calls in the child it has forked."""
        os.setsid()
        threading.Thread(target=end_with, args=(parent_sentinel,), daemon=True).start()
        os.environ.clear()
        os.environ.update(self.environment)
        os.chdir(self.folder)
        # polars reads the environment again.
        import_module("polars").Config.load("{}")
        # The state of the dice was copied with the process; `random` sees to it itself.
        import_module("numpy.random").seed()
        try:
            self.play(*self.arguments)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        return 0


def end_with(sentinel: int) -> None:
    """End this process and all it has started as soon as the process that wanted it is gone."""
    wait([sentinel])
    os.killpg(0, signal.SIGKILL)


def be_kernel(*arguments: str) -> None:
    """Be an IPython kernel, as `python -m ipykernel_launcher` would be, that ends with the forkserver."""
    sys.argv = [LAUNCHER, *arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]
    kernel = import_module("ipykernel.kernelapp").IPKernelApp.instance()
    kernel.initialize()
    # hpedu was imported before there was a notebook.
    import_module("hpedu.desk.notebook").set_up()
    kernel.start()


def be_reporter(run: Run, project: Project, folder: str, limits: Limits) -> None:
    """Make one report within this process, and send how that ended."""
    make_report = import_module("hpedu.batch.execute").make_report
    within = import_module("hpedu.batch.inside").InsideManager
    _find_line().send(make_report(run, project, Path(folder), limits, within))


def be_linter(*pages: str) -> None:
    """Send what would mislead a reader of finished pages."""
    _find_line().send(list(import_module("hpedu.present.page.lint").lint_folder(map(Path, pages))))


def _find_line() -> Connection:
    """Return the line to the process that wanted this child, of which `start_with_line` keeps the other end."""
    return Connection((forkserver.get_inherited_fds() or [])[0])


class Forkserver:
    """A forkserver for hpedu alone. Started at once, it loads in the background; the first `fork` waits for it.

    Raises
    ------
    NoWarmStart
        Here, or from `fork`, if it cannot start, has ended, or does not answer.
    """

    def __init__(self) -> None:
        if reason := refuse_reason():
            raise NoWarmStart(reason)
        self.failure = ""  # why it could not load; one that has, and dies, is started again
        self._loaded = False
        self._server = forkserver.ForkServer()
        self._server.set_forkserver_preload(["hpedu.batch.preload"])
        try:
            self._server.ensure_running()
        except OSError as error:
            raise NoWarmStart(describe_error(error)) from error

    def fork(
        self,
        play: Callable[..., None],
        *arguments: object,
        environment: dict[str, str],
        folder: str,
        lines: Sequence[int] = (),
    ) -> Child:
        """Start a fresh process that calls `play`; it inherits the file descriptors `lines`."""
        if self.failure:
            raise NoWarmStart(self.failure)
        try:
            status, leash = self._server.connect_to_new_process(list(lines))
            child = Child(Task(play, arguments, environment, folder), status, leash)
        except (OSError, EOFError) as error:
            reason = f"the warm process has ended, or does not answer: {error!r}"
            self.failure = "" if self._loaded else reason
            raise NoWarmStart(reason) from error
        self._loaded = True
        return child

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """End it as soon as its children have ended; wait for that, but not longer than some seconds."""
        stop = self._server._stop  # type: ignore[attr-defined]  # Python's own tests stop theirs with it, too
        ending = threading.Thread(target=stop, daemon=True)
        ending.start()
        ending.join(seconds)


class Child:
    """A child of a forkserver, as `subprocess.Popen` would show it: what a kernel provisioner asks of a process.

    `status` is where the forkserver says its pid and how it ended. The child ends when `leash` is closed.
    """

    stdin = stdout = stderr = None

    def __init__(self, task: Task, status: int, leash: int) -> None:
        self.status, self._leash = Connection(status, writable=False), Connection(leash, readable=False)
        self.returncode: int | None = None
        with open(leash, "wb", closefd=False) as pipe:
            pipe.write(pickle.dumps({}) + pickle.dumps(task))  # nothing to prepare: no main script, no sys.path
        if not self.status.poll(START_SECONDS):
            raise TimeoutError(START_SECONDS)
        self.pid: int = forkserver.read_signed(status)

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        if self.returncode is None and self.status.poll():
            try:
                self.returncode = forkserver.read_signed(self.status.fileno())
            except EOFError:  # the forkserver is gone
                self.kill()
                self.returncode = -signal.SIGKILL
            self._leash.close()
        return self.returncode

    def wait(self) -> int:
        """Wait for the end and return the exit status."""
        while (status := self.poll()) is None:
            self.status.poll(None)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal to it and all it has started, if it still runs."""
        if self.returncode is None:
            signal_group(self.pid, number)

    def kill(self) -> None:
        """End it and all it has started."""
        self.send_signal(signal.SIGKILL)


def hear(child: Child, line: Connection) -> Any:
    """Return what a child sends on its line.

    Raises
    ------
    EOFError
        If it has ended without a word, or its forkserver has, and it is ended, too.
    """
    if line not in wait([line, child.status]):
        child.poll()
        raise EOFError
    return line.recv()


def signal_group(pid: int, number: int) -> None:
    """Send a signal to a child and all it has started; one that was forked this very moment leads no group yet."""
    for send in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            send(pid, number)
            return


def start_with_line(
    server: Forkserver, play: Callable[..., None], *arguments: object, environment: dict[str, str]
) -> tuple[Child, Connection]:
    """Start a fresh process that calls `play`, and return it with a line on which the two can talk."""
    mine, theirs = Pipe()
    with theirs:
        lines, folder = [theirs.fileno()], str(Path.cwd())
        child = server.fork(play, *arguments, environment=environment, folder=folder, lines=lines)
    return child, mine


class WarmProvisioner(LocalProvisioner):
    """A starter of warm kernels for all that use jupyter_client: papermill, nbclient, JupyterLab.

    A kernel manager that has an attribute `forkserver` lends it; otherwise the process has one of its own. Where
    no warm kernel can be had, it says so and starts one in the plain way.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel."""
        try:
            if cmd[0] != sys.executable or LAUNCHER not in cmd:
                raise NoWarmStart(f"not an IPython kernel of this Python: {' '.join(cmd)}")
            server = getattr(self.parent, "forkserver", None) or find_own()
            environment = dict(kwargs.get("env") or os.environ)
            folder = str(kwargs.get("cwd") or Path.cwd())
            arguments = cmd[cmd.index(LAUNCHER) + 1 :]
            child = server.fork(be_kernel, *arguments, environment=environment, folder=folder)
        except NoWarmStart as error:
            log.warning("A plain kernel is started, which is slower: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = child  # type: ignore[assignment]  # it only has to look like a Popen
        self.pid = self.pgid = child.pid  # it leads a session of its own
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info


_own: dict[str, Forkserver] = {}
_lock = threading.Lock()


def find_own() -> Forkserver:
    """Return the forkserver of this process, which has loaded hpedu's code as it is now.

    A restarted kernel must know what has changed; an older forkserver ends with its last kernel.
    """
    digest = digest_package()
    with _lock:
        for stale in set(_own) - {digest}:
            _own.pop(stale).close(0)
        if digest not in _own:
            _own[digest] = Forkserver()
        return _own[digest]
