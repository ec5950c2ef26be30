"""data/raw/datapackage.json and the files it names hold together."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpedu.digest import raw_files
from hpedu.errors import IngestError
from hpedu.folders import Project
from hpedu.ingest.pipeline import ingest, read_package
from hpedu.registry import load_registry
from tests.ingest.test_pipeline import HAI_DUONG, HAI_PHONG, HEADER

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


@pytest.mark.parametrize("text", ["{", "{}", '{"name": "x"}', "[]", '{"resources": "a"}', '{"resources": {}}'])
def test_what_is_no_package_is_refused(raw: Path, text: str) -> None:
    (raw / "datapackage.json").write_text(text, encoding="utf-8")
    [problem] = problems(raw)
    assert "is not a data package" in problem


def read_small(project: Project) -> tuple[set[str], dict[str, dict[str, Any]]]:
    """Return the files that give observations, and the issue of each file that is set aside whole."""
    found = ingest(project, load_registry())
    whole = found.issues.filter(cell="")
    return set(found.observations["file"]), {row["file"]: row for row in whole.iter_rows(named=True)}


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Project]:
    """Makes a project with one sound file, `a.csv`, more files as given, and a package of entries as given."""

    def maker(files: dict[str, bytes], *entries: Any) -> Project:
        project = Project(tmp_path / "small")
        sound = {"a.csv": (HEADER + HAI_PHONG).encode()}
        for name, data in (sound | files).items():
            path = project.raw / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        package = {"resources": [ENTRY | {"path": "a.csv", "published": "2021"}, *entries]}
        (project.raw / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
        return project

    return maker


OTHER = ENTRY | {"name": "b", "path": "b.csv", "published": "2021"}
SOUND = (HEADER + HAI_DUONG).encode()


@pytest.mark.parametrize(
    ("files", "entries", "reason", "said"),
    [
        ({"b.csv": SOUND}, [], "no_entry", "Run `hpedu add data/raw/b.csv`"),
        ({"b.csv": b"%PDF-1.7"}, [OTHER], "unreadable_file", "This is a PDF"),
        ({"b.csv": b"%PDF-1.7"}, [], "unreadable_file", "This is a PDF"),
        ({"b.csv": b""}, [OTHER], "unreadable_file", "The file is empty"),
        ({}, [OTHER], "no_file", "Put the file back or take the entry out"),
        ({"b.csv": SOUND}, [OTHER, OTHER | {"name": "c"}], "bad_entry", "two entries name this file"),
        ({"b.csv": SOUND}, [OTHER | {"name": "a"}], "bad_entry", "the name “a” is that of another file"),
        ({"b.csv": SOUND}, [OTHER | {"published": "6 Aug 2019"}], "bad_entry", "6 Aug 2019"),
        ({"b.csv": SOUND}, [OTHER | {"confidence": "sure"}], "bad_entry", "confidence"),
        ({"b.csv": SOUND}, [OTHER | {"transcription": "perhaps"}], "bad_entry", "transcription"),
        ({"b.csv": SOUND}, [OTHER | {"licenses": "MIT"}], "bad_entry", "licenses"),
        ({"b.csv": SOUND}, [OTHER | {"colour": "red"}], "bad_entry", "colour"),
        ({"b.csv": SOUND}, [{"path": "b.csv"}], "bad_entry", "publisher"),
    ],
)
def test_what_is_wrong_with_a_file_stops_only_that_file(
    small: Callable[..., Project], files: dict[str, bytes], entries: list[Any], reason: str, said: str
) -> None:
    read, whole = read_small(small(files, *entries))
    assert read == {"a.csv"}
    [(file, issue)] = whole.items()
    assert (file, issue["reason"]) == ("b.csv", reason)
    assert said in issue["message_en"]
    assert not issue["message_vi"].isascii() and "Input should" not in issue["message_vi"]


def test_an_entry_that_is_no_entry_is_named_by_its_place(small: Callable[..., Project]) -> None:
    read, whole = read_small(small({}, "b.csv", ["c"]))
    assert read == {"a.csv"} and set(whole) == {"resources[1]", "resources[2]"}


def test_what_offices_leave_in_a_folder_is_no_data(small: Callable[..., Project]) -> None:
    litter = ("~$a.xlsx", "Thumbs.db", "desktop.ini", "DESKTOP.INI", ".DS_Store", "x.tmp", "a.csv~", "b.xlsx.part")
    deep = (
        "nso/.~lock.a.ods#",
        "__MACOSX/._a.csv",
        "nso/ehthumbs_vista.db",
        "Thumbs.DB",
        "Icon\r",
        "a - Shortcut.lnk",
        "communes.geojson",
    )
    read, whole = read_small(small(dict.fromkeys([*litter, *deep], b"x")))
    assert read == {"a.csv"} and not whole


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_package_saved_by_an_editor_is_read(small: Callable[..., Project], encoding: str) -> None:
    project = small({})
    path = project.raw / "datapackage.json"
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert read_small(project) == ({"a.csv"}, {})
