"""A batch killed at random moments loses nothing and leaves nothing broken (twenty rounds: `kill_rounds.py`)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.batch.kill_rounds import PRETEND, kill_rounds


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_batch_goes_on_where_it_stopped(tmp_path: Path) -> None:
    killer = kill_rounds(tmp_path, 2, PRETEND, seed=11)
    assert len(killer.finished_before) == 2
