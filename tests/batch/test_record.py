"""The record of a batch, its journal, its lock and its times."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hpedu.batch.build import BatchUnderWay, lock_project
from hpedu.batch.freshness import JOURNAL, Record, add_to_journal, read_build, write_build
from hpedu.batch.plan import Run
from hpedu.batch.progress import REMEMBERED, add_times, expect_seconds, read_times
from hpedu.folders import Project

ENTRY: dict[str, Any] = {
    "page": "2025/a.html",
    "parameters": {},
    "status": "done",
    "notebook": "n",
    "package": "p",
    "environment": "e",
    "inputs": {},
    "sha256": "s",
}
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


UNREADABLE = [b"", b"{", b"[]", b"3", b"\x00", b"\xff", b'{"reports": 3, "beside": {}}']


@pytest.mark.parametrize("content", UNREADABLE)
def test_a_record_that_cannot_be_read_counts_for_nothing_and_is_told(empty: Project, content: bytes) -> None:
    (empty.reports / "build.json").write_bytes(content)
    record = read_build(empty)
    assert record.reports == {} and record.changed
    assert (
        str(record.damage)
        == "reports/build.json could not be read: the reports known only from it are made again."
    )
    write_build(record, empty)
    assert read_build(empty).damage is None


def test_of_a_record_damaged_in_part_the_rest_holds(empty: Project) -> None:
    content = {"reports": {"a": ENTRY, "b": 3, "c": {"page": "2025/a.html"}}, "beside": {}}
    (empty.reports / "build.json").write_text(json.dumps(content))
    record = read_build(empty)
    assert record.reports == {"a": ENTRY}
    assert record.damage is not None


@pytest.mark.parametrize("line", ["3", "[3, 4]", '["b", 3]', '["b", {}]', "[1, 2, 3]"])
def test_a_line_of_the_journal_that_is_no_entry_is_passed_over(empty: Project, line: str) -> None:
    add_to_journal(empty, "a", ENTRY)
    with (empty.build / JOURNAL).open("a") as file:
        file.write(f"\n{line}")
    assert read_build(empty).reports == {"a": ENTRY}


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
    "content", [*UNREADABLE, b'{"fast": 3}', b'{"fast": {"x": "1"}}', b'{"fast": {"x": ["1"]}}']
)
def test_times_that_cannot_be_read_count_for_nothing(empty: Project, content: bytes) -> None:
    empty.build.mkdir()
    (empty.build / "times.json").write_bytes(content)
    assert expect_seconds([RUN], read_times(empty), "fast") is None
