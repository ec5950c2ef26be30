"""Kernels forked from the zygote, for whoever speaks jupyter_client: papermill, nbclient, JupyterLab.

Registered in the entry point group `jupyter_client.kernel_provisioners` as `hpedu-warm`. A kernel manager that has
an attribute `zygote` lends it; otherwise the process keeps one of its own, renewed when hpedu's code has changed.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from hpedu.batch.warm import NoWarmStart, Zygote
from hpedu.folders import digest_folders

LAUNCHER = "ipykernel_launcher"
log = logging.getLogger(__name__)


class WarmProvisioner(LocalProvisioner):
    """Asks the zygote for a process; where that fails, says so and starts one in the plain way."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        try:
            if cmd[0] != sys.executable or LAUNCHER not in cmd:
                raise NoWarmStart(f"not an IPython kernel of this Python: {' '.join(cmd)}")
            zygote = getattr(self.parent, "zygote", None) or find_own()
            child = zygote.fork(
                "kernel",
                arguments=cmd[cmd.index(LAUNCHER) + 1 :],
                environment=dict(kwargs.get("env") or os.environ),
                folder=str(kwargs.get("cwd") or Path.cwd()),
            )
        except NoWarmStart as error:
            log.warning("A plain kernel is started, which is slower: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = child  # type: ignore[assignment]  # it only has to look like a Popen
        self.pid = self.pgid = child.pid  # it leads a session of its own
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info


_own: tuple[str, Zygote] | None = None
_lock = threading.Lock()


def find_own() -> Zygote:
    """The zygote of this process; a stale one is replaced: a restarted kernel must know the code as it is."""
    global _own
    digest = digest_folders(Path(__file__).parents[1])
    with _lock:
        if _own is not None and (_own[0] != digest or _own[1].process.poll() is not None):
            _own[1].close()
            _own = None
        if _own is None:
            _own = (digest, Zygote(os.environ))
            atexit.register(_own[1].close)
        return _own[1]
