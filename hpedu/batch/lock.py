"""One batch at a time in a project. The lock ends with the process that holds it, however that ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from hpedu.errors import HpeduError
from hpedu.paths import Project

LOCK = "batch.lock"


class BatchUnderWay(HpeduError):
    """Another batch is at work in this project."""

    def __init__(self, process: str) -> None:
        self.process = process
        super().__init__(process)


@contextmanager
def lock_project(project: Project) -> Iterator[None]:
    """Keep other batches out while it lasts.

    Raises
    ------
    BatchUnderWay
        If one is at work already.
    """
    path = project.build / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        if not _take(file):
            file.seek(0)
            raise BatchUnderWay(file.read().strip())
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(file: IO[str]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(4096)  # a byte that nobody reads: on Windows a locked one cannot be
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
