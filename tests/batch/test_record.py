"""The record of a batch, its journal, its lock and its times."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hpedu.batch.build import BatchUnderWay, lock_project
from hpedu.batch.freshness import JOURNAL, DamagedRecord, Record, add_to_journal, read_build, write_build
from hpedu.batch.plan import Run
from hpedu.batch.progress import KEPT, add_times, expect_seconds, read_times
from hpedu.folders import Project

ENTRY = {"page": "2025/a.html", "status": "done"}
RUN = Run(2025, "hai_phong", "vi", "general")


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    page = project.reports / str(ENTRY["page"])
    page.parent.mkdir(parents=True)
    page.write_text("page")
    return project


def test_what_a_killed_batch_finished_is_known(empty: Project) -> None:
    write_build(Record({"a": ENTRY | {"status": "failed"}}), empty)
    add_to_journal(empty, "a", ENTRY)
    with (empty.build / JOURNAL).open("a") as file:
        file.write('\n["b", {"page": "2025/b')  # torn by the kill
    add_to_journal(empty, "c", ENTRY)
    record = read_build(empty)
    assert record.reports == {"a": ENTRY, "c": ENTRY}
    assert record.changed
    write_build(record, empty)
    assert not (empty.build / JOURNAL).exists()
    assert read_build(empty).reports == {"a": ENTRY, "c": ENTRY}


def test_pages_that_are_gone_leave_the_record(empty: Project) -> None:
    write_build(Record({"a": ENTRY, "b": ENTRY | {"page": "2025/b.html"}}), empty)
    assert set(read_build(empty).reports) == {"a"}


@pytest.mark.parametrize("content", ["{", "[]", '{"reports": 3}', "\x00"])
def test_a_damaged_record_says_what_to_do(empty: Project, content: str) -> None:
    (empty.reports / "build.json").write_text(content)
    with pytest.raises(DamagedRecord, match="Delete it"):
        read_build(empty)


def test_two_batches_at_once_are_refused_and_a_dead_one_does_not_count(empty: Project) -> None:
    code = (
        "import sys, time; from pathlib import Path; from hpedu.batch.build import lock_project; "
        "from hpedu.folders import Project\n"
        "with lock_project(Project(Path(sys.argv[1]))): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(empty.root)], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with pytest.raises(BatchUnderWay, match=f"process {holder.pid}"), lock_project(empty):
        pass
    holder.kill()
    holder.wait()
    with lock_project(empty):
        pass


def test_times_add_up_and_the_oldest_go(empty: Project) -> None:
    for seconds in range(KEPT + 2):
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


def test_a_broken_memory_of_times_is_no_reason_to_stop(empty: Project) -> None:
    empty.build.mkdir()
    (empty.build / "times.json").write_text("{")
    assert read_times(empty) == {}
