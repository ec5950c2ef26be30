"""Run a notebook in the very process that drives it: papermill and nbclient as they are, over a kernel within.

To them the manager and the client are like those of a kernel in a process of its own, but a cell is one call: no
sockets, no threads, nothing sent or signed. Only for a process that runs one notebook and ends.
"""

from __future__ import annotations

from collections import deque
from importlib import import_module
from queue import Empty
from threading import main_thread
from types import SimpleNamespace
from typing import Any

from ipykernel.inprocess.manager import InProcessKernelManager
from ipykernel.inprocess.socket import DummySocket
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session
from nbclient.exceptions import DeadKernelError
from traitlets import Any as AnyValue
from traitlets import Type
from traitlets.config import Config


class Line(IOPubThread):
    """What a kernel says on one channel, kept until it is asked for; the thread for it is never started."""

    def __init__(self, session: Session) -> None:
        super().__init__(DummySocket(), session=session)  # type: ignore[no-untyped-call]
        self.said: deque[dict[str, Any]] = deque()
        self.asked: deque[dict[str, Any]] = deque()

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """Return the next message: all there is has been said by now."""
        if not self.said:
            raise Empty
        return self.said.popleft()

    def send(self, request: dict[str, Any]) -> None:
        """Take a request that nobody waits for, as widgets make them; it is met before the next cell."""
        self.asked.append(request)

    def flush(self, *_: object) -> None:
        """Do nothing: nothing is on its way."""


class Handover(Session):
    """Messages as JSON would carry them, handed over at once."""

    def feed_identities(self, msg_list: Any, copy: bool = True) -> tuple[list[bytes], Any]:
        """Return a message as it is: there is but one to come from."""
        return [], msg_list

    def deserialize(self, msg_list: Any, content: bool = True, copy: bool = True) -> Any:
        """Return a message as it is."""
        return msg_list

    def send(  # type: ignore[override]  # to a line, not a socket
        self,
        stream: Line,
        msg_or_type: dict[str, Any] | str,
        content: dict[str, Any] | None = None,
        parent: dict[str, Any] | None = None,
        ident: object = None,
        buffers: list[Any] | None = None,
        track: bool = False,
        header: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Put a message on a line."""
        if isinstance(msg_or_type, str):
            message = self.msg(msg_or_type, content, parent, header, metadata)
        else:
            message = msg_or_type
        message["content"] = self.unpack(self.pack(message["content"]))
        message["buffers"] = [memoryview(one) for one in buffers or ()]
        stream.said.append(message)
        return message


class Kernel(IPythonKernel):
    """An IPython kernel that is called, and never waits."""

    shell_stream = AnyValue()
    shell_channel_thread = SimpleNamespace(parent_thread=main_thread())  # asked for where a cell waits
    _supports_kernel_subshells = False
    _execute_sleep = 0

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Do nothing: no cell waits while another is run."""


class KernelApp(IPKernelApp):
    """All that is around an IPython kernel (profile, output, start-up files), without sockets."""

    kernel_class = Type(Kernel)

    def _do_nothing(self, **_: Any) -> None:
        pass

    init_connection_file = write_connection_file = log_connection_info = _do_nothing
    init_poller = init_heartbeat = _do_nothing

    def init_sockets(self) -> None:
        """Make the lines."""
        self.session = Handover(parent=self)
        self.replies, self.iopub_thread = Line(self.session), Line(self.session)
        self.iopub_socket = self.iopub_thread

    def init_kernel(self) -> None:
        """Make the kernel."""
        self.kernel = Kernel.instance(
            parent=self,
            session=self.session,
            shell_stream=self.replies,
            iopub_thread=self.iopub_thread,
            iopub_socket=self.iopub_socket,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count


class InsideClient:
    """What nbclient asks of the client of a kernel."""

    allow_stdin = False

    def __init__(self, app: KernelApp) -> None:
        self._app, self.session = app, app.session
        self.iopub_channel, self.shell_channel = app.iopub_thread, app.replies

    def start_channels(self) -> None:
        """Do nothing: the lines are there."""

    stop_channels = start_channels

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Do nothing: the kernel is ready."""

    async def is_alive(self) -> bool:
        """Return True: the kernel cannot die alone."""
        return True

    async def execute(self, code: str, store_history: bool = True, stop_on_error: bool = True) -> str:
        """Run a cell and return the id under which its messages can be fetched."""
        kernel, line = self._app.kernel, self.shell_channel
        if kernel.shell.exit_now:
            raise DeadKernelError("Kernel died")
        content = {"code": code, "store_history": store_history, "stop_on_error": stop_on_error}
        request = self.session.msg("execute_request", content)
        asked = [*line.asked, request]
        line.asked.clear()
        for one in asked:
            await kernel.dispatch_shell(one)
        return str(request["header"]["msg_id"])

    def kernel_info(self) -> str:
        """Have the kernel say what it is."""
        request = self.session.msg("kernel_info_request")
        self.session.send(self.shell_channel, "kernel_info_reply", self._app.kernel.kernel_info, request)
        return str(request["header"]["msg_id"])


class InsideManager(InProcessKernelManager):
    """What nbclient asks of the manager of a kernel."""

    app: KernelApp | None = None

    @property
    def has_kernel(self) -> bool:
        """Return whether the kernel has been made."""
        return self.app is not None

    def start_kernel(self, **_: Any) -> None:
        """Make the kernel. What was run is not kept for later sessions: there is none."""
        self.app = KernelApp.instance(config=Config({"HistoryManager": {"enabled": False}}))
        self.app.initialize([])  # type: ignore[no-untyped-call]
        # hpedu was imported before there was a notebook.
        import_module("hpedu.desk.notebook").set_up()

    def client(self, **_: Any) -> InsideClient:  # type: ignore[override]  # as nbclient needs one  # type: ignore[override]  # nbclient asks no more of it
        """Return a client of the kernel."""
        assert self.app is not None
        return InsideClient(self.app)

    def is_alive(self) -> bool:
        """Return False: there is nothing to shut down, all ends with the process."""
        return False

    def cleanup_resources(self, restart: bool = False) -> None:
        """Give the terminal back: what is written from now on is not the notebook's."""
        assert self.app is not None
        self.app.kernel._stdout.close()
        self.app.kernel._stderr.close()
        self.app.reset_io()  # type: ignore[no-untyped-call]
