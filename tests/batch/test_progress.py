"""How long reports take, remembered and expected; and what is shown of a batch."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hpedu.batch.build import run_batch
from hpedu.batch.plan import Outcome, Run, make_plan
from hpedu.batch.progress import REMEMBERED, Bar, Lines, add_times, expect_seconds, read_times, spell_seconds
from hpedu.folders import Project

Pretend = Callable[[Callable[[Run, int], Outcome | None]], list[Run]]
RUN = Run(2025, "hai_phong", "vi", "general")


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_times_add_up_and_the_oldest_go(empty: Project) -> None:
    for seconds in range(REMEMBERED + 2):
        add_times(empty, "fast", [(RUN, float(seconds))])
    add_times(empty, "papermill", [(RUN, 60.0)])
    assert read_times(empty) == {
        "fast": {RUN.id: [2.0, 3.0, 4.0, 5.0, 6.0]},
        "papermill": {RUN.id: [60.0]},
    }


def test_expectations() -> None:
    other = Run(2024, "hai_phong_old", "en", "general")
    commune = Run(2025, "commune_11311_2025", "vi", "general")
    times = {"fast": {RUN.id: [1.0, 9.0, 2.0], Run(2025, "hai_phong", "vi", "higher").id: [5.0]}}
    assert expect_seconds([RUN, other], times, "fast") == [2.0, 2.0]  # its median; those of the same notebook
    assert expect_seconds([commune], times, "fast") == [3.5]  # nothing alike: the median of all
    assert expect_seconds([RUN], times, "papermill") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b"\xff", b'{"fast": 3}', b'{"fast": {"x": "1"}}', b'{"fast": {"x": ["1"]}}'],
)
def test_times_that_cannot_be_read_count_for_nothing(empty: Project, content: bytes) -> None:
    empty.build.mkdir()
    (empty.build / "times.json").write_bytes(content)
    assert expect_seconds([RUN], read_times(empty), "fast") is None


class Recorder:
    """Notes what a progress display is told."""

    def __init__(self) -> None:
        self.expected: list[float] | None = None
        self.said: list[str] = []

    def start(self, runs: Sequence[Run], fresh: int, expected: list[float] | None, workers: int) -> None:
        self.expected = expected
        self.said.append(f"{len(runs)} {fresh} {workers}")

    def advance(self, done: int, outcome: Outcome) -> None:
        self.said.append(str(done))

    def end(self) -> None:
        self.said.append("end")


def test_expected_times_come_from_earlier_batches(little: Project, pretend: Pretend) -> None:
    pretend(lambda run, tried: None)
    first, second = Recorder(), Recorder()
    run_batch(make_plan(["general"], languages=["vi"]), little, None, first)
    run_batch(make_plan(["general", "higher"]), little, None, second)
    assert first.expected is None
    assert second.expected == [0.5, 0.5, 0.5]
    assert second.said == ["3 1 2", "1", "2", "3", "end"]


def test_lines_and_bar_tell_the_same_failure() -> None:
    for kind in (Lines, Bar):
        file = io.StringIO()
        shown = kind(file, "en")
        shown.start([RUN, Run(2025, "hai_phong", "en", "general")], 3, [2.0, 4.0], 2)
        shown.advance(1, Outcome(RUN, 2.25, "cell 2: X: y"))
        shown.end()
        text = file.getvalue()
        assert text.startswith("reports to run: 2, up to date: 3; 2 at a time, about 4 s\n")
        assert "[1/2] 2025/hai_phong/vi/general  2.2 s  FAILED  cell 2: X: y" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (89, "89 s"), (95, "2 min"), (3600, "60 min"), (5400, "1 h 30 min")]
)
def test_times_are_spelt(seconds: float, text: str) -> None:
    assert str(spell_seconds(seconds)) == text
