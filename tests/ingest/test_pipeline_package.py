"""data/raw/datapackage.json and the files it names hold together."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpedu.digest import raw_files
from hpedu.errors import IngestError
from hpedu.ingest.pipeline import read_package
from hpedu.registry import load_registry

ENTRY: dict[str, Any] = {
    "name": "a",
    "path": "nso/a.csv",
    "title": "t",
    "publisher": "p",
    "table": "t",
    "url": "u",
    "published": "2019-08-06",
    "scope": "s",
    "confidence": "high",
    "transcription": True,
    "licenses": [{"name": "MIT"}],
}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "nso").mkdir()
    (tmp_path / "nso/a.csv").write_text("x", encoding="utf-8")
    return tmp_path


@pytest.fixture
def write(raw: Path) -> Callable[..., Path]:
    """Writes a package of the given entries."""

    def writer(*entries: dict[str, Any]) -> Path:
        (raw / "datapackage.json").write_text(json.dumps({"resources": entries}), encoding="utf-8")
        return raw

    return writer


def problems(raw: Path) -> list[str]:
    with pytest.raises(IngestError) as caught:
        read_package(raw, load_registry())
    return [str(problem) for problem in caught.value.problems]


def test_resources_by_path(write: Callable[..., Path]) -> None:
    [(path, resource)] = read_package(write(ENTRY), load_registry()).items()
    assert (path, resource.name, resource.published) == ("nso/a.csv", "a", "2019-08-06")


def test_notes_and_hidden_files_are_no_data(raw: Path) -> None:
    for name in ("README.md", "README.vi.md", ".DS_Store", "datapackage.json", "b.csv"):
        (raw / name).write_text("x", encoding="utf-8")
    assert [file.relative_to(raw).as_posix() for file in raw_files(raw)] == ["b.csv", "nso/a.csv"]


def test_a_folder_without_a_package_says_what_is_missing(raw: Path) -> None:
    [problem] = problems(raw)
    assert problem.startswith("datapackage.json: is missing")


@pytest.mark.parametrize("text", ["{", "{}", '{"name": "x"}'])
def test_what_is_no_package_is_refused(raw: Path, text: str) -> None:
    (raw / "datapackage.json").write_text(text, encoding="utf-8")
    [problem] = problems(raw)
    assert "is not a data package" in problem


def test_everything_wrong_is_listed_at_once(write: Callable[..., Path]) -> None:
    raw = write(
        ENTRY | {"published": "6 Aug 2019"},
        ENTRY | {"name": "b", "path": "b.csv"},
        ENTRY | {"name": "c", "path": "c.csv", "confidence": "sure"},
        {key: value for key, value in ENTRY.items() if key != "publisher"},
    )
    (raw / "d.csv").write_text("x", encoding="utf-8")
    found = problems(raw)
    assert any("resources[0] a published" in p and "6 Aug 2019" in p for p in found)
    assert any("resources[2] c confidence" in p and "sure" in p for p in found)
    assert any("resources[3] a publisher" in p for p in found)
    assert any(p.startswith("datapackage.json: b.csv: is named here but not in the folder") for p in found)
    assert any(p.startswith("d.csv: has no entry in datapackage.json") for p in found)


def test_two_entries_for_one_file_are_refused(write: Callable[..., Path]) -> None:
    [problem] = problems(write(ENTRY, ENTRY | {"name": "b"}))
    assert problem == "datapackage.json: b: names a file that another resource names too"
