"""One file never takes the others with it: each hostile one ends with one sentence, and the rest is read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import hpedu
from hpedu.errors import Refused
from hpedu.folders import HOME_VARIABLE, MARKER, Project
from hpedu.ingest import isolation
from hpedu.ingest.interpret import Progress
from hpedu.ingest.isolation import LIMITS_VARIABLE, end_child, find_limits, read_apart, start_early
from hpedu.ingest.pipeline import ingest, read_data
from hpedu.ingest.propose import stand_in
from hpedu.ingest.quarantine import Unreadable
from hpedu.registry import Registry, load_registry
from tests.ingest.hostile import (
    HOSTILE,
    TOO_LARGE,
    ask_number,
    die,
    fill_memory,
    hold_memory,
    stop_iteration,
    work_on,
)
from tests.ingest.test_source import workbook

EXHAUSTING = {kind for kind in HOSTILE if kind.startswith(("xlsx: far cell", "xlsx: error far off"))}
"""Those that only the limits end: fastexcel lays them out."""

FOREIGN = b"PK: read by the child"
HEADER = "territory,place,level,measure,ownership,sex,detail,period,year,value,qualifier,unit,flags,note\n"
SOUND = HEADER + "hai_phong_old,,primary,pupils,,,,2020,2020,100,,persons,,\n"
REGISTRY = load_registry()


@pytest.fixture(autouse=True, scope="module")
def no_child_is_left() -> Iterator[None]:
    yield
    end_child()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_ends_with_one_sentence_or_with_what_is_set_aside(kind: str) -> None:
    try:
        reading = read_apart(partial(read_data, resource=stand_in(Path("x"))), HOSTILE[kind](), REGISTRY)
    except Unreadable as error:
        for said in (error.of("bang.xls").say("vi"), error.of("bang.xls").say("en")):
            assert said.startswith("bang.xls: ") and "\n" not in said and len(said) < 700
        assert error.reason != "exhausted" or kind in EXHAUSTING
    else:
        assert not reading.observations


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_what_asks_for_too_much_is_refused_before_it_is_laid_out(kind: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_apart(partial(read_data, resource=stand_in(Path("x"))), TOO_LARGE[kind](), REGISTRY)
    assert caught.value.reason == "too_large"


def test_a_child_that_a_file_has_swollen_reads_no_other() -> None:
    swollen = read_apart(hold_memory, FOREIGN, REGISTRY)
    assert read_apart(ask_number, FOREIGN, REGISTRY) not in (swollen, os.getpid())


def test_many_rows_of_figures_take_no_longer_each_than_a_few() -> None:
    data = b"((((((((((((2015))))))))))))  1  2  3\n" * 10_000
    with pytest.raises(Unreadable) as caught:
        read_apart(partial(read_data, resource=stand_in(Path("x"))), data, REGISTRY)
    assert caught.value.reason == "no_table"


def test_the_rest_of_the_folder_is_read(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.raw.mkdir(parents=True)
    fatal = ["xlsx: far cell in single quotes", "xls: cut short", "tidy csv with a lone carriage return"]
    for number, kind in enumerate(fatal):
        (project.raw / f"a{number}.xls").write_bytes(HOSTILE[kind]())
    digits = SOUND.replace(",100,", f",{'9' * 400},")
    for name, text in {"b.csv": digits, "c.csv": SOUND}.items():
        (project.raw / name).write_text(text, encoding="utf-8")
    entries = [
        {
            "name": path.stem, "path": path.name, "title": path.stem, "publisher": "x", "table": path.stem,
            "url": "", "published": "2021", "scope": "", "confidence": "high", "transcription": True,
            "licenses": [],
        }
        for path in sorted(project.raw.iterdir())
    ]  # fmt: skip
    (project.raw / "datapackage.json").write_text(
        json.dumps({"name": "x", "resources": entries}), encoding="utf-8"
    )
    found = ingest(project, REGISTRY)
    assert found.observations.filter(file="c.csv")["value"].to_list() == [100]
    assert found.issues.filter(file="b.csv")["reason"].to_list() == ["too_large"]
    assert [one["file"] for one in found.unread] == ["a0.xls", "a1.xls", "a2.xls"]


@pytest.mark.parametrize("read", [die, fill_memory, work_on])
def test_a_reader_that_takes_its_process_with_it_ends_alone(
    read: isolation.Reader[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIMITS_VARIABLE, "0.1")
    with pytest.raises(Unreadable) as caught:
        read_apart(read, FOREIGN, REGISTRY)
    assert caught.value.reason == "exhausted"
    monkeypatch.delenv(LIMITS_VARIABLE)
    assert read_apart(ask_number, FOREIGN, REGISTRY) != os.getpid()


@pytest.mark.parametrize("data", [b"a;b\n", FOREIGN])
def test_any_error_is_one_of_the_file(data: bytes) -> None:
    with pytest.raises(Unreadable, match="StopIteration"):
        read_apart(stop_iteration, data, REGISTRY)


def test_one_child_reads_many_files_and_tells_of_its_progress() -> None:
    told: list[tuple[int, int]] = []

    def tell(done: int, cells: int) -> None:
        told.append((done, cells))

    first = read_apart(ask_number, FOREIGN, REGISTRY, tell)
    assert told == [(1, 2)]
    with pytest.raises(Unreadable):
        read_apart(stop_iteration, FOREIGN, REGISTRY)
    assert read_apart(ask_number, b"a" * 40_000, REGISTRY) == first != os.getpid()
    assert read_apart(ask_number, b"a;b\n", REGISTRY) == os.getpid()


def test_another_project_is_read_by_another_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds the layouts of the project in which it was started."""
    first = read_apart(ask_number, FOREIGN, REGISTRY)
    (tmp_path / "data/layouts").mkdir(parents=True)
    (tmp_path / MARKER).parent.mkdir()
    (tmp_path / MARKER).touch()
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    second = read_apart(ask_number, FOREIGN, REGISTRY)
    assert second == read_apart(ask_number, FOREIGN, REGISTRY) != first
    monkeypatch.delenv(HOME_VARIABLE)
    assert read_apart(ask_number, FOREIGN, REGISTRY) not in (first, second)


def test_the_child_is_started_early_only_for_a_file_that_needs_it(tmp_path: Path) -> None:
    end_child()
    (tmp_path / "short.csv").write_text(SOUND, encoding="utf-8")
    start_early(tmp_path.iterdir())
    assert os.getpid() not in isolation._children
    (tmp_path / "long.csv").write_text(SOUND * 500, encoding="utf-8")
    start_early(tmp_path.iterdir())
    assert os.getpid() in isolation._children


def test_the_limits_grow_with_the_file_and_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, seconds = find_limits(5_000)
    assert memory < 1 << 30 and seconds < 10
    assert find_limits(1_000_000)[0] > memory and find_limits(50 << 20)[1] > 60 * seconds
    monkeypatch.setenv(LIMITS_VARIABLE, "0.5")
    assert find_limits(5_000) == (memory // 2, seconds / 2)
    monkeypatch.setenv(LIMITS_VARIABLE, "nhiều")
    with pytest.raises(Refused, match="“nhiều”"):
        find_limits(1)


def test_a_break_of_the_user_is_no_damage() -> None:
    def read(data: bytes, registry: Registry, tell: Progress) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_apart(read, b"a;b\n", REGISTRY)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(Unreadable, match=r"^pipe\.csv: This is no ordinary file"):
        hpedu.read(tmp_path / "pipe.csv")


def test_a_file_larger_than_any_table_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(isolation.MOST_BYTES + 1)
    with pytest.raises(Unreadable, match="too many cells"):
        hpedu.read(path)


def test_a_sound_workbook_comes_from_the_child() -> None:
    reading = read_apart(partial(read_data, resource=stand_in(Path("x"))), workbook(), REGISTRY)
    assert {issue["reason"] for issue in reading.issues} == {"no_layout"}
