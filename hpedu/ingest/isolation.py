"""Read each file at arm's length: whatever is in it, only its own reading can fail, and with one sentence.

Short plain text is read in this process. All else is read in a child, since libraries that meet a damaged workbook
may end the process they are in, and since a few letters can ask for gigabytes or minutes. The child gets memory
and time by the size of the file, and stays for the next file. It is a plain process with two pipes, the same on
every system, and never runs the caller's main script.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from hpedu.errors import Refused
from hpedu.folders import find_own
from hpedu.ingest.interpret import Progress, stay_silent
from hpedu.ingest.layouts import forget_layouts
from hpedu.ingest.quarantine import Unreadable
from hpedu.registry import Registry

LIMITS_VARIABLE = "HPEDU_FILE_LIMITS"
"""The environment variable that multiplies the limits: with 2, a file may take twice as much of both."""

MOST_BYTES = 1 << 30
"""The size of the largest file that is opened at all."""

# What any file may take, and how much more for each of its bytes: a table is small on disk and large in memory.
_MEGABYTES, _BYTES_A_BYTE = 700, 500
_SWOLLEN = 300 << 20
# In seconds of work of a processor, not of the clock, so that a busy machine reads what an idle one reads.
_SECONDS, _BYTES_A_SECOND = 8, 50_000
# Where no system counts the work, the clock must do; nothing but a process that waits for ever is stopped by it.
_CLOCK = 8
_MEMORY_OF_MACHINE = 0.75

# Of longer text, and of all that begins so (workbooks and marked-up text), a library decides what it takes.
_SHORT = 16_384
_FOREIGN = (b"PK", b"\xd0\xcf\x11\xe0", b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff")

# The child finds what this process finds, and nothing in the folder it happens to be in.
_START = "import sys; sys.path[:] = sys.argv[1:]; from hpedu.ingest.isolation import serve; serve()"
# More threads would take address space by the number of cores.
_ENVIRONMENT = {"POLARS_MAX_THREADS": "2", "MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}

T = TypeVar("T")

Reader = Callable[[bytes, Registry, Progress], T]
"""Read the content of a file. It goes to the child by its name: a function of a module, or a partial of one."""


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises
    ------
    Unreadable
        If it is larger than any table, or no file at all: a pipe would be waited for without end.
    OSError
        If it cannot be opened.
    """
    if path.is_dir():
        raise Unreadable("directory")
    if path.exists() and not path.is_file():
        raise Unreadable("device")
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable("too_large", f"> {MOST_BYTES >> 20} MB")
    return path.read_bytes()


def read_apart(read: Reader[T], data: bytes, registry: Registry, tell: Progress = stay_silent) -> T:
    """Return what a reader makes of a file, in this process or in the child. `tell` is called with its progress.

    Raises
    ------
    Unreadable
        If the reader refuses the file, meets any error, or takes more memory or time than the file may.
    Refused
        If the limits are set to what is no number.
    OSError
        If no child can be started.
    """
    if len(data) <= _SHORT and not data.lstrip().startswith(_FOREIGN):
        return _guard(read, data, registry, tell)
    with _lock:
        child = start_child()
        try:
            found = cast("T", child.read(read, data, registry, tell))
            if child.is_swollen():
                end_child()
            return found
        except BaseException as error:
            # After a plain refusal the child is as good as new.
            if not isinstance(error, Unreadable) or error.reason == "exhausted":
                end_child()
            raise


def start_early(paths: Iterable[Path]) -> None:
    """Let the child load while short files are read, if there is a file that needs it."""
    if any(path.stat().st_size > _SHORT for path in paths):
        start_child()


def start_child() -> _Child:
    """Return the child of this process, which reads by the layouts of the project at hand."""
    # One that was forked from this process must not speak with its child.
    child = _children.get(os.getpid())
    if child is not None and child.layouts != find_own("layouts"):
        end_child()
        child = None
    _children[os.getpid()] = child = child or _Child()
    return child


def end_child() -> None:
    """End the child, if there is one; the next file starts another."""
    child = _children.pop(os.getpid(), None)
    if child is not None:
        child.end()


def _guard(read: Reader[T], data: bytes, registry: Registry, tell: Progress) -> T:
    """Call a reader, and report any error as a file that is damaged or too large.

    This is the one place of hpedu that catches all errors: nobody can list what readers, and the libraries under
    them, raise on bytes that someone has cut or forged, and one file must not take the others with it. A panic of
    a library in Rust is not even an `Exception`.
    """
    try:
        return read(data, registry, tell)
    except (Unreadable, KeyboardInterrupt, SystemExit):
        raise
    except MemoryError as error:
        raise Unreadable("exhausted") from error
    except BaseException as error:
        reported = " ".join(str(error).split("\nContext")[0].split())
        raise Unreadable("damaged", reported[:200] or type(error).__name__) from error


class _Pickler(pickle.Pickler):
    """Write what goes to the other process; of the registry, which both have, only its name."""

    def __init__(self, file: Any, registry: Registry | None) -> None:
        super().__init__(file, protocol=-1)
        self._registry = registry

    def persistent_id(self, obj: object) -> str | None:
        return "registry" if obj is self._registry and obj is not None else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: Any, registry: Registry | None) -> None:
        super().__init__(file)
        self._registry = registry

    def persistent_load(self, pid: object) -> Registry | None:
        return self._registry


class _Child:
    """The process that reads, seen from the one that asks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Libraries that panic say so at length.
            stderr=subprocess.DEVNULL,
            env=os.environ | _ENVIRONMENT,
        )
        self.layouts = find_own("layouts")
        self._registry: Registry | None = None
        self._ready = False

    def read(self, read: Reader[Any], data: bytes, registry: Registry, tell: Progress) -> Any:
        memory, seconds = find_limits(len(data))
        if not self._ready and self._receive() != "ready":
            raise ChildProcessError(f"{sys.executable} cannot start hpedu once more")
        self._ready = True
        known = registry is self._registry
        self._registry = registry
        clock = threading.Timer(seconds * _CLOCK, self._process.kill)
        clock.start()
        try:
            task = (memory, seconds, None if known else registry, read, data)
            pickle.dump(task, self._pipe("stdin"), protocol=-1)
            self._pipe("stdin").flush()
            while (answer := self._receive()) is not None and answer[0] == "progress":
                tell(*answer[1:])
        except OSError:
            answer = None
        finally:
            clock.cancel()
        if answer is None:
            raise Unreadable("exhausted", f"> {memory >> 20} MB / {seconds:.0f} s")
        kind, result = answer
        if kind == "error":
            raise result
        return result

    def is_swollen(self) -> bool:
        """Return whether a file has left so much behind that the next one would find too little memory."""
        return sys.platform == "linux" and _count_memory(self._process.pid, resident=True) > _SWOLLEN

    def end(self) -> None:
        self._process.kill()
        for name in ("stdin", "stdout"):
            # What the dead child has not taken cannot be sent.
            with suppress(OSError):
                self._pipe(name).close()
        self._process.wait()

    def _pipe(self, name: str) -> Any:
        return getattr(self._process, name)

    def _receive(self) -> Any:
        """Return the next answer; None if the child is dead, maybe in the middle of one."""
        try:
            return _Unpickler(self._pipe("stdout"), self._registry).load()
        except (EOFError, pickle.UnpicklingError):
            return None


_children: dict[int, _Child] = {}
_lock = threading.Lock()
atexit.register(end_child)


def find_limits(size: int) -> tuple[int, float]:
    """Return the bytes and the seconds that the reading of a file may take. Raises as `read_apart` does."""
    given = os.environ.get(LIMITS_VARIABLE, "1")
    try:
        factor = float(given)
    except ValueError:
        factor = 0
    if not 0 < factor < 1e6:
        raise Refused("file_limits", name=LIMITS_VARIABLE, given=given)
    memory = int(factor * ((_MEGABYTES << 20) + _BYTES_A_BYTE * size))
    if sys.platform != "win32":
        memory = min(memory, int(_MEMORY_OF_MACHINE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
    return memory, factor * (_SECONDS + size / _BYTES_A_SECOND)


def serve() -> None:
    """Be the child: read what is asked until nobody asks."""
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints must not come between the answers. Ctrl-C is for the process that asks.
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    registry: Any = None

    def answer(*parts: object) -> None:
        _Pickler(answers, registry).dump(parts)
        answers.flush()

    pickle.dump("ready", answers)
    answers.flush()
    while True:
        try:
            memory, seconds, changed, read, data = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        if changed is not None:
            registry = changed
            forget_layouts()
        _limit(memory, seconds)
        try:
            result = _guard(read, data, registry, lambda *done: answer("progress", *done))
        except Unreadable as error:
            answer("error", error)
        else:
            answer("result", result)
        _limit(0, 0)


def _count_memory(process: int | str, *, resident: bool = False) -> int:
    """Return the bytes of address space, or of memory, that a process has taken (Linux)."""
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[resident]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _limit(memory: int, seconds: float) -> None:
    """Let this process take so much more memory than it has, and be ended after so much work; 0 is no limit."""
    if sys.platform == "win32":
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    if sys.platform == "linux":
        import resource

        taken = _count_memory("self")
        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = taken + memory if memory else most
        resource.setrlimit(resource.RLIMIT_AS, (wanted if most == -1 else min(wanted, most), most))
        # A process that dies of a file leaves no image of itself in the folder.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
