"""Ctrl-C, or a polite request to end: the first lets the reports under way finish, the second ends at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""Exit status of a batch that was interrupted."""


@contextmanager
def heeding_signals(stop: Callable[[], None]) -> Iterator[None]:
    """While it lasts, SIGINT and SIGTERM call `stop`; a second one ends the process (main thread only)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def heed(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(INTERRUPTED)  # as good as killed: kernels notice, and the next batch goes on from the journal
        asked = True
        stop()

    before = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
