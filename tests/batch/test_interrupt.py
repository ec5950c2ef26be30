"""One Ctrl-C asks, two end: in a process of its own, since the second one ends it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from hpedu.batch.build import INTERRUPTED

CODE = """
import os, signal
from hpedu.batch.build import heeding_signals

with heeding_signals(lambda: print("asked", flush=True)):
    for _ in range({times}):
        os.kill(os.getpid(), signal.{name})
    print("finished what was under way", flush=True)
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("times", "status", "said"),
    [(1, 0, ["asked", "finished what was under way"]), (2, INTERRUPTED, ["asked"])],
)
def test_the_second_request_ends_at_once(number: signal.Signals, times: int, status: int, said: list[str]) -> None:
    code = CODE.format(times=times, name=number.name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (status, said), done.stderr
